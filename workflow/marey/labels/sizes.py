"""How large labelled animals usually look, and in which videos they look otherwise."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

# Between videos: where animals differ more, what networks learn of those of one video says little of the others.
MAX_SIZE_RATIO = 2.0
MIN_SIZED_ANIMALS = 3  # of a video, labelled, whose usual size counts for that


def box_sides(points: np.ndarray) -> np.ndarray:
    """Compute the larger side of the box about each animal's keypoints, f32[...] px; NaN where it has fewer than two.

    `points` f32[..., keypoint, 2], (x, y) px, NaN = no position.
    """
    there = np.isfinite(points).all(axis=-1, keepdims=True)
    low, high = (np.where(there, points, end) for end in (np.inf, -np.inf))
    sides = (high.max(axis=-2) - low.min(axis=-2)).max(axis=-1)
    return np.where(there.sum(axis=(-2, -1)) > 1, sides, np.nan)


def usual_size(points: np.ndarray) -> float:
    """Measure how large animals usually look, px: the median of `box_sides`; 0 where no animal has two keypoints.

    A few animals that stretch, or a tongue that is seldom seen, make `dataset.extent` larger and leave this as it is.
    """
    sides = box_sides(points)
    sides = sides[np.isfinite(sides)]
    return float(np.median(sides)) if len(sides) else 0.0


def table_sides(labels: pd.DataFrame) -> pd.DataFrame:
    """Compute `box_sides` of the animals of a table `labels`: the columns `video` and `side`, px."""
    labelled = labels.dropna(subset=["x", "y"])[["video", "frame", "individual", "x", "y"]]
    animals = labelled.groupby(["video", "frame", "individual"], sort=False)
    sides = (animals.max() - animals.min()).max(axis=1)[animals.size() > 1]
    return sides.rename("side").reset_index()[["video", "side"]]


def uneven_sizes(videos: Sequence[str], sides: np.ndarray) -> dict[str, float]:
    """Return the usual sizes, px, in the videos of the smallest and the largest animals; none where they differ little.

    `videos`: n names; `sides` f[n], px, of an animal each, NaN = not known.
    """
    table = pd.DataFrame({"video": list(videos), "side": np.asarray(sides, float)}).dropna()
    sizes = table.groupby("video")["side"].agg(["median", "count"])
    sizes = sizes["median"][sizes["count"] >= MIN_SIZED_ANIMALS].sort_values(kind="stable")
    if sizes.empty or sizes.iloc[-1] <= MAX_SIZE_RATIO * sizes.iloc[0]:
        return {}
    return {name: float(sizes[name]) for name in sizes.index[[0, -1]]}

"""How far apart keypoints of an animal can be, as the metadata of a model tell it."""

import numpy as np

REACH_PER_EXTENT = 1.5  # px that any two keypoints lie apart at most: across the box about the animal, and some room


def reach_between(metadata: dict, scale: float = 1.0) -> np.ndarray | None:
    """Return how far apart keypoints of an animal can be, `scale` times px of the videos: f64[keypoint, keypoint].

    None where nothing tells the size of animals. What labels do not tell of two keypoints is told by the extent.
    """
    if not metadata["extent"]:
        return None
    known = metadata.get("reach") or [[None] * len(metadata["keypoints"])] * len(metadata["keypoints"])
    reach = np.array(known, np.float64)
    reach = np.where(np.isfinite(reach), reach, REACH_PER_EXTENT * metadata["extent"])
    return reach * scale


def stored_reach(reach: np.ndarray) -> list[list[float | None]]:
    """Write `dataset.reach` as builtins, px to one decimal; None = not known."""
    return [[round(float(each), 1) if np.isfinite(each) else None for each in row] for row in reach]

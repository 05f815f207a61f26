"""Predictions that a tool keeps as one array for all frames, animals and keypoints."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd


class Dense(NamedTuple):
    """Predictions of a video, as a tool keeps them."""

    frames: "np.ndarray"  # int64[frame]
    individuals: Sequence[str]  # names; "": not tracked
    keypoints: Sequence[str]
    points: "np.ndarray"  # f[frame, animal, keypoint, 2], (x, y) px as stored, NaN: none
    scores: "np.ndarray"  # f[frame, animal, keypoint]
    identity: "np.ndarray | None" = None  # int[frame, animal], place in `individuals`; None: animals are in their order
    unique: Sequence[bool] = ()  # of each animal, whether it is none: it holds the keypoints that belong to no animal


def to_predictions(dense: Dense, video: str, offset: float) -> "tuple[pd.DataFrame, list[str]]":
    """Make a table of the points that have a position, and say in words what could not be kept.

    Args:
        dense: the predictions.
        video: id of their video.
        offset: px to add to x and y.

    Returns:
        Rows with the columns of `points.PREDICTED`, and what was left out.
    """
    import numpy as np

    from marey.labels.points import Names, confidences, predictions_of

    there = np.isfinite(dense.points).all(axis=-1)
    owned = ~np.array([*dense.unique] or [False] * there.shape[1], bool)
    number = np.cumsum(there.any(axis=2) & owned, axis=1, dtype=np.int32) - 1
    number[:, ~owned] = -1
    frame, animal, keypoint = np.nonzero(there)
    x, y = dense.points[frame, animal, keypoint].T
    individual = animal if dense.identity is None else dense.identity[frame, animal]
    confidence, said = confidences(dense.scores[frame, animal, keypoint])
    table = predictions_of(
        len(frame),
        video=video,
        frame=dense.frames[frame],
        instance=number[frame, animal],
        individual=Names(dense.individuals, individual),
        keypoint=Names(dense.keypoints, keypoint),
        x=x + offset,
        y=y + offset,
        confidence=confidence,
    )
    return table, said

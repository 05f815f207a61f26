"""Doubles: poses that lie on another one of their frame, as of an animal that was assembled twice.

No two animals are in one place. Keypoints of the same name do not show it, since of two poses of one animal one often
has its nose where the other has its tail; so each keypoint is compared with the nearest of any name.
"""

import numpy as np

from marey.tracking.instances import PAIRS_AT_ONCE, centroid
from marey.tracking.outlines import Outline, Source
from marey.tracking.tracklets import Tracklets

# Of the median size of a pose: so near are most keypoints of each of two poses to one of the other. Of flies that touch
# they are further apart, of mice that another system assembled twice they are nearer.
MAX_APART = 1 / 7


def find_doubles(source: Source, poses: Outline, pieces: Tracklets) -> np.ndarray:
    """Find the poses that lie on another one, of a tracklet that is longer: bool[instance]. Reads `source` once."""
    length = np.empty(len(poses), np.int64)
    length[pieces.members] = np.repeat(pieces.lengths, pieces.lengths)
    result, offset, size = np.zeros(len(poses), bool), 0, float(np.median(poses.size))
    for block in source.blocks():
        one, other = _near_pairs(block.frame, centroid(block.points), size / 2)
        near = MAX_APART * size
        lying = (_apart(block.points, one, other) < near) & (_apart(block.points, other, one) < near)
        one, other = one[lying] + offset, other[lying] + offset
        result[np.where(length[one] < length[other], one, other)] = True
        offset += len(block)
    return result


def _near_pairs(frame: np.ndarray, middle: np.ndarray, most: float) -> tuple[np.ndarray, np.ndarray]:
    """List the pairs of poses of a frame, i64[p] each, whose `middle` f32[n, 2] px are within `most` px.

    `frame` i64[n], in order.
    """
    parts = [(np.empty(0, np.int64), np.empty(0, np.int64))]
    for step in range(1, int(np.unique(frame, return_counts=True)[1].max(initial=1))):
        one = np.flatnonzero(frame[:-step] == frame[step:])
        one = one[((middle[one] - middle[one + step]) ** 2).sum(axis=1) < most**2]
        parts.append((one, one + step))
    return tuple(np.concatenate(side) for side in zip(*parts, strict=True))


def _apart(points: np.ndarray, one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Compute the median distance of the keypoints of poses `one` i64[p] from the nearest of `other`, f32[p] px."""
    result = np.empty(len(one), np.float32)
    for start in range(0, len(one), PAIRS_AT_ONCE // 16):
        part = slice(start, start + PAIRS_AT_ONCE // 16)
        square = ((points[one[part], :, None] - points[other[part], None]) ** 2).sum(axis=-1)
        nearest = np.sort(np.fmin.reduce(square, axis=2), axis=1)  # NaN comes last
        half = (np.isfinite(nearest).sum(axis=1) - 1) // 2
        result[part] = np.sqrt(nearest[np.arange(len(nearest)), half])
    return result

"""What finders give of images, `Found`: the candidates of keypoints, cut to the image, and as rows of tables."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

# Candidates of a lower confidence are not written, but for the most confident one of each keypoint.
MIN_WRITTEN_CONFIDENCE = 0.05
# px of the network's input, a cell: a peak so near to the image's edge may be refined to a place just beyond it.
EDGE_TOLERANCE = 4.0


class Found(NamedTuple):
    """The candidates of n images, of each keypoint highest confidence first; NaN and 0 where there are no more.

    `points` f32[n, candidate, keypoint, 2], (x, y) px; `confidence` and `spread` (px, the members' standard deviation
    per axis; NaN with one member) f32[n, candidate, keypoint]; `affinity` f32[n, edge, candidate, candidate], of the
    edge's first and second keypoint. `appearance` f32[n, candidate, keypoint, d]: what the network sees there of who it
    is; d is 0 where that is not asked.
    """

    points: np.ndarray
    confidence: np.ndarray
    spread: np.ndarray
    affinity: np.ndarray
    appearance: np.ndarray


def as_candidates(points: np.ndarray, confidence: np.ndarray, spread: np.ndarray) -> Found:
    """Make a `Found` of animals that are told apart already, one a candidate: no affinities, no appearance.

    `points` f32[n, animal, keypoint, 2], (x, y) px; `confidence` and `spread` f32[n, animal, keypoint].
    """
    count, most = points.shape[:2]
    nothing = np.zeros((count, 0, most, most), np.float32), np.zeros((*confidence.shape, 0), np.float32)
    return Found(points, confidence, spread, *nothing)


def inside(found: Found, shown: tuple[int, int]) -> Found:
    """Make what is found in the padding of an image missing; what lies a hair beyond its edge goes onto that.

    Positions are px of the network's input; `shown` (width, height) px of it that show the image.
    """
    points, edge = found.points, np.float32(shown) * np.float32(1 - 1e-6)  # also once it is rounded to px of a video
    beyond = (np.maximum(-points, points - edge) > EDGE_TOLERANCE).any(axis=-1)
    return found._replace(
        points=np.where(beyond[..., None], np.nan, np.clip(points, 0, edge)).astype(np.float32),
        confidence=np.where(beyond, 0, found.confidence).astype(np.float32),
        spread=np.where(beyond, np.nan, found.spread).astype(np.float32),
    )


def table_columns(
    found: Found, keypoints: Sequence[str], edges: tuple[tuple[int, int], ...]
) -> tuple[dict, dict, np.ndarray]:
    """Make the columns of the tables `detections` and `affinities`, but for video, frame and fault.

    Instead of the frame, `row` i64 counts the images of `found`. Each keypoint of each image has a candidate 0. Returns
    the columns of both, and the appearances f32[row, d] of the rows of `detections`.
    """
    kept = np.isfinite(found.points).all(axis=-1) & (found.confidence >= MIN_WRITTEN_CONFIDENCE)
    listed = kept.copy()
    listed[:, 0] = True
    row, keypoint, candidate = np.nonzero(np.swapaxes(listed, 1, 2))
    cells = row, candidate, keypoint
    points = {
        "row": row,
        "keypoint": np.asarray(keypoints)[keypoint],
        "candidate": candidate,
        "x": found.points[cells][:, 0],
        "y": found.points[cells][:, 1],
        "confidence": found.confidence[cells],
        "spread": found.spread[cells],
    }
    appearance = found.appearance[cells]
    source, target = (np.swapaxes(kept[:, :, end], 1, 2) for end in np.array(edges, int).reshape(-1, 2).T)
    cells = np.nonzero(source[..., :, None] & target[..., None, :])
    pairs = dict(zip(("row", "edge", "source", "target"), cells, strict=True))
    return points, {**pairs, "affinity": found.affinity[cells]}, appearance

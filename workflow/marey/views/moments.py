"""Moments in which two animals may have been exchanged: which are shown, when, and what part of the image."""

from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image

from marey.tables import files
from marey.tables.review import REVIEW
from marey.views.drawing import Box

CROP_MARGIN = 0.15  # of the two animals' extent, added on each side
MIN_CROP_PART = 0.25  # of the image's sides, so that images are never enlarged more than fourfold


def read_moments(path: str | Path) -> pd.DataFrame:
    """Read the rows of a table `review`, the likeliest first."""
    return files.read(path, REVIEW).sort_values("rank", kind="stable", ignore_index=True)


def frames_around(time: np.ndarray, frame: int, reach: float) -> tuple[int, int]:
    """Return the frames [start, stop) from `reach` s before frame `frame` to as long after.

    `time` f64[frame], s, of all frames of the video. A frame that the video does not have stands for the nearest one
    that it has.
    """
    frame = min(max(frame, 0), len(time) - 1)
    start = np.searchsorted(time, time[frame] - reach - 1e-6)
    stop = np.searchsorted(time, time[frame] + reach + 1e-6, side="right")
    return int(min(start, frame)), int(max(stop, frame + 1))


def crop_box(
    points: np.ndarray,
    shape: tuple[int, ...],
    *,
    middle: tuple[float, float] = (np.nan, np.nan),
    least: float = MIN_CROP_PART,
) -> Box:
    """Choose the part of an image that shows some points, with a margin around them as far as there is room.

    The part has the shape of the image and lies in it.

    Args:
        points: f64[..., 2], (x, y) px, NaN = nowhere: of both animals over some time.
        shape: (height, width, ...) of the image.
        middle: (x, y) px that the part is centred on where there are no points; NaN: the whole image is shown then.
        least: smallest side of the part, as a fraction of the image's.

    Returns:
        left, top, right and bottom of the part, px.
    """
    size = np.array([shape[1], shape[0]], float)
    places = points.reshape(-1, 2)
    places = places[np.isfinite(places).all(axis=1)]
    if not len(places):
        places = np.array([middle], float)
        if not np.isfinite(places).all():
            return 0.0, 0.0, *size.tolist()
    low, high = places.min(axis=0), places.max(axis=0)
    part = min(1.0, max(least, ((high - low) * (1 + 2 * CROP_MARGIN) / size).max()))
    corner = np.clip((low + high) / 2 - part * size / 2, 0, size - part * size)
    return *corner.tolist(), *(corner + part * size).tolist()


def crop_image(picture: np.ndarray, box: Box, size: tuple[int, int]) -> Image.Image:
    """Cut the part `box` out of u8[height, width, 3], scaled to `size` (width, height)."""
    return Image.fromarray(picture).resize(size, Image.Resampling.BICUBIC, box=box, reducing_gap=2.0)


def crop_points(points: np.ndarray, box: Box, size: tuple[int, int]) -> np.ndarray:
    """Map `points` f64[..., 2] px of the video to the image that `crop_image` makes."""
    left, top, right, bottom = box
    return (points - [left, top]) * [size[0] / (right - left), size[1] / (bottom - top)]


def pair_points(names: list[str], points: np.ndarray, moment) -> np.ndarray:
    """Select the two individuals of a moment from `points` f64[frame, individual, ...], in the order of `names`."""
    return points[:, [index for index, name in enumerate(names) if name in (moment.first, moment.second)]]

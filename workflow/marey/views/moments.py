"""Moments in which two animals may have been exchanged: which are shown, when, and what part of the image."""

from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image

from marey.tables import files
from marey.tables.review import REVIEW
from marey.views.drawing import Box

MARGIN = 0.15  # of the two animals' extent, added on each side
LEAST = 0.25  # of the image's sides, so that images are never enlarged more than fourfold


def moments(path: str | Path) -> pd.DataFrame:
    """The rows of table `review`, the likeliest first."""
    return files.read(path, REVIEW).sort_values("rank", kind="stable", ignore_index=True)


def window(time: np.ndarray, frame: int, reach: float) -> tuple[int, int]:
    """The frames [start, stop) from `reach` s before frame `frame` to as long after, of frames at `time` f64[frame], s.

    A frame that the video does not have stands for the nearest one that it has.
    """
    frame = min(max(frame, 0), len(time) - 1)
    start = np.searchsorted(time, time[frame] - reach - 1e-6)
    stop = np.searchsorted(time, time[frame] + reach + 1e-6, side="right")
    return int(min(start, frame)), int(max(stop, frame + 1))


def crop(
    points: np.ndarray,
    shape: tuple[int, ...],
    *,
    middle: tuple[float, float] = (np.nan, np.nan),
    least: float = LEAST,
) -> Box:
    """The part (left, top, right, bottom), px, of an image of `shape` (height, width, ...) that shows `points`.

    `points` f64[..., 2] px, NaN = nowhere: of both animals over some time. The part has the shape of the image and
    lies in it, with a margin around the points as far as there is room, and at least `least` of its sides. Without
    points it is around `middle`, and without that the whole image.
    """
    size = np.array([shape[1], shape[0]], float)
    places = points.reshape(-1, 2)
    places = places[np.isfinite(places).all(axis=1)]
    if not len(places):
        places = np.array([middle], float)
        if not np.isfinite(places).all():
            return 0.0, 0.0, *size.tolist()
    low, high = places.min(axis=0), places.max(axis=0)
    part = min(1.0, max(least, ((high - low) * (1 + 2 * MARGIN) / size).max()))
    corner = np.clip((low + high) / 2 - part * size / 2, 0, size - part * size)
    return *corner.tolist(), *(corner + part * size).tolist()


def cut(picture: np.ndarray, box: Box, size: tuple[int, int]) -> Image.Image:
    """The part `box` of u8[height, width, 3], scaled to `size` (width, height)."""
    return Image.fromarray(picture).resize(size, Image.Resampling.BICUBIC, box=box, reducing_gap=2.0)


def moved(points: np.ndarray, box: Box, size: tuple[int, int]) -> np.ndarray:
    """Where `points` f64[..., 2] px of the video lie in the image that `cut` makes."""
    left, top, right, bottom = box
    return (points - [left, top]) * [size[0] / (right - left), size[1] / (bottom - top)]


def between(names: list[str], points: np.ndarray, moment) -> np.ndarray:
    """Of `points` f64[frame, individual, ...], individuals in the order of `names`, those of the two of a moment."""
    return points[:, [index for index, name in enumerate(names) if name in (moment.first, moment.second)]]

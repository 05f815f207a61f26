"""Films: short windows of a video as a network sees them, and the empty place behind the animals in them."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from marey.inference.measure_scale import spread_evenly
from marey.inference.view import View
from marey.synth.backgrounds import background_trust, median_background
from marey.tables import files
from marey.tables.frames import FRAMES, READING
from marey.videos.ranges import frame_range
from marey.videos.reading import VideoError, read_frames

LENGTH = 3  # frames of a window, the middle one between its neighbours
HELD_OUT_EVERY = 4  # one window of so many tells whether a model got better, and trains none
BACKGROUND_FRAMES = 60  # at most, that the empty place is taken from
MIN_WINDOWS = 8  # that an empty place can be told by
MIN_TRUST, MIN_TRUSTED_PART = 0.5, 0.9  # share of the frames that show the place, at this part of its pixels


class PlaceError(ValueError):
    """The empty place of a video cannot be told; the message says why."""


class Film(NamedTuple):
    """Hold windows of a video at a network's scale.

    Attributes:
        video: id.
        images: u8[window, 3, height, width, 3], RGB, frames that follow each other.
        frames: i64[window], the number of the middle one.
    """

    video: str
    images: np.ndarray
    frames: np.ndarray

    @property
    def middles(self) -> np.ndarray:
        """Return the middle images, u8[window, height, width, 3]."""
        return self.images[:, LENGTH // 2]

    @property
    def held_out(self) -> np.ndarray:
        """Tell which windows train no model, bool[window]."""
        return np.arange(len(self.images)) % HELD_OUT_EVERY == HELD_OUT_EVERY // 2


def read_film(video_path: Path, frames_path: Path, *, video: str, view: View, frames: str | None, windows: int) -> Film:
    """Read windows of a video, spread evenly over the frames that are analysed and not damaged.

    Args:
        video_path: the video.
        frames_path: its table `frames`.
        video: id.
        view: the part of the images that is analysed, at the scale of the network.
        frames: 'start:stop' of the sheet; None: all.
        windows: how many, at most.

    Raises:
        VideoError: a frame cannot be decoded, or there is no window.
    """
    times = files.read(frames_path, FRAMES, READING)
    starts = _starts(times, frames, windows)
    if not len(starts):
        raise VideoError(f"{video_path}: no {LENGTH} frames in a row that are not damaged")
    stack = [np.stack(list(_window(video_path, times, view, start))) for start in starts.tolist()]
    return Film(video, np.stack(stack), starts + LENGTH // 2)


def empty_place(film: Film) -> np.ndarray:
    """Find the empty place behind the animals, u8[height, width, 3]; PlaceError says why it cannot be told."""
    chosen = np.unique(np.linspace(0, len(film.images) - 1, BACKGROUND_FRAMES).round().astype(int))
    if len(chosen) < MIN_WINDOWS:
        raise PlaceError(f"{len(chosen)} frames are too few to tell the empty place by")
    shown = film.middles[chosen]
    place = median_background(shown)
    trusted = float((background_trust(shown, place) >= MIN_TRUST).mean())
    if trusted < MIN_TRUSTED_PART:
        raise PlaceError(f"{1 - trusted:.0%} of the image changes all the time, as if the camera moved")
    return place


def _starts(times: pd.DataFrame, frames: str | None, windows: int) -> np.ndarray:
    """Choose the first frames of windows, i64[n]."""
    due = np.zeros(len(times), bool)
    due[slice(*frame_range(frames))] = True
    sound = due & ~times["fault"].to_numpy()
    whole = (
        np.flatnonzero(np.convolve(sound, np.ones(LENGTH), "valid") == LENGTH) if len(sound) >= LENGTH else sound[:0]
    )
    return spread_evenly(whole, windows)


def _window(path: Path, times: pd.DataFrame, view: View, start: int) -> Iterator[np.ndarray]:
    stream = read_frames(path, start, start + LENGTH, frames=times, size=view.decoded)
    for _, picture in view.inputs(_decoded(stream, path)):
        width, height = picture.shown
        yield picture.whole()[:height, :width]


def _decoded(stream: Iterator[tuple], path: Path) -> Iterator[tuple]:
    for frame, image in stream:
        if image is None:
            raise VideoError(f"{path}: frame {frame} cannot be decoded; if the file has changed, probe it again.")
        yield frame, image

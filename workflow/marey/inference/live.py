"""Live poses: one line of JSON for each image of a camera or a file, for closed-loop experiments."""

import importlib
import itertools
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from marey.inference import engines, finder
from marey.inference.found import inside
from marey.networks.metadata import own_keypoints
from marey.pictures.views import Picture
from marey.videos.images import Upright
from marey.videos.reading import VideoError, decode_packets, open_video

CAMERA_FORMATS = {"linux": "v4l2", "darwin": "avfoundation", "win32": "dshow"}  # FFmpeg's name of each system's cameras


class LiveFrame(NamedTuple):
    """A frame of a stream: its number, its time (s), its `image` u8[height, width, 3] RGB, and when it arrived (s)."""

    number: int
    time: float
    image: np.ndarray
    arrived: float


def stream(
    model: engines.ModelFiles, frames: Iterable[LiveFrame], *, engine: str, window: int | str | None
) -> Iterator[dict]:
    """Yield what the model finds in each frame: frame, time (s), latency_ms, and (x, y, confidence) of each keypoint.

    Positions are px of the frames, confidences are the network's own. A single animal is followed without end: the
    network sees the whole frame only where it is lost. A model of several animals gives the likeliest place of each
    keypoint.

    Args:
        model: its files.
        frames: of one stream, in order.
        engine: as `infer.engine`.
        window: as `infer.window`.

    Returns:
        A dict of builtins for each frame.
    """
    how = {"engine": engines.choose_engine(engine, quantised=model.quantised is not None), "batch_size": 1}
    find, metadata = finder.start_finder([model], window=window, group=None, **how)
    for frame in frames:
        picture = Picture(frame.image, metadata["preprocessing"]["scale"])
        seen = inside(find([picture], [frame.number]), picture.shown)
        points, confidence = picture.to_image(seen.points[0, 0]), seen.confidence[0, 0]
        found = np.concatenate([points, confidence[:, None]], axis=1).astype(float).round(3).tolist()
        yield {
            "frame": frame.number,
            "time": round(frame.time, 6),
            "latency_ms": round(1000 * (time.perf_counter() - frame.arrived), 3),
            "keypoints": dict(zip(own_keypoints(metadata), found, strict=False)),  # helpers are the last
        }


def from_file(path: Path) -> Iterator[LiveFrame]:
    """Yield the frames of a video file, each when the one before is done."""
    yield from _frames(path, None)


def from_camera(name: str) -> Iterator[LiveFrame]:
    """Yield the newest frame of a camera whenever one is asked for: those that come in between are skipped."""
    if sys.platform not in CAMERA_FORMATS:
        raise VideoError(f"{name}: no such file, and no camera can be read on this system ({sys.platform})")
    yield from newest(_frames(name, CAMERA_FORMATS[sys.platform]))


def newest(frames: Iterable[LiveFrame]) -> Iterator[LiveFrame]:
    """Yield the newest frame of a stream that does not wait, none twice; ends or fails as the stream does."""
    box = _Mailbox()
    threading.Thread(target=box.fill, args=(frames,), daemon=True).start()
    while (frame := box.take()) is not None:
        yield frame


class _Mailbox:
    """Keep the newest frame of a stream until it is taken: one at a time, however long nobody asks."""

    def __init__(self):
        self._changed = threading.Condition()
        self._frame: LiveFrame | None = None
        self._error: Exception | None = None
        self._ended = False

    def fill(self, frames: Iterable[LiveFrame]) -> None:
        """Put in every frame of a stream, each in place of the one before."""
        error = None
        try:
            for frame in frames:
                with self._changed:
                    self._frame = frame
                    self._changed.notify()
        except Exception as raised:  # to be raised where the frames are used
            error = raised
        with self._changed:
            self._error, self._ended = error, True
            self._changed.notify()

    def take(self) -> LiveFrame | None:
        """Wait for a frame and take it out; None when the stream has ended. Raises what the stream raised."""
        with self._changed:
            self._changed.wait_for(lambda: self._frame is not None or self._ended)
            frame, self._frame = self._frame, None
        if frame is None and self._error is not None:
            raise self._error
        return frame


def _frames(source: str | Path, form: str | None) -> Iterator[LiveFrame]:
    with open_video(source, form) as (container, video):
        if video is None:
            raise VideoError(f"{source}: holds no frames")
        upright, frame = Upright(video), itertools.count()
        for _, decoded, _ in decode_packets(container, video):
            for each in decoded:
                number = next(frame)
                known = each.pts is not None
                moment = float(each.pts * video.time_base) if known else number / float(video.average_rate or 25)
                yield LiveFrame(number, moment, upright(each), time.perf_counter())


def hook(name: str) -> Callable[[dict], object]:
    """Load the Python function `module:function`, of a module in the current folder or an installed one."""
    module, _, function = name.partition(":")
    if not function:
        raise ValueError(f"--hook {name}: expected module:function, such as my_rig:on_pose")
    sys.path.insert(0, "")
    try:
        return getattr(importlib.import_module(module), function)
    except ModuleNotFoundError as error:
        if error.name != module:
            raise  # of what the module itself imports
        raise ValueError(f"--hook {name}: no module {module}: is {module}.py in this folder?") from None
    except AttributeError as error:
        if error.name != function:
            raise
        raise ValueError(f"--hook {name}: {module} has no function {function}") from None

"""Live poses: one line of JSON for each image of a camera or a file, for closed-loop experiments."""

import importlib
import itertools
import queue
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from marey.inference import engines, finder
from marey.pictures.views import Picture
from marey.videos.reading import Upright, VideoError, decode_packets, open_video

CAMERAS = {"linux": "v4l2", "darwin": "avfoundation", "win32": "dshow"}  # FFmpeg's name of each system's cameras


class Frame(NamedTuple):
    """A frame of a stream: its number, its time (s), its `image` u8[height, width, 3], when it was there (s)."""

    number: int
    time: float
    image: np.ndarray
    arrived: float


def stream(model: engines.Model, frames: Iterable[Frame], *, engine: str, window: int | str | None) -> Iterator[dict]:
    """What the model sees in each frame: its number, time, the latency (ms), and (x, y, confidence) of each keypoint.

    Positions are px of the frames, confidences are the network's own. `engine` and `window` as `infer.engine` and
    `infer.window`. A single animal is followed without end: the whole frame is looked at only where it is lost. A
    model of several animals tells the likeliest place of each keypoint.
    """
    how = {"engine": engines.choose(engine), "batch_size": 1}
    find, metadata = finder.start([model], window=window, group=None, **how)
    for frame in frames:
        picture = Picture(frame.image, metadata["preprocessing"]["scale"])
        seen = find([picture], [frame.number])
        points, confidence = picture.to_image(seen.points[0, 0]), seen.confidence[0, 0]
        found = np.concatenate([points, confidence[:, None]], axis=1).astype(float).round(3).tolist()
        yield {
            "frame": frame.number,
            "time": round(frame.time, 6),
            "latency_ms": round(1000 * (time.perf_counter() - frame.arrived), 3),
            "keypoints": dict(zip(metadata["keypoints"], found, strict=True)),
        }


def from_file(path: Path) -> Iterator[Frame]:
    """The frames of a video file, each when the one before is done."""
    yield from _frames(path, None)


def from_camera(name: str) -> Iterator[Frame]:
    """The newest frame of a camera whenever one is asked for: those that come in between are passed over."""
    yield from newest(_frames(name, CAMERAS[sys.platform]))


def newest(frames: Iterable[Frame]) -> Iterator[Frame]:
    """Of a stream that does not wait, the newest frame each time, none twice; ends or fails as the stream does."""
    waiting: queue.Queue = queue.Queue()
    threading.Thread(target=_collect, args=(frames, waiting), daemon=True).start()
    while True:
        item = waiting.get()
        while isinstance(item, Frame) and not waiting.empty() and isinstance(waiting.queue[0], Frame):
            item = waiting.get()
        if item is None:
            return
        if isinstance(item, Exception):
            raise item
        yield item


def _collect(frames: Iterable[Frame], waiting: queue.Queue) -> None:
    try:
        for frame in frames:
            waiting.put(frame)
        waiting.put(None)
    except Exception as error:  # to be raised where the frames are used
        waiting.put(error)


def _frames(source: str | Path, form: str | None) -> Iterator[Frame]:
    with open_video(source, form) as (container, video):
        if video is None:
            raise VideoError(f"{source}: holds no frames")
        upright, frame = Upright(video), itertools.count()
        for _, decoded, _ in decode_packets(container, video):
            for each in decoded:
                number = next(frame)
                known = each.pts is not None
                moment = float(each.pts * video.time_base) if known else number / float(video.average_rate or 25)
                yield Frame(number, moment, upright(each), time.perf_counter())


def hook(name: str) -> Callable[[dict], object]:
    """The Python function `module:function`, of a module in the current folder or an installed one."""
    module, _, function = name.partition(":")
    if not function:
        raise ValueError(f"--hook {name}: expected module:function, such as my_rig:on_pose")
    sys.path.insert(0, "")
    return getattr(importlib.import_module(module), function)

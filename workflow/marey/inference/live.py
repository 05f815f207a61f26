"""Live poses: one line of JSON for each picture of a camera or a file, for closed-loop experiments."""

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

from marey.inference import engines, following
from marey.videos.reading import Upright, VideoError, decode, open_video

CAMERAS = {"linux": "v4l2", "darwin": "avfoundation", "win32": "dshow"}  # FFmpeg's name of each system's cameras


class Picture(NamedTuple):
    """A picture u8[height, width, 3] of a stream: its number, its time (s), and when it was there (`arrived`, s)."""

    frame: int
    time: float
    image: np.ndarray
    arrived: float


def stream(
    model: engines.Model, pictures: Iterable[Picture], *, engine: str, window: int | str | None
) -> Iterator[dict]:
    """What the model sees in each picture: its number, time, the latency (ms), and (x, y, confidence) of each keypoint.

    Positions are px of the pictures, confidences are the network's own. `engine` and `window` as `infer.engine` and
    `infer.window`. The animal is followed without end: the whole picture is looked at only where it is lost.
    """
    detector, facts = engines.start(model, engine=engines.choose(engine), batch_size=1)
    scale = facts["preprocessing"]["scale"]
    side = following.window_side(facts["extent"] * scale) if window == "auto" else window
    animal = None
    for picture in pictures:
        shown = following.Picture(picture.image, scale)
        if side is None or side >= min(shown.size):
            points, confidence = (part[0] for part in detector([shown.whole()]))
        else:
            animal = animal or following.Animal(side, shown.size)
            points, confidence = following.find(detector, [(animal, shown)])[0]
        found = np.concatenate([shown.to_image(points), confidence[:, None]], axis=1).astype(float).round(3).tolist()
        yield {
            "frame": picture.frame,
            "time": round(picture.time, 6),
            "latency_ms": round(1000 * (time.perf_counter() - picture.arrived), 3),
            "keypoints": dict(zip(facts["keypoints"], found, strict=True)),
        }


def from_file(path: Path) -> Iterator[Picture]:
    """The pictures of a video file, each when the one before is done."""
    yield from _pictures(path, None)


def from_camera(name: str) -> Iterator[Picture]:
    """The newest picture of a camera whenever one is asked for: those that come in between are passed over."""
    yield from newest(_pictures(name, CAMERAS[sys.platform]))


def newest(pictures: Iterable[Picture]) -> Iterator[Picture]:
    """Of a stream that does not wait, the newest picture each time, none twice; ends or fails as the stream does."""
    waiting: queue.Queue = queue.Queue()
    threading.Thread(target=_collect, args=(pictures, waiting), daemon=True).start()
    while True:
        item = waiting.get()
        while isinstance(item, Picture) and not waiting.empty() and isinstance(waiting.queue[0], Picture):
            item = waiting.get()
        if item is None:
            return
        if isinstance(item, Exception):
            raise item
        yield item


def _collect(pictures: Iterable[Picture], waiting: queue.Queue) -> None:
    try:
        for picture in pictures:
            waiting.put(picture)
        waiting.put(None)
    except Exception as error:  # to be raised where the pictures are used
        waiting.put(error)


def _pictures(source: str | Path, form: str | None) -> Iterator[Picture]:
    with open_video(source, form) as (container, video):
        if video is None:
            raise VideoError(f"{source}: holds no pictures")
        upright, frame = Upright(video), itertools.count()
        for _, decoded, _ in decode(container, video):
            for each in decoded:
                number = next(frame)
                known = each.pts is not None
                moment = float(each.pts * video.time_base) if known else number / float(video.average_rate or 25)
                yield Picture(number, moment, upright(each), time.perf_counter())


def hook(name: str) -> Callable[[dict], object]:
    """The Python function `module:function`, of a module in the current folder or an installed one."""
    module, _, function = name.partition(":")
    if not function:
        raise ValueError(f"--hook {name}: expected module:function, such as my_rig:on_pose")
    sys.path.insert(0, "")
    return getattr(importlib.import_module(module), function)

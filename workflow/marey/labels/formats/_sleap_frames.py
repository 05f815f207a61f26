"""Which video, frame and image the instances of a SLEAP label file belong to, as Marey names them."""

from typing import TYPE_CHECKING, NamedTuple

from marey.labels.formats._sleap_file import SleapFile
from marey.labels.formats._sleap_videos import StoredVideo
from marey.labels.reading import Fault, Source
from marey.labels.stored import clashes, find_image, frames_of, video_of

if TYPE_CHECKING:
    import numpy as np


class Frames(NamedTuple):
    """The frame of each instance of a file; `video` and `image` are places in the lists of names."""

    videos: list[str]
    images: list[str]
    video: "np.ndarray"  # -1: cannot be used
    frame: "np.ndarray"
    image: "np.ndarray"


def place_frames(file: SleapFile, source: Source) -> tuple[Frames, list[Fault]]:
    """Find the id of the video, the frame and the image of each instance, and what is wrong with that."""
    import numpy as np

    ids, images = Numbered(), Numbered()
    found = np.full((3, len(file.video)), -1, np.int64)
    faults: list[Fault] = []
    paths: dict[str, list[str]] = {}
    for place, video in enumerate(file.videos):
        rows = np.flatnonzero(file.video == place)
        if len(rows):
            frames, spots = np.unique(file.frame[rows], return_inverse=True)
            shown, wrong = _shown(video, frames.tolist(), source)
            faults += [Fault(source.name, 0, reason, why) for reason, why in wrong]
            for name in {name for name, *_ in shown if name}:
                paths.setdefault(name, []).append(video.path)
            numbered = [(ids[name] if name else -1, number, images[image]) for name, number, image in shown]
            found[:, rows] = np.array(numbered)[spots].T
    for name, why in clashes(paths, source).items():
        found[0, found[0] == ids[name]] = -1
        faults.append(Fault(source.name, 0, "conflict", why))
    return Frames(list(ids), list(images), *found), faults


def _shown(
    video: StoredVideo, frames: list[int], source: Source
) -> tuple[list[tuple[str, int, str]], list[tuple[str, str]]]:
    """Find (id of the video, frame, image) of frames of a video as the file counts them.

    The id is "" of what cannot be used: then (reason, why) of that, too.
    """
    wrong = []
    if video.images:
        images, numbered = _of_sequence(video, source)
        shown = [(*numbered[at], images[at]) if at < len(images) else ("", -1, "") for at in frames]
        if frames[-1] >= len(images):
            why = f"frame {frames[-1]} of a sequence of {len(images)} images; save the file in SLEAP again"
            wrong.append(("unknown_frame", why))
    else:
        name = video_of(video.path, source)
        shown = [(name, at, "") for at in frames]
        if not name:
            why = f"the name of the video '{video.path}' has no letter or digit of an id; give it one by `videos`"
            wrong.append(("unknown_video", why))
    if video.inside:
        shown = [
            (name, number, name_inside(source, video, at)) for (name, number, _), at in zip(shown, frames, strict=True)
        ]
    return shown, wrong


class Numbered(dict):
    """Numbers for names, from 0 in the order in which they are asked for."""

    def __missing__(self, name: str) -> int:
        """Give a new name the next number."""
        self[name] = len(self)
        return self[name]


def name_inside(source: Source, video: StoredVideo, frame: int) -> str:
    """Name an image inside a file, as `labels` holds it."""
    return f"{source.name}/{video.inside.removesuffix('/video')}/{frame}"


def video_ids(video: StoredVideo, source: Source) -> set[str]:
    if not video.images:
        return {video_of(video.path, source)}
    return {name for name, _ in _of_sequence(video, source)[1]}


def _of_sequence(video: StoredVideo, source: Source) -> tuple[list[str], list[tuple[str, int]]]:
    """Find the images of a sequence, and the (video, frame) of each."""
    images = [find_image(stored, source) for stored in video.images]
    places = frames_of(images, source)
    return images, [places[image] for image in images]

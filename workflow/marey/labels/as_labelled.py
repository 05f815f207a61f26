"""What must hold for frames that somebody labelled in a kit: they still show the image that was labelled.

A kit's export knows its frames by number. Those of another video of the same name, or of a file that was cut or
replaced since, are other images: with their labels a network would learn what nobody labelled.
"""

import hashlib
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from marey.labels.image_checks import Checked, without
from marey.labels.reading import Shown
from marey.pictures.fingerprints import alike, fingerprint, frame_png
from marey.tables import files
from marey.tables.frames import FRAMES, READING
from marey.videos.reading import VideoError, read_frame

Read = Callable[[str, int], np.ndarray]  # (video, frame) -> u8[height, width, 3]; VideoError where it cannot be decoded
NAMED_FRAMES = 10  # of a video in a message


class Frames:
    """Read frames of videos: of each the file and the table `frames`."""

    def __init__(self, films: Mapping[str, tuple[Path, Path]]):
        self._films, self._tables = films, {}

    def read(self, video: str, frame: int) -> np.ndarray:
        """Read a frame, u8[height, width, 3]; VideoError where it cannot be decoded."""
        path, table = self._films[video]
        if video not in self._tables:
            self._tables = {video: files.read(table, FRAMES, READING)}  # one at a time: those of long videos are large
        return read_frame(path, frame, frames=self._tables[video])


def as_labelled(
    points: pd.DataFrame,
    shown: Mapping[tuple[str, str, int], Shown],
    videos: Mapping[str, tuple[int, int, int]],
    read: Read,
) -> Checked:
    """Check that frames are the images that were labelled, where the source says which these were.

    Args:
        points: rows with the columns of the table `labels`.
        shown: frames as they were labelled, by source, video and frame.
        videos: (width px, height px, number of frames) of each video.
        read: reads a frame.

    Returns:
        The points that pass, and a fault for each source and video with frames that are others now.
    """
    places = points[["source", "video", "frame"]].drop_duplicates().sort_values(["video", "frame"])
    others: dict[tuple[str, str], list[int]] = {}
    for place in places.itertuples(index=False, name=None):
        source, video, frame = place
        if place in shown and not _is_same(shown[place], videos[video], partial(read, video, frame)):
            others.setdefault((source, video), []).append(frame)
    keys = zip(points["source"], points["video"], points["frame"], strict=True)
    wrong = points[np.array([frame in others.get((source, video), ()) for source, video, frame in keys], bool)]

    def detail(row) -> str:
        found = others[row.source, row.video]
        named = ", ".join(map(str, found[:NAMED_FRAMES])) + (", ..." if len(found) > NAMED_FRAMES else "")
        return (
            f"{shown[row.source, row.video, found[0]].by}: {len(found)} of its frames of '{row.video}' ({named}) "
            "no longer show the image that was labelled: this is another video of that name, or its file was cut or "
            "replaced. Put the labelled video back, name it in `videos` of the source if it has another name here, or "
            "label these frames again in a new kit"
        )

    return without(points, wrong, "other_image", detail, whole_file=True)


def _is_same(shown: Shown, size: tuple[int, int, int], read: Callable[[], np.ndarray]) -> bool:
    """Tell whether a frame is what was labelled, to the digit or by its fingerprint."""
    if (shown.width, shown.height) != size[:2]:
        return False
    try:
        picture = read()
    except VideoError:
        return False
    if hashlib.sha256(frame_png(picture)).hexdigest() == shown.sha256:
        return True
    return bool(shown.fingerprint) and alike(fingerprint(picture), shown.fingerprint)

"""Reads videos."""

from collections.abc import Iterator

import av
import numpy as np


class VideoIterator:
    """The images of a video."""

    def __init__(self, path: str):
        self.path = path

    def __iter__(self) -> Iterator[np.ndarray]:
        with av.open(self.path) as video:
            for frame in video.decode(video=0):
                yield frame.to_ndarray(format="rgb24")

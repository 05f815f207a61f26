"""Time in frames: what tracking and smoothing take from time stamps where a recording has lost frames.

A frame that is not in the file has no index, so that a hole in time is seen in the time stamps alone.
"""

import numpy as np

MAX_STEP = 1.5  # frame intervals from a time stamp to the next; where it is longer, frames are lost between them


def frame_interval(time: np.ndarray) -> float:
    """Compute the median time between two frames, s, of `time` f64[frame]; 1 where there are no two."""
    return float(np.median(np.diff(time))) or 1.0 if len(time) > 1 else 1.0


def lost_frames(time: np.ndarray) -> np.ndarray:
    """Count the frames that are lost between each frame and the next, i64[frame - 1], of `time` f64[frame], s."""
    steps = np.diff(time) / frame_interval(time)
    return np.maximum(np.ceil(steps - (MAX_STEP - 1)).astype(np.int64) - 1, 0)


def frame_ticks(time: np.ndarray) -> np.ndarray:
    """Number the frames as if none were lost, i64[frame], from 0; `time` f64[frame], s."""
    return np.append(0, np.cumsum(1 + lost_frames(time)))[: len(time)]


def with_lost_frames(time: np.ndarray, *, most: int) -> tuple[np.ndarray, np.ndarray]:
    """Put lost frames in: up to `most` in each hole, at frame intervals from its beginning.

    `time` f64[frame], s. Returns the times of all frames, f64[all], s, and the place of each given frame there,
    i64[frame].
    """
    lost = np.minimum(lost_frames(time), most)
    place = np.append(0, np.cumsum(1 + lost))[: len(time)]
    before = np.repeat(np.arange(len(time)), np.append(1 + lost, 1)[: len(time)])
    return time[before] + (np.arange(len(before)) - place[before]) * frame_interval(time), place

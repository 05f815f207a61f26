"""A batch of frames to label: unusual ones, of all videos and for all reasons, that do not look alike."""

from collections import Counter

import numpy as np
import pandas as pd

from marey.labelling.gallery import grey_differences, read_looks
from marey.tables import files
from marey.tables.frames import FRAMES
from marey.tables.splits import PARTS
from marey.videos.looks import LENGTH

APART = 1.0  # s: nearer frames that look alike are not both picked
CLOSE = 0.25  # s: nearer frames are alike, even if a lamp flickers between them
SPARE = 30  # candidates for each frame of a batch


def unusable_frames(frames: pd.DataFrame, labelled: pd.DataFrame | None, splits: pd.DataFrame | None) -> np.ndarray:
    """Find the frames that are labelled, and those that would only test: bool[frame].

    What lies between labelled frames of a group that tests in every fold would be tested on, as its neighbours are; if
    all labelled frames of a video are, all of it would.

    Args:
        frames: columns video and frame.
        labelled: labelled frames, columns video and frame. None: none.
        splits: the table `splits`. None: none.
    """
    out = np.zeros(len(frames), bool)
    if labelled is not None:
        known = pd.MultiIndex.from_frame(labelled[["video", "frame"]].drop_duplicates())
        out |= pd.MultiIndex.from_frame(frames[["video", "frame"]]).isin(known)
    if splits is None or splits.empty:
        return out
    frame = frames["frame"].to_numpy()
    tests = splits.assign(test=splits["part"] == PARTS[2]).groupby(["video", "frame", "group"])["test"].all()
    tests = tests.reset_index()
    for video, own in tests.groupby("video"):
        here = (frames["video"] == video).to_numpy()
        for _, group in own[own["test"]].groupby("group"):
            inside = (
                frame >= 0 if own["test"].all() else (frame >= group["frame"].min()) & (frame <= group["frame"].max())
            )
            out |= here & inside
    return out


def pick_batch(ranked: pd.DataFrame, videos: list[dict], labelled: pd.DataFrame | None, *, config: dict) -> list[int]:
    """Pick the rows of the table `outliers`, in its order, that are to be labelled next.

    One after another: that of the best rank, where a rank counts for more, by the square root, the more frames of the
    same video are picked for the same reason, so that none takes all. What looks like a picked or labelled frame of the
    same second, or is within a quarter of one, is passed over.

    Args:
        ranked: columns video, frame, time, rank, reason and usable.
        videos: as of `find_outliers`.
        labelled: frames that are labelled, columns video and frame. None: none.
        config: the block `outliers`.
    """
    candidates = ranked[ranked["usable"]].head(SPARE * config["frames"])
    looks = Looks(candidates, videos, labelled, config["min_distance"])
    kind = list(zip(candidates["video"], candidates["reason"], strict=True))
    rows = candidates.index.to_numpy()
    rank = np.log(np.arange(1, len(rows) + 1))
    left, picked = np.ones(len(rows), bool), []
    taken = Counter()
    while left.any() and len(picked) < config["frames"]:
        weight = np.log1p([taken[one] for one in kind]) / 2
        best = int(np.argmin(np.where(left, rank + weight, np.inf)))
        left[best] = False
        if looks.take(best):
            picked.append(int(rows[best]))
            taken[kind[best]] += 1
    return picked


class Looks:
    """What candidates and labelled frames look like, to pass over what looks like a neighbour in time."""

    def __init__(
        self, candidates: pd.DataFrame, videos: list[dict], labelled: pd.DataFrame | None, min_distance: float
    ):
        self._video, self._time = candidates["video"].to_numpy(), candidates["time"].to_numpy()
        self._look = np.zeros((len(candidates), LENGTH // 2), np.float32)
        self._taken: dict[str, list] = {}
        self._min = min_distance
        for item in videos:
            own = np.flatnonzero(self._video == item["video"])
            if not len(own):
                continue
            self._look[own] = _light(item, candidates["frame"].to_numpy()[own])
            if labelled is not None:
                times = files.read(item["frames"], FRAMES, ["time"])["time"].to_numpy()
                known = np.unique(labelled.loc[labelled["video"] == item["video"], "frame"]).astype(int)
                known = known[(known >= 0) & (known < len(times))]
                self._taken[item["video"]] = list(zip(times[known], _light(item, known), strict=True))

    def take(self, place: int) -> bool:
        """Take a candidate if nothing of the same second that is taken or labelled looks like it; say whether."""
        time, look, taken = self._time[place], self._look[place], self._taken.setdefault(self._video[place], [])
        nearest = [(abs(time - other), shown) for other, shown in taken if abs(time - other) < APART]
        if any(self._alike(look, shown) or (gap < CLOSE and self._min) for gap, shown in nearest):
            return False
        taken.append((time, look))
        return True

    def _alike(self, look: np.ndarray, other: np.ndarray) -> bool:
        return float(grey_differences(look, other)) < self._min


def _light(item: dict, frames: np.ndarray) -> np.ndarray:
    """Read the light of the cells of frames i64[n]: f32[n, cell], grey values."""
    return read_looks(item, frames)[:, : LENGTH // 2]

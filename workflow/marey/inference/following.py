"""Following: a window around the animal is analysed instead of the whole image.

The network sees the whole image in the first frame of every GROUP_FRAMES frames of the video, and wherever the animal
is lost; in the other frames it sees a window that the frame before places. What is found therefore does not depend on
where a shard begins, as long as that is the beginning of a group. (DeepLabCut's dynamic cropping follows without end,
one frame at a time.)
"""

import math
from collections.abc import Sequence
from functools import partial

import numpy as np

from marey.inference import ensemble
from marey.inference.candidates import Finder
from marey.inference.detector import Detector
from marey.inference.found import Found, as_candidates
from marey.networks.outputs import SINGLE
from marey.pictures.views import Look, Picture
from marey.tables.plan import GROUP_FRAMES

WINDOW_GRID = 32  # px: windows begin at multiples of it, so that the network's cells lie as they do in the whole image
EDGE_MARGIN = 8  # px: what is found this close to a side of the window may belong outside
# A keypoint is lost when its confidence falls below this part of its highest since the last whole image.
LOST_RATIO = 0.5
MIN_SEEN_CONFIDENCE = 0.1  # raw confidence of a keypoint that is somewhere
# In the whole image, an animal elsewhere than in the window must be so much surer, or the window's answer stays.
ELSEWHERE_RATIO = 2.0
SEARCH_FRAMES = 4  # between two whole images while a keypoint is nowhere: it may show up outside the window

EXTENTS_PER_WINDOW = 1.5  # side of a window, in extents of the animal
MIN_WINDOW = 64  # px: no window has a smaller side


class Animal:
    """The state of the animal of one group: where it was, and the window in which to look for it.

    `side` px of the windows; `size` (width, height) px of the images as the network sees them. `corner` i[2], (x, y) px
    of the window, None where the network is to see the whole image.
    """

    def __init__(self, side: int, size: tuple[int, int]):
        self._side, self._size = side, np.array(size)
        self.corner: np.ndarray | None = None
        self._places: np.ndarray | None = None  # f32[keypoint, 2]: where each was last surely seen; NaN = nowhere yet
        self._level: np.ndarray | None = None  # f32[keypoint]: highest confidence since the last whole image
        self._age = 0  # frames since then

    def window(self, picture: Picture) -> np.ndarray:
        """Cut the window out of `picture`: u8[side, side, 3]."""
        return picture.window(self.corner, self._side)

    def is_lost(self, points: np.ndarray, confidence: np.ndarray) -> bool:
        """Decide whether, in the window, a keypoint is gone, long missing, or so near to a side that it may be outside.

        `points` f32[keypoint, 2], (x, y) px of the whole image; `confidence` f32[keypoint].
        """
        present = self._level >= MIN_SEEN_CONFIDENCE
        if (confidence < LOST_RATIO * self._level)[present].any() or (self._age >= SEARCH_FRAMES and not present.all()):
            return True
        end = self.corner + self._side
        low = np.where(self.corner > 0, self.corner + EDGE_MARGIN, -np.inf)
        high = np.where(end < self._size, end - EDGE_MARGIN, np.inf)
        sure = points[_sure(confidence)]
        return bool((sure < low).any() or (sure > high).any())

    def stays(self, near: np.ndarray, points: np.ndarray, confidence: np.ndarray) -> bool:
        """Decide whether what the window shows, confidence `near` f32[keypoint], is to count against the whole image.

        There the animal is at `points` f32[keypoint, 2], (x, y) px, with the `confidence` f32[keypoint]. A single peak
        far off is not where the animal has gone.
        """
        middle = points[_sure(confidence)].mean(axis=0)
        here = (self.corner <= middle).all() and (middle < self.corner + self._side).all()
        return near.sum() * (1 if here else ELSEWHERE_RATIO) > confidence.sum()

    def see(self, points: np.ndarray, confidence: np.ndarray, *, whole: bool) -> None:
        """Take in what was found in the `whole` image or in the window.

        `points` f32[keypoint, 2], (x, y) px of the whole image; `confidence` f32[keypoint].
        """
        self._level = confidence if whole else np.maximum(self._level, confidence)
        self._age = 0 if whole else self._age + 1
        if not confidence.max() >= MIN_SEEN_CONFIDENCE:
            self.corner = self._places = None
            return
        sure = _sure(confidence)[:, None]
        places = np.where(sure, points, np.nan)
        if self._places is not None:
            # Keypoints that are hidden for a moment move along with the others.
            moved = places - self._places
            shift = np.nanmean(moved, axis=0) if np.isfinite(moved).any() else 0
            places = np.where(sure, points, self._places + shift)
        low, high = np.nanmin(places, axis=0), np.nanmax(places, axis=0)
        if (high - low > self._side - 2 * EDGE_MARGIN).any():
            low, high = points[sure[:, 0]].min(axis=0), points[sure[:, 0]].max(axis=0)
        corner = np.round(((low + high) / 2 - self._side / 2) / WINDOW_GRID) * WINDOW_GRID
        self.corner = np.clip(corner, 0, self._size - self._side).astype(int)
        self._places = places


def window_side(extent: float) -> int:
    """Compute the side of windows for animals of `extent` px at the network's scale, px: a multiple of WINDOW_GRID."""
    return max(MIN_WINDOW, math.ceil(EXTENTS_PER_WINDOW * extent / WINDOW_GRID) * WINDOW_GRID)


class Followed(Finder):
    """Finds a single animal by an ensemble, whose likeliest places are pooled, in a window that follows it."""

    def __init__(self, members: Sequence[Detector], *, side: int | None, group: int | None = GROUP_FRAMES):
        """Take `side` and `group` as `Follower` does."""
        super().__init__(SINGLE, members[0].batch_size)
        look = partial(ensemble.pool_detections, members)
        self._follow = Follower(look, side=side, group=group)

    def __call__(self, pictures: Sequence[Picture], frames: Sequence[int] = ()) -> Found:
        """Find the animal, as `Finder` says; `frames` are needed where it is followed."""
        return as_candidates(*(part[:, None] for part in self._follow(pictures, frames)))


class Follower:
    """Finds a single animal in a window that follows it, if that is smaller than the image.

    `side` of the windows, px of the network's input, a multiple of WINDOW_GRID; None: `look` sees the whole of every
    image. It also sees the whole in the first image of each `group` of frames; None: only where the animal is lost.
    """

    def __init__(self, look: Look, *, side: int | None, group: int | None = GROUP_FRAMES):
        self._look, self._side, self._group = look, side, group
        self._animals: dict[int, Animal] = {}  # that of the group whose frames came last

    def __call__(self, pictures: Sequence[Picture], frames: Sequence[int]) -> tuple[np.ndarray, ...]:
        """Return what `look` gives for n >= 1 images of one size, which show the `frames` of a video.

        Positions are px of the network. Frames come in order, from call to call, too. Groups are followed side by side,
        so that `look` gets one window of each at once; the result is that of every group alone.
        """
        size = pictures[0].size
        if self._side is None or self._side >= min(size):
            return self._look([picture.whole() for picture in pictures])
        groups: dict[int, list[int]] = {}
        for position, frame in enumerate(frames):
            groups.setdefault(frame // self._group if self._group else 0, []).append(position)
        animals = {group: self._animals.get(group) or Animal(self._side, size) for group in groups}
        found: list[tuple] = [()] * len(pictures)
        for step in range(max(map(len, groups.values()))):
            due = {positions[step]: animals[group] for group, positions in groups.items() if step < len(positions)}
            seen = find_followed(self._look, [(animal, pictures[position]) for position, animal in due.items()])
            for position, each in zip(due, seen, strict=True):
                found[position] = each
        last = max(groups)
        self._animals = {last: animals[last]}
        return tuple(np.stack(part) for part in zip(*found, strict=True))


def find_followed(look: Look, due: Sequence[tuple[Animal, Picture]]) -> list[tuple[np.ndarray, ...]]:
    """Return what `look` gives for the next image of each animal: in its window, or in the whole where it is lost.

    Of what both show of a lost one, the surer counts.
    """
    found: list[tuple] = [()] * len(due)
    doubtful: dict[int, tuple] = {}  # what windows show where the animal seems to be lost
    near = [index for index, (animal, _) in enumerate(due) if animal.corner is not None]
    for index, (points, *more) in zip(near, _each(look, [due[i][0].window(due[i][1]) for i in near]), strict=True):
        animal = due[index][0]
        points = points + animal.corner.astype(np.float32)
        if animal.is_lost(points, more[0]):
            doubtful[index] = points, *more
        else:
            found[index] = points, *more
            animal.see(points, more[0], whole=False)
    far = [index for index, seen in enumerate(found) if not seen]
    for index, seen in zip(far, _each(look, [due[i][1].whole() for i in far]), strict=True):
        animal = due[index][0]
        if index in doubtful and animal.stays(doubtful[index][1], *seen[:2]):
            seen = doubtful[index]
        found[index] = seen
        animal.see(*seen[:2], whole=True)
    return found


def _each(look: Look, pictures: list[np.ndarray]) -> list[tuple[np.ndarray, ...]]:
    """Return what `look` gives, image by image."""
    return list(zip(*look(pictures), strict=True)) if pictures else []


def _sure(confidence: np.ndarray) -> np.ndarray:
    """Return the keypoints that show where the animal is, bool[keypoint]."""
    return confidence >= confidence.max() / 2

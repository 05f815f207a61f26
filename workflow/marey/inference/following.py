"""Following: a window around the animal is analysed instead of the whole image.

The whole image is looked at in the first frame of every GROUP_FRAMES frames of the video, and wherever the animal is
lost; in the other frames the network sees a window that the frame before places. What is found therefore does not
depend on where a shard begins, as long as that is the beginning of a group. (DeepLabCut's dynamic cropping follows
without end, one frame at a time.)
"""

import math
from collections.abc import Sequence
from functools import partial

import numpy as np

from marey.inference import ensemble
from marey.inference.candidates import Finder, Found, one_each
from marey.inference.detector import Detector
from marey.networks.outputs import SINGLE
from marey.pictures.views import Look, Picture
from marey.tables.plan import GROUP_FRAMES

GRID = 32  # px: windows begin at multiples of it, so that the network's cells lie as they do in the whole image
EDGE = 8  # px: what is found this close to a side of the window may belong outside
LOSS = 0.5  # a keypoint is lost when its confidence falls below this part of the highest since the last whole image
SEEN = 0.1  # raw confidence of a keypoint that is somewhere
SEARCH = 4  # frames between two whole images while a keypoint is nowhere: it may show up outside the window

AROUND = 1.5  # side of a window: this many times the animal's extent, and at least SMALLEST px
SMALLEST = 64


class Animal:
    """What is known of the animal of one group, and the window in which it is to be looked for.

    `side` px of the windows; `size` (width, height) px of the images as the network sees them. `corner` i[2], (x, y)
    px of the window, None where the whole image is to be looked at.
    """

    def __init__(self, side: int, size: tuple[int, int]):
        self._side, self._size = side, np.array(size)
        self.corner: np.ndarray | None = None
        self._places: np.ndarray | None = None  # f32[keypoint, 2]: where each was last surely seen; NaN = nowhere yet
        self._level: np.ndarray | None = None  # f32[keypoint]: highest confidence since the whole image was looked at
        self._age = 0  # frames since then

    def window(self, picture: Picture) -> np.ndarray:
        """The part of `picture` to look at."""
        return picture.window(self.corner, self._side)

    def is_lost(self, points: np.ndarray, confidence: np.ndarray) -> bool:
        """Whether, in the window, a keypoint is gone, long missing, or so near to a side that it may belong outside."""
        present = self._level >= SEEN
        if (confidence < LOSS * self._level)[present].any() or (self._age >= SEARCH and not present.all()):
            return True
        end = self.corner + self._side
        low = np.where(self.corner > 0, self.corner + EDGE, -np.inf)
        high = np.where(end < self._size, end - EDGE, np.inf)
        sure = points[_sure(confidence)]
        return bool((sure < low).any() or (sure > high).any())

    def see(self, points: np.ndarray, confidence: np.ndarray, *, whole: bool) -> None:
        """Take in what was found, f32[keypoint, 2] px and f32[keypoint], in the `whole` image or in the window."""
        self._level = confidence if whole else np.maximum(self._level, confidence)
        self._age = 0 if whole else self._age + 1
        if not confidence.max() >= SEEN:
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
        if (high - low > self._side - 2 * EDGE).any():
            low, high = points[sure[:, 0]].min(axis=0), points[sure[:, 0]].max(axis=0)
        corner = np.round(((low + high) / 2 - self._side / 2) / GRID) * GRID
        self.corner = np.clip(corner, 0, self._size - self._side).astype(int)
        self._places = places


def window_side(extent: float) -> int:
    """Side of the windows for animals of `extent` px at the network's scale, px: a multiple of GRID."""
    return max(SMALLEST, math.ceil(AROUND * extent / GRID) * GRID)


class Followed(Finder):
    """Finds a single animal by an ensemble, whose likeliest places are pooled, in a window that follows it."""

    def __init__(self, members: Sequence[Detector], *, side: int | None, group: int | None = GROUP_FRAMES):
        """`side` and `group` as of `Follower`."""
        super().__init__(SINGLE, members[0].batch_size)
        look = partial(ensemble.look, members, sigma=members[0].sigma)
        self._follow = Follower(look, side=side, group=group)

    def __call__(self, pictures: Sequence[Picture], frames: Sequence[int] = ()) -> Found:
        return one_each(*(part[:, None] for part in self._follow(pictures, frames)))


class Follower:
    """Looks for a single animal in a window that follows it, if that is smaller than the image.

    `side` of the windows, px of the network's input, a multiple of GRID; None: the whole of every image is looked at.
    The whole is also looked at in the first image of each `group` of frames; None: only where the animal is lost.
    """

    def __init__(self, look: Look, *, side: int | None, group: int | None = GROUP_FRAMES):
        self._look, self._side, self._group = look, side, group
        self._animals: dict[int, Animal] = {}  # that of the group whose frames came last

    def __call__(self, pictures: Sequence[Picture], frames: Sequence[int]) -> tuple[np.ndarray, ...]:
        """What `look` gives for n >= 1 images of one size, which show the `frames` of a video; px of the network.

        Frames come in order, from call to call, too. Groups are followed side by side, so that `look` gets one window
        of each at once; the result is that of every group alone.
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
            seen = find(self._look, [(animal, pictures[position]) for position, animal in due.items()])
            for position, each in zip(due, seen, strict=True):
                found[position] = each
        last = max(groups)
        self._animals = {last: animals[last]}
        return tuple(np.stack(part) for part in zip(*found, strict=True))


def find(look: Look, due: Sequence[tuple[Animal, Picture]]) -> list[tuple[np.ndarray, ...]]:
    """What `look` gives for the next image of each animal: in its window, or in the whole where it is lost."""
    found: list[tuple] = [()] * len(due)
    near = [index for index, (animal, _) in enumerate(due) if animal.corner is not None]
    for index, (points, *more) in zip(near, _each(look, [due[i][0].window(due[i][1]) for i in near]), strict=True):
        animal = due[index][0]
        points = points + animal.corner.astype(np.float32)
        if not animal.is_lost(points, more[0]):
            found[index] = points, *more
            animal.see(points, more[0], whole=False)
    far = [index for index, seen in enumerate(found) if not seen]
    for index, seen in zip(far, _each(look, [due[i][1].whole() for i in far]), strict=True):
        found[index] = seen
        due[index][0].see(*seen[:2], whole=True)
    return found


def _each(look: Look, pictures: list[np.ndarray]) -> list[tuple[np.ndarray, ...]]:
    """What `look` gives, image by image."""
    return list(zip(*look(pictures), strict=True)) if pictures else []


def _sure(confidence: np.ndarray) -> np.ndarray:
    """Which keypoints the place of the animal is read off."""
    return confidence >= confidence.max() / 2

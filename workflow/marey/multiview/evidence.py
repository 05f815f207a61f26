"""The evidence of a whole session that tracks of different cameras are one animal, gathered part by part."""

from typing import NamedTuple

import numpy as np

from marey.multiview.agreement import Glimpse, Scale, agree, look
from marey.multiview.cameras import Camera
from marey.multiview.clock import Clock
from marey.multiview.views import Layout, Views

EVERY = 0.1  # s between times that are compared: what is nearer says the same
SECOND = 1.0  # s whose times say as much as one independent time
TOGETHER = 150  # ticks whose tracks are compared: of pieces of tracks, few are there at one time
MOST_BLOCKS = 1_000  # of a session, which evidence is kept apart for


class Evidence(NamedTuple):
    """What is known of all tracks of all cameras. A pair of tracks has a row for each block of time."""

    camera: np.ndarray  # i64[track]
    name: np.ndarray  # i64[track], of the layout
    frames: np.ndarray  # i64[track], in which it is seen
    apart: np.ndarray  # bool[track, track]: of one camera, and both seen at a time
    pair: np.ndarray  # i64[row, 2], tracks
    block: np.ndarray  # i64[row]
    score: np.ndarray  # f64[row], log odds that both are one animal
    away: np.ndarray  # f64[row], sum over times of how far they are apart, deviations
    times: np.ndarray  # i64[row], times at which both are seen

    def total(self) -> np.ndarray:
        """Sum the scores over time, f64[track, track], symmetric."""
        total = np.zeros((len(self.camera),) * 2)
        np.add.at(total, tuple(self.pair.T), self.score)
        return total + total.T


class Gatherer:
    """Gathers the evidence of a session, whose parts are given in order."""

    def __init__(self, cameras: list[Camera], clock: Clock, layout: Layout, scale: Scale, step: float):
        """Begin with nothing; `step`: s of a frame."""
        self.cameras, self.layout, self.scale = cameras, layout, scale
        self.every = max(1, round(EVERY / step))
        self.weight = min(1.0, self.every * step / SECOND)
        seconds = max(self.every, round(SECOND / step))
        self.ticks = max(seconds, -(-len(clock.time) // MOST_BLOCKS))  # of a block
        shape = len(cameras), len(layout.individuals)
        self.frames = np.zeros(shape, int)
        self.apart = np.zeros((*shape, shape[1]), bool)
        self.rows: list[np.ndarray] = []

    def add(self, views: Views, start: int) -> None:
        """Add what is seen at the ticks from `start` on."""
        for first in range(0, len(views.seen), TOGETHER):
            self._add(Views(*(part[first : first + TOGETHER] for part in views)), start + first)

    def _add(self, views: Views, start: int) -> None:
        size = len(self.layout.individuals)
        seen = np.isfinite(views.seen[..., 0]).reshape(len(views.seen), size, -1, len(self.cameras)).any(axis=2)
        self.frames += seen.sum(axis=0).T
        alive = [np.flatnonzero(seen[..., at].any(axis=0)) for at in range(len(self.cameras))]
        for at, names in enumerate(alive):
            there = seen[:, names, at].astype(np.float32)
            self.apart[at][np.ix_(names, names)] |= there.T @ there > 0
        ticks = np.arange(-start % self.every, len(views.seen), self.every)
        found = agree(look(self.cameras, glimpses(views, self.layout, ticks, alive)), self.scale)
        if not len(found.time):
            return
        track = np.stack([self._track(found, alive, side) for side in (0, 1)], axis=1)
        block = (start + ticks[found.time]) // self.ticks
        self.rows.append(_sum(track, block, found.score * self.weight, found.apart))

    def _track(self, found, alive, side: int) -> np.ndarray:
        """The number of each track, over all cameras and names."""
        track = np.zeros(len(found.time), int)
        for at, names in enumerate(alive):
            own = found.camera[:, side] == at
            track[own] = at * len(self.layout.individuals) + names[found.track[own, side]]
        return track

    def evidence(self) -> Evidence:
        """Return the evidence of all parts."""
        rows = np.concatenate([np.zeros((0, 6)), *self.rows])
        rows = _sum(rows[:, :2].astype(int), rows[:, 2].astype(int), *rows[:, 3:].T)
        size = len(self.layout.individuals)
        tracks = np.flatnonzero(self.frames.ravel())
        number = np.zeros(self.frames.size, int)
        number[tracks] = np.arange(len(tracks))
        camera, name = np.divmod(tracks, size)
        apart = (camera[:, None] == camera) & self.apart[camera[:, None], name[:, None], name]
        np.fill_diagonal(apart, False)
        pair, block, times = number[rows[:, :2].astype(int)], rows[:, 2].astype(int), rows[:, 5].astype(int)
        return Evidence(camera, name, self.frames.ravel()[tracks], apart, pair, block, rows[:, 3], rows[:, 4], times)


def glimpses(views: Views, layout: Layout, ticks: np.ndarray, names: list[np.ndarray]) -> list[Glimpse]:
    """Take what each camera sees of tracks, by their numbers in the layout, at some ticks of `views`."""
    shape = len(ticks), len(layout.individuals), len(layout.keypoints)
    seen, sigma = (part[ticks].reshape(*shape, *part.shape[2:]) for part in views[:2])
    return [Glimpse(seen[:, own][:, :, :, at], sigma[:, own][..., at]) for at, own in enumerate(names)]


def _sum(track, block, score, away, times=None) -> np.ndarray:
    """Sum what is of one pair and block: rows of both tracks, block, score, away and times."""
    times = np.ones(len(block)) if times is None else times
    if not len(block):
        return np.zeros((0, 6))
    parts = (*track.T, block)
    shape = [int(part.max()) + 1 for part in parts]
    keys, at = np.unique(np.ravel_multi_index(parts, shape), return_inverse=True)
    sums = [np.bincount(at, each, len(keys)) for each in (score, away, times)]
    return np.column_stack([*np.unravel_index(keys, shape), *sums])

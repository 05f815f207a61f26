"""How animals move, learnt from the tracklets of the very video: where one is likely to be some frames later.

The prediction is that a pose moves on by a part of its velocity, with an error of about `spread` px. Both depend on how
many frames later that is, and are measured on stretches within sure tracklets; so no parameter has to be set for the
size of an animal, its speed or the frame rate.
"""

from dataclasses import dataclass

import numpy as np

from marey.tracking.instances import displacement, distance
from marey.tracking.outlines import Outline
from marey.tracking.tracklets import Tracklets

VELOCITY_FRAMES = 4  # frames that a velocity is taken over, or fewer where a tracklet is shorter
MAX_STRETCHES = 5000  # that are drawn for each gap
MIN_STRETCHES = 30  # of a gap; fewer teach nothing
DEGREES_OF_FREEDOM = 4.0  # of Student's t of the distances: few, since surprises happen
RAYLEIGH_QUANTILE_90 = 2.146  # 90 % of distances in the plane lie within this many standard deviations
MIN_SPREAD = 0.5  # px, of predictions


@dataclass(frozen=True)
class Motion:
    """What was learnt for each of `gaps` i64[g] frames.

    `drift` f64[g]: the part of the velocity that is kept. `spread` f64[2, g], px: of predictions without and with
    velocity.
    """

    gaps: np.ndarray
    drift: np.ndarray
    spread: np.ndarray

    def cost(self, distance: np.ndarray, gap: np.ndarray, *, moving: np.ndarray) -> np.ndarray:
        """Compute the negative log density, nats per px^2, of a pose `distance` px from where it was predicted.

        `gap` i64[n]: for how many frames later it was predicted; `moving` bool[n]: whether the prediction knew a
        velocity. The density is Student's t in the plane, whose heavy tails forgive a leap.
        """
        spread = np.where(moving, self._at(self.spread[1], gap), self._at(self.spread[0], gap))
        return (
            2 * np.log(spread)
            + np.log(2 * np.pi)
            + (DEGREES_OF_FREEDOM / 2 + 1) * np.log1p((distance / spread) ** 2 / DEGREES_OF_FREEDOM)
        )

    def predicted(self, points: np.ndarray, velocity: np.ndarray, gap: np.ndarray) -> np.ndarray:
        """Predict poses, f32[n, keypoint, 2] px, `gap` i64[n] frames after `points`.

        `points` f32[n, keypoint, 2] px; `velocity` f32[n, 2] px per frame.
        """
        drift = np.interp(np.log(np.abs(gap)), np.log(self.gaps), self.drift)
        return points + (drift * gap)[:, None, None].astype(np.float32) * velocity[:, None]

    def _at(self, spread: np.ndarray, gap: np.ndarray) -> np.ndarray:
        known = np.exp(np.interp(np.log(gap), np.log(self.gaps), np.log(spread)))
        return known * np.sqrt(np.maximum(1, gap / self.gaps[-1]))  # further on like a random walk


def velocity_ends(tracklets: Tracklets) -> tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]:
    """Return the instances, i64[tracklet], between which the velocity at either end of each tracklet is taken.

    A pair of them at the first frame, and a pair at the last.
    """
    steps = np.minimum(tracklets.lengths - 1, VELOCITY_FRAMES)
    begin, end = tracklets.starts[:-1], tracklets.starts[1:] - 1
    at = tracklets.members
    return (at[begin], at[begin + steps]), (at[end - steps], at[end])


def needed_instances(pieces: Tracklets, *others: np.ndarray) -> np.ndarray:
    """List the instances whose points are needed: those between which velocities are taken, and `others`."""
    return np.concatenate([each.ravel() for each in (*sum(velocity_ends(pieces), ()), *others)])


def velocities(poses: Outline, tracklets: Tracklets) -> tuple[np.ndarray, np.ndarray]:
    """Compute the velocity at the first and at the last frame of each tracklet, f32[tracklet, 2] px per frame each.

    It is 0 of a single pose.
    """
    return tuple(_velocity(poses, first, last) for first, last in velocity_ends(tracklets))


def _velocity(poses: Outline, first: np.ndarray, last: np.ndarray) -> np.ndarray:
    over = np.maximum(poses.frame[last] - poses.frame[first], 1).astype(np.float32)
    return displacement(poses.points[first], poses.points[last]) / over[:, None]


def draw_stretches(tracklets: Tracklets, *, furthest: int, seed: int) -> dict[int, np.ndarray]:
    """Draw stretches of sure tracklets at random, for gaps of 1, 2, 4 ... up to `furthest` frames.

    Returns instances i64[3, n] for each gap: VELOCITY_FRAMES frames before, at, and `gap` frames after the frame drawn.
    Gaps of which there are too few stretches are left out.
    """
    generator = np.random.default_rng(seed)
    result = {}
    for gap in (2 ** np.arange(int(np.log2(furthest)) + 1)).tolist():
        room = np.maximum(tracklets.lengths - VELOCITY_FRAMES - gap, 0)
        until = np.cumsum(room)
        if until[-1] < MIN_STRETCHES:
            break
        chosen = np.sort(generator.choice(until[-1], min(MAX_STRETCHES, until[-1]), replace=False))
        owner = np.searchsorted(until, chosen, side="right")
        now = tracklets.starts[owner] + VELOCITY_FRAMES + chosen - (until - room)[owner]
        result[gap] = tracklets.members[np.stack([now - VELOCITY_FRAMES, now, now + gap])]
    return result


def learn_motion(poses: Outline, drawn: dict[int, np.ndarray]) -> Motion:
    """Learn motion from stretches, `drawn` as by `draw_stretches`.

    Where no tracklet is long enough to learn a gap from, predictions spread as those of the longest known gap do, times
    the square root of how much longer it is.
    """
    rows = []
    for gap, instances in drawn.items():
        before, here, later = (poses.points[each] for each in instances)
        velocity, moved = displacement(before, here) / VELOCITY_FRAMES, displacement(here, later)
        drift = float(np.clip((velocity * moved).sum() / max(gap * (velocity**2).sum(), 1e-9), 0, 1))
        ahead = here + np.float32(drift * gap) * velocity[:, None]
        spread = [np.quantile(distance(pose, later), 0.9) / RAYLEIGH_QUANTILE_90 for pose in (here, ahead)]
        rows.append((gap, drift, *np.maximum(spread, MIN_SPREAD)))
    if not rows:
        rows = [(1, 0.0, *_unlearnt(poses))]
    gaps, drift, *spread = np.array(rows).T
    return Motion(gaps, drift, np.maximum.accumulate(np.array(spread), axis=1))


def _unlearnt(poses: Outline) -> tuple[float, float]:
    """Guess the spread where no tracklet is long enough: a tenth of an animal, or, of single points, of the arena."""
    size = np.median(poses.size) or poses.high.max() - poses.low.min()
    return (max(MIN_SPREAD, float(size) / 10),) * 2

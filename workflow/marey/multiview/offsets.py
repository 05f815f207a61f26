"""By how much cameras are out of step, over all of a session and in its parts: coarse search, then refinement."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from marey.multiview.cameras import Camera
from marey.multiview.coarse_offsets import Settled, join, pair_costs, settle
from marey.multiview.fine_offsets import FARTHEST, Estimate, Piece, pool, refine, spread

MOST_COARSE = 2_000  # points at some times, of a window, that are compared at all lags


class Found(NamedTuple):
    """The offsets of some time, by the motion of what cameras see."""

    estimate: Estimate
    settled: Settled
    step: float  # s of a frame


class Measured(NamedTuple):
    """The offsets of a session."""

    whole: Found
    windows: list[Found]
    drift: Estimate | None  # s a s; there is none of a single window


class Span(NamedTuple):
    """A number, and what it lies between in 95 % of the cases."""

    value: float
    low: float
    high: float


def measure(
    cameras: Sequence[Camera], windows: Sequence[Sequence[Piece]], *, step: float, most: float, tolerance: float
) -> Measured:
    """Measure the offsets of cameras.

    Args:
        cameras: the cameras.
        windows: of each part of a session the pieces that are looked at; strands begin `most` s before them and end as
            much after them.
        step: s of a frame.
        most: s, that offsets are, at most.
        tolerance: deviations that a view of a point may be away.

    Returns:
        The offsets.
    """
    lags = int(np.ceil(most / step))
    costs = []
    for pieces in windows:
        samples = sum(len(piece.grid) for piece in pieces) * pieces[0].strands[0].seen.shape[1]
        every = max(1, samples // MOST_COARSE)
        costs.append(
            join([pair_costs(cameras, each.strands, each.grid, step=step, most=lags, every=every) for each in pieces])
        )
    whole = settle(join(costs), len(cameras))
    found, scores = [], []
    for pieces, cost in zip(windows, costs, strict=True):
        own = settle(cost, len(cameras))
        start = np.where(own.sure, own.offset, whole.offset)
        scores.append(refine(cameras, pieces, step * start, step=step, most=most, tolerance=tolerance))
        found.append(Found(pool(scores[-1:], most), own._replace(offset=start), step))
    drift = pool(scores, most, drift=True) if len(windows) > 1 else None
    return Measured(Found(pool(scores, most), whole, step), found, drift)


def offset_span(found: Found, camera: int, reference: int, most: float) -> Span:
    """Say by how much a camera is out of step with another, s, and what that lies between.

    Offsets that fit about as well, if they are farther than a frame from the best, belong to the interval.
    """
    value, low, high = spread(found.estimate, camera, reference)
    if camera == reference:
        return Span(value, low, high)
    settled, step = found.settled, found.step
    for one, sign in ((camera, 1), (reference, -1)):
        for bound in (settled.low[one], settled.high[one]):
            away = sign * (bound - settled.offset[one])
            if abs(away) > 1:
                low, high = min(low, value + away * step), max(high, value + away * step)
    moved = value - step * (settled.offset[camera] - settled.offset[reference])
    if abs(moved) > 0.99 * FARTHEST * step:  # it is not where the search said
        low, high = -most, most
    return Span(*(float(np.clip(each, -most, most)) for each in (value, low, high)))

"""The rows of table `matches`: names of individuals, and how sure it is that a track is of one."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.optimize import linear_sum_assignment

from marey.multiview.assignment import NOBODY
from marey.multiview.clock import NO_FRAME, Clock
from marey.multiview.evidence import Evidence
from marey.tables.matches import MATCHES

PRIOR = 3.0  # log odds: a margin of evidence that is as much is one half
DOUBTED = 3.0  # log odds for another individual from which a part of a track is listed


class Blocks(NamedTuple):
    """The blocks of time of evidence."""

    clock: Clock
    ticks: int  # of a block
    step: float  # s of a tick


def name_individuals(label: np.ndarray, track: Sequence[str], frames: np.ndarray) -> list[str]:
    """Name individuals as most of their tracks are called; those that have no name left are animal1, animal2, ...

    Args:
        label: i64[track], the individual of each track.
        track: the names of the tracks.
        frames: i64[track], what a track's name counts.

    Returns:
        The names.
    """
    names = sorted(set(track))
    votes = np.zeros((label.max(initial=NOBODY) + 1, len(names)))
    for one, name, count in zip(label, track, frames, strict=True):
        if one != NOBODY:
            votes[one, names.index(name)] += count
    row, column = linear_sum_assignment(votes, maximize=True)
    chosen = {one: names[at] for one, at in zip(row, column, strict=True) if votes[one, at]}
    fresh = (name for number in range(1, 2 * len(votes) + len(names) + 1) if (name := f"animal{number}") not in names)
    return [chosen[one] if one in chosen else next(fresh) for one in range(len(votes))]


def match_rows(
    evidence: Evidence, label: np.ndarray, camera: Sequence[str], track: Sequence[str], blocks: Blocks
) -> pd.DataFrame:
    """Make the rows of the table.

    Args:
        evidence: of the session.
        label: i64[track], the individual of each track; NOBODY = none.
        camera: the names of the cameras.
        track: those of the tracks.
        blocks: the blocks of time.

    Returns:
        A row for each track.
    """
    names = [*name_individuals(label, track, evidence.frames), None]
    rows = []
    for at, own in enumerate(label):
        first = evidence.pair[:, 0] == at
        mine = np.flatnonzero(first | (evidence.pair[:, 1] == at))
        partner = np.where(first[mine], evidence.pair[mine, 1], evidence.pair[mine, 0])
        theirs, block = label[partner], evidence.block[mine]
        row = {"camera": camera[evidence.camera[at]], "track": track[at], "individual": names[own]}
        row |= {"frames": int(evidence.frames[at])}
        row |= _agreement(evidence, mine[theirs == own] if own != NOBODY else mine[:0], blocks)
        other, against = _against(theirs, block, evidence.score[mine], own)
        row |= {"margin": _margin(against) if own != NOBODY else 0.0, "other": names[other]}
        rows.append(row | _doubt(against if other != NOBODY else {}, evidence.camera[at], blocks))
    return pd.DataFrame(rows, columns=MATCHES.names)


def _agreement(evidence: Evidence, rows: np.ndarray, blocks: Blocks) -> dict:
    times = evidence.times[rows].sum()
    shared = len(np.unique(evidence.block[rows])) * blocks.ticks * blocks.step
    shared = min(shared, len(blocks.clock.time) * blocks.step)
    return {"shared": shared, "cost": float(evidence.away[rows].sum() / times) if times else None}


def _against(theirs: np.ndarray, block: np.ndarray, score: np.ndarray, own: int) -> tuple[int, dict[int, float]]:
    """The individual that a track fits next, and by how much worse than its own, by block of time.

    Where there is none, how much better its own fits than nobody.
    """
    total = {label: score[theirs == label].sum() for label in np.unique(theirs) if label not in (own, NOBODY)}
    other = max(total, key=lambda label: total[label]) if total else NOBODY
    sign = np.where(theirs == own, 1.0, np.where(theirs == other, -1.0, 0.0)) * (theirs != NOBODY)
    found, at = np.unique(block, return_inverse=True)
    return other, dict(zip(found.tolist(), np.bincount(at, sign * score, len(found)).tolist(), strict=True))


def _margin(against: dict[int, float]) -> float:
    values = np.array(list(against.values()))
    return float(values.sum() / (np.abs(values).sum() + PRIOR))


def _doubt(against: dict[int, float], camera: int, blocks: Blocks) -> dict:
    """The frames of the camera, in a row, in which the other individual fits better by most."""
    best, span, sum_now, start = 0.0, None, 0.0, None
    for block, value in sorted(against.items()):
        if sum_now <= 0:
            sum_now, start = 0.0, block
        sum_now -= value
        if sum_now > best:
            best, span = sum_now, (start, block + 1)
    frame = np.zeros(0, int)
    if best > DOUBTED:
        frame = blocks.clock.frame[span[0] * blocks.ticks : span[1] * blocks.ticks, camera]
        frame = frame[frame != NO_FRAME]
    bounds = (int(frame.min()), int(frame.max()) + 1) if len(frame) else (None, None)
    return dict(zip(("doubt_start", "doubt_stop"), bounds, strict=True))

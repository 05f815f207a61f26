"""Which tracks of several cameras are one individual, such that all pairs of them together agree best.

This is correlation clustering (Bansal, Blum & Chawla 2004) under exclusions: tracks that a camera shows at one time are
different animals. Pairs that agree are joined first, the surest before the others (greedy additive edge contraction;
Keuper et al., ICCV 2015); then the tracks of one camera after the other are assigned anew, exactly, with the others as
they are, and individuals are joined, as long as that helps. It is begun from each camera's tracks too, and the best
taken. Nothing is required of a track: one that agrees with nobody, or is alone, is an individual that one camera sees.
"""

from collections.abc import Iterator

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, linear_sum_assignment, milp
from scipy.sparse import csr_array

NOBODY = -1
PRESENT = 1e-6  # that a track is somebody is worth, where nothing is known


def assign(score: np.ndarray, apart: np.ndarray, camera: np.ndarray, most: int | None) -> np.ndarray:
    """Assign tracks to individuals.

    Args:
        score: f64[track, track], symmetric: log odds that two tracks are one individual; 0 within a camera.
        apart: bool[track, track], symmetric: tracks that cannot be one.
        camera: i64[track].
        most: how many individuals there are; None = not known.

    Returns:
        The individual of each track, i64[track], numbered from 0; NOBODY: it agrees with none, and there are no more.
    """
    if not len(score):
        return np.zeros(0, int)
    orders = np.unique(camera), np.unique(camera)[::-1]
    starts = list(_starts(score, apart, camera, most))
    tried = [_improve(start, score, apart, camera, most, order) for start in starts for order in orders]
    best = max(tried, key=lambda label: value(label, score))
    _, numbered = np.unique(best, return_inverse=True)
    return numbered - 1 if (best == NOBODY).any() else numbered


def value(label: np.ndarray, score: np.ndarray) -> float:
    """Sum the scores of all pairs of tracks that are one individual."""
    same = (label[:, None] == label) & (label >= 0)
    return float(np.where(same, score, 0.0).sum() / 2 + PRESENT * (label >= 0).sum())


def _starts(score, apart, camera, most) -> Iterator[np.ndarray]:
    yield _limit(_join(np.arange(len(score)), score, apart), score, apart, most)
    for one in np.unique(camera):
        label = np.where(camera == one, np.cumsum(camera == one) - 1, NOBODY)
        yield _limit(label, score, apart, most)


def _join(label: np.ndarray, score: np.ndarray, apart: np.ndarray) -> np.ndarray:
    """Join the two individuals that agree best, as long as there are any."""
    names, label = np.unique(label, return_inverse=True)
    member = np.eye(len(names))[label]
    total, never = member.T @ score @ member, member.T @ apart @ member > 0
    np.fill_diagonal(never, True)
    while True:
        open_pairs = np.where(never, -np.inf, total)
        one, two = np.unravel_index(open_pairs.argmax(), total.shape)
        if open_pairs[one, two] <= 0:
            return label
        label[label == two] = one
        for matrix, add in ((total, np.add), (never, np.logical_or)):
            matrix[one] = add(matrix[one], matrix[two])
            matrix[:, one] = add(matrix[:, one], matrix[:, two])
        never[one, one] = True
        never[two], never[:, two] = True, True


def _limit(label: np.ndarray, score: np.ndarray, apart: np.ndarray, most: int | None) -> np.ndarray:
    """Make at most `most` individuals of those that there are, the ones with most agreement first."""
    names = [name for name in np.unique(label) if name != NOBODY]
    if most is None or len(names) <= most:
        return label
    inner = {name: score[np.ix_(label == name, label == name)].sum() for name in names}
    limited = np.full_like(label, NOBODY)
    for name in sorted(names, key=lambda each: (-inner[each], each)):
        own = label == name
        gain = [_gain(own, limited == other, score, apart) for other in range(most)]
        if max(gain) > -np.inf:
            limited[own] = int(np.argmax(gain))
    return limited


def _gain(own: np.ndarray, others: np.ndarray, score: np.ndarray, apart: np.ndarray) -> float:
    pairs = np.ix_(own, others)
    return -np.inf if apart[pairs].any() else float(score[pairs].sum())


def _improve(label, score, apart, camera, most, order) -> np.ndarray:
    best = value(label, score)
    while True:
        for one in order:
            label = _assign_camera(label, camera == one, score, apart, most)
        if most is None:
            label = _join(_singles(label), score, apart)
        if value(label, score) <= best + 1e-9:
            return label
        best = value(label, score)


def _singles(label: np.ndarray) -> np.ndarray:
    """Make an individual of its own of each track that is nobody."""
    fresh = label.max() + np.cumsum(label == NOBODY)
    return np.where(label == NOBODY, fresh, label)


def _assign_camera(label, own, score, apart, most) -> np.ndarray:
    """Assign the tracks of a camera anew, the others as they are."""
    kept = np.where(own, NOBODY, label)
    names = np.arange(most) if most is not None else np.array([name for name in np.unique(kept) if name != NOBODY])
    tracks = np.flatnonzero(own)
    gain = score[tracks] @ (kept[:, None] == names) + PRESENT
    chosen = choose(gain, apart[np.ix_(tracks, tracks)])
    found = kept.copy()
    found[tracks] = np.where(chosen >= 0, np.append(names, NOBODY)[chosen], NOBODY)
    return _singles(found) if most is None else found


def choose(gain: np.ndarray, apart: np.ndarray) -> np.ndarray:
    """Choose for each track one of several individuals, or none, so that the sum of gains is greatest.

    `gain` f64[track, individual]; tracks that are `apart`, bool[track, track], have different ones. Returns
    i64[track], NOBODY = none.
    """
    if not gain.size:
        return np.full(len(gain), NOBODY)
    chosen = np.where(gain.max(axis=1) > 0, gain.argmax(axis=1), NOBODY)
    if not (apart & (chosen[:, None] == chosen) & (chosen >= 0)).any():
        return chosen
    if (apart | np.eye(len(gain), dtype=bool)).all():
        row, column = linear_sum_assignment(np.maximum(gain, 0.0), maximize=True)
        chosen = np.full(len(gain), NOBODY)
        chosen[row] = np.where(gain[row, column] > 0, column, NOBODY)
        return chosen
    return _solve(gain, apart)


def _solve(gain: np.ndarray, apart: np.ndarray) -> np.ndarray:
    """Choose by integer programming: 0 or 1 of each pair of track and individual that gains."""
    track, individual = np.nonzero(gain > 0)
    number = np.full(gain.shape, -1)
    number[track, individual] = np.arange(len(track))
    one, two = np.nonzero(np.triu(apart, 1))
    both = np.stack([number[one], number[two]], axis=-1).reshape(-1, 2)  # of one individual
    both = both[(both >= 0).all(axis=1)]
    rows = np.concatenate([track, np.repeat(len(gain) + np.arange(len(both)), 2)])
    columns = np.concatenate([np.arange(len(track)), both.ravel()])
    limits = csr_array((np.ones(len(rows)), (rows, columns)), shape=(len(gain) + len(both), len(track)))
    found = milp(
        -gain[track, individual], integrality=1, bounds=Bounds(0, 1), constraints=LinearConstraint(limits, ub=1)
    )
    taken = found.x > 0.5
    chosen = np.full(len(gain), NOBODY)
    chosen[track[taken]] = individual[taken]
    return chosen

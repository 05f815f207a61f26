"""Metrics of tracks: MOTA, IDF1, HOTA and switches, from how near the poses of a frame lie to the true ones.

Everything rests on pairs of a true and a found pose of one frame and their similarity (0..1; 0 is not listed).
"""

from typing import NamedTuple

import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.sparse import coo_array

HOTA_THRESHOLDS = np.arange(0.05, 0.99, 0.05)  # similarities that HOTA averages over
MIN_MATCH_SIMILARITY = 0.5  # similarity that makes a match for the other metrics


class TrackPoses(NamedTuple):
    """Poses of tracks: `frame` i64[n], in order, and `track` i64[n], from 0."""

    frame: np.ndarray
    track: np.ndarray


class PosePairs(NamedTuple):
    """A true pose `truth` i64[p] and a found pose `found` i64[p] of the same frame, and their `similarity` f64[p]."""

    truth: np.ndarray
    found: np.ndarray
    similarity: np.ndarray


def tracking_metrics(truth: TrackPoses, found: TrackPoses, pairs: PosePairs) -> dict[str, float]:
    """Compute mota, idf1, hota (with detection and association accuracy deta, assa), switches, missed and spurious.

    MOTA: Bernardin & Stiefelhagen 2008; IDF1: Ristani et al. 2016; HOTA: Luiten et al. 2021. `switches` counts the
    matches of a true animal by another track than at its last match.
    """
    return {**clear_mot(truth, found, pairs), "idf1": idf1(truth, found, pairs), **hota(truth, found, pairs)}


def clear_mot(truth: TrackPoses, found: TrackPoses, pairs: PosePairs) -> dict[str, float]:
    """Compute the metrics of CLEAR MOT: mota, switches, missed and spurious.

    An animal stays matched to its last track while that is near; the rest match best.
    """
    last = np.full(int(truth.track.max(initial=-1)) + 1, -1)  # the track that each true animal was matched by
    matched = switches = 0
    for chosen in _frames(truth.frame, pairs, MIN_MATCH_SIMILARITY):
        rows, columns, similarity = (part[chosen] for part in pairs)
        owners, names = truth.track[rows], found.track[columns]
        kept = last[owners] == names
        kept[kept] = np.isin(np.arange(kept.sum()), np.unique(names[kept], return_index=True)[1])
        free = ~np.isin(rows, rows[kept]) & ~np.isin(columns, columns[kept])
        best = np.flatnonzero(free)[_assign(rows[free], columns[free], similarity[free])]
        now = np.concatenate([np.flatnonzero(kept), best])
        for owner, name in zip(owners[now].tolist(), names[now].tolist(), strict=True):
            switches += last[owner] not in (-1, name)
            last[owner] = name
        matched += len(now)
    missed, spurious = len(truth.frame) - matched, len(found.frame) - matched
    mota = 1 - (missed + spurious + switches) / max(len(truth.frame), 1)
    return {"mota": mota, "switches": float(switches), "missed": float(missed), "spurious": float(spurious)}


def idf1(truth: TrackPoses, found: TrackPoses, pairs: PosePairs) -> float:
    """Compute IDF1: the part of poses, of both kinds, that agree under the best naming of the found tracks."""
    good = pairs.similarity >= MIN_MATCH_SIMILARITY
    shape = int(truth.track.max(initial=0)) + 1, int(found.track.max(initial=0)) + 1
    together = np.zeros(shape)
    np.add.at(together, (truth.track[pairs.truth[good]], found.track[pairs.found[good]]), 1)
    rows, columns = linear_sum_assignment(together, maximize=True)
    return float(2 * together[rows, columns].sum() / max(len(truth.frame) + len(found.frame), 1))


def hota(truth: TrackPoses, found: TrackPoses, pairs: PosePairs) -> dict[str, float]:
    """Compute HOTA, DetA and AssA, means over HOTA_THRESHOLDS."""
    owners, names = truth.track[pairs.truth], found.track[pairs.found]
    shape = int(truth.track.max(initial=0)) + 1, int(found.track.max(initial=0)) + 1
    counts = np.bincount(truth.track, minlength=shape[0]), np.bincount(found.track, minlength=shape[1])
    # How well two tracks go together over all frames decides between matches of a frame.
    sums = np.bincount(pairs.truth, pairs.similarity, len(truth.frame))[pairs.truth]
    sums = sums + np.bincount(pairs.found, pairs.similarity, len(found.frame))[pairs.found]
    potential = np.zeros(shape)
    np.add.at(potential, (owners, names), pairs.similarity / np.maximum(sums - pairs.similarity, 1e-12))
    aligned = potential / np.maximum(counts[0][:, None] + counts[1] - potential, 1e-12)
    score = aligned[owners, names] * pairs.similarity
    chosen = np.zeros(len(pairs.truth), bool)
    for part in _frames(truth.frame, pairs, 0):
        chosen[part[_assign(pairs.truth[part], pairs.found[part], score[part])]] = True
    detection, association = np.zeros(len(HOTA_THRESHOLDS)), np.zeros(len(HOTA_THRESHOLDS))
    for index, alpha in enumerate(HOTA_THRESHOLDS):
        hit = chosen & (pairs.similarity >= alpha - 1e-12)
        number = np.count_nonzero(hit)
        together = np.zeros(shape)
        np.add.at(together, (owners[hit], names[hit]), 1)
        either = counts[0][:, None] + counts[1] - together
        detection[index] = number / max(len(truth.frame) + len(found.frame) - number, 1)
        association[index] = (together**2 / np.maximum(either, 1)).sum() / max(number, 1)
    hota = np.sqrt(detection * association)
    return {"hota": float(hota.mean()), "deta": float(detection.mean()), "assa": float(association.mean())}


def _frames(frame: np.ndarray, pairs: PosePairs, least: float):
    """Group the indices of the pairs of at least this similarity by frame."""
    good = np.flatnonzero(pairs.similarity >= least)
    good = good[np.argsort(frame[pairs.truth[good]], kind="stable")]
    return np.split(good, np.flatnonzero(np.diff(frame[pairs.truth[good]])) + 1) if len(good) else []


def _assign(rows: np.ndarray, columns: np.ndarray, value: np.ndarray) -> np.ndarray:
    """Choose pairs that match each row and each column at most once, with the greatest sum of values >= 0."""
    if not len(rows):
        return np.empty(0, np.int64)
    _, row = np.unique(rows, return_inverse=True)
    _, column = np.unique(columns, return_inverse=True)
    table = coo_array((1e-9 + value, (row, column))).toarray()
    place = np.full(table.shape, -1)
    place[row, column] = np.arange(len(rows))
    found = place[linear_sum_assignment(table, maximize=True)]
    return found[found >= 0]

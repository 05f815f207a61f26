"""Names of tracks: who the network says that each is, where individuals can be told apart by their appearance."""

from collections.abc import Iterable, Sequence

import numpy as np

from marey.tracking.likeness import Appearance
from marey.tracking.tracker import Tracks


def animal_names(count: int) -> list[str]:
    """Return names of `count` tracks of animals that nobody knows: `animal1`, `animal2`, ..."""
    return [f"animal{number}" for number in range(1, count + 1)]


def name_tracks(
    tracks: Tracks, appearances: Iterable[Appearance], identities: Sequence[str]
) -> tuple[np.ndarray, list[str]]:
    """Name tracks by the identities that the network saw.

    `appearances`: logits for each instance, of `identities` and then of another animal; they are summed over a track.
    Tracks get the identities so that the sum of log probabilities is greatest; an individual may have several tracks
    that do not overlap in time. A track that is likelier another animal, or whose identity others have, is `animal1`,
    `animal2`, ... in the order of their first frames. Returns the individual of each instance, i64[instance], -1 =
    none, as an index into the list of names that is returned with it.
    """
    count, kept = int(tracks.track.max(initial=-1)) + 1, tracks.track >= 0
    score, offset = np.zeros((count, len(identities))), 0
    for frame, logits, *_ in appearances:
        track = tracks.track[offset : offset + len(frame)]
        offset += len(frame)
        there = track >= 0
        np.add.at(score, track[there], (logits[:, :-1] - logits[:, -1:])[there])
    begin, end = np.zeros((2, count), np.int64)
    end[tracks.track[kept]] = tracks.frame[kept]  # instances are in order of frames, and of several the last stays
    begin[tracks.track[kept][::-1]] = tracks.frame[kept][::-1]
    identity = assign_identities(score, begin, end)
    strangers = (name for name in animal_names(count + len(identities)) if name not in identities)
    listed = [identities[number] if number >= 0 else next(strangers) for number in identity]
    found = list(dict.fromkeys(listed))
    individual = np.array([*(found.index(name) for name in listed), -1])
    return individual[tracks.track], found


def assign_identities(score: np.ndarray, begin: np.ndarray, end: np.ndarray) -> np.ndarray:
    """Assign an identity to each track, i64[track], -1 = none: at most one of those that share a frame has it.

    `score` f64[track, identity]: log odds that the track is this individual; tracks last from frame `begin` i64[track]
    to frame `end` i64[track]. Each identity first gets the track that is best for all together, then more of them, as
    long as the odds are even or better.
    """
    from scipy.optimize import linear_sum_assignment  # where nobody is known, tracking does without

    result, free = np.full(len(score), -1), score > 0
    while free.any():
        row, column = linear_sum_assignment(np.where(free, score, 0), maximize=True)
        good = free[row, column]
        for track, identity in zip(row[good], column[good], strict=True):
            result[track] = identity
            free[track] = False
            free[(begin <= end[track]) & (begin[track] <= end), identity] = False
    return result

"""Choice of the poses of a video whose squares are looked at."""

from typing import NamedTuple

import numpy as np

from marey.recognition.turned_squares import Placement

MAX_SQUARES = 8_000  # chosen evenly over the video, and as many again of chains that this leaves out
FEW = 4  # squares of each chain, where it has so many
MIN_SHOWN = 0.5  # of the keypoints that most poses show
APART = 0.5  # of the side of a square: an animal whose middle is nearer is in the way


class Chains(NamedTuple):
    """Chains of poses that surely are one animal.

    `frame` i64[n] and `chain` i64[n] of each pose; `shown` i16[n], its keypoints; `begin` and `end` i64[chain]: the
    first and the last frame of each.
    """

    frame: np.ndarray
    chain: np.ndarray
    shown: np.ndarray
    begin: np.ndarray
    end: np.ndarray


def make_chains(frame: np.ndarray, chain: np.ndarray, shown: np.ndarray) -> Chains:
    """Make the chains of poses; arguments as of `Chains`."""
    count = int(chain.max(initial=-1)) + 1
    begin, end = np.full(count, np.iinfo(np.int64).max), np.full(count, -1)
    np.minimum.at(begin, chain, frame)
    np.maximum.at(end, chain, frame)
    return Chains(frame, chain, shown, begin, end)


def choose_frames(chains: Chains, usable: np.ndarray, *, most: int = MAX_SQUARES) -> np.ndarray:
    """Choose frames, i64[m], sorted: evenly over the video, and a few of each chain, of the longest first.

    Args:
        chains: the poses.
        usable: bool[frame], which frames can be looked at.
        most: poses of the frames that are chosen evenly.
    """
    poses = np.flatnonzero(_showing(chains) & usable[chains.frame])
    frames = np.unique(chains.frame[poses])
    step = max(1, -(-len(poses) // most))
    order = poses[np.lexsort((chains.frame[poses], chains.chain[poses]))]
    number = np.bincount(chains.chain[order], minlength=len(chains.begin))
    first = np.cumsum(number) - number
    longest = np.argsort(-number, kind="stable")[: most // FEW]
    longest = longest[number[longest] > 0]
    places = first[longest, None] + (number[longest, None] * (np.arange(FEW) + 0.5) / FEW).astype(int)
    return np.union1d(frames[::step], chains.frame[order[places.ravel()]])


def choose_poses(chains: Chains, within: np.ndarray, placement: Placement, *, side: float) -> np.ndarray:
    """Choose the poses that show an animal alone, bool[n].

    Args:
        chains: the poses.
        within: i64[n], all poses of some frames, sorted.
        placement: of these, n.
        side: px of a square.
    """
    frame, middle = chains.frame[within], placement.middle
    good = np.isfinite(placement.turn) & _showing(chains)[within]
    away = 1
    while away < len(frame) and (same := frame[away:] == frame[:-away]).any():
        near = same & ~(np.abs(middle[away:] - middle[:-away]) >= APART * side)
        near &= np.isfinite(middle[away:]) & np.isfinite(middle[:-away])
        good[away:] &= ~near
        good[:-away] &= ~near
        away += 1
    return good


def _showing(chains: Chains) -> np.ndarray:
    """Tell which poses show enough keypoints, bool[n]."""
    return chains.shown >= max(2, MIN_SHOWN * np.median(chains.shown))

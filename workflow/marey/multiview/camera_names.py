"""Find cameras whose names were exchanged: what they see fits the others' if they are taken for each other."""

import logging
from collections.abc import Mapping, Sequence
from itertools import combinations
from pathlib import Path

import numpy as np

from marey.multiview.agreement import Glimpse, Scale, learn_scale, look
from marey.multiview.cameras import Camera
from marey.multiview.clock import frame_interval
from marey.multiview.evidence import EVERY, glimpses
from marey.multiview.session import Session
from marey.multiview.views import read_views

MISFIT = 4.0  # deviations: pairs of cameras that are closer are no reason to doubt any names
BETTER = 3.0  # times closer than before, that the views of exchanged cameras are
PARTS, TIMES = 20, 10  # of a session, and times of each that are looked at

_log = logging.getLogger(__name__)


def check_names(session: Session, tracks: Mapping[str, str | Path], config: dict) -> Scale:
    """Learn what cameras are apart, and check that no two have each other's name, by some parts of a session.

    Raises ValueError as `refuse_exchanged`.
    """
    parts = _read_parts(session, tracks, config)
    scale = learn_scale([look(session.cameras, part) for part in parts])
    refuse_exchanged(session.cameras, parts, scale)
    return scale


def _read_parts(session: Session, tracks: Mapping[str, str | Path], config: dict) -> list[list[Glimpse]]:
    """Read what each camera sees in some parts of a session, evenly over its length."""
    every = max(1, round(EVERY / frame_interval(session.clock)))
    ticks, length = len(session.clock.time), every * TIMES
    parts = []
    for start in np.unique(np.linspace(0, max(0, ticks - length), PARTS).astype(int)):
        views = read_views(tracks, session.clock, session.layout, start, min(start + length, ticks), config=config)
        seen = np.isfinite(views.seen[..., 0]).any(axis=0)
        shape = len(session.layout.individuals), len(session.layout.keypoints), len(session.cameras)
        seen = seen.reshape(shape).any(axis=1)
        alive = [np.flatnonzero(own) for own in seen.T]
        parts.append(glimpses(views, session.layout, np.arange(0, len(views.seen), every), alive))
    return parts


def refuse_exchanged(cameras: Sequence[Camera], parts: Sequence[Sequence[Glimpse]], scale: Scale) -> None:
    """Raise ValueError where what two cameras see fits what the others see much better with their names exchanged.

    Args:
        cameras: the cameras.
        parts: what each sees in some parts of the session.
        scale: what was learnt of the cameras as they are.
    """
    if not (scale.right > MISFIT).any():
        return
    gains = {pair: _gain(cameras, parts, scale, pair) for pair in combinations(range(len(cameras)), 2)}
    pair = max(gains, key=lambda each: gains[each])
    one, two = (cameras[at].name for at in pair)
    if gains[pair] > np.log(BETTER):
        raise ValueError(
            f"cameras '{one}' and '{two}' seem to be exchanged: taken for each other, what they see is "
            f"{np.exp(gains[pair]):.0f} times closer to what the others see. Correct the names in the calibration, or "
            "the column `camera` of the sheet"
        )
    usual = np.array([np.nanmedian(own) if np.isfinite(own).any() else 0.0 for own in scale.right])
    if usual.max() > MISFIT:  # of a single pair, the cameras may see different animals
        _log.warning(
            "What '%s' sees is %.0f standard deviations from what the others see. See calibration and synchrony",
            *(cameras[int(usual.argmax())].name, usual.max()),
        )


def _gain(cameras, parts, scale: Scale, pair: tuple[int, int]) -> float:
    """By the logarithm of how much pairs with these two cameras are closer, in the mean, if they change places."""
    one, two = pair
    changed = list(cameras)
    changed[one], changed[two] = cameras[two], cameras[one]
    involved = np.zeros_like(scale.right, bool)
    involved[[one, two]] = involved[:, [one, two]] = True
    found = learn_scale([look(changed, part) for part in parts], involved)
    ratios = np.log(scale.right / found.right)[involved]
    return float(np.nanmean(ratios)) if np.isfinite(ratios).any() else 0.0

"""Coats of mice: colours, patterns, marks and skin, and the colour of every place on an animal."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.ndimage import gaussian_filter

from marey.synth.mouse import EAR, EYE, PAW, SKIN

TEXELS = 512  # side of the textures
TEXELS_PER_MM = 4
NOSE = 0.035  # the place where the naked nose ends
# Colours of fur (r, g, b) as displayed, 0..1, darkest and lightest.
FURS = {
    "black": ((0.025, 0.024, 0.024), (0.13, 0.12, 0.12)),
    "agouti": ((0.20, 0.15, 0.10), (0.42, 0.33, 0.23)),
    "brown": ((0.13, 0.08, 0.05), (0.30, 0.20, 0.13)),
    "grey": ((0.22, 0.22, 0.23), (0.50, 0.50, 0.52)),
    "cream": ((0.60, 0.52, 0.40), (0.78, 0.71, 0.60)),
    "white": ((0.68, 0.66, 0.62), (0.90, 0.89, 0.87)),
}
FUR_ODDS = {"black": 8, "agouti": 4, "brown": 2, "grey": 3, "cream": 1, "white": 4}
PATTERNS = {"plain": 10, "hooded": 1, "piebald": 1, "belted": 0.6, "pale belly": 2}
FAINT_TAIL_ODDS = 0.25
MARKS = {"none": 8, "shaved": 1, "stripe": 1, "spots": 1, "tail rings": 1}


@dataclass(frozen=True, eq=False)
class Coat:
    """What an animal wears; colours are f64[3], 0..1.

    `fur` and `second` are the colours of hair, the second that of the `pattern`; `mark` of colour `dye` is put on it
    around the place `spot` (place along the body, mm across). `tail` is how much of it one sees, 0..1, at its base and
    at its tip: thin, pale and glossy ones hardly show. `hair` is how far hair stands out, mm, `streaks` its
    contrast, `gloss` the strength of highlights,
    `relief` (0..1) how much light and shade show its shape (black fur in diffuse light: hardly), `smooth` over how many
    mm they even out. `shift` moves the textures, `threshold` sets how much is patterned.
    """

    fur: np.ndarray
    second: np.ndarray
    skin: np.ndarray
    paw: np.ndarray
    ear: np.ndarray
    eye: np.ndarray
    pattern: str
    mark: str
    dye: np.ndarray
    spot: tuple[float, float]
    tail: tuple[float, float]
    hair: float
    streaks: float
    gloss: float
    relief: float
    smooth: float
    shift: tuple[int, int]
    threshold: float


def _pick(chance: np.random.Generator, odds: dict[str, float]) -> str:
    names = list(odds)
    weights = np.array(list(odds.values()), float)
    return names[chance.choice(len(names), p=weights / weights.sum())]


def _fur(chance: np.random.Generator, name: str) -> np.ndarray:
    dark, light = np.array(FURS[name])
    return dark + chance.uniform() * (light - dark)


def random_coat(chance: np.random.Generator, *, fur: str | None = None) -> Coat:
    """Draw a coat; `fur` names its main colour, one of FURS, where it is not to be drawn."""
    name = fur or _pick(chance, FUR_ODDS)
    pattern = _pick(chance, PATTERNS)
    colour = _fur(chance, name)
    second = _fur(chance, "white" if name != "white" else _pick(chance, {"black": 1, "brown": 1, "grey": 1}))
    if pattern == "pale belly":
        second = np.clip(colour * chance.uniform(1.3, 2.2) + 0.05, 0, 0.9)
    pink = np.array([0.66, 0.47, 0.43]) * chance.uniform(0.75, 1.25)
    dark = chance.uniform(0, 0.85) if name in ("black", "brown", "agouti", "grey") else chance.uniform(0, 0.25)
    skin = (1 - dark) * pink + dark * (0.4 * pink + 0.4 * colour)
    furry = chance.uniform(0.0, 0.8)
    ear = (1 - furry) * (0.9 * skin + 0.1 * pink) + furry * colour
    if chance.random() < 0.3:  # thin pinnae that light shines through
        ear = ear + chance.uniform(0.2, 0.8) * (chance.uniform(0.45, 0.85) - ear)
    faint = chance.random() < FAINT_TAIL_ODDS
    albino = name == "white" and chance.random() < 0.7
    return Coat(
        fur=colour,
        second=second,
        skin=skin,
        paw=np.clip(skin + chance.uniform(-0.2, 1) * (pink * chance.uniform(0.8, 1.4) - skin), 0.02, 0.95),
        ear=ear,
        eye=np.array([0.35, 0.05, 0.06]) if albino else np.full(3, chance.uniform(0.01, 0.05)),
        pattern=pattern,
        mark=_pick(chance, MARKS),
        dye=chance.uniform(0, 1, 3) if chance.random() < 0.5 else np.full(3, chance.choice([0.05, 0.9])),
        spot=(chance.uniform(0.35, 0.9), chance.normal(0, 4)),
        tail=(chance.uniform(0.3, 1), chance.uniform(0.05, 0.9)) if faint else (1.0, 1.0),
        hair=chance.uniform(0.3, 1.3),
        streaks=chance.uniform(0.03, 0.16) * (2 if name == "agouti" else 1),
        gloss=chance.uniform(0, 0.12),
        relief=chance.uniform(0.15, 1),
        smooth=chance.uniform(1, 4),
        shift=(int(chance.integers(TEXELS)), int(chance.integers(TEXELS))),
        threshold=chance.normal(0, 0.7),
    )


@lru_cache(maxsize=1)
def _textures() -> tuple[np.ndarray, np.ndarray]:
    """Make hair and blotches f32[TEXELS, TEXELS], along and across, unit variance: the same ones for all."""
    noise = np.random.Generator(np.random.SFC64(20)).standard_normal((3, TEXELS, TEXELS))
    streaks, tufts, blotches = (
        gaussian_filter(field, sigma, mode="wrap") for field, sigma in zip(noise, [(9.0, 2.0), 12, 44], strict=True)
    )
    hair = 0.8 * streaks / streaks.std() + 0.5 * tufts / tufts.std()
    return hair.astype(np.float32), (blotches / blotches.std()).astype(np.float32)


def _texels(coat: Coat, place: np.ndarray, across: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    along = (place * (90 * TEXELS_PER_MM)).astype(np.int32) + coat.shift[0]
    return along % TEXELS, ((across * TEXELS_PER_MM).astype(np.int32) + coat.shift[1]) % TEXELS


def hair_of(coat: Coat, place: np.ndarray, across: np.ndarray) -> np.ndarray:
    """Return how far hairs stand out f32[...], about -1..1, at places along the body and across it (mm)."""
    return _textures()[0][_texels(coat, place, across)]


def paint(coat: Coat, cover: np.ndarray, place: np.ndarray, across: np.ndarray, below: np.ndarray) -> np.ndarray:
    """Return the colours f32[n, 3] of places on an animal.

    Args:
        coat: what it wears.
        cover: i8[n], FUR, SKIN, EAR, PAW or EYE.
        place: f32[n], from the snout (0) to the tail base (1) and the tail tip (2).
        across: f32[n], mm to the left, at size 1; of an ear: 0 in its middle, 1 at its edge.
        below: f32[n], 0 on the back to 1 at the outline.

    Returns:
        Colours before light falls on them.
    """
    colour = _fur_colour(coat, place, across, below)
    for kind, paint_kind in _BARE.items():
        chosen = np.flatnonzero(cover == kind)
        if len(chosen):
            colour[chosen] = paint_kind(coat, place[chosen, None], across[chosen, None])
    return colour


def _fur_colour(coat: Coat, place: np.ndarray, across: np.ndarray, below: np.ndarray) -> np.ndarray:
    """Return the colours f32[n, 3] of fur: its pattern, its mark, and the nose."""
    fur, other, skin = (colour.astype(np.float32) for colour in (coat.fur, coat.second, coat.skin))
    if coat.pattern == "plain":
        colour = np.broadcast_to(fur, (len(place), 3)).copy()
    else:
        colour = fur + _patterned(coat, place, across, below)[:, None].astype(np.float32) * (other - fur)
    nose = np.flatnonzero(place < NOSE)
    part = np.clip(1 - place[nose, None] / np.float32(NOSE), 0, 1) * np.float32(0.7)
    colour[nose] += part * (np.float32(0.8) * skin - colour[nose])
    return _marked(coat, colour, place, across).astype(np.float32)


def _skin_colour(coat: Coat, place: np.ndarray, across: np.ndarray) -> np.ndarray:
    """Return the colours [n, 3] of a tail at places f32[n, 1]: darker towards its tip, at times with rings."""
    skin = coat.skin + 0.25 * (coat.fur - coat.skin) * np.clip(place - 1, 0, 1)
    if coat.mark != "tail rings":
        return skin
    rings = (np.abs(place - 1.08 - 0.08 * np.round((place - 1.08) / 0.08)) < 0.012) & (place > 1.04) & (place < 1.4)
    return np.where(rings, coat.dye, skin)


def _ear_colour(coat: Coat, place: np.ndarray, across: np.ndarray) -> np.ndarray:
    """Return the colours f64[n, 3] of an ear `across` f32[n, 1] it: 0 in its middle, 1 at its edge."""
    rim = np.clip((across - 0.72) / 0.28, 0, 1)
    return coat.ear * (1.08 - 0.2 * rim) + 0.25 * rim * (coat.fur - coat.ear)


# How what is not covered by fur is coloured, given the coat, and the place and how far across f32[n, 1].
_BARE = {
    SKIN: _skin_colour,
    EAR: _ear_colour,
    PAW: lambda coat, place, across: coat.paw,
    EYE: lambda coat, place, across: coat.eye,
}


def _patterned(coat: Coat, place: np.ndarray, across: np.ndarray, below: np.ndarray) -> np.ndarray:
    """Return how far 0..1 places have the second colour."""
    if coat.pattern == "pale belly":
        return np.clip((below - 0.75) / 0.25, 0, 1) * 0.8
    wobble = _textures()[1][_texels(coat, place, across)]
    if coat.pattern == "piebald":
        return np.clip((wobble - 0.6 * coat.threshold) * 4, 0, 1)
    if coat.pattern == "belted":
        return np.clip((0.10 - np.abs(place - coat.spot[0]) + 0.02 * wobble) * 40, 0, 1)
    rear = np.clip((place - 0.36 - 0.05 * coat.threshold + 0.02 * wobble) * 25, 0, 1)  # hooded
    stripe = np.clip((3 + coat.threshold - np.abs(across)) * 0.7 + wobble, 0, 1) * (coat.threshold > -0.5)
    return rear * (1 - stripe)


def _marked(coat: Coat, fur: np.ndarray, place: np.ndarray, across: np.ndarray) -> np.ndarray:
    """Put the mark on fur f64[n, 3]."""
    if coat.mark in ("none", "tail rings"):
        return fur
    along, side = (place - coat.spot[0]) * 90, across - coat.spot[1]
    if coat.mark == "shaved":
        part, colour = np.clip((1 - np.maximum(np.abs(along) / 9, np.abs(side) / 7)) * 6, 0, 1), 1.1 * coat.skin
    elif coat.mark == "stripe":
        part, colour = np.clip((3 - np.abs(along)) * 0.8, 0, 1), coat.dye
    else:
        spots = [np.hypot(along - shift, side) for shift in (-14, 0, 14)]
        part, colour = np.clip((4 - np.minimum.reduce(spots)) * 0.8, 0, 1), coat.dye
    return fur + part[:, None] * 0.85 * (colour - fur)

"""Looks of flies: colours of cuticle, eyes and wings, bands of the abdomen."""

from dataclasses import dataclass

import numpy as np

from marey.synth.fly import ABDOMEN_FROM, HEAD_TO
from marey.synth.mouse import EYE, SKIN

SEGMENTS = 6  # of the abdomen
# Strains: cuticle and bands (r, g, b) as displayed, 0..1, and how often; in infrared light all cuticle is pale.
STRAINS = {
    "wild": ((0.60, 0.42, 0.22), (0.14, 0.09, 0.06), 5),
    "yellow": ((0.78, 0.60, 0.28), (0.45, 0.30, 0.14), 1),
    "ebony": ((0.16, 0.11, 0.08), (0.06, 0.05, 0.04), 1),
    "infrared": ((0.72, 0.72, 0.72), (0.45, 0.45, 0.45), 5),
}
EYES = {
    "red": (0.48, 0.06, 0.04),
    "brown": (0.26, 0.10, 0.06),
    "white": (0.85, 0.80, 0.72),
    "orange": (0.75, 0.35, 0.10),
}
EYE_ODDS = (5, 2, 1.5, 0.7)


@dataclass(frozen=True, eq=False)
class FlyCoat:
    """What a fly looks like; colours are f64[3], 0..1.

    `bands` (0..1) is how dark the bands of the abdomen are, `male` whether its end is dark, `stripes` how dark those
    along the thorax. `opaque` is how far wings cover what is behind them, `veins` how much their veins add.
    """

    cuticle: np.ndarray
    band: np.ndarray
    eye: np.ndarray
    leg: np.ndarray
    wing: np.ndarray
    bands: float
    male: bool
    stripes: float
    gloss: float
    opaque: float
    veins: float


def random_fly_coat(chance: np.random.Generator, strain: str, *, male: bool) -> FlyCoat:
    """Draw the looks of a fly of a strain, one of STRAINS."""
    cuticle, band, _ = (np.array(value) for value in STRAINS[strain])
    cuticle = cuticle * chance.uniform(0.7, 1.25) * (1 + chance.normal(0, 0.03, 3) * (strain != "infrared"))
    if strain == "infrared":  # eyes are about as pale as the rest
        eye = np.full(3, chance.uniform(0.4, 1.0))
    else:
        odds = np.array(EYE_ODDS) / sum(EYE_ODDS)
        eye = np.array(list(EYES.values())[chance.choice(len(EYES), p=odds)]) * chance.uniform(0.7, 1.2)
    return FlyCoat(
        cuticle=cuticle.clip(0.02, 1),
        band=band * chance.uniform(0.7, 1.2),
        eye=eye,
        leg=(cuticle * chance.uniform(0.6, 1.1)).clip(0.02, 1),
        wing=np.full(3, chance.uniform(0.35, 0.75)) * (1 + chance.normal(0, 0.03, 3)),
        bands=chance.uniform(0.2, 1.0),
        male=male,
        stripes=chance.uniform(0, 0.25),
        gloss=chance.uniform(0, 0.35),
        opaque=chance.uniform(0.12, 0.5),
        veins=chance.uniform(0.1, 0.5),
    )


def random_strain(chance: np.random.Generator) -> str:
    """Draw a strain."""
    odds = np.array([value[2] for value in STRAINS.values()], float)
    return list(STRAINS)[chance.choice(len(odds), p=odds / odds.sum())]


def paint_fly(coat: FlyCoat, cover: np.ndarray, place: np.ndarray, across: np.ndarray) -> np.ndarray:
    """Return the colours f32[n, 3] of places on a fly before light falls on them.

    Args:
        coat: what it looks like.
        cover: i8[n], as the figure has it.
        place: f32[n], from the head (0) to the end of the abdomen (1).
        across: f32[n], mm to the left.

    Returns:
        The colours.
    """
    segment = np.clip((place - ABDOMEN_FROM) / (1 - ABDOMEN_FROM), 0, 1) * SEGMENTS
    rear = segment - np.floor(segment)
    dark = np.clip((rear - 0.55) * 6, 0, 1) * np.clip((1 - rear) * 12, 0, 1) * coat.bands
    if coat.male:
        dark = np.maximum(dark, np.clip((place - 0.84) * 20, 0, 1) * max(coat.bands, 0.6))
    dark = np.where(place < ABDOMEN_FROM, 0, dark)
    thorax = (place >= HEAD_TO) & (place < ABDOMEN_FROM)
    dark = dark + np.where(thorax, coat.stripes * np.clip(np.cos(across * 1.1), 0, 1), 0)
    colour = coat.cuticle + dark[:, None] * (coat.band - coat.cuticle)
    colour = np.where((cover == EYE)[:, None], coat.eye, np.where((cover == SKIN)[:, None], coat.leg, colour))
    return colour.astype(np.float32)

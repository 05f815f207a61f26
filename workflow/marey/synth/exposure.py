"""Exposure: what lens, sensor and codec make of a scene's light."""

import io

import numpy as np
from PIL import Image
from scipy.ndimage import convolve1d

from marey.synth.textures import SIDE, noise_tile

MONO_ODDS = 0.5  # many laboratory cameras are grey
_STEPS = 1023  # of the table that tones are looked up in


def expose(chance: np.random.Generator, image: np.ndarray) -> np.ndarray:
    """Take a picture of a scene as a random laboratory camera would.

    Colours, focus, resolution, exposure, noise, tone, interlacing and compression vary. No pixel moves by more than 1
    px, so that keypoints stay true.

    Args:
        chance: draws.
        image: f32[height, width, 3], about 0..1 as displayed.

    Returns:
        u8[height, width, 3].
    """
    size = image.shape[1::-1]
    scene = _mono(chance, image) if chance.random() < MONO_ODDS else _coloured(chance, image)
    coarse = 1 + chance.exponential(0.5) if chance.random() < 0.3 else 1.0
    scene = _defocus(chance, scene)
    if coarse > 1.1:
        scene = _resized(scene, (max(int(size[0] / coarse), 16), max(int(size[1] / coarse), 16)))
    scene = scene * np.float32(_gain(chance, scene))
    taken = _toned(chance, _noisy(chance, scene))
    if chance.random() < 0.04:
        taken = _interlaced(chance, taken)
    taken = _compressed(chance, taken, least=20 * coarse)
    if coarse > 1.1:
        way = (Image.Resampling.BILINEAR, Image.Resampling.BICUBIC, Image.Resampling.NEAREST)[chance.integers(3)]
        taken = np.asarray(Image.fromarray(taken).resize(size, way))
    return np.repeat(taken[..., None], 3, axis=-1) if taken.ndim == 2 else np.ascontiguousarray(taken)


def _mono(chance: np.random.Generator, image: np.ndarray) -> np.ndarray:
    """Mix the channels into one f32[height, width], as a grey or an infrared camera of some sensitivity does."""
    weights = np.array([0.3, 0.59, 0.11]) if chance.random() < 0.5 else chance.dirichlet([2, 2, 2])
    return image @ weights.astype(np.float32)


def _coloured(chance: np.random.Generator, image: np.ndarray) -> np.ndarray:
    """Change saturation and white balance, by one matrix."""
    saturation = chance.uniform(0.3, 1.5)
    balance = np.exp(chance.normal(0, 0.06 if chance.random() < 0.8 else 0.2, 3))
    matrix = (saturation * np.eye(3) + (1 - saturation) * np.array([0.3, 0.59, 0.11])[:, None]) * balance
    return np.maximum(image @ matrix.astype(np.float32), 0)


def _gain(chance: np.random.Generator, scene: np.ndarray) -> float:
    """Draw a gain: most exposures are about right, some too dark, some burnt out."""
    bright = float(np.percentile(scene[::8, ::8], 95)) + 0.02
    least = 0.10 / (float(np.median(scene[::8, ::8])) + 0.01)
    kind = chance.random()
    if kind < 0.45:
        gain = float(np.exp(chance.normal(0, 0.15)))
    elif kind < 0.8:  # what is automatic
        gain = chance.uniform(0.5, 0.95) / bright
    elif kind < 0.9:
        gain = chance.uniform(0.15, 0.5) / bright
    else:
        gain = np.exp(chance.uniform(0, np.log(1.8))) / bright
    return min(max(gain, least, 0.2 / bright), max(gain, 1.4 / bright))


def _defocus(chance: np.random.Generator, scene: np.ndarray) -> np.ndarray:
    """Blur by a lens that is a little out of focus; at times by a camera that shakes along one axis."""
    sigma = chance.uniform(0.3, 0.8) if chance.random() < 0.75 else chance.uniform(0.8, 2.2)
    sigmas = [sigma, sigma]
    if chance.random() < 0.05:
        sigmas[chance.integers(2)] += chance.uniform(0.5, 2)
    for axis, width in enumerate(sigmas):
        reach = max(int(2.2 * width + 0.5), 1)
        taps = np.exp(-0.5 * (np.arange(-reach, reach + 1) / width) ** 2).astype(np.float32)
        scene = convolve1d(scene, taps / taps.sum(), axis=axis, mode="nearest")
    return scene


def _resized(scene: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Shrink a scene f32[height, width(, 3)] to (width, height), averaging."""
    planes = scene[..., None] if scene.ndim == 2 else scene
    small = [
        np.asarray(Image.fromarray(np.ascontiguousarray(planes[..., k])).resize(size, Image.Resampling.BOX))
        for k in range(planes.shape[-1])
    ]
    return small[0] if scene.ndim == 2 else np.stack(small, axis=-1)


def _noisy(chance: np.random.Generator, scene: np.ndarray) -> np.ndarray:
    """Add shot and read noise; at times smooth it, as codecs and demosaicing do."""
    strength = chance.exponential(0.012) if chance.random() < 0.88 else chance.uniform(0.02, 0.08)
    noise = _grain(chance, scene.shape)
    if chance.random() < 0.3:
        noise = noise + np.roll(noise, 1, axis=0) + np.roll(noise, 1, axis=1)
    scale = np.sqrt(np.maximum(scene, 0) + np.float32(chance.uniform(0.02, 0.4)))
    return scene + np.float32(strength) * scale * noise


def _grain(chance: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Cut white noise f32[shape] of unit variance out of a tile: drawing it anew takes ten times as long."""
    tile, planes = noise_tile(0.0), []
    for _ in range(np.prod(shape[2:], dtype=int)):
        row, column = chance.integers(SIDE, size=2)
        turned = tile if chance.random() < 0.5 else tile.T
        window = [(np.arange(n) + k) % SIDE for n, k in zip(shape[:2], (row, column), strict=True)]
        planes.append(turned[np.ix_(*window)])
    return planes[0] if len(shape) == 2 else np.stack(planes, axis=-1)


def _toned(chance: np.random.Generator, scene: np.ndarray) -> np.ndarray:
    """Quantise to u8 through a random curve: gamma, contrast, black level."""
    gamma = np.exp(chance.normal(0, 0.2))
    black = chance.uniform(-0.08, 0.12) if chance.random() < 0.4 else 0.0
    contrast = chance.uniform(0.6, 1.25) if chance.random() < 0.4 else 1.0
    curve = np.linspace(0, 1, _STEPS + 1) ** gamma
    curve = np.clip(black + (1 - black) * (0.5 + contrast * (curve - 0.5)), 0, 1)
    levels = chance.choice([255, 255, 255, 63])
    table = (np.round(curve * levels) * (255 / levels) + 0.5).astype(np.uint8)
    return table[(np.clip(scene, 0, 1) * np.float32(_STEPS) + np.float32(0.5)).astype(np.int16)]


def _interlaced(chance: np.random.Generator, taken: np.ndarray) -> np.ndarray:
    """Shift even and odd rows apart by 1 or 2 px: what moves between two half-images."""
    result, ahead = taken.copy(), chance.integers(2)
    result[ahead::2] = np.roll(taken[ahead::2], 1, axis=1)
    if chance.random() < 0.5:
        result[1 - ahead :: 2] = np.roll(taken[1 - ahead :: 2], -1, axis=1)
    return result


def _compressed(chance: np.random.Generator, taken: np.ndarray, least: float) -> np.ndarray:
    """Compress as JPEG, at times so hard that blocks show, as they do in videos; a third stays as it is.

    `least` is the least quality, of 100.
    """
    kind = chance.random()
    if kind < 0.35:
        return taken
    quality = int(chance.uniform(55, 95) if kind < 0.8 else chance.uniform(min(least, 60), 60))
    buffer = io.BytesIO()
    Image.fromarray(taken).save(buffer, format="JPEG", quality=quality)
    return np.asarray(Image.open(buffer))

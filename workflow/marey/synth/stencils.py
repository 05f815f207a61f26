"""Stencils: covers of polygons, curves and text in the image, drawn at twice the resolution by Pillow."""

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from marey.synth.cameras import Camera


def fill(size: tuple[int, int], polygons: list[np.ndarray], soft: float = 0.0) -> np.ndarray:
    """Return the cover f32[height, width], 0..1, of polygons f64[corner, 2] px; `soft` px blur their edges."""
    cover = np.zeros(size[::-1], np.float32)
    corners = np.concatenate(polygons).clip(-4000, 8000)  # what is behind the camera is NaN, and then not drawn
    reach = 8 + 3 * soft
    left, top = np.clip(np.nan_to_num(corners.min(axis=0) - reach), 0, size).astype(int)
    right, bottom = np.clip(np.nan_to_num(corners.max(axis=0) + reach), 0, size).astype(int)
    if right <= left or bottom <= top:
        return cover
    canvas = Image.new("L", (int(right - left) * 2, int(bottom - top) * 2))
    draw = ImageDraw.Draw(canvas)
    for polygon in polygons:
        places = ((polygon - [left, top]) * 2 - 0.5).clip(-8000, 8000)
        draw.polygon([tuple(corner) for corner in places.tolist()], fill=255)
    cover[top:bottom, left:right] = _reduce(canvas, soft)
    return cover


def stroke(size: tuple[int, int], curves: list[np.ndarray], width: float, soft: float = 0.0) -> np.ndarray:
    """Return the cover f32[height, width], 0..1, of curves f64[node, 2] px that are `width` px wide."""
    canvas = Image.new("L", (size[0] * 2, size[1] * 2))
    draw = ImageDraw.Draw(canvas)
    for curve in curves:
        nodes = [tuple(node) for node in (curve * 2 - 0.5).clip(-4000, 8000).tolist()]
        draw.line(nodes, fill=255, width=max(round(width * 2), 1), joint="curve")
    return _reduce(canvas, soft)


def write(size: tuple[int, int], text: str, corner: tuple[float, float], height: float) -> np.ndarray:
    """Return the cover f32[height, width], 0..1, of a line of text whose upper left corner and height are in px."""
    canvas = Image.new("L", (size[0] * 2, size[1] * 2))
    font = ImageFont.load_default(max(round(height * 2), 6))
    ImageDraw.Draw(canvas).text((corner[0] * 2, corner[1] * 2), text, fill=255, font=font)
    return _reduce(canvas, 0)


def _reduce(canvas: Image.Image, soft: float) -> np.ndarray:
    small = canvas.reduce(2)
    if soft > 4:  # blurred coarsely: as smooth, and a tenth of the time
        coarse = canvas.reduce(8).filter(ImageFilter.GaussianBlur(float(soft) / 4))
        small = coarse.resize(small.size, Image.Resampling.BILINEAR)
    elif soft > 0.3:
        small = small.filter(ImageFilter.GaussianBlur(float(soft)))
    return np.asarray(small, np.float32) * np.float32(1 / 255)


def project(camera: Camera, places: np.ndarray, height: float = 0.0) -> np.ndarray:
    """Project places f64[..., 2] (mm) at a height above the floor into the image, f64[..., 2] px."""
    return camera.project(np.concatenate([places, np.full((*places.shape[:-1], 1), height)], axis=-1))[0]


def ellipse(centre: np.ndarray, half: tuple[float, float], angle: float, corners: int = 20) -> np.ndarray:
    """Return an ellipse as a polygon f64[corners, 2] of half-axes `half`, the first of them turned by `angle`."""
    turn = np.arange(corners) * (2 * np.pi / corners)
    along, across = half[0] * np.cos(turn), half[1] * np.sin(turn)
    cosine, sine = np.cos(angle), np.sin(angle)
    return centre + np.stack([along * cosine - across * sine, along * sine + across * cosine], axis=-1)


def rectangle(centre: np.ndarray, half: tuple[float, float], angle: float) -> np.ndarray:
    """Return a rectangle as a polygon f64[4, 2] of half sides `half`, the first of them turned by `angle`."""
    along = np.array([np.cos(angle), np.sin(angle)]) * half[0]
    across = np.array([-np.sin(angle), np.cos(angle)]) * half[1]
    return centre + np.stack([-along - across, along - across, along + across, across - along])


def wander(
    chance: np.random.Generator, start: np.ndarray, heading: float, length: float, bend: float, nodes: int = 24
) -> np.ndarray:
    """Draw a smooth curve f64[nodes, 2] of a length from a start; `bend` is the radians it may turn on its way."""
    turn = heading + bend * np.cumsum(np.cumsum(chance.normal(0, 1, nodes)) / nodes) / nodes * 2
    steps = np.stack([np.cos(turn), np.sin(turn)], axis=-1) * (length / nodes)
    return start + np.cumsum(steps, axis=0)


def lay(image: np.ndarray, cover: np.ndarray, colour: np.ndarray | float) -> None:
    """Lay a colour over an image f32[height, width, 3], in place, as far as `cover` f32[height, width] says."""
    rows, columns = (np.flatnonzero(cover.max(axis=axis)) for axis in (1, 0))
    if not len(rows):
        return
    window = (slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1))
    colour = np.asarray(colour, np.float32)
    under, colour = image[window], colour[window] if colour.ndim == 3 else colour
    under += cover[window][..., None] * (colour - under)

"""Panels of a clip of several cameras: which part of each camera's image is shown, where, and how large."""

from typing import NamedTuple

import numpy as np
from PIL import Image, ImageDraw

from marey.views import drawing
from marey.views.fonts import picture_font, readable

SHAPE = 4 / 3  # width of a panel for its height
COLUMNS = 4  # of panels, at most
MIN_PART = 0.3  # of a camera's image, that a panel shows at least
MARGIN = 0.15  # around where the animals go, of what they cross
NAME_COLOR = "#4d4d4d"


class Layout(NamedTuple):
    """Where everything is in a clip: what is seen from all sides on the left, the cameras beside, a key below."""

    size: tuple[int, int]  # (width, height) of the clip, px
    stage: int  # width and height of the left part, px
    panel: tuple[int, int]  # (width, height), px
    corners: list[tuple[int, int]]  # (x, y) of the upper left corner of each panel, px
    key: list[list[tuple[str, str]]]  # lines of the key: texts with their colours


def lay_out(cameras: int, height: int, key: list[tuple[str, str]]) -> Layout:
    """Lay a clip out.

    Args:
        cameras: how many panels there are.
        height: that of the clip without its key, px, where there are no more than two rows of panels; else more.
        key: texts with their colours.

    Returns:
        The layout.
    """
    rows = 1 if cameras == 1 else max(2, -(-cameras // COLUMNS))
    columns = -(-cameras // rows)
    high = max(2, height // min(rows, 2) // 2 * 2)
    wide = max(2, round(SHAPE * high / 2) * 2)
    stage = rows * high
    width = stage + columns * wide
    corners = [(stage + wide * (at % columns), high * (at // columns)) for at in range(cameras)]
    lines = wrap(key, width, key_size(high))
    below = round(0.8 * key_size(high)) * 2 * len(lines)
    return Layout((width, stage + below), stage, (wide, high), corners, lines)


def key_size(high: int) -> int:
    """Return the height of letters, px, that suits panels of a height."""
    return max(10, round(high / 17))


def wrap(key: list[tuple[str, str]], width: int, size: int) -> list[list[tuple[str, str]]]:
    """Part a key into lines that fit into a width, px, with letters of a size, px."""
    lines, room = [], 0.0
    for text, color in key:
        need = drawing.name_tag_size(readable(text), picture_font(readable(text), size))[0] + size / 2
        if need > room:
            lines.append([])
            room = width - size
        lines[-1].append((text, color))
        room -= need
    return lines


def draw_key(picture: Image.Image, layout: Layout) -> None:
    """Write the key on tags of its colours, below everything else, on the image itself."""
    size = key_size(layout.panel[1])
    high = (layout.size[1] - layout.stage) / max(1, len(layout.key))
    for at, line in enumerate(layout.key):
        x, y = size / 2, layout.stage + at * high + 0.15 * size
        for text, color in line:
            font = picture_font(readable(text), size)
            drawing.draw_name_tag(picture, (x, y), readable(text), color, font)
            x += drawing.name_tag_size(readable(text), font)[0] + size / 2


def choose_part(seen: np.ndarray, size: tuple[int, int]) -> tuple[float, float, float, float]:
    """Choose the part of an image that shows where animals go.

    Args:
        seen: f64[n, 2], (x, y) px; NaN = not seen.
        size: (width, height) of the image, px.

    Returns:
        (left, top, right, bottom), px, within the image: all of it where nothing is seen.
    """
    size = np.array(size, float)
    inside = np.isfinite(seen).all(axis=1) & (seen >= 0).all(axis=1) & (seen <= size).all(axis=1)
    if not inside.any():
        return 0.0, 0.0, *size.tolist()
    low, high = seen[inside].min(axis=0), seen[inside].max(axis=0)
    wanted = np.maximum((1 + 2 * MARGIN) * (high - low), MIN_PART * size)
    wanted = np.maximum(wanted, [SHAPE * wanted[1], wanted[0] / SHAPE])  # as a panel is shaped, where the image allows
    wanted = np.minimum(wanted, size)
    corner = np.clip((low + high) / 2 - wanted / 2, 0, size - wanted)
    return *corner.tolist(), *(corner + wanted).tolist()


def show_part(image: np.ndarray, part: tuple, panel: tuple[int, int]) -> tuple[Image.Image, float, np.ndarray]:
    """Show a part of an image in a panel, as large as fits.

    Args:
        image: u8[height, width, 3].
        part: (left, top, right, bottom), px.
        panel: (width, height), px.

    Returns:
        The panel, and how places of the image become places in it: times a scale, plus f64[2] px.
    """
    left, top, right, bottom = part
    scale = min(panel[0] / (right - left), panel[1] / (bottom - top))
    size = max(1, round((right - left) * scale)), max(1, round((bottom - top) * scale))
    shown = Image.fromarray(image).resize(size, Image.Resampling.BICUBIC, box=part, reducing_gap=2.0)
    corner = (panel[0] - size[0]) // 2, (panel[1] - size[1]) // 2
    picture = Image.new("RGB", panel)
    picture.paste(shown, corner)
    return picture, scale, np.array(corner) - scale * np.array([left, top])


def name_panel(picture: Image.Image, name: str) -> None:
    """Write the name of a camera in the corner of its panel, on the image itself."""
    text, size = readable(name), key_size(picture.height)
    drawing.draw_name_tag(picture, (size / 3, size / 3), text, NAME_COLOR, picture_font(text, size))


def frame_panels(picture: Image.Image, layout: Layout) -> None:
    """Draw thin lines between panels, on the image itself."""
    pen = ImageDraw.Draw(picture)
    for x, y in layout.corners:
        pen.rectangle([x, y, x + layout.panel[0] - 1, y + layout.panel[1] - 1], outline="black")

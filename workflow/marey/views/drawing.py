"""Drawing on images of a video: poses with trails, the names of individuals, a caption."""

import numpy as np
from PIL import Image, ImageColor, ImageDraw, ImageFont

from marey.experiment.skeletons import Skeleton
from marey.tables.tracks import UNIQUE
from marey.views.colors import keypoint_colors
from marey.views.fonts import picture_font, readable

SUPERSAMPLING = 2  # drawn this much larger and scaled down: smooth edges

Box = tuple[float, float, float, float]  # left, top, right, bottom, px


def draw_poses(
    picture: Image.Image,
    points: np.ndarray,
    confidence: np.ndarray,
    *,
    skeleton: Skeleton,
    colors: list[str] | None = None,
) -> Image.Image:
    """Draw the poses of the last frame of `points` on a copy of an image, and trails through the earlier frames.

    Args:
        picture: the image.
        points: f64[frame, individual, keypoint, 2], (x, y) px of the image, its corner at (0, 0); NaN is not drawn.
        confidence: f64[frame, individual, keypoint], 0..1, the opacity of a keypoint.
        skeleton: the keypoints and the lines between them.
        colors: "#rrggbb" for each individual; None: the colours of the keypoints.

    Returns:
        The image with the poses, RGB.
    """
    size = (picture.width * SUPERSAMPLING, picture.height * SUPERSAMPLING)
    overlay = Image.new("RGBA", size)
    pen = ImageDraw.Draw(overlay)
    # PIL counts pixel centres as integers, Marey the corner of the image as 0. PIL would cut fractions off.
    places = np.rint(points * SUPERSAMPLING - 0.5)
    unit = SUPERSAMPLING * max(1.0, picture.height / 360)
    count = len(skeleton.keypoints)
    for animal in range(points.shape[1]):
        names = [colors[animal]] * count if colors else keypoint_colors(count)
        paint = [ImageColor.getrgb(name) for name in names]
        _trails(pen, places[:, animal], paint, width=round(unit))
        _pose(pen, places[-1, animal], confidence[-1, animal], paint, skeleton, unit=unit)
    return Image.alpha_composite(picture.convert("RGBA"), overlay.reduce(SUPERSAMPLING)).convert("RGB")


def _trails(pen: ImageDraw.ImageDraw, places: np.ndarray, colors: list[tuple], *, width: int) -> None:
    there = np.isfinite(places).all(axis=2)
    for i in range(len(places) - 1):
        alpha = round(170 * (i + 1) / len(places))  # older is fainter
        for k in np.flatnonzero(there[i] & there[i + 1]):
            pen.line([*places[i, k], *places[i + 1, k]], fill=(*colors[k], alpha), width=width)


def _pose(
    pen: ImageDraw.ImageDraw,
    places: np.ndarray,
    confidence: np.ndarray,
    colors: list[tuple],
    skeleton: Skeleton,
    *,
    unit: float,
) -> None:
    there = np.isfinite(places).all(axis=1)
    alpha = np.rint(255 * np.clip(np.nan_to_num(confidence), 0, 1)).astype(int).tolist()
    for a, b in skeleton.edges:
        if there[a] and there[b]:
            between = tuple((p + q) // 2 for p, q in zip(colors[a], colors[b], strict=True))
            pen.line([*places[a], *places[b]], fill=(*between, min(alpha[a], alpha[b])), width=round(1.5 * unit))
    for k in np.flatnonzero(there):
        x, y = places[k]
        for radius, color in ((round(4 * unit), (255, 255, 255)), (round(3.2 * unit), colors[k])):
            pen.ellipse([x - radius, y - radius, x + radius, y + radius], fill=(*color, alpha[k]))


def draw_names(picture: Image.Image, points: np.ndarray, colors: dict[str, str], *, size: float | None = None) -> None:
    """Write the name of each animal above or below its middle, away from other names and animals, on the image itself.

    Objects get no name, nor does an animal whose middle is not in the image.

    Args:
        picture: the image that is drawn on.
        points: f64[individual, keypoint, 2], (x, y) px of the image, NaN = not there; individuals in the order of
            `colors`.
        colors: "#rrggbb" of each individual, by name.
        size: height of the letters, px; None: that which suits the image.
    """
    size = size or text_size(picture)
    lowest = picture.height - 2 * text_size(picture)  # above the caption
    taken: list[Box] = []
    for index, (name, color) in enumerate(colors.items()):
        own, others = _there(points[index]), _there(np.delete(points, index, axis=0))
        if name == UNIQUE or not len(own) or not _inside(own.mean(axis=0), picture):
            continue
        name = readable(name)
        font = picture_font(name, size)
        wide, high = name_tag_size(name, font)
        x, y = np.median(own, axis=0)
        under = own[np.abs(own[:, 0] - x) < wide / 2, 1]
        top, bottom = (under.min(), under.max()) if len(under) else (y, y)
        left = float(np.clip(x - wide / 2, 0, max(0, picture.width - wide)))
        tries = [top - 1.5 * high, bottom + 0.5 * high, y - 1.5 * high, y + 0.5 * high]
        tries += [top - 2.5 * high, bottom + 1.5 * high, top - 3.5 * high, bottom + 2.5 * high]
        boxes = [(left, y, left + wide, y + high) for y in np.clip(tries, 0, max(0, lowest - high)).tolist()]
        box = min(boxes, key=lambda box: _trouble(box, own, others, taken))
        taken.append(box)
        draw_name_tag(picture, (box[0], box[1]), name, color, font)


def _there(points: np.ndarray) -> np.ndarray:
    points = points.reshape(-1, 2)
    return points[np.isfinite(points).all(axis=1)]


def _trouble(box: Box, own: np.ndarray, others: np.ndarray, taken: list[Box]) -> tuple[int, int, int]:
    """Rate what is wrong with a name in `box`, worst first: on other names; at other animals; on its own animal."""
    low, high = np.array(box[:2]), np.array(box[2:])
    middle = (low + high) / 2

    def covered(points: np.ndarray) -> int:
        return int(((points > low) & (points < high)).all(axis=1).sum())

    def away(points: np.ndarray) -> float:
        return np.linalg.norm(points - middle, axis=1).min(initial=np.inf)

    wrong = covered(others) + int(away(others) < away(own))
    return sum(_overlap(box, other) for other in taken), wrong, covered(own)


def _inside(place: np.ndarray, picture: Image.Image) -> bool:
    return bool((place >= 0).all() and (place <= picture.size).all())


def _overlap(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def name_tag_size(name: str, font: ImageFont.FreeTypeFont) -> tuple[float, float]:
    """Return the width and height of a name tag (see `draw_name_tag`), px."""
    return font.getlength(name) + 0.6 * font.size, 1.3 * font.size


def draw_name_tag(
    picture: Image.Image, corner: tuple[float, float], name: str, color: str, font: ImageFont.FreeTypeFont
) -> None:
    """Write a name on a tag of its colour, readable on any image, on the image itself.

    Args:
        picture: the image that is drawn on.
        corner: upper left corner of the tag, (x, y) px.
        name: what is written.
        color: colour of the tag, "#rrggbb".
        font: font of the name; its size sets that of the tag.
    """
    pen, (wide, high) = ImageDraw.Draw(picture), name_tag_size(name, font)
    x, y = corner
    red, green, blue = ImageColor.getrgb(color)
    ink = "black" if 0.299 * red + 0.587 * green + 0.114 * blue > 130 else "white"  # luma, ITU-R BT.601
    pen.rounded_rectangle([x, y, x + wide, y + high], radius=0.25 * font.size, fill=color)
    pen.text((x + wide / 2, y + high / 2), name, fill=ink, font=font, anchor="mm")


def keypoint_legend(skeleton: Skeleton) -> list[tuple[str, str]]:
    """List the names of keypoints with their colours."""
    return list(zip(skeleton.keypoints, keypoint_colors(len(skeleton.keypoints)), strict=True))


def draw_caption(picture: Image.Image, parts: list[tuple[str, str]], *, chips: bool = False) -> None:
    """Write `parts`, texts with their colours, from the lower left on the image itself, as far as they fit.

    `chips`: what is not white is written on a tag of its colour (see `draw_name_tag`).
    """
    pen, size = ImageDraw.Draw(picture), text_size(picture)
    place = [size / 2, picture.height - size * 0.7]
    for text, color in parts:
        text = readable(text)
        font = picture_font(text, size)
        plate = chips and color != "white"
        width = name_tag_size(text, font)[0] if plate else pen.textlength(text, font=font)
        if place[0] + width > picture.width:
            break
        if plate:
            draw_name_tag(picture, (place[0], place[1] - size), text, color, font)
        else:
            rim = {"stroke_width": max(1, size // 8), "stroke_fill": "black" if color == "white" else "white"}
            pen.text(place, text, fill=color, font=font, anchor="ls", **rim)
        place[0] += width + size


def text_size(picture: Image.Image) -> int:
    """Return the height of the letters that suit an image, px."""
    return max(10, round(picture.height / 34))

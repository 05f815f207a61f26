"""What is drawn on pictures of a video: poses with trails, the names of individuals, a caption."""

import numpy as np
from PIL import Image, ImageColor, ImageDraw, ImageFont

from marey.plots.style import UNIQUE, keypoint_colors
from marey.skeletons import Skeleton

SUPERSAMPLE = 2  # drawn this much larger and scaled down: smooth edges


def draw(
    picture: Image.Image,
    points: np.ndarray,
    confidence: np.ndarray,
    *,
    skeleton: Skeleton,
    colors: list[str] | None = None,
) -> Image.Image:
    """`picture` with the pose of the last frame of `points` on it, and trails through the earlier ones.

    `points` f64[frame, individual, keypoint, 2] px of `picture` (corner at (0, 0)), `confidence` f64[frame, individual,
    keypoint], which is the opacity. NaN is not drawn. `colors`: one for each individual; None: those of the keypoints.
    """
    size = (picture.width * SUPERSAMPLE, picture.height * SUPERSAMPLE)
    overlay = Image.new("RGBA", size)
    pen = ImageDraw.Draw(overlay)
    # PIL counts pixel centres as integers, Marey the corner of the picture as 0. PIL would cut fractions off.
    places = np.rint(points * SUPERSAMPLE - 0.5)
    unit = SUPERSAMPLE * max(1.0, picture.height / 360)
    count = len(skeleton.keypoints)
    for animal in range(points.shape[1]):
        names = [colors[animal]] * count if colors else keypoint_colors(count)
        paint = [ImageColor.getrgb(name) for name in names]
        _trails(pen, places[:, animal], paint, width=round(unit))
        _pose(pen, places[-1, animal], confidence[-1, animal], paint, skeleton, unit=unit)
    return Image.alpha_composite(picture.convert("RGBA"), overlay.reduce(SUPERSAMPLE)).convert("RGB")


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


def name_individuals(
    picture: Image.Image, points: np.ndarray, colors: dict[str, str], *, size: float | None = None
) -> None:
    """Write the name of each animal above it, on `picture` itself, where no other name is.

    `points` f64[individual, keypoint, 2] px of `picture`, in the order of `colors`, name to colour; `size` of the text,
    px. Animals without a point, and objects, get no name; nor does one in the middle of which the picture ends.
    """
    pen, font = ImageDraw.Draw(picture), ImageFont.load_default(size or text_size(picture))
    taken: list[np.ndarray] = []
    for (name, color), own in zip(colors.items(), points, strict=True):
        there = own[np.isfinite(own).all(axis=1)]
        if name == UNIQUE or not len(there) or not _inside(there.mean(axis=0), picture):
            continue
        rim = _rim(color, font.size)
        wide, high = pen.textlength(name, font=font) + 2, font.size * 1.15
        x = np.clip(there[:, 0].mean() - wide / 2, 1, max(1, picture.width - wide))
        above, below = there[:, 1].min() - 0.6 * font.size - high, there[:, 1].max() + 0.6 * font.size
        lowest = picture.height - 2 * text_size(picture) - high  # above the caption
        tries = [above - n * high for n in range(3)] + [below + n * high for n in range(3)]
        boxes = [np.array([x, y, x + wide, y + high]) for y in np.clip(tries, 1, max(1, lowest))]
        box = next((box for box in boxes if not any(_overlap(box, other) for other in taken)), boxes[0])
        taken.append(box)
        pen.text((box[0] + 1, box[3] - 0.2 * high), name, fill=color, font=font, anchor="ls", **rim)


def _inside(place: np.ndarray, picture: Image.Image) -> bool:
    return bool((place >= 0).all() and (place <= picture.size).all())


def _overlap(one: np.ndarray, other: np.ndarray) -> bool:
    return bool((one[:2] < other[2:]).all() and (other[:2] < one[2:]).all())


def keypoint_legend(skeleton: Skeleton) -> list[tuple[str, str]]:
    """The names of keypoints with their colours."""
    return list(zip(skeleton.keypoints, keypoint_colors(len(skeleton.keypoints)), strict=True))


def caption(picture: Image.Image, parts: list[tuple[str, str]]) -> None:
    """Write `parts`, texts with their colours, from the lower left on `picture` itself, as far as they fit."""
    pen, size = ImageDraw.Draw(picture), text_size(picture)
    font = ImageFont.load_default(size)
    place = [size / 2, picture.height - size * 0.7]
    for text, color in parts:
        width = pen.textlength(text, font=font)
        if place[0] + width > picture.width:
            break
        pen.text(place, text, fill=color, font=font, anchor="ls", **_rim(color, size))
        place[0] += width + size


def text_size(picture: Image.Image) -> int:
    """Height of the letters that suit a picture, px."""
    return max(10, round(picture.height / 34))


def _rim(color: str, size: float) -> dict:
    return {"stroke_width": max(1, round(size) // 8), "stroke_fill": "black" if color == "white" else "white"}

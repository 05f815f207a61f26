"""Style that all figures share: type, how a figure is saved, labels and keypoint marks."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure, FigureBase
from matplotlib.patheffects import withStroke
from matplotlib.text import Text
from scipy.optimize import isotonic_regression

from marey.experiment.skeletons import Skeleton
from marey.tables.files import replacing
from marey.tables.tracks import UNIQUE
from marey.views.colors import INK, MUTED, keypoint_colors
from marey.views.fonts import installed, readable, short_name

DPI = 150

RC_PARAMS = {
    "text.parse_math": False,  # names of keypoints may hold $
    "font.size": 8,
    "axes.titlesize": 9,
    "axes.titlelocation": "left",
    "axes.titleweight": "bold",
    "axes.edgecolor": MUTED,
    "axes.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#ececec",
    "grid.linewidth": 0.6,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "text.color": INK,
    "lines.linewidth": 1.2,
    "legend.frameon": False,
}


@contextmanager
def figure(out: str | Path, *, width: float, height: float, title: str = "") -> Iterator[Figure]:
    """Yield an empty figure of `width` x `height` inches; write it to `out` (PNG) when the block succeeds.

    The same content gives the same bytes: the file says neither when nor with what it was made.

    Args:
        out: the PNG that is written.
        width: width, inches.
        height: height, inches.
        title: title of the whole figure.

    Yields:
        The figure.
    """
    with mpl.rc_context({**RC_PARAMS, "font.family": list(installed())}), replacing(out) as temporary:
        drawn = Figure(figsize=(width, height), dpi=DPI, layout="constrained")
        if title:
            drawn.suptitle(title, x=0.01, ha="left", fontsize=10, fontweight="bold")
        yield drawn
        for text in drawn.findobj(Text):
            text.set_text(readable(text.get_text()))
        drawn.savefig(temporary, metadata={"Software": None})


def image_grid(drawn: Figure, count: int, *, columns: int) -> list[Axes]:
    """Make `count` axes for images, in rows of `columns`, without ticks."""
    grid = drawn.subplots(-(-count // columns), columns, squeeze=False).ravel()
    for axes in grid:
        axes.axis("off")
    return list(grid[:count])


def show_note(axes: Axes, text: str) -> None:
    """Say in the middle of an empty plot why it is empty."""
    axes.axis("off")
    axes.text(0.5, 0.5, text, transform=axes.transAxes, ha="center", va="center", color=MUTED)


def label_ends(axes: Axes, heights: Sequence[float], names: Sequence[str], colors: Sequence[str]) -> None:
    """Write each name in its colour right of the plot at the height of its line's end, moved apart where they overlap.

    Args:
        axes: the plot.
        heights: height of each line's end, in data coordinates.
        names: name of each line.
        colors: colour of each line.
    """
    low, high = sorted(axes.get_ylim())
    room = (high - low) * 11 / (axes.get_window_extent().height * 72 / axes.figure.dpi)  # 11 pt per line, in data units
    order = np.argsort(heights)
    slots = room * np.arange(len(order))  # with these taken off, places that do not overlap are those in order
    free = np.clip(np.asarray(heights, float)[order], low, high) - slots
    places = isotonic_regression(np.clip(free, low, max(low, high - slots[-1]))).x + slots
    across = axes.get_yaxis_transform()
    for place, index in zip(places, order, strict=True):
        axes.text(
            1.01, place, short_name(names[index]), transform=across, color=colors[index], va="center", fontsize=7.5
        )


def draw_pose(axes: Axes, points: np.ndarray, skeleton: Skeleton, *, size: float = 16) -> None:
    """Draw one animal's keypoints and the lines between them.

    Args:
        axes: the plot.
        points: f[keypoint, 2], (x, y) px, corner of the image at (0, 0); NaN = not there.
        skeleton: the keypoints and the lines between them.
        size: area of a keypoint's mark, points^2.
    """
    colors = keypoint_colors(len(skeleton.keypoints))
    for a, b in skeleton.edges:
        axes.plot(*points[[a, b]].T, color="white", linewidth=0.9, alpha=0.85, zorder=2)
    there = np.isfinite(points).all(axis=1)
    axes.scatter(
        *points[there].T,
        s=size,
        c=[c for c, t in zip(colors, there, strict=True) if t],
        edgecolors="white",
        linewidths=0.5,
        zorder=3,
    )


def key_height(names: Sequence[str], width: float) -> float:
    """Return the height that a key of these names takes beyond a first line, in a figure so wide, inches."""
    return 0.165 * (-(-len(names) // _key_columns(names, width)) - 1)


def keypoint_key(drawn: FigureBase, skeleton: Skeleton) -> None:
    """Write the names of all keypoints in their colours, as one line (or a few) under the figure."""
    _legend(drawn, skeleton.keypoints, keypoint_colors(len(skeleton.keypoints)))


def individual_key(drawn: FigureBase, colors: dict[str, str]) -> None:
    """Write the names of all animals in their colours (see `individual_colors`), in the same way."""
    animals = {name: color for name, color in colors.items() if name != UNIQUE}
    _legend(drawn, list(animals), list(animals.values()))


def _legend(drawn: FigureBase, names: Sequence[str], colors: Sequence[str]) -> None:
    marks = [mpl.lines.Line2D([], [], marker="o", linestyle="", markersize=4.5, color=color) for color in colors]
    names = [readable(short_name(name)) for name in names]
    columns = _key_columns(names, drawn.bbox.width / drawn.dpi)
    drawn.legend(marks, names, loc="outside lower left", ncols=columns, handletextpad=0.1, fontsize=7.5)


def _key_columns(names: Sequence[str], width: float) -> int:
    longest = max((len(readable(short_name(name))) for name in names), default=0)
    room = max(1.1, 0.35 + 0.07 * longest)  # inches of a column, at the size of the letters
    return max(1, min(len(names), int(width / room)))


def outlined_text(axes: Axes, x: float, y: float, text: str, **options) -> None:
    """Write white text with a dark rim, readable on any image.

    Args:
        axes: the plot.
        x: place across, as a fraction of the axes.
        y: place upwards, as a fraction of the axes.
        text: what is written.
        options: further options of `Axes.text`.
    """
    rim = [withStroke(linewidth=1.8, foreground="#000000b0")]
    axes.text(x, y, text, transform=axes.transAxes, color="white", fontsize=6.5, path_effects=rim, **options)


def annotate(
    axes: Axes, place: tuple[float, float], text: str, color: str, *, offset: tuple[float, float] = (6, 4)
) -> None:
    """Write a short text beside a place, readable on any image.

    Args:
        axes: the plot.
        place: (x, y) in data coordinates.
        text: what is written.
        color: its colour.
        offset: (x, y) from the place to the text, points.
    """
    rim = [withStroke(linewidth=1.8, foreground="#000000b0")]
    options = {"textcoords": "offset points", "color": color, "fontsize": 6.5, "path_effects": rim}
    axes.annotate(text, place, xytext=offset, annotation_clip=True, **options)


def show_image(axes: Axes, image: np.ndarray) -> None:
    """Show u8 or f32 0..1 [height, width(, 3)] so that data coordinates have the corner of the image at (0, 0)."""
    height, width = image.shape[:2]
    axes.imshow(image, extent=(0, width, height, 0), cmap="gray", interpolation="antialiased")
    axes.set(xlim=(0, width), ylim=(height, 0))


def thin(count: int, limit: int = 4000) -> slice:
    """Return a slice of every n-th of `count` rows, so that at most about `limit` are drawn."""
    return slice(None, None, max(1, count // limit))

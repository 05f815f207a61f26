"""Figure of the most suspicious labels, each with its image."""

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes

from marey.evaluation import residuals
from marey.tables import files
from marey.tables.dataset import DATASET
from marey.tables.suspects import SUSPECTS
from marey.views.colors import WARN
from marey.views.plots import crops, style
from marey.views.wording import count

MAX_SHOWN_SUSPECTS, SUSPECTS_PER_ROW = 12, 4
MIN_KEYPOINT_REACH = 40  # px about a suspect, so that it can be told where on the animal it is
MIN_ANIMAL_REACH = 100  # px about one keypoint of an animal that is not labelled, so that the animal can be seen
OTHER_LABEL_COLOR = "#56b4e9"  # of the other label of a swap; light enough for dark animals


def plot_suspects(dataset_path: str | Path, suspects_path: str | Path, out: str | Path) -> None:
    """Draw the first 12 rows of table `suspects`, with the images of table `dataset`, to `out`."""
    rows = files.read(suspects_path, SUSPECTS)
    unlabelled = residuals.is_spurious(rows["individual"])
    animals = files.read(dataset_path, DATASET, ["individuals"])["individuals"].map(len)
    named = rows["individual"].where((animals.max() > 1) & ~unlabelled, "")  # one alone needs no name
    shown = rows.assign(unlabelled=unlabelled, named=named).head(MAX_SHOWN_SUSPECTS)
    height = 2.5 * max(1, -(-len(shown) // SUSPECTS_PER_ROW)) + 0.5
    which = f", the first {len(shown)}" if len(shown) < len(rows) else ""
    title = f"{count(len(rows), 'suspicious label')}{which} (ring: label, cross: prediction)"
    with style.figure(out, width=9, height=height if len(shown) else 1.5, title=title if len(shown) else "") as drawn:
        if shown.empty:
            style.show_note(drawn.subplots(), "no label is suspicious, or none could be checked")
            return
        images = crops.labelled_images(dataset_path, shown.set_index(["video", "frame"]).index)
        for axes, row in zip(
            style.image_grid(drawn, len(shown), columns=SUSPECTS_PER_ROW), shown.itertuples(), strict=True
        ):
            _draw(axes, images[row.video, row.frame], row)


def describe_suspect(row) -> str:
    """Say in words what seems to be wrong with a row of table `suspects`; `unlabelled`: no label matches the animal."""
    by = {"model": "", "views": " by the other cameras", "both": " by the other cameras, too"}[row.evidence]
    if row.kind == "swapped":
        return f"{row.keypoint} and {row.other} swapped{by}?"
    if row.unlabelled:
        return "an animal not labelled?"
    if row.kind == "missing":
        return f"{row.keypoint} not labelled?"
    return f"{row.keypoint} {np.hypot(row.x - row.predicted_x, row.y - row.predicted_y):.0f} px off{by}?"


def _draw(axes: Axes, image: np.ndarray, row) -> None:
    style.show_image(axes, image)
    label, other, seen = (row.x, row.y), (row.other_x, row.other_y), (row.predicted_x, row.predicted_y)
    for place, name, color in ((label, row.keypoint, WARN), (other, row.other, OTHER_LABEL_COLOR)):
        axes.plot(*place, "o", markersize=9, markerfacecolor="none", color=color, markeredgewidth=1.5)
        if np.isfinite(place).all():
            style.annotate(axes, place, name, color)
    axes.plot(*seen, "x", markersize=6, color=WARN, markeredgewidth=1.8)
    if row.unlabelled:
        style.annotate(axes, seen, row.keypoint, WARN)
    crops.crop_axes(
        axes,
        np.array([label, other, seen], float),
        image,
        least=MIN_ANIMAL_REACH if row.unlabelled else MIN_KEYPOINT_REACH,
    )
    video = row.video if len(row.video) <= 22 else f"{row.video[:21]}…"
    place = f"{video}, frame {row.frame}" + (f", {row.named}" if row.named else "")
    axes.set_title(f"{row.rank}. {describe_suspect(row)}\n{place}", fontsize=7, fontweight="normal")

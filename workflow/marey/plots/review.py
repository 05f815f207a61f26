"""The moments in which two animals may have been exchanged: when they are, and each before, at and after."""

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import SubFigure

from marey import drawing, review, videos
from marey.plots import style
from marey.render import FRAME_COLUMNS, analysed, clip_poses, individuals, steady_pictures
from marey.skeletons import Skeleton
from marey.tables import files
from marey.tables import frames as frames_table

REACH = 0.5  # s before and after a moment that pictures are of
COLUMNS = 2  # of moments
WIDTH = 10.0  # of the figure, inches
PICTURE = 1.6  # width of a picture, inches
SHARPNESS = 2  # pictures are drawn this much larger than they are shown


def plot_review(
    video_path: str | Path,
    frames_path: str | Path,
    smoothed_path: str | Path,
    review_path: str | Path,
    out: str | Path,
    *,
    skeleton: Skeleton,
    config: dict,
) -> None:
    """Draw the timeline of table `review`, and the first `review_moments` of it with three pictures each, to `out`.

    `config` is the block `render` with at least `review_moments` and `min_confidence`.
    """
    table = files.read(frames_path, frames_table.SCHEMA, FRAME_COLUMNS)
    found = review.moments(review_path)
    shown = found.head(config["review_moments"])
    first = videos.first_picture(video_path, table) if len(shown) else None
    rows = -(-len(shown) // COLUMNS)
    shape = (3, 4, 3) if first is None else first.shape
    high = 0.4 + PICTURE * min(2.0, shape[0] / shape[1])
    title = "nothing to review" if found.empty else f"{len(found)} possible exchanges, the likeliest {len(shown)} below"
    with style.figure(out, width=WIDTH, height=1.5 + rows * high, title=f"Review: {title}") as drawn:
        above, *below = np.atleast_1d(drawn.subfigures(rows + 1, 1, height_ratios=[1.3] + [high] * rows))
        begin, end = analysed(smoothed_path)
        _timeline(above.subplots(), found, table["time"].to_numpy()[begin:end], len(shown))
        colors = style.individual_colors(individuals(smoothed_path))
        for row, part in enumerate(below):
            places = part.subfigures(1, COLUMNS)
            for place, moment in zip(places, shown.iloc[row * COLUMNS :].itertuples(), strict=False):
                pictures = _pictures(
                    video_path, smoothed_path, table, moment, colors=colors, skeleton=skeleton, config=config
                )
                _row(place, moment, pictures)


def describe(moment) -> str:
    """A row of table `review` in words."""
    return (
        f"{moment.rank}.  frame {moment.frame}   {moment.time:.1f} s   "
        f"{moment.first} \u2194 {moment.second}   {moment.probability:.0%}"
    )


def _timeline(axes: Axes, found: pd.DataFrame, time: np.ndarray, numbered: int) -> None:
    """All moments by their time and probability, the first `numbered` with their rank."""
    axes.vlines(found["time"], 0, found["probability"], color=style.WARN, linewidth=1)
    axes.plot(found["time"], found["probability"], "o", color=style.WARN, markersize=4, clip_on=False)
    for moment in found.head(numbered).itertuples():
        place = (moment.time, moment.probability)
        axes.annotate(str(moment.rank), place, xytext=(0, 4), textcoords="offset points", ha="center", fontsize=7)
    axes.set(ylim=(0, 1.15), yticks=[0, 0.5, 1], ylabel="probability", xlabel="time (s)")
    if len(time):
        axes.set_xlim(time[0], max(time[-1], time[0] + 1e-3))
    axes.set_title("Moments at which two animals may have been exchanged", fontweight="normal")


def _pictures(
    video_path: str | Path,
    smoothed_path: str | Path,
    table: pd.DataFrame,
    moment,
    *,
    colors: dict[str, str],
    skeleton: Skeleton,
    config: dict,
) -> dict[int, np.ndarray | None]:
    """The frames before, at and after a moment, cut to the two animals, with poses; None where undecodable."""
    names = list(colors)
    start, stop = review.window(table["time"].to_numpy(), moment.frame, REACH)
    wanted = dict.fromkeys((start, min(max(moment.frame, start), stop - 1), stop - 1))
    points, confidence = clip_poses(
        smoothed_path, skeleton, names, start=start, stop=stop, cut=config["min_confidence"]
    )
    both = review.between(names, points, moment)
    for index, picture in steady_pictures(videos.read_frames(video_path, start, stop, frames=table), start, 1):
        if index not in wanted:
            continue
        box = review.crop(both, picture.shape, middle=(moment.x, moment.y))
        wide = round(PICTURE * style.DPI * SHARPNESS)
        size = (wide, round(wide * picture.shape[0] / picture.shape[1]))
        now = slice(index - start, index - start + 1)
        places = review.moved(points[now], box, size)
        cut = review.cut(picture, box, size)
        drawn = drawing.draw(cut, places, confidence[now], skeleton=skeleton, colors=list(colors.values()))
        drawing.name_individuals(drawn, places[-1], colors, size=0.1 * style.DPI * SHARPNESS)
        wanted[index] = np.asarray(drawn)
    return wanted


def _row(place: SubFigure, moment, pictures: dict[int, np.ndarray | None]) -> None:
    for axes, (index, picture) in zip(style.sheet(place, 3, columns=3), pictures.items(), strict=False):
        if picture is None:
            style.note(axes, "cannot be\ndecoded")
        else:
            style.show_image(axes, picture)
        if index == moment.frame:
            axes.axis("on")
            axes.set(xticks=[], yticks=[])
            for spine in axes.spines.values():
                spine.set(visible=True, color=style.WARN, linewidth=1.5)
        axes.set_title(f"frame {index}", fontsize=6.5, fontweight="normal", color=style.MUTED, pad=2)
    place.suptitle(describe(moment), x=0.01, ha="left", fontsize=8, fontweight="bold")

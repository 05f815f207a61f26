"""Figure of the moments in which two animals may have been exchanged: when they are, and each before, at and after."""

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import SubFigure

from marey.experiment.skeletons import Skeleton
from marey.tables import files
from marey.tables.frames import FRAMES
from marey.videos import reading
from marey.views import drawing, moments
from marey.views.colors import MUTED, WARN, individual_colors
from marey.views.plots import style
from marey.views.render_video import FRAME_COLUMNS, analysed_range, clip_poses, read_individuals, steady_images

IMAGE_SECONDS_AROUND = 0.5  # s before and after a moment that images are of
MOMENTS_PER_ROW = 2  # of moments
FIGURE_WIDTH = 10.0  # of the figure, inches
IMAGE_WIDTH = 1.6  # width of an image, inches
NAME_HEIGHT = 0.085  # height of names on images, inches
MIN_LABEL_DISTANCE = 0.02  # of the timeline: nearer moments share a label
OVERSAMPLING = 2  # images are drawn this much larger than they are shown


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
    """Draw the timeline of table `review`, and its first moments with three images each.

    Args:
        video_path: the video file.
        frames_path: its table `frames`.
        smoothed_path: its table `smoothed`.
        review_path: its table `review`.
        out: the PNG that is written.
        skeleton: the keypoints and the lines between them.
        config: the block `render` with at least `review_moments`, how many are shown with images, and `min_confidence`.
    """
    table = files.read(frames_path, FRAMES, FRAME_COLUMNS)
    found = moments.read_moments(review_path)
    shown = found.head(config["review_moments"])
    first = reading.read_first_frame(video_path, table) if len(shown) else None
    rows = -(-len(shown) // MOMENTS_PER_ROW)
    shape = (3, 4, 3) if first is None else first.shape
    high = 0.4 + IMAGE_WIDTH * min(2.0, shape[0] / shape[1])
    title = f"{len(found)} listed, the likeliest {len(shown)} below" if len(found) else "nothing to review"
    with style.figure(out, width=FIGURE_WIDTH, height=1.8 + rows * high, title=f"Review: {title}") as drawn:
        above, *below = np.atleast_1d(drawn.subfigures(rows + 1, 1, height_ratios=[1.5] + [high] * rows))
        begin, end = analysed_range(smoothed_path)
        _timeline(above.subplots(), found, table["time"].to_numpy()[begin:end], len(shown))
        colors = individual_colors(read_individuals(smoothed_path))
        for row, part in enumerate(below):
            places = part.subfigures(1, MOMENTS_PER_ROW)
            for place, moment in zip(places, shown.iloc[row * MOMENTS_PER_ROW :].itertuples(), strict=False):
                pictures = _pictures(
                    video_path, smoothed_path, table, moment, colors=colors, skeleton=skeleton, config=config
                )
                _row(place, moment, pictures)


def describe_moment(moment) -> str:
    """Write a row of table `review` in words."""
    return (
        f"{moment.rank}.  frame {moment.frame}   {moment.time:.1f} s   "
        f"{moment.first} \u2194 {moment.second}   {moment.probability:.0%}"
    )


def _timeline(axes: Axes, found: pd.DataFrame, time: np.ndarray, numbered: int) -> None:
    """Draw all moments by their time and probability, the first `numbered` with their rank."""
    begin, end = (time[0], max(time[-1], time[0] + 1e-3)) if len(time) else (0, 1)
    axes.vlines(found["time"], 0, found["probability"], color=WARN, linewidth=1)
    axes.plot(found["time"], found["probability"], "o", color=WARN, markersize=4, clip_on=False)
    first = found.head(numbered).sort_values("time", kind="stable")
    near = (first["time"].diff() > MIN_LABEL_DISTANCE * (end - begin)).cumsum()
    for _, group in first.groupby(near):
        place = (group["time"].mean(), group["probability"].max())
        text = ", ".join(map(str, sorted(group["rank"])))
        axes.annotate(text, place, xytext=(0, 4), textcoords="offset points", ha="center", fontsize=7)
    axes.set(ylim=(0, 1.2), yticks=[0, 1], ylabel="probability", xlabel="time (s)", xlim=(begin, end))
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
) -> list[tuple[int, np.ndarray | None] | None]:
    """Read the frames before, at and after a moment, cut to the two animals, with poses.

    None where the video has no frame before or after, and for an image that cannot be decoded.
    """
    names = list(colors)
    start, stop = moments.frames_around(table["time"].to_numpy(), moment.frame, IMAGE_SECONDS_AROUND)
    at = min(max(moment.frame, start), stop - 1)
    wanted = {start, at, stop - 1}
    points, confidence = clip_poses(
        smoothed_path, skeleton, names, start=start, stop=stop, cut=config["min_confidence"]
    )
    both = moments.pair_points(names, points, moment)
    pictures = dict.fromkeys(wanted)
    for index, picture in steady_images(reading.read_frames(video_path, start, stop, frames=table), start, 1):
        if index in wanted:
            middle, now = (moment.x, moment.y), index - start
            boxes = [moments.crop_box(both[one - start], picture.shape, middle=middle) for one in wanted]
            widest = max(box[2] - box[0] for box in boxes) / picture.shape[1]  # all three at the same scale
            box = moments.crop_box(both[now], picture.shape, middle=middle, least=widest)
            pictures[index] = _picture(picture, points[now], confidence[now], box, moment, colors, skeleton)
    before, after = (start, pictures[start]), (stop - 1, pictures[stop - 1])
    return [before if start < at else None, (at, pictures[at]), after if stop - 1 > at else None]


def _picture(
    picture: np.ndarray,
    points: np.ndarray,
    confidence: np.ndarray,
    box: moments.Box,
    moment,
    colors: dict[str, str],
    skeleton: Skeleton,
) -> np.ndarray:
    """Cut the part `box` out of a frame, with the poses of its individuals and the names of the two of the moment."""
    wide = round(IMAGE_WIDTH * style.DPI * OVERSAMPLING)
    size = (wide, round(wide * picture.shape[0] / picture.shape[1]))
    places = moments.crop_points(points, box, size)
    cut = moments.crop_image(picture, box, size)
    drawn = drawing.draw_poses(cut, places[None], confidence[None], skeleton=skeleton, colors=list(colors.values()))
    both = {name: color for name, color in colors.items() if name in (moment.first, moment.second)}
    there = [name in both for name in colors]
    drawing.draw_names(drawn, places[there], both, size=NAME_HEIGHT * style.DPI * OVERSAMPLING)
    return np.asarray(drawn)


def _row(place: SubFigure, moment, pictures: list[tuple[int, np.ndarray | None] | None]) -> None:
    for axes, shown in zip(style.image_grid(place, 3, columns=3), pictures, strict=True):
        if shown is None:
            continue
        index, picture = shown
        if picture is None:
            style.show_note(axes, "cannot be\ndecoded")
        else:
            style.show_image(axes, picture)
        if index == moment.frame:
            axes.axis("on")
            axes.set(xticks=[], yticks=[])
            for spine in axes.spines.values():
                spine.set(visible=True, color=WARN, linewidth=1.5)
        axes.set_title(f"frame {index}", fontsize=6.5, fontweight="normal", color=MUTED, pad=2)
    place.suptitle(describe_moment(moment), x=0.01, ha="left", fontsize=8, fontweight="bold")

"""Figure of how much of a session has poses in space, and of how far each camera is from what the others say."""

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from matplotlib.axes import Axes
from matplotlib.figure import SubFigure
from matplotlib.ticker import LogLocator, NullLocator

from marey.experiment.skeletons import Skeleton
from marey.multiview.cameras import natural
from marey.tables import files
from marey.tables.poses3d import POSES3D, STATES
from marey.tables.session_metrics import ALL, SESSION_METRICS
from marey.tables.tracks import UNIQUE
from marey.views.colors import BAD, GOOD, INK, MUTED, PALE, WARN, individual_colors
from marey.views.fonts import readable, short_name
from marey.views.plots import style
from marey.views.space import count_times

TIME_BINS = 600  # about one per two pixels of the figure
MOST_STRIPS = 8  # animals that get a strip of their own
CELL = 0.2  # height of a keypoint, inches
LEAST_ERROR = 0.01  # px, that is drawn
DARK = 2.5  # times the median of all: an error that is drawn as dark as can be
MOST_NUMBERED = 12  # cameras up to which each cell says its number


def plot_coverage(
    metrics_path: str | Path, poses_path: str | Path, out: str | Path, *, session: str, skeleton: Skeleton
) -> None:
    """Draw a session's coverage over time, the views of each camera, and errors by camera and keypoint.

    Args:
        metrics_path: the table `session_metrics` of the session.
        poses_path: its table `poses3d`.
        out: the PNG that is written.
        session: its id.
        skeleton: its keypoints are drawn, in their order.
    """
    metrics = files.read(metrics_path, SESSION_METRICS)
    time, shares = read_coverage(poses_path)
    strips = list(individual_colors(set(shares) - {UNIQUE}))[:MOST_STRIPS]
    cameras = sorted(set(metrics["camera"]) - {ALL}, key=natural)
    heights = [0.3 * max(1, len(strips)) + 0.5, 0.19 * len(cameras) + 0.9, CELL * (len(skeleton.keypoints) + 1) + 0.8]
    title = f"Coverage and error by camera: {session}"
    with style.figure(out, width=9, height=sum(heights) + 0.3, title=title) as drawn:
        above, middle, below = drawn.subfigures(3, 1, height_ratios=heights)
        _strips(above, strips, time, shares, metrics)
        views, errors = middle.subplots(1, 2, sharey=True)
        _views(views, metrics, cameras)
        _errors(errors, metrics, cameras)
        _cells(below.subplots(), metrics, cameras, skeleton)


def read_coverage(poses_path: str | Path) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Read how much of each animal has a position in which state, over time.

    Returns the limits of bins of time f64[bin + 1], s, and of each individual the shares of its keypoints in each of
    STATES, f64[state, bin].
    """
    times = count_times(poses_path)
    bins = min(TIME_BINS, times)
    counts: dict[str, np.ndarray] = {}
    first, last = np.inf, -np.inf
    for batch in files.batches(poses_path, POSES3D, ["frame", "time", "individual", "state"], rows=files.ROW_GROUP):
        place = batch["frame"].to_numpy() * bins // times
        state = pc.index_in(batch["state"], value_set=pa.array(STATES)).to_numpy()
        for name in pc.unique(batch["individual"]).to_pylist():
            own = pc.equal(batch["individual"], name).to_numpy(zero_copy_only=False)
            total = counts.setdefault(name, np.zeros((len(STATES), bins)))
            np.add.at(total, (state[own], place[own]), 1)
        first, last = min(first, batch["time"][0].as_py()), max(last, batch["time"][-1].as_py())
    edges = np.linspace(first, last, bins + 1) if counts else np.zeros(1)
    return edges, {name: total / np.maximum(total.sum(axis=0), 1) for name, total in counts.items()}


def _strips(drawn: SubFigure, names: list[str], edges: np.ndarray, shares: dict[str, np.ndarray], metrics) -> None:
    """Draw over time how many of each animal's keypoints are measured, and bridged."""
    plots = drawn.subplots(max(1, len(names)), 1, sharex=True, squeeze=False)[:, 0]
    if not names:
        style.show_note(plots[0], "no positions")
        return
    colors = individual_colors(names)
    totals = metrics[(metrics["keypoint"] == ALL) & metrics["metric"].isin(STATES)]
    totals = totals.set_index(["individual", "metric"])["value"]
    for plot, name in zip(plots, names, strict=True):
        measured, bridged, _ = shares[name]
        plot.stairs(np.ones_like(measured), edges, fill=True, color=PALE, linewidth=0)
        plot.stairs(measured + bridged, edges, fill=True, color=WARN, linewidth=0)
        plot.stairs(measured, edges, fill=True, color=GOOD, linewidth=0)
        for state, color, across in (("measured", GOOD, 1.005), ("bridged", WARN, 1.055)):
            told = f"{totals[name, state]:.1%}"
            plot.text(across, 0.5, told, transform=plot.transAxes, va="center", fontsize=6.5, color=color)
        plot.set(ylim=(0, 1), yticks=[], xlim=(edges[0], edges[-1]))
        plot.set_ylabel(short_name(name), rotation=0, ha="right", va="center", color=colors[name], fontsize=7.5)
        plot.grid(visible=False)
        plot.spines[:].set_visible(False)
    plots[-1].set_xlabel("time (s)")
    _title(plots[0], "Keypoints over time: ", {"measured": GOOD, "bridged": WARN, "gap": MUTED})
    more = len(set(shares) - {UNIQUE}) - len(names)
    if more:
        plots[-1].set_title(f"and {more} more animals", loc="right", fontsize=7, fontweight="normal", color=MUTED)


def _title(plot: Axes, text: str, named: dict[str, str]) -> None:
    """Write a title that ends on the key: names in their colours."""
    made = plot.set_title(text)
    for name, color in named.items():
        made = plot.annotate(
            f"{name}  ", (1, 0), xycoords=made, va="bottom", color=color, fontsize=8, fontweight="bold"
        )


def _table(metrics: pd.DataFrame, metric: str, column: str = "value") -> pd.DataFrame:
    """The values of a metric, by camera (rows) and keypoint (columns)."""
    own = metrics[metrics["metric"] == metric]
    return own.pivot(index="camera", columns="keypoint", values=column)


def _views(plot: Axes, metrics: pd.DataFrame, cameras: list[str]) -> None:
    """Draw what becomes of what each camera could see."""
    seen, rejected, exchanged = (_table(metrics, name)[ALL][cameras] for name in ("seen", "rejected", "exchanged"))
    placed = _table(metrics, "rejected", "points")[ALL] / _table(metrics, "seen", "points")[ALL]
    placed = placed[cameras].fillna(0)
    parts = {
        "agrees": (placed * (1 - rejected - exchanged), GOOD),
        "exchanged": (placed * exchanged, WARN),
        "rejected": (placed * rejected, BAD),
        "alone": (seen - placed, MUTED),
    }
    left = np.zeros(len(cameras))
    for share, color in parts.values():
        share = share.fillna(0).to_numpy()
        plot.barh(range(len(cameras)), share, left=left, color=color, height=0.7, linewidth=0)
        left += share
    plot.set(xlim=(0, 1), ylim=(len(cameras) - 0.5, -0.5), xlabel="share of times and keypoints; rest: not seen")
    plot.set_yticks(range(len(cameras)), [readable(short_name(name)) for name in cameras], fontsize=7.5)
    plot.tick_params(axis="y", length=0)
    plot.grid(axis="y", visible=False)
    _title(plot, "Views: ", {name: color for name, (_, color) in parts.items()})


def _errors(plot: Axes, metrics: pd.DataFrame, cameras: list[str]) -> None:
    """Draw how far what each camera sees is from what the others say, and from the pose."""
    names = ("left_out_median", "left_out_p95", "reprojection_median")
    left_out, far, pose = (_table(metrics, name)[ALL][cameras].clip(lower=LEAST_ERROR) for name in names)
    rows = np.arange(len(cameras))
    plot.hlines(rows, left_out, far, color=INK, linewidth=1)
    plot.plot(left_out, rows, "o", color=INK, markersize=5)
    plot.plot(pose, rows, "o", markerfacecolor="white", color=GOOD, markersize=5)
    for row, value in zip(rows, left_out, strict=True):
        if np.isfinite(value):
            plot.text(1.01, row, f"{value:.1f}", transform=plot.get_yaxis_transform(), va="center", fontsize=7)
    plot.set(xscale="log", xlabel="distance (px); dot: median, line: to the 95th percentile")
    plot.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    plot.xaxis.set_major_formatter("{x:g}")
    plot.xaxis.set_minor_locator(NullLocator())
    plot.tick_params(axis="y", length=0)
    plot.grid(axis="y", visible=False)
    _title(plot, "Error: ", {"from what the others see": INK, "from the pose": GOOD})


def _cells(plot: Axes, metrics: pd.DataFrame, cameras: list[str], skeleton: Skeleton) -> None:
    """Draw the median errors of each camera and keypoint."""
    metric, said = "left_out_median", "from what the other cameras see"
    if _table(metrics, metric).isna().all(axis=None):
        metric, said = "reprojection_median", "from the pose"
    rows, columns = [ALL, *skeleton.keypoints], [ALL, *cameras]
    values = _table(metrics, metric).reindex(index=columns, columns=rows).to_numpy(float).T
    if np.isnan(values).all():
        style.show_note(plot, "no views to compare")
        return
    top = max(np.nanquantile(values, 0.95), DARK * values[0, 0], LEAST_ERROR)
    plot.imshow(values, aspect="auto", cmap="Blues", vmin=0, vmax=top)
    for row, column in np.argwhere(np.isfinite(values)) if len(cameras) <= MOST_NUMBERED else ():
        value = values[row, column]
        ink = "white" if value > 0.6 * top else INK
        plot.text(column, row, f"{value:.1f}", ha="center", va="center", fontsize=6.5, color=ink)
    plot.set_xticks(range(len(columns)), [readable(short_name(name)) for name in columns], fontsize=7.5)
    plot.set_yticks(range(len(rows)), [readable(short_name(name)) for name in rows], fontsize=7.5)
    plot.tick_params(length=0)
    plot.grid(visible=False)
    plot.spines[:].set_visible(False)
    plot.axhline(0.5, color="white", linewidth=2)
    plot.axvline(0.5, color="white", linewidth=2)
    plot.set_title(f"Median error by keypoint, px, {said}")

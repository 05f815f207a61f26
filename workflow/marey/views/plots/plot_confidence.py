"""Figure of how sure the network is of each keypoint over a video, with gaps and damaged frames, and their counts."""

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from marey.experiment.skeletons import Skeleton
from marey.tables import files
from marey.tables.quality import QUALITY
from marey.tables.smoothed import SMOOTHED
from marey.tables.tracks import TRACKS, UNIQUE
from marey.views.colors import BAD, MUTED, PALE, individual_colors, keypoint_colors
from marey.views.fonts import short_name
from marey.views.plots import style
from marey.views.quality import count_positions

MAX_TIME_BINS = 600  # about one per two pixels of the figure
MAX_PRESENCE_ROWS = 10  # that get a row of their own


def plot_confidence(
    tracks_path: str | Path,
    smoothed_path: str | Path,
    out: str | Path,
    quality_out: str | Path,
    *,
    skeleton: Skeleton,
    cut: float,
    provenance: dict | None = None,
) -> None:
    """Draw the confidences of a video's tracks with the gaps of its smoothed poses, a row per keypoint; count them.

    Several animals share the rows of keypoints; thin rows below say when each of the first ten is there.

    Args:
        tracks_path: table `tracks` of the video.
        smoothed_path: its table `smoothed`.
        out: the PNG that is written.
        quality_out: the table `quality` that is written, with counts of what is drawn.
        skeleton: its keypoints are the rows.
        cut: confidence below which positions count as missing (`smooth.min_confidence`), drawn as a line.
        provenance: metadata of the table.
    """
    poses = files.read(tracks_path, TRACKS, ["video", "time", "keypoint", "confidence", "fault"])
    columns = ["video", "time", "individual", "keypoint", "confidence", "state"]
    states = files.read(smoothed_path, SMOOTHED, columns)
    files.write(quality_out, count_positions(poses, states, cut=cut), QUALITY, provenance=provenance)
    _draw(out, poses, states, skeleton, cut)


def _draw(out: str | Path, poses: pd.DataFrame, states: pd.DataFrame, skeleton: Skeleton, cut: float) -> None:
    video = poses["video"].iloc[0] if len(poses) else "no frames"
    names = skeleton.keypoints
    colors = individual_colors(set(states["individual"]))
    animals = [name for name in colors if name != UNIQUE] if len(colors) > 1 else []
    shown = animals[:MAX_PRESENCE_ROWS]
    heights = [1] * len(names) + [0.3] * (len(shown) + 1)
    with style.figure(
        out, width=9, height=0.62 * len(names) + 0.19 * len(shown) + 1.3, title=f"Confidence: {video}"
    ) as drawn:
        rows = drawn.subplots(len(heights), 1, sharex=True, squeeze=False, height_ratios=heights)[:, 0]
        if poses.empty:
            for axes in rows:
                axes.axis("off")
            style.show_note(rows[0], "no frames")
            return
        edges, frames = _edges(poses["time"].to_numpy()), poses["time"].nunique()
        for axes, name, color in zip(rows, names, keypoint_colors(len(names)), strict=False):
            here = poses[(poses["keypoint"] == name) & ~poses["fault"]]
            _row(axes, here, states[states["keypoint"] == name], edges, color)
            axes.axhline(cut, color=MUTED, linewidth=0.6, linestyle=(0, (4, 3)))
            axes.set_ylabel(short_name(name), rotation=0, ha="right", va="center", color=color)
        of = "all animals; grey: part of them in a gap" if shown else "grey: gap"
        title = f"line: median, band: lowest to highest, dashed: cut at {cut:g}, {of}"
        rows[0].set_title(title, fontweight="normal")
        for axes, name in zip(rows[len(names) :], shown, strict=False):
            _presence(axes, states[states["individual"] == name], frames, edges, colors[name])
            axes.set_ylabel(short_name(name), rotation=0, ha="right", va="center", color=colors[name])
        if len(animals) > len(shown):
            rows[-1].set_title(f"and {len(animals) - len(shown)} more animals", fontsize=7, fontweight="normal")
        _faults(rows[-1], poses, edges)
        rows[-1].set_xlabel("time (s)")


def _edges(time: np.ndarray) -> np.ndarray:
    """Return the limits of at most `MAX_TIME_BINS` bins of whole frames."""
    frames = np.unique(time)
    count = min(MAX_TIME_BINS, len(frames))
    step = np.median(np.diff(frames)) if len(frames) > 1 else 1.0
    return np.linspace(frames[0] - step / 2, frames[-1] + step / 2, count + 1)


def _row(axes: Axes, rows: pd.DataFrame, states: pd.DataFrame, edges: np.ndarray, color: str) -> None:
    bins = np.digitize(rows["time"], edges[1:-1])
    binned = rows["confidence"].groupby(bins).agg(["min", "median", "max"]).reindex(range(len(edges) - 1))
    middle = (edges[1:] + edges[:-1]) / 2
    gaps = states[states["state"] == "gap"]
    lost = np.histogram(gaps["time"], edges)[0] / np.maximum(np.histogram(states["time"], edges)[0], 1)
    if states["individual"].nunique() == 1:
        lost = np.ceil(lost)
    axes.fill_between(middle, 0, lost, step="mid", color=PALE, linewidth=0, zorder=0)
    axes.fill_between(middle, binned["min"], binned["max"], color=color, alpha=0.25, linewidth=0, step="mid")
    axes.plot(middle, binned["median"], color=color, linewidth=0.9)
    axes.set(ylim=(0, 1.03), xlim=(edges[0], edges[-1]), yticks=[0, 1])
    axes.grid(visible=False)
    share = f"{len(gaps) / max(len(states), 1):.1%} in gaps"
    axes.text(1.005, 0.5, share, transform=axes.transAxes, va="center", fontsize=7, color=MUTED)


def _presence(axes: Axes, states: pd.DataFrame, frames: int, edges: np.ndarray, color: str) -> None:
    """Draw when one animal has a position for any keypoint (its colour), of a video of `frames`; light: it was lost."""
    there = states.loc[states["state"] != "gap", "time"].drop_duplicates()
    for times, paint in ((states["time"], PALE), (there, color)):
        filled = np.histogram(times, edges)[0] > 0
        axes.stairs(filled.astype(float), edges, fill=True, color=paint, linewidth=0)
    share = f"{len(there) / frames:.1%} there"
    axes.text(1.005, 0.5, share, transform=axes.transAxes, va="center", fontsize=7, color=MUTED)
    axes.set(yticks=[], ylim=(0, 1), xlim=(edges[0], edges[-1]))
    axes.spines[:].set_visible(False)
    axes.tick_params(bottom=False)
    axes.grid(visible=False)


def _faults(axes: Axes, poses: pd.DataFrame, edges: np.ndarray) -> None:
    times = np.unique(poses.loc[poses["fault"], "time"])
    axes.vlines(times, 0, 1, color=BAD, linewidth=0.8)
    axes.set(yticks=[], ylim=(0, 1), xlim=(edges[0], edges[-1]))
    axes.set_ylabel("damaged", rotation=0, ha="right", va="center", color=BAD)
    text = f"{len(times)} frames"
    axes.text(1.005, 0.5, text, transform=axes.transAxes, va="center", fontsize=7, color=MUTED)
    axes.grid(visible=False)

"""Figure of the error on the test frames: by keypoint, and as a cumulative curve."""

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from marey.evaluation.oks import SIGMA_OF_DEEPLABCUT
from marey.experiment.skeletons import Skeleton
from marey.tables import files
from marey.tables.metrics import METRICS, MIN_INTERVAL_GROUPS
from marey.tables.pooled import POOLED
from marey.views.colors import INK, MUTED, PALE, keypoint_colors
from marey.views.fonts import readable, short_name
from marey.views.plots import style
from marey.views.wording import count

ROW_HEIGHT = 0.2  # of a keypoint, inches
MAX_NAMED_CURVES, NAMED_WORST = 13, 5  # curves that all have a name; of more, how many do, besides that of all


def plot_errors(metrics_path: str | Path, predictions_path: str | Path, out: str | Path, *, skeleton: Skeleton) -> None:
    """Draw the errors of the test points of one fold, with their means and intervals.

    Points of missed animals count as not found; spurious animals have no label to be far from, and are told in words.

    Args:
        metrics_path: table `metrics` of the fold.
        predictions_path: its table `pooled`.
        out: the PNG that is written.
        skeleton: its keypoints are drawn, in their order.
    """
    metrics = files.read(metrics_path, METRICS)
    metrics = metrics[(metrics["part"] == "test") & (metrics["cut"] == 0)]
    points = files.read(predictions_path, POOLED)
    points = points[(points["part"] == "test") & points["true_x"].notna() & points["true_y"].notna()]
    points = points.assign(error=np.hypot(points["x"] - points["true_x"], points["y"] - points["true_y"]))
    height = max(3.6, 1.1 + ROW_HEIGHT * (len(skeleton.keypoints) + 1))
    with style.figure(out, width=9, height=height) as drawn:
        left, right = drawn.subplots(1, 2, width_ratios=[1.5, 1])
        if points["error"].notna().any():
            _by_keypoint(left, points, metrics, skeleton)
            _cumulative(right, points, skeleton)
            _animals(right, metrics)
        else:
            style.show_note(left, "no predicted test points")
            right.axis("off")


def _columns(points: pd.DataFrame, skeleton: Skeleton) -> list[tuple[str, str, np.ndarray]]:
    """(name, colour, error f[n] with NaN = missing) of all points together, then of each keypoint."""
    colors = keypoint_colors(len(skeleton.keypoints))
    columns = [("all", INK, points["error"].to_numpy())]
    for name, color in zip(skeleton.keypoints, colors, strict=True):
        columns.append((name, color, points.loc[points["keypoint"] == name, "error"].to_numpy()))
    return columns


def _by_keypoint(axes: Axes, points: pd.DataFrame, metrics: pd.DataFrame, skeleton: Skeleton) -> None:
    """Draw a row for all points and one for each keypoint: names stay readable, however many there are."""
    means = metrics[metrics["metric"] == "mean_error"].set_index("keypoint")
    rng = np.random.default_rng(0)  # jitter across the row only
    columns = _columns(points, skeleton)
    for place, (name, color, error) in enumerate(columns):
        error = error[np.isfinite(error)]
        shown = error[style.thin(len(error), 600)]
        axes.scatter(shown, place + rng.uniform(-0.3, 0.3, len(shown)), s=5, color=color, alpha=0.3, linewidths=0)
        if name in means.index and np.isfinite(means.loc[name, "value"]):
            value, low, high = means.loc[name, ["value", "low", "high"]].astype(float)
            axes.plot([value, value], [place - 0.36, place + 0.36], color=color, linewidth=2)
            axes.plot([low, high], [place, place], color=INK, linewidth=1)
            across = axes.get_yaxis_transform()
            axes.text(1.01, place, f"{value:.1f}", transform=across, va="center", fontsize=7)
    axes.axhline(0.5, color=PALE, linewidth=0.8)
    axes.set_yticks(range(len(columns)), [readable(short_name(name)) for name, _, _ in columns], fontsize=7.5)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="y", visible=False)
    groups = int(means["groups"].max()) if len(means) else 0
    why = f"\nno 95 % intervals: {count(groups, 'group')} of test frames, fewer than {MIN_INTERVAL_GROUPS}"
    told = why if means["low"].isna().all() else ""
    axes.set(ylim=(len(columns) - 0.5, -0.5), xlabel=f"distance to label (px){told}", title="Error by keypoint")
    axes.text(1.01, 1.01, "mean", transform=axes.transAxes, fontsize=7, color=MUTED)
    _clip(axes, points["error"].to_numpy())


def _clip(axes: Axes, error: np.ndarray) -> None:
    """End the axis a little above the 99th percentile, and say how many points lie further out."""
    error = error[np.isfinite(error)]
    top = 1.15 * np.quantile(error, 0.99)
    above = int((error > top).sum())
    if above and error.max() > 1.5 * top:
        axes.set_xlim(0, top)
        text = f"{count(above, 'point')} further out, up to {error.max():.0f} px"
        axes.set_title(text, loc="right", fontsize=7, fontweight="normal", color=MUTED)
    else:
        axes.set_xlim(0, None)


def _cumulative(axes: Axes, points: pd.DataFrame, skeleton: Skeleton) -> None:
    end = 1.1 * np.nanquantile(points["error"], 0.98)
    columns, heights = [c for c in _columns(points, skeleton) if len(c[2])], {}
    for name, color, error in reversed(columns):
        found = np.sort(error[np.isfinite(error)])
        share = np.arange(len(found) + 1) / len(error)  # of all labelled points: missing ones stay below 1
        width = 2.0 if name == "all" else 1.1
        axes.step(np.append(0, found), share, where="post", color=color, linewidth=width, zorder=2)
        heights[name] = share[np.searchsorted(found, end, side="right")]
        axes.hlines(share[-1], found[-1] if len(found) else 0, max(end, 0), color=color, linewidth=width)
    axes.set(xlim=(0, end), ylim=(0, 1.02), xlabel="distance (px)", ylabel="fraction of labelled points within")
    axes.set_title("Cumulative error")
    if len(columns) > MAX_NAMED_CURVES:
        worst = sorted(heights.keys() - {"all"}, key=heights.get)[:NAMED_WORST]
        columns = [column for column in columns if column[0] in ("all", *worst)]
        axes.set_title(f"named: the worst {NAMED_WORST}", loc="right", fontsize=7, fontweight="normal", color=MUTED)
    style.label_ends(axes, [heights[c[0]] for c in columns], [c[0] for c in columns], [c[1] for c in columns])


def _animals(axes: Axes, metrics: pd.DataFrame) -> None:
    """Say how whole animals were found, where frames show several: beside curves that only tell of labelled points."""
    named = metrics[metrics["keypoint"] == "all"].set_index("metric")
    lines = []
    for name, text in (("missed_animals", "missed"), ("spurious_animals", "spurious")):
        if name in named.index and np.isfinite(named.loc[name, "value"]):
            value, animals = named.loc[name, ["value", "points"]]
            lines.append(f"{round(value * animals)} {text} ({value:.1%} of the labelled)")
    whole = f"oks_map@{SIGMA_OF_DEEPLABCUT:g}"
    if whole in named.index and lines:
        lines = [f"{named.loc['missed_animals', 'points']} animals", *lines]
        lines.append(f"mAP (OKS, sigma {SIGMA_OF_DEEPLABCUT:g}) {named.loc[whole, 'value']:.3f}")
        axes.text(0.98, 0.03, "\n".join(lines), transform=axes.transAxes, ha="right", color=MUTED, fontsize=7)

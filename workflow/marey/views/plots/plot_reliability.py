"""Figure of whether confidence and sigma mean what they say: a reliability diagram, and error against sigma."""

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from marey.evaluation import residuals
from marey.tables import files
from marey.tables.metrics import METRICS
from marey.tables.pooled import POOLED
from marey.views.colors import GOOD, INK, MUTED, WARN
from marey.views.plots import style

MAX_RELIABILITY_BINS, MIN_BIN_POINTS = 8, 8  # bins of equal counts, and the points that each holds at least
NORMAL_QUANTILE = 1.96  # of a 95 % interval
GAUSSIAN_PARTS = {1: 0.393, 2: 0.865}  # parts of a two-dimensional Gaussian within 1 and 2 standard deviations


def plot_reliability(predictions_path: str | Path, metrics_path: str | Path, out: str | Path) -> None:
    """Draw the test points of table `pooled`, with the metrics of table `metrics`, to `out`.

    Where frames show several animals, positions of animals that are not there count as wrong.
    """
    points = residuals.judged_points(files.read(predictions_path, POOLED))
    points = points[points["part"] == "test"]
    points = points.assign(error=residuals.miss_distances(points)).dropna(subset=["error"])
    values = files.read(metrics_path, METRICS)
    chosen = (values["part"] == "test") & (values["cut"] == 0) & (values["keypoint"] == "all")
    values = values[chosen].set_index("metric")["value"]
    with style.figure(out, width=9, height=4) as drawn:
        left, right = drawn.subplots(1, 2)
        judged = points.dropna(subset=["tolerance"])
        if judged.empty:
            style.show_note(left, "no test points with a tolerance")
        else:
            _reliability(left, judged, values)
        there = judged[judged["sigma_px"].notna() & (judged["error"] <= judged["tolerance"])]
        if there.empty:
            style.show_note(right, "no sigma: too few validation points")
        else:
            _errors(right, there, values)


def bin_means(score: np.ndarray, value: np.ndarray) -> pd.DataFrame:
    """Compute the means of `score` and `value` f64[n], and the count, in bins of about equal counts along the score."""
    count = max(1, min(MAX_RELIABILITY_BINS, len(score) // MIN_BIN_POINTS))
    order = np.argsort(score, kind="stable")
    bins = np.empty(len(score), int)
    bins[order] = np.arange(len(score)) * count // len(score)
    bins = pd.Series(bins).groupby(score).transform("min")  # equal scores share a bin
    table = pd.DataFrame({"score": score, "value": value}).groupby(bins)
    return table.agg(score=("score", "mean"), value=("value", "mean"), count=("value", "size"))


def wilson_interval(part: np.ndarray, count: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Compute the 95 % interval of a proportion (Wilson, JASA 1927): it never leaves 0 to 1, whatever the count."""
    z = NORMAL_QUANTILE
    middle = (part + z**2 / (2 * count)) / (1 + z**2 / count)
    half = z / (1 + z**2 / count) * np.sqrt(part * (1 - part) / count + z**2 / (4 * count**2))
    return middle - half, middle + half


def _reliability(axes: Axes, points: pd.DataFrame, values: pd.Series) -> None:
    right = (points["error"] <= points["tolerance"]).to_numpy(np.float64)
    axes.plot([0, 1], [0, 1], color=MUTED, linewidth=0.8, linestyle=(0, (4, 3)))
    for name, color, label in (("raw_confidence", WARN, "before"), ("confidence", GOOD, "calibrated")):
        bins = bin_means(points[name].to_numpy(np.float64), right)
        low, high = wilson_interval(bins["value"], bins["count"])
        axes.vlines(bins["score"], low, high, color=color, linewidth=1, alpha=0.6)
        axes.plot(bins["score"], bins["value"], "o-", color=color, markersize=4, label=label)
    axes.plot(
        points["confidence"], np.full(len(points), -0.03), "|", color=GOOD, alpha=0.4, markersize=5, clip_on=False
    )
    tolerance = points["tolerance"].iloc[0]
    axes.set(xlim=(0, 1.01), ylim=(-0.05, 1.02), xlabel="confidence", aspect="equal")
    axes.set_ylabel(f"part within {tolerance:.1f} px of the label")
    axes.set_title(f"Confidence (calibration error {values['calibration_error']:.1%})")
    axes.legend(loc="upper left")


def _errors(axes: Axes, points: pd.DataFrame, values: pd.Series) -> None:
    sigma, error = points["sigma_px"].to_numpy(np.float64), points["error"].to_numpy(np.float64)
    bins = bin_means(sigma, error**2 / 2)
    end = 1.06 * max(sigma.max(), np.sqrt(bins["value"].max()))
    line = np.array([0, end])
    for times, style_of in ((1, "-"), (2, (0, (4, 3)))):
        inside = values[f"within_{times}_sigma"]
        label = f"{times} sigma: {inside:.0%} of the points are below (expected: {GAUSSIAN_PARTS[times]:.0%})"
        axes.plot(line, times * line, color=MUTED, linewidth=0.9, linestyle=style_of, label=label)
    shown = style.thin(len(error))
    axes.scatter(sigma[shown], error[shown], s=6, color=GOOD, alpha=0.35, linewidths=0)
    axes.plot(bins["score"], np.sqrt(bins["value"]), "D-", color=INK, markersize=4, label="per axis, in bins")
    axes.set(xlim=(0, end), ylim=(0, max(1.15 * np.quantile(error, 0.99), 2.2 * end)))
    axes.set(xlabel="sigma (px)", ylabel="distance to label (px)")
    axes.set_title(f"Sigma (error per axis is {values['sigma_ratio']:.2f} sigma)")
    axes.legend(loc="upper left", fontsize=7)

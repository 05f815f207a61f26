"""Figure of a training: losses, learning rate and validation error over the optimiser's steps."""

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import LogFormatter

from marey.tables import files
from marey.tables.history import HISTORY
from marey.views.colors import GOOD, INK
from marey.views.plots import style

LOSS_COLORS = {
    "loss": INK,
    "heatmap_loss": "#0072b2",
    "affinity_loss": "#009e73",
    "identity_loss": "#cc79a7",
}
ALWAYS_SHOWN_LOSSES = ("loss", "heatmap_loss")  # the others are 0 where nothing asks for them


def plot_training(history_path: str | Path, out: str | Path) -> None:
    """Draw a table `history` to `out`: losses (steps light, running median dark), learning rate, validation error."""
    steps = files.read(history_path, HISTORY)
    with style.figure(out, width=9, height=3) as drawn:
        losses, rate, error = drawn.subplots(1, 3, width_ratios=[1.5, 1, 1.2])
        _losses(losses, steps)
        _rate(rate, steps)
        _validation(error, steps)


def _losses(axes: Axes, steps: pd.DataFrame) -> None:
    window = max(1, len(steps) // 30)
    ends = []
    shown = {name: color for name, color in LOSS_COLORS.items() if name in ALWAYS_SHOWN_LOSSES or steps[name].any()}
    for name, color in shown.items():
        smooth = steps[name].rolling(window, center=True, min_periods=1).median()
        axes.plot(steps["step"], steps[name], color=color, alpha=0.2, linewidth=0.6)
        axes.plot(steps["step"], smooth, color=color)
        ends.append(smooth.iloc[-1] if len(smooth) else np.nan)
    positive = steps[list(shown)].to_numpy()
    if (positive > 0).any():
        axes.set_yscale("log")
        axes.yaxis.set_major_formatter("{x:g}")
        axes.yaxis.set_minor_formatter(LogFormatter(minor_thresholds=(2, 0.4)))
    axes.set(title=f"Loss (light: each step; dark: median of {window})", xlabel="step", ylabel="loss")
    names = [name.removesuffix("_loss") if name != "loss" else "total" for name in shown]
    for color, name, end in zip(shown.values(), names, ends, strict=True):
        axes.annotate(
            name,
            (1, end),
            xycoords=axes.get_yaxis_transform(),
            xytext=(3, 5 if name == "total" else -5 if name == "heatmap" else 0),
            textcoords="offset points",
            color=color,
            va="center",
        )


def _rate(axes: Axes, steps: pd.DataFrame) -> None:
    highest = steps["learning_rate"].max()
    power = int(np.floor(np.log10(highest * 1.01))) if highest > 0 else 0
    axes.plot(steps["step"], steps["learning_rate"] / 10.0**power, color=INK)
    axes.set(title="Learning rate", xlabel="step", ylabel=f"learning rate (1e{power})", ylim=(0, None))


def _validation(axes: Axes, steps: pd.DataFrame) -> None:
    looks = steps.dropna(subset=["validation_error"])
    if looks.empty:
        style.show_note(axes, "no validation frames")
        return
    axes.plot(looks["step"], looks["validation_error"], "o-", color=GOOD, markersize=3)
    last = looks.iloc[-1]
    axes.annotate(
        f"{last['validation_error']:.2f} px",
        (last["step"], last["validation_error"]),
        xytext=(0, 7),
        textcoords="offset points",
        ha="right",
        color=GOOD,
    )
    axes.set(title="Validation error", xlabel="step", ylabel="mean error (px)", ylim=(0, None))
    axes.set_xlim(0, steps["step"].max() * 1.02)

"""Figure of the lengths of limbs over time: bones do not grow, so what they do says how good poses in space are."""

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from marey.experiment.skeletons import Skeleton
from marey.multiview.motion import MAD_TO_SD
from marey.tables import files
from marey.tables.cameras import CAMERAS
from marey.tables.tracks import UNIQUE
from marey.views.colors import INK, MUTED, individual_colors
from marey.views.fonts import short_name
from marey.views.plots import style
from marey.views.space import read_thinned

MOST_TIMES = 4000
LEAST_SHOWN, MOST_SHOWN = 0.1, 0.5  # of its median, that a limb is shown to be shorter or longer by
MOST_TOLD = 3  # animals whose figures stand beside, each on a line
ROW = 0.42  # height of a limb, inches


def plot_limbs(
    cameras_path: str | Path, poses_path: str | Path, out: str | Path, *, session: str, skeleton: Skeleton
) -> None:
    """Draw the length of each limb over time, as a share of its median; its median and variation stand beside.

    Of one animal bridged times are light; of several each has its colour.

    Args:
        cameras_path: the table `cameras` of the session.
        poses_path: its table `poses3d`.
        out: the PNG that is written.
        session: its id.
        skeleton: its lines are the limbs.
    """
    unit = files.read(cameras_path, CAMERAS, ["unit"])["unit"].iloc[0]
    rows = read_thinned(poses_path, ["time", "individual", "keypoint", *"xyz", "state"], times=MOST_TIMES)
    rows = rows[rows["individual"] != UNIQUE]
    colors = individual_colors(set(rows["individual"]))
    count = max(1, len(skeleton.edges))
    with style.figure(out, width=9, height=ROW * count + 1.2, title=f"Limb lengths: {session}") as drawn:
        plots = drawn.subplots(count, 1, sharex=True, sharey=True, squeeze=False)[:, 0]
        if rows["x"].isna().all() or not skeleton.edges:
            for plot in plots:
                plot.axis("off")
            why = "no positions" if skeleton.edges else "the config's `skeleton` has no lines"
            style.show_note(plots[0], why)
            return
        ends = [[skeleton.keypoints[end] for end in edge] for edge in skeleton.edges]
        limbs = [{name: limb_lengths(rows, name, *names) for name in colors} for names in ends]
        reach = _reach(limbs)
        for plot, names, own in zip(plots, ends, limbs, strict=True):
            _draw(plot, own, colors, reach)
            _tell(plot, own, colors, unit)
            label = " \N{EN DASH} ".join(map(short_name, names))
            plot.set_ylabel(label, rotation=0, ha="right", va="center", fontsize=7)
        of = ", the middle of all animals" if len(colors) > MOST_TOLD else ""
        told = f"each as a share of its median; right: median, and standard deviation as a share of it{of}"
        plots[0].set_title(told, fontweight="normal")
        plots[-1].set(xlabel="time (s)", xlim=(rows["time"].min(), rows["time"].max() or 1))
        if len(colors) > 1:
            style.individual_key(drawn, colors)


def limb_lengths(rows: pd.DataFrame, individual: str, one: str, other: str) -> pd.DataFrame:
    """Compute how long a limb is at each time.

    Args:
        rows: of table `poses3d`, columns time, individual, keypoint, x, y, z and state.
        individual: name of the animal.
        one: keypoint at one end.
        other: keypoint at the other.

    Returns:
        Columns `length`, NaN where an end has no position, and `measured`, whether both ends are; index time.
    """
    own = rows[rows["individual"] == individual]
    ends = [own[own["keypoint"] == name].set_index("time") for name in (one, other)]
    between = ends[0][list("xyz")].astype(float) - ends[1][list("xyz")].astype(float)
    measured = [end["state"].eq("measured") for end in ends]
    length = np.linalg.norm(between, axis=1)
    return pd.DataFrame({"length": length, "measured": measured[0] & measured[1]}, index=between.index)


def _middle(limb: pd.DataFrame) -> float:
    return limb["length"][limb["measured"]].median()


def _reach(limbs: list[dict[str, pd.DataFrame]]) -> float:
    """How far all limbs are shown to be from their medians: as far as nearly all of them are at all times."""
    away = [(limb["length"] / _middle(limb) - 1).abs() for own in limbs for limb in own.values()]
    return float(np.clip(np.ceil(11 * pd.concat(away).quantile(0.995)) / 10, LEAST_SHOWN, MOST_SHOWN))


def _draw(plot: Axes, limbs: dict[str, pd.DataFrame], colors: dict[str, str], reach: float) -> None:
    for name, limb in limbs.items():
        ratio = (limb["length"] / _middle(limb)).clip(1 - reach, 1 + reach)
        plot.plot(ratio.index, ratio, color=MUTED, linewidth=0.7, alpha=0.5)
        color = colors[name] if len(limbs) > 1 else INK
        plot.plot(ratio.index, ratio.where(limb["measured"]), color=color, linewidth=0.8)
    plot.axhline(1, color=MUTED, linewidth=0.6, linestyle=(0, (4, 3)), zorder=1)
    plot.set(ylim=(1 - reach, 1 + reach), yticks=[1 - reach, 1 + reach])
    plot.set_yticklabels([f"{1 - reach:.0%}", f"{1 + reach:.0%}"], fontsize=6)
    plot.grid(axis="y", visible=False)


def _tell(plot: Axes, limbs: dict[str, pd.DataFrame], colors: dict[str, str], unit: str) -> None:
    """Write median and variation of each animal, or of more than a few that of the middle one."""
    found = []
    for name, limb in limbs.items():
        middle = _middle(limb)
        away = (limb["length"] - middle)[limb["measured"]].abs()
        if middle > 0:
            found.append((middle, MAD_TO_SD * away.median() / middle, colors[name] if len(limbs) > 1 else INK))
    if len(found) > MOST_TOLD:
        found = [(*np.median([each[:2] for each in found], axis=0), INK)]
    for at, (middle, spread, color) in enumerate(found):
        place = 0.5 + 0.38 * ((len(found) - 1) / 2 - at)
        text = f"{middle:.3g} {unit}, {spread:.1%}"
        plot.text(1.005, place, text, transform=plot.transAxes, va="center", fontsize=6.5, color=color)

"""Sessions in space as the report shows them: how far their cameras agree, and their clips and figures."""

from collections.abc import Collection, Mapping

import numpy as np
import pandas as pd

from marey.tables.session_metrics import ALL
from marey.tables.sync import CANNOT_BE_TOLD, IN_STEP, OFF_BY, WHOLE
from marey.views import exhibits
from marey.views.exhibits import find_exhibits
from marey.views.listings import MAX_ROWS, Table
from marey.views.media import MediaBudget
from marey.views.summary import Tile
from marey.views.wording import NO_BREAK_SPACE, amount, count, percent

MAX_CARDS = 6  # sessions whose clips and figures are in the page
SURE_MARGIN = 0.5  # of a track that is listed as one of its individual
MIN_MEASURED, MAX_REJECTED = 0.8, 0.1  # of a session that needs no look: positions, views that disagree
SHARES = ("measured", "bridged", "rejected")
DISTANCES = ("left_out_median", "left_out_p95", "reprojection_median")


def overall(metrics: pd.DataFrame, metric: str) -> float:
    """Find a metric over all cameras, animals and keypoints in a table `session_metrics`; NaN where it has none."""
    rows = metrics[(metrics["metric"] == metric) & metrics[["camera", "individual", "keypoint"]].eq(ALL).all(axis=1)]
    return float(rows["value"].iloc[0]) if len(rows) else np.nan


def ranked(sessions: Mapping[str, pd.DataFrame]) -> list[str]:
    """List the sessions, those whose cameras agree least first."""
    return sorted(sessions, key=lambda name: -np.nan_to_num(overall(sessions[name], DISTANCES[0]), nan=-1))


def tiles(sessions: Mapping[str, pd.DataFrame]) -> list[Tile]:
    """Make the tile of all sessions; none where there are no sessions."""
    if not sessions:
        return []
    measured, error = (
        pd.Series([overall(each, name) for each in sessions.values()]).median() for name in ("measured", DISTANCES[0])
    )
    notes = [f"{_distance(error)} between cameras (median)"] if np.isfinite(error) else []
    notes.append(count(len(sessions), "session"))
    doubtful = sum(_doubtful(metrics) for metrics in sessions.values())
    if doubtful:
        notes.append(f"{doubtful:,} to look at")
    return [Tile("In space, measured", _share(measured), notes, "warn" if doubtful else "good", "sessions")]


def _doubtful(metrics: pd.DataFrame) -> bool:
    """Decide whether a session needs a look: much of it has no position, or cameras contradict each other."""
    return not (overall(metrics, "measured") >= MIN_MEASURED and not overall(metrics, "rejected") > MAX_REJECTED)


def sessions_table(
    sessions: Mapping[str, pd.DataFrame],
    sync: Mapping[str, pd.DataFrame],
    matches: Mapping[str, pd.DataFrame],
    unfinished: Collection[str] = (),
) -> Table:
    """List how good the poses of each session are.

    Its table `sync` says whether its cameras are in step, its table `matches`, of several animals, whether it is sure
    which of their tracks are one individual. Of those that are `unfinished` nothing is listed.
    """
    columns = ["session", "cameras", "in step", "animals", *(["tracks matched"] if matches else [])]
    columns += ["measured", "bridged", "views rejected"]
    columns += ["error, median", "error, 95th percentile", "from the pose", "limbs vary by"]
    rows = []
    for name in ranked(sessions):
        metrics = sessions[name]
        shares = [_share(overall(metrics, metric)) for metric in SHARES]
        distances = [_distance(overall(metrics, metric)) for metric in DISTANCES]
        limbs = metrics.loc[metrics["metric"] == "limb_variation", "value"].median()
        cameras, animals = (str(metrics[column].nunique() - 1) for column in ("camera", "individual"))  # without `all`
        about = [name, cameras, in_step(sync[name]) if name in sync else "-", animals]
        about += [matched(matches[name]) if name in matches else "-"] if matches else []
        rows.append([*about, *shares, *distances, _share(limbs)])
    more = (
        [f"and {len(rows) - MAX_ROWS:,} more: see the tables session_metrics/*.parquet"] if len(rows) > MAX_ROWS else []
    )
    pairs = [name for name in ranked(sessions) if sessions[name]["camera"].nunique() - 1 == 2]
    if pairs:
        more.append(f"an error against the other cameras takes three: there is none of {', '.join(pairs[:MAX_ROWS])}")
    if unfinished:
        more.append(f"not finished, and so left out: {', '.join(sorted(unfinished))}")
    return Table(columns, rows[:MAX_ROWS], ("session",), "; ".join(more))


def in_step(sync: pd.DataFrame) -> str:
    """Say by a table `sync` whether all cameras are in step, or which are not, and by how many frames."""
    whole = sync[(sync["window"] == WHOLE) & (sync["camera"] != sync["reference"])]
    off = whole[whole["verdict"] == OFF_BY]
    if len(off):
        return ", ".join(f"{row.camera} off by {row.offset_frames:+.1f} frames" for row in off.itertuples())
    return "yes" if (whole["verdict"] == IN_STEP).all() else CANNOT_BE_TOLD


def matched(matches: pd.DataFrame) -> str:
    """Say by a table `matches` how many tracks there are, and of how many it is unsure whose they are."""
    unsure = int(((matches["margin"] < SURE_MARGIN) | matches["individual"].isna()).sum())
    return f"{len(matches)}, {unsure} to look at" if unsure else str(len(matches))


def session_cards(room: MediaBudget, sessions: Mapping[str, pd.DataFrame]) -> list[dict]:
    """Describe the sessions that most need a look, with their clips and figures."""
    found = []
    for name in ranked(sessions)[:MAX_CARDS]:
        clips, figures = (
            find_exhibits(room, kind, session=name) for kind in (exhibits.SESSION_CLIPS, exhibits.SESSION_FIGURES)
        )
        if clips or figures:
            found.append({"session": name, "clips": clips, "figures": figures})
    return found


def _share(value: float) -> str:
    return percent(value) if np.isfinite(value) else "-"


def _distance(value: float) -> str:
    return f"{amount(value)}{NO_BREAK_SPACE}px" if np.isfinite(value) else "-"

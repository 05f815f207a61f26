"""Tables of the report, as rows of text or, for links, of HTML."""

from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import quote

import pandas as pd
from markupsafe import Markup

from marey.tables import files, places
from marey.tables.metrics import METRICS, MIN_INTERVAL_GROUPS
from marey.tables.probe import STATUSES, USABLE
from marey.tables.splits import PARTS
from marey.views import exhibits
from marey.views.summary import Estimate, metric_estimate
from marey.views.wording import NO_BREAK_SPACE, amount, duration, percent

MAX_ROWS = 12  # rows of a list whose whole is in a table of the results
MAX_FAULT_ROWS = 40  # rows of faulty videos
METRIC_NAMES = {
    "mean_error": "mean error",
    "median_error": "median error",
    "p95": "95th percentile of the error",
    "missing_rate": "points not found",
    "calibration_error": "calibration error of the confidence",
    "missed_animals": "missed animals",
    "spurious_animals": "spurious animals, per labelled one",
}
THRESHOLD_METRIC_NAMES = {"pck": "points within", "oks_map": "OKS mAP, sigma", "oks_mar": "OKS mAR, sigma"}
TRACK_METRIC_ORDER = ("idf1", "hota", "mota", "switches", "missed", "spurious")
LINKED_FIGURES = {
    "clip": exhibits.VIDEO_CLIPS,
    "paths": exhibits.VIDEO_FIGURES,
    "confidence": exhibits.VIDEO_FIGURES,
    "review": exhibits.REVIEW_CLIPS,
}


class Table(NamedTuple):
    """A table of the page: `text` columns are aligned left; `more` says what of it is left out."""

    columns: list[str]
    rows: list[list[str]]
    text: tuple[str, ...] = ()
    more: str = ""


def _shortened(columns: list[str], rows: list[list[str]], text: tuple[str, ...], length: int, where: str, most: int):
    """Make a table of the first `most` of `length` rows."""
    more = f"and {length - most:,} more: see {where}" if length > most else ""
    return Table(columns, rows, text, more)


def _tables(name: str) -> str:
    return f"the tables {places.every(places.TABLES[name])}"


def scales_table(scales: pd.DataFrame) -> Table:
    """List at which scale each video was analysed by a model of another experiment, the least sure first."""
    columns = ["video", "size of the animals", "scale", "found by", "confidence", "frames with an animal"]
    rows = [
        [
            row.video,
            f"{row.size:.0f}{NO_BREAK_SPACE}px" if row.sized_frames else "not known",
            f"{row.scale:.3g}",
            {"measured": "measuring", "config": "model.scale", "others": "other videos"}[row.source],
            f"{row.confidence:.2f}",
            f"{row.sized_frames} of {row.frames}",
        ]
        for row in scales.sort_values("confidence", kind="stable").itertuples(index=False)
    ]
    text = ("video", "found by")
    return _shortened(columns, rows[:MAX_ROWS], text, len(rows), _tables("scales"), MAX_ROWS)


def adaptation_table(rounds: pd.DataFrame) -> Table:
    """List the rounds in which a model of another experiment was trained further for these videos."""
    columns = ["round", "rendered images", "pseudo-labelled frames", "steps", "disagreement", "error, rendered", "kept"]
    rows = [
        [
            str(row.round),
            f"{row.images + row.made:,}",
            f"{row.pseudo_labels:,}",
            f"{row.steps:,}",
            f"{row.disagreement_before:.3f} to {row.disagreement_after:.3f} body lengths" if row.steps else "",
            f"{row.error_before:.3f} to {row.error_after:.3f} body lengths" if row.steps else "",
            "yes" if row.kept else "no",
        ]
        for row in rounds.itertuples(index=False)
    ]
    left_out = "; ".join(rounds["left_out"].iloc[0]) if len(rounds) else ""
    return Table(columns, rows, ("disagreement", "error, rendered", "kept"), left_out)


def forgotten_table(models: pd.DataFrame) -> Table:
    """List what models that were trained further gained here, and what they forgot of what they had learnt before."""
    columns = ["fold", "seed", "error on validation frames", "error on held-out rendered images"]
    rows = [
        [
            str(row.fold),
            str(row.seed),
            f"{row.validation_error_before:.2f} to {row.validation_error_after:.2f} px",
            f"{row.replay_error_before:.2f} to {row.replay_error_after:.2f} px of the network's input",
        ]
        for row in models.itertuples(index=False)
    ]
    return Table(columns, rows, tuple(columns[2:]))


def faults_table(videos: pd.DataFrame) -> Table:
    """List the videos in whose files something was found, the worst first."""
    found = videos[(videos["status"] != "") & ((videos["status"] != "ok") | (videos["detail"] != ""))]
    found = found.assign(worst=[-STATUSES.index(status) for status in found["status"]])
    shown = found.sort_values("worst", kind="stable").head(MAX_FAULT_ROWS)
    rows = [[row.Index, row.status.replace("_", " "), f"{row.frames:,}", row.detail] for row in shown.itertuples()]
    columns, text = ["video", "state", "frames", "detail"], ("video", "state", "detail")
    return _shortened(columns, rows, text, len(found), _tables("probe"), MAX_FAULT_ROWS)


def moments_table(found: pd.DataFrame) -> Table:
    """List the likeliest moments in which two animals may have been exchanged, from rows of table `review`."""
    rows = []
    for row in found.head(MAX_ROWS).itertuples():
        clip = Markup('<a href="{}">{}</a>').format(_links(row.video, review=True)["review"], row.video)
        time = f"{row.time:.1f}{NO_BREAK_SPACE}s"
        rows.append([clip, f"{row.frame:,}", time, f"{row.first}, {row.second}", percent(row.probability)])
    columns, text = ["video", "frame", "time", "animals", "probability"], ("video", "animals")
    return _shortened(columns, rows, text, len(found), _tables("review"), MAX_ROWS)


def suspects_table(found: pd.DataFrame, *, several: bool) -> Table:
    """List the most suspicious labels, from rows of table `suspects`; with `several` animals their individuals too."""
    rows = []
    for row in found.head(MAX_ROWS).itertuples():
        label = row.keypoint if pd.isna(row.other) else f"{row.keypoint}, {row.other}"
        source = "" if pd.isna(row.row) else f"{row.source}, row {int(row.row)}"
        who = f"{row.individual}: " if several else ""
        kind = {"model": row.kind, "views": f"{row.kind} (other cameras)", "both": f"{row.kind} (other cameras, too)"}
        rows.append([row.video, f"{row.frame:,}", f"{who}{label}", kind[row.evidence], f"{row.score:.1f}", source])
    columns, text = ["video", "frame", "label", "kind", "score", "where"], ("video", "label", "kind", "where")
    return _shortened(columns, rows, text, len(found), places.TABLES["suspects"], MAX_ROWS)


def splits_table(splits: pd.DataFrame) -> Table:
    """Count the labelled frames that train, validate and test in each fold."""
    sizes = splits.groupby(["fold", "part"]).size().unstack(fill_value=0).reindex(columns=list(PARTS), fill_value=0)
    rows = [[str(fold), *map(str, row)] for fold, row in zip(sizes.index, sizes.to_numpy(), strict=True)]
    return Table(["fold", *PARTS], rows, ("fold",))


def people_table(found: pd.DataFrame, metrics: pd.DataFrame) -> Table:
    """List how far two people's labels are apart, by keypoint, beside the error of the model on test frames.

    From rows of the tables `disagreements` and `metrics`. A model cannot be told to be better than people agree.
    """
    rows = []
    for keypoint, part in [*found.groupby("keypoint", sort=False), *([("all", found)] if len(found) else [])]:
        apart = part["distance"].dropna()
        error = metric_estimate(metrics, "median_error", keypoint=str(keypoint)).value
        told = sum(part["visibility"] != part["visibility_other"])
        between = [amount(value) for value in apart.quantile([0.5, 0.9])] if len(apart) else [""] * 2
        model = amount(error) if len(metrics) else ""
        rows.append([str(keypoint), f"{len(part):,}", *between, f"{told:,}", model])
    columns = ["keypoint", "points", "median, px", "90 %, px", "other visibility", "model: median error, px"]
    return Table(columns, rows, ("keypoint",))


def metric_columns(metrics: pd.DataFrame, overall: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Name the columns of `metrics_table`: over all folds, where there are several, and each.

    From rows of table `metrics` with the column fold, and those over all.
    """
    columns = {f"fold {fold}": part for fold, part in metrics.groupby("fold")}
    return {"all folds": overall, **columns} if len(columns) > 1 and "fold" not in overall else columns


def metrics_table(columns: Mapping[str, pd.DataFrame]) -> Table:
    """List the metrics on test frames, a column for each of some tables `metrics`; and why there are no intervals."""
    every = pd.concat(columns.values()) if columns else files.empty(METRICS)
    test = every[(every["part"] == "test") & (every["keypoint"] == "all") & (every["cut"] == 0)]
    units, rows = test.drop_duplicates("metric").set_index("metric")["unit"], []
    for metric, unit in units.items():
        kind, _, limit = metric.partition("@")
        if metric in METRIC_NAMES:
            name = METRIC_NAMES[metric]
        elif kind in THRESHOLD_METRIC_NAMES:
            name = f"{THRESHOLD_METRIC_NAMES[kind]} {limit.replace('px', ' px').replace('body', ' body lengths')}"
        else:
            continue
        shown = "" if kind.startswith("oks") else unit
        rows.append([name, *[_cell(metric_estimate(part, metric), shown) for part in columns.values()]])
    groups = {name: metric_estimate(part, "missing_rate").groups for name, part in columns.items()}
    few = [f"{name}: {number}" for name, number in groups.items() if number < MIN_INTERVAL_GROUPS]
    why = f"No interval below {MIN_INTERVAL_GROUPS} groups of test frames ({', '.join(few)}): it would be too narrow."
    return Table(["metric", *columns], rows, ("metric",), why if few else "")


def _cell(found: Estimate, unit: str) -> str:
    said, suffix = (percent, "") if unit == "fraction" else (amount, f"{NO_BREAK_SPACE}px" if unit == "px" else "")
    inside = f" ({said(found.low)} to {said(found.high)})" if pd.notna(found.low) else ""
    return f"{said(found.value)}{suffix}{inside}"


def track_metrics_table(found: pd.DataFrame) -> Table:
    """List the metrics of tracks, a row for each video with labelled frames, the worst first."""
    wide = found.pivot(index="video", columns="metric", values="value")
    wide = wide[[name for name in TRACK_METRIC_ORDER if name in wide]]
    wide = wide.sort_values("idf1", kind="stable") if "idf1" in wide else wide
    rows = [[video, *map(amount, row)] for video, row in zip(wide.index, wide.head(MAX_ROWS).to_numpy(), strict=False)]
    columns = ["video", *[name.upper() if name in TRACK_METRIC_ORDER[:3] else name for name in wide.columns]]
    return _shortened(columns, rows, ("video",), len(wide), _tables("track_metrics"), MAX_ROWS)


def video_rows(found: pd.DataFrame) -> list[dict]:
    """Describe all videos, a dict each: those without poses first, then by the share of positions of low confidence."""
    unsure = (found["low"] / found["positions"]).where(found["done"], 2).fillna(0)
    ordered = found.assign(unsure=unsure).sort_values("unsure", ascending=False, kind="stable")
    return [_video(row) for row in ordered.itertuples()]


def _video(row) -> dict:
    known = row.positions > 0
    return {
        "video": row.Index,
        "state": _state(row),
        "frames": f"{row.frames:,}",
        "length": duration(row.duration),
        "labelled": f"{row.labelled:,}",
        "bar": _bar(row) if known else None,
        "low": percent(row.low / row.positions) if known else "",
        "damaged": percent(row.damaged / row.positions) if known else "",
        "left_out": f"{row.left_out:,.0f}" if row.poses > 0 else "",
        "moments": f"{row.moments:,}",
        "links": _links(row.Index, review=row.moments > 0) if row.done else {},
    }


def _state(row) -> str:
    if row.status == "":
        return "not read yet"
    if row.outside:
        return f"asked for {row.outside}"
    if row.status in USABLE and not row.done:
        return f"{percent(row.analysed / row.planned)} analysed" if row.planned else "not analysed"
    return "done" if row.status == "ok" else row.status.replace("_", " ")


def _bar(row) -> dict[str, str]:
    """Return the widths of a bar's parts in percent."""
    bridged, lost = (100 * getattr(row, name) / row.positions for name in ("bridged", "lost"))
    return {"measured": f"{100 - bridged - lost:.1f}", "bridged": f"{bridged:.1f}", "lost": f"{lost:.1f}"}


def _links(video: str, *, review: bool) -> Mapping[str, str]:
    patterns = {
        "clip": "Labelled clip",
        "paths": "Trajectories",
        "confidence": "Confidence",
        **({"review": "Clip of possible exchanges"} if review else {}),
    }
    return {short: quote(LINKED_FIGURES[short][title][0].format(video=video)) for short, title in patterns.items()}

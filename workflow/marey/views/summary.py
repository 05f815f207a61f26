"""Summary of an experiment: how far it is, and how good it is, in a few numbers."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pandas as pd

from marey.evaluation.oks import SIGMA_OF_DEEPLABCUT
from marey.tables.metrics import MIN_INTERVAL_GROUPS
from marey.tables.probe import USABLE
from marey.views.results import ExperimentResults
from marey.views.wording import NO_BREAK_SPACE, amount, count, duration, percent


class Tile(NamedTuple):
    """A number at a glance: `level` is "", good, warn or bad; `link` the section of the page that says more."""

    title: str
    value: str
    notes: list[str]
    level: str
    link: str


class Estimate(NamedTuple):
    """The value of a metric with its 95 % interval (NaN: none) and the groups and points that it rests on."""

    value: float
    low: float
    high: float
    groups: int
    points: int


def metric_estimate(metrics: pd.DataFrame, metric: str, *, part: str = "test", keypoint: str = "all") -> Estimate:
    """Find a row of table `metrics`, all predictions counted (cut 0).

    Args:
        metrics: rows of one table `metrics`: of a fold, or over all.
        metric: name of the metric.
        part: train, validation or test.
        keypoint: name of a keypoint, or "all".

    Returns:
        The estimate; NaN where there is no such row.
    """
    named = {"metric": metric, "part": part, "keypoint": keypoint, "cut": 0}
    rows = metrics.loc[np.logical_and.reduce([metrics[name] == value for name, value in named.items()])]
    return Estimate(*rows.iloc[0][list(Estimate._fields)]) if len(rows) else Estimate(np.nan, np.nan, np.nan, 0, 0)


def evaluated_folds(metrics: pd.DataFrame) -> list[int]:
    """List the folds that were evaluated."""
    return sorted(metrics["fold"].unique().tolist())


def fold_estimates(metrics: pd.DataFrame, metric: str, *, part: str = "test") -> list[Estimate]:
    """Find a metric over all keypoints in each fold that has a value; `metrics` has the column fold."""
    rows = [metric_estimate(part_of, metric, part=part) for _, part_of in metrics.groupby("fold")]
    return [row for row in rows if np.isfinite(row.value)]


def interval_text(found: Estimate, unit: str = "", *, said: Callable[[float], str] = amount) -> str:
    """Write an interval in words or, where there is none, why; `said` writes a number."""
    if not np.isfinite(found.low + found.high):
        return f"no interval: {count(found.groups, 'group')} of test frames, fewer than {MIN_INTERVAL_GROUPS}"
    return f"95{NO_BREAK_SPACE}% interval {said(found.low)} to {said(found.high)}{unit}"


def headline(results: ExperimentResults) -> tuple[str, str]:
    """Say how far the experiment is, in a sentence, and its level: good, warn or bad."""
    videos = results.videos
    usable = videos[videos["status"].isin(USABLE) & (videos["outside"] == "")]
    if results.unfinished:
        return f"Not finished: {count(len(results.unfinished), 'job')} did not come to an end.", "bad"
    if videos.empty:
        return _without_videos(results)
    if (videos["status"] == "").all():
        return "Nothing is done yet.", "warn"
    if results.unlabelled and not results.adopted:
        return "No labels yet: frames are chosen, and wait to be labelled.", "warn"
    if usable.empty:
        return "No video can be analysed.", "bad"
    if not usable["done"].all():
        return f"{usable['done'].sum():,} of {count(len(usable), 'video')} are analysed so far.", "warn"
    if len(usable) < len(videos):
        return f"{len(usable):,} of {count(len(videos), 'video')} are analysed; the others cannot be.", "bad"
    return f"Done: {'the video is' if len(videos) == 1 else f'all {len(videos):,} videos are'} analysed.", "good"


def _without_videos(results: ExperimentResults) -> tuple[str, str]:
    """Say how far an experiment is that has labels of single images alone."""
    made = "the model is tested" if results.adopted else "the model is trained and tested"
    if results.metrics.empty:
        return "Nothing is done yet.", "warn"
    return f"Done: {made}. There are no videos to analyse.", "good"


def foreign_model(results: ExperimentResults) -> str:
    """Say that poses are of another experiment's model, and what labels have to do with them; "" where they are not."""
    if not results.adopted:
        return ""
    if results.videos.empty:
        return f"No label trained the model: every labelled image tests it. It is {results.adopted}.{_unknown(results)}"
    confidence = {
        "elsewhere": "Their confidence was calibrated on the labels of that experiment, not in these videos.",
        "uncalibrated": "Their confidence is the network's own: it was never calibrated.",
    }
    said = [
        "No label of this project has ever been compared with these poses: how far they are off is not known."
        if results.metrics.empty
        else "No label trained the model of these poses: every labelled frame tests it.",
        f"A model of another experiment, {results.adopted}, found them.",
        confidence.get(results.calibration, ""),
        adapted(results),
    ]
    return " ".join(filter(None, said)) + _unknown(results)


def _unknown(results: ExperimentResults) -> str:
    if not results.left_out:
        return ""
    return f" It does not know {', '.join(results.left_out)}: labels of these were left out."


def tested_elsewhere(results: ExperimentResults) -> str:
    """Say which labels of other projects test the model, and what of them, and of its keypoints, is left out."""
    labels, keypoints = results.elsewhere, results.keypoints
    sources = ", ".join(entry["path"] for entry in labels.sources)
    said = [
        f"{count(results.elsewhere_frames, 'labelled frame')} of {sources}; none trained or chose the model.",
        f"Tested: {', '.join(labels.keypoints)}.",
    ]
    if missing := labels.missing(keypoints):
        said.append(f"Not labelled there: {', '.join(missing)}.")
    if labels.left_out:
        said.append(f"Left out, as they are no keypoints here: {', '.join(labels.left_out)}.")
    return " ".join(said)


def adapted(results: ExperimentResults) -> str:
    """Say on what the model of another experiment was trained further, without labels; "" where it was not."""
    rounds = results.adaptation
    if rounds.empty:
        return ""
    kept = rounds[rounds["kept"]]
    if kept.empty:
        return "To train it further for these videos did not make it contradict itself less: it is used as it was."
    videos = count(len(kept["videos"].iloc[0]), "video")
    pseudo = int(kept["pseudo_labels"].sum())
    own = f", and on {count(pseudo, 'frame')} that it had labelled itself" if pseudo else ""
    return (
        f"It was trained further for these videos ({videos}), on {count(int(kept['images'].max()), 'rendered image')} "
        f"over their empty places{own}: it contradicts itself less, which does not say that it is right."
    )


def left_out(results: ExperimentResults) -> dict[str, str]:
    """Say why, for each video that was looked at and cannot be analysed."""
    videos = results.videos
    lost = videos[~videos["status"].isin(["", *USABLE])]
    asked = videos[videos["outside"] != ""]
    return {
        **{row.Index: row.detail or row.status.replace("_", " ") for row in lost.itertuples()},
        **{row.Index: f"the sheet asks for {row.outside}. Correct its row." for row in asked.itertuples()},
    }


def tiles(results: ExperimentResults) -> list[Tile]:
    """List the numbers at a glance; those of what is not there yet are left out."""
    found = [_done(results), _faults(results.videos)] if len(results.videos) else []
    if len(results.metrics):
        found = [*_accuracy(results), *found, _suspects(results)]
    known = results.videos["positions"].sum()
    if known > 0:
        found.append(_positions(results.videos, known))
    if len(results.tracks):
        found.append(_tracks(results.tracks))
    if len(results.metrics) and results.several:
        found.append(_moments(results))
    if results.unlabelled:
        frames = len(results.samples)
        notes = [f"from {count(results.samples['video'].nunique(), 'video')}, worth labelling"]
        found.append(Tile("Frames to label", f"{frames:,}", notes, "warn", "labels"))
    return found


def _accuracy(results: ExperimentResults) -> list[Tile]:
    """Make tiles of test error and, with several animals, how many are found: over all folds, with their range."""
    found = []
    metrics = {"Test error": ("mean_error", amount, f"{NO_BREAK_SPACE}px")}
    if results.several:
        metrics["OKS mAP"] = f"oks_map@{SIGMA_OF_DEEPLABCUT:g}", amount, ""
        metrics["Missed animals"] = "missed_animals", percent, ""
    for title, (metric, said, unit) in metrics.items():
        row = metric_estimate(results.overall, metric)
        if not np.isfinite(row.value):
            found.append(Tile(title, "-", ["nothing there to measure"], "warn", "models"))
            continue
        notes = [interval_text(row, unit, said=said)]
        values = [each.value for each in fold_estimates(results.metrics, metric)]
        if len(values) > 1:
            notes.append(f"{len(values)} folds: {said(min(values))} to {said(max(values))}{unit}")
        notes += _accuracy_notes(results, metric, row)
        found.append(Tile(title, f"{said(row.value)}{unit}", notes, "", "models"))
    return found


def _accuracy_notes(results: ExperimentResults, metric: str, row: Estimate) -> list[str]:
    """Say what else belongs to a metric."""
    if metric == "mean_error":
        tested = f"{row.points:,} points of {count(tested_frames(results), 'test frame')}, {count(row.groups, 'group')}"
        lengths = row.value / results.body_length
        return [*([f"{amount(lengths)} body lengths"] if results.body_length > 0 else []), tested]
    if metric == "missed_animals":
        spurious = metric_estimate(results.overall, "spurious_animals").value
        return [f"spurious: {percent(spurious)}", "of the labelled animals in test frames"]
    return [f"with the sigma {SIGMA_OF_DEEPLABCUT:g}; 1 is perfect"]


def tested_frames(results: ExperimentResults) -> int:
    """Count the labelled frames that test in a fold that was evaluated."""
    rows = results.splits[
        (results.splits["part"] == "test") & results.splits["fold"].isin(evaluated_folds(results.metrics))
    ]
    return len(rows[["video", "frame"]].drop_duplicates())


def _done(results: ExperimentResults) -> Tile:
    videos = results.videos
    if results.unlabelled and not results.adopted and not videos["planned"].any():
        probed = int((videos["status"] != "").sum())
        notes = [f"{videos['frames'].sum():,} frames, {duration(videos['duration'].sum())}"]
        return Tile("Videos probed", f"{probed:,} of {len(videos):,}", notes, "", "videos")
    done = int(videos["done"].sum())
    notes = [
        f"{videos['analysed'].sum():,} of {videos['planned'].sum() or videos['frames'].sum():,} frames",
        f"{duration(videos['duration'].sum())} of video",
    ]
    return Tile(
        "Videos analysed", f"{done:,} of {len(videos):,}", notes, "good" if done == len(videos) else "", "videos"
    )


def _faults(videos: pd.DataFrame) -> Tile:
    probed = videos[videos["status"] != ""]
    missing = int((probed["status"] == "missing").sum())
    lost = int((~probed["status"].isin(USABLE)).sum()) - missing
    usable = probed[probed["status"].isin(USABLE)]
    cut = int((usable["status"] == "truncated").sum())
    damaged = int(((usable["faults"] > 0) & (usable["status"] != "truncated")).sum())
    parts = ((missing, "missing"), (lost, "not readable"), (cut, "cut short"), (damaged, "with damaged frames"))
    notes = [f"{number:,} {text}" for number, text in parts if number]
    level = "bad" if missing or lost else "warn" if notes else "good"
    return Tile(
        "Faulty videos",
        f"{missing + lost + cut + damaged:,}",
        notes or ["every frame of every video decodes"],
        level,
        "faults" if notes else "videos",
    )


def _suspects(results: ExperimentResults) -> Tile:
    number = len(results.suspects)
    notes = [f"of {count(tested_frames(results), 'frame')} that could be checked"]
    return Tile("Suspicious labels", f"{number:,}", notes, "warn" if number else "good", "labels")


def _positions(videos: pd.DataFrame, known: float) -> Tile:
    sums = videos[["bridged", "lost", "low"]].sum() / known
    notes = [
        f"{percent(sums['bridged'])} bridged, {percent(sums['lost'])} lost",
        f"{percent(sums['low'])} of low confidence",
    ]
    return Tile("Positions measured", percent(1 - sums["bridged"] - sums["lost"]), notes, "", "videos")


def _tracks(tracks: pd.DataFrame) -> Tile:
    values = tracks.pivot_table(index="video", columns="metric", values="value", sort=False)
    scored = tracks.loc[tracks["metric"] == "idf1", "value"]
    switches = tracks.loc[tracks["metric"] == "switches", "value"].sum()
    others = [f"{name.upper()} {amount(values[name].mean())}" for name in ("hota", "mota") if name in values]
    where = f"mean of {count(scored.notna().sum(), 'video')} with labelled frames"
    notes = [", ".join(others), f"{count(int(switches), 'switch', 'switches')}; {where}"]
    return Tile("Tracks, IDF1", amount(float(scored.mean())), notes, "", "models")


def _moments(results: ExperimentResults) -> Tile:
    videos, expected = results.moments["video"].nunique(), results.moments["probability"].sum()
    notes = [f"in {count(videos, 'video')}; about {amount(float(expected))} true exchanges expected"]
    number = len(results.moments)
    return Tile(
        "Moments to review",
        f"{number:,}",
        notes if number else ["none is doubtful"],
        "warn" if number else "good",
        "moments" if number else "videos",
    )

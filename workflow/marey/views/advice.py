"""Advice on what to do next: plain sentences that follow from the results."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from marey.tables import places
from marey.tables.metrics import MIN_INTERVAL_GROUPS
from marey.tables.probe import USABLE
from marey.views.ranking import position_shares
from marey.views.results import ExperimentResults
from marey.views.summary import fold_estimates, metric_estimate, tested_frames
from marey.views.wording import amount, count, name_list, percent

MIN_TEST_FRAMES = 20  # the error of fewer is a rough guess
MAX_LOW_CONFIDENCE_SHARE = 0.05  # part of a video's positions with a low confidence that is worth labelling more
MAX_MISSING_RATE = 0.2  # part of the labelled points of test frames that were not found
OUTLIER_FACTOR = 2.0  # times the median, of a video or a keypoint that stands out
OVERFITTING_FACTOR = 3.0  # times the error on training frames: the model does not carry over


class Advice(NamedTuple):
    """Something to do: `level` is good, warn or bad; `link` the section of the page that says more."""

    text: str
    level: str
    link: str


def advise(results: ExperimentResults) -> list[Advice]:
    """List what to do next, the most urgent first; a single good one where nothing is left to do."""
    found = [*_fix(results), *_label(results), *_judge(results), *_improve(results)]
    if not found:
        ready, link = ("poses are", "videos") if len(results.videos) else ("model is", "models")
        found = [Advice(f"Nothing calls for a look. The {ready} ready to use.", "good", link)]
    return found


def _fix(results: ExperimentResults) -> list[Advice]:
    """List what went wrong: jobs, tables and files."""
    found, videos = [], results.videos
    waits = (videos["status"] == "") | _due(results) & (
        results.trains | bool(results.adopted) | videos.index.isin(results.predicted)
    )
    if waits.any() and not results.unfinished:
        text = f"{count(int(waits.sum()), 'video waits', 'videos wait')} for the workflow: run snakemake again."
        found.append(Advice(text, "warn", "all"))
    if results.unfinished:
        names = pd.Series([job.rule for job in results.unfinished]).value_counts()
        which = name_list([f"{name} ({number:,})" if number > 1 else name for name, number in names.items()])
        jobs, them = count(len(results.unfinished), "job"), "it" if len(results.unfinished) == 1 else "them"
        text = f"{jobs} did not finish ({which}): see what stopped {them}, and run again."
        found.append(Advice(text, "bad", "unfinished"))
    if results.broken:
        text = f"{count(len(results.broken), 'table')} could not be read: delete what is named below, and run again."
        found.append(Advice(text, "bad", "unfinished"))
    missing = videos.index[videos["status"] == "missing"]
    if len(missing):
        what = "video is" if len(missing) == 1 else "videos are"
        text = f"{len(missing):,} {what} missing ({name_list(missing)}): put back what is named, or correct the sheet."
        found.append(Advice(text, "bad", "faults"))
    lost = videos.index[~videos["status"].isin(["", "missing", *USABLE])]
    if len(lost):
        them = "it" if len(lost) == 1 else "them"
        text = (
            f"{count(len(lost), 'video')} could not be read ({name_list(lost)}): copy {them} again, or take {them} out."
        )
        found.append(Advice(text, "bad", "faults"))
    outside = videos[videos["outside"] != ""]
    if len(outside):
        which = name_list([f"{row.Index}: {row.outside}" for row in outside.itertuples()])
        what = count(len(outside), "video does", "videos do")
        text = f"{what} not have what the sheet asks for ({which}): correct the sheet."
        found.append(Advice(text, "bad", "all"))
    cut = videos.index[videos["status"] == "truncated"]
    if len(cut):
        what = f"{count(len(cut), 'video is', 'videos are')} cut short ({name_list(cut)})"
        text = f"{what}: copy again, or use what there is."
        found.append(Advice(text, "warn", "faults"))
    return found


def _due(results: ExperimentResults) -> pd.Series:
    """Return, by video, whether it can be analysed and is not yet."""
    videos = results.videos
    return videos["status"].isin(USABLE) & ~videos["done"] & (videos["outside"] == "")


def _label(results: ExperimentResults) -> list[Advice]:
    """List what to do without labels, and about labels that are wrong."""
    found, wrong, dropped = [], len(results.suspects), len(results.dropped)
    if results.unlabelled and len(results.samples):
        frames = f"{count(len(results.samples), 'frame')} of {count(results.samples['video'].nunique(), 'video')}"
        where, then = places.TABLES["samples"], "name the labels in labels.sources"
        if results.kits:
            where = f"{name_list(results.kits)}, in a browser"
            then = "put what it exports into a folder that labels.sources names"
        text = f"No labels yet: label the {frames} in {where}, {then}, and run again."
        if results.adopted:
            text += f" The labels say how far the poses are off, and {results.adopted} is trained further by them."
        found.append(Advice(text, "warn", "labels"))
    alone = results.videos.index[_due(results) & ~results.videos.index.isin(results.predicted)]
    if results.predicted and not results.trains and not results.adopted and len(alone):
        what = f"{count(len(alone), 'video is', 'videos are')} in no file of predictions ({name_list(alone)})"
        text = f"{what}: name one in predictions.sources, or labels in labels.sources, to train a network."
        found.append(Advice(text, "warn", "all"))
    if len(results.uneven_sizes) > 1:
        small, large = (f"{amount(size)} px in {name}" for name, size in results.uneven_sizes.items())
        text = f"Animals differ much in size (usually {small}, but {large}): label frames of each size."
        found.append(Advice(text, "warn", "labels"))
    if wrong:
        text = f"{wrong:,} labels look wrong: look at the worst, and correct in the source what is."
        if wrong == 1:
            text = "1 label looks wrong: look at it, and correct it in its source if it is."
        found.append(Advice(text, "warn", "labels"))
    if dropped:
        what = count(dropped, "faulty label was", "faulty labels were")
        found.append(Advice(f"{what} left out: see {places.TABLES['dropped']}.", "warn", "labels"))
    return found


def _judge(results: ExperimentResults) -> list[Advice]:
    """Name the moments to look at."""
    if results.moments.empty:
        return []
    number, videos = len(results.moments), results.moments["video"].nunique()
    first = results.moments.iloc[0]
    text = (
        f"At {count(number, 'moment')} of {count(videos, 'video')} two animals may have been exchanged: look at the "
        f"likeliest first ({first['video']}, {first['time']:.1f} s, {percent(first['probability'])}), and list what is "
        "wrong in animals.corrections."
    )
    return [Advice(text, "warn", "moments")]


def _improve(results: ExperimentResults) -> list[Advice]:
    """List what would make the poses better."""
    found, low = [], position_shares(results.videos)["low"]
    threshold = max(MAX_LOW_CONFIDENCE_SHARE, OUTLIER_FACTOR * low.median() if len(low) > 2 else 0)
    unsure = low[low > threshold].sort_values(ascending=False, kind="stable")
    if len(unsure):
        more = "more " if (results.videos.loc[unsure.index[:3], "labelled"] > 0).any() else ""
        worst = f"{'up to ' if len(unsure) > 1 else ''}{percent(unsure.iloc[0])} of the positions"
        text = f"Label {more}frames of {name_list(unsure.index)}: confidence is often low there ({worst})."
        found.append(Advice(text, "warn", "look"))
    if len(results.overall):
        found += [*_worst_keypoint(results.overall), *_weaknesses(results)]
    return found


def _worst_keypoint(metrics: pd.DataFrame) -> list[Advice]:
    rows = metrics[metrics["metric"] == "mean_error"]
    rows = rows[(rows["part"] == "test") & (rows["cut"] == 0) & (rows["keypoint"] != "all") & rows["value"].notna()]
    rows = rows.sort_values("value", ascending=False, kind="stable")
    middle = rows["value"].median()
    if len(rows) < 3 or rows["value"].iloc[0] <= OUTLIER_FACTOR * middle:
        return []
    name, value = rows["keypoint"].iloc[0], amount(rows["value"].iloc[0])
    text = f"{name} is found worst ({value} px; the median keypoint {amount(middle)} px): see the worst test frames."
    return [Advice(text, "warn", "models")]


def _weaknesses(results: ExperimentResults) -> list[Advice]:
    """List what makes the test error large, or uncertain."""
    test = metric_estimate(results.overall, "mean_error")
    trained = np.mean([each.value for each in fold_estimates(results.metrics, "mean_error", part="train")] or [np.nan])
    scored = metric_estimate(results.overall, "missing_rate")  # over all labelled points, found or not
    found, frames = [], tested_frames(results)
    if scored.value > MAX_MISSING_RATE:
        longer = "let labels train" if results.adopted else "train longer"
        text = f"{percent(scored.value)} of the labelled points of test frames were not found: {longer} (train.steps)"
        found.append(Advice(f"{text}, or label more frames.", "warn", "models"))
    if test.value > OVERFITTING_FACTOR * trained:
        errors = f"{amount(test.value)} px on test frames, but {amount(trained)} px on frames that trained"
        text = f"The error is {errors}: label more frames, of scenes as different as the videos have."
        found.append(Advice(text, "warn", "models"))
    if 0 < frames < MIN_TEST_FRAMES or scored.groups < MIN_INTERVAL_GROUPS:
        tests_all = results.adopted or results.metrics["fold"].nunique() > 1
        in_turn = "" if tests_all else ", or test all in turn (split.folds: 5)"
        rests = f"{count(frames, 'frame')} in {count(scored.groups, 'group')}"
        text = f"The test error is a rough guess from {rests}: label more frames{in_turn}."
        found.append(Advice(text, "warn", "models"))
    return found

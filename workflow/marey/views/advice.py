"""What to do next, as plain sentences that follow from the results."""

from typing import NamedTuple

import pandas as pd

from marey.tables import places
from marey.tables.probe import USABLE
from marey.views.ranking import shares
from marey.views.results import Results
from marey.views.summary import figure, folds, tested_frames
from marey.views.wording import amount, count, listing, percent

FEW_FRAMES = 20  # test frames; the error of fewer is a rough guess
OFTEN_LOW = 0.05  # part of a video's positions with a low confidence that is worth labelling more
OFTEN_MISSED = 0.2  # part of the labelled points of test frames that were not found
MUCH_WORSE = 2.0  # times the median, of a video or a keypoint that stands out
BY_HEART = 3.0  # times the error on training frames: the model does not carry over


class Step(NamedTuple):
    """Something to do: `level` is good, warn or bad; `link` the section that says more."""

    text: str
    level: str
    link: str


def steps(results: Results) -> list[Step]:
    """What to do next, the most urgent first; one that says so where nothing is left to do."""
    found = [*_mend(results), *_label(results), *_judge(results), *_improve(results)]
    if not found:
        found = [Step("Nothing calls for a look. The poses are ready to use.", "good", "videos")]
    return found


def _mend(results: Results) -> list[Step]:
    """What went wrong."""
    found, videos = [], results.videos
    waits = videos["status"] == ""
    if not results.unlabelled:
        waits |= videos["status"].isin(USABLE) & ~videos["done"]
    if waits.any() and not results.unfinished:
        text = f"{count(int(waits.sum()), 'video waits', 'videos wait')} for the workflow: run snakemake again."
        found.append(Step(text, "warn", "all"))
    if results.unfinished:
        names = pd.Series([job.rule for job in results.unfinished]).value_counts()
        which = listing([f"{name} ({number:,})" if number > 1 else name for name, number in names.items()])
        jobs, them = count(len(results.unfinished), "job"), "it" if len(results.unfinished) == 1 else "them"
        text = f"{jobs} did not finish ({which}): see what stopped {them}, and run again."
        found.append(Step(text, "bad", "unfinished"))
    if results.broken:
        text = f"{count(len(results.broken), 'table')} could not be read: delete what is named below, and run again."
        found.append(Step(text, "bad", "unfinished"))
    lost = videos.index[(videos["status"] != "") & ~videos["status"].isin(USABLE)]
    if len(lost):
        them = "it" if len(lost) == 1 else "them"
        text = (
            f"{count(len(lost), 'video')} could not be read ({listing(lost)}): copy {them} again, or take {them} out."
        )
        found.append(Step(text, "bad", "faults"))
    cut = videos.index[videos["status"] == "truncated"]
    if len(cut):
        text = (
            f"{count(len(cut), 'video is', 'videos are')} cut short ({listing(cut)}): copy again, or use what there is."
        )
        found.append(Step(text, "warn", "faults"))
    return found


def _label(results: Results) -> list[Step]:
    """What to do without labels, and about labels that are wrong."""
    found, wrong, dropped = [], len(results.suspects), len(results.dropped)
    if results.unlabelled and len(results.samples):
        frames = f"{count(len(results.samples), 'frame')} of {count(results.samples['video'].nunique(), 'video')}"
        where = places.TABLES["samples"]
        text = f"No labels yet: label the {frames} in {where}, name the labels in labels.sources, and run again."
        found.append(Step(text, "warn", "labels"))
    if wrong:
        text = f"{wrong:,} labels look wrong: look at the worst, and correct in the source what is."
        if wrong == 1:
            text = "1 label looks wrong: look at it, and correct it in its source if it is."
        found.append(Step(text, "warn", "labels"))
    if dropped:
        what = count(dropped, "faulty label was", "faulty labels were")
        found.append(Step(f"{what} left out: see {places.TABLES['dropped']}.", "warn", "labels"))
    return found


def _judge(results: Results) -> list[Step]:
    """Which moments to look at."""
    if results.moments.empty:
        return []
    number, videos = len(results.moments), results.moments["video"].nunique()
    first = results.moments.iloc[0]
    text = (
        f"At {count(number, 'moment')} of {count(videos, 'video')} two animals may have been exchanged: look at the "
        f"likeliest first ({first['video']}, {first['time']:.1f} s, {percent(first['probability'])}), and list what is "
        "wrong in animals.corrections."
    )
    return [Step(text, "warn", "moments")]


def _improve(results: Results) -> list[Step]:
    """What would make the poses better."""
    found, low = [], shares(results.videos)["low"]
    threshold = max(OFTEN_LOW, MUCH_WORSE * low.median() if len(low) > 2 else 0)
    unsure = low[low > threshold].sort_values(ascending=False, kind="stable")
    if len(unsure):
        more = "more " if (results.videos.loc[unsure.index[:3], "labelled"] > 0).any() else ""
        worst = f"{'up to ' if len(unsure) > 1 else ''}{percent(unsure.iloc[0])} of the positions"
        text = f"Label {more}frames of {listing(unsure.index)}: the network is often unsure there ({worst})."
        found.append(Step(text, "warn", "look"))
    for fold in folds(results.metrics)[:1]:
        found += [*_worst_keypoint(results, fold), *_weaknesses(results, fold)]
    return found


def _worst_keypoint(results: Results, fold: int) -> list[Step]:
    rows = results.metrics[(results.metrics["fold"] == fold) & (results.metrics["metric"] == "mean_error")]
    rows = rows[(rows["part"] == "test") & (rows["cut"] == 0) & (rows["keypoint"] != "all") & rows["value"].notna()]
    rows = rows.sort_values("value", ascending=False, kind="stable")
    middle = rows["value"].median()
    if len(rows) < 3 or rows["value"].iloc[0] <= MUCH_WORSE * middle:
        return []
    name, value = rows["keypoint"].iloc[0], amount(rows["value"].iloc[0])
    text = f"{name} is found worst ({value} px; the median keypoint {amount(middle)} px): see the worst test frames."
    return [Step(text, "warn", "models")]


def _weaknesses(results: Results, fold: int) -> list[Step]:
    """What makes the test error large, or uncertain."""
    test, train = (figure(results.metrics, fold, "mean_error", part=part) for part in ("test", "train"))
    scored = figure(results.metrics, fold, "missing_rate")  # over all labelled points, found or not
    found, frames = [], tested_frames(results)
    if scored.value > OFTEN_MISSED:
        text = (
            f"{percent(scored.value)} of the labelled points of test frames were not found: train longer (train.steps)"
        )
        found.append(Step(f"{text}, or label more frames.", "warn", "models"))
    if test.value > BY_HEART * train.value:
        errors = f"{amount(test.value)} px on test frames, but {amount(train.value)} px on frames that trained"
        text = f"The error is {errors}: label more frames, of scenes as different as the videos have."
        found.append(Step(text, "warn", "models"))
    if 0 < frames < FEW_FRAMES or scored.groups == 1:
        rests = f"{count(frames, 'frame')} in {count(scored.groups, 'group')}"
        text = f"The test error is a rough guess from {rests}: label more frames, or test all in turn (split.folds: 5)."
        found.append(Step(text, "warn", "models"))
    return found

"""Ranking of videos: which most need a look, and why these."""

from typing import NamedTuple

import pandas as pd

from marey.views.wording import amount, percent

MAX_SHOWN_VIDEOS = 12  # videos that the report shows with clip and figures


class ChosenVideo(NamedTuple):
    """A video to look at, and the reason in words."""

    video: str
    reason: str


# Criteria: what a video is ranked by, highest first, and how its place is put in words.
RANKING_CRITERIA = {
    "damaged": ("damaged frames", "{value} of its positions are in damaged frames"),
    "low": ("low confidence", "{value} of its positions have a low confidence"),
    "bridged": ("bridged gaps", "{value} of its positions were bridged over gaps"),
    "expected": ("possible exchanges", "animals may have been exchanged in it: about {value} times"),
}


def position_shares(videos: pd.DataFrame) -> pd.DataFrame:
    """Return the criteria of each analysed video (the index): shares of positions, and expected exchanges."""
    known = videos[videos["positions"] > 0]
    parts = known[["damaged", "low", "bridged", "lost"]].div(known["positions"], axis=0)
    return parts.assign(expected=known["expected"])


def choose_videos(videos: pd.DataFrame, *, count: int = MAX_SHOWN_VIDEOS) -> list[ChosenVideo]:
    """Choose the `count` analysed videos that most need a look: by turns the worst left by each of `RANKING_CRITERIA`.

    A video in which a criterion is 0 is not chosen by it. What room is left goes to the videos of the lowest mean
    confidence. No criterion is weighed against another, so that none crowds the others out.
    """
    values = position_shares(videos)
    queues = {}
    for name in RANKING_CRITERIA:
        ordered = values[values[name] > 0].sort_values(name, ascending=False, kind="stable")
        queues[name] = list(enumerate(ordered.index, 1))
    chosen: dict[str, str] = {}
    while any(queues.values()) and len(chosen) < count:
        for name, queue in queues.items():
            while queue and queue[0][1] in chosen:
                queue.pop(0)
            if queue and len(chosen) < count:
                place, video = queue.pop(0)
                chosen[video] = _reason(name, place, values.loc[video, name], values[name].median())
    rest = videos.loc[values.index.difference(chosen, sort=False)].sort_values("confidence", kind="stable")
    for video in rest.index[: count - len(chosen)]:
        chosen[video] = f"Nothing stands out; mean confidence {rest.loc[video, 'confidence']:.2f}"
    return [ChosenVideo(*item) for item in chosen.items()]


def _reason(name: str, place: int, value: float, middle: float) -> str:
    title, sentence = RANKING_CRITERIA[name]
    said = amount if name == "expected" else percent
    return f"No. {place} by {title}: {sentence.format(value=said(value))} (median of all videos: {said(middle)})"

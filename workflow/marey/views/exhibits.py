"""Figures and clips of the report, each with its title and its caption from `workflow/report`."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from markupsafe import Markup

from marey.views.captions import caption
from marey.views.media import Medium, Room

# By title: the path, relative to the results, and the name of the caption.
Figures = Mapping[str, tuple[str, str]]
SUSPECTS = {"": ("figures/suspects.png", "suspects")}
SAMPLED = {"Frames worth labelling": ("figures/sampled.png", "sampled")}
AUGMENTED = {"Augmented training examples": ("figures/augmented.png", "augmented")}
FOLD = {
    "Error by keypoint": ("figures/errors/{fold}.png", "errors"),
    "Worst test frames": ("figures/worst_frames/{fold}.png", "worst_frames"),
    "Whether confidence can be trusted": ("figures/reliability/{fold}.png", "reliability"),
}
TRAINING = {"Training": ("figures/training/{network}/{fold}-{seed}.png", "training")}
CLIPS = {"Labelled clip": ("clips/{video}.mp4", "clip")}
VIDEO = {
    "Trajectories": ("figures/trajectories/{video}.png", "trajectories"),
    "Confidence": ("figures/confidence/{video}.png", "confidence"),
}
REVIEW_CLIPS = {"Clip of possible exchanges": ("clips/review/{video}.mp4", "review")}
REVIEW = {"Possible exchanges": ("figures/review/{video}.png", "review_figure")}


class Exhibit(NamedTuple):
    """A figure or clip with its title and caption."""

    title: str
    medium: Medium
    caption: Markup


def exhibits(room: Room, figures: Figures, *, about: str = "", **wildcards: str | int) -> list[Exhibit]:
    """Those of `figures` that are there for the wildcards; `about` follows their titles."""
    found = []
    for title, (pattern, name) in figures.items():
        path = pattern.format(**wildcards)
        medium = room.clip(path) if path.endswith(".mp4") else room.image(path)
        if medium:
            found.append(Exhibit(f"{title}{about}", medium, caption(name, **wildcards)))
    return found


def of_video(room: Room, video: str, *, review: bool) -> tuple[list[Exhibit], list[Exhibit]]:
    """The clips and the figures of a video; with `review` also those of its moments to review."""
    clips, figures = (CLIPS | REVIEW_CLIPS, VIDEO | REVIEW) if review else (CLIPS, VIDEO)
    return exhibits(room, clips, video=video), exhibits(room, figures, video=video)


def of_models(room: Room, folds: Sequence[int], seeds: Sequence[int]) -> list[Exhibit]:
    """The figures of all models: of each fold, then of each training."""
    found = []
    for fold in folds:
        found += exhibits(room, FOLD, about=f", fold {fold}" if len(folds) > 1 else "", fold=fold)
    for network, role in (("models", ""), ("locators", " of the locator")):
        for fold in folds:
            for seed in seeds:
                about = f"{role}, fold {fold}, seed {seed}" if len(folds) * len(seeds) > 1 else role
                found += exhibits(room, TRAINING, about=about, network=network, fold=fold, seed=seed)
    return found + exhibits(room, AUGMENTED)

"""Figures and clips of the report, each with its title and its caption from `workflow/report`."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from markupsafe import Markup

from marey.tables import places
from marey.views.captions import caption
from marey.views.media import Medium, Room

# By title: the path, relative to the results, and the name of the caption.
Figures = Mapping[str, tuple[str, str]]
SUSPECTS = {"": (places.FIGURES["suspects"], "suspects")}
SAMPLED = {"Frames worth labelling": (places.FIGURES["sampled"], "sampled")}
AUGMENTED = {"Augmented training examples": (places.FIGURES["augmented"], "augmented")}
FOLD = {
    "Error by keypoint": (places.FIGURES["errors"], "errors"),
    "Worst test frames": (places.FIGURES["worst_frames"], "worst_frames"),
    "Whether confidence can be trusted": (places.FIGURES["reliability"], "reliability"),
}
TRAINING = {"Training": (places.FIGURES["training"], "training")}
CLIPS = {"Labelled clip": (places.CLIPS["labelled"], "clip")}
VIDEO = {
    "Trajectories": (places.FIGURES["trajectories"], "trajectories"),
    "Confidence": (places.FIGURES["confidence"], "confidence"),
}
REVIEW_CLIPS = {"Clip of possible exchanges": (places.CLIPS["review"], "review")}
REVIEW = {"Possible exchanges": (places.FIGURES["review"], "review_figure")}


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

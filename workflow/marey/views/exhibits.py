"""Exhibits of the report: its figures and clips, each with its title and its caption from `workflow/report`."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from markupsafe import Markup

from marey.tables import places
from marey.views.captions import caption_html
from marey.views.media import MediaBudget, Medium

# By title: the path, relative to the results, and the name of the caption.
Figures = Mapping[str, tuple[str, str]]
SUSPECTS_FIGURE = {"": (places.FIGURES["suspects"], "suspects")}
SAMPLED_FIGURE = {"Frames worth labelling": (places.FIGURES["sampled"], "sampled")}
OUTLIERS_FIGURE = {"Frames to label next": (places.FIGURES["outliers"], "outliers")}
AUGMENTED_FIGURE = {"Augmented training examples": (places.FIGURES["augmented"], "augmented")}
FOLD_FIGURES = {
    "Error by keypoint": (places.FIGURES["errors"], "errors"),
    "Worst test frames": (places.FIGURES["worst_frames"], "worst_frames"),
    "Whether confidence can be trusted": (places.FIGURES["reliability"], "reliability"),
}
ELSEWHERE_FIGURES = {
    "Error by keypoint, other projects": (places.FIGURES["elsewhere_errors"], "elsewhere_errors"),
    "Worst frames, other projects": (places.FIGURES["elsewhere_worst_frames"], "elsewhere_worst_frames"),
}
TRAINING_FIGURE = {"Training": (places.FIGURES["training"], "training")}
VIDEO_CLIPS = {"Labelled clip": (places.CLIPS["labelled"], "clip")}
VIDEO_FIGURES = {
    "Trajectories": (places.FIGURES["trajectories"], "trajectories"),
    "Confidence": (places.FIGURES["confidence"], "confidence"),
}
REVIEW_CLIPS = {"Clip of possible exchanges": (places.CLIPS["review"], "review")}
REVIEW_FIGURES = {"Possible exchanges": (places.FIGURES["review"], "review_figure")}
SESSION_CLIPS = {"Clip in space": (places.CLIPS["session"], "session_clip")}
SESSION_FIGURES = {
    "Coverage and error by camera": (places.FIGURES["coverage"], "coverage"),
    "Rig and paths": (places.FIGURES["rig"], "rig"),
    "Limb lengths": (places.FIGURES["limbs"], "limbs"),
}


class Exhibit(NamedTuple):
    """A figure or clip with its title and caption."""

    title: str
    medium: Medium
    caption: Markup


def find_exhibits(room: MediaBudget, figures: Figures, *, about: str = "", **wildcards: str | int) -> list[Exhibit]:
    """Find those of `figures` that exist for these wildcards.

    Args:
        room: what is left of the page for media.
        figures: path and caption by title.
        about: what follows each title.
        wildcards: values for the placeholders of the paths, such as video or fold.

    Returns:
        An exhibit for each file that exists.
    """
    found = []
    for title, (pattern, name) in figures.items():
        path = pattern.format(**wildcards)
        medium = room.clip(path) if path.endswith(".mp4") else room.image(path)
        if medium:
            found.append(Exhibit(f"{title}{about}", medium, caption_html(name, **wildcards)))
    return found


def video_exhibits(room: MediaBudget, video: str, *, review: bool) -> tuple[list[Exhibit], list[Exhibit]]:
    """Find the clips and the figures of a video; with `review` also those of its moments to review."""
    clips, figures = (
        (VIDEO_CLIPS | REVIEW_CLIPS, VIDEO_FIGURES | REVIEW_FIGURES) if review else (VIDEO_CLIPS, VIDEO_FIGURES)
    )
    return find_exhibits(room, clips, video=video), find_exhibits(room, figures, video=video)


def model_exhibits(room: MediaBudget, folds: Sequence[int], seeds: Sequence[int]) -> list[Exhibit]:
    """Find the figures of all models: over all folds, or else of each that there is, then of each training."""
    found = find_exhibits(room, FOLD_FIGURES, about=", all folds", fold="all") if len(folds) > 1 else []
    for fold in () if found else folds:
        found += find_exhibits(room, FOLD_FIGURES, about=f", fold {fold}" if len(folds) > 1 else "", fold=fold)
    for network, role in (("models", ""), ("locators", " of the locator")):
        for fold in folds:
            for seed in seeds:
                about = f"{role}, fold {fold}, seed {seed}" if len(folds) * len(seeds) > 1 else role
                found += find_exhibits(room, TRAINING_FIGURE, about=about, network=network, fold=fold, seed=seed)
    return found + find_exhibits(room, AUGMENTED_FIGURE)

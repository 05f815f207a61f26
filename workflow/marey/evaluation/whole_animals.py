"""Metrics of whole animals on labelled frames that show several: how many are found, and how well.

At a confidence cut c, keypoints of confidence < c are taken out of the predicted animals, and those with none left do
not count; what remains is matched anew (`matching`). Let T be the labelled animals with a position, F the
predicted ones, and M the matches:

    oks_map@S, oks_mar@S  mean average precision and recall of COCO with the OKS of sigma S (`oks`); an animal's
                          score is the sum of its confidences, and every one of F that is not right costs precision
    missed_animals        1 - |M| / |T|
    spurious_animals      (|F| - |M|) / |T|
"""

from typing import NamedTuple

import numpy as np
import pandas as pd

from marey.evaluation import matching, oks, residuals

FRAME_KEY = ["video", "frame"]


class AnimalsByFrame(NamedTuple):
    """The animals of frames, in order: `group` (str[frame]), and where the animals of each begin, i64[frame + 1].

    `truth` and `found` f64[animal, keypoint, 2] px, NaN = not there; `confidence` f64[animal, keypoint]; a row of each
    is one individual of the table, which need not be in both.
    """

    group: np.ndarray
    starts: np.ndarray
    truth: np.ndarray
    found: np.ndarray
    confidence: np.ndarray


def animals_by_frame(points: pd.DataFrame) -> AnimalsByFrame:
    """Collect the animals of rows of table `pooled` by frame."""
    points = points.sort_values([*FRAME_KEY, "individual"], kind="stable")
    frame = points.groupby(FRAME_KEY, sort=True).ngroup().to_numpy()
    animal = points.groupby([*FRAME_KEY, "individual"], sort=True).ngroup().to_numpy()
    place = animal, pd.factorize(points["keypoint"])[0]
    shape = animal.max(initial=-1) + 1, points["keypoint"].nunique()
    truth, found = np.full((*shape, 2), np.nan), np.full((*shape, 2), np.nan)
    labelled = points["visibility"].isin(residuals.LABELLED_VISIBILITIES).to_numpy()[:, None]
    truth[place] = np.where(labelled, points[["true_x", "true_y"]].to_numpy(np.float64), np.nan)
    found[place] = points[["x", "y"]].to_numpy(np.float64)
    confidence = np.zeros(shape)
    confidence[place] = points["confidence"]
    owner = frame[np.unique(animal, return_index=True)[1]]
    first = np.unique(frame, return_index=True)[1]
    starts = np.searchsorted(owner, np.arange(len(first) + 1))
    return AnimalsByFrame(points["group"].to_numpy()[first], starts, truth, found, confidence)


def animal_metrics(
    scenes: AnimalsByFrame, weights: np.ndarray, *, cut: float, lone: float
) -> list[tuple[str, str, np.ndarray]]:
    """Compute the metrics of whole animals, each frame counted as often as its weight.

    Args:
        scenes: the animals of the frames.
        weights: f64[r, frame].
        cut: confidence below which keypoints are left out.
        lone: area of animals of one labelled keypoint, px^2 (see `oks.animal_area`).

    Returns:
        (metric, unit, f64[r]) of each metric; NaN where no animal is labelled.
    """
    frames = [_frame(scenes, slice(*ends), cut) for ends in zip(scenes.starts[:-1], scenes.starts[1:], strict=True)]
    counts = np.array([_counts(frame, lone) for frame in frames]).reshape(-1, 3)
    rows = []
    for sigma in oks.SIGMAS:
        averages = oks.weighted_averages(oks.judge_animals(frames, sigma=sigma, lone=lone), weights)
        names = f"oks_map@{sigma:g}", f"oks_mar@{sigma:g}"
        rows += [(name, "fraction", values) for name, values in zip(names, averages, strict=True)]
    labelled, found, matched = (weights @ counts).T
    with np.errstate(invalid="ignore", divide="ignore"):
        rows.append(("missed_animals", "fraction", 1 - matched / labelled))
        rows.append(("spurious_animals", "ratio", np.where(labelled > 0, (found - matched) / labelled, np.nan)))
    return rows


def count_labelled(scenes: AnimalsByFrame) -> np.ndarray:
    """Count the labelled animals with a position in each frame, i64[frame]."""
    there = oks.has_position(scenes.truth).any(axis=1)
    return np.diff(np.append(0, there.cumsum())[scenes.starts])


def _frame(scenes: AnimalsByFrame, part: slice, cut: float) -> oks.FrameAnimals:
    """Return the animals of one frame, at a cut."""
    confidence = scenes.confidence[part]
    found = np.where((confidence.astype(np.float32) >= np.float32(cut))[..., None], scenes.found[part], np.nan)
    there = oks.has_position(found)
    score = np.where(there, confidence, 0).sum(axis=1)
    seen = there.any(axis=1)
    return oks.FrameAnimals(
        scenes.truth[part][oks.has_position(scenes.truth[part]).any(axis=1)], found[seen], score[seen]
    )


def _counts(frame: oks.FrameAnimals, lone: float) -> tuple[int, int, int]:
    """Count the labelled, predicted and matched animals of a frame."""
    matched = matching.match_animals(*frame, lone=lone) >= 0
    return len(frame.truth), len(frame.found), int(matched.sum())

"""Matching: which predicted animal of a labelled frame is which labelled one, and the rows of table `matched`.

Animals are matched one to one so that the sum of their OKS is greatest (Hungarian method). OKS is that of DeepLabCut
(sigma 0.1), which falls off slowly: an animal that is badly placed is still that animal.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from marey.evaluation import oks, residuals
from marey.tables import labels
from marey.tables.matched import MATCHED

MIN_OKS = 1e-6  # OKS below this matches nothing
TIE_BREAKER = 1e-9  # of OKS per unit of score: decides between predicted animals that are equally near


class LabelledAnimals(NamedTuple):
    """The labelled animals of all frames: `owner` i64[t], row of the frame; `name` str[t].

    `points` f32[t, keypoint, 2], (x, y) px, NaN = no position; `visibility` i8[t, keypoint], index into VISIBILITIES.
    """

    owner: np.ndarray
    name: Sequence[str]
    points: np.ndarray
    visibility: np.ndarray


class PredictedAnimals(NamedTuple):
    """The predicted animals of all frames: `owner` i64[f], row of the frame, in any order.

    `points` f32[f, keypoint, 2], (x, y) px, NaN = not found; `confidence` f32[f, keypoint]; `spread` f32[f, keypoint]
    px, NaN = of one member.
    """

    owner: np.ndarray
    points: np.ndarray
    confidence: np.ndarray
    spread: np.ndarray


def match_animals(truth: np.ndarray, found: np.ndarray, score: np.ndarray, *, lone: float = 1.0) -> np.ndarray:
    """Match the predicted animals of a frame to the labelled ones, so that the sum of their OKS is greatest.

    Animals without a position match nothing.

    Args:
        truth: f[t, keypoint, 2] px, NaN = not there.
        found: f[f, keypoint, 2] px, NaN = not there.
        score: f[f], how sure each found animal is; decides between equally near ones.
        lone: area of animals of one labelled keypoint, px^2 (see `oks.animal_area`); with the default of 1 they only
            match what is within a px.

    Returns:
        The labelled animal that each predicted one is matched to, i64[f], -1 = none.
    """
    from scipy.optimize import linear_sum_assignment  # not where there is one animal

    result = np.full(len(found), -1)
    rows = np.flatnonzero(oks.has_position(truth).any(axis=1))
    if not len(rows) or not len(found):
        return result
    near = oks.similarity(
        truth[rows].astype(np.float64), found.astype(np.float64), sigma=oks.SIGMA_OF_DEEPLABCUT, lone=lone
    )
    gain = np.where(near >= MIN_OKS, near + TIE_BREAKER * np.nan_to_num(score), 0)
    row, column = linear_sum_assignment(gain, maximize=True)
    good = near[row, column] >= MIN_OKS
    result[column[good]] = rows[row[good]]
    return result


def matched_rows(
    frames: pd.DataFrame,
    labelled: LabelledAnimals,
    found: PredictedAnimals,
    keypoints: Sequence[str],
    *,
    lone: float | None = None,
) -> pd.DataFrame:
    """Make rows of table `matched` of any number of frames, in the table's order.

    A labelled animal has a row for each keypoint, with what was matched to it (NaN, confidence 0 where nothing was);
    then come, as spurious1, spurious2, ... of their frame, the predicted animals that match none. Predicted animals
    without a position are left out.

    Args:
        frames: a row for each frame, with video, frame, part and group.
        labelled: the labelled animals.
        found: the predicted animals.
        keypoints: names of the keypoints.
        lone: as in `match_animals`; None takes it from the labels given (`oks.lone_area`), so give all frames at once.

    Returns:
        The rows.

    Raises:
        ValueError: a labelled animal is called like a spurious one.
    """
    taken = np.flatnonzero(residuals.is_spurious(pd.Series(list(labelled.name), dtype=str)))
    if len(taken):
        where = frames.iloc[labelled.owner[taken[0]]]
        raise ValueError(
            f"frame {where['frame']} of video '{where['video']}': the labelled animal '{labelled.name[taken[0]]}' is "
            "called like predicted animals without a label. Give it another name in the label source."
        )
    found = PredictedAnimals(*(part[oks.has_position(found.points).any(axis=1)] for part in found))
    owner = _matches(len(frames), labelled, found, oks.lone_area(labelled.points) if lone is None else lone)
    false = np.flatnonzero(owner < 0)
    false = false[np.argsort(found.owner[false], kind="stable")]
    points, confidence, spread = _beside_labels(found, owner, false, len(labelled.owner))
    number = pd.Series(found.owner[false]).groupby(found.owner[false]).cumcount() + 1
    names = [*labelled.name, *(f"{residuals.SPURIOUS_PREFIX}{n}" for n in number)]
    blank = np.full((len(false), len(keypoints), 2), np.nan, np.float32)
    truth = np.concatenate([labelled.points, blank])
    absent = np.full((len(false), len(keypoints)), labels.VISIBILITIES.index("absent"))
    visibility = np.array(labels.VISIBILITIES)[np.concatenate([labelled.visibility, absent])]
    animal = frames.iloc[np.concatenate([labelled.owner, found.owner[false]])]
    count = len(keypoints)
    rows = {name: np.repeat(animal[name].to_numpy(), count) for name in ("video", "frame", "part", "group")}
    rows |= {"individual": np.repeat(np.array(names, dtype=object), count)}
    rows |= {"keypoint": np.tile(np.array(keypoints, dtype=object), len(names))}
    rows |= {"x": points[..., 0].ravel(), "y": points[..., 1].ravel()}
    rows |= {"confidence": confidence.ravel(), "spread": spread.ravel()}
    rows |= {"true_x": truth[..., 0].ravel(), "true_y": truth[..., 1].ravel(), "visibility": visibility.ravel()}
    table = pd.DataFrame(rows, columns=MATCHED.names)
    return table.sort_values(["video", "frame", "individual"], kind="stable", ignore_index=True)


def _beside_labels(
    found: PredictedAnimals, owner: np.ndarray, false: np.ndarray, labelled: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Lay what was found beside the `labelled` animals, whose `owner` i64[f] it is, and the `false` i64[n] after them.

    Returns points f32[labelled + n, keypoint, 2], confidence and spread f32[labelled + n, keypoint].
    """
    hits, columns = np.flatnonzero(owner >= 0), []
    for values, empty in ((found.points, np.nan), (found.confidence, 0), (found.spread, np.nan)):
        column = np.full((labelled + len(false), *values.shape[1:]), empty, np.float32)
        column[owner[hits]], column[labelled:] = values[hits], values[false]
        columns.append(column)
    points, confidence, spread = columns
    lost = ~oks.has_position(points)
    points[lost], confidence[lost], spread[lost] = np.nan, 0, np.nan
    return points, confidence, spread


def _matches(count: int, labelled: LabelledAnimals, found: PredictedAnimals, lone: float) -> np.ndarray:
    """Match frame by frame: the row in `labelled` of each animal of `found`, i64[f], -1 = none."""
    result = np.full(len(found.owner), -1)
    order = [np.argsort(part.owner, kind="stable") for part in (labelled, found)]
    starts = [np.searchsorted(np.sort(part.owner), np.arange(count + 1)) for part in (labelled, found)]
    score = found.confidence.sum(axis=1)
    for frame in range(count):
        rows, columns = (o[first[frame] : first[frame + 1]] for o, first in zip(order, starts, strict=True))
        if len(rows) and len(columns):
            owner = match_animals(labelled.points[rows], found.points[columns], score[columns], lone=lone)
            result[columns] = np.where(owner >= 0, rows[owner], -1)
    return result

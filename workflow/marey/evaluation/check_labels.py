"""Label checks: labels that models disagree with which did not train on their frames, the most suspicious first.

Let p be a keypoint's out-of-fold prediction, c its confidence and sigma its standard deviation. A right label l has the
density f(l | p) = c N(l; p, sigma) + (1 - c) / A: with the probability c it lies about the prediction, else anywhere in
the area A that labels are found in. Every kind of mistake is scored by the logarithm of how much likelier it makes what
is seen than a right label does, so that the kinds can be ranked together:

    swapped  f(l_b | p_a) f(l_a | p_b) / f(l_a | p_a) f(l_b | p_b), for two keypoints a, b of an animal
    far      (1 / A) / f(l | p): the label is anywhere; at most 1 / (1 - c), where the model is sure of another place
    missing  c / (1 - c): there is no label though the model is sure of a place; not of keypoints that nobody labels

An animal that is seen where none is labelled (spurious1, ...) is one suspect, by its keypoint of highest confidence.

Where several cameras film a session, what the others see (table `reprojected`) is a prediction too: it says of labels
that are there whether they are swapped or far; that the others see a keypoint does not make it visible here.

(Northcutt, Jiang & Chuang, JAIR 2021, rank labels of classes by out-of-fold confidence in the same spirit.) A label
that trains the model is learned by heart and looks right: only test frames are checked, all frames in cross-validation.
"""

import itertools
import logging
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from marey.evaluation import residuals
from marey.tables import files
from marey.tables.labels import LABELS
from marey.tables.pooled import POOLED
from marey.tables.reprojected import REPROJECTED
from marey.tables.suspects import SUSPECTS

MAX_CONFIDENCE = 0.99  # no confidence counts for more: it rests on some dozen validation points
MIN_SCORE = float(np.log(0.9 / 0.1))  # of what is listed: the odds that a label is right before it is compared
RAYLEIGH_MEDIAN = 1.1774  # median distance of a two-dimensional Gaussian, in standard deviations
MIN_KEYPOINT_POINTS = 10  # points that a keypoint's own residuals are estimated from
MODEL, VIEWS, BOTH = "model", "views", "both"  # what speaks against a label
LABEL_KEY = ["video", "frame", "individual", "keypoint"]

_log = logging.getLogger(__name__)


def check_labels(
    predictions_paths: list[Path],
    labels_path: Path,
    out: Path,
    *,
    reprojected_paths: Sequence[Path] = (),
    provenance: dict | None = None,
) -> None:
    """Write the table `suspects` from the tables `pooled` of all folds, with the source and row of each label.

    Args:
        predictions_paths: table `pooled` of each fold.
        labels_path: table `labels`.
        out: the table that is written.
        reprojected_paths: table `reprojected` of each session.
        provenance: metadata of the table.
    """
    tables = [files.read(path, POOLED) for path in predictions_paths]
    points = pd.concat([table[table["part"] == "test"] for table in tables], ignore_index=True)
    frames = tables[0].groupby(["video", "frame"]).ngroups
    checked = points.groupby(["video", "frame"]).ngroups
    _log.info("%d of %d labelled frames are test frames of a fold and can be checked", checked, frames)
    labels = files.read(labels_path, LABELS)
    found = rank_suspects(points).assign(evidence=MODEL)
    if reprojected_paths:
        seen = pd.concat([files.read(path, REPROJECTED) for path in reprojected_paths], ignore_index=True)
        found = join_suspects(found, rank_suspects(beside_labels(seen, labels)).assign(evidence=VIEWS))
    where = labels[[*LABEL_KEY, "source", "row"]]
    files.write(out, found.merge(where, on=LABEL_KEY, how="left"), SUSPECTS, provenance=provenance)


def beside_labels(reprojected: pd.DataFrame, labels: pd.DataFrame) -> pd.DataFrame:
    """Lay what other cameras see beside the labels that have a position, as rows of table `pooled` that are ranked.

    Labels that no other camera says anything of are left out.
    """
    known = labels[labels["x"].notna()].rename(columns={"x": "true_x", "y": "true_y"})
    return reprojected.merge(known[[*LABEL_KEY, "true_x", "true_y", "visibility"]], on=LABEL_KEY)


def join_suspects(model: pd.DataFrame, views: pd.DataFrame) -> pd.DataFrame:
    """Join suspicious labels by a model and by other views, each label once, by what speaks against it most."""
    found = pd.concat([model, views], ignore_index=True).sort_values("score", ascending=False, kind="stable")
    ends = found.drop(columns="keypoint").rename(columns={"other": "keypoint"})
    taken: dict[tuple, int] = {}
    both = set()
    for row, keys in zip(found.index, zip(_keys(found), _keys(ends), strict=True), strict=True):
        before = [taken[key] for key in keys if key in taken]
        if before:
            both.update(first for first in before if found.at[first, "evidence"] != found.at[row, "evidence"])
        else:
            taken |= {key: row for key in keys if key is not None}
    kept = found.loc[list(dict.fromkeys(taken.values()))]
    kept = kept.assign(evidence=kept["evidence"].where(~kept.index.isin(list(both)), BOTH))
    return kept.assign(rank=np.arange(1, len(kept) + 1))


def _keys(rows: pd.DataFrame) -> list[tuple | None]:
    """The label of each row; None where it names none."""
    named = rows["keypoint"].notna()
    return [tuple(key) if there else None for key, there in zip(rows[LABEL_KEY].to_numpy(), named, strict=True)]


def rank_suspects(points: pd.DataFrame) -> pd.DataFrame:
    """Rank the suspicious labels among rows of table `pooled`, as table `suspects` without source and row.

    Listed is what is likelier wrong than right, of labels of which one in ten may be wrong: a model that is unsure of
    itself is off by as much in some of very many right labels. A label is listed once: as swapped, or else as far.
    """
    points = points[points["x"].notna()].reset_index(drop=True)
    scored = residuals.scored_points(points).reset_index(drop=True)
    scored = scored.assign(width=_widths(scored))
    size = scored[["true_x", "true_y"]].max() - scored[["true_x", "true_y"]].min()
    area = max(float(size.prod()), 1.0)
    rows = [_swapped(scored, area), _far(scored, area), _missing(points)]
    found = pd.concat(rows, ignore_index=True)
    twice = found[found["kind"] == "swapped"]
    used = pd.concat([twice[LABEL_KEY], twice[[*LABEL_KEY[:3], "other"]].set_axis(LABEL_KEY, axis=1)])
    taken = pd.MultiIndex.from_frame(found[LABEL_KEY]).isin(pd.MultiIndex.from_frame(used)) & (found["kind"] == "far")
    found = found[~taken & (found["score"] > MIN_SCORE)]
    found = found.sort_values(["score", "scaled"], ascending=False, kind="stable").drop(columns="scaled")
    return found.assign(rank=np.arange(1, len(found) + 1))


def _widths(points: pd.DataFrame) -> np.ndarray:
    """Estimate the standard deviation of each residual, px: sigma (or 1), scaled to what is usual of the keypoint.

    The scale is a median, so that wrong labels do not widen what they are measured by.
    """
    sigma = points["sigma_px"].fillna(1).to_numpy(np.float64)
    scaled = pd.Series(residuals.distances(points) / sigma)
    own = scaled.groupby(points["keypoint"]).transform("median")
    count = scaled.groupby(points["keypoint"]).transform("size")
    usual = np.where(count >= MIN_KEYPOINT_POINTS, own, scaled.median()) / RAYLEIGH_MEDIAN
    return np.maximum(sigma * usual, 0.5)  # a label is a click on a pixel: never surer than half of one


def _log_density(distance: np.ndarray, width: np.ndarray, confidence: np.ndarray, area: float) -> np.ndarray:
    """Compute log f(l | p) for the distance of l and p, px."""
    sure = np.clip(confidence, 1 - MAX_CONFIDENCE, MAX_CONFIDENCE)
    near = np.log(sure / (2 * np.pi * width**2)) - distance**2 / (2 * width**2)
    return np.logaddexp(near, np.log((1 - sure) / area))


def _swapped(points: pd.DataFrame, area: float) -> pd.DataFrame:
    """Find the best pairs of each animal that are likelier swapped than not; no keypoint is in two of them."""
    rows = []
    for _, animal in points.groupby(LABEL_KEY[:3], sort=False):
        said, seen = (animal[names].to_numpy(np.float64) for names in (["true_x", "true_y"], ["x", "y"]))
        distance = np.hypot(*(said[None] - seen[:, None]).transpose(2, 0, 1))  # [prediction, label]
        width, confidence = (animal[[name]].to_numpy(np.float64) for name in ("width", "confidence"))
        density = _log_density(distance, width, confidence, area)
        right = np.diag(density)
        gain = density + density.T - right[:, None] - right
        pairs = sorted(itertools.combinations(range(len(animal)), 2), key=lambda pair: -gain[pair])
        used = set()
        for a, b in pairs:
            if gain[a, b] > 0 and not used & {a, b}:
                used |= {a, b}
                other = {"other": animal["keypoint"].iloc[b], "other_x": said[b, 0], "other_y": said[b, 1]}
                rows.append((animal.index[a], gain[a, b], distance[a, a] / width[a, 0], other))
    index, score, scaled, others = zip(*rows, strict=True) if rows else ((), (), (), ())
    others = pd.DataFrame(list(others), columns=["other", "other_x", "other_y"])
    return _suspects(points.iloc[list(index)], "swapped", np.array(score), np.array(scaled)).assign(**others)


def _far(points: pd.DataFrame, area: float) -> pd.DataFrame:
    distance, width = residuals.distances(points), points["width"].to_numpy()
    density = _log_density(distance, width, points["confidence"].to_numpy(np.float64), area)
    return _suspects(points, "far", -np.log(area) - density, distance / width)


def _missing(points: pd.DataFrame) -> pd.DataFrame:
    said = (points["visibility"] != "unlabelled") & ~residuals.is_spurious(points["individual"])
    labelled = points.loc[said, "keypoint"].unique()  # of the others, nobody labels any
    points = points[points["visibility"].isin(("unlabelled", "absent")) & points["keypoint"].isin(labelled)]
    clearest = points.sort_values("confidence", ascending=False, kind="stable").drop_duplicates(LABEL_KEY[:3]).index
    points = points[~residuals.is_spurious(points["individual"]) | points.index.isin(clearest)]
    sure = np.clip(points["confidence"].to_numpy(np.float64), 1 - MAX_CONFIDENCE, MAX_CONFIDENCE)
    return _suspects(points, "missing", np.log(sure / (1 - sure)), np.zeros(len(points)))


def _suspects(points: pd.DataFrame, kind: str, score: np.ndarray, scaled: np.ndarray) -> pd.DataFrame:
    """Make rows of the table, with `scaled`, the residual in standard deviations, to order those of equal score."""
    places = {"x": "true_x", "y": "true_y", "predicted_x": "x", "predicted_y": "y"}
    rows = points[[*LABEL_KEY, "confidence", "sigma_px"]].reset_index(drop=True)
    rows = rows.assign(**{name: points[source].to_numpy() for name, source in places.items()})
    return rows.assign(kind=kind, score=score, scaled=scaled, other=None, other_x=np.nan, other_y=np.nan)

"""Metrics of a model on labelled frames, with intervals that respect how frames hang together.

A point is scored where its label is visible or occluded and has a position. For a part (train, validation, test), a
keypoint (or all of them) and a confidence cut c, let L be the scored points, M those of L with a predicted position of
confidence >= c, and d the Euclidean distance of prediction and label in px:

    mean_error    sum_M d / |M|            DeepLabCut prints this one as "RMSE"
    rmse          sqrt(sum_M d^2 / |M|)    the true root-mean-square error
    median_error, p90, p95                 quantiles of d over M, linear interpolation (numpy's default)
    pck@T         |{M : d <= T}| / |L|     percentage of correct keypoints; a missing point counts as incorrect
    missing_rate  1 - |M| / |L|

T is in px (`pck@5px`) or a fraction of the body length (`pck@0.1body`); pck as Yang & Ramanan, PAMI 2013.
Whether confidence and sigma mean what they say (`confidence`) is told by M and by R, the points of M that are
right, that is within the tolerance:

    calibration_error  sum_b |sum_{M in b} (right - confidence)| / |M|    over ten equal bins b of the confidence
    sigma_ratio        sqrt(sum_R d^2 / (2 sigma^2) / |R|)                1 is right, above it sigma is too small
    within_1_sigma, within_2_sigma                                        of R; 39.3 % and 86.5 % of a 2-D Gaussian

The first is the expected calibration error (Naeini et al., AAAI 2015); chance alone makes it several % on few points.
Where frames show several animals, its M also holds, as wrong, every position predicted where the label says that there
is none, so those of animals that match none; and over all keypoints there are the metrics of whole animals, which
`whole_animals` defines: oks_map@S, oks_mar@S, missed_animals, spurious_animals.
The intervals are 95 % percentile intervals of the cluster bootstrap (Efron & Tibshirani 1993; Field & Welsh, JRSS B
2007): whole groups (videos, blocks) are drawn with replacement, because frames of one group resemble each other. Their
ends lie as much further out as Student's t does for that many groups (Hesterberg, The American Statistician 2015), and
below `MIN_INTERVAL_GROUPS` groups there is none: of means of normal groups, plain ends would cover 48 % with two groups
and 85 % with six, these 92 % with six and 95 % with eight.
"""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.special import ndtr, stdtrit

from marey.evaluation import oks, residuals, whole_animals
from marey.tables import files
from marey.tables.metrics import METRICS, MIN_INTERVAL_GROUPS
from marey.tables.pooled import POOLED
from marey.tables.splits import PARTS

QUANTILE_LEVELS = {"median_error": 0.5, "p90": 0.9, "p95": 0.95}
CALIBRATION_BINS = 10  # of the confidence, for the calibration error
MAX_CUMULATED_WEIGHTS = 4_000_000  # cumulated weights held at once by `resampled_quantiles`: 32 MB


def evaluate_model(
    predictions_path: str | Path, out: str | Path, *, config: dict, seed: int, provenance: dict | None = None
) -> None:
    """Write the table `metrics` of a table `pooled`.

    Args:
        predictions_path: the table `pooled`.
        out: the table that is written.
        config: the block `evaluate`.
        seed: seed of the bootstrap.
        provenance: metadata of the table.
    """
    rows = files.read(predictions_path, POOLED)
    files.write(out, model_metrics(rows, config=config, seed=seed), METRICS, provenance=provenance)


def model_metrics(predictions: pd.DataFrame, *, config: dict, seed: int) -> pd.DataFrame:
    """Compute table `metrics` from a table `pooled`: by part and keypoint (and `all`), with and without the cut.

    `config` is the block `evaluate`, `seed` that of the bootstrap. A metric that rests on fewer than
    `MIN_INTERVAL_GROUPS` groups has no interval (NaN), one that rests on no point has no value (NaN). The body length
    is one number for all parts, so that their pck can be compared.
    """
    judged = residuals.judged_points(predictions)
    judged = judged.assign(distance=residuals.miss_distances(judged))
    thresholds = {f"pck@{pixels:g}px": pixels for pixels in config["pck_pixels"]}
    length = residuals.body_length(residuals.scored_points(judged))
    thresholds |= {f"pck@{fraction:g}body": fraction * length for fraction in config["pck_body"]}
    cuts = sorted({0.0, float(config["confidence_cut"])})
    rows = []
    draw = partial(draw_groups, resamples=config["bootstrap"], seed=seed)
    for part, keypoint, points in _selections(judged):
        codes, names = pd.factorize(points["group"], sort=True)
        resamples = draw(len(names))
        labelled = points["visibility"].ne("absent").to_numpy()
        for cut in cuts:
            kept = points["confidence"].to_numpy(np.float32) >= np.float32(cut)
            left = points.assign(distance=points["distance"].where(kept))
            found = _point_metrics(left["distance"].to_numpy()[labelled], codes[labelled], resamples, thresholds)
            found += _trust(left, codes, resamples)
            rows += [{"part": part, "keypoint": keypoint, "cut": cut, **row} for row in found]
    if residuals.shows_several(predictions):
        rows += _animals(predictions, cuts, draw)
    return pd.DataFrame(rows, columns=METRICS.names)


def draw_groups(groups: int, resamples: int, *, seed: int) -> np.ndarray:
    """Draw how often each group is in each resample: i64[resample, group], every row sums to `groups`."""
    rng = np.random.default_rng(seed)
    return rng.multinomial(groups, np.full(groups, 1 / groups), size=resamples)


def resampled_quantiles(
    values: np.ndarray, groups: np.ndarray, resamples: np.ndarray, levels: list[float]
) -> np.ndarray:
    """Compute quantiles of resampled data at the cost of one sort in all.

    Equal to `np.quantile(np.repeat(values, resamples[r, groups]), levels)` for each r: the k-th smallest value of a
    resample is the first sorted value whose cumulated weight exceeds k.

    Args:
        values: f64[n].
        groups: i64[n], the index of the group of each value.
        resamples: i64[resample, group], as from `draw_groups`.
        levels: the quantiles, 0..1.

    Returns:
        f64[resample, level], NaN where a resample holds no value.
    """
    order = np.argsort(values)
    ordered, owners = values[order], groups[order]
    result = np.full((len(resamples), len(levels)), np.nan)
    block = max(1, MAX_CUMULATED_WEIGHTS // max(1, len(values)))
    for start in range(0, len(resamples), block):
        weights = resamples[start : start + block, owners].cumsum(axis=1)
        for row, cumulated in enumerate(weights, start):
            if len(cumulated) and cumulated[-1]:
                rank = np.multiply(levels, cumulated[-1] - 1)
                low = np.floor(rank).astype(np.int64)
                ends = ordered[np.searchsorted(cumulated, [low, np.ceil(rank)], side="right")]
                result[row] = ends[0] + (rank - low) * (ends[1] - ends[0])
    return result


def _selections(judged: pd.DataFrame) -> Iterator[tuple[str, str, pd.DataFrame]]:
    """Yield the sets of points that get metrics: each part, each of its keypoints in order of appearance, and all."""
    for part in PARTS:
        rows = judged[judged["part"] == part]
        for keypoint, points in rows.groupby("keypoint", sort=False):
            yield part, keypoint, points
        if len(rows):
            yield part, "all", rows


def _point_metrics(distance: np.ndarray, groups: np.ndarray, resamples: np.ndarray, thresholds: dict) -> list[dict]:
    """Compute metrics of a selection: `distance` f64[n] px (NaN: missing), `groups` i64[n], `resamples` i64[r, g]."""
    there = ~np.isnan(distance)
    weights = _with_sample(resamples)
    total = partial(_totals, groups, weights)
    with np.errstate(invalid="ignore", divide="ignore"):
        measured, labelled = total(there), total(np.ones(len(distance)))
        near = np.where(there, distance, 0.0)
        errors = {"mean_error": total(near) / measured, "rmse": np.sqrt(total(near**2) / measured)}
        quantiles = resampled_quantiles(distance[there], groups[there], weights, list(QUANTILE_LEVELS.values()))
        errors |= dict(zip(QUANTILE_LEVELS, quantiles.T, strict=True))
        rates = {
            name: total(distance <= limit) / labelled if np.isfinite(limit) else np.full(len(weights), np.nan)
            for name, limit in thresholds.items()
        }
        rates["missing_rate"] = 1 - measured / labelled
    rests = {"points": int(there.sum()), "groups": len(np.unique(groups[there]))}
    found = [{"metric": name, "unit": "px", **_interval(v, rests["groups"]), **rests} for name, v in errors.items()]
    rests = {"points": len(distance), "groups": len(np.unique(groups))}
    return found + [
        {"metric": name, "unit": "fraction", **_interval(v, rests["groups"]), **rests} for name, v in rates.items()
    ]


def _trust(points: pd.DataFrame, groups: np.ndarray, resamples: np.ndarray) -> list[dict]:
    """Compute the metrics of confidence and sigma: `points` have a distance (NaN = missing); the rest as above."""
    distance, confidence, sigma, tolerance = (
        points[name].to_numpy(np.float64) for name in ("distance", "confidence", "sigma_px", "tolerance")
    )
    total = partial(_totals, groups, _with_sample(resamples))
    judged = ~np.isnan(distance + tolerance)
    gap = (distance <= tolerance) - confidence
    bins = np.minimum((confidence * CALIBRATION_BINS).astype(int), CALIBRATION_BINS - 1)
    right = (distance <= tolerance) & ~np.isnan(sigma)
    scaled = np.where(right, distance, 0) / np.where(right, sigma, 1)
    with np.errstate(invalid="ignore", divide="ignore"):
        gaps = sum(np.abs(total(np.where(judged & (bins == b), gap, 0))) for b in range(CALIBRATION_BINS))
        found = [
            ("calibration_error", "fraction", gaps / total(judged), judged),
            ("sigma_ratio", "ratio", np.sqrt(total(scaled**2 / 2) / total(right)), right),
            ("within_1_sigma", "fraction", total(right & (scaled <= 1)) / total(right), right),
            ("within_2_sigma", "fraction", total(right & (scaled <= 2)) / total(right), right),
        ]
    rests = [{"points": int(which.sum()), "groups": len(np.unique(groups[which]))} for *_, which in found]
    return [
        {"metric": name, "unit": unit, **_interval(values, rest["groups"]), **rest}
        for (name, unit, values, _), rest in zip(found, rests, strict=True)
    ]


def _animals(predictions: pd.DataFrame, cuts: list[float], draw: Callable) -> list[dict]:
    """Compute the metrics of whole animals; the area of an animal of one keypoint is one number for all parts."""
    lone = oks.lone_area(whole_animals.animals_by_frame(predictions).truth)
    rows = []
    for part in PARTS:
        scenes = whole_animals.animals_by_frame(predictions[predictions["part"] == part])
        animals = whole_animals.count_labelled(scenes)
        codes, names = pd.factorize(scenes.group, sort=True)
        rests = {"points": int(animals.sum()), "groups": len(np.unique(codes[animals > 0]))}
        if not len(names):
            continue
        weights = _with_sample(draw(len(names)))[:, codes]
        for cut in cuts:
            for name, unit, values in whole_animals.animal_metrics(scenes, weights, cut=cut, lone=lone):
                row = {"metric": name, "unit": unit, **_interval(values, rests["groups"]), **rests}
                rows.append({"part": part, "keypoint": "all", "cut": cut, **row})
    return rows


def _with_sample(resamples: np.ndarray) -> np.ndarray:
    """Put the sample itself, in which each group is once, before the resamples i64[r, group]."""
    return np.concatenate([np.ones((1, resamples.shape[1]), np.int64), resamples])


def _totals(groups: np.ndarray, weights: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Sum `values` f64[n] in each resample `weights` i64[r, group]: f64[r]."""
    return weights @ np.bincount(groups, values, minlength=weights.shape[1])


def interval_levels(groups: int) -> np.ndarray:
    """Compute the quantiles of resampled means that are the ends of a 95 % interval, for that many groups, f64[2].

    2.5 and 97.5 % for many; further out for few, as the spread of a few groups is itself a guess.
    """
    return ndtr(stdtrit(groups - 1, [0.025, 0.975]) * np.sqrt(groups / (groups - 1)))


def _interval(values: np.ndarray, groups: int) -> dict:
    """Return the value (the first) and the 95 % interval (of the others, those that have a value)."""
    drawn = values[1:][np.isfinite(values[1:])]
    shown = groups >= MIN_INTERVAL_GROUPS and len(drawn)
    low, high = np.quantile(drawn, interval_levels(groups)) if shown else (np.nan, np.nan)
    return {"value": float(values[0]), "low": float(low), "high": float(high)}

"""Figures of merit of a model on labelled frames, with intervals that respect how frames hang together.

A point is scored where its label is visible or occluded and has a position. For a part (train, validation, test), a
keypoint (or all of them) and a confidence cut c, let L be the scored points, M those of L with a predicted position of
confidence >= c, and d the Euclidean distance of prediction and label in px:

    mean_error    sum_M d / |M|            DeepLabCut prints this one as "RMSE"
    rmse          sqrt(sum_M d^2 / |M|)    the true root-mean-square error
    median_error, p90, p95                 quantiles of d over M, linear interpolation (numpy's default)
    pck@T         |{M : d <= T}| / |L|     percentage of correct keypoints; a missing point counts as incorrect
    missing_rate  1 - |M| / |L|

T is in px (`pck@5px`) or a fraction of the body length (`pck@0.1body`); pck as Yang & Ramanan, PAMI 2013.
The intervals are 95 % percentile intervals of the cluster bootstrap (Efron & Tibshirani 1993; Field & Welsh, JRSS B
2007): whole groups (videos, blocks) are drawn with replacement, because frames of one group resemble each other.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from marey.tables import files, metrics
from marey.tables import predictions as predictions_table
from marey.tables.splits import PARTS

LABELLED = ("visible", "occluded")
QUANTILES = {"median_error": 0.5, "p90": 0.9, "p95": 0.95}
BLOCK = 4_000_000  # cumulated weights held at once by `resampled_quantiles`: 32 MB


def evaluate_model(
    predictions_path: str | Path, out: str | Path, *, config: dict, seed: int, provenance: dict | None = None
) -> None:
    """Write the table `metrics` of a table `predictions`; options as in `evaluate`."""
    rows = files.read(predictions_path, predictions_table.SCHEMA)
    files.write(out, evaluate(rows, config=config, seed=seed), metrics.SCHEMA, provenance=provenance)


def evaluate(predictions: pd.DataFrame, *, config: dict, seed: int) -> pd.DataFrame:
    """Table `metrics` of a table `predictions`: figures by part and keypoint (and `all`), with and without the cut.

    `config` is the block `evaluate`. A figure that rests on fewer than two groups has no interval (NaN), one that rests
    on no point has no value (NaN). The body length is one number for all parts, so that their pck can be compared.
    """
    labelled = predictions["visibility"].isin(LABELLED) & predictions[["true_x", "true_y"]].notna().all(axis=1)
    scored = predictions[labelled]
    step = scored[["x", "y"]].to_numpy(np.float64) - scored[["true_x", "true_y"]].to_numpy(np.float64)
    scored = scored.assign(distance=np.hypot(*step.T))
    thresholds = {f"pck@{pixels:g}px": pixels for pixels in config["pck_pixels"]}
    length = body_length(scored)
    thresholds |= {f"pck@{fraction:g}body": fraction * length for fraction in config["pck_body"]}
    cuts = sorted({0.0, float(config["confidence_cut"])})
    rows = []
    for part, keypoint, points in _selections(scored):
        codes, names = pd.factorize(points["group"], sort=True)
        resamples = draw_groups(len(names), config["bootstrap"], seed=seed)
        distance = points["distance"].to_numpy()
        for cut in cuts:
            kept = points["confidence"].to_numpy(np.float32) >= np.float32(cut)
            figures = _figures(np.where(kept, distance, np.nan), codes, resamples, thresholds)
            rows += [{"part": part, "keypoint": keypoint, "cut": cut, **figure} for figure in figures]
    return pd.DataFrame(rows, columns=metrics.SCHEMA.names)


def body_length(labels: pd.DataFrame) -> float:
    """The longest distance between two labelled points of an animal, px; median over frames and animals.

    `labels` has the columns video, frame, individual, keypoint, true_x, true_y. NaN where no animal has two points.
    """
    wide = labels.pivot(index=["video", "frame", "individual"], columns="keypoint", values=["true_x", "true_y"])
    if wide.empty:
        return np.nan
    x, y = wide["true_x"].to_numpy(np.float64), wide["true_y"].to_numpy(np.float64)
    # One keypoint at a time against all others: memory stays linear in the number of keypoints.
    longest = np.zeros(len(wide))
    for column in range(x.shape[1]):
        reach = np.hypot(x - x[:, [column]], y - y[:, [column]])
        longest = np.fmax(longest, np.nan_to_num(reach).max(axis=1))
    longest = longest[longest > 0]
    return float(np.median(longest)) if len(longest) else np.nan


def draw_groups(groups: int, resamples: int, *, seed: int) -> np.ndarray:
    """How often each group is in each resample: i64[resample, group], every row sums to `groups`."""
    rng = np.random.default_rng(seed)
    return rng.multinomial(groups, np.full(groups, 1 / groups), size=resamples)


def resampled_quantiles(
    values: np.ndarray, groups: np.ndarray, resamples: np.ndarray, levels: list[float]
) -> np.ndarray:
    """Quantiles of resampled data: f64[resample, level], NaN where a resample holds no value.

    `values` f64[n], the group index `groups` i64[n] of each, `resamples` i64[resample, group] as from `draw_groups`.
    Equal to `np.quantile(np.repeat(values, resamples[r, groups]), levels)` for each r, at the cost of one sort in all:
    the k-th smallest value of a resample is the first sorted value whose cumulated weight exceeds k.
    """
    order = np.argsort(values)
    ordered, owners = values[order], groups[order]
    result = np.full((len(resamples), len(levels)), np.nan)
    block = max(1, BLOCK // max(1, len(values)))
    for start in range(0, len(resamples), block):
        weights = resamples[start : start + block, owners].cumsum(axis=1)
        for row, cumulated in enumerate(weights, start):
            if len(cumulated) and cumulated[-1]:
                rank = np.multiply(levels, cumulated[-1] - 1)
                low = np.floor(rank).astype(np.int64)
                ends = ordered[np.searchsorted(cumulated, [low, np.ceil(rank)], side="right")]
                result[row] = ends[0] + (rank - low) * (ends[1] - ends[0])
    return result


def _selections(scored: pd.DataFrame) -> Iterator[tuple[str, str, pd.DataFrame]]:
    """The sets of points that get figures: each part, each of its keypoints in order of appearance, and all."""
    for part in PARTS:
        rows = scored[scored["part"] == part]
        for keypoint, points in rows.groupby("keypoint", sort=False):
            yield part, keypoint, points
        if len(rows):
            yield part, "all", rows


def _figures(distance: np.ndarray, groups: np.ndarray, resamples: np.ndarray, thresholds: dict) -> list[dict]:
    """Every figure of one selection: `distance` f64[n] px (NaN = missing), `groups` i64[n], `resamples` i64[r, g]."""
    there = ~np.isnan(distance)
    everyone = np.ones((1, resamples.shape[1]), np.int64)
    weights = np.concatenate([everyone, resamples])  # row 0 is the sample itself

    def total(values: np.ndarray) -> np.ndarray:
        return weights @ np.bincount(groups, values, minlength=resamples.shape[1])

    with np.errstate(invalid="ignore", divide="ignore"):
        measured, labelled = total(there), total(np.ones(len(distance)))
        near = np.where(there, distance, 0.0)
        errors = {"mean_error": total(near) / measured, "rmse": np.sqrt(total(near**2) / measured)}
        quantiles = resampled_quantiles(distance[there], groups[there], weights, list(QUANTILES.values()))
        errors |= dict(zip(QUANTILES, quantiles.T, strict=True))
        rates = {
            name: total(distance <= limit) / labelled if np.isfinite(limit) else np.full(len(weights), np.nan)
            for name, limit in thresholds.items()
        }
        rates["missing_rate"] = 1 - measured / labelled
    rests = {"points": int(there.sum()), "groups": len(np.unique(groups[there]))}
    figures = [{"metric": name, "unit": "px", **_interval(v, rests["groups"]), **rests} for name, v in errors.items()]
    rests = {"points": len(distance), "groups": resamples.shape[1]}
    return figures + [
        {"metric": name, "unit": "fraction", **_interval(v, rests["groups"]), **rests} for name, v in rates.items()
    ]


def _interval(values: np.ndarray, groups: int) -> dict:
    """Value (the first) and 95 % percentile interval (of the others, those that have a value)."""
    drawn = values[1:][np.isfinite(values[1:])]
    low, high = np.quantile(drawn, [0.025, 0.975]) if groups > 1 and len(drawn) else (np.nan, np.nan)
    return {"value": float(values[0]), "low": float(low), "high": float(high)}

"""Calibrated confidence: 'confidence 0.9' is right nine times in ten, and 'sigma 2 px' is off by 2 px per axis.

A position is right if it lies within a tolerance (a fraction of the body length) of its label. Three curves are fitted
to the validation frames of a fold, which did not train its models; each is an isotonic regression (Zadrozny & Elkan,
KDD 2002; SciPy's):

    confidence  raw confidence -> the probability that the position is right
    noise       raw confidence -> the standard deviation of right positions, per axis: sqrt(E[(dx^2 + dy^2) / 2])
    sigma       sqrt(noise^2 + spread^2) -> the same, now with the spread of an ensemble's members

Wrong positions count in the confidence alone: one false peak at 300 px would otherwise be the sigma of its neighbours.
A few dozen points make an isotonic regression say 0 or 1, so each curve also gets `PRIOR_POINTS` made-up points, of the
weight `PRIOR_WEIGHT` in all and spread evenly, which say what is believed without data: that raw confidence is the
probability, that noise is the same everywhere. Many points outvote them; without any, nothing changes.
"""

import logging

import numpy as np
import pandas as pd

from marey.evaluation import residuals
from marey.tables.confidence_curves import UNCALIBRATED

PRIOR_WEIGHT, PRIOR_POINTS = 8.0, 20  # weight of all made-up points together, in observations, and how many they are
MIN_RIGHT_POINTS = 10  # right positions that a sigma rests on; its own error is then about 1 / sqrt(4 * 10) = 16 %

_log = logging.getLogger(__name__)


def fit_curves(points: pd.DataFrame, *, tolerance: float) -> pd.DataFrame:
    """Fit the rows of table `confidence_curves` to pooled predictions of frames that did not train; `tolerance` px.

    Points labelled absent are wrong wherever they are predicted; unlabelled ones say nothing. Without points (or a
    finite tolerance) the confidence stays as it is; below `MIN_RIGHT_POINTS` right ones there is no sigma.
    """
    distance = residuals.miss_distances(points)
    judged = ~np.isnan(distance) & np.isfinite(tolerance)
    score, distance = points["confidence"].to_numpy(np.float64)[judged], distance[judged]
    right = distance <= tolerance
    if not len(score):
        _log.warning("no validation points to judge by: confidences stay as they are, and sigma is unknown")
        return pd.DataFrame(UNCALIBRATED).assign(tolerance=tolerance)
    curves = [_curve("confidence", *_confidence(score, right), len(score))]
    if right.sum() >= MIN_RIGHT_POINTS:
        squared = distance[right] ** 2 / 2
        noise = _noise(score[right], squared, tolerance)
        spread = np.nan_to_num(points["spread"].to_numpy(np.float64)[judged][right])
        sigma = _sigma(np.hypot(np.interp(score[right], *noise), spread), squared, tolerance)
        curves += [_curve(name, *knots, int(right.sum())) for name, knots in (("noise", noise), ("sigma", sigma))]
    else:
        _log.warning(
            "only %d validation points are right, fewer than %d: sigma is unknown", right.sum(), MIN_RIGHT_POINTS
        )
    return pd.concat(curves, ignore_index=True).assign(tolerance=tolerance, source="validation")


def magnified(curves: pd.DataFrame, magnification: float) -> pd.DataFrame:
    """Convert table `confidence_curves` to px of a video that is so much larger than those that it was fitted to."""
    px = curves["curve"].map({"confidence": 1.0, "noise": 1.0, "sigma": magnification})
    value = curves["curve"].map({"confidence": 1.0, "noise": magnification, "sigma": magnification})
    return curves.assign(
        score=curves["score"] * px, value=curves["value"] * value, tolerance=curves["tolerance"] * magnification
    )


def apply_curves(points: pd.DataFrame, curves: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Compute calibrated confidence f32[n] and sigma f32[n] px of rows with x, raw confidence and spread.

    `curves` is table `confidence_curves`. Sigma is NaN where it is unknown or there is no position.
    """
    knots = {name: (rows["score"], rows["value"]) for name, rows in curves.groupby("curve")}
    raw = points["confidence"].to_numpy(np.float64)
    sure = np.interp(raw, *knots["confidence"]).astype(np.float32)
    if "sigma" not in knots:
        return sure, np.full(len(raw), np.nan, np.float32)
    spread = np.nan_to_num(points["spread"].to_numpy(np.float64))  # one member has none
    sigma = np.interp(np.hypot(np.interp(raw, *knots["noise"]), spread), *knots["sigma"])
    return sure, np.where(points["x"].notna(), sigma, np.nan).astype(np.float32)


def _confidence(score: np.ndarray, right: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Fit the knots of the confidence: nothing stays nothing, and above the highest judged score it stays level."""
    prior = np.minimum((np.arange(PRIOR_POINTS) + 0.5) / PRIOR_POINTS, score.max())
    at, value = _isotonic(score, right, prior, prior, increasing=True)
    return np.append(0, at), np.append(0, value)


def _noise(score: np.ndarray, squared: np.ndarray, tolerance: float) -> tuple[np.ndarray, np.ndarray]:
    """Fit the knots of the noise, px; at score 0 a right position is anywhere within the tolerance (a uniform disc)."""
    prior = (np.arange(PRIOR_POINTS) + 0.5) / PRIOR_POINTS
    at, value = _isotonic(score, squared, prior, np.full(PRIOR_POINTS, squared.mean()), increasing=False)
    return np.append(0, at), np.append(max(tolerance / 2, np.sqrt(value[0])), np.sqrt(value))


def _sigma(combined: np.ndarray, squared: np.ndarray, tolerance: float) -> tuple[np.ndarray, np.ndarray]:
    """Fit the knots of sigma, px; where nothing was seen, noise and spread add up, as variances do."""
    prior = np.linspace(0, max(tolerance / 2, combined.max()), PRIOR_POINTS)
    guess = np.where(prior <= combined.max(), squared.mean(), prior**2)
    at, value = _isotonic(combined, squared, prior, guess, increasing=True)
    return at, np.sqrt(value)


def _isotonic(score, value, prior_score, prior_value, *, increasing: bool) -> tuple[np.ndarray, np.ndarray]:
    """Fit an isotonic regression to observations and made-up points: knots (score, value), joined by straight lines."""
    from scipy.optimize import isotonic_regression  # not where curves are only applied, as in assembly

    weight = np.append(np.ones(len(score)), np.full(len(prior_score), PRIOR_WEIGHT / PRIOR_POINTS))
    at, place = np.unique(np.append(score, prior_score), return_inverse=True)
    total = np.bincount(place, weight)
    mean = np.bincount(place, weight * np.append(value, prior_value)) / total
    fitted = isotonic_regression(mean, weights=total, increasing=increasing).x
    inner = (fitted[1:-1] == fitted[:-2]) & (fitted[1:-1] == fitted[2:])  # of a level stretch only the ends are knots
    kept = np.concatenate([[True], ~inner, [True]])[: len(at)]
    return at[kept], fitted[kept]


def _curve(name: str, score: np.ndarray, value: np.ndarray, points: int) -> pd.DataFrame:
    return pd.DataFrame({"curve": name, "score": score, "value": value, "points": points})

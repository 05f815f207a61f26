"""How long the errors of views last, and how sure a smoothed position is where they do.

A network that is off in a frame is off in the next ones, too: many frames in a row say little more than one. How much
they have in common is seen in the residuals of views, which disagree in the same way for a while. Two things follow:

- Smoothing takes out only what is new in a frame: to the smoother, the noise has that share of the variance.
- A smoothed position is a weighted mean of the times about it. With the weights w, and errors whose correlation is r_k
  k times apart, its variance is that of one time, multiplied by the sum of w_i w_j r_(i - j) over all i and j, where
  the smoother believes in the sum of w_i^2. What the motion adds stays as it is. Errors that all views share show in no
  residual, and so nobody knows how long they last: they are taken to last, and no mean of times helps.

The weights are those of the smoother for times without end, exp(-t) (cos t + sin t), of the time t in a unit that says
how wide it is (Silverman, Annals of Statistics 1984).
"""

from collections.abc import Sequence
from functools import cache

import numpy as np

LAGS = 60  # times apart that are looked at; errors that last longer are taken to last for ever
MIN_FRESH = 0.05  # share of the variance: less is not told from the motion
SIGNIFICANT = 2.0  # standard deviations of a correlation of white noise, below which it counts as none
REACH = 100  # times to either side that a kernel weighs
WIDTHS = np.geomspace(0.05, 25.0, 60)  # times: from kernels of one time to those of about a hundred


def learn_correlation(parts: Sequence[np.ndarray]) -> np.ndarray:
    """Learn how like the errors of views are that are some times apart.

    Args:
        parts: of some parts of a session the residuals, f64[time, point, camera, 2], in standard deviations; NaN = no
            view, or one that does not agree.

    Returns:
        f64[LAGS + 1, point], from 1 at no time apart, falling, and 0 where it does not differ from that of white noise.
    """
    count = parts[0].shape[1]
    products, squares, number = np.zeros((LAGS + 1, count)), np.zeros((LAGS + 1, 2, count)), np.zeros((LAGS + 1, count))
    for part in parts:
        for lag in range(min(LAGS + 1, len(part))):
            one, other = part[: len(part) - lag], part[lag:]
            both = np.isfinite(one) & np.isfinite(other)
            one, other = np.where(both, one, 0.0), np.where(both, other, 0.0)
            products[lag] += (one * other).sum(axis=(0, 2, 3))
            squares[lag] += [(values**2).sum(axis=(0, 2, 3)) for values in (one, other)]
            number[lag] += both.sum(axis=(0, 2, 3))
    scale = np.sqrt(squares.prod(axis=1))
    correlation = products / np.where(scale > 0, scale, 1.0)
    told = correlation > SIGNIFICANT / np.sqrt(np.maximum(number, 1))
    told[0] = correlation[0] = 1.0
    short = (number == 0).argmax(axis=0) if (number == 0).any() else LAGS  # of parts that are shorter than LAGS
    correlation = np.minimum.accumulate(np.where(told, correlation, 0.0), axis=0)
    last = correlation[np.maximum(short - 1, 0), np.arange(count)]
    correlation = np.where(number > 0, correlation, np.where(number[:1] > 0, last, 0.0))
    correlation[0] = 1.0
    return correlation


def fresh_share(correlation: np.ndarray) -> np.ndarray:
    """Return the share f64[point] of the variance that is new from one time to the next, of correlations as learnt."""
    return np.maximum(1 - correlation[1], MIN_FRESH)


def inflation(shrink: np.ndarray, correlation: np.ndarray, shared: np.ndarray) -> np.ndarray:
    """Compute what the covariance of smoothed positions has to be multiplied by.

    Args:
        shrink: f64[point], how much smaller the variance after smoothing is than what the smoother took the noise of a
            time to have: the weight of the time itself.
        correlation: f64[LAGS + 1, point], of errors.
        shared: f64[point], variance of all errors as a multiple of that of those which views do not share.

    Returns:
        f64[point], 1 where errors are white and none is shared.
    """
    centre, overlap = _kernels()
    shrink = np.clip(shrink, centre[-1], centre[0])
    lasting = np.concatenate([correlation, np.repeat(correlation[-1:], overlap.shape[1] - len(correlation), axis=0)])
    white, real = overlap[:, 0], overlap[:, :1] + 2 * overlap[:, 1:] @ lasting[1:]  # [width], [width, point]
    noise = np.array([np.interp(-at, -centre, own) for at, own in zip(shrink, real.T, strict=True)])
    believed = np.interp(-shrink, -centre, white)
    return 1 + ((noise + shared - 1) / fresh_share(correlation) - believed) / shrink


@cache
def _kernels() -> tuple[np.ndarray, np.ndarray]:
    """The weight of the middle f64[width] and the sums of w_i w_(i + k), f64[width, k]."""
    time = np.abs(np.arange(-REACH, REACH + 1)) / (np.sqrt(2) * WIDTHS[:, None])
    weights = np.exp(-time) * (np.cos(time) + np.sin(time))
    weights /= weights.sum(axis=1, keepdims=True)
    overlap = [np.correlate(own, own, "full")[2 * REACH :] for own in weights]
    return weights[:, REACH], np.array(overlap)

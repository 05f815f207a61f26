"""How long errors last: correlations as they were made, and variances of weighted means as they come out."""

import numpy as np
import pytest

from marey.multiview import filtering
from marey.multiview.persistence import LAGS, fresh_share, inflation, learn_correlation

from .session import lasting


@pytest.mark.parametrize("correlation", [0.0, 0.5, 0.9])
def test_the_correlation_that_made_the_errors_is_found(correlation):
    chance = np.random.default_rng(3)
    parts = [3.0 * lasting((900, 2, 4, 2), correlation, chance) for _ in range(4)]
    for part in parts:
        part[chance.random(part.shape[:3]) < 0.2] = np.nan
    found = learn_correlation(parts)
    assert found.shape == (LAGS + 1, 2)
    expected = correlation ** np.arange(8)
    assert np.abs(found[:8] - expected[:, None]).max() < 0.04
    assert np.abs(fresh_share(found) - (1 - correlation)).max() < 0.03


def test_parts_that_are_short_or_empty_end_in_no_error():
    chance = np.random.default_rng(4)
    short = learn_correlation([lasting((5, 2, 3, 2), 0.999, chance)])
    assert (short[5:] == short[4]).all()
    assert (short[4] > 0.5).all()
    none = learn_correlation([np.full((5, 2, 3, 2), np.nan)])
    assert (none[0] == 1).all()
    assert (none[1:] == 0).all()
    assert (learn_correlation([np.ones((1, 2, 3, 2))])[0] == 1).all()


@pytest.mark.parametrize("power", [1e1, 1e3, 1e6])
@pytest.mark.parametrize("correlation", [0.0, 0.7, 0.95])
def test_the_variance_of_a_smoothed_position_is_what_comes_out(correlation, power):
    """Of a point that rests, what the smoother leaves of the noise is all its error: three quarters of its belief."""
    time, count = np.arange(400) / 30, 300
    error = lasting((400, count, 3), correlation, np.random.default_rng(5))
    known = correlation ** np.arange(LAGS + 1.0)[:, None]
    fresh = fresh_share(known)[0]  # to the smoother, the noise is that
    eye = np.tile(np.eye(3) / fresh, (400, count, 1, 1))
    mean, covariance = filtering.smooth(time, eye, error / fresh, np.full(count, power), (np.zeros((count, 3)), 10.0))
    left, believed = mean[150:250].var(), covariance[200, 0, 0, 0]
    told = believed * inflation(np.array([believed / fresh]), known, np.ones(1))[0]
    assert told == pytest.approx(left + 0.25 * believed, rel=0.12)


def test_errors_that_are_shared_are_not_averaged():
    known = 0.0 ** np.arange(LAGS + 1.0)[:, None]
    one, three = (inflation(np.array([0.2]), known, np.array([shared])) for shared in (1.0, 3.0))
    assert one == pytest.approx(1)
    assert 0.2 * three == pytest.approx(0.2 + 2)

"""Points in space against truth: exact, with noise, outliers, too few views, exchanged sides, and their covariance."""

import numpy as np
import pytest

from marey.multiview.cameras import project
from marey.multiview.triangulation import NO_PARTNER, invert_symmetric, triangulate

from . import rig

CAMERAS = rig.ring(4)
TRUTH = np.random.default_rng(0).uniform(-1, 1, (2000, 3)) * [150, 150, 40]
EXACT = np.stack([project(camera, TRUTH) for camera in CAMERAS], axis=1)
NOISE = 1.5  # px
NOISY = EXACT + NOISE * np.random.default_rng(1).normal(size=EXACT.shape)


def solve(seen, sigma=NOISE, **options):
    return triangulate(CAMERAS, seen, np.full(seen.shape[:2], sigma), **{"tolerance": 5.0, **options})


def errors(found):
    return np.linalg.norm(found.position - TRUTH[: len(found.position)], axis=1)


def test_exact_views_give_exact_points():
    found = solve(EXACT)
    assert errors(found).max() < 1e-9
    assert found.used.all()


def test_with_noise_the_spread_is_that_of_the_covariance():
    found = solve(NOISY)
    error = found.position - TRUTH
    squares = np.einsum("ni,nij,nj->n", error, np.linalg.inv(found.covariance), error)
    assert (squares < 7.815).mean() == pytest.approx(0.95, abs=0.015)
    assert squares.mean() == pytest.approx(3, abs=0.15)


@pytest.mark.parametrize("away", [15.0, 300.0])
def test_a_view_that_is_wrong_is_rejected_and_costs_no_more_than_its_absence(away):
    seen, without = NOISY.copy(), NOISY.copy()
    wrong = np.arange(len(seen)), np.arange(len(seen)) % 4
    seen[wrong] += away * NOISE * np.array([0.6, -0.8])
    without[wrong] = np.nan
    found = solve(seen)
    assert found.used[wrong].mean() < 0.02
    assert np.quantile(errors(found), 0.95) < 1.05 * np.quantile(errors(solve(without)), 0.95)


def test_too_few_views_give_no_position_and_no_exception():
    seen = NOISY[:4].copy()
    seen[0, 1:] = np.nan
    seen[1] = np.nan
    seen[2, 2:] = np.nan
    found = solve(seen)
    assert np.isfinite(found.position).all(axis=1).tolist() == [False, False, True, True]
    assert found.used.sum(axis=1).tolist() == [0, 0, 2, 4]
    assert np.isnan(solve(seen, min_views=3).position).all(axis=1).tolist() == [True, True, True, False]


def test_two_views_that_do_not_agree_give_none():
    seen = NOISY[:50].copy()
    seen[:, 2:] = np.nan
    seen[:, 0] += 200.0 * (np.arange(50)[:, None] % 2)
    given = np.isfinite(solve(seen).position).all(axis=1)
    assert given[::2].all()
    assert given[1::2].mean() < 0.2


def test_sides_that_a_view_exchanges_are_put_right():
    """Of rows 0 and 1, 2 and 3, ...: partners that lie 30 mm apart, one view of each pair exchanged."""
    centres = TRUTH[:200]
    truth = np.stack([centres, centres + np.array([0, 30, 0])], axis=1).reshape(-1, 3)
    seen = np.stack([project(camera, truth) for camera in CAMERAS], axis=1)
    seen += NOISE * np.random.default_rng(2).normal(size=seen.shape)
    rows = np.arange(len(seen))
    partner = rows ^ 1
    view = rows // 2 % 4
    seen[rows, view] = seen[partner, view]
    found = triangulate(CAMERAS, seen, np.full(seen.shape[:2], NOISE), tolerance=5.0, partner=partner)
    assert found.exchanged[rows, view].mean() > 0.95
    assert found.exchanged.sum() == pytest.approx(found.exchanged[rows, view].sum(), abs=8)
    alone = triangulate(CAMERAS, seen, np.full(seen.shape[:2], NOISE), tolerance=5.0)
    error, before = (np.linalg.norm(each.position - truth, axis=1).mean() for each in (found, alone))
    assert error < 0.9 * before


def test_without_an_exchange_a_partner_changes_nothing():
    partner = np.arange(len(NOISY)) ^ 1
    found, alone = solve(NOISY, partner=partner), solve(NOISY, partner=np.full(len(NOISY), NO_PARTNER))
    assert (found.exchanged.sum(axis=1) > 0).mean() < 0.005
    same = ~found.exchanged.any(axis=1)
    assert np.allclose(found.position[same], alone.position[same])


def test_symmetric_matrices_are_inverted_and_singular_ones_are_nan():
    matrix = np.random.default_rng(0).normal(size=(50, 3, 3))
    matrix = matrix @ matrix.transpose(0, 2, 1)
    assert np.allclose(invert_symmetric(matrix) @ matrix, np.eye(3), atol=1e-6)
    assert np.isnan(invert_symmetric(np.zeros((2, 3, 3)))).all()

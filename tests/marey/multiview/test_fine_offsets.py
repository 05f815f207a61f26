"""Parts of a frame, of made cameras; and what blocks of time say together, against least squares of their own."""

import numpy as np
import pytest

from marey.multiview.fine_offsets import Scores, pool, refine, spread

from . import made_motion

STEP = 1 / made_motion.FPS
FRAMES = np.arange(300)
MOST = 0.3


def run(offsets, *, start=None, change=None, sigma=0.3, **scene):
    seen = made_motion.look([(FRAMES + offset) * STEP for offset in offsets], **scene)
    if change:
        change(seen)
    pieces = made_motion.pieces(seen, 1, MOST, sigma=sigma)[0]
    start = STEP * np.round(offsets if start is None else start)
    scores = refine(made_motion.CAMERAS[: len(offsets)], pieces, start, step=STEP, most=MOST, tolerance=5.0)
    return pool([scores], MOST), scores


@pytest.mark.parametrize("offsets", [[0, 0.5], [0, -0.3, 0.5, 0], [0, 0, 4.6]])
def test_offsets_are_found_to_a_part_of_a_frame(offsets):
    found, _ = run(offsets)
    for camera in range(1, len(offsets)):
        value, low, high = np.array(spread(found, camera, 0)) / STEP
        assert value == pytest.approx(offsets[camera], abs=0.05)
        assert low < value < high
        assert high - low < 0.1


def test_sigma_that_is_wrong_and_outliers_hardly_matter():
    chance = np.random.default_rng(2)

    def damage(seen):
        for each in seen:
            each[chance.random(each.shape[:2]) < 0.1] = 250.0
            each[chance.random(each.shape[:2]) < 0.2] = np.nan

    found, _ = run([0, 0.5, 0, 0], change=damage, sigma=1.0)
    assert found.offset / STEP == pytest.approx([0, 0.5, 0, 0], abs=0.05)


def test_the_interval_holds_the_truth_in_most_made_sessions():
    hits, errors = [], []
    for seed in range(16):
        found, _ = run([0, 0.4, 0], seed=seed, noise=1.0)
        for camera, true in ((1, 0.4), (2, 0.0)):
            value, low, high = np.array(spread(found, camera, 0)) / STEP
            hits.append(low <= true <= high)
            errors.append((value - true) / (high - low))
    assert np.mean(hits) >= 0.84  # of 32; 95 % are wanted
    assert np.std(errors) > 0.12  # and it is not wide for nothing: 0.25 is right, or less for few blocks


def test_cameras_that_share_nothing_are_as_unsure_as_can_be():
    def part(seen):
        seen[2][:] = np.nan

    found, _ = run([0, 0, 0], change=part)
    _, low, high = spread(found, 2, 0)
    assert low < -MOST
    assert high > MOST
    assert spread(found, 0, 0) == (0.0, 0.0, 0.0)


def made_scores(blocks, true, slope=0.0):
    """Scores of quadratic costs, whose minima are spread about the truth."""
    chance = np.random.default_rng(3)
    root = chance.normal(size=(blocks, 3, 3))
    information = root @ root.swapaxes(1, 2) + np.eye(3)
    time = np.linspace(0, 100, blocks)
    minimum = np.append(0, true) + np.outer(slope * time, [0, 1, 0]) + 0.01 * chance.normal(size=(blocks, 3))
    offset = np.tile(np.append(0, true), (blocks, 1))
    return Scores(offset, np.einsum("bij,bj->bi", information, offset - minimum), information, time), minimum


def test_blocks_are_pooled_by_their_information():
    scores, minimum = made_scores(40, [0.3, -0.2])
    weights = np.linalg.cholesky(scores.information).swapaxes(1, 2)
    design, wanted = weights[:, :, 1:].reshape(-1, 2), np.einsum("bij,bj->bi", weights, minimum).ravel()
    found = pool([scores], 100.0)
    assert found.offset[1:] == pytest.approx(np.linalg.lstsq(design, wanted, rcond=None)[0], abs=1e-6)
    halves = [Scores(*(part[at] for part in scores)) for at in (slice(0, 15), slice(15, 40))]
    assert pool(halves, 100.0).offset == pytest.approx(found.offset)
    other = np.array(spread(found, 1, 2))
    assert other[0] == pytest.approx(found.offset[1] - found.offset[2])


def test_drift_is_told_from_an_offset():
    found = pool([made_scores(60, [0.3, -0.2], slope=1e-3)[0]], 100.0, drift=True)
    assert found.offset == pytest.approx([0, 1e-3, 0], abs=1e-4)
    _, low, high = spread(found, 1, 0)
    assert low < 1e-3 < high
    assert high - low < 1e-3

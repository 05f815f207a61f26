"""OKS and its averages, against pycocotools and cases counted by hand."""

import numpy as np
import pytest

from marey.evaluation import oks
from marey.evaluation.oks import FrameAnimals

from ..coco import by_coco


def made(seed, *, frames=20, keypoints=5):
    """Frames of up to four animals of which some are found well, some badly, some not, and some that are not there."""
    chance = np.random.default_rng(seed)
    result = []
    for _ in range(frames):
        middle = chance.uniform(50, 400, (chance.integers(0, 5), 1, 2))
        truth = middle + chance.normal(0, 25, (len(middle), keypoints, 2))
        found = truth[chance.random(len(truth)) < 0.8]
        found = found + chance.normal(0, 1, found.shape) * chance.choice([0.2, 1, 6], (len(found), 1, 1))
        false = chance.uniform(50, 400, (chance.poisson(0.2), 1, 2)) + chance.normal(0, 25, (1, keypoints, 2))
        found = np.concatenate([found, false])
        truth = np.where(chance.random(truth.shape[:2])[..., None] < 0.2, np.nan, truth)
        truth = truth[np.isfinite(truth).any(axis=(1, 2))]
        result.append(FrameAnimals(truth, found, chance.permutation(len(found)) / 10 + chance.random(len(found)) / 100))
    return result


@pytest.mark.parametrize("sigma", [0.025, 0.1])
@pytest.mark.parametrize("seed", range(3))
def test_averages_are_those_of_pycocotools(seed, sigma):
    frames = made(seed)
    found = oks.average_precision(frames, sigma=sigma)
    assert 0.01 < found[0] < 0.99
    assert found == pytest.approx(by_coco(frames, sigma), abs=1e-9)


def test_similarity_by_hand():
    truth = np.array([[[0, 0], [30, 40], [np.nan, np.nan]]])
    found = np.array([[[3, 4], [30, 40], [7, 7]], [[0, 0], [np.nan, np.nan], [7, 7]]])
    expected = (np.exp(-25 / (2 * 1200 * 0.2**2)) + 1) / 2
    np.testing.assert_allclose(oks.similarity(truth, found, sigma=0.1), [[expected, 0.5]])


def test_animals_on_a_line_and_of_one_point_have_an_area():
    line = np.array([[[0, 0], [100, 0]], [[5, 5], [np.nan, np.nan]]])
    assert oks.animal_area(line).tolist() == [1000, 1]
    frame = FrameAnimals(line, line, np.ones(2))
    assert oks.average_precision([frame], sigma=0.025) == (1, 1)


def test_false_animals_cost_precision_and_missed_ones_recall():
    animal = np.array([[[0, 0], [30, 40]]], float)
    nothing = np.empty((0, 2, 2))
    surer = FrameAnimals(animal, np.concatenate([animal + 500, animal]), np.array([0.9, 0.8]))
    assert oks.average_precision([surer], sigma=0.1) == (0.5, 1)
    missed = FrameAnimals(animal, nothing, np.empty(0))
    assert oks.average_precision([missed], sigma=0.1) == (0, 0)
    assert np.isnan(oks.average_precision([FrameAnimals(nothing, animal, np.ones(1))], sigma=0.1)).all()


def test_weighted_frames_are_repeated_frames():
    chance = np.random.default_rng(5)
    frames = made(5)
    weights = chance.integers(0, 4, (30, len(frames)))
    weights[0] = 0
    found = np.transpose(oks.weighted_averages(oks.judge_animals(frames, sigma=0.1), weights))
    assert np.isnan(found[0]).all()
    for row, times in zip(found[1:], weights[1:], strict=True):
        repeated = [frame for frame, count in zip(frames, times, strict=True) for _ in range(count)]
        assert row == pytest.approx(by_coco(repeated, 0.1), abs=1e-9)


def test_small_blocks_change_nothing(monkeypatch):
    frames = made(6)
    weights = np.random.default_rng(0).integers(0, 4, (30, len(frames)))
    whole = oks.weighted_averages(oks.judge_animals(frames, sigma=0.1), weights)
    monkeypatch.setattr(oks, "MAX_FRAME_WEIGHTS", 100)
    np.testing.assert_array_equal(oks.weighted_averages(oks.judge_animals(frames, sigma=0.1), weights), whole)


def test_animals_of_one_keypoint_are_as_large_as_the_others():
    box = np.array([[0, 0], [30, 40]], float)
    truth = np.stack([box, 2 * box, 4 * box, [[5, 5], [np.nan, np.nan]]])
    assert oks.lone_area(truth) == 4800
    assert oks.lone_area(truth[3:]) == 1
    assert oks.animal_area(truth, lone=4800.0).tolist() == [1200, 4800, 19200, 4800]
    found = np.array([[[8, 9], [np.nan, np.nan]]])
    near = oks.similarity(truth[3:], found, sigma=0.1, lone=4800.0)
    np.testing.assert_allclose(near, np.exp(-25 / (2 * 4800 * 0.2**2)))


def test_nothing_found_in_any_frame():
    animal, nothing = np.array([[[0, 0], [30, 40]]], float), np.empty((0, 2, 2))
    judged = oks.judge_animals([FrameAnimals(animal, nothing, np.empty(0))] * 3, sigma=0.1)
    np.testing.assert_array_equal(oks.weighted_averages(judged, np.ones((4, 3))), np.zeros((2, 4)))
    assert np.isnan(oks.average_precision([], sigma=0.1)).all()

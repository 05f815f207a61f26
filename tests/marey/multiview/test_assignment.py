"""Assignments of tracks, against all that there are."""

from itertools import product

import numpy as np
import pytest

from marey.multiview.assignment import NOBODY, PRESENT, assign, choose, value

CHANCE = np.random.default_rng(0)


def excluded(camera, pairs=None):
    """Which tracks exclude each other: all of a camera, or some pairs."""
    apart = (camera[:, None] == camera) & ~np.eye(len(camera), dtype=bool) & (pairs is None)
    for one, two in pairs or ():
        apart[one, two] = apart[two, one] = True
    return apart


def made_scores(camera, truth=None, *, noise=1.0):
    score = noise * CHANCE.normal(size=(len(camera),) * 2)
    if truth is not None:
        score += np.where(truth[:, None] == truth, 2.0, -2.0)
    score = np.triu(score, 1)
    return np.where(camera[:, None] == camera, 0.0, score + score.T)


def best_value(score, apart, most):
    """The greatest value of any assignment to `most` individuals or nobody."""
    best = -np.inf
    for label in product(range(NOBODY, most), repeat=len(score)):
        label = np.array(label)
        if not (apart & (label[:, None] == label) & (label >= 0)).any():
            best = max(best, value(label, score))
    return best


@pytest.mark.parametrize("most", [2, 3])
@pytest.mark.parametrize("pairs", [None, [(0, 1), (2, 3), (5, 6)]])
def test_no_other_assignment_fits_better(most, pairs):
    camera = np.array([0, 0, 1, 1, 1, 2, 2])
    apart = excluded(camera, pairs)
    for _ in range(3):
        truth = np.concatenate([CHANCE.permutation(3)[:count] for count in (2, 3, 2)])
        score = made_scores(camera, truth)
        label = assign(score, apart, camera, most)
        assert label.max() < most
        assert not (apart & (label[:, None] == label) & (label >= 0)).any()
        assert value(label, score) == pytest.approx(best_value(score, apart, most))


def test_of_noise_alone_it_is_seldom_far_from_the_best():
    camera = np.array([0, 0, 0, 1, 1, 2, 2])
    apart = excluded(camera)
    short = []
    for _ in range(8):
        score = made_scores(camera)
        short.append(best_value(score, apart, 2) - value(assign(score, apart, camera, 2), score))
    assert np.mean(np.array(short) < 1e-9) >= 0.75
    assert max(short) < 0.5


@pytest.mark.parametrize("most", [3, None])
def test_many_cameras_and_parts_of_tracks_are_put_together(most):
    truth, camera, start = (
        part.ravel() for part in np.indices((3, 8, 4))
    )  # each track in four parts, one after another
    apart = (camera[:, None] == camera) & (start[:, None] == start) & ~np.eye(len(camera), dtype=bool)
    near = np.abs(start[:, None] - start) <= 1  # parts of other cameras overlap with those before and after
    score = np.where(near, made_scores(camera, truth, noise=0.7), 0.0)
    score = np.triu(score, 1) + np.triu(score, 1).T
    label = assign(score, apart, camera, most)
    assert len(set(zip(truth, label, strict=True))) == 3
    assert set(label) == {0, 1, 2}


def test_hundreds_of_pieces_of_tracks_take_little_memory():
    """A table of all limits, each with all individuals, took 22 GB."""
    pieces = 20
    truth, camera, at = (part.ravel() for part in np.indices((3, 6, pieces)))
    start = at + (camera % 4) / 4
    overlap = np.maximum(1 - np.abs(start[:, None] - start), 0)
    apart = (camera[:, None] == camera) & (overlap > 0) & ~np.eye(len(camera), dtype=bool)
    score = 10 * overlap * np.where(truth[:, None] == truth, 1, -1) * (camera[:, None] != camera)
    for most in (3, None):
        label = assign(score, apart, camera, most)
        assert len(set(zip(truth, label, strict=True))) == 3


def test_nothing_is_required_of_a_track():
    camera = np.array([0, 0, 0, 1])
    apart = excluded(camera)
    score = np.zeros((4, 4))
    score[0, 3] = score[3, 0] = 5.0
    score[1, 3] = score[3, 1] = -5.0
    known = assign(score, apart, camera, None)
    assert known[0] == known[3]
    assert len(set(known)) == 3
    limited = assign(score, apart, camera, 2)
    assert limited[0] == limited[3]
    assert sorted(limited[1:3]) == [NOBODY, 1 - limited[0]]
    assert assign(np.zeros((0, 0)), np.zeros((0, 0), bool), np.zeros(0, int), 2).tolist() == []
    assert (assign(np.zeros((2, 2)), np.zeros((2, 2), bool), np.arange(2), 2) >= 0).all()


@pytest.mark.parametrize("pairs", [[(0, 1), (0, 2), (1, 2)], [(0, 1)], []])
def test_the_choice_of_a_camera_is_the_best(pairs):
    apart = excluded(np.zeros(3, int), pairs)
    for _ in range(5):
        gain = CHANCE.normal(size=(3, 2)) + PRESENT
        best = max(
            sum(gain[track, own] for track, own in enumerate(label) if own >= 0)
            for label in map(np.array, product(range(NOBODY, 2), repeat=3))
            if not (apart & (label[:, None] == label) & (label >= 0)).any()
        )
        chosen = choose(gain, apart)
        assert sum(gain[track, own] for track, own in enumerate(chosen) if own >= 0) == pytest.approx(best)
        assert not (apart & (chosen[:, None] == chosen) & (chosen >= 0)).any()
    assert choose(np.zeros((2, 0)), np.zeros((2, 2), bool)).tolist() == [NOBODY, NOBODY]

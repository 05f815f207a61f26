"""Looks: a model that made Gaussians are drawn from is found again, and animals that vanish come back as themselves."""

import numpy as np
import pytest
from scipy.stats import multivariate_normal

from marey.tracking import Appearance, Instances, looks, track, tracklets

from .walks import walk

WITHIN = np.array([[2.0, 0.5, 0], [0.5, 1.0, 0], [0, 0, 0.3]])
BETWEEN = np.diag([5.0, 0.0, 0.0])  # animals differ in one direction


def drawn(seed, *, animals=300, pieces=20, count=8, within=WITHIN, between=BETWEEN, repeated=1):
    """Halves of tracklets, two animals at a time, of `count` poses each, of which `repeated` are the same."""
    chance = np.random.default_rng(seed)
    dimension = len(within)
    mean = chance.multivariate_normal(np.zeros(dimension), between, (animals, 1))
    shape = (2, animals, pieces, count // 2 // repeated)
    poses = mean[..., None, :] + chance.multivariate_normal(np.zeros(dimension), within, shape)
    halves = repeated * poses.sum(axis=3).reshape(2, -1, dimension)
    # Animals 2 k and 2 k + 1 live at the same time; all their tracklets do in turn.
    number = np.repeat(np.arange(animals) // 2, pieces) * pieces + np.tile(np.arange(pieces), animals)
    order = np.argsort(number, kind="stable")
    sums = [looks.Sums(np.full(len(order), count / 2), half[order]) for half in halves]
    begin = 10 * number[order]
    return *sums, begin, begin + 9, np.repeat(np.arange(animals), pieces)[order]


def test_the_model_that_vectors_were_drawn_from_is_found():
    model = looks.learn(*drawn(0)[:4])
    assert model.axes.shape == (3, 1)
    np.testing.assert_allclose(model.axes.T @ WITHIN @ model.axes, 1, rtol=0.1)
    best = np.linalg.inv(WITHIN)[:, 0] / np.sqrt(np.linalg.inv(WITHIN)[0, 0])
    assert abs(best @ WITHIN @ model.axes[:, 0]) > 0.98
    np.testing.assert_allclose(model.between, 5 * np.linalg.inv(WITHIN)[0, 0], rtol=0.25)
    assert model.worth == looks.WORTH[-1]


def test_the_odds_are_those_of_the_gaussians():
    """Against densities of the difference of two means, of one animal and of two, without and with deception."""
    model = looks.Model(np.eye(2), np.array([4.0, 0.5]), 8.0)
    chance = np.random.default_rng(0)
    apart, count = chance.normal(0, 1, (20, 2)), chance.integers(1, 30, (2, 20))
    variance = model.variance(count[0]) + model.variance(count[1])
    np.testing.assert_allclose(variance, 1 / count[0] + 1 / count[1] + 0.25)
    for step, spread, found in zip(apart, variance, model.ratio(apart, variance), strict=True):
        same = multivariate_normal.pdf(step, cov=spread * np.eye(2))
        other = multivariate_normal.pdf(step, cov=spread * np.eye(2) + np.diag([8.0, 1.0]))
        rate = looks.DECEIVED
        assert found == pytest.approx(np.log(((1 - rate) * same + rate * other) / ((1 - rate) * other + rate * same)))
    far = model.ratio(np.array([[1e4, 0.0]]), np.array([0.1]))
    np.testing.assert_allclose(far, np.log(0.01 / 0.99))


def test_odds_are_right_as_often_as_they_say():
    """Of pairs with odds between 2 : 1 and 4 : 1, as many pairs of one animal as of two being there, 2/3 to 4/5 are."""
    first, second, begin, end, animal = drawn(1)
    whole = looks.Sums(first.count + second.count, first.total + second.total)
    seen = looks.Looks.of(looks.learn(first, second, begin, end), whole)
    chance = np.random.default_rng(0)
    one = chance.integers(0, len(animal), 200_000)
    peers = np.argsort(animal, kind="stable").reshape(300, 20)
    same, other = peers[animal[one], chance.integers(0, 20, len(one))], chance.permutation(one)
    right, wrong = (seen.ratio(one, each)[(each != one)] for each in (same, other))
    near = [np.mean((np.log(2) < odds) & (odds < np.log(4))) for odds in (right, wrong)]
    assert 0.6 < near[0] / sum(near) < 0.85


@pytest.mark.parametrize("seed", range(3))
def test_animals_that_look_alike_give_even_odds(seed):
    first, second, begin, end, _ = drawn(seed, animals=4, between=np.zeros((3, 3)))
    whole = looks.Sums(first.count + second.count, first.total + second.total)
    seen = looks.Looks.of(looks.learn(first, second, begin, end), whole)
    one, other = np.triu_indices(len(begin), 1)
    assert np.abs(seen.ratio(one, other)).mean() < 0.2


def test_poses_that_repeat_themselves_are_worth_less():
    """Halves of 64 poses that are all the same are worth one; the mean of a tracklet is then as uncertain as a pose."""
    lengths = [drawn(seed, animals=40, count=count, repeated=count // 2) for seed, count in enumerate((2, 8, 32, 128))]
    first, second = (looks.Sums(*map(np.concatenate, zip(*(part[i] for part in lengths), strict=True))) for i in (0, 1))
    begin = np.concatenate([part[2] + 10_000 * i for i, part in enumerate(lengths)])
    model = looks.learn(first, second, begin, begin + 9)
    assert model.worth <= 2


def test_pairs_live_at_the_same_time():
    begin, end = np.array([0, 3, 4, 20, 21, 40]), np.array([10, 5, 15, 30, 22, 50])
    one, other = looks.simultaneous(begin, end)
    assert list(zip(one.tolist(), other.tolist(), strict=True)) == [(0, 1), (0, 2), (3, 4)]


def test_nothing_is_learnt_of_one_animal():
    first, second, begin, *_ = drawn(0, animals=2)
    model = looks.learn(first, second, np.arange(len(begin)), np.arange(len(begin)))
    assert model.ratio(np.zeros((3, 0)), np.ones(3)).tolist() == [0, 0, 0]


def den(*, swapped: bool, seed: int = 0, step: int = 1):
    """Two animals of two looks, and far away two that look alike, go into a den together and come out of it.

    They come in from the left and from the right, are unseen for 100 frames, and come out to both sides, each to the
    side from which it came or, `swapped`, to the other. Poses, vectors in blocks of `step` frames, and whose each is.
    """
    chance, frame, rows = np.random.default_rng(seed), np.arange(900), []
    body = np.array([[-10, 0], [0, 5], [10, 0]])
    colour = np.array([0.0, 3.0, 1.5, 1.5])
    for now in frame[(frame < 400) | (frame >= 500)].tolist():
        for animal in chance.permutation(4):
            side = (-1 if animal % 2 else 1) * (-1 if swapped and now >= 500 else 1)
            place = np.array([side * (abs(now - 450) - 40.0), 1000 * (animal // 2)])
            pose = place + body + chance.normal(0, 0.5, (3, 2))
            rows.append((now, pose, colour[animal] + chance.normal(0, 1, 4), animal))
    now, pose, vector, owner = (np.array(part) for part in zip(*rows, strict=True))
    cuts = np.searchsorted(now, np.arange(step, 900, step))
    blocks = [Appearance(*part) for part in zip(np.split(now, cuts), np.split(vector, cuts), strict=True)]
    return Instances(now, pose.astype(np.float32)), blocks, owner


def kept(owner, number, animal):
    """Whether an animal has one name before and after the den."""
    return len(set(number[owner == animal])) == 1


def test_looks_tell_who_comes_out_of_a_den_and_motion_does_not():
    names = {}
    for swapped in (False, True):
        poses, blocks, owner = den(swapped=swapped)
        blind = track(poses).track
        names[swapped] = [kept(owner, blind, animal) for animal in (0, 1)]
        found = track(poses, appearances=blocks)
        assert found.track.max() == 3
        assert all(kept(owner, found.track, animal) for animal in (0, 1))
        first_after = np.searchsorted(poses.frame, 500)
        doubt = [found.doubt[first_after:][owner[first_after:] == animal][0] for animal in range(4)]
        assert max(doubt[:2]) < 0.01
    assert names[False] != names[True]  # it sees the same places in both


def test_a_known_number_is_reached_by_looks():
    """Away for longer than links may bridge: tracks are joined by looks, where places and chance join some wrongly."""
    blind = []
    for seed in range(4):
        instances, owner = walk(seed, animals=2, frames=2000, spurious=0)
        there = (instances.frame < 800) | (instances.frame >= 1200)
        poses, owner = Instances(instances.frame[there], instances.points[there]), owner[there]
        vector = 3.0 * owner[:, None] + np.random.default_rng(seed).normal(0, 1, (len(owner), 4))
        number = track(poses, animals=2, appearances=[Appearance(poses.frame, vector)]).track
        assert all(kept(owner[number >= 0], number[number >= 0], animal) for animal in (0, 1))
        number = track(poses, animals=2).track
        blind.append(all(kept(owner[number >= 0], number[number >= 0], animal) for animal in (0, 1)))
    assert not all(blind)


def test_blocks_change_nothing():
    results = []
    for step in (1, 7, 1000):
        poses, blocks, _ = den(swapped=True, step=step)
        results.append(track(poses, appearances=blocks))
    for other in results[1:]:
        assert np.array_equal(results[0].track, other.track)
        assert np.array_equal(results[0].doubt, other.doubt)


def test_vectors_that_say_nothing_change_nothing():
    poses, blocks, _ = den(swapped=False)
    dull = [Appearance(block.frame, np.ones_like(block.vector)) for block in blocks]
    assert np.array_equal(track(poses).track, track(poses, appearances=dull).track)


def test_vectors_of_other_poses_are_refused():
    poses, blocks, _ = den(swapped=False, step=100)
    with pytest.raises(looks.AppearanceError, match="the next pose is of frame 100, the next vector of frame 200"):
        track(poses, appearances=[blocks[0], *blocks[2:]])
    with pytest.raises(looks.AppearanceError, match="of frame 800, the next vector of the end"):
        track(poses, appearances=blocks[:-1])


def test_sums_of_halves_are_those_of_the_poses():
    frame = np.array([0, 0, 1, 1, 2, 2, 3])
    pieces = tracklets.Tracklets(np.array([0, 2, 5, 1, 3, 4, 6]), np.array([0, 3, 6, 7]))
    vector = np.arange(14.0).reshape(7, 2)
    first, second = looks.halves([Appearance(frame[:4], vector[:4]), Appearance(frame[4:], vector[4:])], pieces, frame)
    assert first.count.tolist() == [2, 2, 1]
    assert second.count.tolist() == [1, 1, 0]
    np.testing.assert_array_equal(first.total, [vector[0] + vector[2], vector[1] + vector[3], vector[6]])
    np.testing.assert_array_equal(second.total, [vector[5], vector[4], [0, 0]])

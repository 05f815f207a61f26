"""Likeness: a model that Gaussians are drawn from is found again, and animals that vanish come back as themselves."""

import numpy as np
import pytest
from scipy.stats import multivariate_normal

from marey.tracking import likeness, tracklets
from marey.tracking.instances import Instances
from marey.tracking.likeness import Appearance
from marey.tracking.tracker import track

from .walks import walk

WITHIN = np.array([[2.0, 0.5, 0], [0.5, 1.0, 0], [0, 0, 0.3]])
BETWEEN = np.diag([5.0, 0.0, 0.0])  # animals differ in one direction


def drawn(seed, *, animals=300, pieces=20, count=4, within=WITHIN, between=BETWEEN, repeated=1):
    """Sums of stretches, the chain of each, first and last frame of chains, and whose each chain is.

    A chain has `count` stretches, of which `repeated` are the same; two animals live at a time.
    """
    chance, dimension = np.random.default_rng(seed), len(within)
    mean = chance.multivariate_normal(np.zeros(dimension), between, (animals, 1, 1))
    noise = chance.multivariate_normal(np.zeros(dimension), within, (animals, pieces, count // repeated))
    vectors = mean + np.repeat(noise, repeated, axis=2)
    # Animals 2 k and 2 k + 1 live at the same time; all their chains do in turn.
    turn = np.repeat(np.arange(animals) // 2, pieces) * pieces + np.tile(np.arange(pieces), animals)
    order = np.argsort(turn, kind="stable")
    vectors = vectors.reshape(-1, count, dimension)[order].reshape(-1, dimension)
    sums = likeness.Sums(np.full(len(vectors), 16.0), 16 * vectors)
    begin = 100 * turn[order]
    return (
        sums,
        np.repeat(np.arange(len(order)), count),
        begin,
        begin + 99,
        np.repeat(np.arange(animals), pieces)[order],
    )


def looked(sums, chain, begin, end, _):
    """The likeness of chains, by what they teach."""
    model, whole = likeness.learn_likeness(sums, chain, begin, end), sums.of(chain, len(begin))
    return likeness.Likeness(model, likeness.Sums(whole.count, whole.total @ model.axes), np.arange(len(begin)))


def test_the_model_that_vectors_were_drawn_from_is_found():
    model = likeness.learn_likeness(*drawn(0)[:4])
    assert model.axes.shape == (3, 1)
    np.testing.assert_allclose(model.axes.T @ WITHIN @ model.axes, 1, rtol=0.1)
    best = np.linalg.inv(WITHIN)[:, 0] / np.sqrt(np.linalg.inv(WITHIN)[0, 0])
    assert abs(best @ WITHIN @ model.axes[:, 0]) > 0.98
    np.testing.assert_allclose(model.between, 5 * np.linalg.inv(WITHIN)[0, 0], rtol=0.25)
    assert model.worth == likeness.CHAIN_WORTHS[-1]


def test_the_odds_are_those_of_the_gaussians():
    """Against densities of the difference of two means, of one animal and of two, without and with deception."""
    model = likeness.LikenessModel(np.eye(2), np.array([4.0, 0.5]), 8.0)
    chance = np.random.default_rng(0)
    apart, count = chance.normal(0, 1, (20, 2)), chance.integers(1, 500, (2, 20))
    variance = model.variance(count[0]) + model.variance(count[1])
    np.testing.assert_allclose(variance, 16 / count[0] + 16 / count[1] + 0.25)
    for step, spread, found in zip(apart, variance, model.ratio(apart, variance), strict=True):
        same = multivariate_normal.pdf(step, cov=spread * np.eye(2))
        other = multivariate_normal.pdf(step, cov=spread * np.eye(2) + np.diag([8.0, 1.0]))
        rate = likeness.DECEPTION_PROBABILITY
        assert found == pytest.approx(np.log(((1 - rate) * same + rate * other) / ((1 - rate) * other + rate * same)))
    far = model.ratio(np.array([[1e4, 0.0]]), np.array([0.1]))
    np.testing.assert_allclose(far, np.log(0.01 / 0.99))


def test_odds_are_right_as_often_as_they_say():
    """Of pairs with odds between 2 : 1 and 4 : 1, as many pairs of one animal as of two being there, 2/3 to 4/5 are."""
    made = drawn(1)
    seen, animal = looked(*made), made[-1]
    chance = np.random.default_rng(0)
    one = chance.integers(0, len(animal), 200_000)
    peers = np.argsort(animal, kind="stable").reshape(300, 20)
    same, other = peers[animal[one], chance.integers(0, 20, len(one))], chance.permutation(one)
    right, wrong = (seen.ratio(one, each)[(each != one)] for each in (same, other))
    near = [np.mean((np.log(2) < odds) & (odds < np.log(4))) for odds in (right, wrong)]
    assert 0.6 < near[0] / sum(near) < 0.85


@pytest.mark.parametrize("seed", range(3))
def test_animals_that_look_alike_give_even_odds(seed):
    made = drawn(seed, animals=4, between=np.zeros((3, 3)))
    seen = looked(*made)
    one, other = np.triu_indices(len(made[2]), 1)
    assert np.abs(seen.ratio(one, other)).mean() < 0.2


@pytest.mark.parametrize(("repeated", "low", "high"), [(1, 64, 1024), (16, 2, 4)])
def test_stretches_that_repeat_themselves_are_worth_less(repeated, low, high):
    """Chains of 64 stretches, of which 4 are different."""
    made = drawn(0, animals=40, count=64, repeated=repeated)
    assert low <= likeness.learn_likeness(*made[:4]).worth <= high


def test_pairs_live_at_the_same_time():
    begin, end = np.array([0, 3, 4, 20, 21, 40]), np.array([10, 5, 15, 30, 22, 50])
    one, other = likeness.simultaneous(begin, end)
    assert list(zip(one.tolist(), other.tolist(), strict=True)) == [(0, 1), (0, 2), (3, 4)]


def test_nothing_is_learnt_of_one_animal_or_of_few_stretches():
    sums, chain, begin, *_ = drawn(0, animals=2)
    alone = likeness.learn_likeness(sums, chain, np.arange(len(begin)), np.arange(len(begin)))
    few = likeness.learn_likeness(*drawn(0, animals=2, pieces=1)[:4])
    for model in (alone, few):
        assert model.ratio(np.zeros((3, 0)), np.ones(3)).tolist() == [0, 0, 0]


def den(*, swapped: bool, seed: int = 0, step: int = 1):
    """Two animals of different appearance, and far away two that look alike, go into a den together and come out of it.

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


def test_appearance_tells_who_comes_out_of_a_den_and_motion_does_not():
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


def test_a_known_number_is_reached_by_appearance():
    """Away for longer than links may bridge: appearance joins tracks rightly, where chance joins some wrongly."""
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
    with pytest.raises(likeness.AppearanceError, match="the next pose is of frame 100, the next vector of frame 200"):
        track(poses, appearances=[blocks[0], *blocks[2:]])
    with pytest.raises(likeness.AppearanceError, match="of frame 800, the next vector of the end"):
        track(poses, appearances=blocks[:-1])


def test_stretches_are_cut_from_tracklets():
    """Of 20 poses and of 3; those of the second have odd numbers at first."""
    frame = np.sort(np.append(np.arange(20), np.arange(3)))
    pieces = tracklets.Tracklets(np.array([0, 2, 4, *range(6, 23), 1, 3, 5]), np.array([0, 20, 23]))
    vector = np.arange(46.0).reshape(23, 2)
    blocks = [Appearance(frame[:4], vector[:4]), Appearance(frame[4:], vector[4:])]
    sums, owner = likeness.sum_stretches(blocks, pieces, frame)
    assert owner.tolist() == [0, 0, 1]
    assert sums.count.tolist() == [16, 4, 3]
    expected = [vector[pieces.members[part]].sum(axis=0) for part in (slice(16), slice(16, 20), slice(20, 23))]
    np.testing.assert_array_equal(sums.total, expected)


def test_what_surely_belongs_together_is_weighed_together():
    """Short tracklets say little, but not where they are of long chains."""
    model = likeness.LikenessModel(np.eye(1), np.array([9.0]), 64.0)
    sums = likeness.Sums(np.array([4.0, 400, 4, 400]), np.array([[2.0], [0.0], [10.0], [1200.0]]))
    alone = likeness.Likeness(model, sums, np.arange(4)).ratio(np.array([0]), np.array([2]))
    chains = likeness.Likeness(model, sums, np.array([0, 0, 1, 1]))
    assert -1 < alone[0] < 1
    assert chains.ratio(np.array([0]), np.array([2]))[0] < -4
    assert chains.joined(np.array([0, 0, 1, 1])).ratio(np.array([0]), np.array([1]))[0] < -4

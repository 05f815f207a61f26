"""Likeness: animals that vanish come back as themselves."""

import numpy as np
import pytest

from marey.tracking import likeness, likeness_model, tracklets
from marey.tracking.instances import Instances
from marey.tracking.likeness import Appearance
from marey.tracking.tracker import track

from .walks import walk


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
    sums, _, owner = likeness.sum_stretches(blocks, pieces, frame)
    assert owner.tolist() == [0, 0, 1]
    assert sums.count.tolist() == [16, 4, 3]
    expected = [vector[pieces.members[part]].sum(axis=0) for part in (slice(16), slice(16, 20), slice(20, 23))]
    np.testing.assert_array_equal(sums.total, expected)


def test_poses_that_were_not_looked_at_and_that_were_trained_on_are_counted_apart():
    frame = np.arange(20)
    pieces = tracklets.Tracklets(frame, np.array([0, 20]))
    vector = np.arange(40.0).reshape(20, 2)
    vector[::2] = np.nan
    trained = frame >= 10
    blocks = [Appearance(frame[:7], vector[:7], trained[:7]), Appearance(frame[7:], vector[7:], trained[7:])]
    sums, independent, owner = likeness.sum_stretches(blocks, pieces, frame)
    assert owner.tolist() == [0, 0]
    assert (sums.count.tolist(), independent.count.tolist()) == ([8, 2], [5, 0])
    np.testing.assert_array_equal(sums.total, [vector[1:16:2].sum(axis=0), vector[17::2].sum(axis=0)])
    np.testing.assert_array_equal(independent.total, [vector[1:10:2].sum(axis=0), [0, 0]])


def test_of_whom_nobody_looked_at_nothing_is_said():
    model = likeness_model.LikenessModel(np.eye(1), np.array([9.0]), 64.0)
    sums = likeness_model.Sums(np.array([400.0, 0]), np.array([[1200.0], [0.0]]))
    ratio = likeness.Likeness(model, sums, np.arange(2)).ratio(np.array([0]), np.array([1]))
    np.testing.assert_allclose(ratio, 0, atol=1e-6)


def test_what_surely_belongs_together_is_weighed_together():
    """Short tracklets say little, but not where they are of long chains."""
    model = likeness_model.LikenessModel(np.eye(1), np.array([9.0]), 64.0)
    sums = likeness_model.Sums(np.array([4.0, 400, 4, 400]), np.array([[2.0], [0.0], [10.0], [1200.0]]))
    alone = likeness.Likeness(model, sums, np.arange(4)).ratio(np.array([0]), np.array([2]))
    chains = likeness.Likeness(model, sums, np.array([0, 0, 1, 1]))
    assert -1 < alone[0] < 1
    assert chains.ratio(np.array([0]), np.array([2]))[0] < -4
    assert chains.joined(np.array([0, 0, 1, 1])).ratio(np.array([0]), np.array([1]))[0] < -4

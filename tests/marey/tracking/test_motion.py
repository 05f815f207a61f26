"""What is learnt of motion, from animals whose motion is known."""

import numpy as np
import pytest

from marey.tracking import motion, tracklets
from marey.tracking.instances import Instances

from .walks import outlined


def one(places):
    """A single animal of two keypoints that is in all frames."""
    points = places[:, None] + np.array([[0, 0], [10, 0]])
    poses = outlined(Instances(np.arange(len(places)), points.astype(np.float32)))
    return poses, tracklets.build_tracklets(poses)


def learn(poses, pieces):
    return motion.learn_motion(poses, motion.draw_stretches(pieces, furthest=64, seed=0))


def test_a_random_walk_spreads_with_the_root_of_time_and_keeps_no_velocity():
    places = np.random.default_rng(0).normal(0, 2, (20_000, 2)).cumsum(axis=0)
    poses = outlined(Instances(np.arange(len(places)), places[:, None].astype(np.float32)))
    pieces = tracklets.Tracklets(np.arange(len(places)), np.array([0, len(places)]))
    learnt = learn(poses, pieces)
    np.testing.assert_allclose(learnt.spread[0], 2 * np.sqrt(learnt.gaps), rtol=0.1)
    assert (learnt.drift < 0.15).all()


def test_a_steady_walk_is_predicted():
    poses, pieces = one(np.arange(2000)[:, None] * np.array([3.0, 1.0]))
    learnt = learn(poses, pieces)
    np.testing.assert_allclose(learnt.drift, 1, atol=1e-3)
    np.testing.assert_allclose(learnt.spread[1], motion.MIN_SPREAD)
    gap = np.array([1, 48, -48])
    velocity = np.tile(np.float32([3, 1]), (3, 1))
    ahead = learnt.predicted(poses.points[[1000] * 3], velocity, gap)
    np.testing.assert_allclose(ahead, poses.points[1000 + gap], atol=0.2)


def test_the_density_integrates_to_one():
    learnt = motion.Motion(np.array([1, 4]), np.zeros(2), np.array([[3.0, 6.0], [2.0, 4.0]]))
    radius = np.linspace(0, 3000, 600_001)
    for moving, gap, spread in ((False, 1, 3), (True, 4, 4), (True, 16, 8)):
        cost = learnt.cost(radius, np.full(len(radius), gap), moving=np.full(len(radius), moving))
        assert np.trapezoid(np.exp(-cost) * 2 * np.pi * radius, radius) == pytest.approx(1, abs=1e-3)
        assert np.exp(-cost[0]) == pytest.approx(1 / (2 * np.pi * spread**2))


def test_velocities_are_those_at_both_ends():
    poses, pieces = one(np.cumsum(np.repeat([[1.0, 0], [0, 2.0]], 50, axis=0), axis=0))
    (start,), (end,) = motion.velocities(poses, pieces)
    np.testing.assert_allclose(start, [1, 0], atol=1e-6)
    np.testing.assert_allclose(end, [0, 2], atol=1e-6)


def test_nothing_to_learn_from_still_gives_a_spread():
    poses = outlined(Instances(np.array([0, 5]), np.zeros((2, 3, 2), np.float32) + np.arange(3)[:, None] * 10))
    learnt = learn(poses, tracklets.build_tracklets(poses))
    assert (learnt.spread > 0).all()
    assert np.isfinite(learnt.cost(np.array([5.0]), np.array([300]), moving=np.array([True]))).all()

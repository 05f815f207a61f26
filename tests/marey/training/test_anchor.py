"""The anchor: what keeps animals apart, against counts by hand and in plain Python."""

import itertools

import numpy as np
import pytest

from marey.labels import dataset
from marey.training import anchor

NAN = np.nan


def rods(angles, *, apart=40.0, length=100.0):
    """Two rods of three keypoints (end, middle, other end) a frame, whose middles are `apart` px from each other."""
    along = np.stack([np.cos(angles), np.sin(angles)], -1)[:, :, None] * np.array([-0.5, 0, 0.5])[:, None] * length
    along[:, 1] += [apart, 0]
    return (along + 200).astype(np.float32)


ANGLES = np.random.default_rng(0).uniform(0, 2 * np.pi, (30, 2))


@pytest.mark.parametrize("order", [(), (0, 1, 2), (2, 1, 0)])
def test_crowding_and_side_are_those_of_a_count(order):
    points = rods(ANGLES, apart=24)
    points[3, 0, 2] = points[5, 1] = NAN
    extent, crowded, animals, sides = dataset.extent(points), 0, 0, []
    for frame in points:
        places = []
        for each in frame:
            seen = [each[k] for k in (order or range(3)) if np.isfinite(each[k]).all()]
            if seen:
                box = np.array(seen)
                places.append(np.array(seen[0]) if order else (box.min(axis=0) + box.max(axis=0)) / 2)
                sides.append(2 * max(np.abs(point - places[-1]).max() for point in seen))
        animals += len(places)
        near = [sum(np.hypot(*(a - b)) <= extent / 4 for a, b in itertools.permutations(places, 2))]
        crowded += near[0]
    assert anchor.measure_crowding(points, order) == pytest.approx(crowded / animals)
    assert 0 < crowded < animals
    assert anchor.measure_side(points, order) == pytest.approx(np.quantile(sides, 0.95), rel=1e-5)


def test_the_middle_of_the_box_is_taken_unless_it_is_crowded():
    assert anchor.choose_anchor(rods(ANGLES)) == ()
    assert anchor.measure_side(rods(ANGLES), ()) == pytest.approx(dataset.extent(rods(ANGLES)), rel=1e-6)


def crossing(length=100.0):
    """Pairs that lie on each other head to tail: a keypoint 20 px before the middle is 40 px from the other's."""
    body = np.array([[-0.5, 0], [-0.2, 0], [0.5, 0]]) * length
    return np.stack([np.stack([body, -body]) + 200 + shift for shift in range(20)]).astype(np.float32)


def test_of_keypoints_that_are_apart_that_with_the_smallest_squares_is_taken():
    assert anchor.measure_crowding(crossing(), ()) == 1
    assert anchor.choose_anchor(crossing()) == (1, 0, 2)


def test_a_keypoint_that_many_animals_lack_is_not_taken_and_one_that_few_lack_is_replaced():
    points = crossing()
    points[0, 0, 1] = NAN
    assert anchor.choose_anchor(points) == (1, 0, 2)
    points[:10, 0, 1] = NAN  # 25 %
    assert anchor.choose_anchor(points) == ()  # squares about the ends would be twice as large


def test_without_animals_or_keypoints_to_choose_from_it_is_the_middle():
    assert anchor.choose_anchor(np.full((2, 1, 3, 2), NAN, np.float32)) == ()
    assert anchor.choose_anchor(crossing()[:, :, :1]) == ()
    assert anchor.choose_anchor(crossing()[:0]) == ()

"""Offsets to a frame, of made cameras, and what cannot be told."""

import numpy as np
import pytest

from marey.multiview.coarse_offsets import join, pair_costs, settle
from marey.multiview.seen_motion import Strand

from . import made_motion

STEP = 1 / made_motion.FPS
MOST = 12
FRAMES = np.arange(240)


def costs(offsets, *, change=None, **scene):
    """Costs of cameras whose frames are later than they say, by `offsets` in frames."""
    seen = made_motion.look([(FRAMES + offset) * STEP for offset in offsets], **scene)
    if change:
        change(seen)
    strands = [Strand(FRAMES * STEP, each, np.ones(each.shape[:2])) for each in seen]
    grid = FRAMES[20:-20] * STEP
    return pair_costs(made_motion.CAMERAS[: len(offsets)], strands, grid, step=STEP, most=MOST, every=2)


@pytest.mark.parametrize("offsets", [[0, 0], [0, 5], [0, -7, 0, 3], [2, 2, 2, -8]])
def test_offsets_are_found_and_are_sure(offsets):
    found = settle(costs(offsets), len(offsets))
    assert found.offset.tolist() == [offset - offsets[0] for offset in offsets]
    assert found.sure.all()
    assert (found.low <= found.offset).all()
    assert (found.offset <= found.high).all()


def test_outliers_and_missing_views_change_nothing():
    chance = np.random.default_rng(1)

    def damage(seen):
        for each in seen:
            each[chance.random(each.shape[:2]) < 0.1] = 300.0
            each[chance.random(each.shape[:2]) < 0.2] = np.nan
        seen[2][:, 1:] = np.nan

    assert settle(costs([0, 4, -3, 0], change=damage), 4).offset.tolist() == [0, 4, -3, 0]


def test_an_animal_that_rests_tells_nothing():
    found = settle(costs([0, 3, 0], speed=1e-4), 3)
    assert not found.sure.any()
    assert ((found.low <= -3) | (found.high >= 3)).all()


def test_a_motion_to_and_fro_fits_as_well_a_period_later():
    chance = np.random.default_rng(0)
    place = 40 * np.sin(2 * np.pi * FRAMES / 8)[:, None, None] + np.arange(3)[None, :, None] * [30.0, 5.0, 9.0]
    cameras = made_motion.CAMERAS[:3]
    strands = []
    for camera in cameras:
        seen = made_motion.project(camera, place)
        strands.append(Strand(FRAMES * STEP, seen + chance.normal(size=seen.shape), np.ones(seen.shape[:2])))
    found = settle(pair_costs(cameras, strands, FRAMES[20:-20] * STEP, step=STEP, most=MOST, every=2), 3)
    assert (found.high - found.low >= 8).all()


def test_a_camera_that_sees_nothing_leaves_the_others_as_sure():
    def blind(seen):
        seen[1][:] = np.nan

    found = settle(costs([0, 0, 2, 0], change=blind), 4)
    assert found.offset[[0, 2, 3]].tolist() == [0, 2, 0]
    assert found.sure.tolist() == [True, False, True, True]


def test_times_are_put_together():
    whole = costs([0, 3])
    assert join([whole, whole]).cost.sum() == pytest.approx(2 * whole.cost.sum())
    assert settle(join([whole, whole]), 2).offset.tolist() == [0, 3]

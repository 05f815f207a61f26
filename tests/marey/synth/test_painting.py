from dataclasses import replace

import numpy as np
import pytest

from marey.synth.backbone import Build
from marey.synth.coats import random_coat
from marey.synth.groups import moved
from marey.synth.moments import COMB, Moments
from marey.synth.mouse import KEYPOINTS, SKIN, pose
from marey.synth.painting import Mouse, paint_mice
from marey.synth.stage import Stage
from marey.synth.tracing import Solids

from ..made_mice import camera, straight

SIZE = (400, 300)


def stage(solid=1e9, shadow=0.0):
    looking, shape = camera(size=SIZE), SIZE[::-1]
    pixels = np.stack(np.meshgrid(np.arange(SIZE[0]) + 0.5, np.arange(SIZE[1]) + 0.5), axis=-1)
    points = (looking.position + 1000 * looking.rays(pixels)).astype(np.float32)
    return Stage(
        *(looking, np.full((*shape, 3), 0.9, np.float32), np.ones(shape, np.float32)),
        *(np.full(shape, solid, np.float32), points, np.array([0.6, 0, 0.8]), shadow),
    )


def mouse(heading=0.0, at=(0, 0, 0), **options):
    coat = replace(random_coat(np.random.default_rng(0), fur="black"), pattern="plain", mark="none", hair=0.0)
    return Mouse(moved(pose(Build(), straight(), heading), np.array(at, float)), coat, **options)


def painted(*mice, **options):
    scene = stage(**options)
    paint_mice(scene, list(mice))
    return scene


def test_a_mouse_covers_its_keypoints_and_nothing_far_from_it():
    scene, animal = painted(mouse(0.7)), mouse(0.7)
    changed = np.abs(scene.image - 0.9).max(axis=-1) > 0.05
    position = scene.camera.project(animal.figure.keypoints)[0]
    for name, (x, y) in zip(KEYPOINTS, position, strict=True):
        assert changed[int(y) - 1 : int(y) + 2, int(x) - 1 : int(x) + 2].any(), name
    ends = scene.camera.project(animal.figure.solids.ends.reshape(-1, 3))[0]
    rows, columns = np.nonzero(changed)
    gap = np.linalg.norm(np.stack([columns, rows], axis=1)[:, None] + 0.5 - ends, axis=-1).min(axis=1)
    assert gap.max() < 2.1 * 14 + 3  # px: the widest radius, in perspective


def test_what_is_nearer_hides_a_mouse():
    np.testing.assert_array_equal(painted(mouse(), solid=1.0).image, stage().image)


def test_the_upper_mouse_is_painted_over_the_lower():
    white = replace(mouse().coat, fur=np.full(3, 0.8))
    upper = replace(mouse(np.pi / 2, at=(0, 0, 30)), coat=white)
    for order in ((mouse(), upper), (upper, mouse())):
        assert painted(*order).image[150, 200].mean() > 0.4
    lower = replace(upper, figure=mouse(np.pi / 2, at=(0, 0, -8)).figure)
    assert painted(mouse(), lower).image[150, 200].mean() < 0.4


def test_a_running_mouse_is_smeared_along_its_way():
    still, moving = painted(mouse()), painted(mouse(step=(20.0, 0, 0)))
    darkness = [(0.9 - scene.image).sum() for scene in (still, moving)]
    assert darkness[1] == pytest.approx(darkness[0], rel=0.02)
    assert (moving.image < 0.85).sum() > 1.05 * (still.image < 0.85).sum()


def test_what_is_seen_for_a_share_of_the_time_has_that_share_of_the_light():
    here, there = mouse(), mouse(at=(0, 60, 0))
    scene = painted(replace(here, moments=(Moments((here.figure, there.figure), (0.75, 0.25)),)))
    alone = [0.9 - painted(each).image for each in (here, there)]
    np.testing.assert_allclose(0.9 - scene.image, 0.75 * alone[0] + 0.25 * alone[1], atol=1e-5)


def test_a_quiet_animal_of_two_equal_moments_is_not_transparent():
    here = mouse()
    twice = replace(here, moments=(Moments((here.figure, moved(here.figure, np.zeros(3))), (0.7, 0.3)),))
    np.testing.assert_allclose(painted(twice).image, painted(here).image, atol=1e-5)


def test_a_comb_shows_two_moments_in_alternating_rows():
    here, there = mouse(), mouse(at=(20, 0, 0))
    scene = painted(replace(here, moments=(Moments((here.figure, there.figure), COMB),)))
    np.testing.assert_allclose(scene.image[::2], painted(here).image[::2], atol=1e-6)
    np.testing.assert_allclose(scene.image[1::2], painted(there).image[1::2], atol=1e-6)


def test_a_faint_tail_fades_towards_its_tip():
    animal = mouse(at=(70, 0, 0))
    faint = replace(animal, coat=replace(animal.coat, tail=(0.8, 0.1)))
    spots = painted().camera.project(animal.figure.keypoints[-2:])[0].astype(int)
    dark = [[0.9 - painted(each).image[y, x].mean() for x, y in spots] for each in (animal, faint)]
    ratio = np.array(dark[1]) / dark[0]
    assert ratio == pytest.approx([0.45, 0.1], abs=0.06)


def test_a_tail_that_only_its_bounding_box_brings_into_the_image_is_nothing():
    animal = mouse(at=(0, 0, 0))
    ends = np.array([[(80.0, 120, 2), (170, 60, 2)]])  # past the corner of the image, from outside to outside
    figure = replace(animal.figure, solids=Solids(ends, np.ones((1, 2), np.float32), np.zeros((0, 3, 3))))
    figure = replace(figure, cover=np.array([SKIN], np.int8), along=np.array([[1.0, 2.0]]))
    scene = painted(replace(animal, moments=(Moments((figure,), (1.0,)),)))
    np.testing.assert_array_equal(scene.image, stage().image)

from dataclasses import replace

import numpy as np
import pytest

from marey.synth import postures
from marey.synth.backbone import Build, build_backbone
from marey.synth.cameras import Camera
from marey.synth.coats import random_coat
from marey.synth.examples import OCCLUDED, VISIBLE, locate
from marey.synth.groups import moved
from marey.synth.limbs import put_on_limbs
from marey.synth.mouse import cover_backbone
from marey.synth.painting import Mouse, paint_mice
from marey.synth.side_mice import (
    KEYPOINTS,
    lifted,
    on_ground,
    random_figure,
    random_side_mice,
    random_stance,
    seen_from,
)
from marey.synth.side_places import draw_side_place
from marey.synth.stage import Stage

from ..made_mice import straight
from .made_places import generator
from .test_limbs import stance as stand

SIZE = (640, 320)
NAMES = list(KEYPOINTS)


def aside(way: int) -> Camera:
    """A level camera, 600 mm from the middle: at -Y for 1, at +Y for -1; 2.5 px per mm there."""
    rotation = np.array([[way, 0, 0], [0, 0, -1], [0, way, 0]], float)
    intrinsics = np.array([[1500, 0, 320], [0, 1500, 160], [0, 0, 1]], float)
    return Camera("side", SIZE, intrinsics, rotation, np.array([0, 20.0, 600]))


def walker(ahead=(12, -6, -8, 14), at=(0, 0, 0)):
    bone = lifted(build_backbone(Build(), straight(), 0.0), 9.0)
    figure = put_on_limbs(cover_backbone(Build(), straight(), bone), bone, stand(ahead, raised=0.6), 1.0)
    return moved(figure, np.array(at, float))


def painted(*figures, camera):
    """Paint mice with green skin, red ears and blue fur before a black wall."""
    red, green, blue = np.eye(3)
    coat = replace(random_coat(np.random.default_rng(0), fur="black"), fur=blue, skin=green, ear=red, eye=np.ones(3))
    coat = replace(coat, pattern="plain", mark="none", hair=0.0, gloss=0.0)
    shape = SIZE[::-1]
    stage = Stage(
        *(camera, np.zeros((*shape, 3), np.float32), np.ones(shape, np.float32), np.full(shape, 1e9, np.float32)),
        *(np.full((*shape, 3), 1e5, np.float32), camera.R.T @ [0, -0.5, -0.8], 0.0),
    )
    outlines = paint_mice(stage, [Mouse(figure, coat) for figure in figures])
    return stage, outlines


@pytest.mark.parametrize("way", [1, -1])
def test_keypoints_lie_on_what_they_name(way):
    camera = aside(way)
    figure = seen_from(walker(), camera)
    stage, outlines = painted(figure, camera=camera)
    points, (seen,) = locate(camera, stage.solid * 0 + 1e9, figure.keypoints[None], outlines)
    assert dict(zip(NAMES, seen, strict=True)) == dict.fromkeys(NAMES, VISIBLE)
    for name, (x, y) in zip(NAMES, points[0].astype(int), strict=True):
        red, green, blue = stage.image[y - 1 : y + 2, x - 1 : x + 2].reshape(-1, 3).max(axis=0)
        if "paw" in name or name in ("tail_middle", "tail_tip"):
            assert green > 0.2, name
        elif name == "ear":
            assert red > 0.2, name
        elif name == "eye":
            assert min(red, green, blue) > 0.2, name
        elif name in ("hip", "knee"):
            assert blue > 0.2, name
        else:
            assert max(red, green, blue) > 0.2, name


def test_near_and_far_change_with_the_side_that_one_sees():
    one, other = (dict(zip(NAMES, seen_from(walker(), aside(way)).keypoints, strict=True)) for way in (1, -1))
    for end in ("front", "hind"):
        np.testing.assert_allclose(one[f"near_{end}_paw"], other[f"far_{end}_paw"])
        np.testing.assert_allclose(one[f"far_{end}_paw"], other[f"near_{end}_paw"])
        assert one[f"near_{end}_paw"][1] < 0 < other[f"near_{end}_paw"][1]  # heads for +X: its right is at -Y
    for name in ("eye", "ear", "hip", "knee", "ankle"):
        assert one[name][1] < 0 < other[name][1]
    np.testing.assert_array_equal(one["snout"], other["snout"])


def test_the_body_hides_far_paws_and_a_nearer_mouse_all_of_another():
    camera = aside(1)
    tucked = seen_from(walker(ahead=(4, 4, 8, 8)), camera)
    stage, outlines = painted(tucked, camera=camera)
    _, (seen,) = locate(camera, stage.solid * 0 + 1e9, tucked.keypoints[None], outlines)
    found = dict(zip(NAMES, seen, strict=True))
    assert found["far_front_paw"] == found["far_hind_paw"] == OCCLUDED  # straight behind the near ones
    assert found["near_front_paw"] == found["near_hind_paw"] == VISIBLE

    nearer = seen_from(walker(at=(0, -60, 0)), camera)
    pair = [seen_from(walker(at=(0, 60, 0)), camera), nearer]
    stage, outlines = painted(*pair, camera=camera)
    _, seen = locate(camera, stage.solid * 0 + 1e9, np.stack([each.keypoints for each in pair]), outlines)
    assert seen[0][NAMES.index("hip")] == OCCLUDED
    assert seen[1][NAMES.index("hip")] == VISIBLE


def test_a_ground_that_falls_away_takes_the_animal_along():
    place = draw_side_place(generator(1), (40, 30))
    flat, wheel = (on_ground(walker(), replace(place, curve=curve)) for curve in (0.0, 0.002))
    np.testing.assert_array_equal(flat.keypoints, walker().keypoints)
    fallen = flat.keypoints - wheel.keypoints
    np.testing.assert_allclose(fallen[:, 2], 0.002 * walker().keypoints[:, 0] ** 2)
    np.testing.assert_allclose(fallen[:, :2], 0)


def test_a_walking_animal_has_a_paw_in_the_air_at_times_and_three_on_the_floor():
    bone = lifted(build_backbone(Build(), straight(), 0.0), 9.0)
    paws = np.stack([random_stance(generator(k), postures.walking, bone, 1.0).paws for k in range(60)])
    airborne = paws[..., 2] > 2.5
    assert (airborne.sum(axis=1) <= 2).mean() > 0.9
    assert 0.1 < airborne.mean() < 0.5
    assert np.ptp(paws[:, 2, 0]) > 15


def test_the_rump_stands_on_the_floor_and_nothing_far_below_it():
    for seed in range(40):
        figure = random_figure(generator(seed), Build(), 0.0)
        under = (figure.trunk[:, 2] - figure.radii)[len(figure.trunk) // 2 :]
        assert under.min() < 20
        assert figure.solids.ends[..., 2].min() > -8


def test_mice_are_drawn_by_their_seed_alone_and_in_their_arena():
    for seed in range(6):
        (place, one), (_, other) = (
            (place := draw_side_place(chance := generator(seed), (60, 45)), random_side_mice(chance, place, 2))
            for _ in range(2)
        )
        for mouse, twin in zip(one, other, strict=True):
            np.testing.assert_array_equal(mouse.figure.keypoints, twin.figure.keypoints)
            assert mouse.figure.keypoints.shape == (len(KEYPOINTS), 3)
            assert (np.abs(mouse.figure.trunk[:, 1]) < place.arena[1] / 2).all()

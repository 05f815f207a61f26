import numpy as np
import pytest

from marey.synth.cameras import WALL_HEIGHT, build_camera
from marey.synth.scene import CAMERA_DIRECTIONS, Scene
from marey.synth.scenery import (
    FLOOR,
    OUTSIDE,
    RIM,
    ROOF_HEIGHTS,
    SHELTER,
    WALL,
    cast_rays,
    lamp_position,
    render_scenery,
    shelter_boxes,
)


@pytest.mark.parametrize("name", CAMERA_DIRECTIONS)
def test_rays_land_where_they_were_aimed(name):
    camera = build_camera(Scene(cameras=(name,)), name)
    floor = np.random.default_rng(0).uniform([-190, -140, 0], [190, 140, 0], (50, 3))
    pixels, depth = camera.project(floor)
    kind, hit = cast_rays(Scene(), camera, pixels)
    open_floor = kind == FLOOR  # the rest is behind a rim
    assert open_floor.mean() > 0.9
    np.testing.assert_allclose(hit[open_floor], depth[open_floor])
    assert set(kind) <= {FLOOR, RIM}


def test_kinds_of_places_by_hand():
    scene = Scene(cameras=("front",))
    camera = build_camera(scene, "front")
    aims = {
        FLOOR: [0, 0, 0],
        WALL: [0, 150, WALL_HEIGHT / 2],  # inner face of the far wall
        RIM: [0, 152, WALL_HEIGHT],
        OUTSIDE: [0, -230, 0],
    }
    pixels, depth = camera.project(np.array(list(aims.values()), float))
    kind, hit = cast_rays(scene, camera, pixels)
    assert list(kind) == list(aims)
    np.testing.assert_allclose(hit, depth)


def test_a_shelter_hides_the_floor_below():
    scene = Scene(occluder=True)
    camera = build_camera(scene, "top")
    roof = shelter_boxes(scene)[0].mean(axis=0)
    kind, depth = cast_rays(scene, camera, camera.project(roof[None])[0])
    assert kind[0] == SHELTER
    assert depth[0] == pytest.approx(camera.position[2] - ROOF_HEIGHTS[1])
    assert cast_rays(Scene(), camera, camera.project(roof[None])[0])[0][0] == FLOOR
    assert len(shelter_boxes(Scene())) == 0


def test_the_place_has_texture_lamp_and_shade():
    scene = Scene(occluder=True, seed=1)
    place = render_scenery(scene, build_camera(scene, "top"))
    assert place.image.shape == (240, 320, 3)
    assert place.image.dtype == np.float32
    assert place.image.min() > 0
    assert place.image.max() < 1.5
    assert place.image[40:200, 40:280].std() > 0.03
    assert np.ptp(place.light) > 0.2
    assert np.linalg.norm(lamp_position(scene)[0]) == pytest.approx(1)
    assert lamp_position(scene)[0][2] > 0.7


def test_clutter_makes_specks():
    spread = [render_scenery(s, build_camera(s, "top")).image.std() for s in (Scene(clutter=0.0), Scene(clutter=4.0))]
    assert spread[1] > spread[0] * 1.05

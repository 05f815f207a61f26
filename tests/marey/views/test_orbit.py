"""The turning camera: what it looks at is in its middle, up is up, and the floor lies still below."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from marey.experiment.skeletons import Skeleton
from marey.multiview.cameras import project
from marey.multiview.upright import Upright
from marey.views import orbit

FLAT = Upright(np.eye(3), ("x", "y", "z"))
TILTED = Upright(Rotation.from_euler("xyz", [40, 20, 70], degrees=True).as_matrix(), ("", "", ""))
TIME = np.arange(90) / 30


def points(world, *, speed=0.0):
    """An animal of two keypoints, 20 apart and 10 above each other, that walks along the first axis of the world."""
    place = np.array([[-10.0, 0, 0], [10.0, 0, 10.0]]) + speed * TIME[:, None, None] * [1.0, 0, 0]
    return (place @ world.axes)[:, None]


@pytest.mark.parametrize("world", [FLAT, TILTED])
@pytest.mark.parametrize("seconds", [0.0, 3.0, 17.0])
def test_the_middle_is_in_the_middle_and_up_is_up(world, seconds):
    stage = orbit.build_stage(points(world), TIME, world)
    camera = orbit.orbiting_camera(stage, 30, seconds, 400)
    np.testing.assert_allclose(project(camera, stage.middle[30]), [200, 200], atol=1e-9)
    above = project(camera, stage.middle[30] + world.axes[2])
    assert above[0] == pytest.approx(200)
    assert above[1] < 199
    seen = project(camera, points(world)[30, 0])
    assert ((seen > 0) & (seen < 400)).all()
    np.testing.assert_allclose(np.linalg.det(camera.rotation), 1)


def test_it_turns_by_its_speed():
    stage = orbit.build_stage(points(FLAT), TIME, FLAT)
    first, later = (orbit.orbiting_camera(stage, 0, seconds, 400).centre - stage.middle[0] for seconds in (0, 6))
    angle = np.arctan2(later[1], later[0]) - np.arctan2(first[1], first[0])
    assert angle == pytest.approx(6 * orbit.TURN)
    assert later[2] == pytest.approx(first[2])


def test_it_follows_and_the_grid_stays():
    stage = orbit.build_stage(points(FLAT, speed=30.0), TIME, FLAT)
    np.testing.assert_allclose(stage.middle[20:70, 0], 30 * TIME[20:70], atol=1e-9)  # the ends are held back
    assert stage.radius == pytest.approx(np.sqrt(10**2 + 5**2), rel=0.5)
    corners = [{tuple(np.round(end, 6)) for line in orbit._grid(stage, at) for end in line} for at in (30, 31)]
    for places in corners:
        for place in places:
            assert place[2] == pytest.approx(stage.floor)
            steps = np.array(place[:2]) / stage.spacing
            assert np.abs(steps - np.round(steps)).min() < 1e-6  # each end is on a line that does not move


def test_the_shadow_is_below(monkeypatch):
    stage = orbit.build_stage(points(FLAT), TIME, FLAT)
    camera = orbit.orbiting_camera(stage, 0, 0.0, 200)
    pose = points(FLAT)[:1, 0]
    picture = np.asarray(orbit.draw_stage(camera, stage, 0, pose, Skeleton(("a", "b"), ((0, 1),)))).astype(int)
    below = pose[0] * [1, 1, 0] + [0, 0, stage.floor]
    for x, y in project(camera, below):
        assert np.abs(picture[int(y), int(x)] - orbit.SHADOW).max() < 12
    for x, y in project(camera, pose[0, 1:]):
        assert np.abs(picture[int(y), int(x)] - orbit.BACKGROUND).max() < 45


def test_without_positions_there_is_a_stage():
    stage = orbit.build_stage(np.full((90, 1, 2, 3), np.nan), TIME, FLAT)
    camera = orbit.orbiting_camera(stage, 0, 0.0, 100)
    assert orbit.draw_stage(camera, stage, 0, np.full((1, 2, 3), np.nan), Skeleton(("a", "b"))).size == (100, 100)
    assert orbit.build_stage(points(FLAT)[:1], TIME[:1], FLAT).middle.shape == (1, 3)


@pytest.mark.parametrize(
    ("length", "round_"), [(0.9, 1), (1.3, 1), (1.6, 2), (30, 20), (34, 50), (80, 100), (0.0031, 0.002)]
)
def test_lengths_are_rounded_to_what_people_read(length, round_):
    assert orbit.round_length(length) == pytest.approx(round_)

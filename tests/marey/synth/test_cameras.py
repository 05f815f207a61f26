import numpy as np
import pytest

from marey.synth.cameras import Camera, build_camera
from marey.synth.scene import CAMERA_DIRECTIONS, Scene


def test_projection_by_hand():
    # 1000 mm before a camera of f = 500 px, a step of 100 mm is one of 50 px; the axis meets the picture at (160, 120)
    camera = Camera("hand", (320, 240), np.array([[500.0, 0, 160], [0, 500, 120], [0, 0, 1]]), np.eye(3), np.zeros(3))
    position, depth = camera.project(np.array([[0, 0, 1000.0], [100, -50, 1000], [100, -50, 500], [0, 0, -1]]))
    np.testing.assert_allclose(position[:3], [[160, 120], [210, 95], [260, 70]])
    np.testing.assert_allclose(depth, [1000, 1000, 500, -1])
    assert np.isnan(position[3]).all()


@pytest.mark.parametrize("name", CAMERA_DIRECTIONS)
def test_projection_is_the_camera_matrix(name):
    camera = build_camera(Scene(cameras=(name,)), name)
    points = np.random.default_rng(0).uniform([-200, -150, 0], [200, 150, 60], (4, 5, 3))
    position, depth = camera.project(points)
    matrix = camera.K @ np.column_stack([camera.R, camera.t])
    for index in np.ndindex(4, 5):
        u, v, w = matrix @ [*points[index], 1.0]
        np.testing.assert_allclose(position[index], [u / w, v / w], rtol=1e-12)
        np.testing.assert_allclose(depth[index], w, rtol=1e-12)


@pytest.mark.parametrize("name", CAMERA_DIRECTIONS)
def test_cameras_are_proper_and_see_the_whole_floor(name):
    camera = build_camera(Scene(cameras=(name,)), name)
    np.testing.assert_allclose(camera.R @ camera.R.T, np.eye(3), atol=1e-12)
    assert np.linalg.det(camera.R) == pytest.approx(1)
    corners, _ = camera.project(np.array([[x, y, 0.0] for x in (-200, 200) for y in (-150, 150)]))
    assert (corners > 0).all()
    assert (corners < camera.size).all()


@pytest.mark.parametrize("name", CAMERA_DIRECTIONS)
def test_rays_undo_projection(name):
    camera = build_camera(Scene(cameras=(name,)), name)
    points = np.random.default_rng(1).uniform([-200, -150, 0], [200, 150, 60], (20, 3))
    position, depth = camera.project(points)
    np.testing.assert_allclose(camera.position + depth[:, None] * camera.rays(position), points, atol=1e-9)


def test_from_above_x_is_right_and_y_is_up():
    camera = build_camera(Scene(), "top")
    middle, right, up = camera.project(np.array([[0, 0, 0], [10, 0, 0], [0, 10, 0.0]]))[0]
    np.testing.assert_allclose(middle, [160, 120])
    assert right[0] > middle[0]
    assert right[1] == pytest.approx(middle[1])
    assert up[1] < middle[1]
    assert up[0] == pytest.approx(middle[0])
    assert up[1] == pytest.approx(240 - (right[0] - 160 + 120))  # square pixels


def test_a_camera_that_the_scene_lacks_is_refused():
    with pytest.raises(ValueError, match="'front' is not in the scene; expected one of top"):
        build_camera(Scene(), "front")

"""Viewpoints of random cameras."""

import numpy as np
import pytest

from marey.synth.viewpoints import BODY_SHARES, MAX_TILT, aim_camera, draw_camera


def test_the_middle_of_the_image_shows_the_target():
    camera = aim_camera((320, 240), np.array([50.0, -80]), body_px=90.0, far=700.0, tilt=0.2, roll=2.0)
    position, depth = camera.project(np.array([50.0, -80, 0]))
    np.testing.assert_allclose(position, [160, 120], atol=1e-9)
    assert depth == pytest.approx(700)
    np.testing.assert_allclose(camera.R @ camera.R.T, np.eye(3), atol=1e-12)
    assert np.linalg.det(camera.R) == pytest.approx(1)
    level = aim_camera((320, 240), np.zeros(2), body_px=90.0, far=700.0, roll=2.0)
    ends = level.project(np.array([[0.0, 0, 0], [90, 0, 0]]))[0]
    assert np.hypot(*(ends[1] - ends[0])) == pytest.approx(90)


def test_cameras_look_down_at_bodies_of_the_promised_size():
    for seed in range(60):
        camera = draw_camera(np.random.Generator(np.random.SFC64(seed)), (320, 240), (400.0, 300.0))
        assert np.degrees(np.arccos(-camera.R[2, 2])) <= MAX_TILT
        ray = camera.R[2]
        far = camera.position[2] / -ray[2]
        assert BODY_SHARES[0] <= camera.K[0, 0] * 90 / far / 320 <= BODY_SHARES[1]
        target = camera.position + far * ray
        assert (np.abs(target[:2]) < 260).all()

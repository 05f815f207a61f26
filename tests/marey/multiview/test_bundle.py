"""Bundle adjustment: derivatives against differences, and made rigs whose truth it finds."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from marey.multiview.bundle import Rig, Seen, _Problem, adjust, residuals, rms
from marey.multiview.cameras import Camera

from .made_boards import CHESS, TERMS, as_seen, made_rig, ring, sights


def rig_and_seen(model: str = "k1k2", noise: float = 0.0, boards: int = 8) -> tuple[Rig, Seen]:
    rig = made_rig(ring(2, model), CHESS, boards)
    return rig, as_seen(sights(rig, CHESS, noise), CHESS)


def moved(rig: Rig, seed: int = 0) -> Rig:
    """The same rig, somewhat wrong everywhere, but for the first camera's place."""
    random = np.random.default_rng(seed)

    def turned(rotation):
        return Rotation.from_rotvec(random.normal(0, 0.02, 3)).as_matrix() @ rotation

    cameras = []
    for index, each in enumerate(rig.cameras):
        matrix = each.matrix + np.array([[15, 0, 6], [0, -12, -5], [0, 0, 0]])
        if index:
            each = each._replace(rotation=turned(each.rotation), translation=each.translation + random.normal(0, 5, 3))
        cameras.append(each._replace(matrix=matrix, distortion=each.distortion * 0.8))
    rotations = np.array([turned(rotation) for rotation in rig.rotations])
    return Rig(cameras, rotations, rig.translations + random.normal(0, 5, rig.translations.shape))


@pytest.mark.parametrize("cameras", [True, False])
@pytest.mark.parametrize("model", TERMS)
def test_derivatives_are_those_of_the_residuals(model, cameras):
    rig, seen = rig_and_seen(model, boards=3)
    problem = _Problem(rig, seen.where(np.arange(0, len(seen.camera), 9)), cameras)
    at = np.random.default_rng(0).normal(0, 0.01, problem.size)
    weight = np.linspace(0.5, 1.5, len(problem.residuals(at)))
    step = 1e-6
    expected = np.stack(
        [
            weight * (problem.residuals(at + step * one) - problem.residuals(at - step * one)) / (2 * step)
            for one in np.eye(problem.size)
        ],
        axis=-1,
    )
    np.testing.assert_allclose(problem.jacobian(at, weight).toarray(), expected, atol=2e-5, rtol=2e-5)


def assert_same(camera: Camera, truth: Camera, tolerance: float) -> None:
    for name in ("matrix", "distortion", "rotation", "translation"):
        np.testing.assert_allclose(getattr(camera, name), getattr(truth, name), atol=tolerance, err_msg=name)


@pytest.mark.parametrize("model", ["k1k2", "fisheye"])
def test_a_rig_is_found_from_a_wrong_start(model):
    truth, seen = rig_and_seen(model)
    found = adjust(moved(truth), seen)
    assert rms(residuals(found, seen)) < 1e-4
    for camera, expected in zip(found.cameras, truth.cameras, strict=True):
        assert_same(camera, expected, 0.01)


def test_outliers_pull_little_where_the_loss_is_robust():
    truth, seen = rig_and_seen(noise=0.1)
    seen.places[::25] += 30
    plain, robust = (adjust(moved(truth), seen, robust=each) for each in (False, True))
    off = [abs(rig.cameras[1].matrix[0, 0] - truth.cameras[1].matrix[0, 0]) for rig in (plain, robust)]
    assert off[1] < 5
    assert off[1] < off[0] / 3


def test_boards_alone_are_moved_where_the_cameras_are_known():
    truth, seen = rig_and_seen()
    start = moved(truth)._replace(cameras=truth.cameras)
    found = adjust(start, seen, cameras=False)
    np.testing.assert_allclose(found.translations, truth.translations, atol=1e-3)
    for camera, expected in zip(found.cameras, truth.cameras, strict=True):
        assert_same(camera, expected, 0)


def test_a_start_that_cannot_see_a_corner_is_none():
    truth, seen = rig_and_seen(boards=3)
    with pytest.raises(ValueError, match="cannot be seen"):
        adjust(truth._replace(translations=-truth.translations), seen)


def test_the_error_is_that_of_distances():
    assert rms(np.array([[3.0, 4.0], [0.0, 0.0]])) == pytest.approx(np.sqrt(12.5))

"""Cameras: pixels as OpenCV has them (written down here), derivatives, inverses, and what has no position."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from marey.multiview import cameras
from marey.multiview.cameras import Camera
from marey.tables import files
from marey.tables.cameras import CAMERAS

POINTS = np.array([[0, 0, 0], [30, -12, 7], [-25, 18, -14], [12, 31, 22.0]])
# Of each model: its terms, the skew, and where OpenCV 5.0 sees the points (`projectPoints`, and `fisheye` with
# alpha=0.004) with fx 900, fy 880, cx 319.5, cy 242.25 and the pose below. It counts pixel centres from 0.
OPENCV = {
    "pinhole": (
        [0, 0, 0, 0, 0],
        0,
        [
            [357.0, 183.58333333333334],
            [565.464181470776, 194.51940877796983],
            [114.28494561426862, 247.77152635098602],
            [303.69193670082996, 335.041335590915],
        ],
    ),
    "k1k2": (
        [-0.28, 0.09, 0, 0, 0],
        0,
        [
            [356.9352330891927, 183.68465756712965],
            [560.2511287119698, 195.53102798513078],
            [117.22465719124949, 247.6924303266462],
            [303.7423301990282, 334.74553211933124],
        ],
    ),
    "full": (
        [-0.28, 0.09, 0.0012, -0.0021, -0.015],
        0,
        [
            [356.9109892063906, 183.7108377748912],
            [559.7883355132058, 195.67434159689876],
            [116.92713357827256, 247.75273434136406],
            [303.7155666602164, 334.78792481363723],
        ],
    ),
    "fisheye": (
        [-0.03, 0.011, -0.004, 0.0012],
        3.6,
        [
            [356.6766702012037, 183.71453788323623],
            [558.6729219236134, 195.80041243817436],
            [118.05807710779595, 247.67060293621918],
            [304.1351130845443, 334.6589739401857],
        ],
    ),
}


def camera(model: str = "full", terms: list | None = None, skew: float = 0.0, name: str = "a") -> Camera:
    matrix = np.array([[900.0, skew, 320.0], [0, 880.0, 242.75], [0, 0, 1]])
    rotation = Rotation.from_rotvec([0.3, -0.2, 0.5]).as_matrix()
    terms = OPENCV[model][0] if terms is None else terms
    return Camera(name, (640, 480), model, matrix, np.array(terms, float), rotation, np.array([5.0, -8.0, 120.0]))


@pytest.mark.parametrize("model", OPENCV)
def test_points_are_seen_where_opencv_sees_them_half_a_pixel_on(model):
    terms, skew, seen = OPENCV[model]
    assert np.allclose(cameras.project(camera(model, terms, skew), POINTS), np.add(seen, 0.5), rtol=0, atol=1e-9)


@pytest.mark.parametrize("model", OPENCV)
def test_the_derivative_is_that_of_small_steps(model):
    one = camera(model, skew=4.0)
    seen, jacobian = cameras.project_with_jacobian(one, POINTS)
    assert np.array_equal(seen, cameras.project(one, POINTS))
    for axis, step in enumerate(1e-4 * np.eye(3)):
        slope = (cameras.project(one, POINTS + step) - cameras.project(one, POINTS - step)) / 2e-4
        assert np.allclose(jacobian[..., axis], slope, atol=1e-6)


@pytest.mark.parametrize("model", OPENCV)
def test_undistort_is_the_inverse_over_the_whole_image(model):
    one = camera(model, skew=4.0)
    pixels = np.stack(np.meshgrid(np.linspace(0, 640, 9), np.linspace(0, 480, 7)), axis=-1)
    places = cameras.undistort(one, pixels)
    world = (np.concatenate([places, np.ones_like(places[..., :1])], axis=-1) * 70 - one.translation) @ one.rotation
    assert np.allclose(cameras.project(one, world), pixels, atol=1e-6)


def test_a_pixel_that_no_point_is_seen_at_has_no_direction():
    one = camera(terms=[-0.4, 0, 0, 0, 0])
    most = cameras.fold(one)
    assert most == pytest.approx(np.sqrt(1 / 1.2))  # where 1 + 3 k1 r^2 = 0
    edge = 900 * most * (1 - 0.4 * most**2)  # px from the axis: none is seen farther away
    pixels = np.array([[320 + 0.99 * edge, 242.75], [320 + 1.01 * edge, 242.75], [np.nan, 3.0]])
    assert np.isfinite(cameras.undistort(one, pixels)).all(axis=1).tolist() == [True, False, False]


@pytest.mark.parametrize("model", ["full", "fisheye"])
def test_points_behind_and_beyond_the_fold_are_not_seen(model):
    one = camera(model, terms=[-0.4, 0, 0, 0, 0][: len(OPENCV[model][0])])
    inside = np.array([[0, 0, 100.0], [0.99 * cameras.fold(one) * 100, 0, 100.0]])
    outside = np.array([[0, 0, -100.0], [0, 0, 0], [1.01 * cameras.fold(one) * 100, 0, 100.0], [1e6, 0, 100.0]])
    world = (np.concatenate([inside, outside]) - one.translation) @ one.rotation
    with np.errstate(all="ignore"):
        seen, jacobian = cameras.project_with_jacobian(one, world)
    assert np.isfinite(seen).all(axis=1).tolist() == [True] * 2 + [False] * 4
    assert np.isfinite(jacobian[:2]).all()


def test_a_lens_of_higher_terms_that_bend_back_late_has_no_fold():
    assert cameras.fold(camera("pinhole")) == np.inf
    assert cameras.fold(camera(terms=[0.2, 0.1, 0, 0, 0])) == np.inf
    assert cameras.fold(camera("fisheye", terms=[0.01, 0, 0, 0])) == np.inf


@pytest.mark.parametrize("model", OPENCV)
def test_the_table_keeps_every_parameter(model, tmp_path):
    rig = [camera(model, skew=4.0, name=name) for name in ("cam2", "cam10")]
    path = tmp_path / "cameras.parquet"
    files.write(path, cameras.camera_rows(reversed(rig), unit="mm", quality=[{"rms_px": 0.3}, {}]), CAMERAS)
    read = cameras.read_cameras(path)
    assert [one.name for one in read] == ["cam2", "cam10"]
    for one, other in zip(read, rig, strict=True):
        assert (one.size, one.model) == (other.size, other.model)
        assert all(np.allclose(part, same, rtol=0, atol=1e-14) for part, same in zip(one[3:], other[3:], strict=True))
    assert files.read(path, CAMERAS)["rms_px"].isna().tolist() == [False, True]  # "cam10" comes first in the file


def test_the_centre_is_where_the_camera_stands():
    one = camera()
    assert np.allclose(one.rotation @ one.centre + one.translation, 0)

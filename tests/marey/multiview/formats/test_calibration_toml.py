"""anipose's calibration: each parameter, half a pixel on and back, and what is refused."""

import tomllib
from pathlib import Path

import numpy as np
import pytest

from marey.multiview import cameras
from marey.multiview.formats import calibration_toml

from .. import rig

# As aniposelib 0.8 writes it.
WRITTEN = """[cam_0]
name = "back"
size = [ 640, 480,]
matrix = [ [ 900.0, 0.0, 319.5,], [ 0.0, 880.0, 242.25,], [ 0.0, 0.0, 1.0,],]
distortions = [ -0.28, 0.09, 0.0012, -0.0021, -0.015,]
rotation = [ 0.3, -0.2, 0.5,]
translation = [ 5.0, -8.0, 120.0,]

[metadata]
adjusted = true
error = 0.3
"""
# The world's (30, -12, 7) in it, by `cv2.projectPoints` of OpenCV 5.0.
POINT, SEEN = [30, -12, 7], [559.7883355132058, 195.67434159689876]


def written(folder: Path, text: str = WRITTEN) -> Path:
    path = folder / "calibration.toml"
    path.write_text(text)
    return path


def test_a_point_is_seen_half_a_pixel_from_where_opencv_counts(tmp_path):
    (camera,) = calibration_toml.read(written(tmp_path))
    assert (camera.name, camera.size, camera.model) == ("back", (640, 480), "full")
    assert np.allclose(cameras.project(camera, np.array(POINT)), np.add(SEEN, 0.5), rtol=0, atol=1e-9)


@pytest.mark.parametrize(
    ("terms", "model"), [("0.0, 0.0", "pinhole"), ("-0.28, 0.09", "k1k2"), ("-0.2, 0.0, 0.0, 0.001", "full")]
)
def test_terms_that_are_missing_are_zero(tmp_path, terms, model):
    text = WRITTEN.replace("-0.28, 0.09, 0.0012, -0.0021, -0.015,", terms)
    (camera,) = calibration_toml.read(written(tmp_path, text))
    assert (camera.model, len(camera.distortion)) == (model, 5)


def test_what_is_written_is_read_back_and_counts_as_anipose_does(tmp_path):
    cams = [camera._replace(name=f'c"{camera.name}') for camera in rig.ring(3)]
    cams[1] = cams[1]._replace(model="fisheye", distortion=np.array([0.01, -0.02, 0.003, 0.004]))
    path = tmp_path / "calibration.toml"
    calibration_toml.write(path, cams, error=0.25)
    content = tomllib.loads(path.read_text())
    assert content["metadata"] == {"adjusted": True, "error": 0.25}
    assert content["cam_1"]["fisheye"] is True
    assert content["cam_0"]["matrix"][0][2] == cams[0].matrix[0, 2] - 0.5
    for one, other in zip(calibration_toml.read(path), cams, strict=True):
        assert one[:3] == other[:3]
        assert all(np.allclose(part, same, rtol=0, atol=1e-12) for part, same in zip(one[3:], other[3:], strict=True))


def test_skew_cannot_be_written(tmp_path):
    (camera,) = rig.ring(1)
    camera.matrix[0, 1] = 2.0
    with pytest.raises(ValueError, match="view1 has skew"):
        calibration_toml.write(tmp_path / "calibration.toml", [camera])


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("rotation =", "turn =", r"\[cam_0\] has no rotation"),
        ("[ 5.0, -8.0, 120.0,]", "[ 5.0, nan, 120.0,]", r"\[cam_0\] translation is .*expected 3 finite numbers"),
        ("[ 900.0, 0.0", "[ -900.0, 0.0", r"\[cam_0\]: its matrix is"),
        ("-0.015,", "-0.015, 0.1,", "6 lens terms; expected 5"),
        ("[ 0.3, -0.2, 0.5,]", "[[1, 0, 0], [0, 1, 0], [0, 0, -1]]", "its rotation is none"),
        ("[cam_0]", "[cam_0", "is not TOML"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(tmp_path, old, new, said):
    with pytest.raises(ValueError, match=said):
        calibration_toml.read(written(tmp_path, WRITTEN.replace(old, new)))

"""Label3D's cameras: transposed, with skew, counted from 1; against its own points where the sample data is."""

import os
from pathlib import Path

import numpy as np
import pytest

from marey.labels.formats._matlab import read_variables
from marey.multiview import cameras
from marey.multiview.formats import label3d

from ... import matlab
from .. import rig

DATA = Path(os.environ.get("MAREY_DATA", Path(__file__).parents[4] / "../shared/data"))
SAMPLE = DATA / "12_mouse1_6cam_dannce_label3d" / "label3d_dannce.mat"


def params(camera: cameras.Camera) -> dict:
    """What Label3D keeps of a camera: for rows instead of columns, and with MATLAB's count."""
    matrix = camera.matrix.copy()
    matrix[:2, 2] += 0.5
    k1, k2, p1, p2, k3 = camera.distortion
    radial, tangential = np.array([[k1, k2, k3]]), np.array([[p1, p2]])
    pose = {"r": camera.rotation.T, "t": camera.translation[None]}
    return {"K": matrix.T, "RDistort": radial, "TDistort": tangential, **pose}


def file(folder: Path, cams: list, version: str = "5", **changed) -> Path:
    content = {"params": [params(camera) for camera in cams], "camnames": [camera.name for camera in cams]}
    return matlab.write(folder / "x_dannce.mat", {**content, **changed}, version)


@pytest.mark.parametrize("version", ["5", "7.3"])
def test_every_parameter_is_read(tmp_path, version):
    cams = rig.ring(2)
    cams[0].matrix[0, 1] = -6.0
    cams[1].distortion[4] = 0.02
    for one, other in zip(label3d.read(file(tmp_path, cams, version)), cams, strict=True):
        assert (one.name, one.size, one.model) == (other.name, (0, 0), "full")
        assert all(np.allclose(part, same, rtol=0, atol=1e-12) for part, same in zip(one[3:], other[3:], strict=True))


def test_two_radial_terms_are_enough_and_what_is_missing_is_named(tmp_path):
    (camera,) = rig.ring(1)
    short = {**params(camera), "RDistort": np.array([[-0.2, 0.05]])}
    (read,) = label3d.read(file(tmp_path, [camera], params=[short]))
    assert np.allclose(read.distortion, camera.distortion)
    with pytest.raises(ValueError, match=r"params\{1\} has no r; expected K, RDistort"):
        label3d.read(file(tmp_path, [camera], params=[{name: part for name, part in short.items() if name != "r"}]))
    with pytest.raises(ValueError, match="camnames names 1 cameras, but params has 2"):
        label3d.read(file(tmp_path, [camera], params=[short, short]))


@pytest.mark.skipif(not SAMPLE.is_file(), reason="sample data absent: set MAREY_DATA")
def test_the_points_of_label3d_are_seen_where_it_says():
    labels = read_variables(SAMPLE, ["labelData"])["labelData"]
    for camera, view in zip(label3d.read(SAMPLE), labels, strict=True):
        points = view["data_3d"].reshape(-1, 3)
        said = view["data_2d"].reshape(-1, 2) - 0.5  # its first pixel is 1, whose centre is 0.5 here
        known = np.isfinite(points).all(axis=1) & np.isfinite(said).all(axis=1)
        assert known.sum() > 1000
        assert np.abs(cameras.project(camera, points[known]) - said[known]).max() < 1e-6

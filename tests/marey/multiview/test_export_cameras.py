"""Cameras as anipose's file: what another reader finds in it."""

import tomllib

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from marey.multiview import cameras
from marey.multiview.export_cameras import export_cameras
from marey.tables import files
from marey.tables.cameras import CAMERAS

from . import rig


def table(folder, cams, quality=()):
    files.write(folder / "all.parquet", cameras.camera_rows(cams, unit="mm", quality=quality), CAMERAS)
    return folder / "all.parquet"


def test_anipose_s_parameters_and_the_error_of_all_corners(tmp_path):
    cams = rig.ring(2)
    errors = [
        {"rms_px": error, "rms_held_out_px": 1, "corners": number, "rejected": 0}
        for error, number in ((3, 300), (4, 100))
    ]
    export_cameras(table(tmp_path, cams, errors), tmp_path / "all.toml")
    content = tomllib.loads((tmp_path / "all.toml").read_text())
    assert content["metadata"]["error"] == pytest.approx(np.sqrt((9 * 300 + 16 * 100) / 400))
    for section, camera in zip(("cam_0", "cam_1"), cams, strict=True):
        read = content[section]
        assert (read["name"], read["size"]) == (camera.name, list(camera.size))
        assert read["matrix"][0][2] == pytest.approx(camera.matrix[0, 2] - 0.5)  # the first pixel's centre is 0
        np.testing.assert_allclose(Rotation.from_rotvec(read["rotation"]).as_matrix(), camera.rotation, atol=1e-9)
        np.testing.assert_allclose(read["translation"], camera.translation)


def test_a_calibration_that_was_read_states_no_error_and_skew_is_refused(tmp_path):
    export_cameras(table(tmp_path, rig.ring(2)), tmp_path / "all.toml")
    assert tomllib.loads((tmp_path / "all.toml").read_text())["metadata"] == {}
    cams = rig.ring(2)
    cams[1].matrix[0, 1] = 2.0
    with pytest.raises(ValueError, match="view2 has skew"):
        export_cameras(table(tmp_path, cams), tmp_path / "all.toml")

"""The cameras of a rig by name: what is missing, or twice there; and the tables that are written."""

import pytest

from marey.multiview.board_views import CalibrationError
from marey.multiview.cameras import read_cameras
from marey.multiview.formats import calibration_toml
from marey.multiview.read_calibration import find_cameras, read_calibration
from marey.tables import files
from marey.tables.calibration import CALIBRATION
from marey.tables.cameras import CAMERAS

from . import rig

NAMES = [f"view{number}" for number in (3, 1, 2)]


@pytest.fixture
def path(tmp_path):
    calibration_toml.write(tmp_path / "calibration.toml", reversed(rig.ring(3)))
    return tmp_path / "calibration.toml"


def test_cameras_come_by_name_in_natural_order(path):
    assert [camera.name for camera in find_cameras(path, NAMES)] == ["view1", "view2", "view3"]
    assert [camera.name for camera in find_cameras(path, ["view3"])] == ["view3"]


def test_names_that_differ_are_listed_both(path):
    with pytest.raises(ValueError, match=r"has no camera Top, View1; it has view1, view3, which the session has not"):
        find_cameras(path, ["View1", "view2", "Top"])


def test_cameras_in_one_place_are_refused_unless_one_is_left_out(path):
    cams = rig.ring(3)
    cams[2] = cams[1]._replace(name="view3")
    calibration_toml.write(path, cams)
    with pytest.raises(ValueError, match="view2 and view3 have the same place and direction"):
        find_cameras(path, NAMES)
    assert len(find_cameras(path, ["view1", "view3"])) == 2


def test_two_cameras_of_one_name_and_other_files_are_refused(path):
    calibration_toml.write(path, [camera._replace(name="same") for camera in rig.ring(2)])
    with pytest.raises(ValueError, match="two cameras are called same"):
        find_cameras(path, NAMES)
    with pytest.raises(ValueError, match=r"calibration.yaml: no such file; .*view3, view1, view2"):
        find_cameras(path.with_suffix(".yaml"), NAMES)
    path.with_suffix(".yaml").touch()
    with pytest.raises(ValueError, match="no calibration that Marey reads; expected anipose's"):
        find_cameras(path.with_suffix(".yaml"), NAMES)


def read(path, folder):
    read_calibration(path, folder / "c.parquet", folder / "k.parquet", names=NAMES, unit="cm", provenance={"a": 1})
    return read_cameras(folder / "c.parquet"), files.read(folder / "k.parquet", CALIBRATION)


def test_tables_have_what_the_file_says(path, tmp_path):
    cams, checks = read(path, tmp_path)
    for camera, expected in zip(cams, rig.ring(3), strict=True):
        assert camera.name == expected.name
        assert camera.matrix == pytest.approx(expected.matrix)
        assert camera.centre == pytest.approx(expected.centre)
    assert set(files.read(tmp_path / "c.parquet", CAMERAS)["unit"]) == {"cm"}
    assert set(checks["verdict"]) == {"good"}
    assert len(checks) == 6
    assert files.read_provenance(tmp_path / "k.parquet") == {"a": 1}


def test_a_bad_calibration_is_refused_with_what_to_do(path, tmp_path):
    cams = rig.ring(3)
    turned = rig.ring(2)[1].rotation @ cams[0].rotation.T @ cams[0].rotation
    cams[2] = cams[2]._replace(rotation=turned, translation=-turned @ cams[0].centre)  # where the first one is
    calibration_toml.write(path, cams)
    with pytest.raises(CalibrationError, match="of camera view1 and view3: they are at the same place"):
        read(path, tmp_path)
    assert not (tmp_path / "c.parquet").exists()

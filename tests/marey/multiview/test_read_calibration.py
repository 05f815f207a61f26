"""The cameras of a session by name: what is missing, of another size, twice there."""

import pytest

from marey.multiview.formats import calibration_toml
from marey.multiview.read_calibration import read_calibration

from . import rig

SIZES = {f"view{number}": (640, 480) for number in (1, 2, 3)}


@pytest.fixture
def path(tmp_path):
    calibration_toml.write(tmp_path / "calibration.toml", reversed(rig.ring(3)))
    return tmp_path / "calibration.toml"


def test_cameras_come_by_name_in_natural_order(path):
    assert [camera.name for camera in read_calibration(path, SIZES)] == ["view1", "view2", "view3"]
    assert [camera.name for camera in read_calibration(path, {"view3": (640, 480)})] == ["view3"]


def test_names_that_differ_are_listed_both(path):
    with pytest.raises(ValueError, match=r"has no camera Top, View1; it has view1, view3, which the session has not"):
        read_calibration(path, dict.fromkeys(("View1", "view2", "Top"), (640, 480)))


def test_a_video_of_another_size_is_refused(path):
    with pytest.raises(ValueError, match="view2 was calibrated in images of 640 x 480 px, but its video has 320 x 240"):
        read_calibration(path, {**SIZES, "view2": (320, 240)})


def test_cameras_in_one_place_are_refused_unless_one_is_left_out(path):
    cams = rig.ring(3)
    cams[2] = cams[1]._replace(name="view3")
    calibration_toml.write(path, cams)
    with pytest.raises(ValueError, match="view2 and view3 have the same place and direction"):
        read_calibration(path, SIZES)
    assert len(read_calibration(path, {name: SIZES[name] for name in ("view1", "view3")})) == 2


def test_two_cameras_of_one_name_and_other_files_are_refused(path):
    calibration_toml.write(path, [camera._replace(name="same") for camera in rig.ring(2)])
    with pytest.raises(ValueError, match="two cameras are called same"):
        read_calibration(path, SIZES)
    with pytest.raises(ValueError, match=r"calibration.yaml: no such file; .*view1, view2, view3"):
        read_calibration(path.with_suffix(".yaml"), SIZES)
    path.with_suffix(".yaml").touch()
    with pytest.raises(ValueError, match="no calibration that Marey reads; expected anipose's"):
        read_calibration(path.with_suffix(".yaml"), SIZES)

"""What the stages of a session read: videos have to be those that the cameras were calibrated for."""

import pytest

from marey.multiview import cameras
from marey.multiview.session import blocks, check_sizes
from marey.tables import files
from marey.tables.cameras import CAMERAS

from . import rig, session


def test_a_video_of_another_size_than_its_camera_was_calibrated_in_is_refused(tmp_path):
    made = session.make(tmp_path, 5)
    check_sizes(made.cameras, made.probes)
    session.write_probe(made.probes["view2"], (480, 640))
    message = r"view2.mp4: has images of 480 x 640 px, but its camera view2 was calibrated in images of 640 x 480; "
    with pytest.raises(ValueError, match=message):
        check_sizes(made.cameras, made.probes)
    check_sizes(made.cameras, {"view1": made.probes["view1"]})  # of the cameras of this session alone


def test_a_size_that_the_calibration_does_not_say_is_no_fault(tmp_path):
    made = session.make(tmp_path, 5)
    unknown = [camera._replace(size=(0, 0)) for camera in rig.ring(4)]
    files.write(made.cameras, cameras.camera_rows(unknown, unit="mm"), CAMERAS)
    session.write_probe(made.probes["view2"], (480, 640))
    check_sizes(made.cameras, made.probes)


def test_blocks_are_all_ticks_once():
    assert list(blocks(10, 4, most=12)) == [(0, 3), (3, 6), (6, 9), (9, 10)]
    assert list(blocks(2, 100, most=12)) == [(0, 1), (1, 2)]

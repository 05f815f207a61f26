"""Verdicts: what tells a good calibration from a bad one, and what to do."""

import numpy as np
import pytest

from marey.multiview.board_views import CalibrationError
from marey.multiview.calibration_checks import (
    Quality,
    alike_cameras,
    below_floor,
    board_deviation,
    judge,
    refuse_bad,
)
from marey.tables import files
from marey.tables.calibration import CALIBRATION

from .made_boards import CHESS, as_seen, made_rig, ring, sights

FINE = Quality(rms_px=0.2, rms_held_out_px=0.22, corners=300, rejected=2)


def verdicts(quality: Quality = FINE, **options):
    rig = made_rig(ring(2), CHESS, 12, **options)
    return judge(rig, as_seen(sights(rig, CHESS, 0.1), CHESS), CHESS, [FINE, quality])


def test_a_good_calibration_is_good(tmp_path):
    checks = verdicts()
    assert set(checks["verdict"]) == {"good"}, checks[checks["verdict"] != "good"].to_string()
    assert not checks["advice"].any()
    refuse_bad(checks)
    files.write(tmp_path / "checks.parquet", checks, CALIBRATION)


@pytest.mark.parametrize(
    ("change", "verdict", "message"),
    [
        ({"rms_px": 0.9, "rms_held_out_px": 0.9}, "doubtful", "one rigid board"),
        ({"rms_px": 3.0, "rms_held_out_px": 3.0}, "bad", "one rigid board"),
        ({"rms_held_out_px": 1.0}, "bad", "too few or too similar views"),
        ({"rms_held_out_px": np.nan}, "doubtful", "too few or too similar views"),
        ({"rejected": 200}, "bad", "left out as outliers"),
    ],
)
def test_a_figure_beyond_its_limit_says_what_to_do(change, verdict, message):
    checks = verdicts(FINE._replace(**change))
    (row,) = checks[checks["verdict"] != "good"].itertuples()
    assert (row.camera, row.verdict) == ("cam2", verdict)
    assert message in row.advice
    if verdict == "bad":
        with pytest.raises(CalibrationError, match=f"the calibration is bad. {row.measure} .* of camera cam2: .*"):
            refuse_bad(checks)


def test_a_board_that_was_never_tilted_tells_no_focal_length():
    checks = verdicts(tilt=1.0)
    assert (checks.set_index(["measure", "camera"]).loc[("tilt lacking, degrees", "cam1"), "verdict"]) == "bad"


def test_cameras_at_the_same_place_are_one_that_was_taken_twice():
    one, two = ring(2)
    assert not list(alike_cameras([one, two]))
    (check,) = alike_cameras([one, two, two._replace(name="copy", matrix=two.matrix * 1.001)])
    assert (check.camera, check.verdict) == ("cam2 and copy", "bad")
    assert "was one video used for both?" in check.advice


def test_a_camera_below_the_floor_is_bad():
    above = ring(1)[0]._replace(rotation=np.diag([1.0, -1, -1]), translation=np.array([0, 0, 400.0]))
    assert above.centre[2] > 0
    below = above._replace(name="low", translation=-above.translation)
    assert [check.verdict for check in below_floor([above, below])] == ["good", "bad"]


def test_the_deviation_of_the_board_is_that_of_triangulated_corners():
    rig = made_rig(ring(2), CHESS, 12)
    seen = as_seen(sights(rig, CHESS), CHESS)
    assert board_deviation(rig, seen, CHESS) < 1e-6
    noisy = [board_deviation(rig, as_seen(sights(rig, CHESS, noise), CHESS), CHESS) for noise in (0.1, 0.2)]
    assert noisy[1] == pytest.approx(2 * noisy[0], rel=0.1)
    one = seen.where(seen.camera == 0)
    assert np.isnan(board_deviation(rig, one, CHESS))

"""From the corners of all cameras to a calibrated rig, whose truth is known."""

import numpy as np
import pytest

from marey.multiview.board_views import CalibrationError
from marey.multiview.boards import CHESSBOARD, Board
from marey.multiview.calibrate_cameras import calibrate, calibrate_cameras, choose_frames, place_world
from marey.multiview.cameras import read_cameras
from marey.tables import files
from marey.tables.calibration import CALIBRATION
from marey.tables.cameras import CAMERAS
from marey.tables.corners import CORNERS

from .made_boards import CHESS, REASON, SIZE, made_rig, ring, sights

CONFIG = {
    "board": {"type": "chessboard", "squares": [7, 6], "square_size": 20.0},
    "unit": "mm",
    "model": "k1k2",
    "world": "first camera",
}
NAMES = ["cam1", "cam2", "cam10"]


def made(noise: float = 0.1, boards: int = 14, board: Board = CHESS):
    rig = made_rig(ring(3), board, boards)
    return rig, sights(rig, board, noise)


def run(found, **options):
    pytest.importorskip("cv2", reason=REASON)
    return calibrate(NAMES[: len(found)], [SIZE] * len(found), found, CHESS, model="k1k2", **options)


def test_a_rig_is_calibrated():
    truth, found = made()
    found[1][2][5] += 25  # an outlier
    done = run(found)
    for camera, expected in zip(done.rig.cameras, truth.cameras, strict=True):
        np.testing.assert_allclose(camera.matrix, expected.matrix, atol=3)
        np.testing.assert_allclose(camera.centre, expected.centre, atol=1.5)
    for quality in done.quality:
        assert quality.rms_px == pytest.approx(0.1 * np.sqrt(2), rel=0.15)
        assert quality.rms_px < quality.rms_held_out_px * 1.1 < 0.25
    assert [quality.rejected for quality in done.quality] == [0, 1, 0]
    assert done.quality[1].corners == sum(np.isfinite(places[:, 0]).sum() for places in found[1].values()) - 1


def test_tables_have_the_cameras_in_the_order_of_people(tmp_path):
    pytest.importorskip("cv2", reason=REASON)
    truth, found = made()
    paths = {}
    for name, seen in zip(NAMES, found, strict=True):
        paths[name] = tmp_path / f"{name}.parquet"
        rows = [
            (name, frame, corner, *place, *SIZE)
            for frame, places in seen.items()
            for corner, place in enumerate(places)
            if np.isfinite(place[0])
        ]
        files.write(paths[name], dict(zip(CORNERS.names, zip(*rows, strict=True), strict=True)), CORNERS)
    out, checks = tmp_path / "cameras.parquet", tmp_path / "calibration.parquet"
    calibrate_cameras(paths, out, checks, session="day1", config=CONFIG, provenance={})
    assert [camera.name for camera in read_cameras(out)] == NAMES
    np.testing.assert_allclose(read_cameras(out)[2].centre, truth.cameras[2].centre, atol=1.5)
    assert set(files.read(out, CAMERAS)["unit"]) == {"mm"}
    assert "bad" not in set(files.read(checks, CALIBRATION)["verdict"])

    twice = {"cam1": paths["cam1"], "cam2": paths["cam1"]}
    with pytest.raises(CalibrationError, match="session 'day1': cameras 'cam1' and 'cam2' see the board at the same"):
        calibrate_cameras(twice, out, checks, session="day1", config=CONFIG, provenance={})


def test_too_few_views_name_the_camera():
    _, found = made()
    found[1] = dict(list(found[1].items())[:4])
    with pytest.raises(CalibrationError, match=r"too few frames show the board to cameras 'cam2' \(4\)"):
        calibrate(NAMES, [SIZE] * 3, found, CHESS)


def test_the_world_is_the_board_in_a_frame():
    truth, _ = made()
    frames = list(range(len(truth.rotations)))
    rig = place_world(truth, frames, 3)
    np.testing.assert_allclose(rig.rotations[3], np.diag([1, -1, -1]), atol=1e-9)  # z towards the cameras
    np.testing.assert_allclose(rig.translations[3], 0, atol=1e-9)
    assert all(camera.centre[2] > 0 for camera in rig.cameras)
    for camera, before in zip(rig.cameras, truth.cameras, strict=True):  # what is seen is the same
        inside = (rig.rotations[5] @ CHESS.corners.T).T + rig.translations[5]
        expected = (truth.rotations[5] @ CHESS.corners.T).T + truth.translations[5]
        np.testing.assert_allclose(
            inside @ camera.rotation.T + camera.translation, expected @ before.rotation.T + before.translation
        )
    with pytest.raises(CalibrationError, match="the board in frame 99, in which it is not seen; it is in 13, 12, 11"):
        place_world(truth, frames, 99)


def test_frames_that_cameras_share_come_first():
    view = np.zeros((1, 2))
    both = dict.fromkeys(range(0, 1000, 2), view)
    alone = dict.fromkeys(range(1, 61, 2), view)
    chosen = choose_frames([both, {**both, **alone}], also=(501, 500))
    assert len(chosen) <= 121
    assert 500 in chosen
    assert all(frame % 2 == 0 for frame in chosen)
    apart = choose_frames([{1: view}, alone])
    assert len(apart) == 20  # what a camera has by itself tells its lens
    assert apart <= set(alone)


def test_a_chessboard_s_exchanged_columns_and_rows_change_nothing():
    """The corners of a board that is turned by 90 degrees: it is the same board."""
    pytest.importorskip("cv2", reason=REASON)
    truth, found = made(noise=0.0)
    columns, rows = CHESS.grid
    order = np.rot90(np.arange(columns * rows).reshape(rows, columns)).ravel()
    other = Board(CHESSBOARD, CHESS.rows, CHESS.columns, CHESS.square)
    turned = [{frame: places[order] for frame, places in seen.items()} for seen in found]
    done = calibrate(NAMES, [SIZE] * 3, turned, other, model="k1k2")
    np.testing.assert_allclose(done.rig.cameras[1].centre, truth.cameras[1].centre, atol=0.05)

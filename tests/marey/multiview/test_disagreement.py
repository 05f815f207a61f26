"""Videos that do not fit together: the message says why."""

import numpy as np
import pytest

from marey.multiview.board_views import CalibrationError
from marey.multiview.first_guess import guess_rig

from .made_boards import CHESS, REASON, alone, made_rig, ring, sights, views

pytest.importorskip("cv2", reason=REASON)


def refused(cameras, found) -> str:
    with pytest.raises(CalibrationError) as error:
        guess_rig(alone(cameras), views(cameras, found, CHESS), CHESS)
    return str(error.value)


def test_too_little_overlap():
    truth = made_rig(ring(2), CHESS, 12)
    found = sights(truth, CHESS, 0.1)
    found = [
        {frame: places for frame, places in found[0].items() if frame < 7},
        {frame: places for frame, places in found[1].items() if frame > 4},
    ]
    message = refused(truth.cameras, found)
    assert (
        "'cam2' sees the board in 7 frames, but only in 2 of those in which 'cam1' does: too little overlap" in message
    )


def test_videos_out_of_step():
    truth = made_rig(ring(2), CHESS, 14)
    found = sights(truth, CHESS, 0.1)
    found[1] = {frame + 3: places for frame, places in found[1].items()}
    assert "'cam2' shows the same moments 3 frames after 'cam1'" in refused(truth.cameras, found)


def test_one_video_is_a_mirror_image():
    truth = made_rig(ring(2), CHESS, 12)
    found = sights(truth, CHESS, 0.1)
    width = truth.cameras[1].size[0]
    columns, rows = CHESS.grid
    order = np.arange(columns * rows).reshape(rows, columns)[:, ::-1].ravel()  # as a chessboard's corners are found
    found[1] = {frame: places[order] * (-1, 1) + (width, 0) for frame, places in found[1].items()}
    matrix = truth.cameras[1].matrix.copy()
    matrix[0, 2] = width - matrix[0, 2]
    cameras = [truth.cameras[0], truth.cameras[1]._replace(matrix=matrix)]
    assert "one of the two videos is a mirror image" in refused(cameras, found)

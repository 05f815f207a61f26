"""What a camera sees of a board: its pose, and how two cameras stand to each other by it."""

import numpy as np
import pytest

from marey.multiview.board_views import Pose, relative_pose, spread

from .made_boards import CHESS, REASON, alone, made_rig, ring, sights, views


def test_poses_are_chained_and_undone():
    (one, two), points = (Pose(*pose) for pose in zip(*made_rig(ring(1), CHESS, 2)[1:], strict=True)), CHESS.corners
    np.testing.assert_allclose((one @ two).apply(points), one.apply(two.apply(points)))
    np.testing.assert_allclose((one.inverse() @ one).apply(points), points, atol=1e-9)


def test_two_cameras_stand_as_most_frames_say():
    pytest.importorskip("cv2", reason=REASON)
    truth = made_rig(ring(2), CHESS, 6)
    first, second = views(alone(truth.cameras), sights(truth, CHESS, 0.05), CHESS)
    frames = sorted(first.keys() & second.keys())
    pose, part = relative_pose([first[frame] for frame in frames], [second[frame] for frame in frames], CHESS)
    assert part == 1
    np.testing.assert_allclose(pose.rotation, truth.cameras[1].rotation, atol=0.02)
    np.testing.assert_allclose(pose.translation, truth.cameras[1].translation, atol=5)


def test_frames_are_spread_evenly():
    assert spread(10, 3).tolist() == [0, 4, 9]
    assert spread(3, 10).tolist() == [0, 1, 2]
    assert spread(0, 10).tolist() == []

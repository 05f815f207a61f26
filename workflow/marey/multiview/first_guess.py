"""Where a calibration starts: each camera by itself, then how cameras stand to each other by frames that they share."""

from collections.abc import Sequence

import numpy as np
from scipy.sparse import csgraph

from marey.multiview import opencv
from marey.multiview.board_views import (
    AGREEING,
    MIN_SHARED,
    MOST_VIEWS,
    BoardView,
    BoardViews,
    CalibrationError,
    Pose,
    distance_apart,
    mean_step,
    relative_pose,
    spread,
)
from marey.multiview.boards import Board
from marey.multiview.bundle import Rig, Seen
from marey.multiview.cameras import Camera
from marey.multiview.disagreement import explain_unconnected

MIN_AGREEING_PART = 0.5  # of the frames that two cameras share


def guess_camera(name: str, size: tuple[int, int], places: Sequence[np.ndarray], board: Board) -> Camera:
    """Guess matrix and lens of a camera by views of the board f64[corner, 2] px (NaN: not found), as OpenCV does."""
    cv2 = opencv.load()
    chosen = [places[index] for index in spread(len(places), MOST_VIEWS)]
    known = [np.isfinite(view[:, 0]) for view in chosen]
    points = [board.corners[seen].astype(np.float32) for seen in known]
    found = [(view[seen] - 0.5).astype(np.float32) for view, seen in zip(chosen, known, strict=True)]
    flags = cv2.CALIB_FIX_K2 | cv2.CALIB_FIX_K3 | cv2.CALIB_ZERO_TANGENT_DIST
    try:
        _, matrix, distortion, _, _ = cv2.calibrateCamera(points, found, size, None, None, flags=flags)
    except cv2.error as error:
        raise CalibrationError(
            f"camera '{name}': its {len(places)} views of the board do not tell its lens ({error.err}). Tilt the "
            "board, to all sides and near the edges of the image"
        ) from None
    matrix[:2, 2] += 0.5
    distortion = np.append(distortion.ravel()[:1], np.zeros(4))
    return Camera(name, size, "k1k2", matrix, distortion, np.eye(3), np.zeros(3))


def guess_rig(cameras: Sequence[Camera], views: BoardViews, board: Board) -> list[Camera]:
    """Guess how cameras stand to each other, in the axes of the first, by what each sees of the board.

    Raises CalibrationError where they do not share views that agree.
    """
    poses = _camera_poses(cameras, views, board)
    return [
        camera._replace(rotation=pose.rotation, translation=pose.translation)
        for camera, pose in zip(cameras, poses, strict=True)
    ]


def place_boards(cameras: Sequence[Camera], views: BoardViews, board: Board) -> tuple[Rig, Seen, list[int]]:
    """Find where the board is in each frame.

    Args:
        cameras: the cameras, in one world.
        views: what each sees of the board, by frame.
        board: the board.

    Returns:
        The cameras with the poses of the board; the corners of the views that agree with them; the frame of each pose.
    """
    poses = [Pose(camera.rotation, camera.translation) for camera in cameras]
    boards, rows, frames = [], [], []
    for frame in sorted({frame for of_camera in views for frame in of_camera}):
        seeing = {index: of_camera[frame] for index, of_camera in enumerate(views) if frame in of_camera}
        best = _best_board(poses, seeing, board)
        if best is None:
            continue
        for index, order in best[1].items():
            found = seeing[index].places
            known = np.flatnonzero(np.isfinite(found[:, 0]))
            points = board.corners[board.alike[order][known]]
            rows.append((np.full(len(known), index), np.full(len(known), len(boards)), points, found[known]))
        boards.append(best[0])
        frames.append(frame)
    seen = Seen(*map(np.concatenate, zip(*rows, strict=True)))
    rotations, translations = map(np.array, zip(*boards, strict=True))
    return Rig(list(cameras), rotations, translations), seen.where(np.argsort(seen.camera, kind="stable")), frames


def _camera_poses(cameras: Sequence[Camera], views: BoardViews, board: Board) -> list[Pose]:
    """The pose of each camera in the axes of the first, along the tree of the pairs that agree in most frames."""
    number = len(cameras)
    agreeing, shared, pair = np.zeros((number, number)), np.zeros((number, number), int), {}
    for one in range(number):
        for two in range(one + 1, number):
            frames = sorted(views[one].keys() & views[two].keys())
            shared[one, two] = len(frames)
            if frames:
                chosen = [frames[index] for index in spread(len(frames), MOST_VIEWS)]
                first, second = ([views[index][frame] for frame in chosen] for index in (one, two))
                pair[one, two], part = relative_pose(first, second, board)
                agreeing[one, two] = part * len(frames)
    agreeing[(agreeing < MIN_SHARED) | (agreeing < MIN_AGREEING_PART * shared)] = 0
    tree = csgraph.minimum_spanning_tree(-agreeing)
    connected, group = csgraph.connected_components(tree, directed=False)
    if connected > 1:
        raise CalibrationError(explain_unconnected(cameras, views, shared, board, group))
    order, before = csgraph.breadth_first_order(tree, 0, directed=False)
    poses = {0: Pose(np.eye(3), np.zeros(3))}
    for index in order[1:]:
        parent = int(before[index])
        step = pair[parent, index] if parent < index else pair[index, parent].inverse()
        poses[index] = step @ poses[parent]
    return [poses[index] for index in range(number)]


def _best_board(
    poses: Sequence[Pose], seeing: dict[int, BoardView], board: Board
) -> tuple[Pose, dict[int, int]] | None:
    """Where the board is by the cameras that see it, and in which order each that agrees sees its corners."""
    best, lowest = None, np.inf
    for index, view in seeing.items():
        for candidate in np.ndindex(*view.poses.rotation.shape[:2]):
            pose = poses[index].inverse() @ Pose(view.poses.rotation[candidate], view.poses.translation[candidate])
            cost, orders = 0.0, {}
            for other, sight in seeing.items():
                corners = (poses[other] @ pose).apply(board.corners)[None, None]
                apart = [distance_apart(corners, flat[None, None])[0] for flat in sight.flat]
                relative = min(apart) / (AGREEING * mean_step(sight.flat[0], board))
                cost += min(relative, 1.0)
                if relative < 1:
                    orders[other] = int(np.argmin(apart))
            if orders and cost < lowest:
                best, lowest = (pose, orders), cost
    return best

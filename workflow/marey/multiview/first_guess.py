"""Where a calibration starts: each camera by itself, then how cameras stand to each other, by frames that they share.

A board that is seen nearly face on, or from afar, looks the same from two sides, and a chessboard may look the same
when it is turned. So each view has several poses; how two cameras stand to each other is what most frames agree on.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.sparse import csgraph

from marey.multiview import opencv
from marey.multiview.boards import Board
from marey.multiview.bundle import Rig, Seen
from marey.multiview.cameras import Camera, undistort

MOST_VIEWS = 30  # of a camera by itself, or of a pair
MIN_SHARED = 3  # frames that agree, of two cameras that stand to each other in a known way
MIN_AGREEING_PART = 0.5  # of those that they share
SURELY_AGREEING = 0.8  # the same, where something is tried that would explain why they do not
MOST_SHIFT, MOST_TRIED = 15, 10  # frames that videos may be out of step; frames that are compared
AGREEING = 0.25  # of a step between corners: so far may a corner lie from where the other camera's pose puts it


class CalibrationError(ValueError):
    """Cameras cannot be calibrated by these views of a board; the message says why, and what to change."""


class Pose(NamedTuple):
    """Where something is: X becomes R X + t."""

    rotation: np.ndarray  # f64[..., 3, 3]
    translation: np.ndarray  # f64[..., 3]

    def __matmul__(self, other: "Pose") -> "Pose":
        """Return what `other` and then this does."""
        moved = (self.rotation @ other.translation[..., None])[..., 0]
        return Pose(self.rotation @ other.rotation, moved + self.translation)

    def inverse(self) -> "Pose":
        """Return what undoes this."""
        back = self.rotation.swapaxes(-1, -2)
        return Pose(back, -(back @ self.translation[..., None])[..., 0])

    def apply(self, points: np.ndarray) -> np.ndarray:
        """Move points f64[..., n, 3]."""
        return points @ self.rotation.swapaxes(-1, -2) + self.translation[..., None, :]


class BoardView(NamedTuple):
    """What a camera sees of the board in a frame."""

    places: np.ndarray  # f64[corner, 2], px; NaN where a corner was not found
    flat: np.ndarray  # f64[order, corner, 2], on the plane z = 1, for each order in which the board looks the same
    poses: Pose  # [order, 2] of the board: of each order the two that look most alike


BoardViews = list[dict[int, BoardView]]  # of each camera, by frame


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


def view_board(camera: Camera, places: np.ndarray, board: Board) -> BoardView | None:
    """Find the poses in which a camera may see the board at places f64[corner, 2] px; None where there is none."""
    cv2 = opencv.load()
    flat, poses = [], []
    for order in board.alike:
        turned = np.full_like(places, np.nan)
        turned[order] = places
        flat.append(undistort(camera, turned))
        seen = np.isfinite(flat[-1][:, 0])
        if seen.sum() < 4:
            return None
        count, spins, moves, _ = cv2.solvePnPGeneric(
            board.corners[seen], flat[-1][seen], np.eye(3), None, flags=cv2.SOLVEPNP_IPPE
        )
        if not count:
            return None
        both = (*range(count), 0)[:2]
        rotations = [cv2.Rodrigues(spins[index])[0] for index in both]
        poses.append(Pose(np.array(rotations), np.array([moves[index].ravel() for index in both])))
    return BoardView(places, np.array(flat), Pose(*map(np.array, zip(*poses, strict=True))))


def spread(number: int, most: int) -> np.ndarray:
    """Choose `most` of so many, or all, evenly."""
    return np.unique(np.linspace(0, number - 1, min(number, most)).astype(int)) if number else np.zeros(0, int)


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
        raise CalibrationError(_unconnected(cameras, views, shared, board, group))
    order, before = csgraph.breadth_first_order(tree, 0, directed=False)
    poses = {0: Pose(np.eye(3), np.zeros(3))}
    for index in order[1:]:
        parent = int(before[index])
        step = pair[parent, index] if parent < index else pair[index, parent].inverse()
        poses[index] = step @ poses[parent]
    return [poses[index] for index in range(number)]


def relative_pose(first: Sequence[BoardView], second: Sequence[BoardView], board: Board) -> tuple[Pose, float]:
    """How the second camera stands to the first: the pose that most frames agree on, and the part that do."""
    shape = (len(first), 2)
    sights = Pose(*(np.array([getattr(view.poses, name)[0] for view in first]) for name in Pose._fields))
    corners = sights.apply(board.corners[None, None])  # [frame, 2, corner, 3], in the first camera
    flat = np.array([view.flat for view in second])  # [frame, order, corner, 2]
    step = np.array([_step(view.flat[0], board) for view in second])
    best, lowest = None, np.inf
    for frame, view in enumerate(second):
        back = Pose(sights.rotation[frame], sights.translation[frame]).inverse()
        for candidate in np.ndindex(*view.poses.rotation.shape[:2], shape[1]):
            other = Pose(view.poses.rotation[candidate[:2]], view.poses.translation[candidate[:2]])
            relative = other @ Pose(back.rotation[candidate[2]], back.translation[candidate[2]])
            apart = _apart(relative.apply(corners), flat) / (AGREEING * step)
            cost = np.minimum(apart, 1).sum()
            if cost < lowest:
                best, lowest, part = relative, cost, float(np.mean(apart < 1))
    return best, part


def _apart(corners: np.ndarray, flat: np.ndarray) -> np.ndarray:
    """Mean distance between corners f64[frame, pose, corner, 3] and where they were found f64[frame, order, corner, 2].

    The least over poses and orders, f64[frame]; infinite where the board is behind the camera.
    """
    depth = corners[..., 2:]
    places = np.where(depth > 0, corners[..., :2] / np.where(depth > 0, depth, 1), np.inf)
    apart = np.linalg.norm(places[:, :, None] - flat[:, None], axis=-1)
    known = np.isfinite(flat[:, None, ..., 0])
    mean = np.where(known, apart, 0).sum(axis=-1) / known.sum(axis=-1)
    return mean.min(axis=(1, 2))


def _step(flat: np.ndarray, board: Board) -> float:
    """Mean distance between neighbouring corners f64[corner, 2] that were found."""
    columns, rows = board.grid
    grid = flat.reshape(rows, columns, 2)
    steps = np.concatenate([np.linalg.norm(np.diff(grid, axis=axis), axis=-1).ravel() for axis in (0, 1)])
    return float(np.nanmean(steps)) if np.isfinite(steps).any() else np.nan


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
                apart = [_apart(corners, flat[None, None])[0] for flat in sight.flat]
                relative = min(apart) / (AGREEING * _step(sight.flat[0], board))
                cost += min(relative, 1.0)
                if relative < 1:
                    orders[other] = int(np.argmin(apart))
            if orders and cost < lowest:
                best, lowest = (pose, orders), cost
    return best


def _unconnected(
    cameras: Sequence[Camera], views: BoardViews, shared: np.ndarray, board: Board, group: np.ndarray
) -> str:
    """Say which cameras do not stand in any known way to the first, and why."""
    lines = []
    for index in np.flatnonzero(group != group[0]):
        partners = np.where(group == group[0], np.maximum(shared[index], shared[:, index]), -1)
        partner = int(np.argmax(partners))
        name, other, number = cameras[index].name, cameras[partner].name, partners[partner]
        if number < MIN_SHARED:
            why = (
                f"'{name}' sees the board in {len(views[index])} frames, but only in {number} of those in which "
                f"'{other}' does: too little overlap to tell how they stand to each other. Show the board to pairs of "
                "cameras at the same time"
            )
        else:
            why = explain_disagreement(cameras[partner], cameras[index], views[partner], views[index], board)
        lines.append(why)
    return "; ".join(lines)


def explain_disagreement(
    first: Camera, second: Camera, seen: dict[int, BoardView], other: dict[int, BoardView], board: Board
) -> str:
    """Say why two cameras see the board in the same frames, but never where the other's views say that it is."""
    what = (
        f"'{first.name}' and '{second.name}' share frames with the board, but do not agree how they stand to each other"
    )
    for shift in sorted(range(-MOST_SHIFT, MOST_SHIFT + 1), key=abs)[1:]:
        if _agree(seen, {frame - shift: view for frame, view in other.items()}, board):
            late = f"{abs(shift)} frames {'after' if shift > 0 else 'before'}"
            return f"{what}: '{second.name}' shows the same moments {late} '{first.name}'. Start the videos together"
    mirrored = {frame: _mirror(second, view, board) for frame, view in other.items()}
    if _agree(seen, {frame: view for frame, view in mirrored.items() if view is not None}, board):
        return f"{what}: one of the two videos is a mirror image. Film it unmirrored"
    return f"{what}: are the videos in step (frame 0 the same moment), is the board the same one, rigid and flat?"


def _agree(seen: dict[int, BoardView], other: dict[int, BoardView], board: Board) -> bool:
    frames = sorted(seen.keys() & other.keys())
    chosen = [frames[index] for index in spread(len(frames), MOST_TRIED)]
    if len(chosen) < MIN_SHARED:
        return False
    _, part = relative_pose([seen[frame] for frame in chosen], [other[frame] for frame in chosen], board)
    return part >= SURELY_AGREEING and part * len(chosen) >= MIN_SHARED


def _mirror(camera: Camera, view: BoardView, board: Board) -> BoardView | None:
    """Return what a camera would see if left and right of its image were exchanged."""
    columns, rows = board.grid
    places = view.places.reshape(rows, columns, 2)[:, ::-1].reshape(-1, 2) * (-1, 1) + (camera.size[0], 0)
    matrix = camera.matrix.copy()
    matrix[0, 2] = camera.size[0] - matrix[0, 2]
    return view_board(camera._replace(matrix=matrix), places, board)

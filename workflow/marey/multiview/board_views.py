"""What a camera sees of a board, in which poses the board may be, and how two cameras stand to each other by that.

A board that is seen nearly face on, or from afar, looks the same from two sides, and a chessboard may look the same
when it is turned. So each view has several poses; how two cameras stand to each other is what most frames agree on.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from marey.multiview import opencv
from marey.multiview.boards import Board
from marey.multiview.cameras import Camera, undistort

MOST_VIEWS = 30  # of a camera by itself, or of a pair
MIN_SHARED = 3  # frames that agree, of two cameras that stand to each other in a known way
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


def relative_pose(first: Sequence[BoardView], second: Sequence[BoardView], board: Board) -> tuple[Pose, float]:
    """How the second camera stands to the first: the pose that most frames agree on, and the part that do."""
    shape = (len(first), 2)
    sights = Pose(*(np.array([getattr(view.poses, name)[0] for view in first]) for name in Pose._fields))
    corners = sights.apply(board.corners[None, None])  # [frame, 2, corner, 3], in the first camera
    flat = np.array([view.flat for view in second])  # [frame, order, corner, 2]
    step = np.array([mean_step(view.flat[0], board) for view in second])
    best, lowest = None, np.inf
    for frame, view in enumerate(second):
        back = Pose(sights.rotation[frame], sights.translation[frame]).inverse()
        for candidate in np.ndindex(*view.poses.rotation.shape[:2], shape[1]):
            other = Pose(view.poses.rotation[candidate[:2]], view.poses.translation[candidate[:2]])
            relative = other @ Pose(back.rotation[candidate[2]], back.translation[candidate[2]])
            apart = distance_apart(relative.apply(corners), flat) / (AGREEING * step)
            cost = np.minimum(apart, 1).sum()
            if cost < lowest:
                best, lowest, part = relative, cost, float(np.mean(apart < 1))
    return best, part


def distance_apart(corners: np.ndarray, flat: np.ndarray) -> np.ndarray:
    """Mean distance between corners f64[frame, pose, corner, 3] and where they were found f64[frame, order, corner, 2].

    The least over poses and orders, f64[frame]; infinite where the board is behind the camera.
    """
    depth = corners[..., 2:]
    places = np.where(depth > 0, corners[..., :2] / np.where(depth > 0, depth, 1), np.inf)
    apart = np.linalg.norm(places[:, :, None] - flat[:, None], axis=-1)
    known = np.isfinite(flat[:, None, ..., 0])
    mean = np.where(known, apart, 0).sum(axis=-1) / known.sum(axis=-1)
    return mean.min(axis=(1, 2))


def mean_step(flat: np.ndarray, board: Board) -> float:
    """Mean distance between neighbouring corners f64[corner, 2] that were found."""
    columns, rows = board.grid
    grid = flat.reshape(rows, columns, 2)
    steps = np.concatenate([np.linalg.norm(np.diff(grid, axis=axis), axis=-1).ravel() for axis in (0, 1)])
    return float(np.nanmean(steps)) if np.isfinite(steps).any() else np.nan

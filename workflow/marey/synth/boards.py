"""Films of a chessboard that somebody moves about the arena, as all cameras see it, to calibrate them by."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.spatial.transform import Rotation

from marey.synth.cameras import Camera, build_camera
from marey.synth.scene import Scene
from marey.synth.scenery import render_scenery

FINE = 4  # points along each side of a pixel whose mean is taken
MARGIN = 0.5  # squares of white about the board
DARK, WHITE = 0.06, 0.88  # of the print
LARGEST_TILT = 30.0  # degrees
LIFT = (20.0, 100.0)  # mm above the floor
REACH = 0.6  # of the floor about its middle: beyond, no camera sees all of the board


@dataclass(frozen=True)
class Chessboard:
    """A chessboard: squares along its sides, and the side of one, mm. Its axes are those of `multiview.boards`."""

    columns: int
    rows: int
    square: float

    @property
    def size(self) -> np.ndarray:
        """Return width and height, f64[2], mm."""
        return np.array([self.columns, self.rows]) * self.square


def flat_pose(board: Chessboard) -> tuple[np.ndarray, np.ndarray]:
    """Return the pose of a board that lies in the middle of the floor: R f64[3, 3] and t f64[3], from it to the world.

    Its columns run along X, and its rows, counted downwards, along -Y.
    """
    return np.diag([1.0, -1.0, -1.0]), np.append(board.size / 2 * (-1, 1), 0.0)


def board_poses(scene: Scene, board: Chessboard, frames: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield the poses of a board in a film: first it lies on the floor, then it is held somewhere above it."""
    yield flat_pose(board)
    chance = scene.generator("board")
    flat, _ = flat_pose(board)
    middle = np.append(board.size / 2, 0.0)
    room = REACH * np.maximum(np.array(scene.arena) - board.size, 0.0) / 2
    for _ in range(frames - 1):
        tilt, turn = chance.uniform(-LARGEST_TILT, LARGEST_TILT, 2), chance.uniform(-180, 180)
        rotation = Rotation.from_euler("zxy", [turn, *tilt], degrees=True).as_matrix() @ flat
        place = np.append(chance.uniform(-1, 1, 2) * room, chance.uniform(*LIFT))
        yield rotation, place - rotation @ middle


def board_film(scene: Scene, camera: str, board: Chessboard, frames: int) -> Iterator[np.ndarray]:
    """Yield the frames u8[height, width, 3] in which a camera of a scene sees a board in the empty arena.

    The board is the same in the film of each camera. Shadows are left out.
    """
    seen = build_camera(scene, camera)
    place = render_scenery(scene, seen).image
    for index, pose in enumerate(board_poses(scene, board, frames)):
        image = place.copy()
        paint_board(image, seen, board, *pose)
        chance = scene.generator(f"board noise {camera}", index)
        image += scene.noise * np.sqrt(np.clip(image, 0.05, 1)) * chance.standard_normal(image.shape, dtype=np.float32)
        yield (np.clip(image, 0, 1) * 255 + 0.5).astype(np.uint8)


def paint_board(
    image: np.ndarray, camera: Camera, board: Chessboard, rotation: np.ndarray, translation: np.ndarray
) -> None:
    """Paint a board into the image f32[h, w, 3] of a camera, in place; its pose is given as by `flat_pose`."""
    low, high = -MARGIN * board.square, board.size + MARGIN * board.square
    outline = np.array([[x, y, 0] for x in (low, high[0]) for y in (low, high[1])])
    position, _ = camera.project(outline @ rotation.T + translation)
    left, top = np.clip(np.floor(position.min(axis=0)), 0, camera.size).astype(int)
    right, bottom = np.clip(np.ceil(position.max(axis=0)), 0, camera.size).astype(int)
    if left >= right or top >= bottom:
        return
    steps = (np.arange(FINE) + 0.5) / FINE
    x, y = ((np.arange(*span)[:, None] + steps).ravel() for span in ((left, right), (top, bottom)))
    rays = camera.rays(np.stack(np.meshgrid(x, y), axis=-1)) @ rotation  # in the axes of the board
    origin = rotation.T @ (camera.position - translation)
    depth = -origin[2] / rays[..., 2]
    place = (origin + depth[..., None] * rays)[..., :2] / board.square
    on_paper = ((place > -MARGIN) & (place < np.array([board.columns, board.rows]) + MARGIN)).all(axis=-1) & (depth > 0)
    on_board = ((place >= 0) & (place < (board.columns, board.rows))).all(axis=-1)
    dark = on_board & (np.floor(place).astype(int).sum(axis=-1) % 2 == 0)

    def shrink(values: np.ndarray) -> np.ndarray:
        shape = (bottom - top, FINE, right - left, FINE)
        return values.reshape(shape).mean(axis=(1, 3), dtype=np.float32)[..., None]

    window = image[top:bottom, left:right]
    window *= 1 - shrink(on_paper)
    window += shrink(on_paper * np.where(dark, DARK, WHITE))

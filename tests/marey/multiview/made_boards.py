"""Boards that are drawn, cameras about them, and what these see: everything with exact truth."""

import numpy as np
from scipy import ndimage
from scipy.spatial.transform import Rotation

from marey.multiview.board_views import view_board
from marey.multiview.boards import CHARUCO, CHESSBOARD, Board
from marey.multiview.bundle import Rig, Seen
from marey.multiview.cameras import Camera, project, undistort

REASON = "boards are found by OpenCV: envs/requirements-cameras.txt"
SIZE = (400, 300)
CELL = 24  # px of a drawing that a square has, with a margin of one square about the board
CHESS = Board(CHESSBOARD, 7, 6, 20.0)
STEREO_BOARD = Board(CHESSBOARD, 10, 7, 16.0)
CHARUCO_BOARD = Board(CHARUCO, 7, 5, 30.0, 22.0, "4X4_50")
TERMS = {"pinhole": [0] * 5, "k1k2": [-0.3, 0.1, 0, 0, 0], "full": [-0.25, 0.1, 0.002, -0.003, -0.02]}
TERMS["fisheye"] = [-0.04, 0.01, -0.002, 0.0005]


def draw(board: Board) -> np.ndarray:
    """Draw a board with its margin, u8[height, width]; a ChArUco board as OpenCV prints it."""
    if board.kind == CHESSBOARD:
        y, x = np.indices((board.rows, board.columns))
        squares = np.where((x + y) % 2, 255, 0).astype(np.uint8).repeat(CELL, axis=0).repeat(CELL, axis=1)
        return np.pad(squares, CELL, constant_values=255)
    import cv2

    markers = cv2.aruco.getPredefinedDictionary(getattr(cv2.aruco, f"DICT_{board.dictionary}"))
    made = cv2.aruco.CharucoBoard((board.columns, board.rows), board.square, board.marker, markers)
    made.setLegacyPattern(board.legacy)
    return made.generateImage(((board.columns + 2) * CELL, (board.rows + 2) * CELL), marginSize=CELL)


def camera(name: str = "a", model: str = "k1k2", *, side: float = 0.0, focal: float = 380.0) -> Camera:
    """A camera 400 mm from the origin, `side` degrees beside the z axis, that looks at the origin from above."""
    matrix = np.array([[focal, 0, 206.0], [0, focal * 1.01, 147.0], [0, 0, 1]])
    rotation = Rotation.from_euler("yx", [side, 170 + side / 10], degrees=True).as_matrix()
    return Camera(name, SIZE, model, matrix, np.array(TERMS[model], float), rotation, np.array([0.0, 0, 400]))


def ring(number: int, model: str = "k1k2") -> list[Camera]:
    """Cameras 20 degrees apart, in the axes of the first."""
    cameras = [camera(f"cam{index + 1}", model, side=20 * index, focal=380.0 + 10 * index) for index in range(number)]
    first = cameras[0]
    return [
        each._replace(
            rotation=each.rotation @ first.rotation.T,
            translation=each.translation - each.rotation @ first.rotation.T @ first.translation,
        )
        for each in cameras
    ]


def poses(board: Board, number: int, seed: int = 0, *, tilt: float = 35.0) -> tuple[np.ndarray, np.ndarray]:
    """Places of a board 400 mm before the first camera, tilted to all sides: rotations and translations."""
    random = np.random.default_rng(seed)
    angles = random.uniform(-tilt, tilt, (number, 3)) * (1, 1, 2)
    rotations = Rotation.from_euler("xyz", angles, degrees=True).as_matrix()
    middle = np.array([0, 0, 400]) + random.uniform(-1, 1, (number, 3)) * (60, 45, 60)
    half = np.array([board.columns, board.rows, 0]) * board.square / 2
    return rotations, middle - rotations @ half


def made_rig(cameras: list[Camera], board: Board, number: int = 12, seed: int = 0, **options) -> Rig:
    """Cameras and places of a board."""
    return Rig(cameras, *poses(board, number, seed, **options))


def sights(rig: Rig, board: Board, noise: float = 0.0, seed: int = 0) -> list[dict[int, np.ndarray]]:
    """What each camera sees of the corners, by frame: f64[corner, 2] px, NaN outside of its image."""
    random, found = np.random.default_rng(seed), []
    for each in rig.cameras:
        seen = {}
        for frame, (rotation, translation) in enumerate(zip(rig.rotations, rig.translations, strict=True)):
            places = project(each, board.corners @ rotation.T + translation)
            with np.errstate(invalid="ignore"):
                outside = ~((places > 0) & (places < each.size)).all(axis=-1)
            places = places + noise * random.standard_normal(places.shape)
            places[outside] = np.nan
            if (~outside).sum() >= 12:
                seen[frame] = places
        found.append(seen)
    return found


def as_seen(found: list[dict[int, np.ndarray]], board: Board) -> Seen:
    """The same as a list of corners."""
    rows = [
        (index, frame, corner, *place)
        for index, of_camera in enumerate(found)
        for frame, places in of_camera.items()
        for corner, place in enumerate(places)
        if np.isfinite(place[0])
    ]
    index, frame, corner, x, y = map(np.array, zip(*rows, strict=True))
    return Seen(index, frame, board.corners[corner], np.stack([x, y], axis=-1))


def render(camera: Camera, drawing: np.ndarray, board: Board, rotation: np.ndarray, move: np.ndarray) -> np.ndarray:
    """Render what a camera sees of a drawn board, u8[height, width]; each px is the mean of four points in it."""
    width, height = camera.size
    offsets = (np.arange(2) + 0.5) / 2
    x, y = (np.arange(side)[:, None] + offsets for side in (width, height))
    step, margin = 16, 3  # of a lattice between whose knots the lens is smooth
    knots = [(np.arange(side // step + 2 * margin) - margin) * step for side in (width, height)]
    coarse = undistort(camera, np.stack(np.meshgrid(*knots), axis=-1).astype(float))
    at = np.meshgrid(y.ravel() / step + margin, x.ravel() / step + margin, indexing="ij")
    flat = np.stack([ndimage.map_coordinates(coarse[..., axis], at, order=3) for axis in (0, 1)], axis=-1)
    rays = np.concatenate([flat, np.ones((*flat.shape[:2], 1))], axis=-1) @ camera.rotation
    centre = rotation.T @ (camera.centre - move)
    rays = rays @ rotation
    place = centre[:2] - rays[..., :2] * (centre[2] / rays[..., 2:])
    at = (place / board.square + 1) * CELL - 0.5
    grey = ndimage.map_coordinates(drawing.astype(np.float32), at[..., ::-1].transpose(2, 0, 1), order=1, cval=110.0)
    return grey.reshape(height, 2, width, 2).mean(axis=(1, 3)).round().astype(np.uint8)


def views(cameras, found, board):
    """What made cameras see, with the possible poses, after each camera was guessed by itself."""
    return [
        {frame: view_board(camera, places, board) for frame, places in seen.items()}
        for camera, seen in zip(cameras, found, strict=True)
    ]


def alone(cameras):
    return [each._replace(rotation=np.eye(3), translation=np.zeros(3)) for each in cameras]

"""Bundle adjustment: all cameras and all places of a board at once, so that its corners are seen where they are found.

The board is rigid: one pose a frame, in which all cameras see it. Each corner gives two residuals, px. Their
derivatives are exact, and each has at most 21 that are not 0: six of a camera's pose, up to nine of its matrix and
lens, six of the board's pose.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy import sparse
from scipy.spatial.transform import Rotation

from marey.multiview.cameras import Camera, distort
from marey.multiview.least_squares import minimise

MATRIX_TERMS = 4  # fx fy cx cy
LENS_TERMS = {"pinhole": [], "k1k2": [0, 1], "full": [0, 1, 2, 3, 4], "fisheye": [0, 1, 2, 3]}  # of `distortion`
POSE = 6  # rotation vector, translation
ROBUST_SCALE = 1.0  # px, beyond which a corner counts less than the square of its distance


class Seen(NamedTuple):
    """Corners that were found, sorted by camera: whose, in which frame, where on the board, where in the image."""

    camera: np.ndarray  # i64[n], of the cameras
    board: np.ndarray  # i64[n], of the boards' poses
    points: np.ndarray  # f64[n, 3], unit of the calibration
    places: np.ndarray  # f64[n, 2], px

    def where(self, chosen: np.ndarray) -> "Seen":
        """Return those of bool[n] or i64[m]."""
        return Seen(*(column[chosen] for column in self))


class Rig(NamedTuple):
    """Cameras, and where the board is in each frame: a corner P is at R P + t of the world."""

    cameras: list[Camera]
    rotations: np.ndarray  # f64[board, 3, 3]
    translations: np.ndarray  # f64[board, 3]

    def in_world(self, seen: Seen) -> np.ndarray:
        """Return the corners in the world f64[n, 3]."""
        return (self.rotations[seen.board] @ seen.points[..., None])[..., 0] + self.translations[seen.board]


def adjust(rig: Rig, seen: Seen, *, robust: bool = False, cameras: bool = True) -> Rig:
    """Move cameras and boards so that the corners are seen as near as can be to where they were found.

    The first camera stays where it is. What no corner tells stays as it was.

    Args:
        rig: where to start.
        seen: the corners; a start from where one cannot be seen at all is none.
        robust: outliers pull little.
        cameras: False: only the boards are moved.

    Returns:
        The adjusted rig.
    """
    problem = _Problem(rig, seen, cameras)
    scale = ROBUST_SCALE if robust else np.inf
    return problem.rig(minimise(problem, scale))


def residuals(rig: Rig, seen: Seen) -> np.ndarray:
    """Return how far each corner is seen from where it was found, f64[n, 2] px; NaN where it cannot be seen."""
    return _Problem(rig, seen, False).residuals(np.zeros(POSE * len(rig.rotations))).reshape(-1, 2)


class _Problem:
    """The residuals as a function of one vector of changes: cameras' poses, matrices and lenses, then boards' poses."""

    def __init__(self, rig: Rig, seen: Seen, cameras: bool):
        self.start, self.seen = rig, seen
        self.free = cameras
        self.first = np.searchsorted(seen.camera, np.arange(len(rig.cameras) + 1))
        self.lens = [LENS_TERMS[camera.model] for camera in rig.cameras]
        sizes = [(POSE if index else 0) + MATRIX_TERMS + len(terms) for index, terms in enumerate(self.lens)]
        self.offsets = np.cumsum([0, *(sizes if cameras else [0] * len(sizes))])
        self.size = int(self.offsets[-1]) + POSE * len(rig.rotations)
        self.columns = self._columns()

    def rig(self, change: np.ndarray) -> Rig:
        """Return the rig after a change."""
        poses = change[self.offsets[-1] :].reshape(-1, POSE)
        rotations = Rotation.from_rotvec(poses[:, :3]).as_matrix() @ self.start.rotations
        cameras = [self._camera(index, change) for index in range(len(self.start.cameras))]
        return Rig(cameras, rotations, self.start.translations + poses[:, 3:])

    def residuals(self, change: np.ndarray) -> np.ndarray:
        """Return the residuals f64[2 n] px."""
        rig = self.rig(change)
        world = rig.in_world(self.seen)
        with np.errstate(invalid="ignore", divide="ignore"):
            found = [self._pixels(rig, index, world) for index in range(len(rig.cameras))]
        return (np.concatenate(found) - self.seen.places).ravel()

    def jacobian(self, change: np.ndarray, weight: np.ndarray) -> sparse.csr_matrix:
        """Return the derivatives of the residuals, [2 n, size], each times its weight f64[2 n]."""
        rig = self.rig(change)
        poses = change[self.offsets[-1] :].reshape(-1, POSE)
        turned = (rig.rotations[self.seen.board] @ self.seen.points[..., None])[..., 0]
        world = turned + rig.translations[self.seen.board]
        boards = -_cross(turned) @ _left_jacobian(poses[:, :3])[self.seen.board]
        values = [self._derivatives(rig, index, world, boards, change) for index in range(len(rig.cameras))]
        widths = np.repeat(self._widths(), 2)
        values = np.concatenate([each.ravel() for each in values]) * np.repeat(weight, widths)
        starts = np.concatenate([[0], np.cumsum(widths)])
        return sparse.csr_matrix((values, self.columns, starts), shape=(2 * len(world), self.size))

    def _widths(self) -> np.ndarray:
        """How many derivatives each corner has that are not 0, i64[n]."""
        widths = np.diff(self.offsets) + POSE
        return np.repeat(widths, np.diff(self.first))

    def _columns(self) -> np.ndarray:
        """The columns of these derivatives, row by row."""
        columns = []
        for index, start in enumerate(self.first[:-1]):
            board = self.seen.board[start : self.first[index + 1]]
            own = np.arange(self.offsets[index], self.offsets[index + 1])
            of_board = self.offsets[-1] + POSE * board[:, None] + np.arange(POSE)
            both = np.concatenate([np.broadcast_to(own, (len(board), len(own))), of_board], axis=1)
            columns.append(np.repeat(both, 2, axis=0).ravel())
        return np.concatenate(columns)

    def _camera(self, index: int, change: np.ndarray) -> Camera:
        camera = self.start.cameras[index]
        if not self.free:
            return camera
        own = change[self.offsets[index] : self.offsets[index + 1]]
        pose, own = (own[:POSE], own[POSE:]) if index else (np.zeros(POSE), own)
        matrix, distortion = camera.matrix.copy(), camera.distortion.copy()
        matrix[[0, 1, 0, 1], [0, 1, 2, 2]] += own[:MATRIX_TERMS]
        distortion[self.lens[index]] += own[MATRIX_TERMS:]
        rotation = Rotation.from_rotvec(pose[:3]).as_matrix() @ camera.rotation
        translation = camera.translation + pose[3:]
        return camera._replace(matrix=matrix, distortion=distortion, rotation=rotation, translation=translation)

    def _pixels(self, rig: Rig, index: int, world: np.ndarray) -> np.ndarray:
        camera = rig.cameras[index]
        inside = world[self.first[index] : self.first[index + 1]] @ camera.rotation.T + camera.translation
        depth = np.where(inside[:, 2] > 0, inside[:, 2], np.nan)
        moved, _ = distort(camera, inside[:, :2] / depth[:, None], jacobian=False)
        return moved @ camera.matrix[:2, :2].T + camera.matrix[:2, 2]

    def _derivatives(
        self, rig: Rig, index: int, world: np.ndarray, boards: np.ndarray, change: np.ndarray
    ) -> np.ndarray:
        """Derivatives of the residuals of one camera, f64[n, 2, parameters of the camera and of the board]."""
        camera, rows = rig.cameras[index], slice(self.first[index], self.first[index + 1])
        turned = world[rows] @ camera.rotation.T
        inside = turned + camera.translation
        places = inside[:, :2] / inside[:, 2:]
        moved, lens = distort(camera, places)
        central = np.zeros((len(places), 2, 3))
        central[:, 0, 0] = central[:, 1, 1] = 1.0
        central[:, :, 2] = -places
        central /= inside[:, 2, None, None]
        projection = camera.matrix[:2, :2] @ lens @ central
        own = []
        if self.free:
            if index:
                spin = _left_jacobian(change[None, self.offsets[index] : self.offsets[index] + 3])[0]
                own = [projection @ (-_cross(turned) @ spin), projection]
            own += [_matrix_terms(moved), camera.matrix[:2, :2] @ _lens_terms(camera, places)[..., self.lens[index]]]
        in_world = projection @ camera.rotation
        return np.concatenate([*own, in_world @ boards[rows], in_world], axis=-1)


def _matrix_terms(moved: np.ndarray) -> np.ndarray:
    """Derivatives by fx, fy, cx, cy of the pixel of places f64[n, 2] that the lens has moved, f64[n, 2, 4]."""
    terms = np.zeros((len(moved), 2, MATRIX_TERMS))
    terms[:, 0, 0], terms[:, 1, 1] = moved[:, 0], moved[:, 1]
    terms[:, 0, 2] = terms[:, 1, 3] = 1.0
    return terms


def _lens_terms(camera: Camera, places: np.ndarray) -> np.ndarray:
    """Derivatives by `distortion` of what a lens makes of places f64[n, 2], f64[n, 2, term]."""
    x, y = places.T
    square = x * x + y * y
    if camera.model == "fisheye":
        radius = np.sqrt(np.maximum(square, 1e-16))
        angle = np.arctan(radius)
        return places[..., None] * (angle[:, None] ** (3, 5, 7, 9) / radius[:, None])[:, None]
    radial = places[..., None] * (square[:, None] ** (1, 2, 3))[:, None]
    tangential = np.stack([[2 * x * y, square + 2 * x * x], [square + 2 * y * y, 2 * x * y]])
    return np.concatenate([radial[..., :2], np.moveaxis(tangential, -1, 0), radial[..., 2:]], axis=-1)


def _cross(vectors: np.ndarray) -> np.ndarray:
    """Return the matrices f64[n, 3, 3] that take the cross product of vectors f64[n, 3] with what they multiply."""
    x, y, z = vectors.T
    zero = np.zeros_like(x)
    return np.moveaxis(np.array([[zero, -z, y], [z, zero, -x], [-y, x, zero]]), -1, 0)


def _left_jacobian(vectors: np.ndarray) -> np.ndarray:
    """Return how the rotation by a vector f64[n, 3] turns on as the vector changes, f64[n, 3, 3]."""
    angle = np.linalg.norm(vectors, axis=-1)[:, None, None]
    small = np.maximum(angle, 1e-12)
    cross = _cross(vectors)
    first = np.where(angle < 1e-4, 0.5 - angle**2 / 24, (1 - np.cos(small)) / small**2)
    second = np.where(angle < 1e-4, 1 / 6 - angle**2 / 120, (small - np.sin(small)) / small**3)
    return np.eye(3) + first * cross + second * cross @ cross


def rms(distances: Sequence[float] | np.ndarray) -> float:
    """Return the root mean square of residuals f64[n, 2] as distances, px."""
    return float(np.sqrt(np.mean(np.sum(np.square(distances), axis=-1)))) if len(distances) else np.nan

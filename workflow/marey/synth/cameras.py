"""Pinhole cameras without distortion: x ~ K (R X + t)."""

from dataclasses import dataclass

import numpy as np

from marey.synth.scene import CAMERA_DIRECTIONS, Scene

WALL_HEIGHT = 50.0  # mm


@dataclass(frozen=True, eq=False)
class Camera:
    """A calibrated camera: `K` f64[3, 3] in px, `R` f64[3, 3] and `t` f64[3] (mm) from world to camera axes.

    Camera axes are x right, y down, z forward; the corner of the image is (0, 0). `size` is (width, height), px.
    """

    name: str
    size: tuple[int, int]
    K: np.ndarray
    R: np.ndarray
    t: np.ndarray

    def project(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Project world points f64[..., 3] (mm): (x, y) f64[..., 2] px, and depths f64[...] along the axis, mm.

        A point that is not in front of the camera (depth <= 0) has the position NaN.
        """
        seen = points @ self.R.T + self.t
        depth = seen[..., 2]
        safe = np.where(depth > 0, depth, np.nan)
        image = seen @ self.K.T
        return image[..., :2] / safe[..., None], depth

    @property
    def position(self) -> np.ndarray:
        """Return the centre of projection in the world, f64[3], mm."""
        return -self.R.T @ self.t

    def rays(self, pixels: np.ndarray) -> np.ndarray:
        """Return the directions f64[..., 3] in the world of the rays through `pixels` f64[..., 2], (x, y) px.

        Their length along the optical axis is 1, so that position + depth * ray is the point at that depth.
        """
        homogeneous = np.concatenate([pixels, np.ones_like(pixels[..., :1])], axis=-1)
        return homogeneous @ np.linalg.inv(self.K).T @ self.R


def build_camera(scene: Scene, name: str) -> Camera:
    """Build the camera `name` of a scene, far enough to be nearly flat, with the whole arena in view.

    Raises ValueError where the scene has no such camera.
    """
    if name not in scene.cameras:
        raise ValueError(f"camera '{name}' is not in the scene; expected one of {', '.join(scene.cameras)}")
    azimuth, elevation = np.radians(CAMERA_DIRECTIONS[name])
    away = np.array([np.cos(elevation) * np.cos(azimuth), np.cos(elevation) * np.sin(azimuth), np.sin(elevation)])
    right = np.array([-np.sin(azimuth), np.cos(azimuth), 0.0])
    rotation = np.stack([right, np.cross(-away, right), -away])
    translation = -rotation @ (away * 2.0 * np.hypot(*scene.arena))

    half = np.array(scene.arena) / 2
    corners = np.array([[x, y, z] for x in (-half[0], half[0]) for y in (-half[1], half[1]) for z in (0, WALL_HEIGHT)])
    seen = corners @ rotation.T + translation
    extent = np.abs(seen[:, :2] / seen[:, 2:]).max(axis=0)
    centre = np.array(scene.size) / 2
    focal = (centre / extent).min() * 0.98
    intrinsics = np.array([[focal, 0, centre[0]], [0, focal, centre[1]], [0, 0, 1]])
    return Camera(name, scene.size, intrinsics, rotation, translation)

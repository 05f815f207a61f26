"""Clip of a session: poses in space turning slowly, beside the images of all cameras with the same poses on them."""

import logging
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from PIL import Image
from tqdm import tqdm

from marey.experiment.skeletons import Skeleton
from marey.multiview.cameras import Camera, project, read_cameras
from marey.multiview.clock import NO_FRAME, read_clock
from marey.multiview.upright import upright
from marey.multiview.views import place_in
from marey.tables import files
from marey.tables.cameras import CAMERAS
from marey.tables.frames import FRAMES, READING
from marey.tables.poses3d import POSES3D
from marey.videos import reading
from marey.views import drawing, orbit, panels
from marey.views.colors import individual_colors
from marey.views.render_video import clip_range, clip_rate, clip_writer, trail_starts

BRIDGED = 0.4  # opacity of positions that nobody saw then
POSE_COLUMNS = ["frame", "individual", "keypoint", *"xyz", "confidence", "state"]

log = logging.getLogger(__name__)


class Poses(NamedTuple):
    """The poses of a clip."""

    individuals: dict[str, str]  # their colours
    points: np.ndarray  # f64[time, individual, keypoint, 3], NaN = not drawn
    opacity: np.ndarray  # f64[time, individual, keypoint]
    colors: list[str] | None  # of the individuals; None: those of the keypoints


def render_session(
    videos: Mapping[str, str | Path],
    frames: Mapping[str, str | Path],
    cameras_path: str | Path,
    poses_path: str | Path,
    out: str | Path,
    *,
    skeleton: Skeleton,
    config: dict,
) -> None:
    """Write a clip (MP4, H.264, yuv420p) of a session.

    A single individual is drawn in the colours of its keypoints; several are each drawn in their own. Of each camera
    the part is shown in which the animals go; where it has no frame, or none that can be decoded, its last image stays,
    darkened. Bridged positions are faint.

    Args:
        videos: of each camera the video.
        frames: of each camera the table `frames` of that.
        cameras_path: the table `cameras` of the session.
        poses_path: its table `poses3d`.
        out: the clip that is written.
        skeleton: the keypoints and the lines between them.
        config: the block `render`, whose `start` counts from the first time with a pose, and `offsets` (s, by camera).
    """
    cameras = [camera for camera in read_cameras(cameras_path) if camera.name in videos]
    clock = read_clock({camera.name: frames[camera.name] for camera in cameras}, config["offsets"])
    first = _first_placed(poses_path)
    start, stop = (first + index for index in clip_range(clock.time[first:], config))
    time = clock.time[start:stop]
    poses = _read_poses(poses_path, start, stop, skeleton, config["min_confidence"])
    stage = orbit.build_stage(poses.points, time, upright(cameras))
    rate, step = clip_rate(time)
    shown = np.arange(0, len(time), step)
    key = list(poses.individuals.items()) if poses.colors else drawing.keypoint_legend(skeleton)
    layout = panels.lay_out(len(cameras), config["height"], key)
    unit = files.read(cameras_path, CAMERAS, ["unit"])["unit"].iloc[0]
    views = [
        _View(camera, videos[camera.name], frames[camera.name], clock.frame[start + shown, at], poses.points)
        for at, camera in enumerate(cameras)
    ]
    back = trail_starts(time, config["trail"])
    with files.replacing(out) as temporary:
        writer = clip_writer(temporary, layout.size, rate)
        for i in tqdm(shown, desc=f"render {Path(out).stem}"):
            picture = Image.new("RGB", layout.size)
            told = f"{time[i]:.2f} s    grid {stage.spacing:g} {unit}"
            picture.paste(_draw_stage(stage, poses, i, back[i], time[i] - time[0], layout.stage, skeleton, told))
            for view, corner in zip(views, layout.corners, strict=True):
                picture.paste(view.draw(i, poses, layout.panel, skeleton), corner)
            panels.frame_panels(picture, layout)
            panels.draw_key(picture, layout)
            writer.send(np.asarray(picture))
        writer.close()


def _first_placed(poses_path: str | Path) -> int:
    """The first time with a position; 0 where there is none."""
    for batch in files.batches(poses_path, POSES3D, ["frame", "x"], rows=files.ROW_GROUP):
        there = np.flatnonzero(np.isfinite(batch["x"].to_numpy(zero_copy_only=False)))
        if len(there):
            return batch["frame"][there[0]].as_py()
    return 0


def _read_poses(path: str | Path, start: int, stop: int, skeleton: Skeleton, cut: float) -> Poses:
    rows = files.read_frames(path, POSES3D, POSE_COLUMNS, start=start, stop=stop)
    colors = individual_colors(set(rows["individual"].to_pylist()))
    table = rows.to_pandas()
    cells = (
        table["frame"].to_numpy() - start,
        place_in(rows["individual"], list(colors)),
        place_in(rows["keypoint"], skeleton.keypoints),
    )
    table["opacity"] = np.where(table["state"] == "bridged", max(BRIDGED, cut), table["confidence"])
    drawn = (cells[2] >= 0) & (table["opacity"] >= np.float32(cut)).to_numpy()
    cells = tuple(cell[drawn] for cell in cells)
    points = np.full((stop - start, len(colors), len(skeleton.keypoints), 3), np.nan)
    opacity = np.full(points.shape[:3], np.nan)
    points[cells], opacity[cells] = table.loc[drawn, list("xyz")], table.loc[drawn, "opacity"]
    return Poses(colors, points, opacity, list(colors.values()) if len(colors) > 1 else None)


def _draw_stage(stage, poses: Poses, at: int, back: int, seconds: float, size: int, skeleton, told: str) -> Image.Image:
    camera = orbit.orbiting_camera(stage, at, seconds, size)
    picture = orbit.draw_stage(camera, stage, at, poses.points[at], skeleton)
    past = slice(back, at + 1)
    seen = project(camera, poses.points[past])
    picture = drawing.draw_poses(picture, seen, poses.opacity[past], skeleton=skeleton, colors=poses.colors)
    if poses.colors:
        drawing.draw_names(picture, seen[-1], poses.individuals)
    drawing.draw_caption(picture, [(told, "white")])
    return picture


class _View:
    """What a camera sees, time after time."""

    def __init__(self, camera: Camera, video: str | Path, frames: str | Path, wanted: np.ndarray, points: np.ndarray):
        table = files.read(frames, FRAMES, READING)
        size = camera.size if all(camera.size) else _image_size(video, table)
        self._name = camera.name
        self._seen = project(camera, points)
        self._part = panels.choose_part(self._seen.reshape(-1, 2), size)
        self._images = images_at(video, table, wanted)
        self._last = np.zeros((*size[::-1], 3), np.uint8)

    def draw(self, at: int, poses: Poses, panel: tuple[int, int], skeleton: Skeleton) -> Image.Image:
        image = next(self._images)
        self._last = self._last if image is None else image
        picture, scale, shift = panels.show_part(self._last // 3 if image is None else image, self._part, panel)
        places = scale * self._seen[at : at + 1] + shift
        opacity = poses.opacity[at : at + 1]
        picture = drawing.draw_poses(picture, places, opacity, skeleton=skeleton, colors=poses.colors)
        panels.name_panel(picture, self._name)
        return picture


def _image_size(video: str | Path, frames: pd.DataFrame) -> tuple[int, int]:
    """(width, height) of the images of a video, px: not all calibrations say the size."""
    image = reading.read_first_frame(video, frames)
    return (4, 3) if image is None else image.shape[1::-1]


def images_at(path: str | Path, frames: pd.DataFrame, wanted: np.ndarray) -> Iterator[np.ndarray | None]:
    """Yield the image of each frame `wanted` i64[n], ascending; None for NO_FRAME and what cannot be decoded."""
    there = wanted[wanted != NO_FRAME]
    read = reading.read_frames(path, int(there[0]), int(there[-1]) + 1, frames=frames) if len(there) else iter(())
    for frame in wanted.tolist():
        yield None if frame == NO_FRAME else next(image for index, image in read if index == frame)

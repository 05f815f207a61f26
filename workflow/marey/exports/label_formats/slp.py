"""SLEAP package, `labels.pkg.slp`: one file with the labels and the images in it."""

import json
from pathlib import Path

import h5py
import numpy as np

from marey.exports import sleap_file
from marey.exports.export_labels import LabelledFrame, Labels
from marey.pictures.encoding import decode, encode
from marey.tables.labels import VISIBILITIES

TOOLS = "SLEAP, sleap-io"
PIXELS = "x - 0.5 and y - 0.5: pixel centres are integers"
CANNOT_SAY = ("occluded, but as points that are not `visible`", "absent apart from unlabelled", "who labelled")
READ = ["import sleap_io", 'labels = sleap_io.load_slp("{file}/labels.pkg.slp")']
VISIBLE = VISIBILITIES.index("visible")


def write(labels: Labels, folder: Path) -> int:
    """Write an instance for each labelled animal, on a track of its name; returns the number of frames."""
    tracks = labels.individuals()
    listed: dict[str, list[LabelledFrame]] = {}
    for frame in labels.frames(images=False):
        listed.setdefault(frame.video, []).append(frame)
    videos = [
        {"filename": ".", "dataset": f"video{index}/video", "input_format": "channels_last", "convert_range": False}
        for index in range(len(listed))
    ]
    metadata = sleap_file.skeleton_json(labels.keypoints, labels.edges, labels.pairs)
    with h5py.File(folder / "labels.pkg.slp", "w") as file:
        project = sleap_file.Project(file, metadata, tracks, videos, labels.provenance)
        for index, (video, frames) in enumerate(listed.items()):
            _begin_video(file, index, video, frames)
            for frame in frames:
                _append(project, index, frame, tracks)
        _write_images(file, labels, list(listed))
    return sum(map(len, listed.values()))


def _begin_video(file: h5py.File, index: int, video: str, frames: list[LabelledFrame]) -> None:
    group = file.create_group(f"video{index}")
    images = group.create_dataset("video", (len(frames),), h5py.vlen_dtype(np.int8))
    width, height = frames[0].size
    described = {
        "format": "png",
        "channel_order": "RGB",
        "channels": 3,
        "height": height,
        "width": width,
        "frames": len(frames),
    }
    for name, value in described.items():
        images.attrs[name] = value
    group["frame_numbers"] = np.array([frame.frame for frame in frames])
    source = {"filename": video, "backend": {"type": "MediaVideo", "filename": video, "grayscale": False, "bgr": True}}
    group.create_group("source_video").attrs["json"] = json.dumps(source)


def _write_images(file: h5py.File, labels: Labels, videos: list[str]) -> None:
    """Write the images, as PNG whatever they were, since a video of a package is in one format."""
    place = dict.fromkeys(videos, 0)
    for frame in labels.frames():
        image = frame.image if frame.image_name.endswith(".png") else encode(decode(frame.image))
        images = file[f"video{videos.index(frame.video)}/video"]
        images[place[frame.video]] = np.frombuffer(image, np.int8)
        place[frame.video] += 1


def _append(project: sleap_file.Project, video: int, frame: LabelledFrame, tracks: tuple[str, ...]) -> None:
    there = np.isfinite(frame.position[..., 0])
    rows = np.flatnonzero(there.any(axis=1))
    keypoints = frame.position.shape[1]
    number, first, points = (project.count(name) for name in ("frames", "instances", "points"))
    project.append(
        "frames",
        frame_id=number,
        video=video,
        frame_idx=frame.frame,
        instance_id_start=first,
        instance_id_end=first + len(rows),
    )
    begin = points + keypoints * np.arange(len(rows))
    if not len(rows):
        return
    project.append(
        "instances",
        instance_id=first + np.arange(len(rows)),
        instance_type=sleap_file.USER,
        frame_id=number,
        skeleton=0,
        track=[tracks.index(frame.individuals[row]) for row in rows],
        from_predicted=-1,
        point_id_start=begin,
        point_id_end=begin + keypoints,
    )
    position = frame.position[rows].reshape(-1, 2).astype(float) + sleap_file.TO_PIXEL_CENTRES
    visible = there[rows] & (frame.visibility[rows] == VISIBLE)
    project.append("points", x=position[:, 0], y=position[:, 1], visible=visible.ravel(), complete=True)

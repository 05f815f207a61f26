"""SLEAP project (`.slp`, format 1.2): a predicted instance for each individual in each frame, on its track."""

from pathlib import Path

import h5py
import numpy as np

from marey.exports import sleap_file
from marey.exports.pose_table import Block
from marey.exports.poses import Poses

TOOLS = "SLEAP (proofreading), sleap-io, movement"
PIXELS = "x - 0.5 and y - 0.5: pixel centres are integers"
CANNOT_SAY = ("time", "sigma_px", "state (measured or interpolated)", "raw positions", "objects: they are on a track")
READ = ["import sleap_io", 'labels = sleap_io.load_slp("{file}", open_videos=False)', "points = labels.numpy()"]


def write(poses: Poses, out: Path, config: dict) -> None:
    """Write the frames in which somebody is seen; the video is named by its path relative to the data folder."""
    metadata = sleap_file.skeleton_json(poses.keypoints, poses.edges, poses.pairs)
    video = {
        "type": "MediaVideo",
        "filename": poses.file,
        "grayscale": False,
        "bgr": True,
        "dataset": "",
        "input_format": "",
        "shape": [len(poses.times), *poses.size[::-1], 3],
    }
    with h5py.File(out, "w") as file:
        project = sleap_file.Project(file, metadata, poses.individuals, [video], poses.provenance)
        for block in poses.blocks(*poses.span):
            _append(project, block, len(poses.keypoints))


def _append(project: sleap_file.Project, block: Block, keypoints: int) -> None:
    frame, individual = np.nonzero(block.seen)
    if not len(frame):
        return
    shown, counts = np.unique(frame, return_counts=True)
    first, frames, points = (project.count(name) for name in ("instances", "frames", "pred_points"))
    stops = first + np.cumsum(counts)
    project.append(
        "frames",
        frame_id=frames + np.arange(len(shown)),
        video=0,
        frame_idx=block.start + shown,
        instance_id_start=stops - counts,
        instance_id_end=stops,
    )
    begin = points + keypoints * np.arange(len(frame))
    project.append(
        "instances",
        instance_id=first + np.arange(len(frame)),
        instance_type=sleap_file.PREDICTED,
        frame_id=frames + np.repeat(np.arange(len(shown)), counts),
        skeleton=0,
        track=individual,
        from_predicted=-1,
        score=block.scores[frame, individual],
        point_id_start=begin,
        point_id_end=begin + keypoints,
        tracking_score=0,
    )
    position = block.position[frame, individual].reshape(-1, 2).astype(np.float64) + sleap_file.TO_PIXEL_CENTRES
    there = np.isfinite(position[:, 0])
    score = np.nan_to_num(block.confidence[frame, individual].ravel())
    project.append(
        "pred_points",
        x=position[:, 0],
        y=position[:, 1],
        visible=there,
        complete=False,
        score=np.where(there, score, 0),
    )

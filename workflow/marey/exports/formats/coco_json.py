"""COCO keypoints: an annotation for each individual in each frame, with its box, score and track.

A keypoint is visible (2) where it was measured, 1 where its position is interpolated, and 0 at (0, 0) where there is
none. Animals are category 1; objects and landmarks, category 2.
"""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from marey.exports import coco
from marey.exports.pose_table import Block
from marey.exports.poses import Poses
from marey.tables.tracks import UNIQUE

TOOLS = "pycocotools, MMPose, Detectron2, FiftyOne, CVAT"
PIXELS = "x - 0.5 and y - 0.5: pixel centres are integers; areas and boxes are of the points"
CANNOT_SAY = ("sigma_px", "raw positions", "images: their names are made of the video's id and the frame")
READ = ["from pycocotools.coco import COCO", 'poses = COCO("{file}")']


def write(poses: Poses, out: Path, config: dict) -> None:
    """Write an image for each frame with poses; what else Marey knows is under keys of its own: frame, time, scores."""
    objects = {point for row, point in poses.owned if poses.individuals[row] == UNIQUE}
    points = [[index for index in range(len(poses.keypoints)) if (index in objects) == flag] for flag in (False, True)]
    categories = [
        coco.category(number, name, poses.keypoints, poses.edges, indices)
        for number, name, indices in ((coco.ANIMAL, "animal", points[0]), (coco.UNIQUE, UNIQUE, points[1]))
        if indices
    ]
    information = {
        "description": f"Poses of {poses.video} by Marey",
        "video": poses.file,
        "provenance": poses.provenance,
    }
    with out.open("w", encoding="utf-8") as file:
        file.write(f'{{"info": {json.dumps(information)}, "licenses": [], "categories": {json.dumps(categories)},\n')
        file.write('"images": [')
        coco.write_items(file, (_image(poses, frame) for frame in _seen_frames(poses)))
        file.write('],\n"annotations": [')
        coco.write_items(file, _annotations(poses, points))
        file.write("]}\n")


def _seen_frames(poses: Poses) -> Iterator[int]:
    for block in poses.blocks(*poses.span):
        yield from block.frames[block.seen.any(axis=1)].tolist()


def _image(poses: Poses, frame: int) -> dict:
    return {
        "id": frame + 1,  # some readers take 0 for none
        "file_name": f"{poses.video}/{frame:08}.png",
        "width": poses.size[0],
        "height": poses.size[1],
        "frame": frame,
        "time": float(poses.times[frame]),
    }


def _annotations(poses: Poses, points: list[list[int]]) -> Iterator[dict]:
    number = 0
    unique = np.array([name == UNIQUE for name in poses.individuals])
    for block in poses.blocks(*poses.span):
        flags = np.where(np.isfinite(block.position[..., 0]), np.where(block.measured, 2, 1), 0)
        frames, rows = np.nonzero(block.seen)
        of_kinds = [unique[rows] == kind for kind in (False, True)]
        kinds = [_of_kind(block, flags, (frames[of], rows[of]), own) for of, own in zip(of_kinds, points, strict=True)]
        scores = block.scores[frames, rows].astype(float).tolist()
        for frame, row, score in zip(frames.tolist(), rows.tolist(), scores, strict=True):
            number += 1
            parts, of_points = next(kinds[int(unique[row])])
            yield {
                "id": number,
                "image_id": block.start + frame + 1,
                "category_id": coco.UNIQUE if unique[row] else coco.ANIMAL,
                **parts,
                "score": score,
                "keypoint_scores": of_points,
                "track_id": row + 1,
                "individual": poses.individuals[row],
            }


def _of_kind(block: Block, flags: np.ndarray, at: tuple, own: list[int]) -> Iterator[tuple[dict, list[float]]]:
    """Yield points and confidences of the annotations of animals, or of those of objects, `at` (frames, rows)."""
    if not len(at[0]):
        return
    confidence = np.nan_to_num(block.confidence[at][:, own]).astype(float).round(4)
    yield from zip(coco.keypoints(block.position[at][:, own], flags[at][:, own]), confidence.tolist(), strict=True)

"""COCO keypoints: `annotations.json`, and the images in `images/<video>/`."""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from marey.exports import coco
from marey.exports.export_labels import LabelledFrame, Labels
from marey.tables.labels import VISIBILITIES

TOOLS = "MMPose, Detectron2, CVAT, Roboflow, FiftyOne, pycocotools"
PIXELS = "x - 0.5 and y - 0.5: pixel centres are integers"
CANNOT_SAY = ("absent apart from unlabelled (both are 0)", "who labelled")
READ = ["from pycocotools.coco import COCO", 'labels = COCO("{file}/annotations.json")']
FLAGS = np.array([{"visible": 2, "occluded": 1}.get(name, 0) for name in VISIBILITIES])


def write(labels: Labels, folder: Path) -> int:
    """Write an annotation for each animal with a point, occluded ones with 1; returns the number of frames."""
    own = [[i for i, name in enumerate(labels.keypoints) if (name in labels.unique) == flag] for flag in (False, True)]
    kinds = ((coco.ANIMAL, "animal", own[0]), (coco.UNIQUE, "unique", own[1]))
    categories = [coco.category(n, name, labels.keypoints, labels.edges, points) for n, name, points in kinds if points]
    images, annotations = [], []
    for number, frame in enumerate(labels.frames(), start=1):
        place = folder / "images" / frame.video / frame.image_name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(frame.image)
        images.append(
            {
                "id": number,
                "file_name": f"{frame.video}/{frame.image_name}",
                "width": frame.size[0],
                "height": frame.size[1],
                "video": frame.video,
                "frame": frame.frame,
            }
        )
        for annotation in _annotations(frame, own):
            annotations.append({"id": len(annotations) + 1, "image_id": number, **annotation})
    information = {"description": "labels by Marey", "provenance": labels.provenance}
    content = {
        "info": information,
        "licenses": [],
        "categories": categories,
        "images": images,
        "annotations": annotations,
    }
    (folder / "annotations.json").write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    return len(images)


def _annotations(frame: LabelledFrame, own: list[list[int]]) -> Iterator[dict]:
    flags = np.where(np.isfinite(frame.position[..., 0]), FLAGS[frame.visibility], 0)
    for row, individual in enumerate(frame.individuals):
        for category, points in zip((coco.ANIMAL, coco.UNIQUE), own, strict=True):
            if flags[row, points].any():
                said = {"category_id": category, "individual": individual}
                yield said | next(coco.keypoints(frame.position[None, row, points], flags[None, row, points]))

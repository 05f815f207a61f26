"""What files of COCO keypoints share, of poses and of labels."""

import json
from collections.abc import Iterable, Sequence
from typing import TextIO

import numpy as np

ANIMAL, UNIQUE = 1, 2  # numbers of the categories
TO_PIXEL_CENTRES = -0.5  # px: what is labelled in COCO counts pixel centres as integers
DECIMALS = 3  # of positions, px


def category(number: int, name: str, names: Sequence[str], edges: Sequence[tuple], own: Sequence[int]) -> dict:
    """Return a category of keypoints: those of `names` whose indices are in `own`; COCO counts them from 1."""
    place = {index: position + 1 for position, index in enumerate(own)}
    lines = [[place[source], place[target]] for source, target in edges if source in place and target in place]
    return {
        "id": number,
        "name": name,
        "supercategory": "animal",
        "keypoints": [names[index] for index in own],
        "skeleton": lines,
    }


def keypoints(position: np.ndarray, flags: np.ndarray) -> dict:
    """Return the points of an annotation, with their number, box and area.

    `position` f32[keypoint, 2], (x, y) px as in Marey; `flags` i[keypoint]: 0 no position, 1 not visible, 2 visible.
    """
    there = flags > 0
    place = np.where(there[:, None], position.astype(float) + TO_PIXEL_CENTRES, 0).round(DECIMALS)
    low, high = place[there].min(axis=0), place[there].max(axis=0)
    size = (high - low).round(DECIMALS)
    listed = [value for (x, y), flag in zip(place.tolist(), flags.tolist(), strict=True) for value in (x, y, int(flag))]
    return {
        "keypoints": listed,
        "num_keypoints": int(there.sum()),
        "bbox": [*low.tolist(), *size.tolist()],
        "area": float(size[0] * size[1]),
        "iscrowd": 0,
    }


def write_items(file: TextIO, items: Iterable[dict]) -> None:
    """Write the items of a list, a line each."""
    for number, item in enumerate(items):
        file.write((",\n" if number else "\n") + json.dumps(item, ensure_ascii=False))

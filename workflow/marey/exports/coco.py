"""What files of COCO keypoints share, of poses and of labels."""

import json
from collections.abc import Iterable, Iterator, Sequence
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


def keypoints(position: np.ndarray, flags: np.ndarray) -> Iterator[dict]:
    """Yield the points of each of n annotations, with their number, box and area.

    `position` f32[n, keypoint, 2], (x, y) px as in Marey; `flags` i[n, keypoint]: 0 no position, 1 not visible, 2
    visible; each annotation has a position.
    """
    there = flags[..., None] > 0
    place = np.where(there, position.astype(float) + TO_PIXEL_CENTRES, 0).round(DECIMALS)
    low = np.where(there, place, np.inf).min(axis=1)
    size = (np.where(there, place, -np.inf).max(axis=1) - low).round(DECIMALS)
    columns = (place, flags.astype(int), (flags > 0).sum(axis=1), np.hstack([low, size]), size.prod(axis=1))
    for points, seen, count, box, area in zip(*(column.tolist() for column in columns), strict=True):
        yield {
            "keypoints": [value for (x, y), flag in zip(points, seen, strict=True) for value in (x, y, flag)],
            "num_keypoints": count,
            "bbox": box,
            "area": area,
            "iscrowd": 0,
        }


def write_items(file: TextIO, items: Iterable[dict]) -> None:
    """Write the items of a list, a line each."""
    encode = json.JSONEncoder(ensure_ascii=False).encode  # one for all: to make it takes longer than a short item
    for number, item in enumerate(items):
        file.write((",\n" if number else "\n") + encode(item))

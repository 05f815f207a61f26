"""COCO keypoints: categories and annotations by hand."""

import io
import json

import numpy as np

from marey.exports import coco


def test_points_boxes_and_areas():
    position = np.array([[10.5, 20.5], [np.nan, np.nan], [13.5, 24.5]], np.float32)
    (found,) = coco.keypoints(position[None], np.array([[2, 0, 1]]))
    assert found["keypoints"] == [10, 20, 2, 0, 0, 0, 13, 24, 1]
    assert (found["num_keypoints"], found["bbox"], found["area"]) == (2, [10, 20, 3, 4], 12)


def test_a_category_has_its_own_keypoints_and_the_lines_between_them_counted_from_1():
    found = coco.category(1, "animal", ["a", "b", "c"], [(0, 2), (0, 1)], [0, 2])
    assert found["keypoints"] == ["a", "c"]
    assert found["skeleton"] == [[1, 2]]


def test_items_are_a_list():
    file = io.StringIO()
    coco.write_items(file, [{"ü": 1}, {"b": 2}])
    assert json.loads(f"[{file.getvalue()}]") == [{"ü": 1}, {"b": 2}]

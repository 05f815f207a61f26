"""COCO keypoints of poses, read by pycocotools."""

import json

from hypothesis import given
from pycocotools.coco import COCO

from ... import made_poses as made


def read(path):
    """Rows of all annotated points, by what pycocotools gives."""
    coco = COCO(str(path))
    for annotation in coco.loadAnns(coco.getAnnIds()):
        (image,) = coco.loadImgs(annotation["image_id"])
        (category,) = coco.loadCats(annotation["category_id"])
        values = iter(annotation["keypoints"])
        for keypoint, x, y, flag in zip(category["keypoints"], values, values, values, strict=True):
            if flag:
                yield image["frame"], annotation["individual"], keypoint, x, y


@made.few
@given(made.tables())
def test_a_table_comes_back(given):
    made.exported(given[0], "coco.json", lambda path: list(read(path)), keypoints=given[1], shift=-0.5)


def test_a_dot(tmp_path):
    assert list(read(made.export(made.dot(), "coco.json", tmp_path))) == [(3, "animal1", "snout", 100, 50)]


def test_points_are_flagged_boxed_and_scored(tmp_path):
    rows = [(3, "a", "k1", 10.5, 20.5, "measured"), (3, "a", "k2", 30.5, 25.5, "interpolated")]
    table = made.poses([*rows, (3, "a", "k3", 0, 0, "gap"), (4, "a", "k3", 0, 0, "gap")])
    path = made.export(table, "coco.json", tmp_path, edges=((0, 2),))
    content = json.loads(path.read_text())
    (annotation,) = content["annotations"]
    assert annotation["keypoints"] == [10, 20, 2, 30, 25, 1, 0, 0, 0]
    assert annotation["num_keypoints"] == 2
    assert annotation["bbox"] == [10, 20, 20, 5]
    assert annotation["area"] == 100
    assert annotation["score"] == 0.5
    assert content["categories"][0]["skeleton"] == [[1, 3]]
    assert content["images"] == [
        {"id": 4, "file_name": "v/00000003.png", "width": 640, "height": 480, "frame": 3, "time": 0.1}
    ]


def test_objects_are_a_category_of_their_own(tmp_path):
    rows = [(0, "a", "snout", 1, 2, "measured"), (0, "unique", "box", 5, 6, "measured")]
    content = json.loads(made.export(made.poses(rows), "coco.json", tmp_path).read_text())
    assert [category["keypoints"] for category in content["categories"]] == [["snout"], ["box"]]
    assert [annotation["category_id"] for annotation in content["annotations"]] == [1, 2]

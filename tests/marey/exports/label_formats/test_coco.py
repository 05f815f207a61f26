"""Labels as COCO keypoints, read by pycocotools."""

import numpy as np
from PIL import Image
from pycocotools.coco import COCO

from ... import made_labels as made


def test_points_with_their_visibility_and_the_pixel_under_a_dot(tmp_path):
    folder = made.export("coco", tmp_path)
    coco = COCO(str(folder / "annotations.json"))
    found = {}
    for annotation in coco.loadAnns(coco.getAnnIds()):
        (image,), (category,) = coco.loadImgs(annotation["image_id"]), coco.loadCats(annotation["category_id"])
        values = iter(annotation["keypoints"])
        for keypoint, x, y, flag in zip(category["keypoints"], values, values, values, strict=True):
            if flag:
                found[image["frame"], annotation["individual"], keypoint] = (x, y, flag)
    flags = {"visible": 2, "occluded": 1}
    points = {key: value for key, value in (made.POINTS | made.UNIQUE).items() if value[2] in flags}
    expected = {key: (x - 0.5, y - 0.5, flags[state]) for key, (x, y, state) in points.items()}
    assert found == expected
    (image, _) = coco.loadImgs(coco.getImgIds())
    pixels = np.asarray(Image.open(folder / "images" / image["file_name"]))
    x, y, _ = found[3, "m 1", "snout"]
    assert pixels[int(y), int(x)].tolist() == [255, 255, 255]

"""Labels of other projects: which of their keypoints are which here, and what cannot be tested by them."""

import json

import pytest

from marey.experiment.config import load_config
from marey.experiment.elsewhere import elsewhere
from marey.experiment.validation import ConfigError

TABLE = "video,frame,individual,keypoint,x,y\nv,0,m,snout,1,1\n"


def write(folder, *names, several=False):
    """A file of COCO keypoints with these names, of one image with an animal or two."""
    keypoints = [5, 5, 2] * len(names)
    points = [{"id": n, "image_id": 1, "category_id": 1, "keypoints": keypoints} for n in range(1 + several)]
    category = {"id": 1, "name": "m", "keypoints": list(names)}
    image = {"id": 1, "file_name": "a.png", "width": 9, "height": 9}
    (folder / "other.json").write_text(json.dumps({"images": [image], "annotations": points, "categories": [category]}))


def found(folder, entry="other.json", **config):
    (folder / "labels.csv").write_text(TABLE)
    base = {"project": "p", "data": str(folder), "keypoints": ["snout", "left_ear", "tailbase", "belly"]}
    base |= {"labels": {"sources": ["labels.csv"]}, "evaluate": {"sources": [entry]}}
    return elsewhere(load_config({**base, **config}))


def test_keypoints_are_matched_by_hand_by_name_and_by_usual_names(tmp_path):
    write(tmp_path, "nose", "earL", "stomach", "tailbase", "whisker")
    got = found(tmp_path, {"path": "other.json", "keypoints": {"stomach": "belly"}})
    renamed = {"stomach": "belly", "nose": "snout", "earL": "left_ear"}
    assert got.sources == [{"path": "other.json", "keypoints": renamed}]
    assert got.keypoints == ["snout", "left_ear", "tailbase", "belly"]
    assert got.left_out == ["whisker"]
    assert got.missing(["snout", "paw"]) == ["paw"]


def test_what_is_not_shared_is_named(tmp_path):
    write(tmp_path, "nose", "whisker")
    got = found(tmp_path)
    assert (got.keypoints, got.left_out) == (["snout"], ["whisker"])
    assert got.missing(["snout", "left_ear", "belly"]) == ["left_ear", "belly"]


@pytest.mark.parametrize(
    ("names", "config", "message"),
    [
        (["paw", "whisker"], {}, r"none of its keypoints \(paw, whisker\) is one of this project \(snout, left_ear"),
        (
            ["nose"],
            {"labels": {"sources": []}, "videos": "v"},
            "no model is trained here; labels.sources tests that of model.init",
        ),
    ],
)
def test_what_cannot_be_tested_is_refused(tmp_path, names, config, message):
    write(tmp_path, *names)
    with pytest.raises(ConfigError, match=message):
        found(tmp_path, **config)


def test_images_of_several_animals_do_not_test_a_model_of_one(tmp_path):
    write(tmp_path, "nose", several=True)
    with pytest.raises(ConfigError, match=r"other.json: shows several animals in an image, and the model finds one"):
        found(tmp_path)
    assert found(tmp_path, animals={"method": "bottom_up"}).keypoints == ["snout"]


def test_without_sources_there_is_nothing(tmp_path):
    assert found(tmp_path, evaluate={}) is None

import json
from importlib import import_module

import pytest

from marey.labels import formats, sources

CONTENTS = {
    "coco": {"images": [{"id": 1, "file_name": "a.png"}], "annotations": [], "categories": []},
    "label_studio": [
        {"id": 1, "data": {"image": "a.png"}, "annotations": [{"id": 2, "result": []}], "predictions": []}
    ],
    "alphatracker": [{"annotations": [{"class": "Face", "x": 1}], "class": "image", "filename": "a.png"}],
    "sleap": {"version": "2.0.0", "skeletons": [], "nodes": [], "videos": [], "labels": [], "tracks": []},
    "marey_kit": {"format": "marey-kit-export", "version": 1, "keypoints": [], "points": [], "frames": []},
}


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("name", CONTENTS)
def test_a_json_file_is_of_one_format_alone(tmp_path, name, indent):
    path = tmp_path / "a.json"
    path.write_text(json.dumps(CONTENTS[name], indent=indent))
    modules = [import_module(f"{formats.__name__}.{known}") for known in sources._names()]
    fitting = [module.__name__.rpartition(".")[2] for module in modules if module.recognises(path)]
    assert fitting == [name]


def test_a_short_form_of_label_studio_is_its_own(tmp_path):
    path = tmp_path / "a.json"
    path.write_text(json.dumps([{"image": "a.png", "id": 1, "kp": [], "annotator": 1, "annotation_id": 3}]))
    assert sources.format_name("a.json", tmp_path) == "label_studio"

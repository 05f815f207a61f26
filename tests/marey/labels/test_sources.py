import copy
import json
import random
from importlib import import_module

import pytest

from marey.labels import formats, sources
from marey.labels.reading import Source

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


POINT = {"original_width": 40, "original_height": 30, "id": "p", "type": "keypointlabels"}
POINT |= {"value": {"x": 10, "y": 20, "keypointlabels": ["nose"]}, "parentID": "b"}
BOX = {**POINT, "id": "b", "type": "rectanglelabels", "value": {"x": 1, "y": 2, "rectanglelabels": ["Ann"]}}
NODES = [{"id": 0}, {"id": 1}]
WHOLE = {
    "coco": {
        "images": [{"id": 1, "file_name": "a.png", "width": 40, "height": 30}],
        "annotations": [
            {"id": 1, "image_id": 1, "category_id": 1, "keypoints": [1, 2, 2], "score": 0.5, "track_id": 3}
        ],
        "categories": [{"id": 1, "name": "mouse", "keypoints": ["nose"], "skeleton": [[1, 1]]}],
    },
    "label_studio": [
        {
            "data": {"image": "a.png"},
            "annotations": [{"completed_by": {"id": 1}, "created_at": "2024-01-02", "result": [POINT, BOX]}],
            "predictions": [{"score": 0.5, "result": [POINT]}],
        }
    ],
    "alphatracker": [{"annotations": [{"class": "Face"}, {"class": "point", "x": 1, "y": 2}], "filename": "a.png"}],
    "sleap": {
        "skeletons": [{"nodes": NODES, "links": [{"source": 0, "target": 1}]}],
        "nodes": [{"name": "nose"}, {"name": "tail"}],
        "videos": [{"backend": {"filename": "a.mp4", "filenames": ["a.png"]}}],
        "labels": [{"video": 0, "frame_idx": 0, "_instances": [{"track": 0, "_points": {"0": {"x": 1, "y": 2}}}]}],
        "tracks": [[0, "Ann"]],
    },
}
JUNK = (None, -1, 2.5, 10**400, float("nan"), "", "x", True, [], {}, [1, 2], {"a": 1})


def places(tree, place=()):
    """Yield the place of each value in what a JSON file holds."""
    for key in tree if isinstance(tree, dict) else range(len(tree)) if isinstance(tree, list) else ():
        yield (*place, key)
        yield from places(tree[key], (*place, key))


@pytest.mark.parametrize("name", WHOLE)
def test_whatever_a_value_is_it_is_read_or_a_fault(tmp_path, name):
    module = import_module(f"{formats.__name__}.{name}")
    chance = random.Random(0)
    source = Source(tmp_path / "a.json", tmp_path)
    every = list(places(WHOLE[name]))
    for number in range(150):
        tree = copy.deepcopy(WHOLE[name])
        *way, last = every[number % len(every)]
        within = tree
        for key in way:
            within = within[key]
        within[last] = chance.choice(JUNK)
        source = source._replace(path=tmp_path / f"{number}.json")
        source.path.write_text(json.dumps(tree))
        module.recognises(source.path)
        module.describe(source)
        contents = module.read(source)
        assert all(fault.detail for fault in contents.faults)

import copy
import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from marey.experiment.config import load_config
from marey.labels import ingest_labels, sources
from marey.labels.formats import marey_kit
from marey.labels.reading import LabelError, Source

KIT = "0123456789abcdef"
TIME = "2026-11-28T10:00:00.000Z"


def point(frame=3, keypoint="nose", x=1.25, y=2.0, visibility="visible", **more):
    place = {"video": "a", "frame": frame, "individual": "m", "keypoint": keypoint, "x": x, "y": y}
    return {**place, "visibility": visibility, "origin": "placed", "time": TIME} | more


def export(*points, annotator="Ann", exported=TIME, **more):
    frame = {"video": "a", "width": 40, "height": 30, "sha256": "0" * 64, "done": True, "skipped": False, "without": []}
    return {
        "format": "marey-kit-export",
        "version": 1,
        "kit": KIT,
        "project": "mice",
        "keypoints": ["nose", "tail"],
        "individuals": ["m", "n"],
        "annotator": annotator,
        "started": TIME,
        "edited": TIME,
        "exported": exported,
        "frames": [{**frame, "frame": 3}, {**frame, "frame": 7}],
        "points": list(points),
        "deleted": [],
    } | more


def write(path, made):
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(made, indent=1), encoding="utf-8")
    return path


def ingest(data, *names, on_error="stop"):
    videos = {"a": (40, 30, 100)}
    return ingest_labels.ingest(list(names), data=data, keypoints=("nose", "tail"), videos=videos, on_error=on_error)[
        :2
    ]


def test_points_come_out_as_they_were_set(tmp_path):
    made = export(point(), point(7, "tail", 5, 6.5, "occluded"), point(7, x=None, y=None, visibility="absent"))
    write(tmp_path / "labels/ann.kit.json", made)
    for name in ("labels", "labels/ann.kit.json"):
        points, faults = ingest(tmp_path, name)
        assert faults.empty
        assert points["source"].eq("labels/ann.kit.json").all()
        assert points["set_at"].eq(pd.Timestamp(TIME)).all()
        columns = ["frame", "keypoint", "x", "y", "visibility", "annotator", "row"]
        assert points.replace({np.nan: None})[columns].values.tolist() == [
            [3, "nose", 1.25, 2.0, "visible", "Ann", 1],
            [7, "tail", 5.0, 6.5, "occluded", "Ann", 2],
            [7, "nose", None, None, "absent", "Ann", 3],
        ]
        assert points["image"].isna().all()


def test_of_two_exports_of_a_kit_the_later_holds_whatever_their_names(tmp_path):
    write(tmp_path / "l/a.json", export(point(x=9.0), exported="2026-11-28T12:00:00.000Z"))
    write(tmp_path / "l/b.json", export(point(x=1.0), point(7)))
    write(tmp_path / "l/c.json", export(point(x=9.0), exported="2026-11-28T12:00:00.000Z"))  # the same again
    (tmp_path / "l/README").touch()
    contents = marey_kit.read(Source(tmp_path / "l", tmp_path))
    assert contents.labels["x"].tolist() == [9.0]
    assert contents.left_out == [
        "l/a.json, of which l/c.json is a later export",
        "l/b.json, of which l/c.json is a later export; 1 of its points are not in that one",
        "README, which is no export of a kit",
    ]
    assert not contents.faults


def test_two_people_stay_apart(tmp_path):
    write(tmp_path / "l/a.json", export(point(x=1.0)))
    write(tmp_path / "l/b.json", export(point(x=2.0), annotator="Ben"))
    labels = marey_kit.read(Source(tmp_path / "l", tmp_path)).labels
    assert labels[["annotator", "x"]].values.tolist() == [["Ann", 1.0], ["Ben", 2.0]]


def test_what_a_person_sets_again_in_another_kit_holds_and_what_two_people_set_is_compared(tmp_path):
    later = point(x=4.0, time="2026-11-29T10:00:00.000Z")
    write(tmp_path / "l/a.json", export(point(x=1.0)))
    write(tmp_path / "l/b.json", export(later, kit="f" * 16))
    write(tmp_path / "l/c.json", export(point(x=7.0, y=6.0), annotator="Ben"))
    options = {"data": tmp_path, "keypoints": ("nose", "tail"), "videos": {"a": (40, 30, 100)}, "on_error": "stop"}
    labels, _, _, apart = ingest_labels.ingest(["l"], **options)
    assert labels[["annotator", "x"]].values.tolist() == [["Ann", 4.0]]
    assert apart[["annotator", "annotator_other", "distance"]].values.tolist() == [["Ann", "Ben", 5.0]]


def test_a_source_says_what_it_labels(tmp_path):
    made = export(point(), point(individual="n", x=7.0))
    write(tmp_path / "l/a.json", made)
    (tmp_path / "l/README").write_text("notes")
    said = sources.describe("l", tmp_path)
    assert (said.keypoints, said.individuals, said.several) == (["nose", "tail"], ["m", "n"], True)
    assert said.videos == ["a"]
    assert sources.inputs("l", tmp_path) == [tmp_path / "l/a.json"]
    write(tmp_path / "l/a.json", export(point(), point(7, individual="n")))
    assert not sources.describe("l", tmp_path).several


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda made: made["points"][1].update(x="abc"), r"row 2: bad_row: points\[1\].x: 'abc' is not of type"),
        (lambda made: made["points"][1].update(x=-1.0), r"points\[1\].x: -1.0 is less than the minimum of 0"),
        (lambda made: made["points"][1].update(x=41), r"points\[1\].x: 41 is outside of the frame, which is 40 px"),
        (lambda made: made["points"][1].update(x=None, y=None), r"points\[1\].x: None is not of type 'number'"),
        (lambda made: made["points"][1].update(visibility="seen"), r"points\[1\].visibility: 'seen' is not one of"),
        (
            lambda made: made["points"][1].update(keypoint="toe"),
            r"points\[1\].keypoint: 'toe' is not among `keypoints`",
        ),
        (lambda made: made["points"][1].update(frame=4), r"points\[1\].frame: 4 of 'a' is not among `frames`"),
        (lambda made: made["points"][1].update(time="today"), r"points\[1\].time: 'today' does not match"),
        (lambda made: made["points"][1].update(time="2026-13-01T00:00:00Z"), r"points\[1\].time: .* is no time"),
        (lambda made: made["points"][1].pop("origin"), r"points\[1\]: 'origin' is a required property"),
        (lambda made: made["points"].append(point()), r"row 3: .*points\[2\]: m/nose is set before, in points\[0\]"),
        (
            lambda made: made["frames"][1].update(sha256="x"),
            r"a.json: bad_file: frames\[1\].sha256: 'x' does not match",
        ),
        (lambda made: made["points"][1].update(x=10**400), r"points\[1\].x: 1000"),
        (lambda made: made["points"].append("no point"), r"points\[2\]: 'no point' is not of type 'object'"),
        (lambda made: made.update(exported=7), "exported: 7 is not of type 'string'"),
        (lambda made: made.update(version=2), "version: 1 was expected"),
        (lambda made: made.pop("annotator"), "the file: 'annotator' is a required property"),
        (lambda made: made.update(points="none"), "points: 'none' is not of type 'array'"),
    ],
)
def test_a_fault_names_its_place(tmp_path, change, said):
    made = export(point(), point(7, "tail"))
    change(made)
    write(tmp_path / "l/a.json", made)
    with pytest.raises(LabelError, match=said):
        ingest(tmp_path, "l")


@pytest.mark.parametrize("cut", [0, 40, 400])
def test_a_file_that_is_cut_short_is_a_fault_of_its_own(tmp_path, cut):
    write(tmp_path / "l/whole.kit.json", export(point(), annotator="Ben"))
    text = json.dumps(export(point()))
    (tmp_path / "l/cut.kit.json").write_text(text[:cut])
    points, faults = ingest(tmp_path, "l", on_error="drop")
    assert points["annotator"].tolist() == ["Ben"]
    assert faults["source"].tolist() == ["l/cut.kit.json"]
    assert "not a whole JSON file" in faults["detail"][0]


def test_json_of_something_else_among_exports_is_named(tmp_path):
    write(tmp_path / "l/a.json", export(point()))
    write(tmp_path / "l/coco.json", {"images": [], "annotations": []})
    with pytest.raises(LabelError, match="l/coco.json: bad_file: not an export of a labelling kit"):
        ingest(tmp_path, "l")


def test_an_export_without_a_point_is_a_fault(tmp_path):
    write(tmp_path / "l/a.json", export())
    with pytest.raises(LabelError, match="l: bad_file: holds no labelled point"):
        ingest(tmp_path, "l")


def test_an_empty_folder_waits_for_its_first_export(tmp_path):
    raw = {
        "project": "p",
        "data": str(tmp_path),
        "videos": "v.tsv",
        "labels": {"sources": ["l"]},
        "keypoints": ["nose"],
    }
    (tmp_path / "l").mkdir()
    for name in (".keep", "kit.html", "notes.md"):
        (tmp_path / "l" / name).touch()
    assert load_config(raw)["labels"]["sources"] == []
    write(tmp_path / "l/a.json", export(point()))
    assert load_config(raw)["labels"]["sources"] == ["l"]


SOME = st.one_of(st.none(), st.integers(-2, 50), st.floats(-1, 50), st.booleans(), st.sampled_from(["", "v"]))


@given(st.dictionaries(st.sampled_from([*sorted(marey_kit.KEYS), "more"]), SOME, max_size=2), st.booleans())
def test_the_quick_look_lets_pass_what_the_schema_does(change, absent):
    made = {**point(), **({"x": None, "y": None, "visibility": "absent"} if absent else {}), **copy.copy(change)}
    schema = json.loads(marey_kit.SCHEMA.read_text())
    judge = Draft202012Validator({**schema["properties"]["points"]["items"], "$defs": schema["$defs"]})
    if marey_kit._is_plain(made):
        assert judge.is_valid(made)
    if not change:
        assert marey_kit._is_plain(made)

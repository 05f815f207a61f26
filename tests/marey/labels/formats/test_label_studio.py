import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PIL import Image

from marey.labels import sources
from marey.labels.formats import label_studio
from marey.labels.ingest_labels import ingest
from marey.labels.reading import Source

DATA = Path(os.environ.get("MAREY_DATA", Path(__file__).parents[4] / "../shared/data")) / "14_label_formats"
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="sample data absent: set MAREY_DATA")
SIZE = {"original_width": 400, "original_height": 200, "image_rotation": 0}


def point(name: str, x: float, y: float, **more) -> dict:
    """Mark a point as Label Studio does; x and y are px of an image of 400 x 200."""
    value = {"x": x / 4, "y": y / 2, "width": 0.5, "keypointlabels": [name]}
    return {**SIZE, "id": f"{name}{x}", "type": "keypointlabels", "from_name": "kp", "value": value} | more


def box(name: str, number: str) -> dict:
    value = {"x": 0, "y": 0, "width": 9, "height": 9, "rectanglelabels": [name]}
    return {**SIZE, "id": number, "type": "rectanglelabels", "value": value}


def task(*annotations: dict, image: str = "/data/upload/3/0a1b2c3d-img07.png", **more) -> dict:
    return {"id": 1, "data": {"image": image}, "annotations": list(annotations), "predictions": []} | more


def by(result: list, who: object = 1, **more) -> dict:
    return {"id": 5, "completed_by": who, "result": result, "was_cancelled": False} | more


def write(folder: Path, content: object, images=("img07.png",)) -> Source:
    (folder / "project-3.json").write_text(json.dumps(content))
    for name in images:
        Image.new("L", (400, 200)).save(folder / name)
    return Source(folder / "project-3.json", folder)


@pytest.mark.parametrize(("pixels", "dot"), [("auto", (100.5, 50.5)), ("centre", (101, 51))])
def test_a_dot_at_column_100_and_row_50_is_where_label_studio_put_it(tmp_path, pixels, dot):
    content = [task(by([point("nose", 100.5, 50.5)]))]  # the middle of that pixel, as parts of the image
    source = write(tmp_path, content)._replace(pixels=pixels)
    assert label_studio.recognises(source.path)
    found = label_studio.read(source).labels
    assert tuple(found.loc[0, ["x", "y"]]) == pytest.approx(dot)
    assert tuple(found.loc[0, ["video", "frame", "image", "row"]]) == ("project-3", 7, "img07.png", 1)
    assert tuple(found.loc[0, ["individual", "annotator"]]) == ("animal", "user 1")


def test_annotations_of_several_people_with_their_times(tmp_path):
    ann = by([point("nose", 10, 10)], {"id": 2, "email": "ann@lab.org"}, created_at="2024-01-02T03:04:05.678Z")
    bob = by([point("nose", 30, 10), point("tail", 5, 5)], 9, updated_at="2024-02-02T04:04:05+01:00")
    skipped = by([point("nose", 1, 1)], was_cancelled=True)
    contents = label_studio.read(write(tmp_path, [task(ann, bob, skipped, drafts=[{}])]))
    rows = contents.labels[["annotator", "keypoint", "visibility", "set_at"]].to_numpy().tolist()
    first, second = datetime(2024, 1, 2, 3, 4, 5, 678000, UTC), datetime(2024, 2, 2, 3, 4, 5, tzinfo=UTC)
    assert rows == [
        ["ann@lab.org", "nose", "visible", first],
        ["ann@lab.org", "tail", "unlabelled", first],
        ["user 9", "nose", "visible", second],
        ["user 9", "tail", "visible", second],
    ]
    assert contents.left_out == ["1 skipped annotations", "1 drafts"]


def test_predictions_beside_annotations_never_become_labels(tmp_path):
    guess = {"result": [point("nose", 50, 60, score=0.25), point("tail", 70, 80)], "score": 0.75}
    contents = label_studio.read(write(tmp_path, [task(by([point("nose", 1, 2)]), predictions=[guess])]))
    assert contents.labels.loc[contents.labels["visibility"] == "visible", "x"].tolist() == [1]
    assert contents.predictions[["keypoint", "x", "confidence"]].to_numpy().tolist() == [
        ["nose", 50, 0.25],
        ["tail", 70, 0.75],
    ]
    only = write(tmp_path, [task(predictions=[guess])])
    assert label_studio.describe(only).predicted
    assert label_studio.describe(only).predicted_videos == ["project-3"]
    assert label_studio.read(only).labels.empty


def test_animals_are_rectangles_and_what_has_none_is_of_no_animal(tmp_path):
    related = {"type": "relation", "from_id": "nose10", "to_id": "b1", "direction": "right"}
    marks = [box("pup1", "b1"), box("pup2", "b2"), point("nose", 10, 10), related]
    marks += [point("nose", 20, 20, parentID="b2"), point("cup", 30, 30)]
    source = write(tmp_path, [task(by(marks))])
    said = label_studio.describe(source)
    assert (said.individuals, said.unique, said.several) == (["pup1", "pup2", "single"], ["cup"], True)
    found = label_studio.read(source).labels
    assert found[["individual", "keypoint", "x"]].to_numpy().tolist() == [
        ["pup1", "nose", 10],
        ["pup2", "nose", 20],
        ["single", "cup", 30],
    ]


def test_the_short_form(tmp_path):
    marks = [
        {"x": 25, "y": 25, "width": 0.5, "keypointlabels": ["nose"], "original_width": 400, "original_height": 200}
    ]
    entry = {"image": "/data/local-files/?d=day%201/img07.png", "id": 4, "kp": marks, "annotator": 3}
    entry |= {"annotation_id": 8, "created_at": "2024-01-02T03:04:05Z", "lead_time": 2.5}
    (tmp_path / "day 1").mkdir()
    source = write(tmp_path, [entry], ["day 1/img07.png"])
    assert label_studio.recognises(source.path)
    found = label_studio.read(source).labels
    assert found[["video", "x", "y", "annotator"]].to_numpy().tolist() == [["day_1", 100, 50, "user 3"]]


@pytest.mark.parametrize(
    ("mark", "expected"),
    [
        (point("nose", 20, 10), "[1]: 'nose' is there twice; delete one, or relate each to the rectangle"),
        (point("tail", 20, 10, original_width=0), "[1].annotations[0]: result[1]: original_width and original_height"),
        (point("tail", 20, 10, original_width=None), "[1].annotations[0]: result[1]: None is no number"),
        (point("tail", 20, 10, image_rotation=90), "the image was turned"),
        (point("tail", 20, 10, value={"x": 1, "y": 2}), "[1].annotations[0]: result[1]: 0 labels, expected one"),
        (point("tail", 20, 10, value={"x": "1", "y": 2, "keypointlabels": ["tail"]}), "result[1]: '1' is no number"),
        ("text", "[1].annotations[0]: result[1]: expected an object"),
    ],
)
def test_a_faulty_annotation_is_named_and_left_out(tmp_path, mark, expected):
    content = [task(by([point("nose", 1, 1)])), task(by([point("nose", 1, 1), mark]), image="img08.png")]
    contents = label_studio.read(write(tmp_path, content, ["img07.png", "img08.png"]))
    assert contents.labels["row"].unique().tolist() == [1]
    assert [fault.row for fault in contents.faults] == [2]
    assert expected in contents.faults[0].detail


def test_images_that_are_missing_or_others(tmp_path):
    content = [task(by([point("nose", 1, 1)])), task(by([point("nose", 1, 1)]), image="http://lab.org/v/img09.png")]
    source = write(tmp_path, content)
    Image.new("L", (300, 200)).save(tmp_path / "img07.png")
    contents = label_studio.read(source)
    assert "img07.png has 300 x 200 px, but was labelled with 400 x 200" in contents.faults[0].detail
    dropped = ingest(["project-3.json"], data=tmp_path, keypoints=("nose",), videos={}, on_error="drop")[1]
    assert dropped["reason"].tolist() == ["bad_row", "missing_image"]
    assert "img09.png is missing" in dropped["detail"].iloc[1]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ('[{"id": 1, "data": {"image": "a.png"}, "annotations": [', "line 1, column 56: not JSON"),
        ('[{"data": {"text": "mouse"}, "annotations": [], "id": 1}]', "[0]: names no image in its `data`"),
        ('[{"data": {"image": "a.png"}, "annotations": [3], "id": 1}]', "[0].annotations[0]: expected an object"),
    ],
)
def test_a_broken_file_says_where(tmp_path, content, expected):
    path = tmp_path / "a.json"
    path.write_text(content)
    assert label_studio.recognises(path)
    assert label_studio.describe(Source(path, tmp_path)).keypoints is None
    assert expected in label_studio.read(Source(path, tmp_path)).faults[0].detail


@needs_data
def test_the_sample_file():
    source = Source(DATA / "label_studio_json/multi_animal_from_dlc.json", DATA)
    assert sources.load_format(source) is label_studio
    contents = label_studio.read(source)
    assert contents.faults == []
    found = contents.labels[contents.labels["visibility"] == "visible"]
    assert found.groupby(["frame", "individual"]).size().to_dict() == {
        (12600, "pup1"): 4,
        (12600, "pup2"): 3,
        (12600, "single"): 8,
        (47559, "pup1"): 4,
        (47559, "pup2"): 4,
        (47559, "single"): 6,
    }
    assert found.iloc[0][["video", "keypoint"]].tolist() == ["PrL-3_09072020", "moth_nose"]
    assert found.iloc[0][["x", "y"]].tolist() == pytest.approx([75.06666666666666 * 12.8, 22.274881516587676 * 7.2])


def test_marks_without_a_number_are_marks_of_their_own(tmp_path):
    marks = [point("nose", 1, 1, id=None), point("tail", 2, 2, id=None)]
    assert label_studio.read(write(tmp_path, [task(by(marks))])).labels["x"].tolist() == [1, 2]

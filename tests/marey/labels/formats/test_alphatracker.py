import json
import os
from pathlib import Path

import pytest

from marey.labels import sources
from marey.labels.formats import alphatracker
from marey.labels.reading import Source

DATA = Path(os.environ.get("MAREY_DATA", Path(__file__).parents[4] / "../shared/data")) / "14_label_formats"
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="sample data absent: set MAREY_DATA")


def image(name: str, *animals) -> dict:
    """Make an image as AlphaTracker writes it; an animal is a list of (x, y)."""
    items = []
    for points in animals:
        items.append({"class": "Face", "x": 0.0, "y": 0.0, "width": 9.0, "height": 9.0})
        items += [{"class": "point", "x": x, "y": y} for x, y in points]
    return {"annotations": items, "class": "image", "filename": name}


def write(folder: Path, content: object) -> Source:
    (folder / "mice.json").write_text(content if isinstance(content, str) else json.dumps(content))
    return Source(folder / "mice.json", folder)


@pytest.mark.parametrize(("pixels", "dot"), [("auto", (100.5, 50.5)), ("corner", (100, 50))])
def test_a_dot_at_column_100_and_row_50_is_where_alphatracker_put_it(tmp_path, pixels, dot):
    source = write(tmp_path, [image("img7.png", [(100.0, 50.0), (0, 0)]), image("img8.png")])._replace(pixels=pixels)
    assert sources.load_format(source) is alphatracker
    contents = alphatracker.read(source)
    assert tuple(contents.labels.loc[0, ["x", "y"]]) == dot
    assert tuple(contents.labels.loc[0, ["video", "frame", "individual", "image"]]) == ("mice", 7, "animal", "img7.png")
    assert contents.labels["visibility"].tolist() == ["visible", "unlabelled"]
    assert contents.left_out == ["1 images without a point"]


def test_several_animals(tmp_path):
    source = write(
        tmp_path, [image("img7.png", [(1, 2), (3, 4)], [(5, 6), (7, 8)]), image("img8.png", [(1, 1), (2, 2)])]
    )
    assert alphatracker.describe(source).several
    assert alphatracker.describe(source).keypoints == ["keypoint1", "keypoint2"]
    found = alphatracker.read(source).labels
    assert found["individual"].tolist() == ["animal1", "animal1", "animal2", "animal2", "animal1", "animal1"]


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        (image("b.png", [(1, 1)]), "[1]: an animal with 1 points, expected 2 as of most"),
        (image("b.png", [(1, 1), (2, "x")]), "[1].annotations[2]: 'x' is no number"),
        (
            {**image("b.png"), "annotations": [{"class": "point", "x": 1, "y": 1}]},
            "[1].annotations[0]: the class is 'point'",
        ),
        ({**image("b.png", []), "filename": None}, "[1]: expected an object with a filename and annotations"),
        (3, "[1]: expected an object"),
    ],
)
def test_a_faulty_image_is_named_and_left_out(tmp_path, entry, expected):
    good = [image("img1.png", [(1, 1), (2, 2)]), image("img3.png", [(3, 3), (4, 4)])]
    contents = alphatracker.read(write(tmp_path, [good[0], entry, good[1]]))
    assert contents.labels["row"].unique().tolist() == [1, 3]
    (fault,) = contents.faults
    assert (fault.row, fault.detail[: len(expected)]) == (2, expected)


def test_a_broken_file_says_where(tmp_path):
    source = write(tmp_path, json.dumps([image("img1.png", [(1, 1), (2, 2)])], indent=1)[:-30])
    assert alphatracker.recognises(source.path)
    assert alphatracker.describe(source).keypoints is None
    assert "not JSON" in alphatracker.read(source).faults[0].detail


@needs_data
def test_the_sample_file():
    source = Source(DATA / "alphatracker_json/at_testdata.json", DATA)
    assert sources.load_format(source) is alphatracker
    contents = alphatracker.read(source)
    assert contents.faults == []
    stored = json.loads(source.path.read_text())
    points = [
        (item["x"] + 0.5, item["y"] + 0.5)
        for entry in stored
        for item in entry["annotations"]
        if item["class"] == "point"
    ]
    assert contents.labels[["x", "y"]].to_numpy().tolist() == [list(point) for point in points]
    assert contents.labels["frame"].unique().tolist() == [0, 1, 2, 3]

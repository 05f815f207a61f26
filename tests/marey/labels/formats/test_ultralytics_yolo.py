import os
from pathlib import Path

import pytest
from PIL import Image

from marey.labels import sources
from marey.labels.formats import ultralytics_yolo
from marey.labels.ingest_labels import ingest
from marey.labels.reading import Source

DATA = Path(os.environ.get("MAREY_DATA", Path(__file__).parents[4] / "../shared/data")) / "14_label_formats"
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="sample data absent: set MAREY_DATA")
YAML = "path: ../datasets/mice\ntrain: train/images\nval: val/images\nkpt_shape: [2, 3]\nnames: {0: mouse, 1: rat}\n"
BOX = "0.5 0.5 0.2 0.2"


def write(folder: Path, labels: dict[str, str], said: str = YAML, *, draw=True) -> Source:
    """Write a data set; `labels` has the text of label files by the places of their images, without suffix."""
    for place in ("train/images/x", "val/images/x", *labels):
        for path in (folder / place, folder / place.replace("images", "labels")):
            path.parent.mkdir(parents=True, exist_ok=True)
    for place, text in labels.items():
        (folder / place.replace("images", "labels")).with_suffix(".txt").write_text(text)
        if draw:
            Image.linear_gradient("L").resize((400, 200)).save((folder / place).with_suffix(".png"))
    (folder / "data.yaml").write_text(said)
    return Source(folder / "data.yaml", folder.parent)


def points(table) -> list[tuple]:
    return list(table[["individual", "keypoint", "visibility"]].itertuples(index=False, name=None))


@pytest.mark.parametrize(("pixels", "dot"), [("auto", (100.5, 50.5)), ("matlab", (100, 50))])
def test_a_dot_at_column_100_and_row_50_is_where_ultralytics_put_it(tmp_path, pixels, dot):
    # the middle of that pixel, as parts of an image of 400 x 200
    source = write(tmp_path / "mice", {"train/images/a7": f"0 {BOX} {100.5 / 400} {50.5 / 200} 2 0 0 0\n"})
    found = ultralytics_yolo.read(source._replace(pixels=pixels)).labels
    assert tuple(found.loc[0, ["x", "y"]]) == pytest.approx(dot)
    assert tuple(found.loc[0, ["video", "frame", "image"]]) == ("mice", 7, "mice/train/images/a7.png")
    assert tuple(found.loc[0, ["source", "row"]]) == ("mice/train/labels/a7.txt", 1)


def test_the_folder_is_the_same_and_both_parts_are_read(tmp_path):
    labels = {"train/images/a1": f"# class box points\n0 {BOX} .1 .1 2 .2 .2 1\n1 {BOX} .3 .3 2 .4 .4 0\n"}
    labels |= {"val/images/a1": f"0 {BOX} .5 .5 2 .6 .6 2\n\n"}
    source = write(tmp_path / "mice", labels)
    folder = source._replace(path=source.path.parent)
    assert ultralytics_yolo.recognises(folder.path)
    assert [path.name for path in ultralytics_yolo.inputs(folder.path)] == ["data.yaml", "a1.txt", "a1.txt"]
    contents = ultralytics_yolo.read(folder)
    assert contents.labels.equals(ultralytics_yolo.read(source).labels)
    assert points(contents.labels)[:4] == [
        ("animal1", "keypoint1", "visible"),
        ("animal1", "keypoint2", "occluded"),
        ("animal2", "keypoint1", "visible"),
        ("animal2", "keypoint2", "unlabelled"),
    ]
    assert contents.labels["row"].tolist() == [2, 2, 3, 3, 1, 1]
    assert contents.labels["frame"].nunique() == 2  # images of one name in two parts
    assert contents.left_out == ["which of 2 classes an animal is of"]


def test_names_and_points_without_visibility(tmp_path):
    said = "train: train/images\nval: [val/images]\nkpt_shape: [3, 2]\nkpt_names:\n  0: [nose, left ear, tail]\n"
    source = write(tmp_path / "mice", {"train/images/a1": f"0 {BOX} .1 .1 0 0 -1 -1\n"}, said)
    assert ultralytics_yolo.describe(source).keypoints == ["nose", "left ear", "tail"]
    found = ultralytics_yolo.read(source)
    assert points(found.labels) == [
        ("animal", "nose", "visible"),
        ("animal", "left ear", "unlabelled"),
        ("animal", "tail", "unlabelled"),
    ]
    assert found.left_out == []


def test_a_data_set_that_knows_two_kinds_of_visibility(tmp_path):
    contents = ultralytics_yolo.read(write(tmp_path / "mice", {"train/images/a1": f"0 {BOX} .1 .1 1 .2 .2 0\n"}))
    assert contents.labels["visibility"].tolist() == ["visible", "unlabelled"]
    assert "which points are occluded" in contents.left_out[0]


def test_a_list_of_images_and_images_without_labels(tmp_path):
    source = write(
        tmp_path / "mice",
        {"train/images/a1": f"0 {BOX} .1 .1 2 .2 .2 2\n", "train/images/a2": f"0 {BOX} .1 .1 2 .2 .2 2\n"},
        YAML.replace("train: train/images", "train: some.txt"),
    )
    (tmp_path / "mice/some.txt").write_text("./train/images/a1.png\n/elsewhere/mice/val/images/a3.png\n")
    Image.new("L", (4, 4)).save(tmp_path / "mice/val/images/a3.png")
    contents = ultralytics_yolo.read(source)
    assert contents.labels["image"].unique().tolist() == ["mice/train/images/a1.png"]
    assert contents.left_out == ["2 images without a label file"]  # a3, of the list and of `val`


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (f"0 {BOX} .1 .1 2 .2 .2", "10 numbers, expected 11: a class, a box of 4, and 3 for each of 2 keypoints"),
        (f"0 {BOX} .1 .1 2 .2 .2 2 0.9", "12 numbers, expected 11"),
        (f"0 {BOX} .1 .1 2 .2 x 2", "'x' is no number"),
        (f"5 {BOX} .1 .1 2 .2 .2 2", "class 5 is none of 0, 1"),
        (f"0.5 {BOX} .1 .1 2 .2 .2 2", "class 0.5 is none of 0, 1"),
        (f"0 {BOX} .1 .1 2 40 20 2", "keypoint2 is at (40, 20), expected parts of the image from 0 to 1"),
        (f"0 {BOX} .1 .1 3 .2 .2 2", "keypoint1 has the visibility 3, expected 0, 1 or 2"),
        (f"0 {BOX} nan .1 2 .2 .2 2", "keypoint1 is at (nan, 0.1)"),
    ],
)
def test_a_faulty_line_is_named_and_left_out(tmp_path, line, expected):
    good = f"0 {BOX} .3 .3 2 .4 .4 2"
    contents = ultralytics_yolo.read(write(tmp_path / "mice", {"train/images/a1": f"{good}\n{line}\n{good}\n"}))
    assert contents.labels["row"].unique().tolist() == [1, 3]
    (fault,) = contents.faults
    assert (fault.source, fault.row) == ("mice/train/labels/a1.txt", 2)
    assert expected in fault.detail


def test_missing_images_and_folders_are_named(tmp_path):
    source = write(tmp_path / "mice", {"train/images/a1": f"0 {BOX} .1 .1 2 .2 .2 2\n"}, draw=False)
    (tmp_path / "mice/val/images").rmdir()
    faults = ultralytics_yolo.read(source).faults
    assert [(fault.source, fault.reason) for fault in faults] == [
        ("mice/data.yaml", "bad_file"),
        ("mice/train/labels/a1.txt", "missing_image"),
    ]
    assert "val: 'val/images' is not there" in faults[0].detail
    assert "image mice/train/images/a1.jpg is missing, under any suffix" in faults[1].detail
    (tmp_path / "mice/train/images/a1.png").write_text("no image")
    assert "a1.png is no readable image" in ultralytics_yolo.read(source).faults[1].detail


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (YAML.replace("[2, 3]", "[2]"), "kpt_shape is [2]; expected [number of keypoints, 2 or 3]"),
        (YAML.replace("[2, 3]", "17"), "kpt_shape is 17"),
        (YAML.replace("[2, 3]", "[yes, 3]"), "kpt_shape is [True, 3]"),
        (YAML + "kpt_names: {0: [nose]}\n", "kpt_names names 1 keypoints, but kpt_shape says 2"),
        (YAML + "kpt_names: 3\n", "kpt_names is 3; expected a list of names"),
        (YAML + "kpt_names: [a, a]\n", "kpt_names: 'a' is there 2 times"),
        (YAML.replace("train/images", "{a: 1}"), "train is {'a': 1}; expected a folder"),
        ("- kpt_shape\n", "expected keys and values"),
        ("kpt_shape: [2, 3\n", "is not YAML"),
    ],
)
def test_a_broken_yaml_file_says_what_is_wrong(tmp_path, said, expected):
    source = write(tmp_path / "mice", {}, said)
    assert ultralytics_yolo.recognises(source.path)
    assert ultralytics_yolo.describe(source).keypoints is None
    assert ultralytics_yolo.inputs(source.path) == [source.path]
    (fault,) = ultralytics_yolo.read(source).faults
    assert expected in fault.detail


@needs_data
@pytest.mark.parametrize("name", ["ultralytics_yolo", "ultralytics_yolo/data.yaml"])
def test_the_sample(name):
    names = ["head", "neck", "center", "tail_base", "tail_tip"]
    entry = {"path": name, "keypoints": {f"keypoint{at}": known for at, known in enumerate(names, 1)}}
    assert sources.describe(entry, DATA).keypoints == names
    found = ingest([entry], data=DATA, keypoints=tuple(names), videos={}, on_error="stop")[0]
    assert found["visibility"].value_counts().to_dict() == {"visible": 17, "occluded": 2, "unlabelled": 1}
    head = found[(found["image"] == "ultralytics_yolo/val/images/image_003.jpg") & (found["keypoint"] == "head")]
    with Image.open(DATA / head["image"].iloc[0]) as image:
        assert head[["x", "y"]].to_numpy().tolist() == [[0.35 * image.width, 0.3 * image.height]]


def test_the_description_reads_the_largest_label_files_alone(tmp_path, monkeypatch):
    line = f"0 {BOX} .1 .1 2 .2 .2 1\n"
    labels = {f"train/images/a{number}": line for number in range(5)} | {"train/images/a9": line * 2}
    source = write(tmp_path / "mice", labels, draw=False)
    opened = []
    lines_of = ultralytics_yolo.lines_of
    monkeypatch.setattr(ultralytics_yolo, "lines_of", lambda path: opened.append(path.name) or lines_of(path))
    monkeypatch.setattr(ultralytics_yolo, "LOOKED_AT", 3)
    assert ultralytics_yolo.describe(source).several
    assert opened == ["a9.txt"]
    (tmp_path / "mice/train/labels/a9.txt").unlink()
    assert not ultralytics_yolo.describe(source).several
    assert len(opened) == 4

import json
import os
from pathlib import Path

import pytest
from PIL import Image

from marey.labels import sources
from marey.labels.formats import coco
from marey.labels.ingest_labels import ingest
from marey.labels.reading import Source

DATA = Path(os.environ.get("MAREY_DATA", Path(__file__).parents[4] / "../shared/data")) / "14_label_formats"
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="sample data absent: set MAREY_DATA")
NAMES = ["nose", "tail"]
MOUSE = {"id": 1, "name": "mouse", "keypoints": NAMES, "skeleton": [[1, 2]]}


def write(folder: Path, images, annotations, categories=(MOUSE,), *, name="set.json", draw=True) -> Source:
    """Write a file as COCO does, and its images; an image is a path, or (id, path)."""
    listed = [dict(zip(("id", "file_name"), image, strict=True)) for image in images]
    content = {"images": listed, "annotations": [*annotations], "categories": [*categories]}
    path = folder / name
    path.write_text(json.dumps(content))
    for number, (_, image) in enumerate(images if draw else []):
        (folder / image).parent.mkdir(parents=True, exist_ok=True)
        picture = Image.new("L", (200, 100))
        picture.putpixel((number, number), 255)
        picture.save(folder / image)
    return Source(path, folder)


def animal(keypoints, image=1, **more) -> dict:
    return {"id": str(keypoints), "image_id": image, "category_id": 1, "keypoints": keypoints, "iscrowd": 0} | more


def places(table) -> list[tuple]:
    return list(table[["individual", "keypoint", "x", "y", "visibility"]].itertuples(index=False, name=None))


@pytest.mark.parametrize(("pixels", "dot"), [("auto", (100.5, 50.5)), ("corner", (100, 50)), ("matlab", (99.5, 49.5))])
def test_a_dot_at_column_100_and_row_50_is_where_coco_put_it(tmp_path, pixels, dot):
    source = write(tmp_path, [(1, "a7.png")], [animal([100, 50, 2, 0, 0, 0])])._replace(pixels=pixels)
    assert coco.recognises(source.path)
    found = coco.read(source).labels
    assert tuple(found.loc[0, ["x", "y"]]) == dot
    assert tuple(found.loc[0, ["video", "frame", "image", "row"]]) == ("set", 7, "a7.png", 1)


def test_visibility_of_three_kinds_and_of_two(tmp_path):
    source = write(tmp_path, [(1, "a1.png")], [animal([1, 2, 2, 3, 4, 1]), animal([5, 6, 1, 7, 8, 0])])
    contents = coco.read(source)
    assert contents.labels["visibility"].tolist() == ["visible", "occluded", "occluded", "unlabelled"]
    assert contents.labels["x"].isna().tolist() == [False, False, False, True]
    assert "1 positions of points of visibility 0" in contents.left_out
    source = write(tmp_path, [(1, "a1.png")], [animal([1, 2, 1, 3, 4, 1]), animal([5, 6, 1, 0, 0, 0])])
    contents = coco.read(source)
    assert contents.labels["visibility"].tolist() == ["visible", "visible", "visible", "unlabelled"]
    assert "which points are occluded" in contents.left_out[-1]


def test_images_of_one_name_in_two_folders_are_two(tmp_path):
    annotations = [animal([1, 1, 2, 2, 2, 2]), animal([3, 3, 2, 4, 4, 2], image=2)]
    source = write(tmp_path, [(1, "cam1/1.png"), (2, "cam2/1.png")], annotations)
    found = coco.read(source).labels.drop_duplicates("image")
    assert found[["video", "frame", "image"]].to_numpy().tolist() == [
        ["cam1", 1, "cam1/1.png"],
        ["cam2", 1, "cam2/1.png"],
    ]
    for image in ("cam1/1.png", "cam2/1.png"):  # with one image left, neither is that one for sure
        (tmp_path / image).unlink()
    Image.new("L", (200, 100)).save(tmp_path / "1.png")
    contents = coco.read(source)
    assert contents.labels.empty
    assert [fault.row for fault in contents.faults] == [1, 2]
    assert "'cam1/1.png' and 'cam2/1.png' would both be 1.png" in contents.faults[0].detail


def test_images_lie_beside_the_file_or_above_it(tmp_path):
    (tmp_path / "annotations").mkdir()
    source = write(tmp_path, [(1, "images/a1.png")], [animal([1, 1, 2, 2, 2, 2])])
    (tmp_path / "annotations/train.json").write_text(source.path.read_text().replace("images/a1.png", "a1.png"))
    found = coco.read(Source(tmp_path / "annotations/train.json", tmp_path)).labels
    assert found["image"].unique().tolist() == ["images/a1.png"]


def test_animals_with_and_without_identity(tmp_path):
    there = [1, 1, 2, 2, 2, 2]
    items = [
        animal([3, 3, 2, 0, 0, 0], track_id=7),
        animal(there),
        animal([4, 4, 2, 0, 0, 0], attributes={"object_id": "Ann"}),
        animal([5, 5, 2, 5, 6, 2]),
    ]
    source = write(tmp_path, [(1, "a1.png"), (2, "a2.png")], items)
    contents = coco.read(source)
    assert contents.labels["individual"].unique().tolist() == ["track7", "animal1", "Ann", "animal2"]
    said = coco.describe(source)
    assert (said.several, said.individuals) == (True, ["track7", "Ann"])
    assert contents.left_out[0] == "1 images without annotated keypoints"
    single = write(tmp_path, [(1, "a1.png")], [animal(there)])
    assert coco.read(single).labels["individual"].unique().tolist() == ["animal"]
    assert coco.describe(single).several is False


def test_categories_with_other_keypoints(tmp_path):
    fly = {"id": "f", "name": "fly", "keypoints": ["head", "nose", "wing"], "skeleton": [[0, 1], [1, 2]]}
    unused = {"id": 3, "name": "ape", "keypoints": ["hand"]}
    items = [animal([1, 1, 2, 2, 2, 2]), animal([3, 3, 2, 4, 4, 2, 5, 5, 2], category_id="f")]
    source = write(tmp_path, [(1, "a1.png")], items, [MOUSE, fly, unused])
    said = coco.describe(source)
    assert said.keypoints == ["nose", "tail", "head", "wing"]
    assert said.skeleton == [["nose", "tail"], ["head", "nose"], ["nose", "wing"]]
    contents = coco.read(source)
    assert places(contents.labels)[2:4] == [
        ("animal2", "head", 3.5, 3.5, "visible"),
        ("animal2", "nose", 4.5, 4.5, "visible"),
    ]
    assert "which of 2 categories an animal is of" in contents.left_out


def test_what_is_no_label(tmp_path):
    guess = animal([7, 7, 2, 8, 8, 2], score=0.75)
    items = [
        animal([1, 1, 2, 2, 2, 2]),
        guess,
        animal([0] * 6),
        animal([9, 9, 2, 9, 9, 2], iscrowd=1),
        {"bbox": [1, 2, 3, 4]},
    ]
    contents = coco.read(write(tmp_path, [(1, "a1.png")], items))
    assert len(contents.labels) == 2
    assert contents.predictions[["instance", "x", "confidence"]].to_numpy().tolist() == [[0, 7.5, 0.75], [0, 8.5, 0.75]]
    assert {"1 crowds", "2 annotations without keypoints"} <= set(contents.left_out)
    only = write(tmp_path, [(1, "v/a1.png")], [guess])
    said = coco.describe(only)
    assert (said.predicted, said.predicted_videos) == (True, ["v"])


def test_predictions_have_scores_for_each_point_and_what_belongs_to_no_animal(tmp_path):
    cup = {"id": 2, "name": "unique", "keypoints": ["cup"]}
    guess = animal([7, 7, 2, 8, 8, 2], score=0.5, keypoint_scores=[0.75, 0.25], individual="Ann")
    other = animal([9, 9, 2], score=0.5, category_id=2)
    source = write(tmp_path, [(1, "v/a1.png")], [other, guess, animal([1, 1, 2, 0, 0, 0], score=1)], [MOUSE, cup])
    said = coco.describe(source)
    assert (said.unique, said.several, said.individuals) == (["cup"], True, ["Ann"])
    found = coco.read(source).predictions[["instance", "individual", "keypoint", "confidence"]]
    assert found.to_numpy().tolist() == [
        [-1, "", "cup", 0.5],
        [0, "Ann", "nose", 0.75],
        [0, "Ann", "tail", 0.25],
        [1, "", "nose", 1],
    ]
    short = write(tmp_path, [(1, "v/a1.png")], [guess | {"keypoint_scores": [1]}])
    assert "keypoint_scores: expected one for each of 2" in coco.read(short).faults[0].detail


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        ({"image_id": 9}, "annotations[1]: image_id 9 is not in `images`; add it there or delete the annotation"),
        ({"category_id": 4}, "annotations[1]: category_id 4 is not in `categories`"),
        ({"category_id": True}, "annotations[1]: category_id True is not in `categories`"),
        ({"keypoints": [1, 2, 2]}, "annotations[1]: keypoints: 3 numbers; expected x, y and visibility of 2 keypoints"),
        ({"keypoints": {"a": 1}}, "annotations[1]: keypoints: no list"),
        ({"keypoints": [1, 2, 2, "3", 4, 2]}, "annotations[1]: keypoint 'tail': '3' is no number"),
        ({"keypoints": [1, 2, 7, 3, 4, 2]}, "annotations[1]: keypoint 'nose': visibility 7, expected 0, 1 or 2"),
        ({"keypoints": [1, 2, True, 3, 4, 2]}, "annotations[1]: keypoint 'nose': visibility True, expected 0, 1 or 2"),
        ({"keypoints": [1, None, 2, 3, 4, 2]}, "annotations[1]: keypoint 'nose': None is no number"),
        ({"id": "first"}, "annotations[1]: id 'first' was there before, in the same image"),
    ],
)
def test_a_faulty_annotation_is_named_and_left_out(tmp_path, item, expected):
    items = [animal([1, 1, 2, 2, 2, 2], id="first"), animal([5, 5, 2, 6, 6, 2]) | item]
    contents = coco.read(write(tmp_path, [(1, "a1.png")], items))
    assert contents.labels["row"].unique().tolist() == [1]
    assert [fault.row for fault in contents.faults] == [2]
    assert expected in contents.faults[0].detail


def test_images_that_cannot_be_told_apart_or_are_others(tmp_path):
    items = [animal([1, 1, 2, 2, 2, 2], image=number) for number in (1, 2, 3)]
    source = write(tmp_path, [(1, "a1.png"), (1, "a2.png"), (2, "a3.png"), (3, "a3.png"), (4, "")], items, draw=False)
    contents = coco.read(source)
    found = [(fault.row, fault.detail) for fault in contents.faults]
    assert contents.labels["row"].unique().tolist() == [2]
    assert found[0][1].startswith("images[4]: expected an object with an id and a file_name")
    assert "image_id 1 is both a1.png and a2.png" in found[1][1]
    assert "a3.png is image 2 and image 3; keep one" in found[2][1]
    source = write(tmp_path, [(1, "a1.png")], items[:1])
    content = json.loads(source.path.read_text())
    content["images"][0] |= {"width": 400, "height": 200}
    source.path.write_text(json.dumps(content))
    assert "a1.png has 200 x 100 px, but was labelled with 400 x 200" in coco.read(source).faults[0].detail


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ('{"images": [], "annotations": [\n{"id": 1, "keypo', "line 2, column 11: not JSON"),
        ('{"images": [], "annotations": []}', "lacks categories; expected images, annotations, categories"),
        ('{"images": {}, "annotations": [], "categories": []}', "'images' is no list"),
        (
            '{"images": [], "annotations": [], "categories": [{"name": 1}]}',
            "categories[0]: expected an object with an id",
        ),
        (
            '{"images": [], "annotations": [], "categories": [{"id": 1, "keypoints": ["a", "a"]}]}',
            "categories[0].keypoints: 'a' is there 2 times",
        ),
    ],
)
def test_a_broken_file_says_where(tmp_path, content, expected):
    path = tmp_path / "a.json"
    path.write_text(content)
    assert coco.recognises(path)
    assert coco.describe(Source(path, tmp_path)).keypoints is None
    (fault,) = coco.read(Source(path, tmp_path)).faults
    assert (fault.row, fault.reason) == (0, "bad_file")
    assert expected in fault.detail


@pytest.mark.parametrize("content", ['{"a": 1}', "[1, 2]", '{"annotations": 1}', '{"points": {"images": 1}}', "images"])
def test_other_json_is_no_coco(tmp_path, content):
    path = tmp_path / "a.json"
    path.write_text(content)
    assert not coco.recognises(path)


@needs_data
@pytest.mark.parametrize(
    ("name", "points", "visible"),
    [
        ("ap10k_sample/test_ap10k.json", 34, 32),
        ("flat_images/annotations.json", 51, 51),
        ("mixed_animals/annotations.json", 90, 90),
        ("visibility_ternary/annotations.json", 51, 15),
    ],
)
def test_sample_files(name, points, visible):
    data = DATA / "coco_keypoints"
    keypoints = tuple(sources.describe(name, data).keypoints)
    found = ingest([name], data=data, keypoints=keypoints, videos={}, on_error="stop")[0]
    assert (len(found), found["visibility"].eq("visible").sum()) == (points, visible)


@pytest.mark.parametrize("number", [float("inf"), float("nan"), "x", None, 3])
def test_a_skeleton_that_joins_no_keypoints_is_left_out(tmp_path, number):
    source = write(tmp_path, [(1, "a1.png")], [animal([1, 2, 2, 3, 4, 1])], [MOUSE | {"skeleton": [[1, number]]}])
    assert not coco.describe(source).skeleton
    assert len(coco.read(source).labels) == 2

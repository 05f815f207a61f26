import numpy as np
import pytest
from PIL import Image

from marey.labels.formats import marey_table
from marey.labels.reading import Source
from marey.synth.example_files import draw_sheet, write_examples
from marey.synth.examples import render_example, render_examples
from marey.synth.mouse import KEYPOINTS


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("examples")
    write_examples(made, number=3, seed=7, size=(96, 72))
    return made


def test_labels_are_read_as_they_were_rendered(folder):
    contents = marey_table.read(Source(folder / "labels.parquet", folder))
    assert contents.faults == []
    for index, rows in contents.labels.groupby("frame"):
        example = render_example(7, index, size=(96, 72))
        assert set(rows["individual"]) == set(example.individuals)
        assert set(rows["keypoint"]) == set(KEYPOINTS)
        points = example.points.reshape(-1, 2)
        np.testing.assert_allclose(rows[["x", "y"]].to_numpy(float), points)
        words = np.array(["visible", "occluded", "absent"])[example.visibility.ravel()]
        assert list(rows["visibility"]) == list(words)
    assert contents.labels["frame"].nunique() == 3


def test_every_label_has_its_image(folder):
    contents = marey_table.read(Source(folder / "labels.parquet", folder))
    for index, name in set(zip(contents.labels["frame"], contents.labels["image"], strict=True)):
        image = np.asarray(Image.open(folder / name).convert("RGB"), float)
        assert np.abs(image - render_example(7, index, size=(96, 72)).image).mean() < 8  # JPEG
    assert Image.open(folder / "sheet.png").size == (5 * 96, 72)


def test_a_sheet_marks_keypoints_on_every_second_image():
    examples = list(render_examples(0, 6, size=(96, 72)))
    sheet = np.asarray(draw_sheet(examples))
    assert sheet.shape == (144, 480, 3)
    np.testing.assert_array_equal(sheet[:72, :96], examples[0].image)
    marked = (sheet[:72, 96:192] == [0, 255, 0]).all(axis=-1) | (sheet[:72, 96:192] == [255, 0, 0]).all(axis=-1)
    assert marked.sum() >= 9


def test_other_animals_have_their_own_keypoints(tmp_path):
    write_examples(tmp_path, number=1, seed=7, size=(96, 72), animal="fly_top")
    rows = marey_table.read(Source(tmp_path / "labels.parquet", tmp_path)).labels
    example = render_example(7, 0, animal="fly_top", size=(96, 72))
    assert set(rows["keypoint"]) == set(example.keypoints) >= {"head", "forelegL4"}
    np.testing.assert_allclose(rows[["x", "y"]].to_numpy(float), example.points.reshape(-1, 2))

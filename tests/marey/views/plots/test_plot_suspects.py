"""Suspicious labels."""

import numpy as np
import pandas as pd
import pytest

from marey.pictures.encoding import encode
from marey.tables import files
from marey.tables.dataset import DATASET
from marey.tables.suspects import SUSPECTS
from marey.views.plots.plot_suspects import plot_suspects

ROWS = [  # keypoint, kind, other, label, label of the other, prediction
    ("left_ear", "swapped", "right_ear", (70, 50), (90, 50), (90, 51)),
    ("snout", "far", None, (30, 30), (np.nan, np.nan), (60, 70)),
    ("tail", "missing", None, (np.nan, np.nan), (np.nan, np.nan), (120, 60)),
]


@pytest.fixture
def draw(tmp_path, figures):
    def run(count: int, names=("mouse",), individual="mouse", evidence="model"):
        image = encode(np.full((100, 160, 3), 99, np.uint8))
        rows = {"video": "video", "frame": list(range(20)), "width": 160, "height": 100, "image": image}
        rows = pd.DataFrame(rows).assign(individuals=[list(names)] * 20, points=[[0.0] * 6] * 20)
        files.write(tmp_path / "d.parquet", rows.assign(visibility=[[0] * 3] * 20), DATASET)
        table = []
        for index in range(count):
            keypoint, kind, other, label, second, seen = ROWS[index % 3]
            row = {"rank": index + 1, "video": "video", "frame": index, "individual": individual, "keypoint": keypoint}
            row |= {
                "kind": kind,
                "evidence": evidence,
                "other": other,
                "score": 9.0 - index,
                "x": label[0],
                "y": label[1],
            }
            row |= {"other_x": second[0], "other_y": second[1], "predicted_x": seen[0], "predicted_y": seen[1]}
            table.append({**row, "confidence": 0.9, "sigma_px": 2.0, "source": "labels.csv", "row": index})
        table = pd.DataFrame(table, columns=SUSPECTS.names)
        files.write(tmp_path / "s.parquet", table, SUSPECTS)
        plot_suspects(tmp_path / "d.parquet", tmp_path / "s.parquet", tmp_path / "a.png")
        return figures[-1].axes

    return run


def test_each_kind_is_named_in_words_the_first_first(draw):
    titles = [axes.get_title(loc="left") for axes in draw(3) if axes.images]
    assert titles == [
        "1. left_ear and right_ear swapped?\nvideo, frame 0",
        "2. snout 50 px off?\nvideo, frame 1",
        "3. tail not labelled?\nvideo, frame 2",
    ]


def test_what_other_cameras_say_is_told(draw):
    titles = [axes.get_title(loc="left").splitlines()[0] for axes in draw(2, evidence="views") if axes.images]
    assert titles == [
        "1. left_ear and right_ear swapped by the other cameras?",
        "2. snout 50 px off by the other cameras?",
    ]
    (first, *_) = (axes for axes in draw(1, evidence="both") if axes.images)
    assert first.get_title(loc="left").splitlines()[0].endswith("by the other cameras, too?")


@pytest.mark.parametrize(
    ("count", "title"),
    [(1, "1 suspicious label"), (3, "3 suspicious labels"), (13, "13 suspicious labels, the first 12")],
)
def test_the_title_counts_them(draw, figures, count, title):
    draw(count)
    assert figures[-1].get_suptitle() == f"{title} (ring: label, cross: prediction)"


def test_labels_and_prediction_are_marked_inside_the_crop(draw):
    axes = draw(1)[0]
    label, other, seen = (line.get_xydata()[0] for line in axes.lines)
    assert (label.tolist(), other.tolist(), seen.tolist()) == ([70, 50], [90, 50], [90, 51])
    assert [text.get_text() for text in axes.texts] == ["left_ear", "right_ear"]
    (left, right), (bottom, top) = axes.get_xlim(), axes.get_ylim()
    assert left < 70 < 90 < right
    assert top < 50 < bottom
    assert right - left >= 80  # enough of the animal


def test_twelve_are_shown(draw):
    assert len([axes for axes in draw(20) if axes.images]) == 12


def test_an_empty_list_is_said(draw):
    assert draw(0)[0].texts[0].get_text() == "no label is suspicious, or none could be checked"


def test_one_of_several_animals_is_named(draw):
    titles = [axes.get_title(loc="left") for axes in draw(2, ("mouse", "other")) if axes.images]
    assert [title.splitlines()[1] for title in titles] == ["video, frame 0, mouse", "video, frame 1, mouse"]


def test_an_animal_that_is_not_labelled_is_shown_whole(draw):
    axes = draw(3, ("mouse", "other"), "spurious1")[2]
    assert axes.get_title(loc="left") == "3. an animal not labelled?\nvideo, frame 2"
    assert [text.get_text() for text in axes.texts] == ["tail"]
    left, right = axes.get_xlim()
    assert right - left >= 200

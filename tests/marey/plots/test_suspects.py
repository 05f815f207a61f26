"""Suspicious labels."""

import numpy as np
import pandas as pd
import pytest

from marey.plots.suspects import plot_suspects
from marey.tables import dataset, files, suspects

ROWS = [  # keypoint, kind, other, label, label of the other, prediction
    ("left_ear", "swapped", "right_ear", (70, 50), (90, 50), (90, 51)),
    ("snout", "far", None, (30, 30), (np.nan, np.nan), (60, 70)),
    ("tail", "missing", None, (np.nan, np.nan), (np.nan, np.nan), (120, 60)),
]


@pytest.fixture
def draw(tmp_path, figures, encode):
    def run(count: int):
        image = encode(np.full((100, 160, 3), 99, np.uint8))
        rows = {"video": "video", "frame": list(range(20)), "width": 160, "height": 100, "image": image}
        rows = pd.DataFrame(rows).assign(individuals=[["mouse"]] * 20, points=[[0.0] * 6] * 20)
        files.write(tmp_path / "d.parquet", rows.assign(visibility=[[0] * 3] * 20), dataset.SCHEMA)
        table = []
        for index in range(count):
            keypoint, kind, other, label, second, seen = ROWS[index % 3]
            row = {"rank": index + 1, "video": "video", "frame": index, "individual": "mouse", "keypoint": keypoint}
            row |= {"kind": kind, "other": other, "score": 9.0 - index, "x": label[0], "y": label[1]}
            row |= {"other_x": second[0], "other_y": second[1], "predicted_x": seen[0], "predicted_y": seen[1]}
            table.append({**row, "confidence": 0.9, "sigma_px": 2.0, "source": "labels.csv", "row": index})
        table = pd.DataFrame(table, columns=suspects.SCHEMA.names)
        files.write(tmp_path / "s.parquet", table, suspects.SCHEMA)
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

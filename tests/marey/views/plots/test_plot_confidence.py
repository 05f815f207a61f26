"""Confidence over time."""

import numpy as np
import pandas as pd
import pytest

from marey.tables import files
from marey.tables.quality import QUALITY
from marey.tables.smoothed import SMOOTHED
from marey.tables.tracks import TRACKS
from marey.views.plots.plot_confidence import plot_confidence

OUTPUTS = ("a.png", "quality.parquet")


@pytest.fixture
def draw(tmp_path, skeleton, figures):
    def run(poses, states):
        files.write(tmp_path / "p.parquet", poses, TRACKS)
        files.write(tmp_path / "s.parquet", states, SMOOTHED)
        inputs, outputs = ((tmp_path / name for name in names) for names in (("p.parquet", "s.parquet"), OUTPUTS))
        plot_confidence(*inputs, *outputs, skeleton=skeleton, cut=0.2)
        return figures[0].axes

    return run


def test_rows_show_confidence_gaps_and_damage(draw, motion):
    snout, _, tail, damaged = draw(*motion)
    values = snout.lines[0].get_ydata()
    assert len(values) == 300
    assert np.isnan(values[200:202]).all()  # nothing is known of damaged frames
    np.testing.assert_allclose(np.delete(values, [200, 201]), 0.9, rtol=1e-6)
    np.testing.assert_allclose(tail.lines[0].get_ydata()[100:150], 0.05, rtol=1e-6)
    assert (snout.texts[0].get_text(), tail.texts[0].get_text()) == ("0.0% in gaps", "16.7% in gaps")
    assert damaged.texts[0].get_text() == "2 frames"
    np.testing.assert_allclose([line[0, 0] for line in damaged.collections[0].get_segments()], [200 / 30, 201 / 30])


def test_what_is_drawn_is_counted(draw, motion, tmp_path):
    draw(*motion)
    rows = files.read(tmp_path / "quality.parquet", QUALITY).set_index("keypoint")
    assert rows["positions"].tolist() == [300, 300, 300]
    assert rows["damaged"].tolist() == [2, 2, 2]
    assert rows.loc["tail", ["low", "lost"]].tolist() == [52, 50]  # nothing is known of damaged frames


def test_long_videos_are_binned(draw, motion):
    poses, states = (
        pd.concat([table.assign(frame=table["frame"] + 300 * i, time=table["time"] + 10 * i) for i in range(20)])
        for table in motion
    )
    assert len(draw(poses, states)[0].lines[0].get_ydata()) == 600


@pytest.mark.parametrize("frames", [0, 1])
def test_hardly_any_frames(draw, motion, frames):
    axes = draw(*(table.head(3 * frames) for table in motion))
    assert axes[0].texts[0].get_text() == ("0.0% in gaps" if frames else "no frames")


def test_each_of_several_animals_has_a_row_that_says_when_it_is_there(draw, several):
    *keypoints, one, two, ten, _ = draw(*several)
    assert [axes.get_ylabel() for axes in (one, two, ten)] == ["animal1", "animal2", "animal10"]
    assert [axes.texts[0].get_text() for axes in (one, two, ten)] == ["100.0% there", "90.0% there", "20.0% there"]
    listed, there = (patch.get_data().values.astype(bool) for patch in two.patches)
    assert listed.all()
    assert np.flatnonzero(~there).tolist() == list(range(50, 80))
    listed, there = (patch.get_data().values.astype(bool) for patch in ten.patches)
    assert np.flatnonzero(listed)[0] == np.flatnonzero(there)[0] == 240
    assert keypoints[0].texts[0].get_text() == f"{30 / 660:.1%} in gaps"
    grey = keypoints[0].collections[0].get_paths()[0].vertices[:, 1]
    assert grey.max() == pytest.approx(0.5)  # one of two animals


def test_no_more_than_ten_animals_have_a_row(draw, motion):
    tables = [pd.concat([t.assign(individual=f"animal{n}") for n in range(1, 14)]).sort_values("frame") for t in motion]
    axes = draw(*tables)
    assert len(axes) == 3 + 10 + 1
    assert axes[-1].get_title(loc="left") == "and 3 more animals"

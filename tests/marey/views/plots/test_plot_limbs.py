"""Limb lengths over time: as shares of their medians, with those and their variation beside."""

import numpy as np
import pandas as pd
import pytest

from marey.experiment.skeletons import Skeleton
from marey.multiview.cameras import camera_rows
from marey.tables import files
from marey.tables.cameras import CAMERAS
from marey.tables.poses3d import POSES3D
from marey.views.plots.plot_limbs import plot_limbs

from ...multiview import rig, session

SKELETON = Skeleton(session.KEYPOINTS, ((0, 1), (0, 3)))


@pytest.fixture
def draw(tmp_path, figures):
    def run(truth, state="measured", *, animals=1, skeleton=SKELETON):
        session.write_truth(tmp_path, truth, state)
        path = tmp_path / "poses3d.parquet"
        rows = files.read(path, POSES3D)
        many = [rows.assign(individual=f"a{at}", **(rows[list("xyz")] * (at + 1))) for at in range(animals)]
        files.write(path, pd.concat(many).sort_values("frame", kind="stable"), POSES3D)
        files.write(tmp_path / "cameras.parquet", camera_rows(rig.ring(3), unit="mm"), CAMERAS)
        plot_limbs(tmp_path / "cameras.parquet", path, tmp_path / "limbs.png", session="s", skeleton=skeleton)
        return figures[0].axes

    return run


@pytest.fixture
def growing():
    """Nose and left ear 10 apart, in every fourth frame 12; nose and tail 5 or 7."""
    truth = np.zeros((60, 4, 3))
    truth[:, 0, 0] = 10
    truth[::4, 0, 0] = 12
    truth[:, 3, 0] = 5
    return truth


def test_lengths_are_shares_of_their_medians(draw, growing):
    state = np.full((60, 4), "measured", object)
    state[5:9, 0], state[20:30, 0] = "bridged", "gap"
    first, second = draw(growing, state.ravel())
    assert first.get_ylabel() == "nose \N{EN DASH} left_ear"
    every, measured = (line.get_ydata() for line in first.lines[:2])
    ratio = np.where(np.arange(60) % 4, 1.0, 1.2)
    known = np.r_[:20, 30:60]
    np.testing.assert_allclose(every[known], ratio[known])
    assert np.isnan(every[20:30]).all()
    assert np.isnan(measured[[*range(5, 9), *range(20, 30)]]).all()
    assert first.texts[0].get_text() == "10 mm, 0.0%"
    assert second.texts[0].get_text() == "5 mm, 0.0%"
    assert first.get_ylim() == pytest.approx((0.5, 1.5))  # the second's 7 of 5 is far
    assert np.nanmax(second.lines[0].get_ydata()) == pytest.approx(1.4)


def test_variation_is_told_as_the_metrics_have_it(draw, growing):
    growing[1::4, 0, 0] = 11
    growing[2::4, 0, 0] = 9  # 12, 11, 9, 10: from their median 10.5 1.5, 0.5, 1.5, 0.5
    first, _ = draw(growing)
    assert first.texts[0].get_text() == f"10.5 mm, {1.4826 / 10.5:.1%}"


def test_steady_limbs_are_shown_from_near(draw):
    truth = np.zeros((60, 4, 3))
    truth[:, 0, 0] = 10 + 0.1 * np.sin(np.arange(60))
    truth[:, 3, 0] = 5
    assert draw(truth)[0].get_ylim() == pytest.approx((0.9, 1.1))


def test_of_many_animals_the_middle_one_is_told(draw, growing, figures):
    first, _ = draw(growing, animals=5)
    assert [text.get_text() for text in first.texts] == ["30 mm, 0.0%"]
    assert len(first.lines) == 2 * 5 + 1
    assert "the middle of all animals" in first.get_title(loc="left")
    assert len(figures[0].legends[0].get_texts()) == 5


def test_nothing_to_draw_is_said(draw, growing):
    assert draw(growing, "gap")[0].texts[0].get_text() == "no positions"


def test_no_limbs_are_said(draw, growing):
    assert "has no lines" in draw(growing, skeleton=Skeleton(session.KEYPOINTS))[0].texts[0].get_text()

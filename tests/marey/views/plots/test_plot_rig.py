"""The rig from above and from the side: cameras and paths where they are, names that do not lie on each other."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from marey.experiment.skeletons import Skeleton
from marey.multiview.cameras import camera_rows
from marey.tables import files
from marey.tables.cameras import CAMERAS
from marey.tables.poses3d import POSES3D
from marey.views.colors import individual_colors
from marey.views.plots.plot_rig import plot_rig

from ...multiview import rig, session

SKELETON = Skeleton(session.KEYPOINTS, ((0, 1), (2, 3)))


@pytest.fixture
def draw(tmp_path, figures):
    def run(truth, state="measured", cameras=3, animals=("animal",)):
        session.write_truth(tmp_path, truth, state)
        path = tmp_path / "poses3d.parquet"
        rows = files.read(path, POSES3D)
        both = pd.concat([rows.assign(individual=name, x=rows["x"] + 300 * at) for at, name in enumerate(animals)])
        files.write(path, both.sort_values("frame", kind="stable"), POSES3D)
        files.write(tmp_path / "cameras.parquet", camera_rows(rig.ring(cameras), unit="cm"), CAMERAS)
        plot_rig(tmp_path / "cameras.parquet", path, tmp_path / "rig.png", session="s", skeleton=SKELETON)
        return figures[0].axes

    return run


def marks(axes, marker):
    return np.concatenate([line.get_xydata() for line in axes.lines if line.get_marker() == marker])


def test_cameras_are_where_they_stand(draw):
    axes = draw(session.walk(60))
    centres = np.stack([camera.centre for camera in rig.ring(3)])
    np.testing.assert_allclose(marks(axes[0], "s"), centres[:, :2])
    np.testing.assert_allclose(marks(axes[1], "s"), centres[:, [0, 2]])
    assert [text.get_text() for text in axes[0].texts] == ["view1", "view2", "view3"]
    assert (axes[0].get_xlabel(), axes[0].get_ylabel(), axes[1].get_ylabel()) == ("x (cm)", "y (cm)", "z (cm)")


def test_paths_are_the_middle_of_the_animal_where_most_of_it_has_a_position(draw):
    truth = session.walk(60)
    state = np.full((60, 4), "measured", object)
    state[10, 0] = "gap"  # three of four are enough
    state[20, :2] = "gap"
    for axes, own in zip(draw(truth, state.ravel())[:4], ([0, 1], [0, 2], [0, 1], [0, 2]), strict=True):
        segments = [segment for segment in axes.collections[-1].get_segments() if len(segment) == 2]
        middle = truth[..., own].mean(axis=1)
        middle[10] = truth[10, 1:][:, own].mean(axis=0)
        expected = [middle[at : at + 2] for at in range(59) if at not in (19, 20)]
        np.testing.assert_allclose(segments, expected, rtol=1e-4, atol=1e-3)


def test_the_last_pose_is_drawn_large(draw):
    truth = session.walk(60)
    axes = draw(truth)
    np.testing.assert_allclose(marks(axes[2], "o"), truth[-1, :, :2], rtol=1e-4, atol=1e-3)


def test_several_animals_are_told_apart_and_a_small_path_has_a_ring(draw, figures):
    axes = draw(session.walk(60), animals=("a", "b"))
    colors = [line.get_color() for line in axes[2].lines if line.get_marker() == "None" and len(line.get_xdata()) == 60]
    assert colors == list(individual_colors(["a", "b"]).values())
    assert [text.get_text() for text in figures[0].legends[0].get_texts()] == ["a", "b"]
    assert not any(line.get_markerfacecolor() == "none" for line in axes[0].lines)


def test_an_animal_that_stays_has_a_ring(draw):
    truth = np.repeat(session.walk(1), 30, axis=0)
    axes = draw(truth)
    (ring,) = (line for line in axes[0].lines if line.get_markerfacecolor() == "none")
    np.testing.assert_allclose(ring.get_xydata()[0], truth[0, :, :2].mean(axis=0), atol=1e-3)


@pytest.mark.parametrize("cameras", [2, 8])
def test_names_lie_on_nothing(draw, figures, cameras):
    axes = draw(session.walk(60), cameras=cameras)
    renderer = FigureCanvasAgg(figures[0]).get_renderer()
    for plot in axes[:2]:
        boxes = [text.get_window_extent(renderer) for text in plot.texts]
        for at, box in enumerate(boxes):
            assert not any(box.overlaps(other) for other in boxes[:at])
            assert plot.get_window_extent(renderer).contains(box.x0, box.y0)
            assert plot.get_window_extent(renderer).contains(box.x1, box.y1)


def test_without_positions_the_cameras_are_there(draw):
    axes = draw(session.walk(20), "gap")
    assert len(marks(axes[0], "s")) == 3
    assert axes[2].texts[0].get_text() == "no positions"

"""The shared look: colours, saving, labels and where points are drawn."""

import itertools

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.text import Text
from PIL import Image

from marey.experiment.skeletons import Skeleton
from marey.views.colors import individual_colors, keypoint_colors
from marey.views.plots import style


@pytest.mark.parametrize("count", [1, 4, 6, 7, 9, 10, 30])
def test_colours_are_distinct(count):
    colors = keypoint_colors(count)
    assert len(colors) == len(set(colors)) == count


def deuteranopic(color: str) -> np.ndarray:
    """Colour as a deuteranope sees it: Machado, Oliveira & Fernandes 2009, severity 1 (linear RGB)."""
    matrix = [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    return np.array(matrix) @ np.array(to_rgb(color)) ** 2.2


@pytest.mark.parametrize("count", [6, 9])
def test_colours_are_told_apart_without_green(count):
    seen = [deuteranopic(color) for color in keypoint_colors(count)]
    assert min(np.linalg.norm(a - b) for a, b in itertools.combinations(seen, 2)) > 0.05


def test_individuals_have_their_colour_by_natural_order_of_names():
    names = [f"animal{number}" for number in (10, 2, 1, 9)]
    colors = individual_colors(names)
    assert list(colors) == ["animal1", "animal2", "animal9", "animal10"]
    assert colors == individual_colors(names[::-1])
    many = individual_colors([f"animal{number}" for number in range(1, 13)])
    assert len(set(many.values())) == 10
    assert (many["animal11"], many["animal12"]) == (many["animal1"], many["animal2"])


def test_objects_take_no_colour_away_from_animals():
    with_objects = individual_colors({"unique", "animal1", "zebra"})
    assert list(with_objects) == ["animal1", "zebra", "unique"]
    assert len(set(with_objects.values())) == 3
    assert individual_colors(["animal1", "zebra"]).items() <= with_objects.items()


def test_ten_individuals_are_told_apart_without_green():
    seen = [deuteranopic(color) for color in individual_colors([f"animal{n}" for n in range(10)]).values()]
    assert min(np.linalg.norm(a - b) for a, b in itertools.combinations(seen, 2)) > 0.05


def test_same_figure_same_bytes(tmp_path):
    for name in ("a.png", "b.png"):
        with style.figure(tmp_path / name, width=2, height=1, title="title") as drawn:
            drawn.subplots().plot([0, 1])
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    with Image.open(tmp_path / "a.png") as image:
        assert image.size == (2 * style.DPI, style.DPI)
        assert "Software" not in image.info


def test_failed_figure_leaves_nothing(tmp_path):
    with pytest.raises(RuntimeError), style.figure(tmp_path / "a.png", width=2, height=1):
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []


def test_end_labels_do_not_overlap_and_keep_their_order(tmp_path):
    with style.figure(tmp_path / "a.png", width=4, height=3) as drawn:
        axes = drawn.subplots()
        axes.set_ylim(0, 1)
        heights = [1.0, 0.99, 0.2, 0.98, 1.0]
        style.label_ends(axes, heights, list("abcde"), ["k"] * 5)
    boxes = {text.get_text(): text.get_window_extent() for text in axes.texts}
    ordered = sorted(boxes, key=lambda name: boxes[name].y0)
    assert ordered[:3] == ["c", "d", "b"]
    for low, high in itertools.pairwise(ordered):
        assert boxes[low].y1 <= boxes[high].y0 + 1


def test_points_are_drawn_where_they_are(tmp_path, skeleton):
    # An image of 20 x 10 px, filled figure: 20 screen px per image px.
    with style.figure(tmp_path / "a.png", width=400 / style.DPI, height=200 / style.DPI) as drawn:
        drawn.set_layout_engine("none")
        axes = drawn.add_axes((0, 0, 1, 1))
        axes.axis("off")
        image = np.zeros((10, 20, 3), np.uint8)
        image[7, 3] = 255
        style.show_image(axes, image)
        points = np.array([[15.5, 2.5], [np.nan, np.nan], [np.nan, 1]])
        style.draw_pose(axes, points, skeleton)
    seen = np.asarray(Image.open(tmp_path / "a.png").convert("RGB")).astype(int)
    blue = np.abs(seen - np.rint(255 * np.array(to_rgb(keypoint_colors(3)[0])))).sum(axis=2) < 30
    np.testing.assert_allclose(np.argwhere(blue).mean(axis=0) + 0.5, [50, 310], atol=1)
    white = (seen[:, :200] > 250).all(axis=2)
    np.testing.assert_allclose(np.argwhere(white).mean(axis=0) + 0.5, [150, 70], atol=1)


def test_names_are_written_as_they_are_and_within_the_figure(tmp_path, figures):
    names = ("paw $1", "$tail$", "_hidden", "x^2", "a$b$c", "Schw\u00e4nzchen" * 6, "no\U000f0000se", "l\u00e4tzchen")
    with style.figure(tmp_path / "a.png", width=6, height=2) as drawn:
        drawn.subplots()
        style.keypoint_key(drawn, Skeleton(names))
    (legend,) = figures[0].legends
    shown = [text.get_text() for text in legend.get_texts()]
    assert shown[:5] == list(names[:5])
    assert shown[5:] == ["Schw\u00e4nzchenSchw\u2026w\u00e4nzchen", "no[U+F0000]se", "l\u00e4tzchen"]
    assert not any(text.get_parse_math() for text in figures[0].findobj(Text))
    inside = legend.get_window_extent()
    assert inside.x0 >= 0
    assert inside.x1 <= figures[0].bbox.width

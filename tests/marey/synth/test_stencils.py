"""Stencils: covers of shapes against their areas and places."""

import numpy as np
import pytest

from marey.synth import stencils


def test_polygons_cover_their_area_where_they_are():
    square = np.array([[10.0, 20], [30, 20], [30, 50], [10, 50]])
    cover = stencils.fill((60, 70), [square])
    assert cover.sum() == pytest.approx(600, rel=0.06)
    ys, xs = np.mgrid[:70, :60] + 0.5
    assert (cover * xs).sum() / cover.sum() == pytest.approx(20, abs=0.3)
    assert (cover * ys).sum() / cover.sum() == pytest.approx(35, abs=0.3)
    for soft in (2.0, 6.0):
        blurred = stencils.fill((60, 70), [square], soft=soft)
        assert blurred.sum() == pytest.approx(cover.sum(), rel=0.05)
        assert blurred.max() <= 1
        assert (blurred * xs).sum() / blurred.sum() == pytest.approx(20, abs=0.6)


def test_shapes_are_turned_about_their_middle():
    quarter = stencils.rectangle(np.array([5.0, 6]), (3.0, 1), np.pi / 2)
    np.testing.assert_allclose(sorted(quarter.tolist()), [[4, 3], [4, 9], [6, 3], [6, 9]], atol=1e-9)
    oval = stencils.ellipse(np.array([5.0, 6]), (3.0, 1), np.pi / 2, 40)
    np.testing.assert_allclose([oval.min(axis=0), oval.max(axis=0)], [[4, 3], [6, 9]], atol=1e-9)


def test_strokes_are_as_wide_as_asked():
    cover = stencils.stroke((80, 40), [np.array([[10.0, 20], [70, 20]])], 4.0)
    assert cover[:, 40].sum() == pytest.approx(4, abs=0.6)


def test_text_and_curves_are_drawn():
    assert stencils.write((80, 40), "12:34", (5, 5), 12).sum() > 20
    curve = stencils.wander(np.random.default_rng(0), np.zeros(2), 0.0, 100.0, 0.0)
    np.testing.assert_allclose(curve[-1], [100, 0], atol=1e-9)


def test_laying_mixes_colours():
    image, cover = np.zeros((4, 5, 3), np.float32), np.zeros((4, 5), np.float32)
    stencils.lay(image, cover, 1.0)
    assert not image.any()
    cover[1, 2], cover[3, 4] = 0.25, 1
    stencils.lay(image, cover, np.array([1, 0.5, 0]))
    np.testing.assert_allclose(image[1, 2], [0.25, 0.125, 0])
    np.testing.assert_allclose(image[3, 4], [1, 0.5, 0])
    assert image.sum() == pytest.approx(1.875)

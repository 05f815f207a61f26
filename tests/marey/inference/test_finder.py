"""Finding animals: a dot drawn at a known place comes back from there, whatever the size, scale, stride and method."""

import numpy as np
import pytest

from marey.inference import engines, finder
from marey.inference.candidates import BottomUp
from marey.inference.detector import Detector
from marey.inference.following import Followed
from marey.models.bundles import BundleError
from marey.networks.outputs import SINGLE, Layout
from marey.pictures.views import Picture

from ..dots import DotNetwork, picture

SEVERAL = Layout(False, most=2)


def find(layout=SINGLE, stride=4, side=None):
    members = [Detector(DotNetwork(stride), {}, batch_size=2)]
    return Followed(members, side=side) if layout.single else BottomUp(members, layout)


@pytest.mark.parametrize("stride", [4, 8])
@pytest.mark.parametrize("scale", [0.5, 1.0, 1.7])
@pytest.mark.parametrize("size", [(128, 96), (131, 97)])
def test_a_dot_comes_back(size, scale, stride):
    width, height = size
    places = np.array([[40.5, 30.5], [64.0, 48.0], [101.3, 70.9]])
    images = np.stack([picture(width, height, x, y) for x, y in places])
    found = find(stride=stride).find_all(images, scale=scale)
    assert found.points.shape == (3, 1, 1, 2)
    assert found.confidence.shape == (3, 1, 1)
    assert np.isnan(found.spread).all()  # of one network
    np.testing.assert_allclose(found.points[:, 0, 0], places, atol=0.1)


@pytest.mark.parametrize("layout", [SINGLE, SEVERAL])
def test_nothing_is_found_in_the_padding_of_a_picture(layout):
    """The padding, 28 px on the right and 26 below, repeats the edge: a dot there goes on in it."""
    places = [(99, 35), (50, 69.5), (99.5, 69.5), (50, 35)]
    images = [picture(100, 70, *place) for place in places]
    assert (Picture(images[0], 1.0).size, Picture(images[0], 1.0).shown) == ((128, 96), (100, 70))
    raw = find(layout)([Picture(image, 1.0) for image in images]).points
    assert (raw[:3, 0, 0] > [104, 74]).any(axis=-1).all()
    found = find(layout).find_all(images, scale=1.0)
    assert np.isnan(found.points[:3, 0, 0]).all()
    assert (found.confidence[:3, 0, 0] == 0).all()
    np.testing.assert_allclose(found.points[3, 0, 0], places[3], atol=0.1)


@pytest.mark.parametrize("layout", [SINGLE, SEVERAL])
def test_pictures_of_several_sizes_keep_their_order(layout):
    places = [(20, 20), (50, 30), (30, 40), (25, 35), (60, 20)]
    sizes = [(64, 64), (96, 64), (64, 64), (64, 64), (96, 64)]
    images = [picture(*size, *place) for size, place in zip(sizes, places, strict=True)]
    points = find(layout).find_all(images, scale=1.0).points
    assert points.shape == (5, layout.candidates, 1, 2)
    np.testing.assert_allclose(points[:, 0, 0], places, atol=0.1)


def test_a_single_animal_is_the_surest_candidate_of_several():
    pictures = [Picture(picture(96, 64, 50, 30), 1.0)]
    one, several = find()(pictures), find(SEVERAL)(pictures)
    np.testing.assert_array_equal(one.points[:, 0], several.points[:, 0])
    np.testing.assert_array_equal(one.confidence[:, 0], several.confidence[:, 0])
    assert [part.shape for part in one[3:]] == [(1, 0, 1, 1), (1, 1, 1, 0)]


def test_a_window_needs_the_frames_that_pictures_are_of():
    pictures = [Picture(picture(128, 128, 60 + x, 50), 1.0) for x in range(3)]
    places = [(60 + x, 50) for x in range(3)]
    found = find(side=64)(pictures, [7, 8, 9])
    np.testing.assert_allclose(found.points[:, 0, 0], places, atol=0.1)
    with pytest.raises(ValueError, match="shorter"):
        find(side=64)(pictures, [7, 8])


def test_a_top_down_model_asks_for_its_locator(monkeypatch):
    metadata = {"animals": Layout(False, most=2, side=64).metadata(("dot",)), "keypoints": ["dot"]}
    metadata["preprocessing"] = {"scale": 1.0}
    monkeypatch.setattr(
        engines, "start_detector", lambda *_, **__: (Detector(DotNetwork(), {}, batch_size=1), metadata)
    )
    with pytest.raises(BundleError, match=r"model\.json: a top-down model.*needs a locator"):
        finder.start_finder(
            [engines.ModelFiles("weights", "model.json", "onnx_copy", "quantised")], engine="jax", batch_size=1
        )

"""Sight: one animal or several, where a network that knows them shows them."""

import jax.numpy as jnp
import numpy as np
import pytest

from marey.adaptation.sight import Sight
from marey.assembly import instances
from marey.experiment.skeletons import Skeleton
from marey.inference.detector import Detector
from marey.inference.engines import OnnxRuntime
from marey.inference.orientations import AS_IT_IS
from marey.models.adopt_bundle import _unlearnt_graph
from marey.models.bundles import describe_model
from marey.networks.outputs import SINGLE, Layout
from marey.training.targets import affinity_targets, heatmap_targets

STRIDE, SIGMA = 4, 6.0
NAMES = ("snout", "tail_left", "tail_right")
LAYOUT = Layout(False, ((0, 1), (0, 2)), (), 2)
ANIMALS = np.float32([[[30, 30], [60, 26], [60, 50]], [[100, 80], [70, 84], [72, 64]]])


class Knowing:
    """A network that shows in its outputs where the `animals` are, f32[animal, keypoint, 2] px, in every image."""

    stride, sigma, batch_size, orientations, extent = STRIDE, SIGMA, 2, AS_IT_IS, None
    calls, images_per_call = Detector.calls, OnnxRuntime.images_per_call

    def __init__(self, animals):
        self.points = jnp.asarray(animals)[None]

    def outputs(self, images, names):
        shape = images.shape[1] // STRIDE, images.shape[2] // STRIDE
        there = jnp.ones(self.points.shape[:3], bool)
        heatmap = heatmap_targets(self.points, there, shape=shape, stride=STRIDE, sigma=SIGMA).clip(1e-4, 0.99)
        made = {
            "heatmap": jnp.log(heatmap / (1 - heatmap)),
            "affinity": affinity_targets(
                self.points, there, edges=LAYOUT.edges, shape=shape, stride=STRIDE, width=SIGMA
            ),
        }
        return tuple(jnp.repeat(made[name], self.batch_size, axis=0) for name in names)

    def __call__(self, images):
        points = np.repeat(np.asarray(self.points[:, 0]), len(images), axis=0)
        return points, np.full(points.shape[:2], 0.9, np.float32)


def metadata(layout: Layout) -> dict:
    model = {"backbone": "small", "scale": 0.5, "stride": STRIDE, "channels": 16, "sigma": SIGMA}
    skeleton = Skeleton(NAMES, pairs=((1, 2),))
    return describe_model(model, skeleton, layout, extent=120.0, training={})


@pytest.fixture
def several() -> Sight:
    graph = instances.Graph.from_table(_unlearnt_graph(2))
    assemble = {"min_confidence": 0.1, "min_keypoints": "auto"}
    return Sight(Knowing(ANIMALS), metadata(LAYOUT), graph, assemble)


def test_several_animals_are_put_together(several):
    found = several([np.zeros((96, 128, 3), np.uint8)] * 3)
    assert len(found) == 3
    for animals in found:
        assert animals.points.shape == (2, 3, 2)
        order = np.argsort(animals.points[:, 0, 0])
        np.testing.assert_allclose(animals.points[order], ANIMALS, atol=1.5)
        assert (animals.confidence > 0.5).all()


def test_one_animal_is_found_in_each_image():
    found = Sight(Knowing(ANIMALS[:1]), metadata(SINGLE), None, None)([np.zeros((96, 128, 3), np.uint8)] * 2)
    assert [animals.points.shape for animals in found] == [(1, 3, 2)] * 2
    np.testing.assert_allclose(found[1].points, ANIMALS[:1])
    np.testing.assert_allclose(found[1].confidence, 0.9)


def test_no_images_show_no_animals(several):
    assert several([]) == []
    assert several.mirrored == (0, 2, 1)

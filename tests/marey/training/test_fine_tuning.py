"""Fine-tuning from a bundle: before the first step, the network sees what the bundle saw, under its own names."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from marey.networks.metadata import BundleError
from marey.networks.network import build_network
from marey.networks.outputs import SINGLE, Layout
from marey.training.fine_tuning import start_from_bundle
from marey.training.initialise import initialise
from marey.zoo import catalogue

from ..models.made_bundle import MODEL, write_bundle

THEIRS = ["snout", "left_ear", "right_ear", "tail_base"]
OURS = ("TTI", "nose", "spot", "ear_left")


def _outputs(params, keypoints, layout):
    network = build_network(MODEL, len(keypoints), **layout.outputs)
    image = jax.random.uniform(jax.random.key(7), (1, 64, 64, 3))
    return network.apply(params, image)


@pytest.fixture
def start(tmp_path):
    """Return a function from a layout of ours and of theirs to the outputs of the bundle, before, and of the start."""

    def started(ours=SINGLE, theirs=SINGLE, keypoints=OURS, **by_hand):
        before = write_bundle(tmp_path / "bundle", THEIRS, theirs)
        bundle = catalogue.find(str(tmp_path / "bundle"))
        fresh = initialise(jax.random.key(1), build_network(MODEL, len(keypoints), **ours.outputs))
        after = start_from_bundle(fresh, bundle, keypoints=keypoints, layout=ours, by_hand=by_hand)
        assert jax.tree.structure(after) == jax.tree.structure(fresh)
        return _outputs(before, THEIRS, theirs), _outputs(after, keypoints, ours)

    return started


def test_known_keypoints_are_seen_where_the_bundle_sees_them(start):
    theirs, ours = start()
    known = jnp.stack([theirs["heatmap"][..., index] for index in (3, 0, 1)], axis=-1)
    np.testing.assert_allclose(ours["heatmap"][..., [0, 1, 3]], known, atol=1e-5)


def test_a_new_keypoint_starts_at_the_low_probability_of_a_fresh_one(start):
    _, ours = start()
    assert abs(float(ours["heatmap"][..., 2].mean()) - np.log(0.01 / 0.99)) < 1.5


def test_the_map_of_a_config_goes_before_names(start):
    theirs, ours = start(nose="tail_base", TTI=None)
    np.testing.assert_allclose(ours["heatmap"][..., 1], theirs["heatmap"][..., 3], atol=1e-5)


def test_an_edge_that_points_the_other_way_changes_its_sign(start):
    edges = Layout(False, ((0, 1), (0, 2), (1, 3)), most=2)  # TTI-nose, TTI-spot, nose-ear_left
    bundle = Layout(False, ((0, 1), (0, 3)), most=2)  # snout-left_ear, snout-tail_base
    theirs, ours = start(edges, bundle)
    np.testing.assert_allclose(ours["affinity"][..., 0, :], -theirs["affinity"][..., 1, :], atol=1e-6)
    np.testing.assert_allclose(ours["affinity"][..., 2, :], theirs["affinity"][..., 0, :], atol=1e-6)


def test_a_model_of_a_single_animal_starts_one_of_several(start):
    theirs, ours = start(Layout(False, ((0, 1),), most=2))
    np.testing.assert_allclose(ours["heatmap"][..., 1], theirs["heatmap"][..., 0], atol=1e-5)


def test_a_map_to_what_is_not_there_is_named(start):
    with pytest.raises(BundleError, match="'wing' is not a keypoint of the bundle"):
        start(spot="wing")

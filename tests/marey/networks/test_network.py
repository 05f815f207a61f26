from functools import partial
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
import safetensors.numpy

from marey.models.pretrained import pretrained
from marey.networks.naming import load_naming
from marey.networks.network import build_network, count_parameters
from marey.training.initialise import initialise

CONFIG = {"backbone": "small", "stride": 4, "channels": 16, "sigma": 6.0, "scale": 1.0}
compiled = partial(jax.jit, compiler_options={"xla_backend_optimization_level": 0})  # each program runs once, or few


@pytest.fixture(scope="module")
def params():
    return initialise(jax.random.key(0), build_network(CONFIG, 3))


@pytest.fixture(scope="module")
def forms(params):
    """Loss, outputs and gradients behind the trunk of the quick and of the plain form."""
    images = jax.random.uniform(jax.random.key(1), (2, 64, 64, 3))

    def loss(params, plain):
        outputs = build_network(CONFIG, 3, plain=plain, frozen_stages=5).apply(params, images)
        return sum((value**2).mean() for value in outputs.values()), outputs

    step = jax.value_and_grad(loss, has_aux=True)
    return compiled(lambda params: [step(params, plain) for plain in (False, True)])(params)


@pytest.mark.parametrize("backbone", ["small", "efficientnet_lite0"])
@pytest.mark.parametrize("stride", [4, 8])
def test_output_shapes(backbone, stride):
    network = build_network({"backbone": backbone, "stride": stride, "channels": 24, "sigma": 6.0}, 5)
    images = jax.ShapeDtypeStruct((2, 64, 96, 3), jnp.float32)
    outputs, _ = jax.eval_shape(lambda x: network.init_with_output(jax.random.key(0), x), images)
    shape = (2, 64 // stride, 96 // stride, 5)
    assert {name: value.shape for name, value in outputs.items()} == {"heatmap": shape}


def test_untrained_network_expects_rare_keypoints(forms):
    ((_, outputs), _), _ = forms
    probabilities = jax.nn.sigmoid(outputs["heatmap"])
    assert 0.003 < np.median(probabilities) < 0.03
    assert np.max(probabilities) < 0.2


def test_forms_agree_in_outputs_and_in_gradients_behind_the_trunk(forms):
    quick, plain = forms
    np.testing.assert_allclose(quick[0][0], plain[0][0], rtol=1e-5)
    for a, b in zip(jax.tree.leaves(quick[1]), jax.tree.leaves(plain[1]), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-4 * float(jnp.abs(b).max()) + 1e-6)


def test_shifting_the_picture_by_32_px_shifts_the_output(params):
    """No half-cell error anywhere: away from the border every stage commutes with a shift by the largest stride."""
    patch = jax.random.uniform(jax.random.key(2), (1, 32, 32, 3))
    size = 448
    run = compiled(build_network(CONFIG, 3, plain=True).apply)
    images = [jnp.full((1, size, size, 3), 0.5).at[:, y : y + 32, y : y + 32].set(patch) for y in (192, 224)]
    a, b = (run(params, image)["heatmap"][0] for image in images)
    np.testing.assert_allclose(a[44:60, 44:60], b[52:68, 52:68], atol=1e-4)
    assert np.abs(a[44:60, 44:60] - b[44:60, 44:60]).max() > 1e-3


@pytest.fixture(scope="module")
def larger():
    """A network with a pretrained trunk; the same in all tests, since its initialiser takes seconds to compile."""
    return build_network({**CONFIG, "backbone": "efficientnet_lite0"}, 2, edges=3)


def test_pretrained_trunk_is_used_and_reported(larger, caplog):
    with caplog.at_level("INFO"):
        params = initialise(jax.random.key(0), larger)
    trunk, _ = pretrained.pretrained("efficientnet_lite0")
    jax.tree.map(np.testing.assert_array_equal, params["params"]["trunk"], trunk)
    image = jax.ShapeDtypeStruct((1, 32, 32, 3), jnp.float32)
    expected = jax.eval_shape(larger.init, jax.random.key(0), image)
    assert jax.tree.map(jnp.shape, params) == jax.tree.map(lambda leaf: leaf.shape, expected)
    assert "trunk efficientnet_lite0: 240 tensors from its package; left out _conv_head.weight" in caplog.text


def test_weights_of_a_file_are_used(larger, tmp_path):
    path = tmp_path / "own.safetensors"
    tensors = pretrained.read_tensors(Path(load_naming("efficientnet_lite0").package()))
    safetensors.numpy.save_file({**tensors, "_bn0.bias": np.full(32, 100, np.float32)}, path)
    params = initialise(jax.random.key(0), larger, weights=path)
    assert params["params"]["trunk"]["stage0"]["stem"]["bias"].mean() > 90


def test_random_weights_are_reported(caplog):
    with caplog.at_level("INFO"):
        initialise(jax.random.key(0), build_network(CONFIG, 3))
    assert "trunk small: random weights" in caplog.text


def test_initialisation_depends_on_the_key_alone(params):
    network = build_network(CONFIG, 3)
    jax.tree.map(np.testing.assert_array_equal, params, initialise(jax.random.key(0), network))
    other = initialise(jax.random.key(1), network)["params"]["heatmap"]["out"]["kernel"]
    assert not np.array_equal(other, params["params"]["heatmap"]["out"]["kernel"])


def test_count_parameters(params):
    assert count_parameters({"a": jnp.zeros((2, 3)), "b": {"c": jnp.zeros(4)}}) == 10
    assert count_parameters(params) < 500_000


@pytest.mark.parametrize(
    ("change", "shape", "message"),
    [
        ({"backbone": "resnet"}, (1, 32, 32, 3), "use one of resnet18, resnet50"),
        ({"stride": 16}, (1, 32, 32, 3), "stride 4 or 8"),
        ({}, (1, 40, 32, 3), "multiples of 32"),
        ({}, (1, 32, 32, 1), "multiples of 32"),
    ],
)
def test_wrong_use_is_refused(change, shape, message):
    network = build_network({**CONFIG, **change}, 3)
    with pytest.raises(ValueError, match=message):
        jax.eval_shape(network.init, jax.random.key(0), jnp.zeros(shape))


def test_small_network_learns_to_find_a_dot(params):
    """From scratch, in 60 steps of four pictures."""
    network = build_network({**CONFIG, "stride": 8}, 3, plain=True)  # the form that compiles quickly
    optimiser = optax.adam(3e-3)
    centres = (jnp.arange(8) + 0.5) * 8

    def example(key):
        where, noise = jax.random.split(key)
        points = jax.random.uniform(where, (4, 2), minval=8, maxval=56)
        grid = jnp.arange(64) + 0.5
        distance = (grid[None, :, None] - points[:, None, None, 1]) ** 2 + (
            grid[None, None] - points[:, None, None, 0]
        ) ** 2
        images = 0.3 + 0.5 * jnp.exp(-distance / 18) + 0.05 * jax.random.normal(noise, (4, 64, 64))
        cells = (centres[None, :, None] - points[:, None, None, 1]) ** 2 + (centres - points[:, None, None, 0]) ** 2
        return jnp.repeat(images[..., None], 3, axis=-1), jnp.exp(-cells / 128), points

    def loss(params, images, targets):
        logits = network.apply(params, images)["heatmap"][..., 0]
        return optax.sigmoid_binary_cross_entropy(logits, targets).mean()

    @compiled
    def step(params, state, key):
        images, targets, _ = example(key)
        gradient = jax.grad(loss)(params, images, targets)
        updates, state = optimiser.update(gradient, state, params)
        return optax.apply_updates(params, updates), state

    state = optimiser.init(params)
    for key in jax.random.split(jax.random.key(3), 60):
        params, state = step(params, state, key)
    images, _, points = compiled(example)(jax.random.key(99))
    heatmap = compiled(network.apply)(params, images)["heatmap"][..., 0].reshape(4, -1)
    row, column = np.divmod(np.argmax(heatmap, axis=1), 8)
    peaks = np.stack([centres[column], centres[row]], axis=1)
    assert np.abs(peaks - points).max() < 8.0


def test_a_fresh_network_answers_hardly_any_affinity(larger):
    """Else its first steps, which unlearn it everywhere, silence the hidden layer of the head for good."""
    params = initialise(jax.random.key(0), larger)
    images = jax.random.uniform(jax.random.key(1), (1, 64, 96, 3))
    affinity = compiled(larger.copy(plain=True).apply)(params, images)["affinity"]
    assert affinity.shape == (1, 16, 24, 3, 2)
    assert 0 < float(jnp.sqrt((affinity**2).mean())) < 0.3

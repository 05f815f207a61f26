"""The update of the weights: learning rates, frozen stages, and gradients that do not depend on how a batch is cut."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from marey.experiment.config import load_config, schema
from marey.networks.network import build_network
from marey.training import losses
from marey.training.initialise import initialise
from marey.training.update import initial_state, learning_rates, make_optimiser, make_schedule, make_update

CONFIG = load_config(
    {
        "project": "p",
        "data": ".",
        "videos": ".",
        "keypoints": ["a", "b"],
        "model": {"backbone": "small", "channels": 16},
        "train": {"batch_size": 4, "crop": 32, "steps": 100, "warmup": 10, "learning_rate": 1e-2},
        # What changes the picture alone, and takes long to compile, has tests of its own.
        "augment": {
            name: {"probability": 0}
            for name in ("noise", "blur", "cutout", "hue", "gamma", "motion_blur", "jpeg", "equalise")
        },
    }
)


SUPERVISION = losses.Supervision(4, 6.0, width=12.0, identity_weight=0.5)


def test_the_schedule_warms_up_and_falls_as_a_cosine():
    schedule = make_schedule(CONFIG["train"])
    assert float(schedule(0)) == pytest.approx(1e-4, rel=1e-5)
    assert float(schedule(5)) == pytest.approx((1e-4 + 1e-2) / 2, rel=1e-5)
    assert float(schedule(10)) == pytest.approx(1e-2, rel=1e-5)
    assert float(schedule(55)) == pytest.approx((1e-4 + 1e-2) / 2, rel=1e-5)  # half way down
    assert float(schedule(100)) == pytest.approx(1e-4, rel=1e-5)


def test_rates_fall_by_stage_and_frozen_stages_have_none():
    trunk = {f"stage{index}": {"kernel": jnp.ones(1)} for index in range(4)}
    params = {"params": {"trunk": trunk, "heatmap": {"bias": jnp.ones(1)}}}
    rates = learning_rates(params, frozen=1, decay=0.5)["params"]
    assert rates["heatmap"] == {"bias": 1.0}
    assert [rates["trunk"][f"stage{index}"]["kernel"] for index in range(4)] == [0.0, 0.125, 0.25, 0.5]


@pytest.mark.parametrize("backbone", schema("config")["properties"]["model"]["properties"]["backbone"]["enum"])
def test_stages_of_every_backbone_fall_and_can_be_frozen(backbone):
    """What lies above the stages, as U-Net's decoder, learns at the full rate."""
    network = build_network({**CONFIG["model"], "backbone": backbone}, 2)
    params = jax.eval_shape(network.init, jax.random.key(0), jnp.zeros((1, 32, 32, 3)))
    rates = learning_rates(params, frozen=2, decay=0.5)["params"]
    found = {name: set(jax.tree.leaves(part)) for name, part in {**rates, **rates["trunk"]}.items() if name != "trunk"}
    stages = sorted(name for name in found if name.startswith("stage"))
    assert [found[name] for name in stages] == [{0.0}, {0.0}, *({0.5**n} for n in range(len(stages) - 2, 0, -1))]
    assert all(found[name] == {1.0} for name in found.keys() - set(stages))


def test_frozen_parameters_stay_and_the_rest_follows_adamw():
    config = CONFIG["train"]
    params = {"frozen": jnp.ones(3), "whole": jnp.ones(3), "half": jnp.ones(3)}
    optimiser = make_optimiser(config, {"frozen": 0.0, "whole": 1.0, "half": 0.5})
    gradient = jax.tree.map(lambda value: 0.1 * value, params)
    updates, _ = optimiser.update(gradient, optimiser.init(params), params)
    reference = optax.adamw(float(make_schedule(config)(0)), weight_decay=config["weight_decay"])
    expected, _ = reference.update(gradient["whole"], reference.init(params["whole"]), params["whole"])
    assert (updates["frozen"] == 0).all()
    np.testing.assert_allclose(updates["whole"], expected, rtol=1e-5)
    np.testing.assert_allclose(updates["half"], expected / 2, rtol=1e-5)


def test_large_gradients_are_clipped_together():
    params = {"a": jnp.zeros(1), "b": jnp.zeros(1)}
    optimiser = make_optimiser({**CONFIG["train"], "weight_decay": 0.0}, {"a": 1.0, "b": 1.0})
    _, state = optimiser.update({"a": jnp.array([30.0]), "b": jnp.array([40.0])}, optimiser.init(params), params)
    (moments,) = (leaf for leaf in jax.tree.leaves(state, is_leaf=_is_adam) if _is_adam(leaf))
    np.testing.assert_allclose(moments.mu["a"] / 0.1, 0.6, rtol=1e-5)  # 30 of a norm of 50, cut to 1
    np.testing.assert_allclose(moments.mu["b"] / 0.1, 0.8, rtol=1e-5)


def _is_adam(leaf):
    return isinstance(leaf, optax.ScaleByAdamState)


@pytest.fixture(scope="module")
def batch():
    """Four pictures of noise; the points of one are out of sight, so that equal parts are not equally rich."""
    generator = np.random.default_rng(0)
    points = generator.uniform(8, 40, (4, 1, 2, 2)).astype(np.float32)
    points[0] = np.nan
    return {
        "images": generator.integers(0, 256, (4, 48, 48, 3), dtype=np.uint8),
        "points": points,
        "sizes": np.full((4, 2), 48, np.float32),
        "visibility": np.where(np.isnan(points[..., 0]), 2, 0).astype(np.int8),
    }


def update_once(batch, *, dtype=jnp.float32, identities=0, **changes):
    config = {**CONFIG, "train": {**CONFIG["train"], **changes}}
    network = build_network(config["model"], 2, identities=identities, plain=True)  # the form that compiles quickly
    params = initialise(jax.random.key(0), network)
    rates = learning_rates(params, frozen=0, decay=1.0)
    optimiser = make_optimiser(config["train"], rates)
    update = make_update(network, optimiser, config, (0, 1), supervision=SUPERVISION, dtype=jnp.dtype(dtype))
    run = jax.jit(update, compiler_options={"xla_backend_optimization_level": 0})  # each program runs once
    return run(initial_state(params, optimiser), jax.random.key(1), batch)


@pytest.fixture(scope="module")
def whole(batch):
    """State and metrics after one update with the whole batch at once."""
    return update_once(batch)


@pytest.mark.parametrize("parts", [2, 4])
def test_a_batch_in_parts_gives_the_same_gradient(batch, whole, parts):
    _, metrics = update_once(batch, accumulate=parts)
    for name, value in whole[1].items():
        np.testing.assert_allclose(metrics[name], value, rtol=1e-4, err_msg=name)


def test_who_is_who_is_learnt_where_it_is_known(batch):
    """Also in parts; the head starts at even odds, and the average of its bias moves towards those that are seen."""
    known = {**batch, "identity": np.array([[0], [1], [1], [-1]], np.int32)}
    state, metrics = update_once(known, identities=2)
    cells = metrics["identity_loss"] / np.log(3)  # near each point
    assert 10 < cells < 35  # a disc of 12 px has 28 of 4 px, and some lie outside
    plain = metrics["heatmap_loss"] + metrics["affinity_loss"]
    np.testing.assert_allclose(metrics["loss"], plain + 0.5 * metrics["identity_loss"], rtol=1e-5)
    bias = np.asarray(state.average["params"]["identity"]["out"]["bias"])
    assert bias[1] > 0 > bias[2]  # another is never there; of the first, no point is in sight
    _, parts = update_once(known, identities=2, accumulate=2)
    for name, value in metrics.items():
        np.testing.assert_allclose(parts[name], value, rtol=1e-4, err_msg=name)


def test_bfloat16_is_near_and_leaves_weights_and_losses_in_float32(batch, whole):
    state, metrics = update_once(batch, dtype=jnp.bfloat16)
    np.testing.assert_allclose(metrics["loss"], whole[1]["loss"], rtol=0.05)
    assert {leaf.dtype for leaf in jax.tree.leaves((state.params, state.average, metrics))} == {jnp.dtype("float32")}


def test_the_average_follows_closely_at_first(whole):
    state, _ = whole
    start = initialise(jax.random.key(0), build_network(CONFIG["model"], 2, plain=True))
    expected = jax.tree.map(lambda new, old: 0.9 * new + 0.1 * old, state.params, start)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, atol=1e-6), state.average, expected)

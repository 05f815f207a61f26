"""One update of the weights: augmentation, targets, loss, gradient and optimiser in one compiled program."""

from collections.abc import Callable

import flax
import jax
import jax.numpy as jnp
import optax

from marey.networks.network import PoseNetwork
from marey.training import losses
from marey.training.augment import augment


@flax.struct.dataclass
class State:
    """Hold what an update changes: `params`, the optimiser's state and the moving average of the weights."""

    step: jax.Array
    params: dict
    optimiser: optax.OptState
    average: dict


def initial_state(params: dict, optimiser: optax.GradientTransformation) -> State:
    """Make the state before the first update."""
    return State(jnp.zeros((), jnp.int32), params, optimiser.init(params), jax.tree.map(jnp.copy, params))


def make_schedule(config: dict) -> optax.Schedule:
    """Make the learning rate: linear warm-up to the peak, then a cosine to 1 % of it (Loshchilov & Hutter 2017)."""
    peak, steps = config["learning_rate"], config["steps"]
    return optax.warmup_cosine_decay_schedule(peak / 100, peak, min(config["warmup"], steps // 2), steps, peak / 100)


def learning_rates(params: dict, *, frozen: int, decay: float) -> dict:
    """Compute factors of the learning rate, a pytree of float like `params`: 0 for the trunk's first `frozen` stages.

    Going down from the heads, the pyramid and a trunk's decoder, which have 1, each stage of the trunk has `decay`
    times the rate of the one above it: the nearer to the image, the more general what a pretrained trunk knows
    (layer-wise decay; Howard & Ruder 2018).
    """
    stages = sum(name.startswith("stage") for name in params["params"]["trunk"])

    def rate(path: tuple, _) -> float:
        names = [entry.key for entry in path]
        part = names[names.index("trunk") + 1] if "trunk" in names else ""
        if not part.startswith("stage"):
            return 1.0
        stage = int(part.removeprefix("stage"))
        return 0.0 if stage < frozen else decay ** (stages - stage)

    return jax.tree_util.tree_map_with_path(rate, params)


def make_optimiser(config: dict, rates: dict) -> optax.GradientTransformation:
    """Make AdamW (Loshchilov & Hutter 2019) behind a clipping of the gradient's global norm.

    `config` is the block `train` of the experiment. `rates` is a pytree of float like the parameters: factors of the
    learning rate; parameters of rate 0 stay as they are and have no state.
    """
    update = optax.chain(
        optax.clip_by_global_norm(config["clip"]),
        optax.adamw(make_schedule(config), weight_decay=config["weight_decay"]),
    )
    names = jax.tree.map(lambda rate: "trained" if rate else "frozen", rates)
    factors = jax.tree.map(float, rates)
    return optax.chain(
        optax.partition({"trained": update, "frozen": optax.set_to_zero()}, names),
        optax.stateless(lambda updates, _: jax.tree.map(jnp.multiply, updates, factors)),
    )


def make_update(
    network: PoseNetwork,
    optimiser: optax.GradientTransformation,
    config: dict,
    mirrored: tuple[int, ...],
    *,
    supervision: losses.Supervision,
    dtype: jnp.dtype,
) -> Callable[[State, jax.Array, dict], tuple[State, dict]]:
    """Make the function that updates the weights by one batch.

    The network computes in `dtype`, on copies of the f32 weights; loss, gradient and update are f32. With
    `train.accumulate` the batch passes through the network in that many parts, one after the other: the gradient is
    that of the whole batch, the memory that of a part.

    Args:
        network: the pose network.
        optimiser: that of `make_optimiser`.
        config: the experiment.
        mirrored: order of the keypoints in a mirror image.
        supervision: how labels become targets.
        dtype: what the network computes in.

    Returns:
        The pure function (state, key, batch) -> (state, metrics f32[] by name); a batch is what `Examples.batch` gives.
    """
    options = config["train"]

    def loss(params: dict, part: tuple, counts: tuple) -> tuple[jax.Array, dict]:
        images, *labels = part
        outputs = network.apply(_cast(params, dtype), images.astype(dtype))
        outputs = _cast(outputs, jnp.float32)
        return losses.pose_loss(outputs, *labels, supervision=supervision, counts=counts)

    def update(state: State, key: jax.Array, batch: dict) -> tuple[State, dict]:
        examples = augment.augment(
            jax.random.fold_in(key, state.step),
            batch["images"],
            batch["points"],
            batch["sizes"],
            crop=options["crop"],
            config=config["augment"],
            mirrored=mirrored,
            visibility=batch["visibility"],
            centres=batch.get("centres"),
        )
        if "identity" in batch:
            examples = *examples, batch["identity"]
        shape = (options["crop"] // network.stride,) * 2
        counts = losses.counts(*examples[1:], shape=shape, supervision=supervision)
        (total, parts), gradient = _accumulate(loss, state.params, examples, counts, options["accumulate"])
        updates, optimiser_state = optimiser.update(gradient, state.optimiser, state.params)
        params = optax.apply_updates(state.params, updates)
        # The average follows closely at first, so that short trainings are not held back by the starting weights.
        decay = jnp.minimum(options["ema"], (1 + state.step) / (10 + state.step))
        average = optax.incremental_update(params, state.average, 1 - decay)
        metrics = {"loss": total, **parts, "gradient_norm": optax.tree.norm(gradient)}
        return State(state.step + 1, params, optimiser_state, average), metrics

    return update


def _accumulate(loss: Callable, params: dict, examples: tuple, counts: tuple, parts: int) -> tuple:
    """Compute value and gradient of a loss that is a sum over examples, in `parts` equal parts of them."""
    value_and_gradient = jax.value_and_grad(loss, has_aux=True)
    if parts == 1:
        return value_and_gradient(params, examples, counts)

    def add(total, part):
        return jax.tree.map(jnp.add, total, value_and_gradient(params, part, counts)), None

    split = jax.tree.map(lambda array: array.reshape(parts, -1, *array.shape[1:]), examples)
    shapes = jax.eval_shape(value_and_gradient, params, jax.tree.map(lambda array: array[0], split), counts)
    zeros = jax.tree.map(lambda leaf: jnp.zeros(leaf.shape, leaf.dtype), shapes)
    return jax.lax.scan(add, zeros, split)[0]


def _cast(tree: object, dtype: jnp.dtype) -> object:
    return jax.tree.map(lambda leaf: leaf.astype(dtype), tree)

"""What the trainings of one task share: network, optimiser, and the compiled program that takes their steps.

However many models a process trains one after another, of folds and seeds, the program is traced and compiled once.
"""

from collections.abc import Callable
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from marey.networks import network, outputs
from marey.networks.naming import has_package_weights
from marey.training import losses
from marey.training.fine_tuning import start_from_bundle
from marey.training.initialise import initialise
from marey.training.tasks import Task
from marey.training.update import State, initial_state, learning_rates, make_optimiser, make_schedule, make_update
from marey.zoo.catalogue import Bundle


class Program:
    """Hold what the trainings of a task share.

    `options`: the block `train` of the experiment; `rates` f32[step], learning rates; `mesh`: the devices;
    `take_steps`: see `compile_steps`.
    """

    def __init__(self, task: Task, pretrained: Path | None = None, bundle: Bundle | None = None):
        """Take what `train_models.train_models` takes."""
        config, skeleton, layout = task.config, task.skeleton, task.layout
        self.task, self.options = task, config["train"]
        self._pretrained, self._bundle = pretrained, bundle
        random = not (pretrained or bundle or has_package_weights(config["model"]["backbone"]))
        frozen = 0 if random else self.options["frozen_stages"]
        self.network = network.build_network(
            config["model"], len(skeleton.keypoints), **layout.outputs, frozen_stages=frozen
        )
        side = network.SIDE_MULTIPLE
        shapes = jax.eval_shape(self.network.init, jax.random.key(0), jnp.zeros((1, side, side, 3)))
        rates = learning_rates(shapes, frozen=frozen, decay=self.options["layer_decay"])
        self._optimiser = make_optimiser(self.options, rates)
        supervision = losses.Supervision(
            self.network.stride,
            self.network.sigma,
            layout.edges,
            width=outputs.EDGE_HALF_WIDTH * self.network.sigma,
            affinity_weight=self.options["affinity_weight"] if layout.edges else 0.0,
            reach=np.inf if layout.single else task.extent * config["model"]["scale"],
            identity_weight=self.options["identity_weight"] if layout.identities else 0.0,
        )
        how = {"supervision": supervision, "dtype": _dtype(self.options["precision"])}
        self.take_steps = compile_steps(make_update(self.network, self._optimiser, config, skeleton.mirrored, **how))
        self.mesh = _mesh(self.options)
        self.rates = np.asarray(make_schedule(self.options)(jnp.arange(self.options["steps"])))

    def start(self, key: jax.Array) -> State:
        """Make the state of a model before its first step."""
        task = self.task
        params = initialise(jax.random.fold_in(key, 2**31), self.network, weights=self._pretrained)
        if self._bundle:
            names = {"keypoints": task.skeleton.keypoints, "layout": task.layout}
            params = start_from_bundle(params, self._bundle, **names, by_hand=task.config["model"]["map"])
        return initial_state(params, self._optimiser)

    def spread(self, values: object, *axes: str | None) -> object:
        """Put arrays on the devices, `axes` of them spread over these; without any, each device has all."""
        return jax.device_put(values, NamedSharding(self.mesh, PartitionSpec(*axes)))


def compile_steps(update: Callable) -> Callable:
    """Make the compiled program that takes some steps, one after another, without the host.

    Args:
        update: the function of one step, see `update.make_update`.

    Returns:
        The function (state, key, chosen, data) -> (state, metrics f32[step] by name), whose state is used up. `chosen`
        are the batches of the steps, arrays [step, example, ...] by name, or, with `data`, arrays [n, ...] by name of
        which they are made, the rows i32[step, example]; without, it is None.
    """

    def take_steps(state: State, key: jax.Array, chosen: object, data: dict | None) -> tuple[State, dict]:
        def step(state: State, each: object) -> tuple[State, dict]:
            batch = each if data is None else {name: values[each] for name, values in data.items()}
            return update(state, key, batch)

        return jax.lax.scan(step, state, chosen)

    return jax.jit(take_steps, donate_argnums=0)


def _mesh(options: dict) -> Mesh:
    """Take as many of the devices as can share a batch evenly."""
    devices = jax.devices()
    count = max(n for n in range(1, len(devices) + 1) if options["batch_size"] // options["accumulate"] % n == 0)
    return Mesh(np.array(devices[:count]), ("example",))


def _dtype(precision: str) -> jnp.dtype:
    """Choose what the network computes in; `auto`: bfloat16 on an accelerator, where it is twice as quick or more."""
    if precision == "auto":
        precision = "float32" if jax.default_backend() == "cpu" else "bfloat16"
    return jnp.dtype(precision)

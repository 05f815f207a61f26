"""The loop over the steps of a training, with its checkpoints; several models can be trained side by side."""

import contextlib
import logging
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
from jax.sharding import Mesh, NamedSharding, PartitionSpec
from tqdm import tqdm

from marey.networks import network, outputs
from marey.networks.naming import has_package_weights
from marey.pictures import prefetch
from marey.training import checkpoints, losses, validation
from marey.training.fine_tuning import start_from_bundle
from marey.training.initialise import initialise
from marey.training.tasks import Task
from marey.training.update import initial_state, learning_rates, make_optimiser, make_schedule, make_update
from marey.zoo.catalogue import Bundle

CHECKPOINT_SECONDS = 60  # between two checkpoints: what a kill costs at most, compilation apart
STEPS_PER_FETCH = 10  # whose metrics come together: waiting for those of each would leave an accelerator idle
SIGTERM_STATUS = 128 + 15  # exit status of a process that SIGTERM ended

_log = logging.getLogger(__name__)


class TrainingError(RuntimeError):
    """Say that training cannot start or go on, why, and what to change."""


class Run(NamedTuple):
    """Describe one model to train, and where it goes: its `bundle` (weights, metadata) and its table `history`."""

    fold: int
    seed: int
    bundle: tuple[Path, Path]
    history: Path


class Training:
    """Hold the state of a training and loop over its steps.

    All arrays of the state have a leading axis with one entry for each run.
    """

    def __init__(
        self,
        runs: list[Run],
        task: Task,
        parts: list[np.ndarray],
        pretrained: Path | None,
        bundle: Bundle | None = None,
    ):
        """Start the training of several models.

        Args:
            runs: the models.
            task: what they learn.
            parts: str[frame] for each run, the part that every frame of the data set plays in its fold.
            pretrained: file that the trunk's weights come from; None for those that the backbone brings, if any.
            bundle: the model that is trained further; None: a new one is.

        Raises:
            TrainingError: nothing is labelled in training frames, or, though `train.patience` is set, in validation
                frames.
        """
        self.runs, self.task = runs, task
        self.validation = [task.rows(part == "validation") for part in parts]
        config, layout, skeleton = task.config, task.layout, task.skeleton
        self.options = config["train"]
        for run, part, held_out in zip(runs, parts, self.validation, strict=True):
            if not _labelled(task, task.rows(part == "train")):
                raise TrainingError(f"fold {run.fold}: no training frame shows a labelled animal; label more")
            if self.options["patience"] is not None and not _labelled(task, held_out):
                raise TrainingError(
                    f"fold {run.fold}: train.patience: no validation frame shows a labelled animal; set it to null, or "
                    "label more"
                )
        self.examples = task.examples([part == "train" for part in parts])
        random = not (pretrained or bundle or has_package_weights(config["model"]["backbone"]))
        frozen = 0 if random else self.options["frozen_stages"]
        self.network = network.build_network(
            config["model"], len(skeleton.keypoints), **layout.outputs, frozen_stages=frozen
        )
        self.keys = jnp.stack([jax.random.key(run.seed) for run in runs])
        params = [initialise(jax.random.fold_in(key, 2**31), self.network, weights=pretrained) for key in self.keys]
        if bundle:
            names = {"keypoints": skeleton.keypoints, "layout": layout, "by_hand": config["model"]["map"]}
            params = start_from_bundle(params, bundle, **names)
        rates = learning_rates(params[0], frozen=frozen, decay=self.options["layer_decay"])
        optimiser = make_optimiser(self.options, rates)
        dtype = _dtype(self.options["precision"])
        supervision = losses.Supervision(
            self.network.stride,
            self.network.sigma,
            layout.edges,
            width=outputs.EDGE_HALF_WIDTH * self.network.sigma,
            affinity_weight=self.options["affinity_weight"] if layout.edges else 0.0,
            reach=np.inf if layout.single else task.extent * config["model"]["scale"],
            identity_weight=self.options["identity_weight"] if layout.identities else 0.0,
        )
        update = make_update(self.network, optimiser, config, skeleton.mirrored, supervision=supervision, dtype=dtype)
        self.update = jax.jit(_for_each(update, len(runs)), donate_argnums=0)
        self.mesh = _mesh(self.options)
        first = zip(params, self.validation, strict=True) if task.replay else ()
        self.before = [validation.first_row(self.network, tree, task, held_out) for tree, held_out in first]
        self.state = _stack([initial_state(tree, optimiser) for tree in params])
        self.kept: dict | None = None  # the averages at the best validations, with `patience`
        self.rows: list[list[dict]] = [[] for _ in runs]
        self.rates = np.asarray(make_schedule(self.options)(jnp.arange(self.options["steps"])))

    def run(self, folder: Path) -> tuple[dict, list[list[dict]]]:
        """Take all steps, going on from the checkpoints in `folder`.

        Returns the averaged parameters f32[run, ...] and, for each run, the rows of its `history`. Raises TrainingError
        where a loss or a gradient is not finite, and SystemExit after SIGTERM, with a checkpoint written.
        """
        first, steps = self._resume(folder), self.options["steps"]
        saved, pending = time.monotonic(), []
        self.state = jax.device_put(self.state, NamedSharding(self.mesh, PartitionSpec()))
        batches = prefetch.ahead(map(self._batch, self._orders(first)))
        progress = tqdm(total=steps, initial=first, desc="training", unit="step")
        with checkpoints.termination() as told, contextlib.closing(batches), progress:
            for number in range(first + 1, steps + 1):
                self.state, metrics = self.update(self.state, self.keys, next(batches))
                pending.append(metrics)
                due = number == steps or number % self.options["validate_every"] == 0
                save = told.is_set() or time.monotonic() - saved >= CHECKPOINT_SECONDS
                if due or save or len(pending) == STEPS_PER_FETCH:
                    self._record(number, pending)
                    progress.update(len(pending))
                    progress.set_postfix(loss=f"{self.rows[0][-1]['loss']:.4f}", refresh=False)
                    pending = []
                if due and self._validate():
                    break
                if save and number < steps:
                    self._save(folder, number)
                    saved = time.monotonic()
                if told.is_set() and number < steps:
                    _log.warning("told to end: step %d of %d is saved, and the next run goes on from it", number, steps)
                    raise SystemExit(SIGTERM_STATUS)
        return self.state.average if self.kept is None else self.kept, self.rows

    def _orders(self, first: int) -> Iterator[tuple[np.ndarray, ...]]:
        """Yield the examples of each run in every batch from step `first` + 1 on."""
        size = self.options["batch_size"]
        share = self.task.replay.share if self.task.replay else 0.0
        runs = zip(self.runs, self.examples, strict=True)
        return zip(*(these.orders(size, share=share, seed=run.seed, start=first) for run, these in runs), strict=True)

    def _batch(self, orders: tuple[np.ndarray, ...]) -> dict:
        """Make arrays [run, example, ...], the examples spread over the devices."""
        batches = [these.batch(order) for these, order in zip(self.examples, orders, strict=True)]
        stacked = {name: np.stack([batch[name] for batch in batches]) for name in batches[0]}
        return jax.device_put(stacked, NamedSharding(self.mesh, PartitionSpec(None, "example")))

    def _record(self, number: int, pending: list[dict]) -> None:
        """Append the metrics of the last steps, up to `number`, to the rows of each run."""
        for step, metrics in enumerate(jax.device_get(pending), start=number + 1 - len(pending)):
            for index, (run, rows) in enumerate(zip(self.runs, self.rows, strict=True)):
                row = {name: float(values[index]) for name, values in metrics.items()}
                for name, value in row.items():
                    if not np.isfinite(value):
                        raise TrainingError(
                            f"fold {run.fold}, seed {run.seed}, step {step}: {name} is {value}; "
                            "lower `train.learning_rate`"
                        )
                errors = dict.fromkeys(validation.ERRORS, np.nan)
                rows.append(row | {"step": step, "learning_rate": self.rates[step - 1], **errors})

    def _validate(self) -> bool:
        """Validate the averaged weights; tell whether every run has lost its patience."""
        average, patience = self.state.average, self.options["patience"]
        stopped = []
        for index, (chosen, rows) in enumerate(zip(self.validation, self.rows, strict=True)):
            params = jax.tree.map(lambda leaf, index=index: leaf[index], average)
            rows[-1] |= validation.errors(self.network, params, self.task, chosen)
            if patience is not None:
                best, stop = validation.best_validation([row["validation_error"] for row in rows], patience)
                stopped.append(stop)
                if best == len(rows) - 1:
                    kept = average if self.kept is None else self.kept
                    self.kept = jax.tree.map(lambda old, new, index=index: old.at[index].set(new[index]), kept, average)
        return bool(stopped) and all(stopped)

    def _save(self, folder: Path, number: int) -> None:
        tables = {
            f"rows/{index}/{name}": column.to_numpy(np.float64)
            for index, rows in enumerate(self.rows)
            for name, column in pd.DataFrame(rows).items()
        }
        kept = {} if self.kept is None else checkpoints.flatten(self.kept, "kept")
        checkpoints.save_checkpoint(folder, number, checkpoints.flatten(self.state, "state") | kept | tables)

    def _resume(self, folder: Path) -> int:
        """Go on from the latest checkpoint; return the number of steps that are done."""
        found = checkpoints.latest_checkpoint(folder)
        if found is None:
            return 0
        number, arrays = found
        self.state = checkpoints.restore(self.state, arrays, "state")
        if any(name.startswith("kept") for name in arrays):
            self.kept = jax.tree.map(jnp.asarray, checkpoints.restore(self.state.average, arrays, "kept"))
        for index in range(len(self.runs)):
            prefix = f"rows/{index}/"
            columns = {name.removeprefix(prefix): arrays[name] for name in arrays if name.startswith(prefix)}
            self.rows[index] = pd.DataFrame(columns).to_dict("records")
        _log.info("going on after step %d", number)
        return number


def _labelled(task: Task, rows: np.ndarray) -> bool:
    """Tell whether the images `rows` i64[n] of a task show a labelled keypoint of an animal."""
    return bool(np.isfinite(np.delete(task.labelled.points[rows], task.layout.unique, axis=2)).any())


def _for_each(update: Callable, runs: int) -> Callable:
    """Map `update` over the leading axis of its arguments.

    A single run is spared the batched form of every operation.
    """
    if runs > 1:
        return jax.vmap(update)

    def alone(*arguments):
        result = update(*jax.tree.map(lambda leaf: leaf[0], arguments))
        return jax.tree.map(lambda leaf: leaf[None], result)

    return alone


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


def _stack(trees: list) -> object:
    return jax.tree.map(lambda *leaves: jnp.stack(leaves), *trees)

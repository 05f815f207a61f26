"""Training: from the packed labels to model bundles; it survives being killed, and repeats itself exactly."""

import contextlib
import hashlib
import json
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

from marey import (
    animals,
    appearance,
    augment,
    bundles,
    candidates,
    checkpoints,
    data,
    dataset,
    framing,
    inference,
    losses,
    models,
    optimisation,
    weights,
)
from marey.skeletons import Skeleton
from marey.tables import files, history

CHECKPOINT_SECONDS = 60  # between two checkpoints: what a kill costs at most, compilation apart
FETCHED = 10  # steps whose figures are fetched together: waiting for each would leave an accelerator idle in between
TERMINATED = 128 + 15  # exit status of a process that SIGTERM ended

_log = logging.getLogger(__name__)


class TrainingError(RuntimeError):
    """Training cannot start or go on; the message says why and what to change."""


class Run(NamedTuple):
    """One model to train, and where it goes: its `bundle` (weights, facts) and its table `history`."""

    fold: int
    seed: int
    bundle: tuple[Path, Path]
    history: Path


def train_models(
    dataset_path: Path,
    splits_path: Path,
    runs: list[Run],
    *,
    pretrained: Path | None = None,
    state: Path,
    config: dict,
    provenance: dict,
) -> None:
    """Train the models of `runs`, each on the training part of its fold; write their bundles and histories.

    Several are trained side by side in one program, at one input scale; but for that, and rounding, they are those
    trained alone. What is kept is the moving average of the weights, at the last step, or, with `train.patience`, at
    the best validation. `pretrained` is the file that the trunk's weights come from, None for those that the backbone
    brings, if any.
    `state` is a folder for checkpoints, from which the same work goes on if it was interrupted; it is deleted in the
    end. On SIGTERM a checkpoint is written and the process exits with status 143.
    """
    skeleton = Skeleton.from_config(config)
    labelled = dataset.load(dataset_path, keypoints=len(skeleton.keypoints))
    folder = state / _digest(runs, config, provenance)
    parts = [dataset.parts(splits_path, labelled, fold=run.fold)["part"].to_numpy() for run in runs]
    for run, part in zip(runs, parts, strict=True):
        if not (part == "train").any():
            raise TrainingError(f"{splits_path}: fold {run.fold} has no training frames; label more, or change `split`")
    trained_on = labelled.points[np.any([part == "train" for part in parts], axis=0)]
    extent = dataset.extent(trained_on)
    config = framing.resolve(config, labelled, extent)
    plan = animals.plan(trained_on, skeleton, config["animals"])
    _log.info("input scale %g, examples of %d px", config["model"]["scale"], config["train"]["crop"])
    identity = dataset.identities(labelled, plan.identities, unique=plan.unique) if plan.identities else None
    train, scale = [np.flatnonzero(part == "train") for part in parts], config["model"]["scale"]
    examples = [data.Examples(labelled, chosen, scale=scale, identity=identity) for chosen in train]
    validation = [np.flatnonzero(part == "validation") for part in parts]
    if config["train"]["patience"] is not None and not all(len(chosen) for chosen in validation):
        raise TrainingError("train.patience: there are no validation frames; set it to null, or label more")
    training = _Training(runs, examples, labelled, validation, skeleton, plan, extent, pretrained, config)
    trained, rows = training.run(folder)
    provenance = {**provenance, **inference.device()}
    names = {name for individuals in labelled.individuals for name in individuals}
    facts = bundles.describe(config["model"], skeleton, plan, extent=extent, training=provenance)
    facts["individual"] = names.pop() if len(names) == 1 else "animal"
    for index, run in enumerate(runs):
        files.write(run.history, pd.DataFrame(rows[index]), history.SCHEMA, provenance=provenance)
        params = jax.tree.map(lambda leaf, index=index: leaf[index], trained)
        if plan.descriptor:
            params = appearance.fit(training.network, params, labelled, train[index], plan, scale=scale)
        bundles.save(*run.bundle, params, facts)
    checkpoints.clear(state)


def _digest(runs: list[Run], config: dict, provenance: dict) -> str:
    """What checkpoints are told apart by: those of another config, code or input are not gone on from."""
    work = [[(run.fold, run.seed) for run in runs], config, provenance, str(jax.local_devices()[0].device_kind)]
    return hashlib.blake2b(json.dumps(work, sort_keys=True).encode(), digest_size=16).hexdigest()


class _Training:
    """The loop over the steps. All arrays of its state have a leading axis, one entry for each run."""

    def __init__(
        self,
        runs,
        examples,
        labelled,
        validation,
        skeleton: Skeleton,
        plan: animals.Plan,
        extent: float,
        pretrained,
        config: dict,
    ):
        self.runs, self.examples, self.labelled, self.validation = runs, examples, labelled, validation
        self.options, self.scale = config["train"], config["model"]["scale"]
        random = pretrained is None and config["model"]["backbone"] not in weights.PRETRAINED
        frozen = 0 if random else self.options["frozen_stages"]
        self.plan = plan
        self.network = models.build(config["model"], len(skeleton.keypoints), **plan.outputs, frozen_stages=frozen)
        self.keys = jnp.stack([jax.random.key(run.seed) for run in runs])
        params = [
            models.initialise(jax.random.fold_in(key, 2**31), self.network, weights=pretrained) for key in self.keys
        ]
        rates = optimisation.learning_rates(params[0], frozen=frozen, decay=self.options["layer_decay"])
        optimiser = optimisation.make_optimiser(self.options, rates)
        dtype = _dtype(self.options["precision"])
        supervision = losses.Supervision(
            self.network.stride,
            self.network.sigma,
            self.options["offset_radius"],
            self.options["offset_weight"],
            plan.edges,
            animals.WIDTH * self.network.sigma,
            self.options["affinity_weight"],
            reach=np.inf if plan.single else extent * self.scale,
            identity_weight=self.options["identity_weight"],
        )
        update = optimisation.make_update(
            self.network, optimiser, config, skeleton.mirrored, supervision=supervision, dtype=dtype
        )
        self.update = jax.jit(_for_each(update, len(runs)), donate_argnums=0)
        self.mesh = _mesh(self.options)
        self.state = _stack([optimisation.begin(tree, optimiser) for tree in params])
        self.kept: dict | None = None  # the averages at the best validations, with `patience`
        self.rows: list[list[dict]] = [[] for _ in runs]
        self.rates = np.asarray(optimisation.make_schedule(self.options)(jnp.arange(self.options["steps"])))

    def run(self, folder: Path) -> tuple[dict, list[list[dict]]]:
        """Take all steps, going on from `folder`; averaged parameters [run, ...] and the rows of each `history`."""
        first, steps = self._resume(folder), self.options["steps"]
        began = time.monotonic() - (self.rows[0][-1]["elapsed"] if first else 0)
        saved, pending = time.monotonic(), []
        self.state = jax.device_put(self.state, NamedSharding(self.mesh, PartitionSpec()))
        batches = data.ahead(self._orders(first), self._batch)
        progress = tqdm(total=steps, initial=first, desc="training", unit="step")
        with checkpoints.termination() as told, contextlib.closing(batches), progress:
            for number in range(first + 1, steps + 1):
                self.state, figures = self.update(self.state, self.keys, next(batches))
                pending.append(figures)
                due = number == steps or number % self.options["validate_every"] == 0
                save = told.is_set() or time.monotonic() - saved >= CHECKPOINT_SECONDS
                if due or save or len(pending) == FETCHED:
                    self._record(number, pending, time.monotonic() - began)
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
                    raise SystemExit(TERMINATED)
        return self.state.average if self.kept is None else self.kept, self.rows

    def _orders(self, first: int) -> Iterator[tuple[np.ndarray, ...]]:
        """The examples of each run in every batch from step `first` + 1 on."""
        size = self.options["batch_size"]
        runs = zip(self.runs, self.examples, strict=True)
        return zip(*(data.order(len(these), size, seed=run.seed, start=first) for run, these in runs), strict=True)

    def _batch(self, orders: tuple[np.ndarray, ...]) -> dict:
        """Arrays [run, example, ...], the examples spread over the devices."""
        batches = [examples.batch(order) for examples, order in zip(self.examples, orders, strict=True)]
        stacked = {name: np.stack([batch[name] for batch in batches]) for name in batches[0]}
        return jax.device_put(stacked, NamedSharding(self.mesh, PartitionSpec(None, "example")))

    def _record(self, number: int, pending: list[dict], elapsed: float) -> None:
        """Append the figures of the last steps, up to `number`, to the rows of each run."""
        for step, figures in enumerate(jax.device_get(pending), start=number + 1 - len(pending)):
            for index, (run, rows) in enumerate(zip(self.runs, self.rows, strict=True)):
                row = {name: float(values[index]) for name, values in figures.items()}
                if not np.isfinite(row["loss"]):
                    raise TrainingError(
                        f"fold {run.fold}, seed {run.seed}, step {step}: the loss is {row['loss']}; "
                        "lower `train.learning_rate`"
                    )
                row |= {"step": step, "learning_rate": self.rates[step - 1], "validation_error": np.nan}
                rows.append(row | {"elapsed": elapsed})

    def _validate(self) -> bool:
        """Look at the validation frames with the averaged weights; whether every run has lost its patience."""
        average, patience = self.state.average, self.options["patience"]
        stopped = []
        for index, (chosen, rows) in enumerate(zip(self.validation, self.rows, strict=True)):
            params = jax.tree.map(lambda leaf, index=index: leaf[index], average)
            rows[-1]["validation_error"] = self._error(params, chosen)
            if patience is not None:
                best, stop = best_validation([row["validation_error"] for row in rows], patience)
                stopped.append(stop)
                if best == len(rows) - 1:
                    kept = average if self.kept is None else self.kept
                    self.kept = jax.tree.map(lambda old, new, index=index: old.at[index].set(new[index]), kept, average)
        return bool(stopped) and all(stopped)

    def _error(self, params: dict, chosen: np.ndarray) -> float:
        """Mean distance over the labelled keypoints of the frames `chosen`, px; NaN where there are none.

        With several animals, the distance to the nearest candidate of the keypoint; where there is none, the longer
        side of the picture.
        """
        if not len(chosen):
            return np.nan
        detector = inference.Detector(self.network, params, batch_size=inference.BATCH)
        look = detector if self.plan.single else candidates.Finder([detector], self.plan)
        images = (self.labelled.images[index] for index in chosen)
        seen = inference.look_at_all(look, images, scale=self.scale, batch_size=inference.BATCH)
        distances = []
        for index, (points, *_) in zip(chosen, seen, strict=True):
            found = points.reshape(-1, 1, *points.shape[-2:])  # [candidate, 1, keypoint, 2]
            nearest = np.linalg.norm(found - self.labelled.points[index], axis=-1)
            nearest = np.nan_to_num(nearest, nan=max(self.labelled.images.shapes[index])).min(axis=0)
            distances.append(nearest[np.isfinite(self.labelled.points[index]).all(axis=-1)])
        measured = np.concatenate(distances)
        return float(measured.mean()) if len(measured) else np.nan

    def _save(self, folder: Path, number: int) -> None:
        tables = {
            f"rows/{index}/{name}": column.to_numpy(np.float64)
            for index, rows in enumerate(self.rows)
            for name, column in pd.DataFrame(rows).items()
        }
        kept = {} if self.kept is None else checkpoints.flatten(self.kept, "kept")
        checkpoints.save(folder, number, checkpoints.flatten(self.state, "state") | kept | tables)

    def _resume(self, folder: Path) -> int:
        """Go on from the latest checkpoint; the number of steps that are done."""
        found = checkpoints.latest(folder)
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


def best_validation(errors: list[float], patience: int) -> tuple[int, bool]:
    """Where in `errors` (px, NaN = not looked) the least is, and whether `patience` further looks have not bettered it.

    What comes after those looks does not count.
    """
    best, waited = -1, 0
    for index, error in enumerate(errors):
        if not np.isnan(error):
            better = best < 0 or error < errors[best]
            best, waited = (index, 0) if better else (best, waited + 1)
            if waited == patience:
                return best, True
    return best, False


def _for_each(update: Callable, runs: int) -> Callable:
    """`update` over the leading axis of its arguments; a single run is spared the batched form of every operation."""
    if runs > 1:
        return jax.vmap(update)

    def alone(*arguments):
        result = update(*jax.tree.map(lambda leaf: leaf[0], arguments))
        return jax.tree.map(lambda leaf: leaf[None], result)

    return alone


def _mesh(options: dict) -> Mesh:
    """As many of the devices as can share a batch evenly."""
    devices = jax.devices()
    count = max(n for n in range(1, len(devices) + 1) if options["batch_size"] // options["accumulate"] % n == 0)
    return Mesh(np.array(devices[:count]), ("example",))


def _dtype(precision: str) -> jnp.dtype:
    """What the network computes in; `auto`: bfloat16 on an accelerator, where it is twice as quick or more."""
    if precision == "auto":
        precision = "float32" if jax.default_backend() == "cpu" else "bfloat16"
    return jnp.dtype(precision)


def _stack(trees: list) -> object:
    return jax.tree.map(lambda *leaves: jnp.stack(leaves), *trees)


def augmented_examples(dataset_path: Path, splits_path: Path, *, count: int, config: dict):
    """What the network sees in training: images f32[count, crop, crop, 3] 0..1 and points f32[count, N, K, 2] px."""
    skeleton = Skeleton.from_config(config)
    labelled = dataset.load(dataset_path, keypoints=len(skeleton.keypoints))
    part = dataset.parts(splits_path, labelled, fold=0)["part"].to_numpy()
    config = framing.resolve(config, labelled, dataset.extent(labelled.points[part == "train"]))
    examples = data.Examples(labelled, np.flatnonzero(part == "train"), scale=config["model"]["scale"])
    batch = examples.batch(next(data.order(len(examples), count, seed=0)))
    images, points = augment.augment(
        jax.random.key(0),
        batch["images"],
        batch["points"],
        batch["sizes"],
        crop=config["train"]["crop"],
        config=config["augment"],
        mirrored=skeleton.mirrored,
    )
    return np.asarray(images), np.asarray(points)

"""Training: augmentation, targets, loss and update inside one compiled step."""

import time
from functools import partial
from pathlib import Path

import flax
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pandas as pd
from tqdm import tqdm

from marey import augment, bundles, dataset, geometry, inference, losses, models, weights
from marey.skeletons import Skeleton
from marey.tables import files, history


class TrainingError(RuntimeError):
    """Training cannot start or go on; the message says why and what to change."""


@flax.struct.dataclass
class State:
    """What a step changes: `params`, the optimiser's state and the moving average of the weights."""

    step: jax.Array
    params: dict
    optimiser: optax.OptState
    average: dict


def make_optimiser(config: dict, frozen: dict) -> tuple[optax.GradientTransformation, optax.Schedule]:
    """AdamW (Loshchilov & Hutter 2019) with clipping, linear warm-up and a cosine to 1 % of the peak.

    `frozen` is a pytree of bool like the parameters: True where they stay as they are.
    """
    peak, steps = config["learning_rate"], config["steps"]
    warmup = min(config["warmup"], steps // 2)
    schedule = optax.warmup_cosine_decay_schedule(peak / 100, peak, warmup, steps, peak / 100)
    update = optax.chain(
        optax.clip_by_global_norm(config["clip"]), optax.adamw(schedule, weight_decay=config["weight_decay"])
    )
    names = jax.tree.map(lambda fixed: "frozen" if fixed else "trained", frozen)
    return optax.partition({"trained": update, "frozen": optax.set_to_zero()}, names), schedule


def make_step(network, optimiser: optax.GradientTransformation, config: dict, mirrored: tuple[int, ...]):
    """The compiled update `(state, key, batch) -> (state, figures)`; a batch is what `Examples.batch` gives."""
    options = config["train"]

    def loss(params, images, points, visibility):
        return losses.pose_loss(
            network.apply(params, images),
            points,
            visibility,
            stride=network.stride,
            sigma=options["sigma"],
            radius=options["offset_radius"],
            offset_weight=options["offset_weight"],
        )

    @partial(jax.jit, donate_argnums=0)
    def step(state: State, key: jax.Array, batch: dict) -> tuple[State, dict]:
        images, points, visibility = augment.augment(
            jax.random.fold_in(key, state.step),
            batch["images"],
            batch["points"],
            batch["sizes"],
            crop=options["crop"],
            config=config["augment"],
            mirrored=mirrored,
            visibility=batch["visibility"],
        )
        (total, parts), gradient = jax.value_and_grad(loss, has_aux=True)(state.params, images, points, visibility)
        updates, optimiser_state = optimiser.update(gradient, state.optimiser, state.params)
        params = optax.apply_updates(state.params, updates)
        # The average follows closely at first, so that short trainings are not held back by the starting weights.
        decay = jnp.minimum(options["ema"], (1 + state.step) / (10 + state.step))
        average = optax.incremental_update(params, state.average, 1 - decay)
        figures = {"loss": total, **parts, "gradient_norm": optax.tree.norm(gradient)}
        return State(state.step + 1, params, optimiser_state, average), figures

    return step


class Examples:
    """Labelled frames at the network's scale, padded to one size, to draw batches from."""

    def __init__(self, labelled: dataset.LabelledFrames, chosen: np.ndarray, *, scale: float):
        images = [geometry.resize(labelled.images[index], scale=scale) for index in chosen]
        height, width = np.max([image.shape[:2] for image in images], axis=0)
        self.images = np.zeros((len(images), height, width, 3), np.uint8)
        for index, image in enumerate(images):
            self.images[index, : image.shape[0], : image.shape[1]] = image
        shapes = [labelled.images[index].shape[:2] for index in chosen]
        factors = np.array([geometry.input_scale(w, h, scale) for h, w in shapes], np.float32)
        self.points = labelled.points[chosen] * factors[:, None, None, :]
        self.sizes = np.array([(w, h) for h, w in shapes], np.float32) * factors
        self.visibility = labelled.visibility[chosen]

    def __len__(self) -> int:
        return len(self.images)

    def batch(self, indices: np.ndarray) -> dict:
        """The examples `indices` as arrays with a leading batch axis."""
        return {name: getattr(self, name)[indices] for name in ("images", "points", "sizes", "visibility")}


def train_model(
    dataset_path: Path,
    splits_path: Path,
    bundle: tuple[Path, Path],
    history_path: Path,
    *,
    fold: int,
    seed: int,
    config: dict,
    provenance: dict,
) -> None:
    """Train one model on the training part of `fold`; write its bundle and the `history` table.

    The weights that are kept are the moving average at the last step: nothing is chosen by its error.
    """
    skeleton = Skeleton.from_config(config)
    labelled = dataset.load(dataset_path, keypoints=len(skeleton.keypoints))
    part = dataset.parts(splits_path, labelled, fold=fold)["part"].to_numpy()
    if not (part == "train").any():
        raise TrainingError(f"{splits_path}: fold {fold} has no training frames; label more, or change `split`")
    examples = Examples(labelled, np.flatnonzero(part == "train"), scale=config["model"]["scale"])
    validation = np.flatnonzero(part == "validation")
    validate = partial(_validation_error, labelled, validation, config["model"]["scale"])
    params, rows = _fit(examples, skeleton, validate, seed=seed, config=config)
    files.write(history_path, pd.DataFrame(rows), history.SCHEMA, provenance={**provenance, **inference.device()})
    names = {name for individuals in labelled.individuals for name in individuals}
    facts = bundles.describe(config["model"], skeleton, training={**provenance, **inference.device()})
    bundles.save(*bundle, params, {**facts, "individual": names.pop() if len(names) == 1 else "animal"})


def _fit(examples: Examples, skeleton: Skeleton, validate, *, seed: int, config: dict):
    """Run all steps; returns the averaged parameters and the rows of `history`."""
    options = config["train"]
    key = jax.random.key(seed)
    frozen = options["frozen_stages"] if config["model"]["backbone"] in weights.PRETRAINED else 0
    network = models.build(config["model"], len(skeleton.keypoints), frozen_stages=frozen)
    params = models.initialise(jax.random.fold_in(key, 2**31), network)
    optimiser, schedule = make_optimiser(options, models.frozen_mask(params, network.frozen_stages))
    step = make_step(network, optimiser, config, skeleton.mirrored)
    state = State(jnp.zeros((), jnp.int32), params, optimiser.init(params), jax.tree.map(jnp.copy, params))
    draw = dataset.batches(len(examples), options["batch_size"], seed=seed)
    rows, began = [], time.monotonic()
    progress = tqdm(range(1, options["steps"] + 1), desc="training", unit="step")
    for number in progress:
        state, figures = step(state, key, examples.batch(next(draw)))
        due = number % options["validate_every"] == 0 or number == options["steps"]
        row = {name: float(value) for name, value in figures.items()}
        if not np.isfinite(row["loss"]):
            raise TrainingError(f"step {number}: the loss is {row['loss']}; lower `train.learning_rate`")
        row |= {
            "step": number,
            "learning_rate": float(schedule(number - 1)),
            "validation_error": validate(network, state.average) if due else None,
            "elapsed": time.monotonic() - began,
        }
        rows.append(row)
        progress.set_postfix(loss=f"{row['loss']:.4f}", refresh=False)
    return state.average, rows


def _validation_error(
    labelled: dataset.LabelledFrames, chosen: np.ndarray, scale: float, network, params
) -> float | None:
    """Mean distance over the labelled keypoints of the validation frames, px; None where there are none."""
    if not len(chosen):
        return None
    points, _ = inference.detect_all(network, params, [labelled.images[i] for i in chosen], scale=scale, batch_size=8)
    distance = np.linalg.norm(points[:, None] - labelled.points[chosen], axis=-1)
    return float(np.nanmean(distance)) if np.isfinite(distance).any() else None


def augmented_examples(dataset_path: Path, splits_path: Path, *, count: int, config: dict):
    """What the network sees in training: images f32[count, crop, crop, 3] 0..1 and points f32[count, N, K, 2] px."""
    skeleton = Skeleton.from_config(config)
    labelled = dataset.load(dataset_path, keypoints=len(skeleton.keypoints))
    part = dataset.parts(splits_path, labelled, fold=0)["part"].to_numpy()
    examples = Examples(labelled, np.flatnonzero(part == "train"), scale=config["model"]["scale"])
    batch = examples.batch(next(dataset.batches(len(examples), count, seed=0)))
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

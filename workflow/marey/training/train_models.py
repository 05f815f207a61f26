"""Training: from the packed labels to model bundles; it survives being killed, and repeats itself exactly."""

import hashlib
import itertools
import json
import logging
from importlib import import_module
from pathlib import Path

import jax
import numpy as np
import pandas as pd

from marey.inference import detector
from marey.labels import dataset
from marey.models import bundles
from marey.tables import files
from marey.tables.history import HISTORY
from marey.training import bundle_scale, checkpoints, descriptor, replays, tasks
from marey.training.loop import Run, Training, TrainingError
from marey.zoo.catalogue import Bundle

_log = logging.getLogger(__name__)


def train_models(
    dataset_path: Path,
    splits_path: Path,
    runs: list[Run],
    *,
    network: str = "models",
    pretrained: Path | None = None,
    bundle: Bundle | None = None,
    state: Path,
    config: dict,
    provenance: dict,
) -> None:
    """Train the models of `runs`, each on the training part of its fold; write their bundles and histories.

    Several are trained side by side in one program, at one input scale; but for that, and rounding, they are those
    trained alone. What is kept is the moving average of the weights, at the last step, or, with `train.patience`, at
    the best validation. On SIGTERM a checkpoint is written and the process exits with status 143.

    Args:
        dataset_path: the `dataset` table.
        splits_path: the `splits` table.
        runs: the models, with their outputs.
        network: what they learn, a key of `tasks.TASKS`.
        pretrained: file that the trunk's weights come from; None for those that the backbone brings, if any.
        bundle: the model that is trained further, `model.init`; None: a new one is.
        state: folder for checkpoints, from which the same work goes on if it was interrupted; it is deleted in the end.
        config: the experiment.
        provenance: kept in the bundles and the histories.

    Raises:
        TrainingError: a fold has no training frames, training cannot go on, or `bundle` is not what the config names.
    """
    init = config["model"]["init"]
    if init and not bundle:
        raise TrainingError(f"model.init: {init} is to be trained further, but was not given")
    labelled = dataset.load_dataset(dataset_path, keypoints=len(config["keypoints"]))
    folder = state / _digest(runs, config, provenance)
    parts = [dataset.frame_parts(splits_path, labelled, fold=run.fold)["part"].to_numpy() for run in runs]
    for run, part in zip(runs, parts, strict=True):
        if not (part == "train").any():
            raise TrainingError(f"{splits_path}: fold {run.fold} has no training frames; label more, or change `split`")
    train = np.any([part == "train" for part in parts], axis=0)
    if bundle and network == "models" and config["model"]["scale"] == "auto":
        scale = bundle_scale.choose_scale(bundle, labelled.points[train], config)
        config = {**config, "model": {**config["model"], "scale": scale}}
    task = tasks.TASKS[network](labelled, train, config)
    if bundle and config["model"]["replay"]:
        task = task._replace(replay=import_module(f"{replays.__name__}.rendered").render_replay(bundle, config))
    _log.info("input scale %g, examples of %d px", task.config["model"]["scale"], task.config["train"]["crop"])
    training = Training(runs, task, parts, pretrained, bundle)
    trained, rows = training.run(folder)
    provenance = {**provenance, **detector.device()}
    if bundle:
        provenance["parent"] = bundle.metadata()["weights"]["blake2b"]
    metadata = bundles.describe_model(
        task.config["model"],
        task.skeleton,
        task.layout,
        extent=task.extent,
        reach=task.reach,
        training=provenance,
        individuals=set(itertools.chain(*labelled.individuals)),
        mirrored=task.config["augment"]["flip_horizontal"]["probability"] > 0,
    )
    for index, run in enumerate(runs):
        whole = [*training.before[index : index + 1], *rows[index]]
        if training.before:
            _log.info("fold %d, seed %d: %s", run.fold, run.seed, describe_replay(whole[0], whole[-1]))
        files.write(run.history, pd.DataFrame(whole), HISTORY, provenance=provenance)
        params = jax.tree.map(lambda leaf, index=index: leaf[index], trained)
        if task.layout.descriptor:
            train, scale = task.rows(parts[index] == "train"), task.config["model"]["scale"]
            params = descriptor.fit_descriptor(training.network, params, task.labelled, train, task.layout, scale=scale)
        bundles.save_bundle(*run.bundle, params, metadata)
    checkpoints.delete_checkpoints(state)


def describe_replay(before: dict, after: dict) -> str:
    """Word what fine-tuning with a replay gained and what it took, by the first and the last row of a history."""
    return (
        f"mean error on validation frames {before['validation_error']:.2f} px before, {after['validation_error']:.2f} "
        f"after; on held-out rendered images, at the network's scale, {before['replay_error']:.2f} px before, "
        f"{after['replay_error']:.2f} after"
    )


def _digest(runs: list[Run], config: dict, provenance: dict) -> str:
    """Tell checkpoints apart: those of another config, code or input are not gone on from."""
    work = [[(run.fold, run.seed) for run in runs], config, provenance, str(jax.local_devices()[0].device_kind)]
    return hashlib.blake2b(json.dumps(work, sort_keys=True).encode(), digest_size=16).hexdigest()

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
from marey.labels import dataset, sizes
from marey.models import bundles
from marey.tables import files
from marey.tables.history import HISTORY
from marey.training import bundle_scale, checkpoints, descriptor, replays, tasks
from marey.training.feeding import choose_feed
from marey.training.loop import Run, Training, TrainingError, check_part
from marey.training.program import Program
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

    Several are trained one after another by one compiled program, at one input scale; but for that they are those
    trained alone. What is kept is the moving average of the weights, at the last step, or, with `train.patience`, at
    the best validation. On SIGTERM a checkpoint is written and the process exits with status 143.

    Args:
        dataset_path: the `dataset` table.
        splits_path: the `splits` table.
        runs: the models, with their outputs.
        network: what they learn, a key of `tasks.TASKS`.
        pretrained: file that the trunk's weights come from; None for those that the backbone brings, if any.
        bundle: the model that is trained further, `model.init`; None: a new one is.
        state: folder for checkpoints, those of finished models too, from which the same work goes on if it was
            interrupted; it is deleted in the end.
        config: the experiment.
        provenance: kept in the bundles and the histories.

    Raises:
        TrainingError: a fold has no training frames, training cannot go on, or `bundle` is not what the config names.
    """
    init = config["model"]["init"]
    if init and not bundle:
        raise TrainingError(f"model.init: {init} is to be trained further, but was not given")
    labelled = dataset.load_dataset(dataset_path, keypoints=len(config["keypoints"]))
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
    shown = sizes.box_sides(labelled.points[train])
    names = np.repeat(np.array(labelled.video)[train], shown.shape[1])
    if uneven := sizes.uneven_sizes(names, shown.ravel()):
        told = " and ".join(f"{size:.0f} px in {name}" for name, size in uneven.items())
        _log.warning("animals differ in size, usually %s: networks see all videos at one scale", told)
    for run, part in zip(runs, parts, strict=True):
        check_part(task, run, part, patience=config["train"]["patience"])
    program, examples = Program(task, pretrained, bundle), task.examples()
    feed = choose_feed(examples, program, examples.with_replayed(task.rows(train)))
    learnt = {**provenance, **detector.device()}
    if bundle:
        learnt["parent"] = bundle.metadata()["weights"]["blake2b"]
    metadata = bundles.describe_model(
        task.config["model"],
        task.skeleton,
        task.layout,
        extent=task.extent,
        reach=task.reach,
        training=learnt,
        individuals=set(itertools.chain(*labelled.individuals)),
        mirrored=task.config["augment"]["flip_horizontal"]["probability"] > 0,
    )
    with checkpoints.termination() as told:
        for run, part in zip(runs, parts, strict=True):
            training = Training(run, part, program, feed)
            params, rows = training.train_model(state / _digest(run, config, provenance), told)
            if task.replay:
                _log.info("fold %d, seed %d: %s", run.fold, run.seed, describe_replay(rows[0], rows[-1]))
            files.write(run.history, pd.DataFrame(rows), HISTORY, provenance=learnt)
            if task.layout.descriptor:
                how = {"layout": task.layout, "scale": task.config["model"]["scale"]}
                params = descriptor.fit_descriptor(program.network, params, task.labelled, training.train, **how)
            bundles.save_bundle(*run.bundle, params, metadata)
    checkpoints.delete_checkpoints(state)


def describe_replay(before: dict, after: dict) -> str:
    """Word what fine-tuning with a replay gained and what it took, by the first and the last row of a history."""
    return (
        f"mean error on validation frames {before['validation_error']:.2f} px before, {after['validation_error']:.2f} "
        f"after; on held-out rendered images, at the network's scale, {before['replay_error']:.2f} px before, "
        f"{after['replay_error']:.2f} after"
    )


def _digest(run: Run, config: dict, provenance: dict) -> str:
    """Tell checkpoints apart: those of another model, config, code or input are not gone on from."""
    work = [run.fold, run.seed, config, provenance, str(jax.local_devices()[0].device_kind)]
    return hashlib.blake2b(json.dumps(work, sort_keys=True).encode(), digest_size=16).hexdigest()

"""Further training: a model goes on from its weights, on rendered images and on what it was sure of in the videos."""

from collections.abc import Sequence
from pathlib import Path

import jax
import numpy as np

from marey.adaptation.pseudo_labels import Taught
from marey.experiment.skeletons import Skeleton
from marey.labels.dataset import VISIBILITY_CODES, LabelledFrames
from marey.networks.metadata import read_metadata
from marey.networks.outputs import Layout
from marey.synth.examples import Example
from marey.training import checkpoints, descriptor, scaling
from marey.training.feeding import choose_feed
from marey.training.images import Images
from marey.training.loop import Run, Training
from marey.training.program import Program
from marey.training.tasks import Task
from marey.zoo.catalogue import Bundle

# Of `train.learning_rate`: at 0.3, 250 steps on 360 images took more than they gave (on held-out rendered images the
# mean error rose from 14 to 21 px).
LEARNING_RATE_PART = 0.05


def labelled_images(examples: Sequence[Example], taught: Sequence[Taught], chosen: Sequence[int]) -> LabelledFrames:
    """Put rendered examples and frames with pseudo-labels together.

    Args:
        examples: rendered images, with all keypoints of the renderer.
        taught: frames; a keypoint without a place is not known.
        chosen: the renderer's keypoint for each of the model's.
    """
    number = len(examples) + len(taught)
    most = max(len(each.points) for each in (*examples, *taught))
    points = np.full((number, most, len(chosen), 2), np.nan, np.float32)
    visibility = np.full((number, most, len(chosen)), VISIBILITY_CODES["absent"], np.int8)
    for row, example in enumerate(examples):
        points[row, : len(example.points)] = example.points[:, chosen]
        visibility[row, : len(example.points)] = example.visibility[:, chosen]
    for row, each in enumerate(taught, start=len(examples)):
        known = np.isfinite(each.points).all(axis=-1)
        points[row, : len(known)] = each.points
        visibility[row, : len(known)] = np.where(known, VISIBILITY_CODES["visible"], VISIBILITY_CODES["unlabelled"])
    names = [[f"animal{k + 1}" for k in range(len(each.points))] for each in (*examples, *taught)]
    images = Images(each.image for each in (*examples, *taught))
    return LabelledFrames(["adaptation"] * number, np.arange(number), images, names, points, visibility)


def train_further(files: tuple[Path, Path], labelled: LabelledFrames, *, config: dict, seed: int, folder: Path) -> dict:
    """Train a model further; what it puts out, and the scale at which it sees animals, stay as they are.

    Args:
        files: weights and metadata of its bundle.
        labelled: images at the scale of the network.
        config: blocks `augment` and `train` of the experiment, and zoo.adapt.steps.
        seed: of the order of the images and their changes.
        folder: for checkpoints.

    Returns:
        The parameters {"params": tree of f32 arrays}.
    """
    metadata = read_metadata(files[1])
    extent = metadata["extent"] * metadata["preprocessing"]["scale"]
    layout, skeleton = Layout.from_metadata(metadata), Skeleton.from_config(metadata)
    steps = config["zoo"]["adapt"]["steps"]
    train = {
        **config["train"],
        "steps": steps,
        "validate_every": steps,
        "patience": None,
        "crop": scaling.training_crop(extent, max(max(shape) for shape in labelled.images.shapes)),
        "learning_rate": LEARNING_RATE_PART * config["train"]["learning_rate"],
    }
    model = {**metadata["architecture"], "scale": 1.0, "weights": None, "map": {}}
    settings = {"model": model, "train": train, "augment": config["augment"]}
    every = np.arange(len(labelled))
    task = Task(labelled, every, skeleton, layout, extent, settings)
    run = Run(0, seed, files, folder)  # nothing is written
    program = Program(task, bundle=Bundle("the model as it is", *files))
    feed = choose_feed(task.examples(), program, every)
    with checkpoints.termination() as told:
        training = Training(run, np.full(len(labelled), "train"), program, feed)
        params, _ = training.train_model(folder, told)
    if layout.descriptor:
        params = descriptor.fit_descriptor(program.network, params, labelled, every, layout, scale=1.0)
    return jax.device_get(params)

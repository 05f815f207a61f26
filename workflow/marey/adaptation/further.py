"""Further training: a model goes on from its weights, on rendered images and on what it was sure of in the videos."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from marey.adaptation.pseudo_labels import Taught
from marey.experiment.skeletons import Skeleton
from marey.labels.dataset import VISIBILITY_CODES, LabelledFrames
from marey.models import bundles
from marey.networks.outputs import Layout
from marey.synth.examples import Example
from marey.training import descriptor, scaling
from marey.training.loop import Run, Training
from marey.training.tasks import Task
from marey.training.validation import mean_error
from marey.zoo.catalogue import Bundle

LEARNING_RATE_PART = 0.3  # of `train.learning_rate`: what the model knows is not to be lost in the first steps


class Images(list):
    """Hold images u8[height, width, 3] with their `shapes`."""

    @property
    def shapes(self) -> list[tuple[int, int]]:
        """Return (height, width) of each, px."""
        return [image.shape[:2] for image in self]


class Trained(NamedTuple):
    """Hold what came of a training: the parameters, and the mean error px on held-out images, before and after."""

    params: dict
    error_before: float
    error_after: float


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


def train_further(
    files: tuple[Path, Path], labelled: LabelledFrames, held_out: np.ndarray, *, config: dict, seed: int, folder: Path
) -> Trained:
    """Train a model further; what it puts out, and the scale at which it sees animals, stay as they are.

    Args:
        files: weights and metadata of its bundle.
        labelled: images at the scale of the network.
        held_out: bool[image], those that measure the error and do not train.
        config: blocks `augment` and `train` of the experiment, and zoo.adapt.steps.
        seed: of the order of the images and their changes.
        folder: for checkpoints.
    """
    network, params, metadata = bundles.load_bundle(*files)
    extent = metadata["extent"] * metadata["preprocessing"]["scale"]
    layout, skeleton = Layout.from_metadata(metadata), Skeleton.from_config(metadata)
    steps = config["zoo"]["adapt"]["steps"]
    largest = max(max(shape) for shape in labelled.images.shapes)
    train = {
        **config["train"],
        "steps": steps,
        "validate_every": steps,
        "patience": None,
        "crop": scaling.training_crop(extent, largest),
        "learning_rate": LEARNING_RATE_PART * config["train"]["learning_rate"],
    }
    model = {**metadata["architecture"], "scale": 1.0, "weights": None, "map": {}}
    settings = {"model": model, "train": train, "augment": config["augment"]}
    task = Task(labelled, np.arange(len(labelled)), skeleton, layout, extent, settings)
    part = np.where(held_out, "validation", "train")
    run = Run(0, seed, files, folder)  # nothing is written
    training = Training([run], task, [part], None, Bundle("the model that is adapted", *files))
    trained, (rows,) = training.run(folder)
    trained = {"params": {name: _first(part) for name, part in trained["params"].items()}}
    if layout.descriptor:
        trained = descriptor.fit_descriptor(
            training.network, trained, labelled, np.flatnonzero(~held_out), layout, scale=1.0
        )
    before = mean_error(network, params, task, np.flatnonzero(held_out))
    return Trained(trained, before, float(rows[-1]["validation_error"]))


def _first(tree: dict) -> dict:
    """Take the only run of parameters f32[run, ...]."""
    return {name: _first(part) if isinstance(part, dict) else part[0] for name, part in tree.items()}

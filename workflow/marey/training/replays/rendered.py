"""Rendered images of the animal that trained a bundle: shown again while labels train it further, against forgetting.

They are at the network's scale, as they were when the bundle was trained, whatever the scale of the labelled frames.
"""

import logging
from collections.abc import Mapping, Sequence

import numpy as np
from tqdm import tqdm

from marey.labels.dataset import VISIBILITY_CODES, LabelledFrames
from marey.networks.metadata import BundleError
from marey.synth import examples
from marey.training.images import Images
from marey.training.tasks import Replay
from marey.zoo.catalogue import Bundle
from marey.zoo.names import match

MOST_IMAGES = 400  # that are rendered; each is drawn again and again, changed anew
HELD_OUT_IMAGES = 40  # that tell what is forgotten
HELD_OUT_SEED, FIRST_SEED = 98, 2000  # of what is rendered

_log = logging.getLogger(__name__)


def render_replay(bundle: Bundle, config: dict) -> Replay:
    """Render what a bundle is shown again.

    Args:
        bundle: the bundle.
        config: `keypoints`, `animals`, `model` and `train` of the experiment, and `card`, whose `animal` is rendered.

    Returns:
        The images that train and those that are held out.

    Raises:
        BundleError: the bundle has no keypoint that is both here and in the rendered animal.
    """
    animal, keypoints = config["card"]["animal"], config["keypoints"]
    chosen = choose_keypoints(animal, bundle.metadata()["keypoints"], keypoints, config["model"]["map"])
    if not any(each is not None for each in chosen):
        raise BundleError(
            f"model.replay: {bundle.name} and the rendered animal have none of {', '.join(keypoints)}; set it to 0"
        )
    count = min(MOST_IMAGES, config["train"]["steps"] * config["train"]["batch_size"])
    number = 1 if config["animals"]["method"] == "single" else None
    shown = [
        render_frames(animal, chosen, seed=seed, count=images, animals=number)
        for seed, images in ((FIRST_SEED, count), (HELD_OUT_SEED, HELD_OUT_IMAGES))
    ]
    return Replay(*shown, share=config["model"]["replay"])


def choose_keypoints(
    animal: str, bundle: Sequence[str], project: Sequence[str], by_hand: Mapping[str, str | None]
) -> list[int | None]:
    """Find the rendered animal's keypoint for each of a project's; None where the bundle, or the animal, has none."""
    known = match(project, bundle, by_hand).source
    drawn = examples.load_animal(animal).KEYPOINTS
    rendered = match(bundle, drawn).source
    places = [rendered.get(known[name]) for name in project]
    return [None if place is None else list(drawn).index(place) for place in places]


def render_frames(
    animal: str, chosen: Sequence[int | None], *, seed: int, count: int, animals: int | None
) -> LabelledFrames:
    """Render labelled frames.

    Args:
        animal: which.
        chosen: its keypoint for each of the network's; None: it has none, which is then unlabelled.
        seed: of the series.
        count: how many.
        animals: how many each shows; None: as the animal's odds say.

    Returns:
        The frames, of the video `rendered`.
    """
    shown = tqdm(
        examples.render_examples(seed, count, animal=animal, animals=animals), "rendering", count, unit="image"
    )
    made = list(shown)
    most = max(len(each.points) for each in made)
    points = np.full((count, most, len(chosen), 2), np.nan, np.float32)
    visibility = np.full((count, most, len(chosen)), VISIBILITY_CODES["absent"], np.int8)
    own = [place for place, each in enumerate(chosen) if each is not None]
    theirs = [each for each in chosen if each is not None]
    for row, each in enumerate(made):
        number = len(each.points)
        visibility[row, :number] = VISIBILITY_CODES["unlabelled"]
        points[row, :number, own] = each.points[:, theirs].swapaxes(0, 1)
        visibility[row, :number, own] = each.visibility[:, theirs].T
    names = [list(each.individuals) for each in made]
    return LabelledFrames(
        ["rendered"] * count, np.arange(count), Images(each.image for each in made), names, points, visibility
    )

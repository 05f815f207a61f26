"""Tasks: what the networks of an experiment learn from its labelled frames.

There is always one that finds keypoints. Where there are several animals and `animals.method` is top_down, it sees a
square about one of them; another one, the locator, has found its anchor before (see `anchor`). To the locator, an
animal is a single keypoint.
"""

from typing import NamedTuple

import numpy as np

from marey.experiment.skeletons import Skeleton
from marey.labels import dataset, sizes
from marey.labels.dataset import LabelledFrames
from marey.networks import outputs
from marey.pictures import squares
from marey.tables.labels import VISIBILITIES
from marey.training import anchor, design, scaling
from marey.training.examples import Examples
from marey.training.images import Joined, Repeated, ScaledImages, Windows, window_reach

# Largest translation of the squares about an animal, part of their side: about what locators are off by.
MAX_CENTRE_SHIFT = 0.05
_VISIBLE, _ABSENT, _UNLABELLED = (VISIBILITIES.index(name) for name in ("visible", "absent", "unlabelled"))


class Replay(NamedTuple):
    """Hold what a network that is trained further is shown again, at its own scale.

    Attributes:
        trains: frames with labels.
        held_out: others, that tell what is forgotten.
        share: of each batch.
    """

    trains: LabelledFrames
    held_out: LabelledFrames
    share: float


class Task(NamedTuple):
    """Hold images and what is to be found in them.

    Attributes:
        labelled: n images with their labels.
        frame: i64[n], their rows in the data set.
        skeleton: what is looked for.
        layout: what the network puts out.
        extent: size of the animals that train, px of the videos.
        config: the experiment, with numbers in place of `auto`.
        reach: f64[keypoint, keypoint], px of the videos, as `dataset.reach`; None: not known.
        replay: what is shown again; None: nothing.
    """

    labelled: LabelledFrames
    frame: np.ndarray
    skeleton: Skeleton
    layout: outputs.Layout
    extent: float
    config: dict
    reach: np.ndarray | None = None
    replay: Replay | None = None

    def rows(self, frames: np.ndarray) -> np.ndarray:
        """Find which of the images are of the `frames` bool[frame] of the data set: i64[m]."""
        return np.flatnonzero(frames[self.frame])

    def examples(self) -> Examples:
        """Make examples of all images, and of those that are shown again."""
        labelled, layout, scale = self.labelled, self.layout, self.config["model"]["scale"]
        if layout.side:
            reach = window_reach(self.config["train"]["crop"], self.config["augment"])
            centres = squares.anchors(labelled.points, layout.anchor)[:, 0]
            return Examples(labelled, Windows(labelled.images, scale, centres, reach), centres=centres)
        identity = (
            dataset.identity_codes(labelled, layout.identities, unique=layout.unique) if layout.identities else None
        )
        options = {}
        if self.replay:
            again = len(self.replay.trains)
            labelled = joined(labelled, self.replay.trains)
            scale = np.repeat([scale, 1.0], [len(self.labelled), again])
            options = {"replayed": again, "share": self.replay.share}
            if identity is not None:
                more = [(0, again), (0, labelled.points.shape[1] - identity.shape[1])]
                identity = np.pad(identity, more, constant_values=-1)
        return Examples(labelled, ScaledImages(labelled.images, scale), identity=identity, **options)

    @property
    def before(self) -> "Task":
        """Return the task of finding what the replay holds out, at the network's scale."""
        labelled = self.replay.held_out
        config = {**self.config, "model": {**self.config["model"], "scale": 1.0}}
        return self._replace(labelled=labelled, frame=np.arange(len(labelled)), config=config, replay=None)


def find_keypoints(labelled: LabelledFrames, train: np.ndarray, config: dict) -> Task:
    """Make the task of a pose network, whose scale and layout go by the frames `train` bool[frame]."""
    skeleton, points = Skeleton.from_config(config), labelled.points[train]
    extent, reach = dataset.extent(points), dataset.reach(points)
    order = anchor.choose_anchor(points) if config["animals"]["method"] == "top_down" else ()
    side, number = anchor.measure_side(points, order), design.count_animals(points)
    config = scaling.resolve_scaling(config, labelled, size=sizes.usual_size(points), side=side, number=number)
    layout = design.choose_layout(points, skeleton, config["animals"])
    if config["animals"]["method"] != "top_down":
        return Task(labelled, np.arange(len(labelled)), skeleton, layout, extent, config, reach)
    shift = config["augment"]["translation"]
    shift = {**shift, "largest": min(MAX_CENTRE_SHIFT, shift["largest"])}
    config = {**config, "augment": {**config["augment"], "translation": shift}}
    layout = layout._replace(side=config["train"]["crop"], anchor=order)
    return Task(*one_image_per_animal(labelled), skeleton, layout, extent, config, reach)


def find_animals(labelled: LabelledFrames, train: np.ndarray, config: dict) -> Task:
    """Make the task of a locator, whose scale and layout go by the frames `train` bool[frame]."""
    points = labelled.points[train]
    extent, order = dataset.extent(points), anchor.choose_anchor(points)
    config = scaling.resolve_locator(config, labelled, extent)
    layout = outputs.Layout(False, most=design.most_animals(points))
    skeleton = Skeleton((outputs.anchor_name(config["keypoints"], order),))
    return Task(as_anchors(labelled, order), np.arange(len(labelled)), skeleton, layout, extent, config)


TASKS = {"models": find_keypoints, "locators": find_animals}  # by the folder that the networks are in


def as_anchors(labelled: LabelledFrames, order: tuple[int, ...]) -> LabelledFrames:
    """Give each animal a single keypoint: its anchor, as `squares.anchors` does by the `order` of keypoints."""
    places = squares.anchors(labelled.points, order)[:, :, None]
    absent = (labelled.visibility == _ABSENT).all(axis=2, keepdims=True)
    nowhere = np.where(absent, _ABSENT, _UNLABELLED)
    seen = np.isfinite(places).all(axis=-1)
    visibility = np.where(seen, _VISIBLE, nowhere).astype(np.int8)
    return LabelledFrames(
        labelled.video, labelled.frame, labelled.images, labelled.individuals, places.astype(np.float32), visibility
    )


def one_image_per_animal(labelled: LabelledFrames) -> tuple[LabelledFrames, np.ndarray]:
    """Make an image for each animal that has a labelled keypoint; returns them and the rows of their frames, i64[n].

    The other animals of the frame belong to the background.
    """
    frame, animal = np.nonzero(np.isfinite(labelled.points).all(axis=-1).any(axis=-1))
    each = LabelledFrames(
        [labelled.video[row] for row in frame],
        labelled.frame[frame],
        Repeated(labelled.images, frame),
        [[labelled.individuals[row][number]] for row, number in zip(frame, animal, strict=True)],
        labelled.points[frame, animal][:, None],
        labelled.visibility[frame, animal][:, None],
    )
    return each, frame


def joined(first: LabelledFrames, second: LabelledFrames) -> LabelledFrames:
    """Put frames with the same keypoints one behind the other; those with fewer animals than others get absent ones."""
    most = max(first.points.shape[1], second.points.shape[1])

    def padded(values: np.ndarray, empty: float) -> np.ndarray:
        more = [(0, 0), (0, most - values.shape[1])] + [(0, 0)] * (values.ndim - 2)
        return np.pad(values, more, constant_values=empty)

    return LabelledFrames(
        [*first.video, *second.video],
        np.concatenate([first.frame, second.frame]),
        Joined(first.images, second.images),
        [*first.individuals, *second.individuals],
        np.concatenate([padded(each.points, np.nan) for each in (first, second)]),
        np.concatenate([padded(each.visibility, _ABSENT) for each in (first, second)]),
    )

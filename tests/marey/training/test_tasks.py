"""Tasks: what is made of the labels for each network."""

import jax
import numpy as np
import pytest

from marey.experiment import config, stages
from marey.labels.dataset import LabelledFrames
from marey.tables.labels import VISIBILITIES
from marey.training import tasks
from marey.training.augment import augment
from marey.training.images import Images

NAN = np.nan
# Two frames of 200 x 100 px: two animals of three keypoints and none; one animal, and one of which nothing is labelled.
POINTS = np.float32(
    [
        [[[20, 30], [40, 50], [NAN, NAN]], [[150, 60], [160, 90], [140, 80]], [[NAN] * 2] * 3],
        [[[90, 10], [NAN, NAN], [110, 30]], [[NAN] * 2] * 3, [[NAN] * 2] * 3],
    ]
)
VISIBLE, ABSENT, UNLABELLED = (VISIBILITIES.index(name) for name in ("visible", "absent", "unlabelled"))
VISIBILITY = np.where(np.isfinite(POINTS[..., 0]), VISIBLE, ABSENT).astype(np.int8)
VISIBILITY[0, 0, 2] = VISIBILITY[1, 0, 1] = VISIBILITY[1, 1] = UNLABELLED


class Pictures(list):
    """Two pictures, of which each pixel says which it is."""

    shapes = ((100, 200), (100, 200))


IMAGES = Pictures(np.full((100, 200, 3), value, np.uint8) for value in (50, 200))
LABELLED = LabelledFrames(["v", "w"], np.array([3, 8]), IMAGES, [["a", "b"], ["a", "b"]], POINTS, VISIBILITY)
TRAIN = np.array([True, True])
EXPERIMENT = {
    "project": "p",
    "data": ".",
    "videos": ".",
    "keypoints": ["nose", "body", "tail"],
    "animals": {"method": "top_down"},
    "model": {"scale": 1},
    "train": {"crop": 64},
}


def stage(name, **changes):
    return stages.stage_config(config.load_config({**EXPERIMENT, **changes}), name)


def test_to_a_locator_an_animal_is_the_middle_of_its_box():
    task = tasks.find_animals(LABELLED, TRAIN, stage("train_locator"))
    np.testing.assert_array_equal(task.labelled.points[0, :, 0], [[30, 40], [150, 75], [NAN, NAN]])
    np.testing.assert_array_equal(task.labelled.points[1, :, 0], [[100, 20], [NAN, NAN], [NAN, NAN]])
    expected = [[VISIBLE, VISIBLE, ABSENT], [VISIBLE, UNLABELLED, ABSENT]]
    np.testing.assert_array_equal(task.labelled.visibility[..., 0], expected)
    assert task.skeleton.keypoints == ("centre",)
    assert (task.layout.single, task.layout.most, task.layout.edges, task.layout.side) == (False, 2, (), 0)
    assert task.extent == pytest.approx(29, abs=1)  # of boxes of 20, 30 and 20 px
    assert task.config["model"]["scale"] == 1  # animals are small as it is


def test_where_boxes_lie_on_each_other_a_keypoint_keeps_animals_apart():
    """Two animals that cross: middles of boxes are 2 px apart, bodies 18, tails 40."""
    crossed = np.float32([[[100, 40], [112, 40], [140, 40]], [[142, 38], [130, 38], [100, 38]]])
    points = np.stack([crossed + 3 * number for number in range(8)])
    points[0, 0, 2] = NAN
    visibility = np.where(np.isfinite(points[..., 0]), VISIBLE, ABSENT).astype(np.int8)
    images = Images([IMAGES[0]] * 8)
    labelled = LabelledFrames(["v"] * 8, np.arange(8), images, [["a", "b"]] * 8, points, visibility)
    every, options = np.ones(8, bool), {"train": {"crop": "auto"}}
    locator = tasks.find_animals(labelled, every, stage("train_locator"))
    task = tasks.find_keypoints(labelled, every, stage("train_model", **options))
    assert locator.skeleton.keypoints == ("body",)  # of those that are apart, that with the smallest squares
    assert task.layout.anchor == (1, 0, 2)
    np.testing.assert_array_equal(locator.labelled.points[:, :, 0], points[:, :, 1])
    seen = task.examples().labels
    np.testing.assert_array_equal(seen["centres"], seen["points"][:, 0, 1])
    assert task.layout.side == 96  # 1.15 times twice the 30 px from body to tail


def test_top_down_each_animal_is_a_picture_of_its_own():
    task = tasks.find_keypoints(LABELLED, TRAIN, stage("train_model"))
    assert task.frame.tolist() == [0, 0, 1]
    np.testing.assert_array_equal(task.labelled.points[:, 0], POINTS[[0, 0, 1], [0, 1, 0]])
    np.testing.assert_array_equal(task.labelled.visibility[:, 0], VISIBILITY[[0, 0, 1], [0, 1, 0]])
    assert [image[0, 0, 0] for image in task.labelled.images] == [50, 50, 200]
    assert task.labelled.individuals == [["a"], ["b"], ["a"]]
    assert task.labelled.frame.tolist() == [3, 3, 8]
    assert task.layout.side == 64
    assert task.rows(np.array([False, True])).tolist() == [2]


def test_top_down_crops_lie_about_the_middle_of_an_animal():
    """But for a shift, which is small however large `translation` is: no other animal is to lie nearer the middle."""
    options = stage("train_model", augment={"flip_horizontal": {"probability": 0.5}})
    task = tasks.find_keypoints(LABELLED, TRAIN, options)
    batch = task.examples().batch(np.repeat(np.arange(3), 20))
    pictures = batch["images"].astype(np.float32), batch["points"], batch["sizes"]
    how = {"crop": 64, "config": task.config["augment"], "mirrored": (0, 1, 2), "centres": batch["centres"]}
    images, points = augment.augment(jax.random.key(0), *pictures, **how)
    middles = np.concatenate([points[:20], points[40:]]).reshape(40, -1, 2)  # of two points: that of any box of them
    middle = np.nanmean(middles, axis=1)
    assert images.shape == (60, 64, 64, 3)
    assert np.abs(middle - 32).max() <= 1.1 * tasks.MAX_CENTRE_SHIFT * 64 + 1  # magnified, and whole pixels
    assert np.abs(middle - 32).max() > 0.5 * tasks.MAX_CENTRE_SHIFT * 64


def test_bottom_up_pictures_stay_what_they_are():
    task = tasks.find_keypoints(LABELLED, TRAIN, stage("train_model", animals={"method": "bottom_up"}))
    assert task.labelled is LABELLED
    assert task.frame.tolist() == [0, 1]
    assert task.layout.side == 0
    assert "centres" not in task.examples().batch(np.array([0]))

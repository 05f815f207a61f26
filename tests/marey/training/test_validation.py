"""Validation: the error of a network that is known, and when training has gone on long enough."""

import numpy as np
import pytest

from marey.experiment.skeletons import Skeleton
from marey.labels import dataset
from marey.networks import outputs
from marey.training import tasks, validation

from ..dots import DotNetwork, picture


class Pictures(list):
    """Pictures of one size."""

    shapes = ((128, 192),) * 2


PLACES = np.float32([[[[30, 40]], [[150, 90]]], [[[100, 20]], [[np.nan, np.nan]]]])  # of dots, in two frames
OFF = np.float32([3, 4])  # px that labels are off by, which is 5 px


def labelled() -> dataset.LabelledFrames:
    """Two frames of 192 x 128 px with two dots and with one."""
    images = Pictures(
        np.max([picture(192, 128, *place[0]) for place in frame if np.isfinite(place).all()], axis=0)
        for frame in PLACES
    )
    names = [["a", "b"], ["a"]]
    visibility = np.where(np.isfinite(PLACES[..., 0]), 0, 2).astype(np.int8)
    return dataset.LabelledFrames(["v"] * 2, np.arange(2), images, names, PLACES + OFF, visibility)


@pytest.mark.parametrize("scale", [1.0, 1.5])
@pytest.mark.parametrize("method", ["bottom_up", "top_down"])
def test_the_error_is_the_distance_to_the_labels(method, scale):
    layout = outputs.Layout(False, most=2, side=64 if method == "top_down" else 0)
    frames, rows = tasks.one_image_per_animal(labelled()) if layout.side else (labelled(), np.arange(2))
    config = {"model": {"scale": scale}}
    task = tasks.Task(frames, rows, Skeleton(("dot",)), layout, 20.0, config)
    network = DotNetwork(reach=12)
    assert validation.mean_error(network, {}, task, np.arange(len(frames))) == pytest.approx(5, abs=0.3)
    assert np.isnan(validation.mean_error(network, {}, task, np.arange(0)))


def test_patience_keeps_the_best_validation_and_stops():
    nan = np.nan
    assert validation.best_validation([nan, 5.0, nan, 4.0, nan, 4.5], 2) == (3, False)
    assert validation.best_validation([nan, 5.0, nan, 4.0, nan, 4.5, nan, 4.2], 2) == (3, True)
    assert validation.best_validation([5.0, 6.0, 7.0, 1.0], 2) == (0, True)  # what comes after does not count
    assert validation.best_validation([nan, nan], 1) == (-1, False)

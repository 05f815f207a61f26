"""The descriptor: axes of made features whose answer is known, and a network whose colours tell dots apart."""

import dataclasses

import jax
import numpy as np
import pytest

from marey.labels import dataset
from marey.networks.network import build_network
from marey.networks.outputs import Layout
from marey.training import descriptor
from marey.training.initialise import initialise

MODEL = {"backbone": "small", "channels": 16, "stride": 4, "sigma": 6.0}


def features(seed=0, *, frames=40, keypoints=6):
    """Two animals a frame that differ along (1, 1, 0, 0); keypoints differ in the third feature, frames in the last."""
    chance = np.random.default_rng(seed)
    shape = (frames, 2, keypoints)
    values = chance.normal(0, 0.3, (*shape, 4))
    values[..., :2] += np.array([-1.0, 1.0])[:, None, None]
    values[..., 2] += 5 * np.arange(keypoints)
    values[..., 3] += 9 * chance.normal(0, 1, (frames, 1, 1))
    frame, animal, _ = np.indices(shape)
    return values.reshape(-1, 4), frame.ravel(), animal.ravel()


def test_the_first_axis_is_that_in_which_animals_differ():
    values, frame, animal = features()
    axes, middle = descriptor.discriminants(values, frame, animal, count=6)
    first = axes[:, 0] / np.linalg.norm(axes[:, 0])
    assert abs(first @ [np.sqrt(0.5), np.sqrt(0.5), 0, 0]) > 0.99  # and not the light, which varies far more
    seen = (values - middle) @ axes
    means = np.stack([seen[animal == each, 0] for each in (0, 1)])
    assert abs(means.mean(axis=1)[0] - means.mean(axis=1)[1]) > 2 * means.std(axis=1).max()
    assert (axes[:, 4:] == 0).all()  # there are no more than four


def test_within_an_animal_the_descriptor_varies_by_one():
    values, frame, animal = features()
    axes, _ = descriptor.discriminants(values, frame, animal, count=4)
    seen = (values @ axes).reshape(-1, 6, 4)
    spread = np.sqrt(((seen - seen.mean(axis=1, keepdims=True)) ** 2).sum(axis=(0, 1)) / (len(seen) * 5))
    assert spread[0] < 1.0
    assert spread.max() == pytest.approx(1, abs=0.1)


def test_frames_of_one_animal_and_nothing_to_see_give_numbers():
    for values in (np.zeros((8, 3)), np.random.default_rng(0).normal(size=(8, 3))):
        axes, middle = descriptor.discriminants(values, np.arange(8) // 2, np.zeros(8, int), count=3)
        assert np.isfinite(axes).all()
        assert np.isfinite(middle).all()


def test_a_network_is_given_a_head_that_tells_red_from_blue(monkeypatch):
    """Dots of two colours at random places, looked at by a network of random weights."""
    chance, images = np.random.default_rng(0), []
    points = chance.uniform(8, 24, (30, 2, 2, 2)).astype(np.float32)
    points[:, 0, :, 0] += 32 * chance.integers(0, 2, (30, 1))  # to the left or to the right, the other one below
    points[:, 1, :, 1] += 32
    for frame in points:
        image = np.full((64, 64, 3), 128, np.uint8)
        for colour, animal in zip(((200, 60, 60), (60, 60, 200)), frame, strict=True):
            for x, y in animal.astype(int):
                image[y - 5 : y + 6, x - 5 : x + 6] = colour
        images.append(image)
    visibility = np.zeros((30, 2, 2), np.int8)
    labelled = dataset.LabelledFrames(["v"] * 30, np.arange(30), images, [["a", "b"]] * 30, points, visibility)
    layout = Layout(False, (), (), 2, descriptor=4)
    network = build_network(MODEL, 2, **layout.outputs)
    params = initialise(jax.random.key(0), network)
    fitted = descriptor.fit_descriptor(network, params, labelled, np.arange(20), layout, scale=1.0)
    unchanged, seen = (jax.tree.leaves({**each["params"], "descriptor": 0}) for each in (params, fitted))
    assert all(map(np.array_equal, unchanged, seen))
    apply = jax.jit(network.apply, compiler_options={"xla_backend_optimization_level": 0})  # it runs once
    outputs = apply(fitted, np.stack(images[20:]).astype(np.float32) / 255)
    cell = (points[20:] // 4).astype(int)
    frame = np.arange(10)[:, None, None]
    first = np.asarray(outputs["descriptor"])[frame, cell[..., 1], cell[..., 0], 0].mean(axis=2)  # of frames not learnt
    sign = np.sign(first[:, 0] - first[:, 1])
    assert abs(sign.sum()) == 10
    monkeypatch.setattr(descriptor, "MAX_DESCRIPTOR_FRAMES", 2)  # of the frames that show animals, whichever these are
    few = np.where((np.arange(30) % 5 == 2)[:, None, None, None], points, np.nan)
    fitted = descriptor.fit_descriptor(
        network, params, dataclasses.replace(labelled, points=few), np.arange(20), layout, scale=1.0
    )
    assert np.isfinite(fitted["params"]["descriptor"]["kernel"]).all()

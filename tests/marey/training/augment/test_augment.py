"""Picture and keypoints move together; what is not drawn costs and changes nothing; devices do not change a batch."""

import json
import os
import re
import subprocess
import sys
from functools import cache, partial
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from marey.experiment.config import schema, with_defaults
from marey.inference import peaks
from marey.training import targets
from marey.training.augment import augment

DEFAULTS = with_defaults({}, schema("config")["properties"]["augment"])
OFF = {
    name: {**options, "probability": 0} if "probability" in options else {"focus": 0}
    for name, options in DEFAULTS.items()
}
MOVING = {
    **OFF,
    "crop": {"focus": 1},
    "rotation": {"largest": 180, "probability": 1},
    "scale": {"range": [0.7, 1.6], "probability": 1},
    "shear": {"largest": 20, "probability": 0.5},
    "translation": {"largest": 0.25, "probability": 1},
    "flip_horizontal": {"probability": 0.5},
}
PHOTOMETRIC = {name: {**DEFAULTS[name], "probability": 0.5} for name in augment.PHOTOMETRIC}
MIRRORED = (1, 0, 2)
compiled = partial(jax.jit, compiler_options={"xla_backend_optimization_level": 0})  # each program runs once, or few


def batch(size=(121, 90), padded=(96, 128), count=8):
    """Pictures u8[count, *padded, 3] of (width, height) `size` with a dot each, and points f32[count, 1, 3, 2].

    Keypoint 0 lies on the dot, 1 is missing, 2 lies in a corner.
    """
    rng = np.random.default_rng(1)
    places = rng.uniform([20, 20], np.array(size) - 20, (count, 2)).astype(np.float32)
    rows, columns = np.mgrid[: size[1], : size[0]] + 0.5
    distance = (columns - places[:, :1, None]) ** 2 + (rows - places[:, 1:, None]) ** 2
    images = np.zeros((count, *padded, 3), np.uint8)
    images[:, : size[1], : size[0]] = (255 * np.exp(-distance / (2 * 2.5**2))).round()[..., None]
    points = np.full((count, 1, 3, 2), np.nan, np.float32)
    points[:, 0, 0], points[:, 0, 2] = places, 1.0
    return images, points, np.tile(np.float32(size), (count, 1))


def eager(key, *arrays, config, crop=64, **options):
    return augment.augment(key, *arrays, crop=crop, config=config, mirrored=MIRRORED, **options)


def run(arrays, config, seed=0, crop=64, **options):
    return program(json.dumps(config), crop)(jax.random.key(seed), *arrays, **options)


@cache
def program(config, crop):
    """Calls with arrays of the same shapes share it."""
    return compiled(partial(eager, config=json.loads(config), crop=crop))


@partial(jax.jit, static_argnames="stride")
def decoded(points, *, stride):
    """Points f32[B, 1, K, 2] of 96 x 96 px pictures, by way of the targets that they make."""
    options = {"shape": (96 // stride, 96 // stride), "stride": stride}
    present = jnp.isfinite(points).all(axis=-1)
    heatmaps = targets.heatmap_targets(points, present, sigma=6.0, **options)
    return peaks.peaks(heatmaps, stride=stride, sigma=6.0, candidates=1)[0]


@pytest.mark.parametrize("size", [(121, 90), (120, 91)])
def test_the_dot_moves_with_its_keypoint_and_is_decoded_there(size):
    images, points = run(batch(size), MOVING, crop=96)
    found = [np.asarray(decoded(points, stride=stride)) for stride in (4, 8)]
    rows, columns = np.mgrid[:96, :96] + 0.5
    tried = set()
    for index, picture in enumerate(np.asarray(images)):
        keypoint = 0 if np.isnan(points[index, 0, 1]).all() else 1  # the mirror image of keypoint 0 is keypoint 1
        weight = picture[..., 0] / max(picture[..., 0].sum(dtype=float), 1e-9)  # the dot may lie outside
        place = np.array([(columns * weight).sum(), (rows * weight).sum()])
        if (place > 12).all() and (place < 84).all():  # all of the dot is in the crop
            for position in (points, *found):
                assert_allclose(position[index, 0, keypoint], place, atol=0.1)
            tried.add(keypoint)
    assert tried == {0, 1}  # dots were seen, with and without a flip


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_zeros_change_nothing(dtype):
    rng = np.random.default_rng(2)
    images = rng.integers(0, 256, (2, 64, 64, 3), np.uint8)
    unit = images.astype(np.float32) / 255
    points = rng.uniform(0, 64, (2, 2, 3, 2)).astype(np.float32)
    arrays = (images if dtype == np.uint8 else unit, points, np.full((2, 2), 64, np.float32))
    pictures, moved = run(arrays, OFF)
    if dtype == np.uint8:
        assert_allclose(pictures, unit, rtol=2e-7)
    else:
        assert_array_equal(pictures, unit)
    assert_array_equal(moved, points)


def test_unturned_crops_copy_pixels():
    images, points, sizes = batch()
    pictures, moved = run((images, points, sizes), {**OFF, "crop": {"focus": 0.5}})
    shift = np.asarray(moved - points)[:, 0, 0]
    assert_allclose(shift, shift.round(), atol=1e-4)
    for picture, image, (x, y) in zip(np.asarray(pictures), images, shift.round().astype(int), strict=True):
        rows, columns = np.clip(np.arange(64) - y, 0, 89), np.clip(np.arange(64) - x, 0, 120)  # the edge repeats
        assert_allclose(picture, image[np.ix_(rows, columns)] / 255, atol=1e-6)
    assert len({tuple(row) for row in shift}) > 4


@pytest.mark.parametrize(("horizontal", "vertical"), [(1, 0), (0, 1), (1, 1)])
def test_one_flip_exchanges_sides_and_their_visibility_and_two_do_not(horizontal, vertical):
    arrays = batch()
    visibility = np.broadcast_to(np.int8([0, 3, 1]), (8, 1, 3))
    plain = run(arrays, {**MOVING, "flip_horizontal": {"probability": 0}})
    flips = {"flip_horizontal": {"probability": horizontal}, "flip_vertical": {"probability": vertical}}
    pictures, points, codes = run(arrays, {**MOVING, **flips}, visibility=visibility)
    order = [0, 1, 2] if horizontal and vertical else list(MIRRORED)
    assert_array_equal(codes, visibility[:, :, order])
    expected = np.asarray(plain[1])[:, :, order]
    steps = [1 - 2 * vertical, 1 - 2 * horizontal]
    assert_allclose(pictures, np.asarray(plain[0])[:, :: steps[0], :: steps[1]], atol=1e-3)
    for axis, flipped in enumerate((horizontal, vertical)):
        expected[..., axis] = 64 - expected[..., axis] if flipped else expected[..., axis]
    assert_allclose(points, expected, atol=1e-3)


def test_a_focused_crop_holds_a_point_however_it_turns():
    images, points, sizes = batch(count=64)
    points[::2, 0, 2] = (-300, 40)  # outside the image: never the centre
    _, moved = run((images, points, sizes), MOVING)
    inside = ((np.asarray(moved) >= 0) & (np.asarray(moved) <= 64)).all(axis=-1)
    assert inside.any(axis=(1, 2)).all()


def test_a_picture_smaller_than_the_crop_stays_whole():
    arrays = batch(size=(50, 40), padded=(40, 50))
    pictures, moved = run(arrays, OFF)
    corner = np.asarray(moved - arrays[1])[:, 0, 0]
    assert (corner >= 0).all()
    assert (corner <= [14, 24]).all()
    assert pictures.shape == (8, 64, 64, 3)


@pytest.mark.parametrize("name", augment.PHOTOMETRIC)
def test_an_operation_changes_its_part_of_the_examples_and_is_left_out_at_0(name):
    images = jnp.asarray(np.random.default_rng(3).uniform(0.1, 0.8, (40, 32, 32, 3)), jnp.float32)
    keys = jax.random.split(jax.random.key(5), 40)
    operation, strength = augment.PHOTOMETRIC[name], {**PHOTOMETRIC[name], "probability": 0.3}
    changed = compiled(partial(augment.sometimes, operation=operation, **strength))(keys, images)
    unchanged = (np.asarray(changed) == images).all(axis=(1, 2, 3))
    assert 20 <= unchanged.sum() <= 36  # 28 are expected, with a deviation of 2.9
    assert augment.sometimes(keys, images, operation, **{**strength, "probability": 0.0}) is images


@pytest.mark.parametrize(("platform", "waits"), [("cpu", len(augment.PHOTOMETRIC)), ("cuda", 0)])
def test_an_accelerator_waits_for_nothing_that_only_the_host_can_decide_or_solve(platform, waits):
    """A branch on a constant, such as the platform, is decided by the compiler, and so is a branch on its result."""
    config = json.dumps({**MOVING, **PHOTOMETRIC})
    text = program(config, 64).trace(jax.random.key(0), *batch()).lower(lowering_platforms=(platform,)).as_text()
    operation = dict(re.findall(r'(%\w+) = "?(\w+\.\w+)', text))
    decided = [operation[name] for name in re.findall(r'"stablehlo.case"\((%\w+)\)', text)]
    assert len([name for name in decided if name not in ("stablehlo.constant", "stablehlo.case")]) == waits
    assert "custom_call" not in text


SHARDED = """
import sys
import jax, numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec
sys.path.insert(0, {folder!r})
import test_augment as this

arrays, config = this.batch(), {{**this.MOVING, **this.PHOTOMETRIC}}
assert len(jax.devices()) == 2
place = NamedSharding(Mesh(np.array(jax.devices()), "batch"), PartitionSpec("batch"))
pictures, points = this.run(jax.device_put(arrays, place), config)
assert len(pictures.sharding.device_set) == 2
np.savez({out!r}, pictures=pictures, points=points)
"""


def test_two_devices_give_the_batch_of_one(tmp_path):
    program = SHARDED.format(folder=str(Path(__file__).parent), out=str(tmp_path / "two.npz"))
    flags = {"XLA_FLAGS": "--xla_force_host_platform_device_count=2", "JAX_PLATFORMS": "cpu"}
    path = os.pathsep.join(sys.path)
    subprocess.run([sys.executable, "-c", program], check=True, env={**os.environ, **flags, "PYTHONPATH": path})
    two = np.load(tmp_path / "two.npz")
    pictures, points = run(batch(), {**MOVING, **PHOTOMETRIC})
    assert_array_equal(two["points"], points)
    assert_array_equal(two["pictures"], pictures)


def test_examples_do_not_depend_on_their_batch():
    arrays = batch()
    config = {**MOVING, **PHOTOMETRIC}
    whole = run(arrays, config)
    part = run([array[:2] for array in arrays], config)
    assert_allclose(part[0], whole[0][:2], atol=1e-5)
    assert_allclose(part[1], whole[1][:2], atol=1e-4)
    other = run([array[:2] for array in arrays], config, seed=1)
    assert np.abs(np.asarray(other[0] - part[0])).max() > 0.1
    assert whole[0].dtype == jnp.float32
    assert whole[0].min() >= 0
    assert whole[0].max() <= 1

"""Engines: one model, the same points from each, whatever else is in the batch; files that do not match are refused."""

import shutil

import jax
import numpy as np
import pytest

from marey import bundles, engines, export, models
from marey.skeletons import Skeleton

MODEL = {"backbone": "small", "stride": 4, "channels": 16, "sigma": 6.0, "scale": 1.0}


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """A network of random weights: its weights, facts and twin."""
    folder = tmp_path_factory.mktemp("model")
    paths = tuple(folder / f"model.{suffix}" for suffix in ("safetensors", "json", "onnx"))
    params = models.initialise(jax.random.key(1), models.build(MODEL, 2))
    bundles.save(*paths[:2], params, bundles.describe(MODEL, Skeleton(("a", "b")), extent=60.0, training={}))
    export.export_model(paths[:2], paths[2])
    return paths


@pytest.fixture(scope="module")
def pictures():
    """Seven pictures of smooth noise, u8[64, 96, 3]."""
    coarse = np.random.default_rng(0).uniform(0, 255, (7, 8, 12, 3))
    return list(np.repeat(np.repeat(coarse, 8, axis=1), 8, axis=2).astype(np.uint8))


def test_engines_agree(model, pictures):
    (points, confidence), (others, sure) = (
        engines.start(*model, engine=engine, batch_size=4)[0](pictures) for engine in ("jax", "onnxruntime")
    )
    assert points.shape == (7, 2, 2)
    np.testing.assert_allclose(points, others, atol=0.01)
    np.testing.assert_allclose(confidence, sure, atol=1e-4)


@pytest.mark.parametrize("engine", ["jax", "onnxruntime"])
def test_what_is_seen_in_a_picture_does_not_depend_on_the_others(model, pictures, engine):
    detector, facts = engines.start(*model, engine=engine, batch_size=4)
    assert facts["keypoints"] == ["a", "b"]
    together = detector(pictures)
    alone = [detector([picture]) for picture in pictures]
    for whole, parts in zip(together, zip(*alone, strict=True), strict=True):
        np.testing.assert_array_equal(whole, np.concatenate(parts))


def test_auto_is_the_fastest_engine_of_the_device(monkeypatch):
    assert engines.choose("jax") == "jax"
    monkeypatch.setattr(jax, "default_backend", lambda: "cpu")
    assert engines.choose("auto") == engines.FASTEST
    monkeypatch.setattr(jax, "default_backend", lambda: "gpu")
    assert engines.choose("auto") == "jax"


def test_a_twin_of_other_weights_is_refused(model, tmp_path):
    paths = [shutil.copy(path, tmp_path) for path in model]
    params = models.initialise(jax.random.key(2), models.build(MODEL, 2))
    bundles.save(*paths[:2], params, bundles.describe(MODEL, Skeleton(("a", "b")), extent=60.0, training={}))
    with pytest.raises(bundles.BundleError, match=r"model.onnx: not made from the weights of the bundle"):
        engines.start(*paths, engine="onnxruntime", batch_size=1)


def test_a_torn_twin_is_refused(model, tmp_path):
    paths = [shutil.copy(path, tmp_path) for path in model]
    (tmp_path / "model.onnx").write_bytes(model[2].read_bytes()[:1000])
    with pytest.raises(bundles.BundleError, match=r"model.onnx: ONNX Runtime cannot load it"):
        engines.start(*paths, engine="onnxruntime", batch_size=1)

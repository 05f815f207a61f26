"""Engines: one model, the same points from each, whatever else is in the batch; files that do not match are refused."""

import os
import shutil
from functools import partial
from pathlib import Path

import jax
import numpy as np
import pytest
from PIL import Image

from marey.experiment.skeletons import Skeleton
from marey.inference import engines
from marey.models import bundles
from marey.networks import network
from marey.pictures import geometry
from marey.tables import places
from marey.training.initialise import initialise

from ..conftest import MODEL

ENGINES = ["jax", "onnxruntime", "onnxruntime_int8"]


def test_files_of_models_are_put_together():
    names = ("model.safetensors", "model.json", "model.onnx", "model.int8.onnx")
    folders = ("models/0-0", "models/0-1", "locators/0-0")
    paths = [f"results/mice/{folder}/{name}" for folder in folders for name in names]
    first, second = engines.model_files(paths, "models")
    assert first.metadata == Path("results/mice/models/0-0/model.json")
    assert second.quantised == Path("results/mice/models/0-1/model.int8.onnx")
    (locator,) = engines.model_files(paths, "locators")
    assert (locator.weights, locator.onnx_copy) == tuple(
        Path("results/mice/locators/0-0", name) for name in ("model.safetensors", "model.onnx")
    )
    assert engines.model_files(paths[:8], "locators") == []


def test_engines_agree(model, pictures):
    (points, confidence), (others, sure), (rounded, rounded_sure) = (
        engines.start_detector(model, engine=engine, batch_size=4)[0](pictures) for engine in ENGINES
    )
    assert points.shape == (7, 2, 2)
    np.testing.assert_allclose(points, others, atol=0.01)
    np.testing.assert_allclose(confidence, sure, atol=1e-4)
    assert not np.array_equal(rounded, others)
    if engines._adds_exactly():
        # Random heads give flat maps with several peaks of like height; 8 bits choose the same one nearly always.
        assert np.median(np.abs(rounded - others)) < 2
        np.testing.assert_allclose(rounded_sure, sure, atol=0.05)


def test_engines_agree_on_real_frames(model):
    folder = Path(os.environ.get("MAREY_DATA", "../shared/data"), "01_openfield_dlc_single")
    paths = sorted(folder.rglob("labeled-data/*/*.png"))[::30]
    if not paths:
        pytest.skip(f"{folder} is not here (set MAREY_DATA)")
    frames = [geometry.resize(np.asarray(Image.open(path).convert("RGB")), scale=0.5) for path in paths]
    (points, confidence), (others, sure) = (
        engines.start_detector(model, engine=engine, batch_size=4)[0](frames) for engine in ENGINES[:2]
    )
    np.testing.assert_allclose(points, others, atol=0.01)
    np.testing.assert_allclose(confidence, sure, atol=1e-4)


@pytest.mark.parametrize("flip", [True, "all"])
def test_engines_agree_in_other_orientations(model, pictures, flip):
    start = partial(engines.start_detector, model, batch_size=4, flip=flip)
    (points, sure), (others, confidence) = (start(engine=engine)[0](pictures) for engine in ENGINES[:2])
    plain = engines.start_detector(model, engine="onnxruntime", batch_size=4)[0](pictures)[1]
    np.testing.assert_allclose(points, others, atol=0.01)
    np.testing.assert_allclose(sure, confidence, atol=1e-4)
    assert not np.allclose(confidence, plain)


@pytest.mark.parametrize("mirrored", [True, False])
@pytest.mark.parametrize("rule", ["adopt_bundle", "adapt_bundle", "train_model"])
def test_a_model_of_elsewhere_sees_mirror_images_if_they_trained(model, monkeypatch, rule, mirrored):
    load = bundles.load_bundle

    def changed(*paths):
        network, params, metadata = load(*paths)
        return network, params, {**metadata, "mirrored": mirrored, "training": {"rule": rule}}

    monkeypatch.setattr(bundles, "load_bundle", changed)
    seen = {
        flip: len(engines.start_detector(model, engine="jax", batch_size=1, flip=flip)[0].orientations.each)
        for flip in (False, True, None, "auto")
    }
    assert seen == {False: 1, True: 2, None: 1 + mirrored, "auto": 1 + (mirrored and rule != "train_model")}


@pytest.mark.parametrize("engine", ENGINES)
def test_what_is_seen_in_a_picture_does_not_depend_on_the_others(model, pictures, engine):
    look, metadata = engines.start_detector(model, engine=engine, batch_size=4)
    assert metadata["keypoints"] == ["a", "b"]
    together = look(pictures)
    alone = [look([picture]) for picture in pictures]
    for whole, parts in zip(together, zip(*alone, strict=True), strict=True):
        np.testing.assert_array_equal(whole, np.concatenate(parts))


@pytest.mark.parametrize("engine", ENGINES)
def test_no_size_of_a_batch_changes_a_bit(model, pictures, engine, monkeypatch):
    """Neither of the images that are looked at together nor of those that are located at once."""
    found = []
    for batch_size, pixels in ((8, 2**20), (3, 2**20), (1, 2**20), (8, 64 * 96), (8, 4 * 64 * 96)):
        monkeypatch.setattr(engines, "LOCATED_PIXELS", pixels)
        found.append(engines.start_detector(model, engine=engine, batch_size=batch_size)[0](pictures))
    for others in found[1:]:
        for values, expected in zip(others, found[0], strict=True):
            np.testing.assert_array_equal(values, expected)


def test_auto_is_the_fastest_engine_of_the_device(monkeypatch, tmp_path):
    assert engines.choose_engine("jax") == "jax"
    monkeypatch.setattr(jax, "default_backend", lambda: "cpu")
    for exactly, expected in ((True, "onnxruntime_int8"), (False, "onnxruntime")):
        monkeypatch.setattr(engines, "_adds_exactly", lambda exactly=exactly: exactly)
        assert engines.choose_engine("auto") == expected
        assert engines.choose_engine("auto", quantised=False) == "onnxruntime"
    monkeypatch.setattr(jax, "default_backend", lambda: "gpu")
    assert engines.choose_engine("auto") == "jax"
    with pytest.raises(engines.EngineError, match="VNNI"):
        engines.choose_engine("onnxruntime_int8")
    with pytest.raises(engines.EngineError, match="labelled frames are needed"):
        engines.choose_engine("onnxruntime_int8", quantised=False)


def test_a_model_without_labels_has_no_copy_of_8_bits():
    paths = [f"r/models/0-{seed}/{name}" for seed in (0, 1) for name in places.MODEL_FILES]
    assert [model.quantised.parent.name for model in engines.model_files(paths, "models")] == ["0-0", "0-1"]
    three = engines.model_files([path for path in paths if "int8" not in path], "models")
    assert [(model.onnx_copy.name, model.quantised) for model in three] == [("model.onnx", None)] * 2


def test_processors_that_add_exactly_are_known_by_their_flags(tmp_path):
    path = tmp_path / "cpuinfo"
    assert not engines._adds_exactly(path)
    path.write_text("flags\t\t: fpu sse avx2 avx512f\n")
    assert not engines._adds_exactly(path)
    path.write_text("flags\t\t: fpu sse avx2 avx512f avx512_vnni avx512_bf16\n")
    assert engines._adds_exactly(path)


@pytest.mark.parametrize("name", ["onnx_copy", "quantised"])
def test_a_twin_of_other_weights_is_refused(model, tmp_path, name):
    copy = engines.ModelFiles(*(shutil.copy(path, tmp_path) for path in model))
    params = initialise(jax.random.key(2), network.build_network(MODEL, 2))
    metadata = bundles.describe_model(MODEL, Skeleton(("a", "b")), extent=60.0, training={})
    bundles.save_bundle(copy.weights, copy.metadata, params, metadata)
    engine = {"onnx_copy": "onnxruntime", "quantised": "onnxruntime_int8"}[name]
    with pytest.raises(bundles.BundleError, match=r"onnx: not made from the weights of the bundle"):
        engines.start_detector(copy, engine=engine, batch_size=1)


def test_a_torn_twin_is_refused(model, tmp_path):
    torn = tmp_path / "model.onnx"
    torn.write_bytes(model.onnx_copy.read_bytes()[:1000])
    with pytest.raises(bundles.BundleError, match=r"model.onnx: ONNX Runtime cannot load it"):
        engines.start_detector(model._replace(onnx_copy=torn), engine="onnxruntime", batch_size=1)


def test_systems_without_linux_only_calls_have_processors_too(monkeypatch, tmp_path):
    assert 1 <= engines._processors() <= os.cpu_count()
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    assert engines._processors() == os.cpu_count()
    assert not engines._adds_exactly(tmp_path / "cpuinfo")

"""Packing for the zoo: half the size, nearly the same weights, and nothing without a fitting card."""

import json

import jax
import numpy as np
import pytest

from marey.models import bundles, cards, pack_bundle
from marey.networks.metadata import BundleError
from marey.zoo import catalogue

from .made_bundle import write_bundle

CARD = {
    "summary": "A mouse from above.",
    "species": "Mus musculus",
    "view": "above",
    "size": [60, 130],
    "keypoints": {"snout": "tip of the nose", "tail_base": "where the fur ends"},
    "made": "make zoo",
    "errors": [
        {
            "data": "open field",
            "frames": 116,
            "keypoint": "snout",
            "measure": "median error",
            "unit": "px",
            "value": 2.5,
            "interval": [2.1, 2.9],
        }
    ],
    "failures": ["A white mouse on a white floor."],
    "licence": "MIT",
}


@pytest.fixture
def places(tmp_path):
    """(folder of a trained model, folder of the zoo's bundle with card and picture, the model's parameters)"""
    params = write_bundle(tmp_path / "model", ["snout", "tail_base"])
    folder = tmp_path / "zoo" / "mouse"
    folder.mkdir(parents=True)
    (folder / "card.json").write_text(json.dumps(CARD))
    (folder / "keypoints.png").write_bytes(b"picture")
    return tmp_path / "model", folder, params


def test_weights_are_rounded_to_float16_and_come_back_as_float32(places):
    model, folder, params = places
    size = pack_bundle.pack_bundle(str(model), folder)
    assert size == sum(file.stat().st_size for file in folder.iterdir())
    before, after = ((path / "model.safetensors").stat().st_size for path in (model, folder))
    assert after < 0.55 * before
    network, found, metadata = bundles.load_bundle(folder / "model.safetensors", folder / "model.json")
    assert metadata["weights"]["precision"] == "float16"
    for old, new in zip(jax.tree.leaves(params), jax.tree.leaves(found), strict=True):
        assert new.dtype == np.float32
        np.testing.assert_array_equal(new, np.asarray(old).astype(np.float16))
        np.testing.assert_allclose(new, old, rtol=2**-11, atol=3e-8)
    image = jax.random.uniform(jax.random.key(1), (1, 64, 64, 3))
    run = jax.jit(network.apply)
    np.testing.assert_allclose(run(found, image)["heatmap"], run(params, image)["heatmap"], atol=0.01)


def test_the_description_says_what_the_card_says(places):
    model, folder, _ = places
    pack_bundle.pack_bundle(str(model), folder)
    said = "\n".join(cards.describe_bundle(catalogue.find("zoo:mouse", zoo=folder.parent)))
    for text in ("Mus musculus", "60 to 130 px", "where the fur ends", "2.5 px (95 % interval 2.1 to 2.9)", "MIT"):
        assert text in said
    assert "A white mouse on a white floor." in said
    assert "code       abc" in said
    assert cards.list_bundles(folder.parent) == ["zoo:mouse  A mouse from above."]


def test_a_model_without_a_card_says_so(places):
    said = "\n".join(cards.describe_bundle(catalogue.find(str(places[0]))))
    assert "snout, tail_base" in said
    assert "no card" in said


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"keypoints": {"snout": "tip"}}, "card.json: keypoints snout; the model has snout, tail_base"),
        ({"view": "afar"}, "card.json: view: 'afar' is not one of above"),
        ({"licence": None}, "card.json: licence: expected text"),
        ({"extra": 1}, "card.json: extra: unknown key"),
    ],
)
def test_a_card_that_does_not_fit_is_refused(places, change, message):
    model, folder, _ = places
    (folder / "card.json").write_text(json.dumps(CARD | change))
    with pytest.raises(BundleError, match=message):
        pack_bundle.pack_bundle(str(model), folder)
    assert not (folder / "model.json").exists()


def test_a_bundle_without_picture_or_too_large_is_refused(places, monkeypatch):
    model, folder, _ = places
    monkeypatch.setattr(pack_bundle, "MAX_BYTES", 10_000)
    with pytest.raises(BundleError, match="more than 0.01 MB"):
        pack_bundle.pack_bundle(str(model), folder)
    assert not (folder / "model.json").exists()
    (folder / "keypoints.png").unlink()
    with pytest.raises(BundleError, match="keypoints.png: no such file"):
        pack_bundle.pack_bundle(str(model), folder)


def test_a_weight_that_float16_cannot_hold_is_refused(places, tmp_path):
    model, _, params = places
    metadata = bundles.load_bundle(model / "model.safetensors", model / "model.json")[2]
    params = jax.tree.map(lambda leaf: leaf * 1e6, params)
    with pytest.raises(BundleError, match="weights '.*': up to .* more than float16 holds; store it in float32"):
        bundles.save_bundle(tmp_path / "a", tmp_path / "b", params, metadata, precision="float16")
    assert not (tmp_path / "b").exists()

"""Bundles to start from: found by name and by folder; what is none says so, and what there is instead."""

import subprocess
import sys
from pathlib import Path

import pytest

from marey.models import cards
from marey.networks.metadata import BundleError
from marey.zoo import catalogue

from ..made_model import write_metadata

HEAVY = {"jax", "numpy", "pandas", "pyarrow", "scipy"}


@pytest.fixture
def zoo(tmp_path):
    """A zoo with a mouse; `empty` is a folder that is no bundle."""
    folder = tmp_path / "zoo"
    for name in ("mouse", "empty"):
        (folder / name).mkdir(parents=True)
    write_metadata(folder / "mouse" / "model.json", ["snout", "tail_base"])
    (folder / "mouse" / "model.safetensors").write_bytes(b"weights")
    return folder


def test_a_bundle_of_the_zoo_is_found_by_name(zoo):
    assert catalogue.names(zoo) == ["mouse"]
    found = catalogue.find("zoo:mouse", zoo=zoo)
    assert found.files == (zoo / "mouse" / "model.safetensors", zoo / "mouse" / "model.json")
    assert found.metadata()["keypoints"] == ["snout", "tail_base"]
    assert found.card() is None


def test_a_folder_s_path_is_relative_to_the_data(zoo):
    assert catalogue.find("zoo/mouse", data=zoo.parent).folder == zoo / "mouse"
    assert catalogue.find(str(zoo / "mouse"), data=Path("elsewhere")).folder == zoo / "mouse"


@pytest.mark.parametrize(
    ("init", "message"),
    [
        ("zoo:rat", "zoo:rat: no such bundle; the zoo has zoo:mouse"),
        ("zoo:", "zoo:: no such bundle"),
        ("zoo:../zoo/mouse", "no such bundle"),
        ("zoo:empty", "no such bundle"),
        ("rat", "rat: no such folder; name that of a model, with model.safetensors and model.json; of the zoo: zoo:m"),
        ("zoo/empty", "empty/model.safetensors: no such file; a bundle is model.safetensors and model.json"),
        ("zoo/mouse/model.json", "no such folder"),
    ],
)
def test_what_is_no_bundle_says_what_there_is(zoo, init, message):
    with pytest.raises(BundleError, match=message):
        catalogue.find(init, data=zoo.parent, zoo=zoo)


@pytest.mark.parametrize("content", [b"{", b"[1]", b"\xff\xfe"])
def test_a_broken_card_is_named(zoo, content):
    (zoo / "mouse" / "card.json").write_bytes(content)
    with pytest.raises(BundleError, match="card.json: not a bundle's card"):
        catalogue.find("zoo:mouse", zoo=zoo).card()


def test_nothing_heavy_is_loaded():
    program = "import sys, marey.zoo.catalogue; print(*sys.modules)"
    path = {"PYTHONPATH": str(catalogue.ZOO.parents[1])}
    done = subprocess.run([sys.executable, "-c", program], env=path, capture_output=True, text=True, check=True)
    assert not HEAVY & set(done.stdout.split())


@pytest.mark.parametrize("name", catalogue.names())
def test_each_bundle_of_the_zoo_has_a_whole_card(name):
    bundle = catalogue.find(catalogue.PREFIX + name)
    card = cards.check_card(bundle.folder, bundle.metadata()["keypoints"])
    assert card["errors"]
    assert card["failures"]
    assert sum(file.stat().st_size for file in bundle.folder.iterdir()) <= 8_000_000

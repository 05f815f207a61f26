"""Metadata of models: what is whole is read, what is not or is not known is refused by name."""

import json

import pytest

from marey.networks.metadata import (
    BUNDLE_FORMAT,
    METADATA_KEYS,
    BundleError,
    at_scale,
    peak_sigma,
    read_metadata,
)
from marey.networks.outputs import Layout

from ..made_model import write_metadata

LAYOUT = Layout(False, ((0, 1),), (), 2, identities=("red",))


def test_metadata_says_what_was_written(tmp_path):
    write_metadata(tmp_path / "model.json", ["a", "b"], LAYOUT)
    metadata = read_metadata(tmp_path / "model.json")
    assert metadata["keypoints"] == ["a", "b"]
    assert Layout.from_metadata(metadata) == LAYOUT


@pytest.mark.parametrize("key", [*METADATA_KEYS, "weights", "format", "animals.most", "preprocessing.scale"])
def test_what_is_missing_is_named(tmp_path, key):
    path = tmp_path / "model.json"
    write_metadata(path, ["a", "b"], LAYOUT)
    metadata = json.loads(path.read_text())
    block, _, name = key.rpartition(".")
    (metadata[block] if block else metadata).pop(name)
    path.write_text(json.dumps(metadata))
    with pytest.raises(BundleError, match=f"model.json: .*{key}.*train the model again"):
        read_metadata(path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"architecture": None}, "lack architecture.backbone"),
        ({"weights": "abc"}, "lack weights.blake2b"),
        ({"extent": float("nan")}, "extent is nan, expected a number of px"),
        ({"extent": "40"}, "extent is '40', expected a number of px"),
        ({"preprocessing": {"scale": 0}}, "preprocessing.scale is 0, expected a number above 0"),
        ({"skeleton": None}, "skeleton is no list of pairs of keypoints"),
        ({"symmetry": [["snout"]]}, "symmetry is no list of pairs of keypoints"),
        ({"keypoints": ["a", "c"]}, "'animals' does not fit 'keypoints' .*'b'"),
        ({"keypoints": 3}, "'animals' does not fit 'keypoints'"),
        ({"format": True}, "no whole number 'format'"),
        ({"format": 0}, "bundle format 0, this version reads 1 to 1"),
        ({"extent": True}, "extent is True, expected a number of px"),
        ({"preprocessing": {"scale": True}}, "preprocessing.scale is True, expected a number above 0"),
    ],
)
def test_blocks_that_are_none_and_names_that_differ_are_refused(tmp_path, change, message):
    path = tmp_path / "model.json"
    write_metadata(path, ["a", "b"], LAYOUT)
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    with pytest.raises(BundleError, match=f"model.json: .*{message}"):
        read_metadata(path)


def test_animals_of_one_keypoint_have_no_extent(tmp_path):
    path = tmp_path / "model.json"
    write_metadata(path, ["a", "b"], LAYOUT, extent=0)
    assert read_metadata(path)["extent"] == 0


def test_what_a_later_version_wrote_is_refused(tmp_path):
    write_metadata(tmp_path / "model.json", ["a"], format=BUNDLE_FORMAT + 1)
    with pytest.raises(BundleError, match="this version reads 1 to 1; update Marey"):
        read_metadata(tmp_path / "model.json")


def test_at_another_scale_the_network_sees_the_same(tmp_path):
    write_metadata(
        tmp_path / "model.json", ["a", "b"], LAYOUT, extent=60.0, preprocessing={"scale": 0.5, "multiple": 32}
    )
    here = at_scale(read_metadata(tmp_path / "model.json"), 0.2)
    assert here["preprocessing"] == {"scale": 0.2, "multiple": 32}
    assert here["extent"] == pytest.approx(150)  # 30 px of the network


def test_the_sigma_of_peaks_is_in_px_of_the_video():
    assert peak_sigma({"preprocessing": {"scale": 0.5}, "architecture": {"sigma": 6.0}}) == 12


@pytest.mark.parametrize("reach", [[1, 2], [[1, 2]], [[1, "2"], [2, 1]], [[1, -2], [-2, 1]], "far"])
def test_a_reach_that_is_no_table_of_px_is_refused(tmp_path, reach):
    write_metadata(tmp_path / "model.json", ["a", "b"], LAYOUT, reach=reach)
    with pytest.raises(BundleError, match="reach is no table of 2 x 2 px; copy the model again"):
        read_metadata(tmp_path / "model.json")

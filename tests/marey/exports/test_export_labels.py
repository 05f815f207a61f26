"""Exports of labels: folders that appear whole; what other tools and Marey's own readers find in them."""

import logging
from pathlib import Path

import pytest

from marey.exports import export_labels as exports

from .. import made_labels as made


def test_a_folder_takes_the_place_of_an_old_one_and_leaves_nothing_beside(tmp_path):
    out = made.export("coco", tmp_path)
    (out / "old.txt").touch()
    made.export("coco", tmp_path)
    assert sorted(path.name for path in out.iterdir()) == ["annotations.json", "images"]
    assert [path.name for path in out.parent.iterdir()] == ["coco"]


def test_nothing_is_left_of_an_export_that_fails(tmp_path, monkeypatch):
    def fail(labels, folder: Path):
        (folder / "half").touch()
        raise OSError("disk full")

    module = exports.load_label_format("coco")
    monkeypatch.setattr(module, "write", fail)
    with pytest.raises(OSError, match="disk full"):
        made.export("coco", tmp_path)
    assert list((tmp_path / "exports").iterdir()) == []


def test_the_log_says_what_is_left_out(tmp_path, caplog):
    with caplog.at_level(logging.INFO):
        made.export("deeplabcut", tmp_path)
    assert "2 labelled frames" in caplog.text
    assert "left out, as deeplabcut cannot hold it: occluded apart from visible" in caplog.text


def test_images_keep_their_bytes_and_kind(tmp_path):
    labels = exports.Labels(made.dataset(tmp_path), tuple(made.KEYPOINTS), (), (), ("box",), {})
    frames = list(labels.frames())
    assert [frame.image_name for frame in frames] == ["img00000003.png", "img00000009.jpg"]
    assert [frame.image for frame in frames] == made.images()
    assert labels.individuals() == ("m 1", "ü")

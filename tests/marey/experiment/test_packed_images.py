"""Fingerprints of labelled images: the same until the content of one changes, however often its time does."""

import os
import shutil

import pandas as pd
import pytest
from PIL import Image

from marey.experiment import packed_images
from marey.experiment.packed_images import PackedImages
from marey.labels.pack_dataset import pack_dataset
from marey.tables import files
from marey.tables.label_images import LABEL_IMAGES
from marey.tables.labels import LABELS

NAMES = [f"img{number}.png" for number in range(6)]


@pytest.fixture(params=[0, 3600 * 10**9], ids=["old", "fresh"])
def images(tmp_path, monkeypatch, request):
    """A folder with labelled images, packed long ago or just now."""
    monkeypatch.setattr(packed_images, "MAX_PACKING_TIME", request.param)
    for number, name in enumerate(NAMES):
        Image.new("RGB", (8, 6), (number, 0, 0)).save(tmp_path / name)
    rows = [
        ("v", number, "m", "a", 1.0, 1.0, "visible", "me", name, "l.csv", 2, None) for number, name in enumerate(NAMES)
    ]
    rows.append(("w", 0, "m", "a", None, None, "unlabelled", "me", None, "l.csv", 9, None))  # a frame of a video
    files.write(tmp_path / "labels.parquet", pd.DataFrame(rows, columns=LABELS.names), LABELS)
    pack(tmp_path, "")
    return tmp_path


def pack(folder, fingerprint):
    """Pack as a job does that was told this fingerprint."""
    rows = pd.read_parquet(folder / "labels.parquet")
    labels = folder / "of_images.parquet"
    files.write(labels, rows[rows["image"].notna()], LABELS)
    inside = folder / "label_images.parquet"
    files.write(inside, pd.DataFrame(columns=["image", "encoded"]), LABEL_IMAGES)
    options = {"data": folder, "videos": {}, "keypoints": ["a"], "animals": {"method": "single"}}
    pack_dataset(labels, inside, folder / "dataset.parquet", **options, provenance={"config": {"images": fingerprint}})


def asked(folder):
    """The fingerprint of a new run, and that which its jobs are told when the table is gone."""
    state, dataset = folder / "state" / "f.json", folder / "dataset.parquet"
    run = PackedImages(state)
    run.check(dataset, folder / "labels.parquet", folder)
    hidden = dataset.rename(folder / "hidden")
    told = PackedImages(state).fingerprint(dataset)
    hidden.rename(dataset)
    assert run.fingerprint(dataset) == told
    return told


def paint(path, color):
    Image.new("RGB", (8, 6), color).save(path)


def test_what_is_touched_copied_or_linked_is_the_same(images):
    assert asked(images) == ""
    for name in NAMES:
        os.utime(images / name)
    shutil.copy(images / NAMES[0], images / "copy.png")
    (images / "copy.png").replace(images / NAMES[0])
    assert asked(images) == asked(images) == ""


@pytest.mark.parametrize("time", [1, None])
def test_an_edited_image_packs_once(images, time):
    assert asked(images) == ""
    paint(images / NAMES[3], "white")
    os.utime(images / NAMES[3], time and (time, time))
    edited = asked(images)
    assert edited == asked(images) != ""
    pack(images, edited)
    assert asked(images) == edited
    paint(images / NAMES[3], (3, 0, 0))
    assert asked(images) not in ("", edited)
    paint(images / NAMES[3], "white")
    assert asked(images) == edited  # as it was packed


def test_without_the_state_nothing_is_forgotten(images):
    paint(images / NAMES[1], "white")
    pack(images, edited := asked(images))
    shutil.rmtree(images / "state")
    assert asked(images) == edited
    shutil.rmtree(images / "state")
    paint(images / NAMES[2], "white")
    assert asked(images) not in ("", edited)


def test_each_file_is_compared_once(images, monkeypatch):
    asked(images)
    for name in NAMES:
        os.utime(images / name)
    asked(images)
    monkeypatch.setattr(
        packed_images, "_others", lambda table, data, doubtful: pytest.fail("again") if doubtful else ()
    )
    asked(images)


def test_images_that_are_gone_and_tables_that_are_not_whole_stop_nothing(images):
    (images / NAMES[0]).unlink()
    assert asked(images) == ""
    for content in (b"", b"no table"):
        (images / "dataset.parquet").write_bytes(content)
        assert asked(images) == ""
    (images / "dataset.parquet").unlink()
    run = PackedImages(images / "state" / "f.json")
    run.check(images / "dataset.parquet", images / "labels.parquet", images)
    assert run.fingerprint(images / "dataset.parquet") == ""

"""Live poses: of every picture of a file and of the newest of a camera, by the network that analyses videos."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from marey.inference import detector, engines, live
from marey.networks.outputs import SINGLE
from marey.tables import files
from marey.tables.frames import FRAMES

from ..dots import DotNetwork, picture

METADATA = {
    "animals": SINGLE.metadata(("dot",)),
    "extent": 40.0,
    "keypoints": ["dot"],
    "mirrored": False,
    "preprocessing": {"scale": 0.5},
}
PLACES = [(60.5 + 3 * index, 70.25 + 2 * index) for index in range(12)]


def pictures(delay=0.0):
    for index, place in enumerate(PLACES):
        time.sleep(delay)
        image = picture(256, 224, *place, sigma=6.0)
        yield live.LiveFrame(index, index / 10, image, time.perf_counter())


@pytest.mark.parametrize("window", ["auto", None])
def test_poses_are_where_the_dot_is(monkeypatch, window):
    shapes = []

    class Detector(detector.Detector):
        def __call__(self, images):
            shapes.append(images[0].shape[:2])
            return super().__call__(images)

    start = lambda *_, **__: (Detector(DotNetwork(), {}, batch_size=1), METADATA)  # noqa: E731
    monkeypatch.setattr(engines, "start_detector", start)
    poses = list(live.stream(engines.ModelFiles(*"wmo", None), pictures(), engine="jax", window=window))
    assert [pose["frame"] for pose in poses] == list(range(12))
    assert [pose["time"] for pose in poses] == [index / 10 for index in range(12)]
    found = np.array([pose["keypoints"]["dot"] for pose in poses])
    np.testing.assert_allclose(found[:, :2], PLACES, atol=0.1)
    assert (found[:, 2] > 0.5).all()
    assert all(pose["latency_ms"] > 0 for pose in poses)
    assert shapes == [(128, 128)] + [(64, 64) if window else (128, 128)] * 11  # 128 x 112, padded


def test_a_slow_reader_gets_the_newest_pictures_of_a_camera():
    seen = []
    for each in live.newest(pictures(delay=0.01)):
        seen.append(each.number)
        time.sleep(0.05)
    assert seen == sorted(set(seen))
    assert len(seen) < 8
    assert seen[-1] == 11


def test_what_breaks_a_camera_is_told():
    def broken():
        yield from list(pictures())[:1]
        raise OSError("unplugged")

    with pytest.raises(OSError, match="unplugged"):
        list(live.newest(broken()))


def test_a_hook_is_a_function_of_a_module():
    assert live.hook("json:dumps") is json.dumps
    with pytest.raises(ValueError, match="expected module:function"):
        live.hook("json")
    with pytest.raises(ValueError, match="no module my_rig_that_is_not_there: is my_rig_that_is_not_there.py in"):
        live.hook("my_rig_that_is_not_there:on_pose")
    with pytest.raises(ValueError, match="json has no function dumbs"):
        live.hook("json:dumbs")


def test_the_command_prints_a_line_a_picture_and_calls_the_hook(film, tmp_path):
    video, tables, members, _ = film
    folder = tmp_path / "model"
    folder.mkdir()
    for name, path in zip(("model.safetensors", "model.json", "model.onnx"), members[0], strict=False):
        (folder / name).symlink_to(path)
    (tmp_path / "rig.py").write_text("def on_pose(pose):\n    pose['seen'] = True\n")
    command = [sys.executable, "-m", "marey", "live", "--model", folder, "--source", video]
    environment = {**os.environ, "PYTHONPATH": str(Path(live.__file__).parents[2])}
    options = {"cwd": tmp_path, "env": environment, "capture_output": True, "text": True, "check": True}
    done = subprocess.run([*command, "--engine", "onnxruntime", "--hook", "rig:on_pose"], **options)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    expected = files.read(tables[1], FRAMES, ["frame", "time"])
    assert [line["frame"] for line in lines] == expected["frame"].tolist()
    print(
        np.flatnonzero(np.isnan([line["time"] for line in lines])), np.flatnonzero(expected["time"].isna()), lines[-1]
    )
    np.testing.assert_allclose([line["time"] for line in lines], expected["time"], atol=1e-3)
    assert all(line["seen"] and set(line["keypoints"]) == {"dot", "other"} for line in lines)
    assert "latency p50" in done.stderr

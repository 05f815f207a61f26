"""Drills: what a shard keeps and says when its video, its disk or its process fails."""

import errno
import os
import pickle
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from marey import analysis
from marey.following import GROUP
from marey.probe import probe_video
from marey.tables import detections, files
from marey.tables import frames as frames_table
from marey.videos import VideoError

from .coded_video import damage

OPTIONS = {"batch_size": 2, "engine": "onnxruntime", "flip": False, "window": "auto"}
CONFIG = {"infer": OPTIONS, "keypoints": ["dot", "other"]}


@pytest.fixture
def shard(film, tmp_path):
    """A copy of the video, and a function that analyses a range of it."""
    original, tables, members, frames = film
    video = Path(shutil.copy(original, tmp_path))
    out = tmp_path / "out" / "shard.parquet"

    def analyse(start=0, stop=3 * GROUP, tables=tables, window="auto"):
        place = {"video": "film", "start": start, "stop": stop, "crop": None}
        config = {**CONFIG, "infer": {**CONFIG["infer"], "window": window}}
        analysis.infer_shard(video, *tables, members, out, **place, config=config, provenance={})
        return files.read(out, detections.SCHEMA)

    return video, out, frames, analyse


def left(out: Path) -> list[str]:
    """What lies where the shard should be."""
    return sorted(path.name for path in out.parent.iterdir()) if out.parent.exists() else []


def test_damaged_frames_are_marked_and_others_are_where_they_were(shard, tmp_path):
    video, _, frames, analyse = shard
    sound = analyse(window=None)
    damage(video, GROUP + 10, keep=6)
    tables = tmp_path / "probe.parquet", tmp_path / "frames.parquet"
    config = {"thumbnail_width": 16, "thumbnail_interval": 1}
    probe_video(video, *tables, video="film", relative="film.mp4", config=config, provenance={})
    lost = frames - len(files.read(tables[1], frames_table.SCHEMA))  # a frame that never decodes has no number
    assert lost in (0, 1)
    table = analyse(tables=tables, window=None)
    marked = table.loc[table["fault"], "frame"]
    assert len(marked)
    assert marked.between(GROUP, 2 * GROUP).all()  # up to the next key frame
    before, after = table[table["frame"] < GROUP], table[table["frame"] >= 2 * GROUP]
    assert before.equals(sound[: len(before)])
    expected = sound[sound["frame"] >= 2 * GROUP + lost][["x", "y", "confidence"]]
    np.testing.assert_array_equal(after[["x", "y", "confidence"]][: len(expected)], expected)


def test_a_file_that_vanishes_while_it_is_read_leaves_no_table(shard, monkeypatch):
    _, out, _, analyse = shard
    read = analysis.read_frames

    def vanish(*args, **options):
        yield from ((index, None if index > GROUP else picture) for index, picture in read(*args, **options))

    monkeypatch.setattr(analysis, "read_frames", vanish)
    with pytest.raises(VideoError, match=r"film.mp4: frame 33 was decoded when the video was probed, .* run again"):
        analyse()
    assert left(out) == []


def test_a_video_of_another_length_is_refused(shard):
    video, out, frames, analyse = shard
    os.truncate(video, video.stat().st_size // 2)
    with pytest.raises(VideoError, match="film.mp4"):
        analyse(stop=frames)
    assert left(out) == []


def test_a_full_disk_leaves_no_table_and_the_next_run_writes_it(shard, monkeypatch):
    _, out, _, analyse = shard
    whole = analyse()
    out.unlink()

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(analysis, "_rows", full)
        with pytest.raises(OSError, match="No space left"):
            analyse()
        assert left(out) == []
    assert analyse().equals(whole)


PROCESS = """
import pickle, sys
from marey import analysis
arguments, options = pickle.loads(open(sys.argv[1], "rb").read())
analysis.infer_shard(*arguments, **options)
"""


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_a_killed_shard_leaves_no_table_and_runs_again_alone(shard, film, tmp_path, how):
    video, out, frames, analyse = shard
    whole = analyse(stop=frames)
    out.unlink()
    _, tables, members, _ = film
    place = {"video": "film", "start": 0, "stop": frames, "crop": None}
    job = (video, *tables, members, out), {**place, "config": CONFIG, "provenance": {}}
    (tmp_path / "job").write_bytes(pickle.dumps(job))
    environment = {**os.environ, "PYTHONPATH": str(Path(analysis.__file__).parents[1])}
    process = subprocess.Popen([sys.executable, "-c", PROCESS, tmp_path / "job"], env=environment)
    while process.poll() is None and not left(out):  # until its temporary file is there
        time.sleep(0.01)
    process.send_signal(how)
    assert process.wait() == -how
    assert "shard.parquet" not in left(out)
    assert analyse(stop=frames).equals(whole)
    assert np.isfinite(whole["x"]).all()

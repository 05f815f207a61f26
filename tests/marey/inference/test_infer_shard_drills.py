"""Drills: what a shard keeps and says when its video, its disk or its process fails."""

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

from marey.inference import infer_shard
from marey.tables import files
from marey.tables.detections import DETECTIONS
from marey.tables.frames import FRAMES
from marey.tables.plan import GROUP_FRAMES
from marey.videos.probe_video import probe_video
from marey.videos.reading import VideoError

from ..coded_video import damage

OPTIONS = {"batch_size": 2, "engine": "onnxruntime", "flip": False, "window": "auto"}
CONFIG = {"infer": OPTIONS, "keypoints": ["dot", "other"]}


@pytest.fixture
def shard(film, tmp_path):
    """A copy of the video, and a function that analyses a range of it."""
    original, tables, members, frames = film
    video = Path(shutil.copy(original, tmp_path))
    out = tmp_path / "out" / "shard.parquet"

    def analyse(start=0, stop=3 * GROUP_FRAMES, tables=tables, window="auto"):
        place = {"video": "film", "start": start, "stop": stop, "crop": None}
        config = {**CONFIG, "infer": {**CONFIG["infer"], "window": window}}
        infer_shard.infer_shard(video, *tables, members, out, **place, config=config, provenance={})
        return files.read(out, DETECTIONS)

    return video, out, frames, analyse


def left(out: Path) -> list[str]:
    """What lies where the shard should be."""
    return sorted(path.name for path in out.parent.iterdir()) if out.parent.exists() else []


def test_damaged_frames_are_marked_and_others_are_where_they_were(shard, tmp_path):
    video, _, frames, analyse = shard
    sound = analyse(window=None)
    damage(video, GROUP_FRAMES + 10, keep=6)
    tables = tmp_path / "probe.parquet", tmp_path / "frames.parquet"
    config = {"thumbnail_width": 16, "thumbnail_interval": 1}
    probe_video(video, *tables, video="film", relative="film.mp4", config=config, provenance={})
    lost = frames - len(files.read(tables[1], FRAMES))  # a frame that never decodes has no number
    assert lost in (0, 1)
    table = analyse(tables=tables, window=None)
    marked = table.loc[table["fault"], "frame"]
    assert len(marked)
    assert marked.between(GROUP_FRAMES, 2 * GROUP_FRAMES).all()  # up to the next key frame
    before, after = table[table["frame"] < GROUP_FRAMES], table[table["frame"] >= 2 * GROUP_FRAMES]
    assert before.equals(sound[: len(before)])
    expected = sound[sound["frame"] >= 2 * GROUP_FRAMES + lost][["x", "y", "confidence"]]
    np.testing.assert_array_equal(after[["x", "y", "confidence"]][: len(expected)], expected)


def test_a_file_that_vanishes_while_it_is_read_leaves_no_table(shard, monkeypatch):
    _, out, _, analyse = shard
    read = infer_shard.read_frames

    def vanish(*args, **options):
        yield from ((index, None if index > GROUP_FRAMES else picture) for index, picture in read(*args, **options))

    monkeypatch.setattr(infer_shard, "read_frames", vanish)
    with pytest.raises(VideoError, match=r"film.mp4: frame 33 was decoded when the video was probed, .* run again"):
        analyse()
    assert left(out) == []


def test_a_video_of_another_length_is_refused(shard):
    video, out, frames, analyse = shard
    os.truncate(video, video.stat().st_size // 2)
    with pytest.raises(VideoError, match="film.mp4"):
        analyse(stop=frames)
    assert left(out) == []


PROCESS = """
import pickle, resource, sys
from marey.inference.infer_shard import infer_shard
limit, arguments, options = pickle.loads(open(sys.argv[1], "rb").read())
if limit == "disk":  # every file ends after 3000 bytes, within the table
    resource.setrlimit(resource.RLIMIT_FSIZE, (3000, 3000))
if limit == "memory":
    here = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (here + 2**25, here + 2**25))
infer_shard(*arguments, **options)
"""


@pytest.fixture
def job(shard, film, tmp_path):
    """Starts the analysis of the whole video in a process of its own, which may lack `disk` or `memory`."""
    video, out, frames, _ = shard
    _, tables, members, _ = film

    def start(limit=None):
        place = {"video": "film", "start": 0, "stop": frames, "crop": None}
        options = {**place, "config": CONFIG, "provenance": {}}
        (tmp_path / "job").write_bytes(pickle.dumps((limit, (video, *tables, members, out), options)))
        environment = {**os.environ, "PYTHONPATH": str(Path(infer_shard.__file__).parents[2])}
        environment.pop("JAX_COMPILATION_CACHE_DIR", None)
        return subprocess.Popen(
            [sys.executable, "-c", PROCESS, tmp_path / "job"], env=environment, stderr=subprocess.PIPE, text=True
        )

    return start


@pytest.mark.parametrize(("limit", "message"), [("disk", "File too large"), ("memory", "")])
def test_without_disk_or_memory_there_is_no_table_and_the_next_run_writes_it(shard, job, limit, message):
    _, out, frames, analyse = shard
    process = job(limit)
    said = process.communicate(timeout=300)[1]
    assert process.returncode != 0
    assert message in said
    assert "shard.parquet" not in left(out)
    assert len(analyse(stop=frames)) == 2 * frames


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_a_killed_shard_leaves_no_table_and_runs_again_alone(shard, job, how):
    """SIGKILL is also what a system does that has run out of memory."""
    _, out, frames, analyse = shard
    whole = analyse(stop=frames)
    out.unlink()
    process = job()
    while process.poll() is None and not left(out):  # until its temporary file is there
        time.sleep(0.01)
    process.send_signal(how)
    assert process.wait() == -how
    assert "shard.parquet" not in left(out)
    assert analyse(stop=frames).equals(whole)
    assert np.isfinite(whole["x"]).all()

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from marey.tables import files
from marey.tables.frames import FRAMES
from marey.tables.plan import PLAN
from marey.tables.probe import PROBE
from marey.videos.plan_shards import cut_shards, plan_shards

VIDEOS = st.integers(0, 400).flatmap(
    lambda frames: st.tuples(st.just(frames), st.sets(st.integers(0, max(0, frames - 1)), max_size=40))
)


@given(VIDEOS, st.integers(1, 120), st.integers(0, 100))
def test_ranges_cover_the_video_once_and_begin_behind_key_frames(video, shard_frames, begin):
    frames, keys = video
    begin = min(begin, frames)
    entries = {-(-key // 32) * 32 for key in keys}
    ranges = cut_shards(np.array(sorted(keys), np.int64), begin, frames, shard_frames)
    covered = [frame for start, stop in ranges for frame in range(start, stop)]
    assert covered == list(range(begin, frames))
    assert all(start == begin or start in entries for start, _ in ranges)
    assert all(stop - start >= shard_frames for start, stop in ranges[:-1])
    if len(ranges) > 1:
        assert 2 * (ranges[-1][1] - ranges[-1][0]) >= shard_frames
    for start, stop in ranges[:-1]:  # and none is longer than the key frames make it
        earlier = [entry for entry in entries if start + shard_frames <= entry < stop]
        assert not earlier


@pytest.mark.parametrize(
    ("keys", "frames", "ranges"),
    [
        ([0, 10, 20, 30], 64, [(0, 32), (32, 64)]),
        ([0, 25], 64, [(0, 32), (32, 64)]),
        ([0, 25, 32], 64, [(0, 32), (32, 64)]),
        ([0, 35], 70, [(0, 70)]),  # 6 frames are too few for a shard
        ([], 70, [(0, 70)]),
        ([7, 40], 100, [(0, 32), (32, 64), (64, 100)]),
        ([0], 0, []),
    ],
)
def test_plans_by_hand(keys, frames, ranges):
    assert cut_shards(np.array(keys, np.int64), 0, frames, 20) == ranges


def made(folder, video, status, frames, keys, faults=()):
    row = {"video": video, "status": status, "frames": frames, "container_frames": None}
    for field in PROBE:
        row.setdefault(field.name, {"string": "", "bool": False}.get(str(field.type), 0))
    probe, table = folder / f"{video}_probe.parquet", folder / f"{video}_frames.parquet"
    files.write(probe, {name: [value] for name, value in row.items()}, PROBE)
    numbers = np.arange(frames)
    rows = {
        "video": [video] * frames,
        "frame": numbers,
        "time": numbers / 30,
        "pts": numbers,
        "thumbnail": [None] * frames,
        "look": [b""] * frames,
    }
    rows |= {"key_frame": np.isin(numbers, keys), "fault": np.isin(numbers, faults), "digest": numbers}
    files.write(table, rows, FRAMES)
    return probe, table


def test_the_plan_has_all_usable_videos(tmp_path):
    made_tables = [
        made(tmp_path, "b", "ok", 80, [0, 20, 40], faults=[20]),  # a damaged key frame begins nothing
        made(tmp_path, "a", "truncated", 50, [0, 20]),
        made(tmp_path, "c", "unreadable", 0, []),
        made(tmp_path, "d", "wrong_suffix", 10, [0]),
        made(tmp_path, "e", "ok", 0, []),
        made(tmp_path, "f", "ok", 100, [0, 20, 50], faults=[50]),
    ]
    out = tmp_path / "plan.parquet"
    probes, frames = zip(*made_tables, strict=True)
    config = {"shard_frames": 20}
    plan_shards(list(probes), list(frames), out, ranges={"b": "30:"}, config=config, provenance={"seed": 1})
    expected = [("a", 0, 32), ("a", 32, 50), ("b", 30, 64), ("b", 64, 80), ("d", 0, 10), ("f", 0, 32), ("f", 32, 100)]
    assert files.read_provenance(out) == {"seed": 1}
    pd.testing.assert_frame_equal(
        files.read(out, PLAN),
        pd.DataFrame(expected, columns=["video", "start", "stop"]),
        check_dtype=False,
    )


@pytest.mark.parametrize(("status", "frames", "wanted"), [("empty", 0, ":"), ("ok", 50, "50:")])
def test_nothing_usable_gives_an_empty_plan(tmp_path, caplog, status, frames, wanted):
    probe, table = made(tmp_path, "c", status, frames, [])
    out, config = tmp_path / "plan.parquet", {"shard_frames": 20}
    plan_shards([probe], [table], out, ranges={"c": wanted}, config=config, provenance={})
    assert files.read(out, PLAN).empty
    assert ("asks for frames 50:, the video has 50" in caplog.text) == (status == "ok")

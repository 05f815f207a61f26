"""The poses of a video, read in blocks."""

import numpy as np
import pytest

from marey.exports import pose_table as module
from marey.exports.pose_table import ExportError
from marey.exports.poses import read_poses
from marey.tables import files
from marey.tables.frames import FRAMES
from marey.tables.probe import PROBE
from marey.tables.smoothed import SMOOTHED
from marey.tables.tracks import TRACKS

from .. import made_poses as made


def read(folder, table, keypoints, *, length=20, times=None, schema=SMOOTHED):
    path = folder / schema.metadata[b"table"].decode() / "v.parquet"
    files.write(path, table, schema)
    files.write(
        folder / "frames.parquet", made.frames(length, np.arange(length) / 30 if times is None else times), FRAMES
    )
    files.write(folder / "probe.parquet", made.probe(length), PROBE)
    skeleton = (keypoints, (), ())
    return read_poses(path, folder / "probe.parquet", folder / "frames.parquet", skeleton=skeleton, provenance={})


ROWS = [
    (5, "animal10", "snout", 1, 2, "measured"),
    (5, "animal2", "snout", 3, 4, "interpolated"),
    (5, "unique", "box", 5, 6, "measured"),
    (8, "animal2", "snout", 0, 0, "gap"),
]


def test_what_is_known_before_the_poses_are_read(tmp_path):
    poses = read(tmp_path, made.poses(ROWS), ["snout", "tail", "box"])
    assert poses.individuals == ("animal2", "animal10", "unique")
    assert poses.owned == [(0, 0), (1, 0), (2, 2)]
    assert poses.several
    assert poses.span == (5, 9)
    assert (poses.video, poses.file, poses.size) == ("v", "sub/v.mp4", made.SIZE)


@pytest.mark.parametrize("points", [1, 8, 10**6])
def test_blocks_of_any_size_hold_the_same(tmp_path, monkeypatch, points):
    monkeypatch.setattr(module, "BLOCK_POINTS", points)
    blocks = list(read(tmp_path, made.poses(ROWS), ["snout", "box"]).blocks(4, 10))
    assert [frame for block in blocks for frame in block.frames] == [4, 5, 6, 7, 8, 9]
    position, confidence, measured, seen = (
        np.concatenate([getattr(block, name) for block in blocks])
        for name in ("position", "confidence", "measured", "seen")
    )
    assert position[1, 0, 0].tolist() == [3, 4]
    assert position[1, 2, 1].tolist() == [5, 6]
    assert np.isfinite(position).sum() == 6
    assert np.argwhere(np.isfinite(confidence)).tolist() == [[1, 0, 0], [1, 1, 0], [1, 2, 1], [4, 0, 0]]
    assert np.argwhere(measured).tolist() == [[1, 1, 0], [1, 2, 1]]
    assert np.argwhere(seen).tolist() == [[1, 0], [1, 1], [1, 2]]
    assert np.concatenate([block.scores for block in blocks])[1].tolist() == [0.5, 0.5, 0.5]


def test_tracks_are_measured_where_there_is_a_position(tmp_path):
    table = made.as_tracks(made.poses(ROWS))
    (block,) = read(tmp_path, table, ["snout", "box"], schema=TRACKS).blocks(5, 9)
    assert block.measured[0, :, 0].tolist() == [True, True, False]
    assert not block.measured[3].any()


def test_a_video_in_which_nobody_is_seen(tmp_path):
    poses = read(tmp_path, made.poses(ROWS[:0]), ["snout"])
    assert poses.individuals == ("animal1",)
    assert not any(np.isfinite(block.position).any() for block in poses.blocks())


def test_a_keypoint_of_another_experiment_is_an_error(tmp_path):
    with pytest.raises(ExportError, match="keypoint 'box' is none of the experiment's"):
        _ = read(tmp_path, made.poses(ROWS), ["snout"]).individuals


def test_rates_of_even_frames(tmp_path):
    table = made.poses(ROWS)
    assert read(tmp_path, table, ["snout", "box"]).rate == 30
    milliseconds = (np.arange(20) / 29.97).round(3)
    assert read(tmp_path, table, ["snout", "box"], times=milliseconds).rate == pytest.approx(29.97, rel=0.01)
    lost = np.arange(20) / 30 + (np.arange(20) > 6) / 30
    assert read(tmp_path, table, ["snout", "box"], times=lost).rate is None
    assert read(tmp_path, table[:2], ["snout", "box"]).rate == 30  # that of the video
    assert read(tmp_path, made.poses([(0, "a", "snout", 1, 2, "measured")]), ["snout"], length=1).rate is None

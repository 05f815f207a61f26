"""Tables: whole or absent, checked on the way in, the same bytes for the same rows."""

import itertools
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from marey.tables import files
from marey.tables.affinities import AFFINITIES
from marey.tables.labels import LABELS
from marey.tables.plan import PLAN
from marey.tables.poses import POSES
from marey.tables.smoothed import SMOOTHED
from marey.tables.tracks import TRACKS

ROWS = {"video": ["b", "a", "a"], "start": [0, 5, 0], "stop": [3, 9, 5]}


def test_round_trip_is_sorted_and_keeps_provenance(tmp_path):
    path = tmp_path / "new" / "plan.parquet"
    files.write(path, ROWS, PLAN, provenance={"seed": 3})
    table = files.read(path, PLAN)
    assert table.to_dict("list") == {"video": ["a", "a", "b"], "start": [0, 5, 0], "stop": [5, 9, 3]}
    assert files.read_provenance(path) == {"seed": 3}
    assert [item.name for item in path.parent.iterdir()] == ["plan.parquet"]


def test_same_rows_same_bytes(tmp_path):
    for name in ("one", "two"):
        files.write(tmp_path / name, pd.DataFrame(ROWS), PLAN)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_a_failed_writer_leaves_the_old_table_and_no_rubbish(tmp_path):
    path = tmp_path / "plan.parquet"
    files.write(path, ROWS, PLAN)

    def fail():
        with files.writer(path, PLAN) as write:
            write(ROWS)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert len(files.read(path, PLAN)) == 3
    assert [item.name for item in tmp_path.iterdir()] == ["plan.parquet"]


def test_two_writers_do_not_mix(tmp_path):
    path = tmp_path / "plan.parquet"
    parts = [{name: values[rows] for name, values in ROWS.items()} for rows in (slice(0, 1), slice(1, 3))]
    with files.writer(path, PLAN) as orphan:
        orphan(parts[0])
        with files.writer(path, PLAN) as second:
            second(ROWS)
        assert len(files.read(path, PLAN)) == 3
        orphan(parts[1])
        assert len(files.read(path, PLAN)) == 3
    assert files.read(path, PLAN)["start"].tolist() == ROWS["start"]
    assert [item.name for item in tmp_path.iterdir()] == ["plan.parquet"]


def test_a_streamed_table_equals_its_parts(tmp_path):
    with files.writer(tmp_path / "plan.parquet", PLAN) as write:
        write({"video": ["a"], "start": [0], "stop": [1]})
        write({"video": ["a"], "start": [1], "stop": [2]})
    assert files.read(tmp_path / "plan.parquet", PLAN)["start"].tolist() == [0, 1]


def test_faults_name_file_column_and_fix(tmp_path):
    path = tmp_path / "plan.parquet"
    with pytest.raises(files.TableError, match=r"plan\.parquet: no such file; expected a 'plan' table"):
        files.read(path, PLAN)
    path.write_bytes(b"PAR1 half")
    with pytest.raises(files.TableError, match=r"plan\.parquet: not a whole Parquet file"):
        files.read(path, PLAN)
    files.write(path, ROWS, PLAN)
    with pytest.raises(files.TableError, match="column 'frame' of the 'poses' table is missing"):
        files.read(path, POSES)
    pq.write_table(pa.table({"video": pa.array(["a"], pa.string()), "start": [0.5], "stop": [1]}), path)
    with pytest.raises(files.TableError, match="column 'start' of the 'plan' table is double, expected int64"):
        files.read(path, PLAN)


def test_half_of_a_file_is_refused(tmp_path):
    path = tmp_path / "plan.parquet"
    files.write(path, ROWS, PLAN)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(files.TableError, match="not a whole Parquet file"):
        files.read(path, PLAN)


def test_rows_that_do_not_fit_are_refused(tmp_path):
    path = tmp_path / "plan.parquet"
    with pytest.raises(files.TableError, match=r"missing columns \['stop'\], unknown columns \['end'\]"):
        files.write(path, {"video": ["a"], "start": [0], "end": [1]}, PLAN)
    with pytest.raises(files.TableError, match="column 'stop' is empty in row 1"):
        files.write(path, {"video": ["a", "a"], "start": [0, 1], "stop": [1, None]}, PLAN)
    assert not path.exists()


PAIRS = {"edge": 0, "source": 0, "target": 0, "affinity": 0.5}


@pytest.mark.parametrize("rows", [1, 2, 5, 100])
def test_a_table_is_read_in_parts_that_end_with_a_frame(tmp_path, rows):
    frame = [0, 0, 0, 2, 3, 3, 3, 3, 7]
    with files.writer(tmp_path / "pairs.parquet", AFFINITIES) as write:
        for part in (frame[:2], frame[2:6], frame[6:]):  # row groups that end within frames
            write(pd.DataFrame({"video": "v", "frame": part, **PAIRS}))
    parts = files.whole_frames(tmp_path / "pairs.parquet", AFFINITIES, ["frame"], rows=rows)
    found = [part["frame"].to_pylist() for part in parts]
    assert [*itertools.chain(*found)] == frame
    assert all(earlier[-1] < later[0] for earlier, later in itertools.pairwise(found))
    assert len(found) > 1 or rows == 100


def test_frames_out_of_order_are_refused(tmp_path):
    with files.writer(tmp_path / "pairs.parquet", AFFINITIES) as write:
        write(pd.DataFrame({"video": "v", "frame": [0, 5, 4], **PAIRS}))
    with pytest.raises(files.TableError, match="pairs.parquet: frame 4 comes after a later one"):
        list(files.whole_frames(tmp_path / "pairs.parquet", AFFINITIES, ["frame"], rows=2))


SMOOTH = {"video": "v", "frame": 0, "time": 0.0, "individual": "m", "keypoint": "k", "x": 1.0, "y": 2.0}
SMOOTH |= {"confidence": 0.5, "sigma_px": 1.0, "state": "measured", "raw_x": 1.5, "raw_y": 2.5}
LABEL = {"video": "v", "frame": 0, "individual": "m", "keypoint": "k", "x": 1.0, "y": 2.0, "visibility": "visible"}
LABEL |= {"annotator": "", "set_at": None, "image": None, "source": "a.csv", "row": 1}
NOWHERE = {"x": np.nan, "y": np.nan}


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize(
    ("schema", "good", "changes", "fault"),
    [
        (SMOOTHED, SMOOTH, NOWHERE, "'x' is empty, but 'state' is none of"),
        (SMOOTHED, SMOOTH, {**NOWHERE, "state": "interpolated"}, "'x' is empty, but 'state' is none of"),
        (SMOOTHED, SMOOTH, {"state": "gap"}, "'x' is not empty, but 'state' is one of"),
        (SMOOTHED, SMOOTH, {"x": np.inf}, "column 'x' is infinite"),
        (SMOOTHED, SMOOTH, {"raw_y": -np.inf}, "column 'raw_y' is infinite"),
        (SMOOTHED, SMOOTH, {"x": np.nan}, "only one of 'x' and 'y' is empty"),
        (SMOOTHED, SMOOTH, {"raw_y": np.nan}, "only one of 'raw_x' and 'raw_y' is empty"),
        (SMOOTHED, SMOOTH, {"confidence": np.nan}, "column 'confidence' is empty"),
        (SMOOTHED, SMOOTH, {"confidence": np.inf}, "column 'confidence' is infinite"),
        (SMOOTHED, SMOOTH, {"time": np.nan}, "column 'time' is empty"),
        (SMOOTHED, SMOOTH, {"sigma_px": np.inf}, "column 'sigma_px' is infinite"),
        (LABELS, LABEL, NOWHERE, "'x' is empty, but 'visibility' is none of"),
        (LABELS, LABEL, {"visibility": "absent"}, "'x' is not empty, but 'visibility' is one of"),
    ],
)
def test_values_that_say_nothing_are_refused(tmp_path, schema, good, changes, fault, streamed):
    """Both ways to write, of data frames and of Arrow tables with NaN."""
    path = tmp_path / "table.parquet"
    rows = pd.DataFrame([good, {**good, **changes}])
    if streamed:
        rows = pa.Table.from_pandas(rows.astype({"image": object} if "image" in rows else {}), preserve_index=False)

    def append(rows):
        with files.writer(path, schema) as write:
            write(rows)

    with pytest.raises(files.TableError, match=f"table.parquet: cannot write: {fault}.* in row 1"):
        append(rows) if streamed else files.write(path, rows, schema)
    assert not path.exists()
    files.write(path, pd.DataFrame([good]), schema)


def test_nan_is_written_as_empty(tmp_path):
    rows = {**SMOOTH, **NOWHERE, "state": "gap"}
    table = pa.table({name: pa.array([value]) for name, value in rows.items()})
    files.write(tmp_path / "smoothed.parquet", table, SMOOTHED)
    assert pq.read_table(tmp_path / "smoothed.parquet")["x"].null_count == 1


def test_a_full_disk_is_named_with_the_file_and_leaves_nothing(tmp_path):
    def half(path):
        with files.replacing(path) as temporary:
            temporary.write_text("half")
            Path("/dev/full").write_text("the rest")

    with pytest.raises(OSError, match=r"make room and run again: '.*poses.parquet'"):
        half(tmp_path / "poses.parquet")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("confidence", [-0.01, 1.5])
def test_a_confidence_outside_of_0_to_1_is_refused(tmp_path, confidence):
    rows = {field.name: [0] for field in POSES} | {"video": ["v"], "keypoint": ["nose"], "fault": [False]}
    files.write(tmp_path / "poses.parquet", rows | {"confidence": [1.0]}, POSES)
    with pytest.raises(files.TableError, match="'confidence' is outside of 0..1 in row 0"):
        files.write(tmp_path / "poses.parquet", rows | {"confidence": [confidence]}, POSES)


def test_frames_of_a_range_come_from_the_groups_that_have_them(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "ROW_GROUP", 4)
    path = tmp_path / "tracks.parquet"
    frame = np.repeat(np.arange(10), 3)
    rows = dict.fromkeys(("video", "individual", "keypoint"), "a")
    rows |= {"time": frame / 10, "x": None, "y": None, "confidence": 0.0, "sigma_px": None, "fault": False}
    files.write(path, pd.DataFrame({"frame": frame, **rows}), TRACKS)
    for start, stop in ((0, 10), (3, 7), (9, 20), (4, 4), (20, 30)):
        found = files.read_frames(path, TRACKS, ["time", "keypoint"], start=start, stop=stop)
        assert found.column_names == ["time", "keypoint"]
        assert found["time"].to_numpy().tolist() == (frame[(frame >= start) & (frame < stop)] / 10).tolist()

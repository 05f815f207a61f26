from types import ModuleType

import numpy as np
import pytest

from marey.labels import ingest_predictions
from marey.labels.points import as_labels, as_predictions
from marey.labels.reading import Contents, Fault, LabelError
from marey.tables import files
from marey.tables.frames import FRAMES
from marey.tables.poses import POSES
from marey.tables.probe import PROBE

ROW = {"frame": 3, "instance": 0, "keypoint": "nose", "x": 20.0, "y": 10.0, "confidence": 0.75}


@pytest.fixture
def ingest(tmp_path, monkeypatch):
    """A function that ingests rows as a tool's file holds them, for a video of 40 x 30 px and 10 frames."""
    blank = {"string": "", "bool": False, "double": 0.0, "binary": b"", "fixed_size_binary[16]": b"0" * 16}
    for name, schema, columns in (
        ("probe", PROBE, {"video": ["v"], "status": ["ok"], "frames": [10], "width": [40], "height": [30]}),
        ("frames", FRAMES, {"video": ["v"] * 10, "frame": range(10), "time": np.arange(10) / 5, "fault": [False] * 10}),
    ):
        count = len(columns["video"])
        rest = {f.name: [blank.get(str(f.type), 0)] * count for f in schema if f.name not in columns}
        files.write(tmp_path / f"{name}.parquet", {**columns, **rest}, schema)
    (tmp_path / "a.tool").touch()

    def run(rows, faults=(), keypoints=("nose", "tail"), single=True, frames=None):
        rows = [{"video": "v", "individual": "", **ROW, **row} for row in rows]
        names = ["video", "frame", "instance", "individual", "keypoint", "x", "y", "confidence"]
        found = as_predictions(tuple(row[name] for name in names) for row in rows)
        tool = ModuleType("tool")
        tool.read = lambda source: Contents(as_labels(), list(faults), found)
        monkeypatch.setattr(ingest_predictions, "load_format", lambda source, key: tool)
        out = tmp_path / "poses.parquet"
        options = {"video": "v", "keypoints": list(keypoints), "single": single, "frames": frames, "provenance": {}}
        paths = tmp_path / "probe.parquet", tmp_path / "frames.parquet", out
        ingest_predictions.ingest_predictions("a.tool", *paths, data=tmp_path, **options)
        return files.read(out, POSES)

    return run


def test_poses_have_the_times_of_the_video_and_nothing_that_is_not_due(ingest):
    found = ingest(
        [
            {"frame": 4, "keypoint": "tail"},
            {"frame": 4},
            {},
            {"video": "other"},
            {"keypoint": "ear"},
            {"frame": 5, "x": np.nan, "y": np.nan},
            {"frame": 6, "x": 40.5},
            {"frame": 10},
        ]
    )
    assert found[["frame", "keypoint"]].to_numpy().tolist() == [[3, "nose"], [4, "nose"], [4, "tail"]]
    np.testing.assert_allclose(found["time"], [0.6, 0.8, 0.8])
    np.testing.assert_allclose(found[["x", "y", "confidence"]].iloc[0], [20, 10, 0.75])
    assert found["sigma_px"].isna().all()
    assert not found["fault"].any()


def test_only_the_frames_that_the_sheet_asks_for(ingest):
    found = ingest([{"frame": frame} for frame in range(10)], frames="2:5")
    assert found["frame"].tolist() == [2, 3, 4]


@pytest.mark.parametrize(
    ("rows", "options", "message"),
    [
        ([{"video": "w"}], {}, "a.tool: holds no predicted point of video 'v'"),
        ([{"keypoint": "ear"}], {}, "predicts 'ear', of which none is in `keypoints`"),
        ([{"frame": 15}], {}, "predicts frame 15, but the video has 10 frames"),
        ([{"x": 41.0}, {"frame": 4, "y": -2.0}, {"frame": 5}], {}, "2 of 3 points lie outside the image of 40 x 30"),
        ([{"confidence": 1.5}], {}, "nose in frame 3 has the confidence 1.5; expected 0 to 1"),
        ([{"confidence": np.nan}], {}, "nose in frame 3 has the confidence nan"),
        ([{}, {"x": 5.0}], {}, "nose of one animal is there twice in frame 3"),
        ([{}, {"instance": 1}], {}, "several animals in frame 3, but `animals.method` is single"),
        ([{}], {"faults": [Fault("a.tool", 3, "bad_row", "no number")]}, "a.tool, row 3: bad_row: no number"),
    ],
)
def test_what_cannot_be_of_this_video_is_refused(ingest, rows, options, message):
    with pytest.raises(LabelError, match=message):
        ingest(rows, **options)

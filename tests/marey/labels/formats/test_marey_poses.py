import numpy as np
import pandas as pd
import pytest

from marey.labels import sources
from marey.labels.formats import marey_poses
from marey.labels.reading import LabelError, Source
from marey.labels.sources import PREDICTIONS

ROWS = [
    ("my v", 7, "mäuschen 2", "nose", 12.25, 3.5, 0.5),
    ("my v", 7, "a", "nose", 1.0, 2.0, 0.75),
    ("my v", 7, "a", "tail", np.nan, np.nan, 0.0),
    ("my v", 8, "unique", "door", 5.0, 6.0, 1.0),
]
COLUMNS = ["video", "frame", "individual", "keypoint", "x", "y", "confidence"]


def write(path, rows=ROWS, columns=COLUMNS):
    table = pd.DataFrame(rows, columns=columns).assign(state="measured")
    table.to_csv(path, index=False) if path.suffix == ".csv" else table.to_parquet(path)


@pytest.mark.parametrize("name", ["p.csv", "p.parquet"])
def test_poses_come_back_as_they_were(tmp_path, name):
    write(tmp_path / name)
    said = sources.describe(name, tmp_path, PREDICTIONS)
    assert said.keypoints == ["nose", "tail", "door"]
    assert (said.unique, said.several, said.predicted_videos, said.predicted) == (["door"], True, ["my_v"], True)
    source = Source.of({"path": name, "videos": {"my v": "v1"}}, tmp_path)
    found = sources.load_format(source).read(source)
    assert found.faults == []
    assert found.labels.empty
    assert found.predictions.to_numpy().tolist() == [
        ["v1", 7, 1, "mäuschen 2", "nose", 12.25, 3.5, 0.5],
        ["v1", 7, 0, "a", "nose", 1.0, 2.0, 0.75],
        ["v1", 8, -1, "unique", "door", 5.0, 6.0, 1.0],
    ]


def test_instances_stay_where_nobody_is_named(tmp_path):
    write(tmp_path / "p.parquet", [("v", 1, 3, "nose", 1.0, 2.0, 0.5)], [*COLUMNS[:2], "instance", *COLUMNS[3:]])
    found = marey_poses.read(Source(tmp_path / "p.parquet", tmp_path)).predictions
    assert found[["instance", "individual"]].to_numpy().tolist() == [[3, ""]]


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("frame", "1.5", "frame 1.5 is no whole number"),
        ("frame", "", "could not convert"),
        ("x", "left", "could not convert"),
        ("confidence", "", None),
    ],
)
def test_what_is_no_number_is_named(tmp_path, column, value, said):
    table = pd.DataFrame(ROWS, columns=COLUMNS).astype(str)
    table.loc[0, column] = value
    table.to_csv(tmp_path / "p.csv", index=False)
    found = marey_poses.read(Source(tmp_path / "p.csv", tmp_path))
    if said:
        assert said in found.faults[0].detail
        with pytest.raises(LabelError, match="not a table of poses"):
            sources.describe("p.csv", tmp_path)
    else:
        assert np.isnan(found.predictions["confidence"][0])  # ingestion refuses it

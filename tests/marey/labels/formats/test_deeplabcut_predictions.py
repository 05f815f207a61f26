import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from marey.labels import ingest_labels
from marey.labels.formats import _hdf_tree, deeplabcut_predictions
from marey.labels.reading import Source
from marey.labels.sources import load_format

DATA = Path(os.environ.get("MAREY_DATA", Path(__file__).parents[4] / "../shared/data"))
SAMPLE = DATA / "01_openfield_dlc_single/dlc_predictions_on_m3v1/m3v1mp4DLC_resnet50_openfieldAug20shuffle1_30000.h5"
NETWORK = "DLC_resnet50_miceOct3shuffle1_1000"
NAN = np.nan


@pytest.fixture(autouse=True)
def at_once(monkeypatch, tmp_path):
    """Read in this process, which spares the start of another: files of these tests kill nobody."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for module in (deeplabcut_predictions, _hdf_tree):
        monkeypatch.setattr(module, "call_apart", lambda function, *arguments: function(*arguments))


def table(points: dict, frames=(0, 1), animals=None) -> pd.DataFrame:
    """Make a table as DeepLabCut does: by (keypoint) or (individual, keypoint) an x, y, likelihood for each frame."""
    names = ["scorer", "individuals", "bodyparts", "coords"] if animals else ["scorer", "bodyparts", "coords"]
    columns = {}
    for point, rows in points.items():
        for coordinate, values in zip(("x", "y", "likelihood"), np.transpose(rows), strict=True):
            columns[NETWORK, *(point if animals else (point,)), coordinate] = values
    found = pd.DataFrame(columns, index=list(frames))
    found.columns = found.columns.set_names(names)
    return found


DOT = {"nose": [(100, 50, 0.9), (101, 51, 0.8)], "tail": [(10, 20, 0.2), (NAN, NAN, NAN)]}


def write(path: Path, points: pd.DataFrame, key="df_with_missing") -> Path:
    if path.suffix == ".csv":
        points.to_csv(path)
    else:
        points.to_hdf(path, key=key, mode="w", format="table" if key == "df_with_missing" else "fixed")
    return path


def read(path: Path, **said):
    return deeplabcut_predictions.read(Source(path, path.parent, **said))


@pytest.mark.parametrize("name", [f"cam 1{NETWORK}.csv", f"cam 1{NETWORK}_filtered.h5", f"cam 1{NETWORK}.h5"])
@pytest.mark.parametrize("key", ["df_with_missing", "tracks"])
def test_a_dot_at_column_100_and_row_50(tmp_path, name, key):
    file = write(tmp_path / name, table(DOT, frames=(7, 3)), key)
    assert load_format(Source(file, tmp_path)) is deeplabcut_predictions
    found = read(file).predictions
    assert found.loc[0, ["video", "frame", "instance", "individual", "keypoint"]].tolist() == [
        "cam_1",
        7,
        0,
        "",
        "nose",
    ]
    assert found[["frame", "keypoint", "x", "y"]].to_numpy().tolist() == [
        [7, "nose", 100.5, 50.5],
        [7, "tail", 10.5, 20.5],
        [3, "nose", 101.5, 51.5],
    ]
    assert found["confidence"].tolist() == pytest.approx([0.9, 0.2, 0.8])


@pytest.mark.parametrize(
    ("name", "video"),
    [
        (f"m{NETWORK}", "m"),
        (f"m{NETWORK}_el_filtered", "m"),
        ("cam_DLC_hrnet_other", "cam_"),
        ("DLC_mouseDLC_resnet50_x", "DLC_mouse"),
        ("clipDeepCut_resnet50_a", "clip"),
        ("pup_superanimal_quadruped_hrnet", "pup"),
        ("plain", "b7"),
    ],
)
def test_a_video_is_known_by_the_beginning_of_the_name(tmp_path, name, video):
    file = write(tmp_path / f"{name}.csv", table(DOT))
    assert deeplabcut_predictions.describe(Source(file, tmp_path, videos={"plain": "b7"})).predicted_videos == [video]


def test_several_animals_with_places_that_are_none(tmp_path):
    none = [(0, 0, 0), (-1, -1, -1)]
    points = {
        ("Ann", "nose"): [(100, 50, 0.9), (0, 0, 0)],
        ("Bob", "nose"): [(0, 0, 0.3), (5, 5, 1.5)],
        ("Cid", "nose"): none,
        ("single", "food"): [(60, 70, 0.8), (61, 71, 0.8)],
    }
    file = write(tmp_path / f"v{NETWORK}_el.h5", table(points, animals=True))
    found = read(file).predictions
    assert found[["frame", "instance", "individual", "keypoint", "x"]].to_numpy().tolist() == [
        [0, 0, "Ann", "nose", 100.5],
        [0, 1, "Bob", "nose", 0.5],  # (0, 0) with a likelihood is a place
        [0, -1, "single", "food", 60.5],
        [1, 0, "Bob", "nose", 5.5],
        [1, -1, "single", "food", 61.5],
    ]
    assert found["confidence"].max() == 1
    said = deeplabcut_predictions.describe(Source(file, tmp_path))
    assert (said.individuals, said.keypoints, said.unique) == (["Ann", "Bob", "Cid"], ["nose", "food"], ["food"])
    assert said.several


def test_scorers_that_pandas_numbered_are_one(tmp_path):
    file = write(tmp_path / "v.csv", table(DOT))
    lines = file.read_text().splitlines()
    lines[0] = "scorer," + ",".join(NETWORK + (f".{at}" if at else "") for at in range(6))
    file.write_text("\n".join(lines) + "\n")
    assert len(read(file).predictions) == 3


def test_a_header_may_be_long_and_names_may_hold_commas(tmp_path):
    points = table({f"{'x' * 90}, {at}": [(at, 50, 0.9), (at, 51, 0.8)] for at in range(300)})
    file = write(tmp_path / "v.csv", points)
    assert deeplabcut_predictions.recognises(file)
    assert read(file).predictions["keypoint"].iloc[100] == f"{'x' * 90}, 100"


def test_columns_beside_a_point_are_left_out_by_name(tmp_path):
    points = table(DOT)
    points[NETWORK, "nose", "x_ens_var"] = 3.0
    contents = read(write(tmp_path / "v.csv", points))
    assert len(contents.predictions) == 3
    assert contents.left_out == ["columns x_ens_var"]


def test_predictions_that_are_named_as_labels_say_where_they_belong(tmp_path):
    write(tmp_path / "v.csv", table(DOT))
    with pytest.raises(Exception, match="predictions.sources"):
        ingest_labels.ingest(["v.csv"], data=tmp_path, keypoints=("nose", "tail"), videos={}, on_error="stop")


@pytest.mark.parametrize(
    ("line", "new", "said"),
    [
        (4, "4,1,2,3", "line 5 has 4 cells, expected 7"),
        (4, "1,1,2,x,4,5,6", "line 5, column 4: 'x' is no number"),
        (4, "0,1,2,1,4,5,1", "row 5: frame 0 is there twice"),
        (4, "1.5,1,2,1,4,5,1", "row 5: the frame is '1.5'"),
        (4, "-1,1,2,1,4,5,1", "row 5: the frame is '-1'"),
        (2, "coords,x,y,likelihood,x,x,likelihood", "tail/x is there twice; tail has not both x and y"),
        (2, "coords,x,y,z,x,y,z", "it is in 3D"),
        (0, "scorer,a,a,a,b,b,b", "is by a, b"),
        (1, "bodyparts,nose,nose,nose,tail", "the same number of cells"),
        (1, "bodyparts,,,,tail,tail,tail", "a name is empty"),
    ],
)
def test_a_broken_table_is_named_with_the_place(tmp_path, line, new, said):
    file = write(tmp_path / "v.csv", table(DOT))
    lines = file.read_text().splitlines()
    lines[line] = new
    file.write_text("\n".join(lines) + "\n")
    contents = read(file)
    (fault,) = contents.faults
    assert said in fault.detail
    assert contents.predictions is None


def test_a_damaged_table_is_known_by_its_name(tmp_path):
    file = write(tmp_path / f"v{NETWORK}.h5", table(DOT))
    file.write_bytes(file.read_bytes()[:2000])
    source = Source(file, tmp_path)
    assert load_format(source) is deeplabcut_predictions
    said = deeplabcut_predictions.describe(source)
    assert said.predicted_videos == ["v"]
    assert said.fault == read(file).faults[0].detail != ""


def test_a_table_of_labels_is_not_taken_for_predictions(tmp_path):
    named = table(DOT).set_axis(["labeled-data/v/img1.png", "labeled-data/v/img2.png"])
    (fault,) = read(write(tmp_path / "v.h5", named)).faults
    assert "a table of labels; name the folder with `labeled-data`" in fault.detail
    assert not deeplabcut_predictions.recognises(write(tmp_path / "w.csv", named))


def test_a_table_without_likelihood_is_sure(tmp_path):
    contents = read(write(tmp_path / "v.csv", table(DOT).drop(columns="likelihood", level="coords")))
    assert contents.predictions["confidence"].tolist() == [1, 1, 1]
    assert "3 points have no score" in contents.left_out[0]


@pytest.mark.skipif(not SAMPLE.is_file(), reason="sample data absent: set MAREY_DATA")
def test_a_real_table_as_pandas_reads_it():
    found = read(SAMPLE).predictions
    stored = pd.read_hdf(SAMPLE).droplevel("scorer", axis=1)
    assert len(found) == 4 * len(stored)
    for keypoint, rows in found.groupby("keypoint"):
        expected = stored[keypoint].to_numpy() + np.array([0.5, 0.5, 0])
        assert np.allclose(rows[["x", "y", "confidence"]].to_numpy(), expected, atol=1e-4)

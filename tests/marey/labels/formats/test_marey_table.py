import numpy as np
import pandas as pd
import pytest

from marey.labels import ingest_labels, sources
from marey.labels.formats import marey_table
from marey.labels.reading import LabelError, Source
from marey.tables import files
from marey.tables.dropped import DROPPED
from marey.tables.labels import LABELS
from marey.tables.probe import PROBE

GOOD = "video,frame,individual,keypoint,x,y,visibility,annotator\n"


def ingest(data, name, on_error="stop"):
    videos = {"a": (40, 30, 100)}
    return ingest_labels.ingest([name], data=data, keypoints=("nose", "tail"), videos=videos, on_error=on_error)[:2]


def test_points_stay_where_they_are_and_empty_cells_have_meanings(tmp_path):
    (tmp_path / "l.csv").write_text(GOOD + "a,3,m,nose,1.25,2,,\na,3,m,tail,,,,Ann\na,4,m,nose,5,6,occluded,\n"
                                    "a,4,m,tail,,,absent,\n")  # fmt: skip
    points, faults = ingest(tmp_path, "l.csv")
    assert faults.empty
    assert points["image"].isna().all()
    assert points.replace({np.nan: None})[["frame", "x", "y", "visibility", "annotator", "row"]].values.tolist() == [
        [3, 1.25, 2.0, "visible", "", 2],
        [3, None, None, "unlabelled", "Ann", 3],
        [4, 5.0, 6.0, "occluded", "", 4],
        [4, None, None, "absent", "", 5],
    ]


def test_what_marey_writes_it_reads_back_from_parquet_and_csv(tmp_path):
    (tmp_path / "l.csv").write_text(GOOD + "a,3,m,nose,1.25,2,,\na,3,m,tail,,,absent,Ann\n")
    row = {"video": ["a"], "status": ["ok"], "frames": [100], "width": [40], "height": [30]}
    blank = {"string": "", "bool": False, "double": 0.0}
    rest = {field.name: [blank.get(str(field.type), 0)] for field in PROBE if field.name not in row}
    files.write(tmp_path / "probe.parquet", {**row, **rest}, PROBE)
    options = {
        "data": tmp_path,
        "keypoints": ("nose", "tail"),
        "probes": [tmp_path / "probe.parquet"],
        "on_error": "stop",
        "provenance": {"p": 1},
    }
    paths = [tmp_path / f"{name}.parquet" for name in "bdia"]
    ingest_labels.ingest_labels(["l.csv"], *paths, **options)
    written = files.read(tmp_path / "b.parquet", LABELS)
    assert files.read_provenance(tmp_path / "b.parquet") == {"p": 1}
    assert files.read(tmp_path / "d.parquet", DROPPED).empty
    written.to_csv(tmp_path / "c.csv", index=False)
    for name, rows in (("b.parquet", [1, 2]), ("c.csv", [2, 3])):
        again, _ = ingest(tmp_path, name)
        assert again["source"].eq(name).all()
        assert again["row"].tolist() == rows
        pd.testing.assert_frame_equal(again.drop(columns=["source", "row"]), written.drop(columns=["source", "row"]))


FAULTS = {
    "a,3,m,nose,1,2,,,z": ("bad_row", "9 cells, not one for each column; complete the line or delete it"),
    "a,3,m,nose,1": ("bad_row", "5 cells, not one for each column; complete the line or delete it"),
    "a,3,<b>m,nose,1,2,,": ("bad_row", "individual: '<b>m' holds '<', as markup does; take it out"),
    "a,3,m,nose,1,2,,A\u200b": (
        "bad_row",
        "annotator: 'A\\u200b' holds the character U+200B, which nobody sees; delete it",
    ),
    ",3,m,nose,1,2,,": ("bad_row", "video is empty; fill it in"),
    "a,3.5,m,nose,1,2,,": (
        "bad_number",
        "frame '3.5', x '1', y '2'; expected a whole frame from 0, and two numbers or two empty cells",
    ),
    "a,3,m,nose,1,,,": (
        "bad_number",
        "frame '3', x '1', y ''; expected a whole frame from 0, and two numbers or two empty cells",
    ),
    "a,,m,nose,1,2,,": (
        "bad_number",
        "frame '', x '1', y '2'; expected a whole frame from 0, and two numbers or two empty cells",
    ),
    "a,1_0,m,nose,1,2,,": (
        "bad_number",
        "frame '1_0', x '1', y '2'; expected a whole frame from 0, and two numbers or two empty cells",
    ),
    "a,3,m,nose,1,2,seen,": (
        "bad_row",
        "visibility 'seen' at (1, 2); expected visible or occluded with x and y, absent or unlabelled without",
    ),
    "a,3,m,nose,,,visible,": (
        "bad_row",
        "visibility 'visible' at (, ); expected visible or occluded with x and y, absent or unlabelled without",
    ),
}


@pytest.mark.parametrize("line", FAULTS)
def test_faulty_rows_are_named_and_dropped(tmp_path, line):
    (tmp_path / "l.csv").write_text(GOOD + "a,3,m,tail,1,2,,\n" + line + "\n")
    reason, detail = FAULTS[line]
    with pytest.raises(LabelError) as error:
        ingest(tmp_path, "l.csv")
    assert str(error.value).splitlines()[1:] == [f"  l.csv, row 3: {reason}: {detail}"]
    points, faults = ingest(tmp_path, "l.csv", "drop")
    assert points["keypoint"].tolist() == ["tail"]
    assert faults.values.tolist() == [["l.csv", 3, reason, detail]]


def test_a_last_line_that_is_cut_short_is_a_fault(tmp_path):
    (tmp_path / "l.csv").write_text(GOOD + "a,3,m,tail,1,2\na,3,m,nose,12,3")
    points, faults = ingest(tmp_path, "l.csv", "drop")
    assert points["keypoint"].tolist() == ["tail"]
    assert faults[["row", "reason"]].values.tolist() == [[3, "bad_row"]]


@pytest.mark.parametrize(("separator", "encoding"), [(";", "utf-16"), ("\t", "utf-8-sig"), (",", "cp1252")])
def test_what_spreadsheets_save_is_read_alike(tmp_path, separator, encoding):
    text = "Video,frame,individual,keypoint,x,y,image,\nmy a,3,mäuschen,nose,1.25,2,,\n,,,,,,,\n".replace("V", "v")
    (tmp_path / "l.csv").write_bytes(text.replace(",", separator).encode(encoding))
    found, faults = marey_table.read(Source(tmp_path / "l.csv", tmp_path))[:2]
    assert faults == []
    assert found.iloc[:, :6].to_records(index=False).tolist() == [("my_a", 3, "mäuschen", "nose", 1.25, 2.0)]
    assert marey_table.recognises(tmp_path / "l.csv")
    assert marey_table.describe(Source(tmp_path / "l.csv", tmp_path)).videos == ["my_a"]


def test_a_stray_quote_loses_its_own_row_alone(tmp_path):
    rows = [f"a,{frame},m,nose,1,2,,\n" for frame in range(50)]
    rows[3] = '"' + rows[3]
    (tmp_path / "l.csv").write_text(GOOD + "".join(rows))
    points, faults = ingest(tmp_path, "l.csv", "drop")
    assert set(points["frame"]) == set(range(50)) - {3}
    assert faults[["row", "reason"]].values.tolist() == [[5, "bad_row"]]


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_what_a_table_says_of_the_experiment(tmp_path, kind):
    rows = [
        ("b", 1, "m", "nose", 1.0, 2.0, ""),
        ("b", 2, "n", "nose", 1.0, 2.0, ""),
        ("c", 2, "m", "nose", 1.0, 2.0, "i.png"),
    ]
    for several in (False, True):
        more = [("b", 1, "n", "nose", 5.0, 6.0, "")] if several else []
        table = pd.DataFrame(rows + more, columns=[*marey_table.REQUIRED, "image"])
        path = tmp_path / f"{several}.{kind}"
        table.to_csv(path, index=False) if kind == "csv" else table.to_parquet(path)
        assert marey_table.describe(Source(path, tmp_path)).several == several
        assert marey_table.describe(Source(path, tmp_path)).videos == ["b"]


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_other_columns_are_named_before_anything_else(tmp_path, kind):
    table = pd.DataFrame(columns=["video", "frame", "individual", "keypoint", "x", "likelihood"])
    table.to_csv(tmp_path / "l.csv", index=False) if kind == "csv" else table.to_parquet(tmp_path / "l.parquet")
    with pytest.raises(LabelError, match=r"l\.\w+: columns video.*: missing \['y'\], unknown \['likelihood'\]"):
        sources.describe(f"l.{kind}", tmp_path)


def test_absolute_images_are_named(tmp_path):
    (tmp_path / "l.csv").write_text("video,frame,individual,keypoint,x,y,image\na,1,m,nose,1,2,C:\\a.png\n")
    _, faults = marey_table.read(Source(tmp_path / "l.csv", tmp_path))[:2]
    assert faults[0].detail == "image 'C:/a.png' is an absolute path; give it relative to the data folder"


def test_other_columns_and_broken_files_are_named(tmp_path):
    (tmp_path / "l.csv").write_text("video,frame,individual,keypoint,x,visibilty\n")
    found, faults = marey_table.read(Source(tmp_path / "l.csv", tmp_path))[:2]
    assert found.empty
    assert faults == [
        (
            "l.csv",
            0,
            "bad_file",
            "columns video, frame, individual, keypoint, x, visibilty: missing ['y'], unknown ['visibilty']; "
            "expected video, frame, individual, keypoint, x, y and optionally visibility, annotator, image, set_at, "
            "each once",
        )
    ]
    (tmp_path / "l.parquet").write_bytes(b"PAR1 and no more")
    (fault,) = marey_table.read(Source(tmp_path / "l.parquet", tmp_path)).faults
    assert (fault.reason, fault.detail) == ("bad_file", "not a whole Parquet file (ArrowInvalid); write it again")

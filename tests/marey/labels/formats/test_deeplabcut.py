import csv
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from PIL import Image

import marey
from marey.labels import ingest_labels, sources
from marey.labels.formats import deeplabcut
from marey.labels.reading import Description, LabelError, Source

DATA = Path(os.environ.get("MAREY_DATA", Path(__file__).parents[4] / "../shared/data"))
OPENFIELD = "01_openfield_dlc_single/openfield-Pranav-2018-10-30"
REACHING = "02_reaching_dlc_single/Reaching-Mackenzie-2018-08-30"
BIRDS = "07_birds_montblanc_madlc_multi/MontBlanc-Daniel-2019-12-16"
PUPS = "14_label_formats/dlc_multi_animal_unique_bodyparts_csv"
TOY = "14_label_formats/dlc_toy_csv"
HEAD = "scorer,A,A,A,A\nbodyparts,nose,nose,tail,tail\ncoords,x,y,x,y\n"

needs_data = pytest.mark.skipif(not (DATA / OPENFIELD).is_dir(), reason="sample data absent: set MAREY_DATA")


def project(data: Path, text: str, images=("img1.png", "img2.png"), *, scorer="A", video="v") -> Path:
    folder = data / "dlc" / "labeled-data" / video
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"CollectedData_{scorer}.csv").write_text(text, newline="")
    for name in images:
        Image.linear_gradient("L").resize((40, 30)).save(folder / name)
    return data / "dlc"


def to_h5(path: Path, header: int, index: int) -> pd.DataFrame:
    table = pd.read_csv(path, header=list(range(header)), index_col=list(range(index)))
    names = ["scorer", "individuals", "bodyparts", "coords"] if header == 4 else ["scorer", "bodyparts", "coords"]
    table.columns.names = names
    table.index.names = [None] * index
    table.astype(float).to_hdf(path.with_suffix(".h5"), key="df_with_missing", mode="w")


def ingest(source: str, data: Path, keypoints=("nose", "tail"), on_error="stop"):
    return ingest_labels.ingest([source], data=data, keypoints=tuple(keypoints), videos={}, on_error=on_error)[:2]


def positions(labels: pd.DataFrame) -> dict:
    columns = ["video", "frame", "individual", "keypoint", "x", "y"]
    return {tuple(row[:4]): row[4:] for row in labels[columns].fillna(-1).itertuples(index=False, name=None)}


def test_a_dot_drawn_at_a_known_pixel_is_where_its_label_says(tmp_path):
    root = project(tmp_path, HEAD + "labeled-data/v/img1.png,30,20,,\n")
    picture = np.zeros((30, 40), np.uint8)
    picture[20, 30] = 255  # row 20, column 30: where a person clicks in a DeepLabCut tool, which writes x 30, y 20
    Image.fromarray(picture).save(root / "labeled-data/v/img1.png")
    labels, _ = ingest("dlc", tmp_path)
    nose = labels[labels["keypoint"] == "nose"].iloc[0]
    rows, columns = np.indices(picture.shape) + 0.5  # pixel centres where the image's corner is (0, 0)
    weights = picture / picture.sum()
    assert (nose["x"], nose["y"]) == ((weights * columns).sum(), (weights * rows).sum()) == (30.5, 20.5)


def test_rows_say_where_they_come_from(tmp_path):
    project(tmp_path, HEAD + "labeled-data/v/img1.png,1,2,,\n\nlabeled-data\\v\\img2.png,,,,\n")
    labels, dropped = ingest("dlc", tmp_path)
    assert dropped.empty
    common = {
        "video": "v",
        "frame": 1,
        "individual": "animal",
        "annotator": "A",
        "image": "dlc/labeled-data/v/img1.png",
    }
    common |= {"source": "dlc/labeled-data/v/CollectedData_A.csv", "row": 4, "set_at": None}
    assert labels.replace({np.nan: None}).to_dict("records") == [
        common | {"keypoint": "nose", "x": 1.5, "y": 2.5, "visibility": "visible"},
        common | {"keypoint": "tail", "x": None, "y": None, "visibility": "unlabelled"},
    ]


def test_windows_paths_absolute_paths_short_rows_and_a_byte_order_mark(tmp_path):
    rows = "labeled-data\\v\\img1.png,1,2\nC:\\a\\dlc\\labeled-data\\v\\img2.png,3,4,5,6,,\n"
    project(tmp_path, "\ufeff" + (HEAD + rows).replace("\n", "\r\n"))
    labels, _ = ingest("dlc", tmp_path)
    key = ("v", 2, "animal", "tail")
    assert positions(labels)[key] == (5.5, 6.5)
    assert positions(labels)["v", 1, "animal", "tail"] == (-1, -1)
    assert labels["row"].tolist() == [4, 4, 5, 5]


MULTI = """scorer,,,B,B,B,B,B,B
individuals,,,m1,m1,m2,m2,single,single
bodyparts,,,nose,nose,nose,nose,door,door
coords,,,x,y,x,y,x,y
labeled-data,v,img1.png,1,2,,,3,4
labeled-data,v,img2.png,,,5,6
"""


def test_both_index_layouts_and_both_files_give_the_same_labels(tmp_path):
    root = project(tmp_path, MULTI, scorer="B")
    file = root / "labeled-data/v/CollectedData_B.csv"
    (expected, _) = ingest("dlc", tmp_path, ("nose", "door"))
    assert positions(expected) == {
        ("v", 1, "m1", "nose"): (1.5, 2.5),
        ("v", 1, "single", "door"): (3.5, 4.5),
        ("v", 2, "m2", "nose"): (5.5, 6.5),
    }
    to_h5(file, 4, 3)
    both, _ = ingest("dlc", tmp_path, ("nose", "door"))
    pd.testing.assert_frame_equal(both, expected)
    file.unlink()
    table, _ = ingest("dlc", tmp_path, ("nose", "door"))
    assert positions(table) == positions(expected)
    assert table["row"].tolist() == [1, 1, 2]
    file.with_suffix(".h5").unlink()
    file.write_text(MULTI.replace(",,,B,B,B,B,B,B", ",B,B").replace(",,,", ",", 3).replace("-data,v,", "-data/v/"))
    single_column, _ = ingest("dlc", tmp_path, ("nose", "door"))
    pd.testing.assert_frame_equal(single_column, expected)


def test_csv_and_h5_that_differ_are_named(tmp_path):
    root = project(tmp_path, HEAD + "".join(f"labeled-data/v/img{n}.png,1,2,3,4\n" for n in (1, 2, 3)), ["img1.png"])
    file = root / "labeled-data/v/CollectedData_A.csv"
    to_h5(file, 3, 1)
    text = file.read_text().replace("img1.png,1,2", "img1.png,1.0009,2").replace("img2.png,1", "img2.png,1.01")
    file.write_text(text.replace("img3", "img4"))
    rows, faults = deeplabcut.read(Source(root, tmp_path))[:2]
    name, fix = "dlc/labeled-data/v/CollectedData_A", "decide which file is right and delete the other"
    assert [tuple(fault) for fault in faults] == [
        (f"{name}.csv", 5, "conflict", f"animal/nose not as in {name}.h5, row 2; {fix}"),
        (f"{name}.csv", 6, "conflict", f"animal/nose, animal/tail not as in {name}.h5, which lacks this image; {fix}"),
        (f"{name}.h5", 3, "conflict", f"dlc/labeled-data/v/img3.png is labelled here but not in {name}.csv; {fix}"),
    ]
    assert set(rows["frame"]) == {1}


FAULTY_ROWS = {
    "labeled-data/v/img.png,1,2,3,4\n": (
        "bad_row",
        "'labeled-data/v/img.png' has no frame number; name the image by its frame, as in img0027.png",
    ),
    "v/img1.png,1,2,3,4\n": (
        "bad_row",
        "'v/img1.png' is not an image of the project; expected labeled-data/<video>/<image>, "
        "or the table itself as the source",
    ),
    "labeled-data/../img1.png,1,2,3,4\n": (
        "bad_row",
        "'labeled-data/../img1.png' is not an image of the project; expected labeled-data/<video>/<image>, "
        "or the table itself as the source",
    ),
    "labeled-data/v/img1.png,1,2,3\n": (
        "bad_row",
        "3 cells follow the image, expected 4; complete the line or delete it",
    ),
    "labeled-data/v/img1.png,1,2,3,4,5\n": (
        "bad_row",
        "5 cells follow the image, expected 4; complete the line or delete it",
    ),
    "labeled-data/v/img1.png,1,2": (  # half-copied: the line is not ended
        "bad_row",
        "2 cells follow the image, expected 4; complete the line or delete it",
    ),
    "labeled-data/v/img1.png,1,two,3,4\n": (
        "bad_number",
        "animal/nose is at ('1', 'two'); expected two numbers or two empty cells",
    ),
    "labeled-data/v/img1.png,1,2,,4\n": (
        "bad_number",
        "animal/tail is at ('', '4'); expected two numbers or two empty cells",
    ),
    "labeled-data/v/img1.png,inf,2,3,4\n": (
        "bad_number",
        "animal/nose is at ('inf', '2'); expected two numbers or two empty cells",
    ),
}


@pytest.mark.parametrize("row", FAULTY_ROWS)
def test_faulty_rows_are_named_and_only_they_are_dropped(tmp_path, row):
    project(tmp_path, HEAD + "labeled-data/v/img2.png,1,2,3,4\n" + row)
    reason, detail = FAULTY_ROWS[row]
    source = "dlc/labeled-data/v/CollectedData_A.csv"
    with pytest.raises(LabelError) as error:
        ingest("dlc", tmp_path)
    assert str(error.value) == (
        "1 fault in the labels. Fix them, or set `labels.on_error: drop` to leave out what is faulty and list it.\n"
        f"  {source}, row 5: {reason}: {detail}"
    )
    labels, dropped = ingest("dlc", tmp_path, on_error="drop")
    assert dropped.to_dict("records") == [{"source": source, "row": 5, "reason": reason, "detail": detail}]
    assert len(labels) == (3 if reason == "bad_number" else 2)


@pytest.mark.parametrize(
    ("text", "detail"),
    [
        ("", "the header lines scorer, bodyparts and coords are not all there; export the file again"),
        (
            "video,x\n",
            "line 1 starts with 'video'; expected DeepLabCut's header scorer, individuals, bodyparts, coords",
        ),
        (
            HEAD.replace("tail,tail", "nose,nose"),
            "the header: x of 'animal/nose' is there twice; y of 'animal/nose' is there twice; export the file again",
        ),
        (
            HEAD.replace("x,y,x,y", "x,y,x,likelihood"),
            "the header: 'animal/tail' has not both x and y; export the file again",
        ),
        (
            HEAD.replace("x,y,x,y", "x,y,x,z"),
            "the header: column 4 of the points is 'z' of 'tail', not x or y; 'animal/tail' has not both x and y; "
            "export the file again",
        ),
        (
            HEAD.replace("tail,tail", "tail"),
            "the header: column 4 of the points has not all of its names; 'animal/tail' has not both x and y; export "
            "the file again",
        ),
        (
            HEAD.replace(",A,A,A,A", "").replace(",nose,nose,tail,tail", "").replace(",x,y,x,y", ""),
            "the header: names no point; export the file again",
        ),
        (
            HEAD.replace("A,A,A,A", "B,B,C,C").replace("tail,tail", "nose,nose"),
            "the header: 'B', 'C' have set the same points, and the scorer of config.yaml is None; keep the columns of "
            "one",
        ),
    ],
)
def test_files_with_another_header_are_named(tmp_path, text, detail):
    root = project(tmp_path, text)
    rows, faults = deeplabcut.read(Source(root, tmp_path))[:2]
    assert rows.empty
    assert [tuple(f) for f in faults] == [("dlc/labeled-data/v/CollectedData_A.csv", 0, "bad_file", detail)]


NOSE_AND_TAIL = {("v", 1, "animal", "nose"): (1.5, 2.5), ("v", 1, "animal", "tail"): (3.5, 4.5)}
COLUMNS = {
    "a likelihood beside": [
        "A,A,A,A,A,A", "nose,nose,nose,tail,tail,tail", "x,y,likelihood,x,y,likelihood", "1,2,1.0,3,4,0.5"
    ],
    "x before y": ["A,A,A,A", "nose,tail,nose,tail", "x,x,y,y", "1,3,2,4"],
    "y and then x, another order of points": ["A,A,A,A", "tail,tail,nose,nose", "y,x,y,x", "4,3,2,1"],
    "empty columns": ["A,A,,A,A,,", "nose,nose,,tail,tail,,", "x,y,,x,y,,", "1,2,,3,4,,"],
    "each point by another scorer": ["A,A,B,B", "nose,nose,tail,tail", "x,y,x,y", "1,2,3,4"],
    "two scorers of all points": [
        "B,B,A,A,B,B,A,A", "nose,nose,nose,nose,tail,tail,tail,tail", "x,y,x,y,x,y,x,y", "7,7,1,2,8,8,3,4"
    ],
}  # fmt: skip


@pytest.mark.parametrize("form", COLUMNS)
def test_columns_count_by_their_names(tmp_path, form):
    scorers, points, coords, cells = COLUMNS[form]
    lines = [f"scorer,{scorers}", f"bodyparts,{points}", f"coords,{coords}", f"labeled-data/v/img1.png,{cells}", ""]
    root = project(tmp_path, "\n".join(lines))
    (root / "config.yaml").write_text("scorer: A\nbodyparts: [nose, tail]\n")
    labels, _ = ingest("dlc", tmp_path)
    assert positions(labels) == NOSE_AND_TAIL
    if form == "empty columns":
        return  # pandas names such columns otherwise
    file = root / "labeled-data/v/CollectedData_A.csv"
    to_h5(file, 3, 1)
    file.unlink()
    labels, _ = ingest("dlc", tmp_path)
    assert positions(labels) == NOSE_AND_TAIL


def test_cells_below_no_name_are_named(tmp_path):
    text = HEAD.replace("\n", ",\n") + "labeled-data/v/img1.png,1,2,3,4,\nlabeled-data/v/img2.png,1,2,3,4,5\n"
    project(tmp_path, text)
    labels, dropped = ingest("dlc", tmp_path, on_error="drop")
    assert labels["frame"].unique().tolist() == [1]
    assert dropped[["row", "detail"]].values.tolist() == [
        [5, "'5' is in a column that the header does not name; name it or delete it"]
    ]


@pytest.mark.parametrize("extra", ["Awindows", "A_individuals", "Backup", "A.old"])
def test_of_several_label_files_that_of_the_scorer_of_the_config_counts(tmp_path, extra):
    root = project(tmp_path, HEAD + "labeled-data/v/img1.png,1,2,3,4\n")
    project(tmp_path, HEAD.replace("A", extra) + "labeled-data/v/img1.png,9,9,9,9\n" * 2, scorer=extra)
    (root / "config.yaml").write_text("scorer: A\nbodyparts: [nose, tail]\n")
    labels, dropped = ingest("dlc", tmp_path, on_error="drop")
    assert positions(labels) == NOSE_AND_TAIL
    assert dropped.values.tolist() == [
        [
            f"dlc/labeled-data/v/CollectedData_{extra}.csv",
            0,
            "conflict",
            "two label files of one folder: CollectedData_A is there too, and the scorer of config.yaml is 'A'; move "
            "the one that does not count out of the project",
        ]
    ]


def test_without_the_scorer_of_the_config_none_of_several_files_counts(tmp_path):
    for scorer in "BC":
        root = project(tmp_path, HEAD.replace("A", scorer) + "labeled-data/v/img1.png,9,9,9,9\n", scorer=scorer)
    project(tmp_path, HEAD + "labeled-data/w/img1.png,1,2,3,4\n", video="w", scorer="D")
    (root / "config.yaml").write_text("scorer: A\nbodyparts: [nose, tail]\n")
    labels, dropped = ingest("dlc", tmp_path, on_error="drop")
    assert labels["video"].unique().tolist() == ["w"]
    assert dropped["source"].tolist() == [f"dlc/labeled-data/v/CollectedData_{scorer}.csv" for scorer in "BC"]
    assert "CollectedData_C is there too, and the scorer of config.yaml is 'A', who has none" in dropped["detail"][0]


def test_a_stray_quote_loses_its_own_row_alone(tmp_path):
    rows = [f"labeled-data/v/img{index}.png,1,2,3,4\n" for index in range(500)]
    rows[3] = '"' + rows[3]
    images = [f"img{index}.png" for index in range(500)]
    project(tmp_path, HEAD + "".join(rows), images[:1])
    found, faults = deeplabcut.read(Source(tmp_path / "dlc", tmp_path))[:2]
    assert set(found["frame"]) == set(range(500)) - {3}
    assert [(fault.row, fault.reason) for fault in faults] == [(7, "bad_row")]


def test_a_folder_is_the_video_of_that_name(tmp_path):
    project(tmp_path, HEAD + "labeled-data/my mouse/img1.png,1,2,3,4\n", video="my mouse")
    labels, _ = ingest("dlc", tmp_path)
    assert labels["video"].unique().tolist() == ["my_mouse"]
    assert labels["image"].unique().tolist() == ["dlc/labeled-data/my mouse/img1.png"]


def test_names_are_text_however_yaml_and_pandas_see_them(tmp_path):
    names = ["on", "01", "1.10", "null", " padded ", "e\u0301"]
    points = ",".join(name for name in names for _ in "xy")
    head = f"scorer{',A' * 12}\nbodyparts,{points}\ncoords{',x,y' * 6}\n"
    root = project(tmp_path, head + f"labeled-data/v/img1.png{',1,2' * 6}\n")
    (root / "config.yaml").write_text("bodyparts:\n" + "".join(f"- {name}\n" for name in names), encoding="utf-8")
    found = sources.describe("dlc", tmp_path).keypoints
    assert found == ["on", "01", "1.10", "null", "padded", "\u00e9"]
    assert ingest("dlc", tmp_path, found)[0]["keypoint"].tolist() == found
    (root / "config.yaml").unlink()
    assert sources.describe("dlc", tmp_path).keypoints == found


def test_names_that_are_there_twice_are_refused(tmp_path):
    root = project(tmp_path, HEAD)
    for text in (
        "bodyparts: [nose, tail, nose]",
        "bodyparts: MULTI!\nmultianimalbodyparts: [nose]\nuniquebodyparts: [nose]\nindividuals: [a]",
        "bodyparts: MULTI!\nmultianimalbodyparts: [a]\nindividuals: [nose, ' nose']",
    ):
        (root / "config.yaml").write_text(text)
        with pytest.raises(LabelError, match="config.yaml: body parts or individuals: 'nose' is there 2 times"):
            sources.describe("dlc", tmp_path)


def test_a_damaged_h5_is_a_fault_and_its_csv_counts(tmp_path):
    root = project(tmp_path, HEAD + "labeled-data/v/img1.png,1,2,3,4\n")
    (root / "labeled-data/v/CollectedData_A.h5").write_bytes(b"\x89HDF\r\n\x1a\n and no more")
    labels, dropped = ingest("dlc", tmp_path, on_error="drop")
    assert positions(labels) == NOSE_AND_TAIL
    assert dropped[["row", "reason"]].values.tolist() == [[0, "bad_file"]]


def test_a_project_without_labels_is_named(tmp_path):
    (tmp_path / "dlc/labeled-data").mkdir(parents=True)
    with pytest.raises(LabelError, match=r"dlc: bad_file: found no labeled-data/<video>/CollectedData_<scorer>"):
        ingest("dlc", tmp_path)


def test_describe(tmp_path):
    root = project(tmp_path, MULTI, scorer="B")
    assert sources.describe("dlc", tmp_path).keypoints == ["nose", "door"]
    config = {"bodyparts": "MULTI!", "multianimalbodyparts": ["nose", "tail"], "uniquebodyparts": ["door"]}
    config |= {"individuals": ["m1", "m2"], "skeleton": [["nose", "tail"], ["bodypart1", "nose"]]}
    (root / "config.yaml").write_text(yaml.safe_dump(config))
    assert sources.describe("dlc", tmp_path) == Description(
        keypoints=["nose", "tail", "door"],
        skeleton=[["nose", "tail"]],
        individuals=["m1", "m2", "single"],
        unique=["door"],
        several=True,
    )
    for broken in ("- a\n", "a: [\n", "bodyparts: nose\n"):
        (root / "config.yaml").write_text(broken)
        with pytest.raises(LabelError, match=r"config.yaml: not a DeepLabCut config"):
            sources.describe("dlc", tmp_path)


def test_parse_time_needs_no_heavy_import(tmp_path):
    project(tmp_path, HEAD)
    code = (
        "import sys; from marey.labels import sources; sources.describe('dlc', sys.argv[1]); "
        "sources.inputs('dlc', sys.argv[1]); print({'numpy', 'pandas', 'pyarrow', 'PIL', 'tables'} & set(sys.modules))"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(marey.__file__).parents[1])}
    run = subprocess.run([sys.executable, "-c", code, str(tmp_path)], env=environment, capture_output=True, text=True)
    assert run.stdout.strip() == "set()", run.stderr


@needs_data
def test_openfield():
    metadata = sources.describe(OPENFIELD, DATA)
    assert metadata == Description(["snout", "leftear", "rightear", "tailbase"], individuals=["animal"], unique=[])
    labels, dropped = ingest(OPENFIELD, DATA, metadata.keypoints)
    assert len(labels) == 116 * 4
    assert dropped.empty
    assert labels["frame"].nunique() == 116
    assert positions(labels)["m4s1", 0, "animal", "snout"] == pytest.approx((21.521 + 0.5, 265.428 + 0.5), abs=1e-9)
    assert (DATA / labels["image"].iloc[-1]).is_file()


@needs_data
@pytest.mark.parametrize("source", [OPENFIELD, REACHING, BIRDS])
def test_real_h5_alone_gives_what_the_csv_gives(tmp_path, source):
    keypoints = sources.describe(source, DATA).keypoints
    expected, _ = ingest(source, DATA, keypoints, "drop")
    for folder in (DATA / source / "labeled-data").iterdir():
        copy = tmp_path / source / "labeled-data" / folder.name
        copy.parent.mkdir(parents=True)
        copy.mkdir()
        for file in folder.iterdir():
            if file.suffix != ".csv":
                (copy / file.name).symlink_to(file.resolve())
    labels, _ = ingest(source, tmp_path, keypoints, "drop")
    assert positions(labels) == positions(expected)


@needs_data
def test_reaching_has_missing_points_and_mixed_pictures():
    labels, dropped = ingest(REACHING, DATA, sources.describe(REACHING, DATA).keypoints)
    assert dropped.empty
    assert labels["frame"].nunique() == 55
    assert len(labels) == 55 * 5
    assert (labels["visibility"] == "unlabelled").mean() == pytest.approx(0.1527, abs=1e-3)
    assert sources.describe(REACHING, DATA).skeleton == [["Hand", "Finger1"], ["Joystick1", "Joystick2"]]


@needs_data
def test_birds_crops_of_one_frame_stay_apart():
    labels, dropped = ingest(BIRDS, DATA, sources.describe(BIRDS, DATA).keypoints, "drop")
    assert len(labels[["frame", "image"]].drop_duplicates()) == labels["frame"].nunique() == 56
    assert set(labels["frame"]) >= {0, 3, 7, 48_000, 48_004}
    assert positions(labels)["montblanccropped", 0, "bird6", "head"] == pytest.approx((8.0, 253.2))
    assert dropped[["row", "reason"]].to_dict("records") == [{"row": 60, "reason": "outside_image"}]
    raw = pd.read_csv(next((DATA / BIRDS).glob("labeled-data/*/*.csv")), header=[0, 1, 2, 3], index_col=0)
    assert (labels["visibility"] == "visible").sum() == raw.notna().sum().sum() // 2 - 1


@needs_data
def test_unique_bodyparts_with_missing_pictures():
    labels, dropped = ingest(PUPS, DATA, sources.describe(PUPS, DATA).keypoints, "drop")
    assert labels.empty
    assert dropped["reason"].tolist() == ["missing_image"] * 8
    assert dropped["row"].tolist() == [*range(5, 13)]
    rows, faults = deeplabcut.read(Source(DATA / PUPS, DATA))[:2]
    first = next(rows.itertuples(index=False, name=None))
    assert faults == []
    assert first[:6] == (
        "PrL-19_11042020",
        144,
        "single",
        "nest",
        892.5866667 + 0.5,
        385.5924171 + 0.5,
    )


@needs_data
def test_every_toy_layout_gives_the_numbers_of_its_cells(tmp_path):
    """Each cell of these files is its own number, so that a cell that is read into the wrong place shows."""
    for file in sorted((DATA / TOY / "labeled-data/video").glob("*.csv")):
        root = project(tmp_path / file.stem, file.read_text(), images=())
        rows, faults = deeplabcut.read(Source(root, tmp_path / file.stem))[:2]
        lines = list(csv.reader(file.open()))
        filled = [float(cell) for line in lines for cell in line if cell.isdigit()]
        assert faults == []
        assert [v - 0.5 for v in rows[["x", "y"]].to_numpy().ravel() if not np.isnan(v)] == filled, file.name
        assert set(rows["frame"]) == {0, 1, 3}

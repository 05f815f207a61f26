from pathlib import Path

import pytest
from PIL import Image

from marey.labels import ingest_labels, sources
from marey.labels.reading import LabelError

HEAD = "video,frame,individual,keypoint,x,y,visibility,annotator,image\n"


@pytest.fixture
def data(tmp_path) -> Path:
    for name, mode in (("one.png", "L"), ("two.png", "RGB")):
        Image.new(mode, (40, 30)).save(tmp_path / name)
    (tmp_path / "text.png").write_text("no picture")
    return tmp_path


def ingest(data: Path, lines: str, on_error: str, more: dict[str, str] | None = None):
    tables = {"l.csv": lines} | (more or {})
    for name, text in tables.items():
        (data / name).write_text(HEAD + text)
    videos = {"a": (40, 30, 100)}
    return ingest_labels.ingest(list(tables), data=data, keypoints=("nose", "tail"), videos=videos, on_error=on_error)


FAULTS = {
    "missing image": (
        "v,1,m,nose,1,2,,,gone.png\nv,1,m,tail,1,2,,,gone.png\n",
        ["rows 2-3: missing_image: image gone.png is missing; restore it or delete the row"],
    ),
    "no picture": (
        "v,1,m,nose,1,2,,,text.png\n",
        ["row 2: missing_image: image text.png is not a readable image; restore it or delete the row"],
    ),
    "unknown keypoint": (
        "v,1,m,nsoe,1,2,,,one.png\nv,1,m,nose,1,2,,,one.png\nv,2,m,nsoe,1,2,,,two.png\n",
        [
            "rows 2, 4: unknown_keypoint: keypoint 'nsoe' is not one of nose, tail; fix the name or add "
            "it to `keypoints`"
        ],
    ),
    "unknown video": (
        "b,1,m,nose,1,2,,,\n",
        [
            "row 2: unknown_video: video 'b' is not in the sheet, or missing, and there is no image; add it, or an "
            "image column",
        ],
    ),
    "frame that the video has not": (
        "a,100,m,nose,1,2,,,\na,99,m,nose,1,2,,,\n",
        [
            "row 2: unknown_frame: frame 100: video 'a' has 100 frames that can be decoded, counted from 0; fix the "
            "number or delete the row"
        ],
    ),
    "outside": (
        "v,1,m,nose,40.5,2,,,one.png\nv,1,m,tail,40,30,,,one.png\nv,2,m,tail,1,-0.1,,,two.png\na,1,m,nose,-1,2,,,\n",
        [
            "row 2: outside_image: m/nose at (40.5, 2) is outside the image of 40 x 30 px; move it or delete it",
            "row 4: outside_image: m/tail at (1, -0.1) is outside the image of 40 x 30 px; move it or delete it",
            "row 5: outside_image: m/nose at (-1, 2) is outside the image of 40 x 30 px; move it or delete it",
        ],
    ),
    "twice by one": (
        "v,1,m,nose,1,2,,A,one.png\nv,1,m,nose,3,4,,A,one.png\n",
        ["row 3: duplicate: m/nose in frame 1 of 'v' was set before in l.csv, row 2; delete one of the two"],
    ),
    "twice by two": (
        "v,1,m,nose,1,2,,A,one.png\nv,1,m,nose,,,absent,B,one.png\n",
        [
            "row 3: duplicate: m/nose in frame 1 of 'v' was set before in l.csv, row 2, by A and by B; "
            "delete one of the two",
        ],
    ),
    "two pictures of a frame": (
        "v,1,m,nose,1,2,,,one.png\nv,1,n,nose,1,2,,,two.png\na,1,m,nose,1,2,,,\na,1,m,tail,1,2,,,one.png\n",
        [
            "row 3: duplicate: frame 1 of 'v' is two.png, but was one.png before; rename one image or delete the row",
            "row 5: duplicate: frame 1 of 'a' is one.png, but was of the video itself before; rename one image or "
            "delete the row",
        ],
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_every_fault_stops_the_run_or_drops_its_rows(data, name):
    lines, expected = FAULTS[name]
    with pytest.raises(LabelError) as error:
        ingest(data, lines, "stop")
    assert str(error.value).splitlines()[1:] == [f"  l.csv, {line}" for line in expected]
    points, faults = ingest(data, lines, "drop")
    every = range(2, 2 + lines.count("\n"))
    assert sorted([*points["row"], *faults["row"]]) == [*every]
    assert set(faults["reason"]) == {expected[0].split(": ")[1]}


def test_all_faults_come_in_one_error(data):
    with pytest.raises(LabelError) as error:
        ingest(data, "".join(lines for lines, _ in FAULTS.values()), "stop")
    reasons = {line.split(": ")[1] for line in str(error.value).splitlines()[1:]}
    assert reasons == {fault.split(": ")[1] for _, faults in FAULTS.values() for fault in faults}


def test_unlabelled_is_no_second_label(data):
    lines = "v,1,m,nose,,,,A,one.png\nv,1,m,tail,,,,A,one.png\n"
    more = {"k.csv": "v,1,m,nose,5,6,,B,one.png\nv,1,m,tail,,,,B,one.png\n"}
    points, faults = ingest(data, lines, "stop", more)
    assert faults.empty
    assert points[["keypoint", "visibility", "annotator"]].values.tolist() == [
        ["tail", "unlabelled", "A"],
        ["nose", "visible", "B"],
    ]


def test_two_annotators_of_one_project_are_both_named(data):
    folder = data / "dlc/labeled-data/v"
    folder.mkdir(parents=True)
    Image.new("L", (40, 30)).save(folder / "img7.png")
    for scorer, x in (("Ann", 1), ("Bob", 2)):
        (folder / f"CollectedData_{scorer}.csv").write_text(
            f"scorer,{scorer},{scorer}\nbodyparts,nose,nose\ncoords,x,y\nlabeled-data/v/img7.png,{x},2\n"
        )
    with pytest.raises(LabelError) as error:
        ingest_labels.ingest(["dlc"], data=data, keypoints=("nose",), videos={}, on_error="stop")
    assert str(error.value).splitlines()[1] == (
        "  dlc/labeled-data/v/CollectedData_Bob.csv, row 4: duplicate: animal/nose in frame 7 of 'v' was set before in "
        "dlc/labeled-data/v/CollectedData_Ann.csv, row 4, by Ann and by Bob; delete one of the two"
    )


def test_no_sources_give_empty_tables(tmp_path):
    points, faults = ingest_labels.ingest([], data=tmp_path, keypoints=("nose",), videos={}, on_error="stop")
    assert points.empty
    assert faults.empty


def test_paths_that_are_no_source_are_named(tmp_path):
    (tmp_path / "notes.txt").write_text("")
    expected = (
        "expected a DeepLabCut project folder (with `labeled-data`) or a Marey label table (`.csv` or `.parquet`), "
        "relative to `data`"
    )
    for name, state in (("gone", "does not exist"), ("notes.txt", "is in no format that Marey knows")):
        with pytest.raises(LabelError) as error:
            sources.inputs(name, tmp_path)
        assert str(error.value) == f"labels.sources: {name} {state}; {expected}"


def test_videos_whose_frames_are_labelled_without_pictures(data):
    (data / "l.csv").write_text(HEAD + "a,1,m,nose,1,2,,,\nv,1,m,nose,1,2,,,one.png\n")
    (data / "dlc/labeled-data").mkdir(parents=True)
    assert sources.videos("l.csv", data) == {"a"}
    assert sources.videos("dlc", data) == set()

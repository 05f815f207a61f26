from pathlib import Path

import pytest
from PIL import Image

from marey.labels import ingest_labels, sources
from marey.labels.reading import LabelError

HEAD = "video,frame,individual,keypoint,x,y,visibility,annotator,image\n"


@pytest.fixture
def data(tmp_path) -> Path:
    for name, mode in (("one.png", "L"), ("two.png", "RGB")):
        Image.linear_gradient("L").resize((40, 30)).convert(mode).save(tmp_path / name)
    Image.new("L", (40, 30), 255).save(tmp_path / "white.png")
    Image.new("F", (40, 30)).save(tmp_path / "float.tif")
    (tmp_path / "text.png").write_text("no picture")
    return tmp_path


def ingest(data: Path, lines: str, on_error: str, more: dict[str, str] | None = None):
    tables = {"l.csv": lines} | (more or {})
    for name, text in tables.items():
        (data / name).write_text(HEAD + text)
    videos = {"a": (40, 30, 100)}
    options = {"data": data, "keypoints": ("nose", "tail"), "videos": videos, "on_error": on_error}
    return ingest_labels.ingest(list(tables), **options)[:2]


FAULTS = {
    "missing image": (
        "v,1,m,nose,1,2,,,gone.png\nv,1,m,tail,1,2,,,gone.png\n",
        ["rows 2-3: missing_image: image gone.png is missing; restore it or delete the row"],
    ),
    "no picture": (
        "v,1,m,nose,1,2,,,text.png\n",
        [
            "row 2: missing_image: image text.png is not a readable image (PNG, JPEG, TIFF, BMP, GIF, WEBP, JPEG2000, "
            "PPM, AVIF); restore it or delete the row"
        ],
    ),
    "one single value": (
        "v,1,m,nose,1,2,,,white.png\n",
        ["row 2: missing_image: image white.png shows one single value, 255; restore it or delete the row"],
    ),
    "floating point": (
        "v,1,m,nose,1,2,,,float.tif\n",
        [
            "row 2: missing_image: image float.tif has the mode F, which has no one form in 8 bits; save it as 8-bit "
            "grey or RGB; restore it or delete the row"
        ],
    ),
    "unknown keypoint": (
        "v,1,m,nsoe,1,2,,,one.png\nv,1,m,nose,1,2,,,one.png\nv,2,m,nsoe,1,2,,,two.png\n",
        [
            "rows 2, 4: unknown_keypoint: keypoint 'nsoe' is not one of nose, tail; fix the name, add "
            "it to `keypoints` or delete the row"
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
        "v,1,m,nose,1,2,,A,one.png\nv,1,m,nose,,,absent,A,one.png\n",
        ["row 3: duplicate: m/nose in frame 1 of 'v' was set before in l.csv, row 2; delete one of the two"],
    ),
    "twice, once by nobody": (
        "v,1,m,nose,1,2,,,one.png\nv,1,m,nose,,,absent,B,one.png\n",
        [
            "row 3: duplicate: m/nose in frame 1 of 'v' was set before in l.csv, row 2, by nobody and by B; "
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


def test_points_lie_in_the_upright_image(data):
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by 90 degrees: 30 px wide, 40 px high
    Image.open(data / "one.png").save(data / "turned.jpg", exif=exif)
    points, faults = ingest(data, "v,1,m,nose,29,39,,,turned.jpg\nv,1,m,tail,39,29,,,turned.jpg\n", "drop")
    assert points["keypoint"].tolist() == ["nose"]
    assert faults["detail"].tolist() == ["m/tail at (39, 29) is outside the image of 30 x 40 px; move it or delete it"]


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


def dlc(data: Path, project: str, rows: dict[int, str], *, folder="v", points="nose,nose") -> None:
    """Write a DeepLabCut project of one folder, with an image for each frame of `rows`."""
    place = data / project / "labeled-data" / folder
    place.mkdir(parents=True, exist_ok=True)
    count = points.count(",") + 1
    head = f"scorer{',A' * count}\nbodyparts,{points}\ncoords{',x,y' * (count // 2)}\n"
    lines = "".join(f"labeled-data/{folder}/img{frame}.png,{cells}\n" for frame, cells in rows.items())
    (place / "CollectedData_A.csv").write_text(head + lines)
    for frame in rows:
        (place / f"img{frame}.png").write_bytes((data / "one.png").read_bytes())


def ingest_sources(data: Path, names: list[str], *, keypoints=("nose", "tail")):
    return ingest_labels.ingest(names, data=data, keypoints=keypoints, videos={}, on_error="drop")[:2]


def test_two_folders_of_one_name_are_not_one_video(data):
    dlc(data, "p", {1: "1,2", 2: "1,2"})
    dlc(data, "q", {3: "5,6", 4: "5,6"})
    points, faults = ingest_sources(data, ["p", "q"])
    assert points["frame"].tolist() == [1, 2]
    assert faults.values.tolist() == [
        [
            "q/labeled-data/v/CollectedData_A.csv",
            0,
            "conflict",
            "the folders p/labeled-data/v and q/labeled-data/v would be one video 'v'; rename one of them, or put all "
            "images into one",
        ]
    ]
    dlc(data, "r", {1: "1,2"}, folder="my mouse")
    dlc(data, "r", {2: "1,2"}, folder="my_mouse")
    assert ingest_sources(data, ["r"])[1]["reason"].tolist() == ["conflict"]


def test_images_of_a_table_may_lie_in_several_folders(data):
    for folder in ("a", "b"):
        (data / folder).mkdir()
        (data / folder / "i.png").write_bytes((data / "one.png").read_bytes())
    _, faults = ingest(data, "v,1,m,nose,1,2,,,a/i.png\nv,2,m,nose,1,2,,,b/i.png\n", "stop")
    assert faults.empty


def test_identical_points_of_two_individuals_are_a_fault(data):
    lines = {
        1: ["m,nose,1,2", "m,tail,3,4", "n,nose,1,2", "n,tail,3,4"],  # a copy
        2: ["m,nose,1,2", "m,tail,3,4", "n,nose,1,2", "n,tail,3,5"],  # noses that touch
        3: ["m,nose,1,2", "m,tail,3,4", "n,nose,1,2"],  # a copy of a part
        4: ["m,nose,1,2", "n,tail,1,2"],  # no keypoint that both have
    }
    text = "".join(f"a,{frame},{row},,,\n" for frame, rows in lines.items() for row in rows)
    points, faults = ingest(data, text, "drop")
    left = {frame: sorted(set(rows["individual"])) for frame, rows in points.groupby("frame")}
    assert left == {1: ["m"], 2: ["m", "n"], 3: ["m"], 4: ["m", "n"]}
    assert faults.values.tolist() == [
        ["l.csv", row, "duplicate", f"n in frame {frame} of 'a' has the same points as m; delete one of the two"]
        for row, frame in ((4, 1), (5, 1), (12, 3))
    ]


def test_keypoints_that_a_source_lists_and_the_config_leaves_out_are_no_faults(data, caplog):
    caplog.set_level("INFO")
    dlc(data, "p", {1: "1,2,3,4,5,6", 2: "1,2,3,4,,"}, points="nose,nose,ear,ear,typo,typo")
    (data / "p/config.yaml").write_text("scorer: A\nbodyparts: [nose, ear, tail]\n")
    points, faults = ingest_sources(data, ["p"], keypoints=("nose",))
    assert points["keypoint"].tolist() == ["nose", "nose"]
    assert faults[["row", "reason"]].values.tolist() == [[4, "unknown_keypoint"], [5, "unknown_keypoint"]]
    assert "left out 2 labels of 'ear', not in `keypoints`" in caplog.text


def test_no_sources_give_empty_tables(tmp_path):
    points, faults = ingest_labels.ingest([], data=tmp_path, keypoints=("nose",), videos={}, on_error="stop")[:2]
    assert points.empty
    assert faults.empty


def test_paths_that_are_no_source_are_named(tmp_path):
    (tmp_path / "notes.txt").write_text("to do")
    for name, state in (("gone", "does not exist"), ("notes.txt", "is in no format that Marey knows")):
        with pytest.raises(LabelError) as error:
            sources.inputs(name, tmp_path)
        said = str(error.value)
        assert said.startswith(f"labels.sources: {name} {state}; expected one of: ")
        assert said.endswith(", relative to `data`")
        for what in ("a DeepLabCut or Lightning Pose project folder (with `labeled-data`)", "a Marey label table"):
            assert what in said


def test_videos_whose_frames_are_labelled_without_pictures(data):
    (data / "l.csv").write_text(HEAD + "a,1,m,nose,1,2,,,\nv,1,m,nose,1,2,,,one.png\n")
    (data / "dlc/labeled-data").mkdir(parents=True)
    assert set(sources.describe("l.csv", data).videos) == {"a"}
    assert set(sources.describe("dlc", data).videos) == set()

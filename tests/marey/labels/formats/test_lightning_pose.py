import os
from pathlib import Path

import pytest
from PIL import Image

from marey.labels import sources
from marey.labels.formats import lightning_pose
from marey.labels.ingest_labels import ingest
from marey.labels.reading import LabelError, Source

DATA = Path(os.environ.get("MAREY_DATA", Path(__file__).parents[4] / "../shared/data"))
needs_data = pytest.mark.skipif(not (DATA / "14_label_formats").is_dir(), reason="sample data absent: set MAREY_DATA")
HEAD = "scorer,rick,rick,rick,rick\nbodyparts,nose,nose,tail,tail\ncoords,x,y,x,y\n"


def write(folder: Path, text: str, name: str = "CollectedData.csv") -> Source:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text)
    return Source(folder / name, folder.parent)


@pytest.mark.parametrize(("pixels", "dot"), [("auto", (100.5, 50.5)), ("corner", (100, 50))])
def test_a_dot_at_column_100_and_row_50_is_where_lightning_pose_put_it(tmp_path, pixels, dot):
    source = write(tmp_path / "mouse", HEAD + "labeled-data/img03.png,100,50,,\n")._replace(pixels=pixels)
    assert lightning_pose.recognises(source.path)
    found = lightning_pose.read(source).labels
    assert tuple(found.loc[0, ["x", "y"]]) == dot
    assert tuple(found.loc[0, ["video", "frame", "annotator", "row"]]) == ("mouse", 3, "rick", 4)
    assert found["visibility"].tolist() == ["visible", "unlabelled"]


def test_views_and_new_videos_are_files_of_one_folder(tmp_path):
    for view in ("top", "side"):
        for number in (0, 1):
            path = tmp_path / f"lab/labeled-data/session_{view}/img{number}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.linear_gradient("L").save(path)
        rows = [f"labeled-data/session_{view}/img{number}.png,1,2,3,4\n" for number in (0, 1)]
        write(tmp_path / "lab", HEAD + "".join(rows), f"CollectedData_{view}.csv")
    names = ["lab/CollectedData_top.csv", "lab/CollectedData_side.csv"]
    found = ingest(names, data=tmp_path, keypoints=("nose", "tail"), videos={}, on_error="stop")[0]
    assert found["video"].value_counts().to_dict() == {"session_top": 4, "session_side": 4}
    assert found["image"].unique()[0] == "lab/labeled-data/session_top/img0.png"


def test_several_animals_and_what_belongs_to_none(tmp_path):
    head = (
        "scorer,,,A,A,A,A,A,A\nindividuals,,,ann,ann,bob,bob,single,single\nbodyparts,,,nose,nose,nose,nose,cup,cup\n"
    )
    source = write(tmp_path / "lab", head + "coords,,,x,y,x,y,x,y\nvideo,v,img1.png,1,2,,,3,4\n")
    said = lightning_pose.describe(source)
    assert (said.keypoints, said.unique, said.several) == (["nose", "cup"], ["cup"], True)
    assert lightning_pose.read(source).labels["individual"].tolist() == ["ann", "single"]


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("labeled-data/v/img2.png,1,2,3", "3 cells follow the image, expected 4"),
        ("labeled-data/v/img2.png,1,x,3,4", "rick/nose is at ('1', 'x')"),
        ("labeled-data/v/img2.png,1,,3,4", "expected two numbers or two empty cells"),
    ],
)
def test_a_faulty_row_is_named(tmp_path, row, expected):
    contents = lightning_pose.read(write(tmp_path / "lab", HEAD + f"labeled-data/v/img1.png,1,2,3,4\n{row}\n"))
    assert contents.labels[contents.labels["row"] == 4]["keypoint"].tolist() == ["nose", "tail"]
    assert contents.faults[0].row == 5
    assert expected.replace("rick", "animal") in contents.faults[0].detail


def test_a_broken_header_and_what_is_another_file(tmp_path):
    broken = write(tmp_path / "lab", HEAD.replace("x,y,x,y", "x,y,x") + "labeled-data/v/img1.png,1,2,3,4\n")
    assert lightning_pose.recognises(broken.path)
    assert lightning_pose.describe(broken).keypoints is None
    assert [fault.reason for fault in lightning_pose.read(broken).faults] == ["bad_file"]
    assert not lightning_pose.recognises(write(tmp_path / "lab", HEAD + "0,1,2,3,4\n", "predictions.csv").path)
    part = write(tmp_path / "lab/labeled-data/v", HEAD + "labeled-data/v/img1.png,1,2,3,4\n", "CollectedData_A.csv")
    assert not lightning_pose.recognises(part.path)
    with pytest.raises(LabelError, match="a part of a DeepLabCut project; name the folder"):
        sources.describe("lab/labeled-data/v/CollectedData_A.csv", tmp_path)


@needs_data
@pytest.mark.parametrize(
    ("folder", "name", "points", "frames"),
    [
        ("08_mirror_mouse_lp_2view/mirror-mouse-example", "CollectedData.csv", 1530, 90),
        ("14_label_formats/dlc_toy_csv", "labeled-data/video/dlc_testdata.csv", 9, 3),
        ("14_label_formats/dlc_toy_csv", "labeled-data/video/dlc_testdata_v2.csv", 9, 3),
        ("14_label_formats/dlc_toy_csv", "labeled-data/video/madlc_testdata.csv", 15, 3),
        ("14_label_formats/dlc_toy_csv", "labeled-data/video/maudlc_testdata_v2.csv", 19, 3),
    ],
)
def test_sample_files(folder, name, points, frames):
    source = Source(DATA / folder / name, DATA / folder)
    assert sources.load_format(source) is lightning_pose
    contents = lightning_pose.read(source)
    assert contents.faults == []
    assert (len(contents.labels), len(contents.labels[["video", "frame"]].drop_duplicates())) == (points, frames)
    assert all((DATA / folder / image).is_file() for image in contents.labels["image"].unique())

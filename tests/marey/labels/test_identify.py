import json
import re
import zipfile

import h5py
import pandas as pd
import pytest
from PIL import Image

from marey.labels import sources
from marey.labels.reading import LabelError, Source

HEAD = "scorer,A,A\nbodyparts,nose,nose\ncoords,x,y\n"


@pytest.fixture
def data(tmp_path):
    folder = tmp_path / "lab/proj/labeled-data/v"
    folder.mkdir(parents=True)
    (tmp_path / "empty").mkdir()
    (folder / "CollectedData_A.csv").write_text(HEAD)
    (tmp_path / "lab/proj/config.yaml").write_text("bodyparts: [nose]")
    for name in ("tables/l.csv", "films/a.mp4", "new/config.yaml", "stills/a.png"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text("x")
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("proj/config.yaml", "")
    (tmp_path / "a.xlsx").write_bytes((tmp_path / "a.zip").read_bytes())
    (tmp_path / "renamed.csv").write_bytes((tmp_path / "a.zip").read_bytes())
    (tmp_path / "a.json").write_text(json.dumps({"x": [1, 2]}))
    (tmp_path / "img1.txt").write_text("0 0.5 0.5 0.2 0.2 0.25 0.15 2 0.28 0.2 2\n")
    (tmp_path / "me.json").write_text(json.dumps({"shapes": [], "imagePath": "a.png"}))
    (tmp_path / "results.json").write_text(json.dumps([{"image_id": 1, "keypoints": [1, 2, 0.5], "score": 0.5}]))
    (tmp_path / "dlc.csv").write_text(HEAD)
    (tmp_path / "nothing.csv").write_text("")
    (tmp_path / "poses.csv").write_text("a,b,c\n1,2,3\n")
    (tmp_path / "a.mp4").write_bytes(b"\0\0\0 ftyp")
    Image.new("L", (4, 4)).save(tmp_path / "a.png")
    with h5py.File(tmp_path / "a.h5", "w") as tree:
        tree["x"] = [1.0]
    (tmp_path / "cut.h5").write_bytes((tmp_path / "a.h5").read_bytes()[:1000])
    pd.DataFrame({"x": [1.0]}).to_parquet(tmp_path / "a.parquet")
    return tmp_path


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("lab", "lab is a folder with DeepLabCut projects in it; name 'lab/proj'"),
        (".", ". is a folder with DeepLabCut projects in it; name 'lab/proj'"),
        ("lab/proj/labeled-data", "is a part of a DeepLabCut project; name the folder 'lab/proj'"),
        ("lab/proj/labeled-data/v", "is a part of a DeepLabCut project; name the folder 'lab/proj'"),
        (
            "lab/proj/labeled-data/v/CollectedData_A.csv",
            "is a part of a DeepLabCut project; name the folder 'lab/proj'",
        ),
        ("lab/proj/config.yaml", "is a part of a DeepLabCut project; name the folder 'lab/proj'"),
        ("empty", "empty is an empty folder"),
        ("tables", "is a folder; name the files in it, of l.csv, or a pattern such as 'tables/*.csv'"),
        ("films", "is a folder of videos; name it under `videos`"),
        ("stills", "is a folder of images; name what holds their labels"),
        ("new", "is a project without `labeled-data`; extract and label frames first"),
        ("a.zip", "is an archive; unpack it and name what is in it"),
        ("a.xlsx", "is a spreadsheet; save the table as CSV"),
        ("renamed.csv", "is an archive; unpack it and name what is in it"),
        ("a.json", "is a JSON file, a format that is not read"),
        ("img1.txt", "is labels of one image, of Ultralytics YOLO; name the YAML file of the data set"),
        ("me.json", "is labels of LabelMe, a format that is not read"),
        ("results.json", "is results of COCO, predictions that do not say which images they are of"),
        ("dlc.csv", "is a DeepLabCut table that lies in no project; name the folder with `labeled-data`"),
        ("nothing.csv", "is an empty file"),
        ("poses.csv", "is in no format that Marey knows"),
        ("a.mp4", "is a video; name it under `videos`"),
        ("a.png", "is an image"),
        ("a.h5", "is an HDF5 file with 'x' in it, a format that is not read"),
        ("cut.h5", "is not a whole HDF5 file ("),
        ("a.parquet", "a.parquet: columns x: missing"),
    ],
)
def test_what_is_no_source_is_said_before_anything_is_complained_of(data, source, expected):
    with pytest.raises(LabelError, match=re.escape(expected)):
        sources.describe(source, data)


def test_lightning_pose_is_read_as_a_folder_and_as_a_table(data):
    (data / "lp/labeled-data/v").mkdir(parents=True)
    (data / "lp/CollectedData.csv").write_text(HEAD + "labeled-data/v/img3.png,1,2\n")
    assert sources.describe("lp", data).keypoints == ["nose"]
    assert sources.inputs("lp", data) == [data / "lp/CollectedData.csv"]
    source = Source.of("lp", data)
    found, faults = sources.load_format(source).read(source)[:2]
    assert faults == []
    assert found.iloc[:, :6].to_records(index=False).tolist() == [("v", 3, "animal", "nose", 1.5, 2.5)]
    table = Source.of("lp/CollectedData.csv", data)
    same = sources.load_format(table).read(table).labels
    assert same.drop(columns="source").equals(found.drop(columns="source"))

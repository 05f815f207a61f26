"""Ingestion: body parts that the config leaves out are left out, but a misspelt one is a fault."""

import logging
from pathlib import Path

import pytest
from PIL import Image

from marey.labels.ingest_labels import ingest
from marey.labels.reading import LabelError

TABLE = """scorer,A,A,A,A,A,A
bodyparts,nose,nose,ear,ear,tail,tail
coords,x,y,x,y,x,y
labeled-data/v/img1.png,1,2,3,4,5,6
"""


@pytest.fixture
def data(tmp_path) -> Path:
    folder = tmp_path / "dlc" / "labeled-data" / "v"
    folder.mkdir(parents=True)
    (folder / "CollectedData_A.csv").write_text(TABLE)
    (tmp_path / "dlc" / "config.yaml").write_text("bodyparts: [nose, ear, tail]\n")
    picture = Image.new("L", (40, 30))
    picture.putpixel((1, 1), 255)
    picture.save(folder / "img1.png")
    return tmp_path


def labelled(data: Path, *keypoints: str, sources=("dlc",)) -> list[str]:
    points, dropped, *_ = ingest(list(sources), data=data, keypoints=keypoints, videos={}, on_error="stop")
    assert dropped.empty
    return points["keypoint"].tolist()


def test_body_parts_that_the_config_leaves_out_are_left_out_and_counted(data, caplog):
    caplog.set_level(logging.INFO)
    assert labelled(data, "nose", "ear", "tail") == ["nose", "ear", "tail"]
    assert "left out" not in caplog.text
    assert labelled(data, "tail") == ["tail"]
    assert "left out 2 labels of 'nose', 'ear', not in `keypoints`" in caplog.text


def test_a_keypoint_that_is_labelled_nowhere_may_be_misspelt(data):
    with pytest.raises(LabelError, match="unknown_keypoint: keypoint 'tail' is not one of "):
        labelled(data, "nose", "ear", "tial")


def test_a_body_part_that_no_source_lists_is_a_fault(data):
    (data / "dlc" / "config.yaml").write_text("bodyparts: [nose, ear]\n")
    with pytest.raises(LabelError, match="unknown_keypoint: keypoint 'tail' is not one of "):
        labelled(data, "nose")


EMPTY = """scorer,A,A,A,A,A,A
individuals,m1,m1,m1,m1,m2,m2
bodyparts,nose,nose,ear,ear,nose,nose
coords,x,y,x,y,x,y
labeled-data/v/img1.png,1,2,,,,
"""


@pytest.mark.parametrize("empty", ["unlabelled", "absent"])
def test_empty_cells_of_an_animal_that_is_there_are_what_the_config_says(data, empty):
    (data / "dlc" / "labeled-data" / "v" / "CollectedData_A.csv").write_text(EMPTY)
    (data / "dlc" / "config.yaml").write_text("multianimalbodyparts: [nose, ear]\nindividuals: [m1, m2]\n")
    header = "video,frame,individual,keypoint,x,y,visibility,image\n"
    image = "dlc/labeled-data/v/img1.png"
    own = [f"w,1,m1,nose,3,4,,{image}", f"w,1,m1,ear,,,,{image}"]
    (data / "own.csv").write_text(header + "\n".join(own) + "\n")
    options = {"keypoints": ("nose", "ear"), "videos": {}, "on_error": "stop", "empty": empty}
    points, dropped, *_ = ingest(["dlc", "own.csv"], data=data, **options)
    assert dropped.empty
    found = {(row.video, row.individual, row.keypoint): row.visibility for row in points.itertuples()}
    assert found["v", "m1", "nose"] == "visible"
    assert found["v", "m1", "ear"] == empty
    assert ("v", "m2", "nose") not in found  # an animal without a point is not in the image
    assert found["w", "m1", "ear"] == "unlabelled"  # Marey's own files say it themselves


def test_a_keypoint_may_come_from_another_source(data):
    (data / "more.csv").write_text(
        "video,frame,individual,keypoint,x,y,image\nw,1,animal,paw,3,4,dlc/labeled-data/v/img1.png\n"
    )
    assert labelled(data, "nose", "paw", sources=("dlc", "more.csv")) == ["nose", "paw"]

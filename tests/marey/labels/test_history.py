import numpy as np
import pandas as pd
import pytest

from marey.labels import ingest_labels, sources
from marey.tables import files
from marey.tables.disagreements import DISAGREEMENTS

HEAD = "video,frame,individual,keypoint,x,y,visibility,annotator,set_at\n"
EARLY, LATE = "2026-05-01T10:00:00Z", "2026-05-01T12:30:00+02:00"  # half an hour apart


@pytest.fixture
def ingest(tmp_path):
    """A function that ingests tables, one source each, of a video of 40 x 30 px."""

    def run(*tables, on_error="stop", keypoints=("nose", "tail")):
        for number, table in enumerate(tables):
            (tmp_path / f"{number}.csv").write_text(HEAD + table)
        names = [f"{number}.csv" for number in range(len(tables))]
        options = {"keypoints": keypoints, "videos": {"v": (40, 30, 100)}, "on_error": on_error}
        labels, dropped, _, apart = ingest_labels.ingest(names, data=tmp_path, **options)
        files.write(tmp_path / "d.parquet", apart, DISAGREEMENTS)
        return labels, dropped, apart

    return run


def test_the_newest_label_of_a_person_holds_in_whichever_source(ingest):
    old = f"v,1,m,nose,1,1,,Ann,{EARLY}\nv,1,m,tail,2,2,,Ann,{EARLY}\nv,2,m,nose,3,3,,Ann,\n"
    new = f"v,1,m,nose,5,5,,Ann,{LATE}\nv,1,m,tail,,,,Ann,{LATE}\nv,2,m,nose,6,6,,Ann,{EARLY}\n"
    for tables in ((old, new), (new, old), (old + new,)):
        labels, dropped, apart = ingest(*tables)
        labels = labels.sort_values(["frame", "keypoint"])
        assert labels["x"].fillna(-1).tolist() == [5, -1, 6]  # the tail was taken away
        assert labels["visibility"].tolist() == ["visible", "unlabelled", "visible"]
        assert dropped.empty
        assert apart.empty
    assert labels["set_at"].tolist()[0] == pd.Timestamp("2026-05-01T10:30:00Z")


def test_one_person_twice_without_a_time_is_a_fault(ingest):
    _, dropped, _ = ingest("v,1,m,nose,1,1,,Ann,\n", "v,1,m,nose,2,2,,Ann,\n", on_error="drop")
    assert dropped["reason"].tolist() == ["duplicate"]


def test_two_people_disagree_and_the_source_named_first_holds(ingest):
    bob = f"v,1,m,nose,1,1,,Bob,{LATE}\nv,1,m,tail,2,2,occluded,Bob,\n"
    ann = "v,1,m,nose,4,5,,Ann,\nv,1,m,tail,,,absent,Ann,\nv,3,m,nose,7,7,,Ann,\n"
    labels, dropped, apart = ingest(bob, ann)
    assert dropped.empty
    assert labels[["frame", "keypoint", "annotator"]].to_numpy().tolist() == [
        [1, "nose", "Bob"],
        [1, "tail", "Bob"],
        [3, "nose", "Ann"],
    ]
    columns = ["keypoint", "annotator", "annotator_other", "visibility", "visibility_other"]
    assert apart[columns].to_numpy().tolist() == [
        ["nose", "Bob", "Ann", "visible", "visible"],
        ["tail", "Bob", "Ann", "occluded", "absent"],
    ]
    np.testing.assert_allclose(apart["distance"], [5, np.nan])


def test_who_leaves_a_point_unlabelled_does_not_disagree(ingest):
    labels, dropped, apart = ingest("v,1,m,nose,,,,Bob,\nv,1,m,tail,1,2,,Bob,\n", "v,1,m,nose,4,5,,Ann,\n")
    assert labels.sort_values("keypoint")[["keypoint", "annotator", "visibility"]].to_numpy().tolist() == [
        ["nose", "Ann", "visible"],
        ["tail", "Bob", "visible"],
    ]
    assert dropped.empty
    assert apart.empty


def test_three_people_give_two_rows(ingest):
    apart = ingest(*(f"v,1,m,nose,{x},0,,{name},\n" for x, name in ((1, "A"), (2, "B"), (4, "C"))))[2]
    assert apart[["annotator_other", "distance"]].to_numpy().tolist() == [["B", 1], ["C", 3]]


def test_a_time_that_is_none_is_named(ingest):
    dropped = ingest("v,1,m,nose,1,1,,Ann,yesterday\n", on_error="drop")[1]
    assert dropped["detail"].str.contains("set_at 'yesterday'; expected a date and time").all()


def test_a_keypoint_is_renamed_by_a_map_and_added_or_removed_by_the_config(tmp_path, ingest):
    table = "v,1,m,nose,1,1,,,\nv,1,m,tail,2,2,,,\n"
    (tmp_path / "t.csv").write_text(HEAD + table)
    entry = {"path": "t.csv", "keypoints": {"nose": "snout"}}
    options = {"data": tmp_path, "videos": {"v": (40, 30, 100)}, "on_error": "stop"}
    labels = ingest_labels.ingest([entry], keypoints=("snout", "tail", "ear"), **options)[0]
    assert labels["keypoint"].tolist() == ["snout", "tail"]


def test_what_a_source_says_is_renamed_too(tmp_path):
    (tmp_path / "dlc/labeled-data").mkdir(parents=True)
    (tmp_path / "dlc/config.yaml").write_text("bodyparts: [nose, tail]\nskeleton: [[nose, tail]]\n")
    said = sources.describe({"path": "dlc", "keypoints": {"nose": "snout"}}, tmp_path)
    assert said.keypoints == ["snout", "tail"]
    assert said.skeleton == [["snout", "tail"]]

"""Labels as a DeepLabCut project, read by pandas and by Marey's own reader of DeepLabCut projects."""

import numpy as np
import pandas as pd
import yaml

from marey.labels import sources
from marey.labels.reading import Source

from ... import made_labels as made


def test_marey_reads_its_own_project_as_it_was(tmp_path):
    folder = made.export("deeplabcut", tmp_path)
    described = sources.describe(folder.name, folder.parent)
    assert described.keypoints == made.KEYPOINTS
    assert described.unique == ["box"]
    assert described.several
    source = Source.of(folder.name, folder.parent)
    found = sources.load_format(source).read(source)
    assert found.faults == []
    rows = found.labels[found.labels["visibility"] == "visible"]
    points = {
        (int(row.image[-12:-4]), row.individual, row.keypoint): (row.x, row.y) for row in rows.itertuples(index=False)
    }
    expected = {key: (x, y) for key, (x, y, _) in made.POINTS.items() if np.isfinite(x)}
    assert points == expected | {(3, "single", "box"): (60.5, 61.5)}
    for image in rows["image"].unique():
        assert (folder.parent / image).is_file()


def test_a_dot_in_a_project_of_several_animals(tmp_path):
    folder = made.export("deeplabcut", tmp_path) / "labeled-data" / "v"
    table = pd.read_hdf(folder / "CollectedData_marey.h5")
    row = table.loc[("labeled-data", "v", "img00000003.png")].to_dict()
    assert [row["marey", "m 1", "snout", coord] for coord in "xy"] == [100, 50]
    assert [row["marey", "single", "box", coord] for coord in "xy"] == [60, 61]
    text = pd.read_csv(folder / "CollectedData_marey.csv", header=[0, 1, 2, 3], index_col=[0, 1, 2])
    pd.testing.assert_frame_equal(text, table, check_names=False)


def test_objects_alone_make_a_project_of_several_and_one_animal_a_plain_one(tmp_path, monkeypatch):
    monkeypatch.setattr(made, "POINTS", {key: value for key, value in made.POINTS.items() if key[1] == "m 1"})
    folder = made.export("deeplabcut", tmp_path, unique=())
    config = yaml.safe_load((folder / "config.yaml").read_text())
    assert config["bodyparts"] == made.KEYPOINTS
    assert not config["multianimalproject"]
    assert config["skeleton"] == [["snout", "tail base"]]
    table = pd.read_hdf(folder / "labeled-data" / "v" / "CollectedData_marey.h5")
    assert table.columns.names == ["scorer", "bodyparts", "coords"]

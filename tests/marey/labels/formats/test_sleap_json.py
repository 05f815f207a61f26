import json
import os
import zipfile
from pathlib import Path

import numpy as np
import pytest

from marey.labels import sources
from marey.labels.formats import _hdf_tree, _sleap_file, sleap
from marey.labels.reading import Source

from ... import slp

DATA = Path(os.environ.get("MAREY_DATA", Path(__file__).parents[4] / "../shared/data")) / "14_label_formats"
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="sample data absent: set MAREY_DATA")
NAN = float("nan")
KIND = {"py/reduce": [{"py/type": "sleap.skeleton.EdgeType"}, {"py/tuple": [1]}, None, None, None]}


def instance(points, *, track=None, score=None) -> dict:
    """Make an instance of (x, y, visible[, score]), as SLEAP 1.0 writes it; None: no such point."""
    placed = [
        None if point is None else dict(zip(("x", "y", "visible", "score"), point, strict=False)) for point in points
    ]
    said = {"skeleton": 0, "track": track, "_points": {str(at): point for at, point in enumerate(placed) if point}}
    return said | ({} if score is None else {"score": score})


def project(*frames, tracks=(), **more) -> dict:
    graph = {"name": "Skeleton-0"}
    links = [{"key": 0, "source": 0, "target": 1, "type": KIND}]
    return {
        "version": "2.0.0",
        "skeletons": [{"directed": True, "graph": graph, "links": links, "nodes": [{"id": 0}, {"id": 1}]}],
        "nodes": [{"name": "nose", "weight": 1.0}, {"name": "tail", "weight": 1.0}],
        "videos": [{"backend": {"filename": "C:\\data\\mouse 1.mp4", "grayscale": True}}],
        "labels": [{"video": 0, "frame_idx": frame, "_instances": items} for frame, items in frames],
        "tracks": [[0, name] for name in tracks],
    } | more


def write(folder: Path, content: object) -> Source:
    (folder / "a.json").write_text(content if isinstance(content, str) else json.dumps(content))
    return Source(folder / "a.json", folder)


@pytest.mark.parametrize(("pixels", "dot"), [("auto", (100, 50)), ("centre", (100.5, 50.5))])
def test_a_dot_at_column_100_and_row_50_is_where_sleap_put_it(tmp_path, pixels, dot):
    source = write(tmp_path, project((7, [instance([(100, 50, True), None])])))._replace(pixels=pixels)
    assert sources.load_format(source) is sleap
    found = sleap.read(source).labels
    assert tuple(found.loc[0, ["video", "frame", "individual", "keypoint"]]) == ("mouse_1", 7, "animal", "nose")
    assert tuple(found.loc[0, ["x", "y"]]) == dot
    assert found["visibility"].tolist() == ["visible", "unlabelled"]


def test_it_says_what_a_file_of_today_says_of_the_same(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for module in (_sleap_file, _hdf_tree):
        monkeypatch.setattr(module, "call_apart", lambda function, *arguments: function(*arguments))
    rng = np.random.default_rng(0)
    held, written = [], []
    for frame in (3, 9):
        items, made = [], []
        for nth in range(4):
            points = [(*rng.uniform(1, 90, 2).tolist(), bool(rng.integers(2)), 0.25) for _ in range(2)]
            points[nth % 2] = (NAN, NAN, False, 0.25) if nth == 2 else points[nth % 2]
            track, predicted = (nth % 2 if nth else None), nth == 3
            items.append(
                instance(
                    [point if predicted else point[:3] for point in points],
                    track=track,
                    score=0.5 if predicted else None,
                )
            )
            made.append((points, {"predicted": predicted, "track": -1 if track is None else track}))
        held.append((frame, items))
        written.append((0, frame, made))
    old = write(tmp_path, project(*held, tracks=["Ann", "Bob"]))
    file = slp.write(tmp_path / "a.slp", written, format_id=1.0, tracks=["Ann", "Bob"])
    new = Source(file, tmp_path)
    assert sleap.describe(old)._replace(skeleton=None) == sleap.describe(new)._replace(skeleton=None)
    one, other = sleap.read(old), sleap.read(new)
    assert len(one.labels) == 12
    assert one.labels.drop(columns="source").equals(other.labels.drop(columns="source"))
    assert one.predictions.equals(other.predictions)


def test_an_archive_with_a_project_inside(tmp_path):
    content = project((7, [instance([(1, 2, True), (3, 4, False)])]), suggestions=[{}, {}])
    with zipfile.ZipFile(tmp_path / "a.json.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.json", json.dumps(content))
        archive.writestr("frames/metadata.json", "{}")
    source = Source(tmp_path / "a.json.zip", tmp_path)
    assert sources.load_format(source) is sleap
    assert sources.describe("a.json.zip", tmp_path).videos == ["mouse_1"]
    contents = sleap.read(source)
    assert contents.labels["visibility"].tolist() == ["visible", "occluded"]
    assert contents.left_out == ["suggestions (2)"]
    whole = source.path.read_bytes()
    source.path.write_bytes(whole[:-30])
    assert "not a whole archive" in sleap.read(source).faults[0].detail
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as archive:
        archive.writestr("a.json", '{"a": 1}')
    assert not sleap.recognises(tmp_path / "other.zip")


@pytest.mark.parametrize(
    ("broken", "expected"),
    [
        ({"_points": {"5": {"x": 1, "y": 2}}}, "labels[1]._instances[0]: not as SLEAP writes it"),
        ({"_points": None}, "labels[1]._instances[0]: not as SLEAP writes it"),
        ({"_points": {"0": {"x": "left", "y": 2}}}, "labels[1]._instances[0]: could not convert"),
        ({"track": 4}, "labels[1]._instances[0]: track 4 is not in `tracks`"),
    ],
)
def test_a_faulty_instance_is_named_and_left_out(tmp_path, broken, expected):
    good = instance([(1, 2, True), (3, 4, True)])
    contents = sleap.read(write(tmp_path, project((1, [good]), (2, [good | broken, good]))))
    assert contents.labels["row"].unique().tolist() == [1, 3]
    assert [(fault.row, fault.detail.startswith(expected)) for fault in contents.faults] == [(2, True)]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ('{"skeletons": [], "nodes": [], "videos": [', "line 1, column 43: not JSON"),
        (project() | {"videos": [{"backend": {}}]}, "videos[0] has no file name"),
        ({"skeletons": [], "nodes": [], "labels": []}, "lacks videos, which SLEAP writes"),
        (project() | {"nodes": [{"name": "nose"}]}, "has other skeletons than SLEAP writes"),
        (project() | {"labels": [{"video": 0}]}, "labels[0]: expected an object with a list `_instances`"),
    ],
)
def test_a_broken_file_says_where(tmp_path, content, expected):
    source = write(tmp_path, content)
    assert sleap.recognises(source.path)
    sleap.describe(source)
    assert expected in sleap.read(source).faults[0].detail


@needs_data
def test_the_sample_file():
    source = Source(DATA / "sleap_legacy_json/minimal_instance.json", DATA)
    contents = sleap.read(source)
    assert contents.labels[["x", "y"]].to_numpy()[0].tolist() == pytest.approx([92.65220773208894, 202.7259777426982])
    assert sleap.describe(source).skeleton == [["A", "B"]]
    assert contents.labels["individual"].tolist() == ["animal1", "animal1", "animal2", "animal2"]

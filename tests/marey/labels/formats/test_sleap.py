import io
import json
import os
from pathlib import Path

import h5py
import numpy as np
import pytest
from PIL import Image

from marey.labels import ingest_labels, sources
from marey.labels.formats import _hdf_tree, _sleap_file, sleap
from marey.labels.reading import Source

from ... import slp

DATA = Path(os.environ.get("MAREY_DATA", Path(__file__).parents[4] / "../shared/data"))
needs_data = pytest.mark.skipif(not (DATA / "14_label_formats").is_dir(), reason="sample data absent: set MAREY_DATA")
NAN = np.nan
DOT = [(100, 50), (10, 20)]


@pytest.fixture
def at_once(monkeypatch, tmp_path):
    """Read in this process, which spares the start of another: files of these tests kill nobody."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for module in (_sleap_file, _hdf_tree):
        monkeypatch.setattr(module, "call_apart", lambda function, *arguments: function(*arguments))


def source(path: Path, **said) -> Source:
    return Source(path, path.parent, **said)


def places(table) -> list[tuple]:
    return [(row.keypoint, row.x, row.y) for row in table.itertuples()]


@pytest.mark.parametrize(
    ("format_id", "pixels", "dot"),
    [
        (1.0, "auto", (100, 50)),
        (1.1, "auto", (100.5, 50.5)),
        (1.4, "auto", (100.5, 50.5)),
        (2.8, "auto", (100.5, 50.5)),
        (1.4, "corner", (100, 50)),
        (1.0, "matlab", (99.5, 49.5)),
    ],
)
def test_a_dot_at_column_100_and_row_50_is_where_sleap_put_it(tmp_path, at_once, format_id, pixels, dot):
    frames = [(0, 7, [(DOT, {}), (DOT, {"predicted": True})])]
    file = slp.write(tmp_path / "a.slp", frames, format_id=format_id)
    contents = sleap.read(source(file, pixels=pixels))
    for table in (contents.labels, contents.predictions):
        assert tuple(table.loc[0, ["video", "frame", "keypoint"]]) == ("mouse_1", 7, "nose")
        assert tuple(table.loc[0, ["x", "y"]]) == dot


def test_a_dot_that_sleap_io_wrote(tmp_path, at_once):
    sio = pytest.importorskip("sleap_io", reason="sleap-io, another reader and writer, is not installed")
    nodes = sio.Skeleton(["nose", "tail"])
    instance = sio.Instance.from_numpy(np.array(DOT, float), skeleton=nodes)
    frame = sio.LabeledFrame(video=sio.Video("v.mp4", open_backend=False), frame_idx=3, instances=[instance])
    sio.Labels([frame]).save(str(tmp_path / "a.slp"), embed=False)
    assert places(sleap.read(source(tmp_path / "a.slp")).labels)[0] == ("nose", 100.5, 50.5)


def test_what_is_set_hidden_or_missing(tmp_path, at_once):
    frames = [(0, 0, [([(1, 2, False), (NAN, NAN, False)], {}), ([(NAN, NAN), (NAN, NAN)], {})])]
    contents = sleap.read(source(slp.write(tmp_path / "a.slp", frames)))
    assert contents.labels["visibility"].tolist() == ["occluded", "unlabelled"]  # no rows of the animal without a point
    assert contents.labels["x"].tolist() == pytest.approx([1.5, NAN], nan_ok=True)


def test_predictions_beside_labels_never_become_labels(tmp_path, at_once):
    guess = [(5, 6, True, 1.25), (7, 8, True, NAN)]
    frames = [(0, 4, [(guess, {"predicted": True, "track": 0}), (DOT, {}), (guess, {"predicted": True})])]
    contents = sleap.read(source(slp.write(tmp_path / "a.slp", frames, tracks=["Ann"])))
    assert contents.labels["row"].tolist() == [2, 2]
    predictions = contents.predictions
    assert predictions["instance"].tolist() == [0, 0, 1, 1]
    assert predictions["individual"].tolist() == ["Ann", "Ann", "", ""]
    assert predictions["confidence"].tolist() == [1, 1, 1, 1]
    assert any("2 scores" in what for what in contents.left_out)
    assert any("2 points have no score" in what for what in contents.left_out)


def test_names_follow_each_skeletons_own_order(tmp_path, at_once):
    both = [slp.skeleton([2, 0], [(0, 2)]), slp.skeleton([1, 2, 0])]
    frames = [(0, 0, [(DOT, {}), ([(1, 1), (2, 2), (3, 3)], {"skeleton": 1})])]
    file = slp.write(tmp_path / "a.slp", frames, nodes=("a", "b", "c"), skeletons=both)
    labels = sleap.read(source(file)).labels
    assert places(labels) == [("c", 100.5, 50.5), ("a", 10.5, 20.5), ("b", 1.5, 1.5), ("c", 2.5, 2.5), ("a", 3.5, 3.5)]
    said = sleap.describe(source(file))
    assert (said.keypoints, said.skeleton, said.several) == (["c", "a", "b"], [["a", "c"]], True)
    assert said.videos == ["mouse_1"]


def test_animals_go_by_track_or_by_their_order(tmp_path, at_once):
    frames = [(0, 0, [(DOT, {}), (DOT, {"track": 1}), ([(3, 3), (4, 4)], {})]), (0, 1, [(DOT, {"track": 0})])]
    labels = sleap.read(source(slp.write(tmp_path / "a.slp", frames, tracks=["Ann", ""]))).labels
    assert labels["individual"].tolist()[::2] == ["animal1", "track2", "animal3", "Ann"]
    single = slp.write(tmp_path / "b.slp", [(0, at, [(DOT, {})]) for at in range(3)])
    assert set(sleap.read(source(single)).labels["individual"]) == {"animal"}


def encoded(colour, mode="RGB", kind="png") -> np.ndarray:
    buffer = io.BytesIO()
    Image.new(mode, (20, 10), colour).save(buffer, kind)
    return np.frombuffer(buffer.getvalue(), np.int8)


@pytest.mark.parametrize("padded", [True, False])
@pytest.mark.parametrize("as_array", [True, False])
def test_images_inside_belong_to_the_frames_of_the_video_they_are_of(tmp_path, at_once, padded, as_array):
    inside = slp.movie(".", dataset="video3/video")
    frames = [(3, 40, [(DOT, {})]), (3, 8, [(DOT, {})]), (3, 9, [(DOT, {})])]
    file = slp.write(tmp_path / "a.pkg.slp", frames, videos=[inside], format_id=1.4)
    images = [encoded((200, 10, 10)), encoded(90, "L", "jpeg")]
    with h5py.File(file, "a") as tree:
        if padded:
            held = np.zeros((2, max(map(len, images)) + 7), np.int8)
            for at, image in enumerate(images):
                held[at, : len(image)] = image
            stored = tree.create_dataset("video3/video", data=held)
        else:
            stored = tree.create_dataset("video3/video", (2,), h5py.special_dtype(vlen=np.int8))
            stored[0], stored[1] = images
        stored.attrs.update({"format": "png", "channel_order": "RGB"})
        tree["video3/frame_numbers"] = [8, 40]
        said = json.dumps(slp.movie("D:\\clips\\cam.mp4"))
        if as_array:  # what is longer than 64 kB
            tree["video3/source_video/json"] = np.bytes_(said)
        else:
            tree.create_group("video3/source_video").attrs["json"] = said
    contents = sleap.read(source(file))
    assert contents.labels[["video", "frame", "image"]].drop_duplicates().to_numpy().tolist() == [
        ["cam", frame, f"a.pkg.slp/video3/{frame}"] for frame in (40, 8, 9)
    ]
    assert contents.images == {
        f"a.pkg.slp/video3/{frame}": bytes(image.tobytes()) for frame, image in zip((8, 40), images, strict=True)
    }
    with pytest.raises(Exception, match="a.pkg.slp/video3/9 is missing") as error:
        ingest_labels.ingest(["a.pkg.slp"], data=tmp_path, keypoints=("nose", "tail"), videos={}, on_error="stop")
    assert "a.pkg.slp, row 3" in str(error.value)


def test_frames_name_videos_by_the_number_of_their_group_or_else_by_their_order(tmp_path, at_once):
    inside = [slp.movie(".", dataset=f"video{at}/video") for at in (0, 4)]
    frames = [(video, 0, [(DOT, {})]) for video in (0, 4, 2)]
    file = slp.write(tmp_path / "a.pkg.slp", frames, videos=[*inside, slp.movie("c.mp4")])
    assert sleap.read(source(file)).labels["video"].tolist()[::2] == ["a_video0", "a_video4", "c"]


@pytest.mark.parametrize(("format_id", "order", "red"), [(1.2, None, 10), (1.4, None, 200), (1.4, "BGR", 10)])
def test_colours_of_images_inside_are_those_of_the_video(tmp_path, at_once, format_id, order, red):
    inside = slp.movie(".", dataset="video0/video")
    file = slp.write(tmp_path / "a.pkg.slp", [(0, 0, [(DOT, {})])], videos=[inside], format_id=format_id)
    with h5py.File(file, "a") as tree:
        stored = tree.create_dataset("video0/video", data=encoded((200, 20, 10))[None])
        stored.attrs["format"] = "png"
        if order:
            stored.attrs["channel_order"] = order
    (image,) = sleap.read(source(file)).images.values()
    assert Image.open(io.BytesIO(image)).getpixel((0, 0))[0] == red


def test_images_inside_may_be_plain_pixels(tmp_path, at_once):
    inside = slp.movie(".", dataset="video0/video")
    file = slp.write(tmp_path / "a.pkg.slp", [(0, 1, [(DOT, {})])], videos=[inside])
    pixels = np.zeros((2, 60, 120, 1), np.uint8)
    pixels[1, 50, 100] = 255
    with h5py.File(file, "a") as tree:
        tree["video0/video"] = pixels  # without numbers: in the order of frames
        tree["video0/video"].attrs["format"] = "hdf5"
    contents = sleap.read(source(file))
    (image,) = contents.images.values()
    row, column = np.argwhere(np.asarray(Image.open(io.BytesIO(image))) == 255)[0]
    assert places(contents.labels)[0] == ("nose", column + 0.5, row + 0.5)


@pytest.mark.parametrize("listed", [True, False])
def test_a_sequence_of_images_is_found_near_the_file(tmp_path, at_once, listed):
    stored = [f"D:\\old\\cam1\\img{at:03}.png" for at in (5, 9)]
    video = slp.movie(stored[0], filenames=stored) if listed else {"filename": stored, "backend": {"shape": None}}
    file = slp.write(tmp_path / "a.slp", [(0, 1, [(DOT, {})]), (0, 2, [(DOT, {})])], videos=[video])
    (tmp_path / "cam1").mkdir()
    (tmp_path / "cam1/img009.png").touch()
    contents = sleap.read(source(file))
    assert contents.labels.loc[0, ["video", "frame", "image"]].tolist() == ["cam1", 9, "cam1/img009.png"]
    assert [fault.detail[:36] for fault in contents.faults] == ["frame 2 of a sequence of 2 images; s"]
    assert len(contents.labels) == 2
    assert sleap.describe(source(file)).videos == []


def test_two_videos_of_one_name_are_told_apart_by_the_config_alone(tmp_path, at_once):
    videos = [slp.movie("/day1/cam.mp4"), slp.movie("/day2/cam.mp4")]
    file = slp.write(tmp_path / "a.slp", [(0, 1, [(DOT, {})]), (1, 1, [(DOT, {})])], videos=videos)
    contents = sleap.read(source(file))
    assert [fault.reason for fault in contents.faults] == ["conflict"]
    assert not len(contents.labels)
    told = {"/day1/cam.mp4": "one", "/day2/cam.mp4": "two"}
    contents = sleap.read(source(file, videos=told))
    assert not contents.faults
    assert set(contents.labels["video"]) == {"one", "two"}


def test_a_video_whose_name_makes_no_id_is_named(tmp_path, at_once):
    file = slp.write(tmp_path / "a.slp", [(0, 1, [(DOT, {})])], videos=[slp.movie("/ä/鼠.mp4")])
    (fault,) = sleap.read(source(file)).faults
    assert "鼠.mp4" in fault.detail
    assert len(sleap.read(source(file, videos={"鼠.mp4": "mouse"})).labels) == 2


def test_what_marey_has_no_place_for_is_named(tmp_path, at_once):
    file = slp.write(tmp_path / "a.slp", [(0, 1, [(DOT, {})])], format_id=2.8)
    with h5py.File(file, "a") as tree:
        tree["identity/name"] = [b"Ann", b"Bob"]
        tree["masks"] = np.zeros(3)
        tree["video_crops"] = np.bytes_(json.dumps([{"video": 0, "crop": [90, 40, 120, 80], "fill": 0}]))
    contents = sleap.read(source(file))
    assert {"identity (2)", "masks (3)"} <= set(contents.left_out)
    assert any("crops of 1 videos" in what for what in contents.left_out)
    assert places(contents.labels)[0] == ("nose", 100.5, 50.5)  # of the whole image


def test_tables_of_sleaps_web_tools(tmp_path, at_once):
    file = slp.write(tmp_path / "a.slp", [(0, 1, [(DOT, {})])])
    with h5py.File(file, "a") as tree:
        for name in ("points", "instances", "frames"):
            table = tree[name][()]
            del tree[name]
            tree[name] = np.stack([table[column].astype(float) for column in table.dtype.names], axis=1)
            tree[name].attrs["field_names"] = json.dumps(table.dtype.names)
    assert places(sleap.read(source(file)).labels)[0] == ("nose", 100.5, 50.5)


def change(name: str, column: str, value: int):
    def of(tree: h5py.File) -> None:
        table = tree[name][()]
        table[column][-1] = value
        del tree[name]
        tree[name] = table

    return of


def without(name: str):
    def of(tree: h5py.File) -> None:
        del tree[name]

    return of


@pytest.mark.parametrize(
    ("harm", "row", "said"),
    [
        (change("instances", "point_id_end", 9), 2, "points that are not there"),
        (change("instances", "point_id_end", 3), 2, "another number of points"),
        (change("instances", "skeleton", 4), 2, "a skeleton that is not there"),
        (change("instances", "track", 4), 2, "a track that is not there"),
        (change("instances", "instance_type", 7), 2, "neither set by a person nor predicted"),
        (change("frames", "video", 4), 2, "a video that is not there"),
        (change("frames", "instance_id_end", 9), 0, "row 2 of /frames"),
        (change("frames", "instance_id_end", 1), 0, "1 rows of /instances are of no frame"),
        (change("points", "x", np.inf), 2, "tail is at (inf, 20)"),
        (without("instances"), 0, "lacks /instances"),
        (without("metadata"), 0, "lacks /metadata"),
        (lambda tree: tree["metadata"].attrs.update({"json": b"{"}), 0, "is no JSON"),
        (lambda tree: tree["metadata"].attrs.update({"format_id": 3.0}), 0, "SLEAP's format 3"),
        (lambda tree: tree["metadata"].attrs.update({"json": b'{"skeletons": [3], "nodes": 3}'}), 0, "other skelet"),
    ],
)  # fmt: skip
def test_a_broken_file_is_named_with_the_place(tmp_path, at_once, harm, row, said):
    file = slp.write(tmp_path / "a.slp", [(0, 0, [(DOT, {})]), (0, 1, [(DOT, {})])])
    with h5py.File(file, "a") as tree:
        harm(tree)
    contents = sleap.read(source(file))
    (fault,) = contents.faults
    assert (fault.source, fault.row) == ("a.slp", row)
    assert said in fault.detail
    assert "tail" not in set(contents.labels.loc[contents.labels["row"] == 2, "keypoint"])  # the rest is taken


def test_a_cut_or_foreign_file_is_a_fault_and_not_a_crash(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    file = slp.write(tmp_path / "a.slp", [(0, 0, [(DOT, {})])])
    whole = file.read_bytes()
    for content in (whole[: len(whole) // 2], b"version https://git-lfs.github.com/spec/v1\n"):
        file.write_bytes(content)
        os.utime(file, ns=(1, len(content)))
        assert sources.load_format(source(file)) is sleap
        assert "HDF5" in sleap.describe(source(file)).fault
        (fault,) = sleap.read(source(file)).faults
        assert fault.reason == "bad_file"
        assert "HDF5" in fault.detail


def test_a_file_with_predictions_alone_says_where_to_name_it(tmp_path, at_once):
    file = slp.write(tmp_path / "a.slp", [(0, 0, [(DOT, {"predicted": True})])])
    said = sleap.describe(source(file))
    assert (said.predicted, said.predicted_videos, said.videos) == (True, ["mouse_1"], [])
    with pytest.raises(Exception, match="predictions.sources"):
        ingest_labels.ingest(["a.slp"], data=tmp_path, keypoints=("nose", "tail"), videos={}, on_error="stop")


@needs_data
@pytest.mark.parametrize(
    ("name", "labels", "occluded", "predicted"),
    [
        ("03_flies13_clip_sleap_multi/clip.slp", 38363, 0, 0),
        ("06_flies13_dreem_multi/three_flies.slp", 4412, 101, 0),
        ("05_mice15_homecage_sleap_multi/mice.tracked.slp", 0, 0, 31860),
        ("14_label_formats/sleap_slp/typical.slp", 4, 0, 2),
    ],
)
def test_real_files_hold_what_sleap_io_finds_in_them(at_once, name, labels, occluded, predicted):
    contents = sleap.read(source(DATA / name))
    found = contents.labels["visibility"].value_counts()
    assert (found.get("visible", 0), found.get("occluded", 0), len(contents.predictions)) == (
        labels,
        occluded,
        predicted,
    )
    assert not contents.faults


@needs_data
@pytest.mark.parametrize("path", sorted(DATA.glob("*/**/*.slp")), ids=lambda path: path.name)
def test_real_files_point_by_point_as_sleap_io_reads_them(at_once, path):
    sio = pytest.importorskip("sleap_io", reason="sleap-io, another reader, is not installed")
    expected = {"labels": [], "predictions": []}
    for frame in sio.load_slp(str(path), open_videos=False):
        for instance in frame.instances:
            predicted = isinstance(instance, sio.PredictedInstance)
            for point in instance.points:
                if np.isfinite(point["xy"]).all() and (point["visible"] or not predicted):
                    place = (frame.frame_idx, point["name"], *np.round(point["xy"] + 0.5, 2))
                    expected["predictions" if predicted else "labels"].append((*place, bool(point["visible"])))
    contents = sleap.read(source(path))
    for name, points in expected.items():
        table = getattr(contents, name)
        table = table[table["x"].notna()]
        shown = table["visibility"].eq("visible") if name == "labels" else np.ones(len(table), bool)
        found = zip(table["frame"], table["keypoint"], table["x"], table["y"], shown, strict=True)
        assert len(table) == len(points)
        for one, other in zip(sorted(points), sorted(found), strict=True):
            assert one[:2] + one[4:] == other[:2] + other[4:]
            assert np.allclose(one[2:4], other[2:4], atol=0.01)

"""Labelled frames: what goes into the table comes out for training, whichever way the picture came."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from marey.labels import dataset
from marey.labels.pack_dataset import ROW_GROUP_IMAGES, pack_dataset
from marey.synth.film import write_video
from marey.tables import files
from marey.tables.label_images import LABEL_IMAGES
from marey.tables.labels import LABELS
from marey.tables.splits import SPLITS
from marey.videos.probe_video import probe_video

from ..dots import picture

KEYPOINTS = ["a", "b"]


def point(frame, keypoint, x, y, *, visibility="visible", individual="m", image=None, video="v"):
    values = (video, frame, individual, keypoint, x, y, visibility, "me", image, "labels.csv", 2, None)
    return dict(zip(LABELS.names, values, strict=True))


@pytest.fixture
def pack(tmp_path):
    """A function that packs label rows and loads them again."""

    def run(rows, videos=None, method="single", unique=(), embedded=()):
        files.write(tmp_path / "labels.parquet", pd.DataFrame(rows), LABELS)
        out = tmp_path / "dataset.parquet"
        options = {"data": tmp_path, "videos": videos or {}, "keypoints": KEYPOINTS, "provenance": {}}
        options["animals"] = {"method": method, "unique": list(unique)}
        images = tmp_path / "label_images.parquet"
        files.write(images, pd.DataFrame(list(embedded), columns=["image", "encoded"]), LABEL_IMAGES)
        pack_dataset(tmp_path / "labels.parquet", images, out, **options)
        return dataset.load_dataset(out, keypoints=2)

    return run


def test_an_image_that_became_smaller_than_its_labels_is_named(pack, tmp_path):
    Image.new("RGB", (8, 6)).save(tmp_path / "small.png")
    with pytest.raises(dataset.DatasetError, match=r"labels lie outside of small.png, which has 8 x 6 px"):
        pack([point(3, "a", 5.0, 6.5, image="small.png")])


def test_image_files_are_packed_as_they_are(pack, tmp_path):
    grey, colour = np.arange(48, dtype=np.uint8).reshape(6, 8), picture(9, 7, 3, 3)
    Image.fromarray(grey).save(tmp_path / "grey.png")
    Image.fromarray(colour).save(tmp_path / "colour.png")
    loaded = pack(
        [
            point(3, "b", 1.5, 2.5, image="grey.png"),
            point(3, "a", None, None, visibility="absent", image="grey.png"),
            point(1, "a", 4.0, 5.0, visibility="occluded", image="colour.png"),
        ]
    )
    assert loaded.frame.tolist() == [1, 3]
    np.testing.assert_array_equal(loaded.images[0], colour)
    np.testing.assert_array_equal(loaded.images[1], np.repeat(grey[..., None], 3, axis=2))
    np.testing.assert_array_equal(loaded.points[:, 0], [[[4, 5], [np.nan] * 2], [[np.nan] * 2, [1.5, 2.5]]])
    # Codes of visible, occluded, absent, unlabelled; a keypoint without a row is unlabelled.
    np.testing.assert_array_equal(loaded.visibility[:, 0], [[1, 3], [2, 0]])


def test_points_and_visibility_of_several_animals_stay_with_them(pack, tmp_path):
    """Frames with fewer animals than others, too: what is over is absent."""
    Image.fromarray(picture(9, 9, 3, 3)).save(tmp_path / "i.png")
    rows = [
        point(1, "a", 1.0, 2.0, individual="m", visibility="occluded", image="i.png"),
        point(1, "b", 3.0, 4.0, individual="m", image="i.png"),
        point(1, "a", None, None, individual="n", visibility="absent", image="i.png"),
        point(1, "b", 5.0, 6.0, individual="n", visibility="occluded", image="i.png"),
        point(2, "a", 7.0, 8.0, individual="o", image="i.png"),
    ]
    loaded = pack(rows, method="bottom_up")
    assert loaded.individuals == [["m", "n"], ["o"]]
    np.testing.assert_array_equal(loaded.visibility, [[[1, 0], [2, 1]], [[0, 3], [2, 2]]])
    nan = [np.nan] * 2
    np.testing.assert_array_equal(loaded.points, [[[[1, 2], [3, 4]], [nan, [5, 6]]], [[[7, 8], nan], [nan, nan]]])


def test_images_are_packed_upright(pack, tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(picture(8, 6, 3, 3)).save(tmp_path / "i.png", exif=exif)
    loaded = pack([point(1, "a", 1, 1, image="i.png")])
    assert loaded.images.shapes == [(8, 6)]
    np.testing.assert_array_equal(loaded.images[0], np.rot90(picture(8, 6, 3, 3), -1))


def test_frames_of_a_video_are_decoded_exactly(pack, tmp_path):
    video = tmp_path / "v.mkv"
    shades = [np.full((32, 48, 3), 8 * index, np.uint8) for index in range(20)]
    write_video(video, shades, fps=10, gop=6, codec="ffv1", pixel_format="bgr0")
    config = {"thumbnail_width": 16, "thumbnail_interval": 1}
    frames = tmp_path / "frames.parquet"
    probe_video(video, tmp_path / "probe.parquet", frames, video="v", relative="v.mkv", config=config, provenance={})
    loaded = pack([point(index, "a", 1, 1) for index in (2, 13)], {"v": (video, frames)})
    assert [image[0, 0].tolist() for image in loaded.images] == [[16] * 3, [104] * 3]


def test_several_animals_in_a_frame_are_refused(pack, tmp_path):
    Image.fromarray(picture(8, 8, 3, 3)).save(tmp_path / "i.png")
    with pytest.raises(dataset.DatasetError, match="video 'v', frame 4: labels of 2 animals"):
        pack([point(4, "a", 1, 1, individual=name, image="i.png") for name in ("m1", "m2")])


def test_no_labels_are_an_error(pack):
    with pytest.raises(dataset.DatasetError, match="no labelled frames"):
        pack(files.empty(LABELS))


def test_parts_follow_the_order_of_the_frames(pack, tmp_path):
    Image.fromarray(picture(8, 8, 3, 3)).save(tmp_path / "i.png")
    loaded = pack([point(index, "a", 1, 1, image="i.png") for index in (5, 7, 9)])
    table = {"fold": [0, 0, 0, 1], "video": ["v"] * 4, "frame": [9, 5, 7, 5], "group": list("abcd")}
    parts = ["test", "train", "validation", "test"]
    files.write(tmp_path / "splits.parquet", {**table, "part": parts}, SPLITS)
    found = dataset.frame_parts(tmp_path / "splits.parquet", loaded, fold=0)
    assert found["part"].tolist() == ["train", "validation", "test"]
    assert found["group"].tolist() == ["b", "c", "a"]


def test_pictures_are_read_one_by_one(pack, tmp_path):
    """More than one row group, any order, slices, from several threads at once."""
    shades = [np.full((4 + index, 6, 3), 10 * index, np.uint8) for index in range(2 * ROW_GROUP_IMAGES + 3)]
    for index, shade in enumerate(shades):
        Image.fromarray(shade).save(tmp_path / f"{index}.png")
    loaded = pack([point(index, "a", 1, 1, image=f"{index}.png") for index in range(len(shades))])
    assert loaded.images.shapes == [shade.shape[:2] for shade in shades]
    with ThreadPoolExecutor(4) as pool:
        for index, image in zip([7, 0, 3, 4, 10], pool.map(loaded.images.__getitem__, [7, 0, 3, 4, 10]), strict=True):
            np.testing.assert_array_equal(image, shades[index])
    np.testing.assert_array_equal(loaded.images[-1], shades[-1])
    assert [image.shape[0] for image in loaded.images[1:3]] == [5, 6]
    with pytest.raises(IndexError):
        loaded.images[len(shades)]


def test_extent_is_the_larger_side_of_most_animals():
    points = np.full((20, 2, 3, 2), np.nan, np.float32)
    points[:, 0, 0], points[:, 0, 1] = (10, 10), (50, 30)  # 40 wide, 20 high; the third keypoint is hidden
    points[0, 1] = [(0, 0), (10, 300), (5, 5)]  # one giant among 21 animals
    assert dataset.extent(points) == pytest.approx(40)
    assert dataset.extent(points[:0]) == 0


def test_identities_say_who_each_animal_is():
    """Animal, object, and a slot that a frame does not use; 2 is another."""
    points = np.full((2, 3, 2, 2), np.nan, np.float32)
    points[0, :2, 0] = points[1, 0, 0] = 1
    points[0, 2, 1] = 5
    names = [["blue", "red", "door"], ["green"]]
    labelled = dataset.LabelledFrames(["v", "v"], np.arange(2), [], names, points, np.zeros((2, 3, 2), np.int8))
    found = dataset.identity_codes(labelled, ["red", "blue"], unique=[1])
    assert found.tolist() == [[1, 0, -1], [2, -1, -1]]
    with pytest.raises(dataset.DatasetError, match="labelled as 'rad'; labelled are blue, door, green, red"):
        dataset.identity_codes(labelled, ["rad"])


def test_reach_is_beyond_the_largest_distance_of_two_keypoints_but_for_a_faulty_label():
    chance = np.random.default_rng(0)
    points = np.zeros((400, 1, 4, 2), np.float32)
    points[:, 0, 1] = chance.uniform(10, 40, (400, 1)) * (0.6, 0.8)
    points[:, 0, 2] = (100, 0)
    points[:, 0, 3], points[7, 0, 1] = np.nan, (5000, 0)  # never labelled; one fault
    reach = dataset.reach(points)
    np.testing.assert_array_equal(reach, reach.T)
    assert 1.25 * 38 + 25 < reach[0, 1] < 1.25 * 41 + 26
    assert reach[0, 2] == pytest.approx(150, abs=0.5)
    assert np.isnan(reach[3]).all()

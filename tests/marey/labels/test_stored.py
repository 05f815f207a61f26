import pytest

from marey.labels.reading import Source
from marey.labels.stored import clashes, find_image, frames_of, place_images, video_of


@pytest.mark.parametrize(
    ("stored", "video"),
    [
        ("C:\\lab\\data\\mouse 1.mp4", "mouse_1"),
        ("/home/ann/renamed.avi", "b7"),
        ("old/clip.avi", "c"),
        ("clip.avi", "clip"),
    ],
)
def test_a_video_is_known_by_its_name_or_as_the_config_says(tmp_path, stored, video):
    source = Source(tmp_path / "a.slp", tmp_path, videos={"renamed": "b7", "old/clip.avi": "c"})
    assert video_of(stored, source) == video


def test_images_are_found_near_the_file_by_as_much_of_their_path_as_there_is(tmp_path):
    for path in ("lab/a/1.png", "lab/b/1.png", "lab/images/2.png", "3.png", "moved/4.png"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).touch()
    source = Source(tmp_path / "lab/coco.json", tmp_path)
    assert find_image("D:\\old\\b\\1.png", source) == "lab/b/1.png"
    assert find_image("/somewhere/2.png", source) == "lab/images/2.png"
    assert find_image("3.png", source) == "3.png"
    assert find_image("set/9.png", source) == "lab/set/9.png"
    assert find_image("/x/4.png", source._replace(images="moved")) == "moved/4.png"


def test_a_folder_is_a_video_and_the_number_of_an_image_its_frame(tmp_path):
    source = Source(tmp_path / "lab/set.json", tmp_path, videos={"cam2": "mouse2"})
    found = frames_of(["lab/cam1/img007.png", "lab/cam1/img008.png", "lab/cam2/5.png", "lab/images/30.png"], source)
    assert list(found.values()) == [("cam1", 7), ("cam1", 8), ("mouse2", 5), ("set", 30)]


def test_images_without_numbers_of_their_own_are_counted_in_order(tmp_path):
    source = Source(tmp_path / "set.json", tmp_path)
    found = frames_of(["a10.png", "a9.png", "b.png"], source)
    assert found == {"a9.png": ("set", 0), "a10.png": ("set", 1), "b.png": ("set", 2)}


def test_a_label_file_with_a_plain_name_takes_that_of_its_folder(tmp_path):
    for path, video in (("lab/annotations.json", "lab"), ("mice/coco/instances.json", "mice"), ("data.yaml", "data")):
        assert frames_of(["images/a1.png"], Source(tmp_path / path, tmp_path)) == {"images/a1.png": (video, 1)}


def test_one_image_is_not_found_for_two_stored_paths(tmp_path):
    (tmp_path / "b").mkdir()
    for image in ("1.png", "b/2.png"):
        (tmp_path / image).touch()
    source = Source(tmp_path / "set.json", tmp_path)
    places, wrong = place_images(["a/1.png", "c/1.png", "b/2.png", "x/b/2.png", "a/9.png"], source)
    assert {name: place.image for name, place in places.items()} == {"b/2.png": "b/2.png", "a/9.png": "a/9.png"}
    assert sorted(wrong) == ["a/1.png", "c/1.png", "x/b/2.png"]
    assert "'x/b/2.png' and 'b/2.png' would both be b/2.png" in wrong["x/b/2.png"]


def test_different_videos_of_one_id_are_told_apart_by_the_config(tmp_path):
    source = Source(tmp_path / "a.slp", tmp_path)
    paths = {"cam": ["/day1/cam.mp4", "/day2/cam.mp4"], "v": ["v.mp4", "v.mp4"]}
    assert list(clashes(paths, source)) == ["cam"]
    assert "/day1/cam.mp4 and /day2/cam.mp4 would" in clashes(paths, source)["cam"]
    told = dict.fromkeys(paths["cam"], "cam")
    assert clashes(paths, source._replace(videos=told)) == {}

"""Films: windows of a video at the network's scale, and empty places that can be trusted."""

import numpy as np
import pytest

from marey.adaptation.films import Film, PlaceError, empty_place, read_film
from marey.inference.view import View
from marey.synth.film import write_video
from marey.videos.probe_video import probe_video
from marey.videos.reading import VideoError

GREY = 90


def film(images: list) -> Film:
    return Film("v", np.repeat(np.array(images, np.uint8)[:, None], 3, axis=1), np.arange(len(images)))


def with_square(left: int, *, shift: int = 0) -> np.ndarray:
    """A place with a gradient and an animal, a white square."""
    image = np.repeat(np.tile(np.arange(80) + 40, (60, 1))[..., None], 3, axis=-1)
    image = np.roll(image, shift, axis=1)
    image[20:30, left : left + 10] = 250
    return image


def test_the_empty_place_is_behind_an_animal_that_moves():
    place = empty_place(film([with_square(7 * step % 70) for step in range(12)]))
    assert (place == with_square(80)).all()


def test_a_moving_camera_shows_no_place():
    with pytest.raises(PlaceError, match="as if the camera moved"):
        empty_place(film([with_square(10, shift=23 * step) for step in range(12)]))


def test_few_frames_tell_no_place():
    with pytest.raises(PlaceError, match="5 frames are too few"):
        empty_place(film([with_square(7 * step) for step in range(5)]))


@pytest.fixture
def video(tmp_path):
    """A video of 40 frames, each of a brightness of its own, and a function that reads windows of it."""
    path, tables = tmp_path / "v.mp4", (tmp_path / "probe.parquet", tmp_path / "frames.parquet")
    images = (np.full((48, 64, 3), 20 + 5 * step, np.uint8) for step in range(40))
    write_video(path, images, fps=10, gop=10, options=("-crf", "5"))
    thumbnails = {"thumbnail_width": 16, "thumbnail_interval": 1}
    probe_video(path, *tables, video="v", relative="v.mp4", config=thumbnails, provenance={})

    def read(scale=1.0, crop=None, frames=None, windows=4):
        return read_film(path, tables[1], video="v", view=View((64, 48), crop, scale), frames=frames, windows=windows)

    return read


def test_windows_hold_frames_that_follow_each_other(video):
    found = video(scale=0.5)
    assert found.images.shape == (4, 3, 24, 32, 3)
    seen = found.images.mean(axis=(2, 3, 4))
    np.testing.assert_allclose(seen, 20 + 5 * (found.frames[:, None] + [-1, 0, 1]), atol=2)
    assert found.held_out.sum() == 1


def test_the_sheet_says_which_part_of_a_video_is_read(video):
    found = video(crop="8,8,32,16", frames="10:20", windows=50)
    assert found.images.shape[2:4] == (16, 32)
    assert found.frames.tolist() == list(range(11, 19))


def test_a_part_without_a_window_is_an_error(video):
    with pytest.raises(VideoError, match="no 3 frames in a row"):
        video(frames="10:12")

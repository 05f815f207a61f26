import io
import zlib

import av
import numpy as np
import pytest
from PIL import Image, ImageOps

from marey.videos.images import Upright, digest
from marey.videos.reading import open_video, read_frames

from ..coded_video import ffmpeg, make, picture, probe

X264 = ("-c:v", "libx264", "-pix_fmt", "yuv420p", "-g", "20")


def turned(folder, *options):
    stored = make(folder / "stored.mp4", *X264, frames=3)
    path = folder / "turned.mp4"
    ffmpeg(*options, "-i", str(stored), "-c", "copy", str(path))
    return path


@pytest.mark.parametrize("angle", ["0", "90", "180", "270"])
@pytest.mark.parametrize("flips", [["-display_hflip"], ["-display_vflip"], ["-display_hflip", "-display_vflip"]])
def test_mirrored_videos_are_read_as_ffmpeg_shows_them(angle, flips, tmp_path):
    path = turned(tmp_path, "-display_rotation", angle, *flips)
    row, frames = probe(path)
    width, height = row["width"], row["height"]
    assert (width, height) == ((48, 80) if angle in ("90", "270") else (80, 48))
    assert row["mirrored"] == (len(flips) == 1)
    raw = ffmpeg("-i", str(path), "-f", "rawvideo", "-pix_fmt", "gray", "-")
    reference = np.frombuffer(raw, np.uint8).reshape(3, height, width).astype(int)
    for index, image in read_frames(path, 0, 3, frames=frames):
        assert np.abs(image.mean(axis=-1) - reference[index]).mean() < 4
    stored = next(iter(read_frames(tmp_path / "stored.mp4", 2, 3, frames=probe(tmp_path / "stored.mp4")[1])))[1]
    by_hand = np.rot90(stored[:, ::-1] if row["mirrored"] else stored, -row["rotation"] // 90)
    np.testing.assert_array_equal(image, by_hand)


def test_a_display_matrix_of_another_angle_is_said_and_not_applied(tmp_path):
    path = turned(tmp_path, "-display_rotation", "45")
    row, _ = probe(path)
    assert (row["status"], row["rotation"], row["width"], row["height"]) == ("ok", 0, 80, 48)
    assert row["detail"].startswith("Its display matrix is not made of quarter turns and mirroring")


@pytest.mark.parametrize("orientation", [1, 5, 6, 7])
def test_videos_of_photographs_are_turned_as_each_says(orientation, tmp_path):
    image = Image.fromarray(np.stack([picture(37, 80, 48)] * 3, axis=-1))
    exif = Image.Exif()
    exif[0x0112] = orientation
    image.save(buffer := io.BytesIO(), "JPEG", exif=exif)
    path = tmp_path / "camera.mjpeg"
    path.write_bytes(buffer.getvalue() * 3)
    row, frames = probe(path)
    upright = np.asarray(ImageOps.exif_transpose(Image.open(buffer))).astype(int)
    assert (row["status"], row["frames"], row["height"], row["width"]) == ("ok", 3, *upright.shape[:2])
    for _, found in read_frames(path, 0, 3, frames=frames):
        assert np.abs(found - upright).mean() < 4


@pytest.mark.parametrize("form", ["gray", "rgb24", "yuv420p", "gray16le", "nv12"])
def test_a_digest_counts_every_eighth_row_and_no_padding(form):
    image = np.random.default_rng(0).integers(0, 255, (50, 38, 3), np.uint8)
    frame = av.VideoFrame.from_ndarray(image, format="rgb24").reformat(format=form)
    assert form in ("gray", "rgb24") or frame.planes[0].line_size != 38
    first = np.frombuffer(frame.planes[0], np.uint8).reshape(50, -1)
    used = {"rgb24": 3 * 38, "gray16le": 2 * 38}.get(form, 38)
    assert digest(frame) == zlib.crc32(first[::8, :used].tobytes())
    assert digest(frame) != digest(av.VideoFrame.from_ndarray(image + 1, format="rgb24").reformat(format=form))


def test_the_memory_of_a_frame_is_free_once_it_was_read(tmp_path):
    with open_video(make(tmp_path / "a.mkv", "-c:v", "ffv1", frames=60)) as (container, stream):
        upright, places = Upright(stream), set()
        for frame in container.decode(stream):
            places.add(frame.planes[0].buffer_ptr)
            upright(frame)
    assert len(places) < 20  # the decoder's own threads hold some

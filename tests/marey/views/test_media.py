"""Images and clips within the page, and those for which there is no room."""

import base64
import io

import numpy as np
from PIL import Image

from marey.views.media import MAX_CLIP_BYTES, MAX_IMAGE_BYTES, MAX_IMAGE_WIDTH, MediaBudget

from ..made_report import png


def content(uri: str) -> bytes:
    return base64.b64decode(uri.partition("base64,")[2])


def test_small_files_are_in_the_page_as_they_are(tmp_path):
    (tmp_path / "a.png").write_bytes(png())
    (tmp_path / "a.mp4").write_bytes(b"clip")
    room = MediaBudget(tmp_path, 10_000)
    image, clip = room.image("a.png"), room.clip("a.mp4")
    assert (image.link, content(image.uri)) == ("a.png", png())
    assert clip.uri.startswith("data:video/mp4;")
    assert content(clip.uri) == b"clip"
    assert room.left == 10_000 - len(png()) - 4


def test_large_images_are_made_smaller_and_look_the_same(tmp_path):
    smooth = np.linspace(0, 255, 2000 * 800 * 3).reshape(800, 2000, 3) + np.random.default_rng(0).normal(
        0, 8, (800, 2000, 3)
    )
    picture = Image.fromarray(smooth.clip(0, 255).astype(np.uint8))
    picture.save(tmp_path / "a.png")
    assert (tmp_path / "a.png").stat().st_size > MAX_IMAGE_BYTES
    medium = MediaBudget(tmp_path).image("a.png")
    small = Image.open(io.BytesIO(content(medium.uri)))
    assert (small.format, small.width) == ("WEBP", MAX_IMAGE_WIDTH)
    expected = np.asarray(picture.resize(small.size), float)
    assert np.abs(np.asarray(small.convert("RGB"), float) - expected).mean() < 8


def test_what_has_no_room_is_linked(tmp_path):
    (tmp_path / "a #1.png").write_bytes(png())
    (tmp_path / "long.mp4").write_bytes(b"\0" * (MAX_CLIP_BYTES + 1))
    assert MediaBudget(tmp_path, 100).image("a #1.png") == ("a%20%231.png", "")
    assert MediaBudget(tmp_path).clip("long.mp4") == ("long.mp4", "")


def test_what_is_not_there_or_broken_is_no_image(tmp_path):
    (tmp_path / "a.png").write_bytes(b"\0" * (MAX_IMAGE_BYTES + 1))
    assert MediaBudget(tmp_path).image("b.png") is None
    assert MediaBudget(tmp_path).image("a.png") == ("a.png", "")

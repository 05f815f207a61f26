"""Images to bytes and back."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from marey.pictures.encoding import ImageError, decode, encode

IMAGE = np.random.default_rng(0).integers(0, 255, (5, 7, 3), dtype=np.uint8)


def test_nothing_is_lost():
    np.testing.assert_array_equal(decode(encode(IMAGE)), IMAGE)
    grey = IMAGE[..., 0]
    assert Image.open(io.BytesIO(encode(grey))).mode == "L"
    np.testing.assert_array_equal(decode(encode(grey)), np.stack([grey] * 3, axis=-1))


def saved(image: Image.Image, kind: str, **options) -> bytes:
    image.save(buffer := io.BytesIO(), kind, **options)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("kind", "mode"),
    [(kind, mode) for kind, modes in {
        "PNG": ("1", "L", "LA", "P", "RGB", "RGBA"), "TIFF": ("1", "L", "P", "RGB", "RGBA", "CMYK"), "BMP": ("L", "P"),
        "WEBP": ("RGB",),
    }.items() for mode in modes],
)  # fmt: skip
def test_plain_modes_come_as_rgb(kind, mode):
    image = Image.fromarray(IMAGE).convert(mode)
    found = decode(saved(image, kind, **({"lossless": True} if kind == "WEBP" else {})))
    assert found.dtype == np.uint8
    np.testing.assert_array_equal(found, np.asarray(image.convert("RGB")))


@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
def test_photographs_come_as_rgb(mode):
    smooth = np.linspace(40, 200, 32 * 48 * 3).reshape(32, 48, 3).astype(np.uint8)
    image = Image.fromarray(smooth).convert(mode)
    found = decode(saved(image, "JPEG", quality=98)).astype(int)
    assert np.abs(found - np.asarray(image.convert("RGB"))).max() < 8


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "PPM"])
def test_sixteen_bits_are_scaled(kind):
    deep = np.linspace(0, 65535, 35).reshape(5, 7).astype(np.uint16)
    np.testing.assert_array_equal(decode(saved(Image.fromarray(deep), kind))[..., 1], np.round(deep / 257))


def test_sixteen_bits_of_colour_are_scaled():
    deep = np.linspace(0, 65535, 5 * 7 * 3).reshape(5, 7, 3).astype(np.uint16)
    assert np.abs(decode(png(deep)).astype(int) - deep / 257).max() <= 1
    with pytest.raises(ImageError, match="16 bits .mode RGB., the upper ones unused"):
        decode(png(deep // 16))


def png(deep: np.ndarray) -> bytes:
    """Write u16[height, width, 3] as a PNG of 16 bits, which Pillow cannot."""
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in deep)
    parts = [(b"IHDR", struct.pack(">IIBBBBB", deep.shape[1], deep.shape[0], 16, 2, 0, 0, 0))]
    parts += [(b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    chunks = [struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
              for kind, body in parts]  # fmt: skip
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["PNG", "TIFF", "WEBP"])
def test_images_are_turned_upright(kind, orientation):
    """Each orientation's stored form of one image, by EXIF's definition of where row 0 and column 0 lie."""
    stored = {
        1: IMAGE, 2: IMAGE[:, ::-1], 3: IMAGE[::-1, ::-1], 4: IMAGE[::-1], 5: IMAGE.swapaxes(0, 1),
        6: np.rot90(IMAGE, 1), 7: IMAGE[::-1, ::-1].swapaxes(0, 1), 8: np.rot90(IMAGE, -1),
    }[orientation]  # fmt: skip
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"exif": exif} | ({"lossless": True} if kind == "WEBP" else {})
    np.testing.assert_array_equal(decode(saved(Image.fromarray(stored.copy()), kind, **options)), IMAGE)


def test_what_would_need_a_guess_names_its_mode():
    faulty = {
        "mode F": saved(Image.fromarray(np.ones((5, 7), np.float32)), "TIFF"),
        "mode I,": saved(Image.fromarray(np.ones((5, 7), np.int32)), "TIFF"),
        "mode LAB": saved(Image.new("LAB", (7, 5)), "TIFF"),
        "transparent pixels .mode RGBA": saved(Image.new("RGBA", (7, 5), (1, 2, 3, 0)), "PNG"),
        "transparent pixels .mode P": saved(Image.new("RGBA", (7, 5), (1, 2, 3, 0)).quantize(), "PNG"),
        "mode I;16.*upper ones unused": saved(Image.fromarray(np.full((5, 7), 4095, np.uint16)), "PNG"),
        "holds 2 images": saved(
            Image.fromarray(IMAGE), "TIFF", save_all=True, append_images=[Image.fromarray(255 - IMAGE)]
        ),
        "not a whole image": saved(Image.fromarray(np.tile(IMAGE, (99, 9, 1))), "PNG")[:400],
        "not a readable image": b"text",
        "not a readable image .PNG, JPEG": saved(Image.fromarray(IMAGE), "TGA"),  # a form that any bytes may have
        "mode I;16 with 0 for white": saved(
            Image.fromarray(np.linspace(0, 65535, 35).reshape(5, 7).astype(np.uint16)), "TIFF", tiffinfo={262: 0}
        ),
    }
    for message, content in faulty.items():
        with pytest.raises(ImageError, match=message):
            decode(content)


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "GIF", "BMP", "WEBP", "JPEG2000", "AVIF"])
def test_damage_is_a_fault_of_the_image_and_no_other_error(kind):
    smooth = np.linspace(40, 200, 32 * 48 * 3).reshape(32, 48, 3).astype(np.uint8)
    whole, random = saved(Image.fromarray(smooth), kind), np.random.default_rng(0)
    expected, seen = decode(whole), 0
    for _ in range(60):
        damaged = np.frombuffer(whole, np.uint8).copy()
        start = random.integers(len(damaged))
        damaged[start : start + 4] = 0
        try:
            found = decode(damaged.tobytes())
        except ImageError:
            seen += 1
        else:  # PNG has checksums
            assert kind != "PNG" or np.array_equal(found, expected)
    assert seen

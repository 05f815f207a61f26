"""Images as encoded bytes, which is how tables hold them, and the one way from any image file to pixels."""

import io

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

# What labelled images come in. Pillow knows more: some run a program (EPS), hold several sizes, or have no clear mark.
_FORMATS = ("PNG", "JPEG", "TIFF", "BMP", "GIF", "WEBP", "JPEG2000", "PPM", "AVIF")
# Modes that Pillow converts to RGB without a choice: 8 bits or fewer, and colours that every program shows alike.
_PLAIN_MODES = ("1", "L", "LA", "P", "PA", "RGB", "RGBA", "RGBX", "CMYK", "YCbCr")
_DEEP_MODES = ("I;16", "I;16L", "I;16B", "I;16N")
# Brightest of 255 below which 16 bits cannot be told from 10, 12 or 14 bits that were saved in 16.
MIN_BRIGHTEST = 64
_PHOTOMETRIC = 262  # tag of TIFF; 0: white is zero, which Pillow heeds for 8 bits alone


class ImageError(ValueError):
    """An image that cannot be turned into upright 8-bit RGB; the message continues `image x ...` and names the fix."""


def encode(image: np.ndarray) -> bytes:
    """Encode an image u8[height, width, 3] RGB or u8[height, width] as PNG."""
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, format="PNG")
    return buffer.getvalue()


def decode(encoded: bytes) -> np.ndarray:
    """Decode an image of any kind into upright u8[height, width, 3] RGB.

    It is turned as its metadata (EXIF) say. 16 bits are scaled so that 65535 becomes 255. Raises ImageError, which
    names the mode, where that would need a guess: floating-point or 32-bit values, transparent pixels, several images
    in one file, 16 bits of which the upper ones are unused.
    """
    try:
        with _open(encoded) as image:
            image.verify()  # the checksums of PNG, which decoding does not compare
        with _open(encoded) as image:
            if getattr(image, "n_frames", 1) > 1 and image.format != "MPO":  # of a camera: the others are previews
                raise ImageError(f"holds {image.n_frames} images; save the labelled one as a file of its own")
            deep = image.mode in _DEEP_MODES or (image.mode == "I" and image.format == "PPM") or _is_stripped(image)
            if deep and image.format == "TIFF" and image.tag_v2.get(_PHOTOMETRIC) == 0:
                raise ImageError(f"has the mode {image.mode} with 0 for white; save it with 0 for black")
            image.load()
            return _upright_rgb(ImageOps.exif_transpose(image), deep=deep)
    except ImageError:
        raise
    except UnidentifiedImageError:
        raise ImageError(f"is not a readable image ({', '.join(_FORMATS)})") from None
    except Image.DecompressionBombError:
        raise ImageError("has too many pixels to be opened safely; make it smaller") from None
    except Exception as error:  # what damaged files raise, of a dozen kinds
        raise ImageError(f"is not a whole image ({error})") from None


def _open(encoded: bytes) -> Image.Image:
    return Image.open(io.BytesIO(encoded), formats=_FORMATS)


def _is_stripped(image: Image.Image) -> bool:
    """Return whether Pillow reads only the upper 8 of the 16 bits of a colour image."""
    return any(";16" in str(tile[3]) for tile in image.tile)


def _upright_rgb(image: Image.Image, *, deep: bool) -> np.ndarray:
    mode = image.mode
    if mode not in _PLAIN_MODES and not deep:
        raise ImageError(f"has the mode {mode}, which has no one form in 8 bits; save it as 8-bit grey or RGB")
    if image.has_transparency_data:
        image = image.convert("RGBA")
        if image.getextrema()[3][0] < 255:
            raise ImageError(f"has transparent pixels (mode {mode}); save it without transparency")
    if mode in _PLAIN_MODES:
        pixels = np.asarray(image.convert("RGB"))
    else:
        grey = (np.asarray(image).astype(np.uint32) + 128) // 257
        pixels = np.repeat(grey.astype(np.uint8)[..., None], 3, axis=2)
    if deep and pixels.max() < MIN_BRIGHTEST:
        raise ImageError(
            f"has 16 bits (mode {mode}), the upper ones unused, so that its brightness is unknown; save it with 8 bits"
        )
    return pixels

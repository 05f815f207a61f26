"""Fingerprints of images, in a few bytes: they tell whether a frame is still the one that a person labelled.

The digest of an encoded image tells that nothing changed. Where a video was coded anew, or another version of a library
decodes it, digests differ and the image is the same all the same: then its fingerprint tells.
"""

import base64

import numpy as np
from PIL import Image

from marey.pictures.encoding import encode

SHAPE = (24, 32)  # rows and columns of a fingerprint
# Grey values that a block may differ by. In videos of three laboratories, coding anew (H.264, CRF 18 to 28) moved no
# block by more than 8, and frames five apart differ by 21 or more.
MAX_DIFFERENCE = 10


def frame_png(picture: np.ndarray) -> bytes:
    """Encode a frame u8[height, width, 3] as PNG; grey if the three channels are one."""
    return encode(picture[..., 0] if (picture == picture[..., :1]).all() else picture)


def fingerprint(picture: np.ndarray) -> str:
    """Return the fingerprint of an image u8[height, width, 3]: mean grey values of the blocks of a grid, in Base64."""
    small = Image.fromarray(picture).convert("L").resize(SHAPE[::-1], Image.Resampling.BOX)
    return base64.b64encode(small.tobytes()).decode()


def alike(first: str, second: str) -> bool:
    """Tell whether two fingerprints are of one image, however it was coded; brighter or darker all over is the same."""
    one, other = (np.frombuffer(base64.b64decode(each), np.uint8).astype(float) for each in (first, second))
    if one.size != other.size:
        return False
    apart = one - other
    return bool(np.abs(apart - np.median(apart)).max() <= MAX_DIFFERENCE)

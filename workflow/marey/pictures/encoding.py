"""Images as encoded bytes, which is how tables hold them."""

import io

import numpy as np
from PIL import Image


def encode(image: np.ndarray) -> bytes:
    """Encode an image u8[height, width, 3] RGB or u8[height, width] as PNG."""
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, format="PNG")
    return buffer.getvalue()


def decode(encoded: bytes) -> np.ndarray:
    """Decode an image of any kind that Pillow reads into u8[height, width, 3] RGB."""
    return np.asarray(Image.open(io.BytesIO(encoded)).convert("RGB"))

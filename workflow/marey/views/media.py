"""Media of the page: images and clips as data URIs as long as there is room for them, links to all others."""

import base64
import io
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from PIL import Image

MAX_MEDIA_BYTES = 40_000_000  # bytes of media in a page: 53 MB as base64
MAX_CLIP_BYTES = 3_000_000  # bytes; longer clips are linked, so that one does not take the room of the others
MAX_IMAGE_BYTES = 250_000  # bytes; larger images are made smaller
MAX_IMAGE_WIDTH = 1600  # px of an image that was made smaller
WEBP_QUALITY = 82  # of WebP


class Medium(NamedTuple):
    """A file of the results: `link` relative to them, `uri` its content, empty where there was no room for it."""

    link: str
    uri: str


class MediaBudget:
    """The bytes that are left for media in one page, of `size` at the start; `folder` holds the results."""

    def __init__(self, folder: Path, size: int = MAX_MEDIA_BYTES):
        self.folder, self.left = folder, size

    def image(self, path: str) -> Medium | None:
        """Take in an image (PNG) of the results, `path` relative to them; None where there is none."""
        return self._medium(path, _small)

    def clip(self, path: str) -> Medium | None:
        """Take in a clip (MP4) of the results, `path` relative to them; None where there is none."""
        return self._medium(path, _clip)

    def _medium(self, path: str, load) -> Medium | None:
        if not (self.folder / path).is_file():
            return None
        kind, content = load(self.folder / path)
        if not content or len(content) > self.left:
            return Medium(quote(path), "")
        self.left -= len(content)
        return Medium(quote(path), f"data:{kind};base64,{base64.b64encode(content).decode()}")


def _clip(path: Path) -> tuple[str, bytes]:
    return "video/mp4", path.read_bytes() if path.stat().st_size <= MAX_CLIP_BYTES else b""


def _small(path: Path) -> tuple[str, bytes]:
    """Return a PNG as it is or, if it is large, as a WebP; nothing if it is broken."""
    content = path.read_bytes()
    if len(content) <= MAX_IMAGE_BYTES:
        return "image/png", content
    try:
        with Image.open(io.BytesIO(content)) as image:
            image = image.convert("RGB")
    except (OSError, Image.DecompressionBombError):
        return "image/png", b""
    image.thumbnail((MAX_IMAGE_WIDTH, 100 * MAX_IMAGE_WIDTH))
    image.save(smaller := io.BytesIO(), "WEBP", quality=WEBP_QUALITY, method=2)
    return "image/webp", smaller.getvalue()

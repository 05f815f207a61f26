"""Images and clips within the page, as data URIs, as long as there is room for them; links to all others."""

import base64
import io
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from PIL import Image

ROOM = 40_000_000  # bytes of media in a page: 53 MB as base64
LARGEST_CLIP = 3_000_000  # bytes; longer clips are linked, so that one does not take the room of the others
LARGEST_IMAGE = 250_000  # bytes; larger images are made smaller
WIDEST = 1600  # px of an image that was made smaller
QUALITY = 82  # of WebP


class Medium(NamedTuple):
    """A file of the results: `link` relative to them, `uri` its content, empty where there was no room for it."""

    link: str
    uri: str


class Room:
    """What is left of the room for media in one page."""

    def __init__(self, folder: Path, size: int = ROOM):
        self.folder, self.left = folder, size

    def image(self, path: str) -> Medium | None:
        """An image of the results, `path` relative to them; None if there is none."""
        return self._medium(path, _small)

    def clip(self, path: str) -> Medium | None:
        """A clip (MP4) of the results; None if there is none."""
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
    return "video/mp4", path.read_bytes() if path.stat().st_size <= LARGEST_CLIP else b""


def _small(path: Path) -> tuple[str, bytes]:
    """A PNG as it is or, if it is large, as a WebP; nothing if it is broken."""
    content = path.read_bytes()
    if len(content) <= LARGEST_IMAGE:
        return "image/png", content
    try:
        with Image.open(io.BytesIO(content)) as image:
            image = image.convert("RGB")
    except (OSError, Image.DecompressionBombError):
        return "image/png", b""
    image.thumbnail((WIDEST, 100 * WIDEST))
    image.save(smaller := io.BytesIO(), "WEBP", quality=QUALITY, method=2)
    return "image/webp", smaller.getvalue()

"""How files begin, which is what formats are known by. Standard library only (parse time)."""

import re
from pathlib import Path

HEAD_BYTES = 65_536  # bytes of a file that are looked at
IMAGE_SUFFIXES = {".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp"}


def read_head(path: Path) -> bytes:
    """Read the beginning of a file."""
    with path.open("rb") as file:
        return file.read(HEAD_BYTES)


def header_cells(head: bytes) -> list[str]:
    """Read the first line of a text table that holds anything, whatever parts its cells and however it is encoded."""
    text = head.replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe").decode("utf-8", errors="replace")
    line = next((line for line in text.splitlines() if line.strip(" ,;\t")), "")
    return [cell.strip().strip('"') for cell in re.split(r"[,;\t]", line)]

"""Hashes of files' content: a module of its own, since an edit of it probes all videos again."""

import hashlib
from pathlib import Path


def content_hash(path: str | Path) -> str:
    """Compute the BLAKE2b-128 of a file's content, hexadecimal, read as a stream."""
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=16)).hexdigest()

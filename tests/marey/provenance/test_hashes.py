"""Hashes of files, beside those of the standard library."""

import hashlib

from marey.provenance.hashes import content_hash


def test_content_hash(tmp_path):
    (tmp_path / "file").write_bytes(b"abc")
    assert content_hash(tmp_path / "file") == hashlib.blake2b(b"abc", digest_size=16).hexdigest()

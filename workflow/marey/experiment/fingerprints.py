"""What tells that the file of a video is another one: asked while Snakemake parses the workflow.

Standard library only, but where a file's time has changed. A hash of whole videos would take hours, and their times
say too little: a copy has a new one, and a file that takes the place of another may have an old one.
"""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from marey.provenance.kept import Kept

FINGERPRINT_BYTES = 65_536  # bytes of each part of a fingerprint
KEYS = {"time", "ends", "fingerprint"}  # what is kept of each file


class Probed(NamedTuple):
    """What the table `probe` of a video says: the hash of its `content`, the `fingerprint` then, and its own `time`."""

    content: str
    fingerprint: str
    time: int  # ns


class Fingerprints:
    """The fingerprints of videos, each the same until the content of its file changes.

    Size, beginning, middle and end of a file are looked at every time. What changed in between shows in the time of the
    file: where that is a new one, all of the file is hashed, once. `path` is the JSON file that keeps the times, beside
    Snakemake's records of the fingerprints that jobs ran with; where it is lost, the tables `probe` tell what it held.
    """

    def __init__(self, path: Path):
        self._kept = Kept(path)  # where it is lost, what has changed until now is not seen

    def of(self, path: str | Path, probed: Callable[[], Probed | None]) -> str:
        """Return the fingerprint of a file.

        `probed` gives what its table `probe` says; None: it was not probed.
        """
        path = Path(path)
        try:
            time, ends = path.stat().st_mtime_ns, quick_hash(path)
        except OSError:  # a folder, or no permission: `probe` says what is wrong
            return "unreadable"
        known = self._kept.get(str(path))
        if not isinstance(known, dict) or known.keys() != KEYS:  # of another version, or damaged
            known = None
        if known and known["ends"] == ends and known["time"] == time:
            return known["fingerprint"]
        fingerprint, table = ends, None if known and known["ends"] != ends else probed()
        if known and known["ends"] == ends:
            fingerprint = known["fingerprint"]
        elif table and table.fingerprint == table.content:  # of a file that had changed in between
            fingerprint = table.fingerprint
        elif table and (time <= table.time or table.fingerprint != ends):
            table = None
        if table and (content := _content_hash(path)) != table.content:
            fingerprint = content
        self._kept.set(str(path), {"time": time, "ends": ends, "fingerprint": fingerprint})
        if table:
            self.save()  # it may have taken minutes
        return fingerprint

    def save(self) -> None:
        """Write the file anew, where there is anything new: before jobs start, which ask for the same."""
        self._kept.save()


def quick_hash(path: Path) -> str:
    """Compute the BLAKE2b-128, hexadecimal, of a file's size, beginning, middle and end: in milliseconds."""
    size = path.stat().st_size
    digest = hashlib.blake2b(str(size).encode(), digest_size=16)
    with path.open("rb") as file:
        for place in (0, size // 2, max(0, size - FINGERPRINT_BYTES)):
            file.seek(place)
            digest.update(file.read(FINGERPRINT_BYTES))
    return digest.hexdigest()


def _content_hash(path: Path) -> str:
    from marey.provenance.hashes import content_hash

    return content_hash(path)

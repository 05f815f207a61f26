"""What tells that the file of a video is another one: asked while Snakemake parses the workflow.

Standard library only, but where a file's time has changed. A hash of whole videos would take hours, and their times
say too little: a copy has a new one, and a file that takes the place of another may have an old one.
"""

import contextlib
import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path

FINGERPRINT_BYTES = 65_536  # bytes of each part of a fingerprint
KEYS = ("time", "ends", "fingerprint")  # what is kept of each file


class Fingerprints:
    """The fingerprints of videos, each the same until the content of its file changes.

    Size, beginning, middle and end of a file are looked at every time. What changed in between shows in the time of the
    file: where that is a new one, all of the file is hashed, once. `path` is the JSON file that keeps the times, beside
    Snakemake's records of the fingerprints that jobs ran with.
    """

    def __init__(self, path: Path):
        self._path, self._changed = path, False
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
            self._known = {name: {key: known[key] for key in KEYS} for name, known in found.items()}
        except (OSError, ValueError, LookupError, TypeError, AttributeError):
            # not there yet, or lost: what has changed until now is not seen
            self._known = {}

    def of(self, path: str | Path, probed_hash: Callable[[], str | None]) -> str:
        """Return the fingerprint of a file.

        `probed_hash` gives the hash of its whole content as of when it was probed; None: it was not.
        """
        path = Path(path)
        try:
            time, ends = path.stat().st_mtime_ns, quick_hash(path)
        except OSError:  # a folder, or no permission: `probe` says what is wrong
            return "unreadable"
        known = self._known.get(str(path))
        if known and known["ends"] == ends and known["time"] == time:
            return known["fingerprint"]
        same_ends = bool(known) and known["ends"] == ends
        fingerprint = known["fingerprint"] if same_ends else ends
        probed = probed_hash() if same_ends else None
        if probed and (content := _content_hash(path)) != probed:
            fingerprint = content
        self._known[str(path)] = {"time": time, "ends": ends, "fingerprint": fingerprint}
        self._changed = True
        if probed:
            self.save()  # it may have taken minutes
        return fingerprint

    def save(self) -> None:
        """Write the file anew, where there is anything new: before jobs start, which ask for the same."""
        if not self._changed:
            return
        with contextlib.suppress(OSError):  # someone else's folder, in which a dry run is all that can be done
            self._path.parent.mkdir(parents=True, exist_ok=True)
            new = self._path.with_name(f"{self._path.name}.{os.getpid()}")
            new.write_text(json.dumps(self._known), encoding="utf-8")
            new.replace(self._path)
        self._changed = False


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

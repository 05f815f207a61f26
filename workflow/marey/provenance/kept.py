"""What takes long to find out and is kept from run to run, in a JSON file beside Snakemake's records.

Imported while Snakemake parses the workflow, in every job: standard library only.
"""

import contextlib
import json
import os
from pathlib import Path


class Kept:
    """Values by name, in the JSON file `path`; of this process alone without one.

    A file that is lost, or that may not be written, costs the time of finding out again, and nothing else.
    """

    def __init__(self, path: Path | None = None):
        self._path, self._changed, self._values = path, False, {}
        with contextlib.suppress(OSError, ValueError):
            found = json.loads(path.read_text(encoding="utf-8")) if path else {}
            self._values = found if isinstance(found, dict) else {}

    def get(self, name: str) -> dict | None:
        """Return what is known of `name`; None: nothing."""
        return self._values.get(name)

    def set(self, name: str, value: dict) -> None:
        """Know this of `name` from now on, and after `save` in other processes too."""
        self._values[name], self._changed = value, True

    def save(self) -> None:
        """Write the file anew, where there is anything new."""
        if not self._changed or self._path is None:
            return
        with contextlib.suppress(OSError):  # someone else's folder, in which a dry run is all that can be done
            self._path.parent.mkdir(parents=True, exist_ok=True)
            new = self._path.with_name(f"{self._path.name}.{os.getpid()}")
            new.write_text(json.dumps(self._values), encoding="utf-8")
            new.replace(self._path)
        self._changed = False

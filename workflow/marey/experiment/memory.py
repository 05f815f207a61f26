"""What is remembered from one run to the next, in a JSON file; losing it costs time and changes no result.

Standard library only: the Snakefile reads it while it is parsed, in every job.
"""

import contextlib
import json
import os
from pathlib import Path


class Memory(dict):
    """A dict that the JSON file `path` keeps."""

    def __init__(self, path: Path):
        super().__init__()
        self._path, self._saved = path, "{}"
        with contextlib.suppress(OSError, ValueError, TypeError):  # not there yet, or lost
            self.update(json.loads(path.read_text(encoding="utf-8")))
            self._saved = json.dumps(self)

    def save(self) -> None:
        """Write the file anew, where there is anything new."""
        text = json.dumps(self)
        if text == self._saved:
            return
        with contextlib.suppress(OSError):  # someone else's folder, in which a dry run is all that can be done
            self._path.parent.mkdir(parents=True, exist_ok=True)
            new = self._path.with_name(f"{self._path.name}.{os.getpid()}")
            new.write_text(text, encoding="utf-8")
            new.replace(self._path)
        self._saved = text

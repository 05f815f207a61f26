"""What results were made from: the provenance in their files, joined with the first lines of their jobs' logs."""

import json
import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pyarrow as pa

from marey.networks.metadata import read_metadata
from marey.provenance.hashes import content_hash
from marey.tables import files, places
from marey.tables.probe import PROBE


@dataclass(frozen=True)
class Input:
    """A file that a step read: its name in the rule, its path, and its content hash at that time (None: a video)."""

    name: str
    path: str
    hash: str | None


@dataclass(frozen=True)
class RunStep:
    """A job that ran: its outputs, its provenance, and the record of when and where it ran ({}: none is left)."""

    outputs: tuple[str, ...]
    provenance: dict
    record: dict

    @property
    def inputs(self) -> list[Input]:
        """Return the files that the step read."""
        named = self.provenance["inputs"].items()
        return [Input(name, item["path"], item["hash"]) for name, items in named for item in items]


def display_path(path: str) -> str:
    """Return a path as people are shown it: those in the results folder without its name."""
    return path.removeprefix("<results>/")


class TracedResults:
    """The results folder of an experiment. Paths in it begin with `<results>`, those of its data with `<data>`."""

    def __init__(self, folder: Path):
        self.folder = folder
        self._steps: dict[str, RunStep | None] = {}
        self._hashes: dict[str, str | None] = {}

    @classmethod
    def of(cls, result: Path) -> tuple["TracedResults", str]:
        """Find the results that the file `result` belongs to, and its path there; ValueError if it does not exist."""
        result = Path(os.path.abspath(result))
        if not result.is_file():
            raise ValueError(f"{result}: no such file; expected an output of the workflow, such as a table or a figure")
        folder = next((parent for parent in result.parents if (parent / places.LOGS).is_dir()), result.parent)
        return cls(folder), f"<results>/{result.relative_to(folder).as_posix()}"

    def file(self, path: str) -> Path:
        """Return where the file `path` is on this machine."""
        place, _, name = path.partition("/")
        folders = {"<results>": self.folder, "<data>": self._data}
        return Path(os.path.normpath(folders[place] / name)) if place in folders else Path(path)

    def step(self, path: str) -> RunStep | None:
        """Return the step that made `path`, or None for a file that no step made: labels, videos, pretrained weights.

        Raises ValueError for a file that cannot be read or that an older version made.
        """
        if not path.startswith("<results>"):
            return None
        if path not in self._steps:
            records = self._records.get(path, [])
            outputs = tuple(records[-1]["outputs"]) if records else (path,)
            provenance = next(filter(None, map(self._carried, (path, *outputs))), None)
            if provenance is not None:  # a log that says otherwise is of another run
                records = [
                    known for known in records if all(known.get(key, item) == item for key, item in provenance.items())
                ]
            record = records[-1] if records else {}
            outputs, provenance = tuple(record.get("outputs", [path])), provenance or record
            if provenance and not isinstance(provenance["config"], dict):
                raise ValueError(
                    f"{self.file(path)}: an older version made it, which kept less. Delete it and run again."
                )
            step = RunStep(outputs, provenance, record) if provenance else None
            self._steps |= dict.fromkeys((path, *outputs), step)
        return self._steps[path]

    def hash(self, path: str) -> str | None:
        """Return the content hash of a file as it is now, None if it is not there.

        A video that has the time and size that it had when it was probed is not read: it has the probed hash.
        """
        if path not in self._hashes:
            file, probed = self.file(path), self.probes.get(path)
            if not file.is_file():
                self._hashes[path] = None
            elif probed and probed["size"] == file.stat().st_size and probed["time"] == file.stat().st_mtime_ns:
                self._hashes[path] = probed["content_hash"]
            else:
                self._hashes[path] = content_hash(file)
        return self._hashes[path]

    def hash_then(self, item: Input) -> str | None:
        """Return the content hash of a file as it was when a step read it; of a video, as it was probed."""
        return item.hash or self.probes.get(item.path, {}).get("content_hash")

    @cached_property
    def probes(self) -> dict[str, dict]:
        """Read the tables `probe`: a dict for each path of a video.

        Its keys: `content_hash`, `size` (bytes), `video` (id), `time` (ns, of the file; None where the log is gone).
        """
        found = {}
        for path in sorted(self.folder.glob(places.every(places.TABLES["probe"]))):
            row = files.read(path, PROBE, ["path", "content_hash", "size", "video"]).iloc[0].to_dict()
            name = f"<data>/{row['path']}"
            records = self._records.get(f"<results>/{path.relative_to(self.folder).as_posix()}", [{}])
            found[name] = {**row, "time": records[-1].get("video_times", {}).get(name)}
        return found

    def seconds(self, step: RunStep) -> float | None:
        """Return how long a step took, s, from the benchmark of its job; None if there is none."""
        log = step.record.get("log")
        path = self.folder / places.BENCHMARKS / Path(log).with_suffix(".jsonl") if log else None
        if path is None or not path.is_file():
            return None
        return json.loads(path.read_text().splitlines()[-1])["s"]

    @cached_property
    def _data(self) -> Path:
        records = next(iter(self._records.values()), [{"data": "../../data"}])
        return self.folder / records[-1]["data"]

    @cached_property
    def _records(self) -> dict[str, list[dict]]:
        """Read the first lines of the logs of each output, the latest job last; `log` is the path of the log."""
        found: dict[str, list[dict]] = {}
        for path in sorted(self.folder.glob(f"{places.LOGS}/**/*.log")):
            with path.open(encoding="utf-8", errors="replace") as file:
                line = file.readline()
            if line.startswith("{"):
                record = {**json.loads(line), "log": path.relative_to(self.folder / places.LOGS).as_posix()}
                for output in record["outputs"]:
                    found.setdefault(output, []).append(record)
        for records in found.values():
            records.sort(key=lambda record: record["started"])
        return found

    def _carried(self, path: str) -> dict | None:
        """Read the provenance in a file itself, None where it has none."""
        file = self.file(path)
        try:
            if file.suffix == ".parquet":
                return files.read_provenance(file) or None
            if file.name == Path(places.METADATA).name:
                return read_metadata(file)["training"] if file.exists() else None
        except FileNotFoundError:
            return None
        except (pa.ArrowInvalid, ValueError, KeyError) as error:
            raise ValueError(f"{file}: cannot be read ({error}). Delete it and run the workflow again.") from None
        return None

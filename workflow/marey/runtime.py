"""The seam between Snakemake and the library: logging, progress and provenance of one job.

The only module that knows the `snakemake` object. It cannot change a result, so edits to it re-run nothing.
"""

import faulthandler
import hashlib
import json
import logging
import os
import platform
import sys
from datetime import UTC, datetime
from pathlib import Path

from marey import __version__
from marey.provenance.hashes import content_hash
from marey.running.gpu import deterministic_flags, require_gpu
from marey.tables import places

STDERR = 2  # the file descriptor
VIDEO_INPUTS = ("video", "videos")  # how rules name inputs that are videos


class _Tee:
    """Standard error that goes to the job's log file and, where a person watches, to the terminal as well."""

    def __init__(self, log, terminal):
        self.log, self.terminal = log, terminal

    def write(self, text: str) -> int:
        self.log.write(text)
        if self.terminal.isatty():
            self.terminal.write(text)
        return len(text)

    def flush(self) -> None:
        self.log.flush()
        self.terminal.flush()

    def isatty(self) -> bool:
        return self.terminal.isatty()

    def fileno(self) -> int:
        return self.terminal.fileno()


def start(snakemake) -> dict:
    """Begin a job: send logging, progress bars and tracebacks to its log; return the provenance of its outputs.

    The log begins with a line of JSON, `record`: tables may not say when and where they were made. What native code and
    processes that the job starts say goes there too and, where one of them dies by a signal, where in Python it was.
    """
    log = Path(snakemake.log[0])
    log.parent.mkdir(parents=True, exist_ok=True)
    file = log.open("w", buffering=1, encoding="utf-8", errors="backslashreplace")
    sys.stderr = _Tee(file, os.fdopen(os.dup(STDERR), "w", buffering=1, errors="backslashreplace"))
    os.dup2(file.fileno(), STDERR)
    faulthandler.enable(file)
    os.environ["PYTHONFAULTHANDLER"] = "1"  # of processes that are not forked
    found = provenance(snakemake)
    print(json.dumps(record(snakemake, found), sort_keys=True), file=file)
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(name)s: %(message)s", force=True)
    # tqdm reads this when it is imported: a line now and then in a log, a lively bar on a terminal.
    os.environ.setdefault("TQDM_MININTERVAL", "0.5" if sys.stderr.isatty() else "10")
    # Compiled programs are shared by all jobs of a user on the same kind of processor, whatever the experiment.
    os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(places.user_cache() / "jax" / _processor()))
    # The small ones too: JAX leaves out what took under a second, and a second start would compile that again.
    os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0")
    if snakemake.resources.get("gpu"):
        os.environ["XLA_FLAGS"] = deterministic_flags(os.environ.get("XLA_FLAGS", ""))
        require_gpu()
    return found


def provenance(snakemake) -> dict:
    """What the outputs of a job rest on: version, config, code digest, and its inputs with content hashes.

    Paths begin with `<results>` or `<data>`, as folders differ between machines; so the config's `data` is left out.
    Videos are large and are not hashed here: `probe` keeps their hashes.
    """
    inputs = {}
    for name, value in snakemake.input.items():
        paths = [value] if isinstance(value, str) else list(value)
        named = [(path, _portable(path, snakemake)) for path in paths]
        inputs[name] = [
            {"path": place, "hash": None if _is_video(name, place) else content_hash(path)} for path, place in named
        ]
    return {
        "version": __version__,
        "rule": _place(snakemake)[1],
        "wildcards": dict(snakemake.wildcards.items()),
        "config": {key: value for key, value in snakemake.params.config.items() if key != "data"},
        "code": snakemake.params.code,
        "inputs": inputs,
        "seed": snakemake.wildcards.get("seed", snakemake.params.config.get("seed")),
    }


def record(snakemake, provenance: dict) -> dict:
    """The provenance of a job with its outputs, where the data lie (from the results), and when and where it runs.

    `video_times` are those of the files of videos, ns: a file of another time may hold something else.
    """
    data = Path(snakemake.config["data"])
    named = [(name, item["path"]) for name, items in provenance["inputs"].items() for item in items]
    videos = {path: data / path.removeprefix("<data>/") for name, path in named if _is_video(name, path)}
    return {
        **provenance,
        "outputs": [_portable(path, snakemake) for path in snakemake.output],
        "video_times": {path: file.stat().st_mtime_ns for path, file in videos.items() if file.exists()},
        "data": str(data if data.is_absolute() else os.path.relpath(data, _place(snakemake)[0])),
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
        "host": platform.node(),
        "slurm_job": os.environ.get("SLURM_JOB_ID"),
    }


def _place(snakemake) -> tuple[Path, str]:
    """The results folder of a job and the name of its rule, as Marey calls it: its log is `<results>/logs/<rule>...`.

    As a module of another workflow, Marey's rules may bear other names, and its results lie in another folder.
    """
    log = Path(snakemake.log[0])
    for folder in reversed(log.parents):
        name = log.relative_to(folder).parts[0].removesuffix(".log")
        if folder.name == places.LOGS and name in snakemake.rule:
            return folder.parent, name
    raise ValueError(f"{log}: expected the log of rule {snakemake.rule} in a folder '{places.LOGS}'")


def _portable(path: str, snakemake) -> str:
    """`path` with `<results>` or `<data>` for the folder that it lies in."""
    for name, folder in (("<results>", _place(snakemake)[0]), ("<data>", Path(snakemake.config["data"]))):
        if Path(path).is_relative_to(folder):
            return f"{name}/{Path(path).relative_to(folder).as_posix()}"
    return Path(path).as_posix()


def _is_video(name: str, place: str) -> bool:
    """Whether an input of this name, with its path as `_portable` gives it, is a video of the experiment."""
    return name in VIDEO_INPUTS and place.startswith("<data>/")


def _processor() -> str:
    """A name for the kind of processor: programs compiled for one kind may not run on another."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        flags = next(line for line in lines if line.startswith(("flags", "Features")))
    except (OSError, StopIteration):
        flags = f"{platform.machine()} {platform.processor()}"  # no Linux
    return hashlib.blake2b(flags.encode(), digest_size=8).hexdigest()

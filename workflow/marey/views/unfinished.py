"""Jobs that began and have not ended: what their logs say."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from marey.experiment.sessions import read_rigs, read_sessions, rig_of
from marey.tables import places

FAILURE_PATTERN = re.compile(r"[A-Za-z_][\w.]*(Error|Exception|Interrupt|Exit)\b|Fatal Python error")
MAX_MESSAGE_LINES = 12  # of a failure's message, at most
# Rules of sessions and rigs that poses in space rest on.
BEFORE_POSES3D = ("probe_board", "detect_board", "calibrate_cameras", "read_calibration", "match_views")
BEFORE_POSES3D += ("triangulate_session", "smooth_session", "evaluate_session")
STOPPED = "Stopped (by Ctrl-C, for instance): run snakemake again, which goes on."


class UnfinishedJob(NamedTuple):
    """A job that began and whose outputs are not there: it failed, was stopped, or still runs."""

    rule: str
    wildcards: dict[str, str]
    log: str  # path, relative to the results
    message: str  # how its log ends

    @property
    def about(self) -> str:
        """Say what the job is about: its wildcards."""
        return ", ".join(f"{key} {value}" for key, value in self.wildcards.items())


def unfinished_jobs(
    folder: Path, sheet: Mapping[str, dict], planned: pd.DataFrame, config: dict
) -> Iterator[UnfinishedJob]:
    """Yield the jobs of an experiment that began, by the first line of their logs, and have not all of their outputs.

    Args:
        folder: its results.
        sheet: rows of its videos; jobs of others, of an earlier sheet, do not count.
        planned: table `plan`.
        config: the checked experiment.

    Returns:
        An iterator over the jobs, by the paths of their logs.
    """
    shards = set(zip(planned["video"], planned["start"].astype(str), planned["stop"].astype(str), strict=True))
    networks = {"models", *(["locators"] if config["animals"]["method"] == "top_down" else [])}
    sessions = read_sessions(config, sheet)
    rigs = read_rigs(config, sessions)
    wanted = {
        "video": set(sheet),
        "fold": {"all", *map(str, range(config["split"]["folds"]))},
        "seed": set(map(str, config["train"]["seeds"])),
        "network": networks,
        "session": set(sessions),
        "rig": set(rigs),
        "camera": {camera for cameras in rigs.values() for camera in cameras},
    }
    for path in sorted(folder.glob(f"{places.LOGS}/**/*.log")):
        with path.open(encoding="utf-8", errors="replace") as file:
            line = file.readline()
        try:
            record = json.loads(line)
            wildcards = record["wildcards"]
        except (ValueError, TypeError, KeyError):
            continue  # it stopped before it could say what it makes
        shard = tuple(wildcards.get(key) for key in ("video", "start", "stop"))
        if "rig" in wildcards:  # a film of the board is no video of the sheet, but one of a camera
            wildcards = {"camera" if key == "video" else key: value for key, value in wildcards.items()}
        asked = all(wildcards[key] in known for key, known in wanted.items() if key in wildcards)
        asked &= "start" not in wildcards or shard in shards
        missing = (not (folder / name.removeprefix("<results>/")).exists() for name in record["outputs"])
        if asked and any(missing):
            yield UnfinishedJob(record["rule"], wildcards, path.relative_to(folder).as_posix(), _ending(path))


def unfinished_sessions(jobs: Iterable[UnfinishedJob], sheet: Mapping[str, dict], config: dict) -> set[str]:
    """Find the sessions whose poses in space, if there are any, are those of an earlier run."""
    found = [job.wildcards for job in jobs if job.rule in BEFORE_POSES3D]
    return {
        session
        for session in read_sessions(config, sheet)
        for about in found
        if session == about.get("session") or rig_of(config, session) == about.get("rig")
    }


def _ending(path: Path) -> str:
    """Say how a log ends: the message of the error that stopped the job, or its last line."""
    lines = [line for line in path.read_text(encoding="utf-8", errors="replace").splitlines()[1:] if line.strip()]
    failures = [index for index, line in enumerate(lines) if FAILURE_PATTERN.match(line)]
    start = failures[-1] if failures else len(lines) - 1
    message = "\n".join(lines[max(start, 0) :][:MAX_MESSAGE_LINES])
    return STOPPED if message == "KeyboardInterrupt" else message

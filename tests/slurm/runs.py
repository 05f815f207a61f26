"""Runs of Snakemake on the cluster of the tests: of the workflow, and of a drill."""

import shutil
import subprocess
import sys
from pathlib import Path
from typing import ClassVar

from marey.tables import files
from marey.tables.columns import FRAME, table

from ..workflow.checkout import REPOSITORY, environment
from . import cluster as slurm

HERE = Path(__file__).parent
SNAKEMAKE = (str(HERE / "head.py"),)
PROFILE = ("--workflow-profile", "profiles/slurm")
# JAX_PLATFORMS: the GPUs are none, and CPUs have to do.
ENVIRONMENT = {**environment(), "JAX_PLATFORMS": "cpu"}
LIBRARY = {"PYTHONPATH": str(REPOSITORY / "workflow")}  # for scripts that are not beside it
PARTS = ["0-10", "10-20", "20-30"]  # of the drill


class Head:
    """A Snakemake that submits its jobs to SLURM, or a `program` that starts one, and what it prints."""

    started: ClassVar[list["Head"]] = []

    def __init__(self, folder: Path, *arguments: str, program: tuple[str, ...] = SNAKEMAKE, **variables: str):
        self.log = folder / "head.log"
        command = [sys.executable, *program, *PROFILE, *arguments]
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                command, cwd=folder, env=ENVIRONMENT | variables, stdout=log, stderr=subprocess.STDOUT
            )
        self.started.append(self)

    def end(self, status: int = 0) -> str:
        """Wait for its end, with this exit status; what it printed."""
        found = self.process.wait(timeout=900)
        text = self.log.read_text()
        assert found == status, text
        return text

    def says(self, text: str) -> None:
        """Wait until it has printed this."""
        slurm.until(lambda: text in self.log.read_text(), text)

    def kill(self) -> None:
        """As a power cut does."""
        self.process.kill()
        self.process.wait()


class Drill:
    """The workflow in tests/slurm/drill, in `folder`: three parts that end after `go`, and a table of them."""

    def __init__(self, folder: Path, *config: str):
        self.folder, self.config = folder, ("--config", *config) if config else ()
        shutil.copytree(HERE / "drill", folder, dirs_exist_ok=True)
        shutil.copytree(REPOSITORY / "profiles", folder / "profiles")

    def start(self, *arguments: str) -> Head:
        return Head(self.folder, *arguments, *self.config, **LIBRARY)

    def start_and_kill(self) -> None:
        """Kill Snakemake, `kill -9`, once all parts are at work; they go on."""
        head = self.start()
        self.begun(*PARTS)
        head.kill()

    def resume(self) -> Head:
        """Start `python -m marey resume`."""
        often = ("--slurm-init-seconds-before-status-checks", "1")
        return Head(self.folder, *often, *self.config, program=("-m", "marey", "resume"), **LIBRARY)

    def go(self) -> None:
        """Let parts come to their end, those that run and those that begin later."""
        (self.folder / "go").touch()

    def runs(self, part: str) -> list[str]:
        """What the jobs of a part have said so far."""
        path = self.folder / "runs" / part
        return path.read_text().split() if path.exists() else []

    def all_runs(self) -> list[list[str]]:
        return [self.runs(part) for part in PARTS]

    def begun(self, *parts: str, times: int = 1) -> None:
        """Wait until these parts are at work, for the first time or once more."""
        slurm.until(lambda: all(len(self.runs(part)) >= times for part in parts), f"beginning of {parts}")

    def check_whole(self) -> None:
        """No frame is lost, and none is there twice."""
        schema = table("part", [FRAME], sort=["frame"])
        assert files.read(self.folder / "results" / "whole.parquet", schema)["frame"].tolist() == list(range(30))


def job(part: str) -> tuple[str, str]:
    """Number and node of the running job of a part of the drill."""
    rows = [row.split("|") for row in slurm.ask("squeue", "--noheader", "--format=%k|%i|%N").splitlines()]
    (found,) = [row for row in rows if row[0].strip() == f"rule_part_wildcards_{part.replace('-', '_')}"]
    return found[1], found[2]

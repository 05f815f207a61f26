"""Resuming after Snakemake was killed: its jobs may still run, and its lock is still there.

A second run beside them could do no table harm, since each writer has a temporary file of its own, but it would do
their work twice.
"""

import argparse
import shutil
import subprocess
import sys
import time
from pathlib import Path

import psutil

POLL_SECONDS = 10  # seconds between two looks


def resume(arguments: list[str]) -> int:
    """Wait for what an earlier run in the same folder has left running, unlock, and run `snakemake` with `arguments`.

    The folder is that of `--directory` among these, or the current one. Its SLURM jobs that still wait in the queue are
    cancelled. Returns the exit status of Snakemake. ValueError if SLURM does not answer.
    """
    folder = _directory(arguments)
    _wait(folder, _processes)
    _wait(folder, _jobs)
    snakemake = [sys.executable, "-m", "snakemake", *arguments]
    unlocked = subprocess.run([*snakemake, "--unlock"], capture_output=True, text=True)
    if unlocked.returncode:
        print(unlocked.stdout + unlocked.stderr, file=sys.stderr)
        return unlocked.returncode
    return subprocess.run(snakemake).returncode


def _directory(arguments: list[str]) -> Path:
    """Return the folder that a Snakemake with these arguments works in."""
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--directory", "-d", type=Path, default=Path())
    return parser.parse_known_args(arguments)[0].directory.absolute()


def _wait(folder: Path, find) -> None:
    """Wait until `find(folder)` finds nothing, and say so when that changes."""
    told = []
    while found := find(folder):
        if found != told:
            print(f"Waiting for what still runs: {'; '.join(found)}", file=sys.stderr)
            told = found
        time.sleep(POLL_SECONDS)


def _processes(folder: Path) -> list[str]:
    """List the Snakemakes that run in the folder, and their jobs, if they run on this machine."""
    found = []
    for process in psutil.process_iter():
        try:
            words = process.cmdline()[:3]
            snakemake = any(Path(word).name == "snakemake" or "/.snakemake/scripts/" in word for word in words)
            if snakemake and Path(process.cwd()).resolve() == folder.resolve():
                found.append(f"process {process.pid}")
        except psutil.Error:  # it has ended, or is someone else's
            continue
    return sorted(found)


def _jobs(folder: Path) -> list[str]:
    """List the running SLURM jobs that were submitted from the folder; those that only wait are cancelled."""
    if not shutil.which("squeue"):
        return []
    squeue = ["squeue", "--me", "--noheader", "--format=%i|%T|%k|%Z"]
    asked = subprocess.run(squeue, capture_output=True, text=True)
    if asked.returncode:
        raise ValueError(
            f"squeue failed ({asked.stderr.strip()}): whether jobs still run is unknown. Try again once SLURM answers."
        )
    rows = [line.split("|") for line in asked.stdout.splitlines()]
    ours = [row for row in rows if row[2].startswith("rule_") and Path(row[3]).resolve() == folder.resolve()]
    if waiting := [number for number, state, *_ in ours if state == "PENDING"]:
        subprocess.run(["scancel", "--state=PENDING", *waiting], check=True)
    return [f"SLURM job {number} ({what})" for number, state, what, _ in ours if state != "PENDING"]

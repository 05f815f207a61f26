"""Going on after a killed run: what is waited for, what is cancelled, and what is left alone."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from marey.running import resume

SQUEUE = """#!{python}
from pathlib import Path
here = Path("{here}")
looks = len(list(here.glob("look*")))
(here / f"look{{looks}}").touch()
print("11|PENDING|rule_infer_shard_wildcards_a_0_100|{here}")
print("12|PENDING|rule_infer_shard_wildcards_b_0_100|/elsewhere")
print("13|RUNNING|my own job|{here}")
if looks < 2:
    print("14|RUNNING|rule_train_model_wildcards_0_0|{here}")
"""
SNAKEFILE = """rule all:
    output: "done"
    script: "job.py"
"""
JOB = """import time
open("begun", "w")
time.sleep(2)
open(snakemake.output[0], "w")
"""
ARGUMENTS = ["--cores", "1", "--quiet", "all"]


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    """A folder with a workflow; looks come without delay."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(resume, "POLL_SECONDS", 0.1)
    (tmp_path / "Snakefile").write_text(SNAKEFILE)
    (tmp_path / "job.py").write_text(JOB)
    return tmp_path


def program(folder: Path, name: str, text: str) -> None:
    path = folder / "bin" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)


def test_running_jobs_are_waited_for_and_waiting_ones_cancelled(folder, monkeypatch, capsys):
    program(folder, "squeue", SQUEUE.format(python=sys.executable, here=folder))
    program(folder, "scancel", f"#!/bin/sh\necho $@ >> {folder}/cancelled\n")
    monkeypatch.setenv("PATH", str(folder / "bin"), prepend=":")
    assert resume.resume(ARGUMENTS) == 0
    said = capsys.readouterr().err
    assert "SLURM job 14 (rule_train_model_wildcards_0_0)" in said
    assert "13" not in said
    assert set((folder / "cancelled").read_text().splitlines()) == {"--state=PENDING 11"}
    assert (folder / "done").exists()


def test_nothing_is_started_while_slurm_does_not_answer(folder, monkeypatch):
    program(folder, "squeue", "#!/bin/sh\necho Unable to contact slurm controller >&2\nexit 1\n")
    monkeypatch.setenv("PATH", str(folder / "bin"), prepend=":")
    with pytest.raises(ValueError, match="Unable to contact slurm controller.*Try again"):
        resume.resume(ARGUMENTS)
    assert not (folder / "begun").exists()


def test_a_job_of_a_killed_run_without_slurm_is_waited_for(folder, monkeypatch, capsys):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    run = subprocess.Popen([sys.executable, "-m", "snakemake", *ARGUMENTS])
    while not (folder / "begun").exists():
        assert run.poll() is None
    run.kill()
    run.wait()
    assert resume.resume([*ARGUMENTS, "--rerun-incomplete"]) == 0
    assert "Waiting for what still runs: process" in capsys.readouterr().err
    assert (folder / "done").exists()


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--cores", "1"], "."),
        (["--directory", "there", "--cores", "1"], "there"),
        (["-d", "there", "all"], "there"),
        (["all", "--directory=there"], "there"),
    ],
)
def test_jobs_are_looked_for_in_the_folder_that_snakemake_works_in(folder, monkeypatch, arguments, expected):
    looked, ran = [], []
    for find in ("_processes", "_jobs"):
        monkeypatch.setattr(resume, find, lambda where: looked.append(where) or [])
    done = subprocess.CompletedProcess([], 0)
    monkeypatch.setattr(subprocess, "run", lambda command, **options: ran.append(command[3:]) or done)
    assert resume.resume(arguments) == 0
    assert looked == [folder / expected] * 2
    assert ran == [[*arguments, "--unlock"], arguments]


def test_the_status_of_snakemake_is_handed_on(folder, monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    (folder / "Snakefile").write_text('rule all:\n    output: "done"\n    shell: "false"\n')
    assert resume.resume(ARGUMENTS) == 1
    (folder / "Snakefile").write_text("no snakefile")
    assert resume.resume(["--cores", "1"]) == 1

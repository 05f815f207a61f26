"""A folder of one's own, made by `marey init`: the workflow runs there and leaves the repository as it was."""

import re
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from .checkout import Workflow, environment, executed, jobs, make_video


@pytest.fixture(scope="module")
def checkout(tmp_path_factory) -> Path:
    """A copy of the repository's workflow."""
    return Workflow.checkout(tmp_path_factory.mktemp("repository"), {}).root


def files(root: Path) -> dict[Path, int]:
    """The files of the repository and when they were changed, but for what Python compiles."""
    paths = [path for path in root.rglob("*") if "__pycache__" not in path.parts]
    return {path: path.stat().st_mtime_ns for path in paths if path.is_file()}


class Folder:
    """A folder of one's own beside a checkout, with one video, and the command that `marey init` said to run there."""

    def __init__(self, path: Path, checkout: Path):
        self.path = path
        made = {**environment(), "PYTHONPATH": str(checkout / "workflow")}
        command = [sys.executable, "-m", "marey", "init", str(path)]
        said = subprocess.run(command, env=made, capture_output=True, text=True, check=True).stdout
        (line,) = re.findall(r"^ +snakemake (--snakefile .*)$", said, re.MULTILINE)
        self.arguments = line.split()
        make_video(path / "videos" / "a.mp4", seed=0)
        with (path / "videos.tsv").open("a") as sheet:
            sheet.write("a\tvideos/a.mp4\n")

    def run(self, *arguments: str, check: bool = True) -> str:
        command = [sys.executable, "-m", "snakemake", *self.arguments, *arguments]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
        done = subprocess.run(command, cwd=self.path, env=environment(), **pipes)
        assert not check or done.returncode == 0, done.stdout
        return done.stdout


@pytest.fixture(scope="module")
def mine(tmp_path_factory, checkout) -> Folder:
    """The folder `mine`, in which the workflow was run as a person would."""
    before = files(checkout)
    folder = Folder(tmp_path_factory.mktemp("home") / "mine", checkout)
    folder.first_output = folder.run()
    assert files(checkout) == before
    return folder


def test_results_lie_in_the_folder(mine: Folder):
    samples = pd.read_parquet(mine.path / "results" / "mine" / "samples.parquet")
    assert set(samples["video"]) == {"a"}
    assert (mine.path / "results" / "mine" / "figures" / "sampled.png").exists()
    assert {path.name for path in mine.path.iterdir()} == {
        "config.yaml",
        "labels",
        "videos.tsv",
        "videos",
        "results",
        ".snakemake",
    }


def test_the_profile_of_the_repository_counts_and_a_person_sees_a_line_a_job(mine: Folder, checkout):
    assert f"profile {checkout}/profiles/default" in mine.first_output
    lines = re.findall(r"^\d\d:\d\d:\d\d +(\d) of 5 done  (.*)$", mine.first_output, re.MULTILINE)
    assert lines[0] == ("0", "Probing video a")
    assert len(lines) == 4
    assert "5 of 5 steps (100%) done" in mine.first_output
    assert not executed(mine.first_output)
    (log,) = sorted((mine.path / ".snakemake" / "log").glob("*.log"))[:1]
    assert executed(log.read_text()) == dict.fromkeys(
        ["probe_video", "plot_videos", "sample_frames", "plot_sampled"], 1
    )


def test_its_config_counts_and_a_named_one_counts_more(mine: Folder):
    assert "Nothing to be done" in mine.run("--dry-run")
    config = (mine.path / "config.yaml").read_text()
    (mine.path / "config.yaml").write_text(config.replace("frames_per_video: 20", "frames_per_video: 3"))
    assert jobs(mine.run("--dry-run")) == {"sample_frames": 1, "plot_sampled": 1}
    (mine.path / "more.yaml").write_text("sample: {frames_per_video: 20}\n")
    assert "Nothing to be done" in mine.run("--configfile=more.yaml", "--dry-run")
    (mine.path / "config.yaml").write_text(config)


def test_errors_are_shown_in_full(mine: Folder):
    (mine.path / "labels.csv").write_text("video,frame,individual,keypoint,x,y\na,0,m,snuot,5,5\n")
    (mine.path / "more.yaml").write_text("keypoints: [snout]\nlabels: {sources: [labels.csv]}\n")
    said = mine.run("--configfile=more.yaml", check=False)
    assert "Error in rule ingest_labels" in said
    assert "did you mean 'snout'" in said or "snuot" in said
    assert "At least one job did not complete successfully" in said or "Exiting because a job execution failed" in said

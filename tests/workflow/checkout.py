"""A copy of the workflow, to run, edit and run again, and tiny videos for it."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import yaml

from marey.synth.film import film
from marey.synth.scene import Scene

from . import forked

REPOSITORY = Path(__file__).parents[2]
STAND_IN = Path(__file__).with_name("stand_in.py")
PARTS = ("Snakefile", "rules", "scripts", "workflow", "config", "profiles", "envs")


class Workflow:
    """A checkout in `root`; its experiment is the dict `config`, written before each run."""

    def __init__(self, root: Path, config: dict):
        self.root, self.config = root, config

    @classmethod
    def checkout(cls, root: Path, config: dict) -> "Workflow":
        """Copy this repository's workflow to `root`."""
        for part in PARTS:
            source = REPOSITORY / part
            copy = shutil.copytree if source.is_dir() else shutil.copy2
            copy(source, root / part)
        return cls(root, config)

    def with_config(self, **changes) -> "Workflow":
        """The same checkout with other values of some top-level keys."""
        return Workflow(self.root, {**self.config, **changes})

    @property
    def results(self) -> Path:
        return self.root / "results" / self.config["project"]

    def snakemake(self, *arguments: str, check: bool = True, within: Sequence[str] = ()) -> str:
        """Run snakemake with the experiment, perhaps `within` another command; returns what it printed."""
        command = [*within, sys.executable, "-m", "snakemake", *self.arguments(), *arguments]
        done = subprocess.run(
            command, cwd=self.root, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        return printed(done, check)

    def forked(self, *arguments: str, check: bool = True, jobs: bool = False) -> str:
        """The same in half the time (see `forked`); where it runs jobs, so do these with `jobs`."""
        command = [*self.arguments(), *arguments]
        return printed(forked.snakemake(command, folder=self.root, environment=environment(), jobs=jobs), check)

    def without_work(self, *arguments: str) -> str:
        """Run jobs that make outputs without content (see `stand_in`), and no report: it would have nothing to say."""
        command = ["--no-hooks", *self.arguments(), *arguments]
        done = forked.snakemake(command, folder=self.root, environment=environment(), first=STAND_IN)
        return printed(done, check=True)

    def arguments(self) -> list[str]:
        """What tells snakemake the experiment, which is written."""
        path = self.root / "experiment.yaml"
        path.write_text(yaml.safe_dump(self.config, sort_keys=False))
        # Of one word each, or they take targets for more values. With `--quiet`, Snakemake says itself what is done.
        return [f"--configfile={path.name}", "--quiet=reason"]

    def planned(self) -> dict[str, int]:
        """The jobs of a dry run, by rule, without `all`."""
        return jobs(self.forked("--dry-run"))

    def edit(self, name: str, old: str, new: str) -> None:
        """Replace text in a file of the checkout."""
        path = self.root / name
        text = path.read_text()
        assert old in text, f"{name}: no '{old}'"
        path.write_text(text.replace(old, new))


def printed(done: subprocess.CompletedProcess, check: bool) -> str:
    """What a command printed; AssertionError where it failed and that is to be checked."""
    if check and done.returncode:
        raise AssertionError(f"{' '.join(done.args)}\n{done.stdout}")
    return done.stdout


def environment() -> dict[str, str]:
    """Variables of a small machine, two workers of the tests share two cores; what is compiled is kept."""
    variables = {**os.environ, "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false", "OMP_NUM_THREADS": "1"}
    variables.pop("PYTHONDONTWRITEBYTECODE", None)
    return {**variables, "PYTHONPYCACHEPREFIX": bytecode().name}


@cache
def bytecode() -> tempfile.TemporaryDirectory:
    """The folder of the bytecode of all checkouts of these tests."""
    return tempfile.TemporaryDirectory(ignore_cleanup_errors=True)


def jobs(output: str) -> dict[str, int]:
    """The table of jobs that Snakemake prints first: {rule: count}, without `all`."""
    table = re.search(r"^job +count\n-+ +-+\n(.*?)^total", output, re.MULTILINE | re.DOTALL)
    if not table:
        assert "Nothing to be done" in output, output
        return {}
    rows = dict(line.split() for line in table[1].splitlines())
    return {name: int(count) for name, count in rows.items() if name != "all"}


def executed(output: str) -> dict[str, int]:
    """The jobs that a run finished: {rule: count}, without `all`."""
    counts = Counter(re.findall(r"^Finished jobid: \d+ \(Rule: (\w+)\)", output, re.MULTILINE))
    del counts["all"]
    return dict(counts)


KEYPOINTS = ["snout", "tail_base"]

# An experiment of a minute, by data/videos.tsv and data/labels.csv: a small network that trains for 3 steps.
QUICK = {
    "data": "data",
    "videos": "videos.tsv",
    "labels": {"sources": ["labels.csv"]},
    "sample": {"frames_per_video": 3},
    "split": {"group_by": "block", "blocks": 4},
    "model": {"backbone": "small", "channels": 8, "scale": 1},
    "train": {"steps": 3, "batch_size": 2, "crop": 64},
    "infer": {"shard_frames": 16},
    "evaluate": {"bootstrap": 100},
    "render": {"duration": 0.5},
}


def tiny_experiment(root: Path) -> Workflow:
    """Two videos of 40 frames, 2 keypoints, 12 labelled frames, a network that trains for 3 steps; not yet run."""
    truth = [make_video(root / "data" / f"{name}.mp4", seed=seed) for seed, name in enumerate("ab")]
    (root / "data" / "videos.tsv").write_text("video\tpath\na\ta.mp4\nb\tb.mp4\n")
    rows = [table[(table["frame"] % 7 == 0) & table["keypoint"].isin(KEYPOINTS)] for table in truth]
    lines = [",".join(rows[0].columns), *(line for part in rows for line in part.to_csv(index=False).splitlines()[1:])]
    (root / "data" / "labels.csv").write_text("\n".join(lines) + "\n")
    exported = {"formats": ["csv"], "labels": ["coco"]}
    config = {"project": "tiny", **QUICK, "keypoints": KEYPOINTS, "skeleton": [KEYPOINTS], "export": exported}
    return Workflow.checkout(root, config)


def make_video(path: Path, *, seed: int, frames: int = 40):
    """A video of 96 x 64 px with key frames every 10 frames; returns the truth of every frame."""
    path.parent.mkdir(parents=True, exist_ok=True)
    return film(Scene(size=(96, 64), frames=frames, seed=seed), path, gop=10)

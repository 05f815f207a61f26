"""The workflow on a real SLURM, and what becomes of it when something is killed.

One file, since there can be one cluster on a machine.
"""

import subprocess
import sys
from pathlib import Path

import pytest

from ..workflow.checkout import REPOSITORY, Workflow, environment, tiny_experiment
from . import cluster as slurm

HERE = Path(__file__).parent
PROFILE = ("--workflow-profile", "profiles/slurm")
ENVIRONMENT = {**environment(), "PYTHONPATH": str(REPOSITORY / "workflow"), "JAX_PLATFORMS": "cpu"}

pytestmark = pytest.mark.skipif(slurm.missing() is not None, reason=f"no SLURM: {slurm.missing()}")


@pytest.fixture(scope="module", autouse=True)
def cluster():
    """A SLURM for all tests of this file."""
    with slurm.cluster():
        yield


class Head:
    """A Snakemake that submits its jobs to SLURM, and what it prints."""

    def __init__(self, folder: Path, *arguments: str, **variables: str):
        self.log = folder / "head.log"
        command = [sys.executable, str(HERE / "head.py"), *PROFILE, *arguments]
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                command, cwd=folder, env=ENVIRONMENT | variables, stdout=log, stderr=subprocess.STDOUT
            )

    def end(self, status: int = 0) -> str:
        """Wait for its end, with this exit status; what it printed."""
        found = self.process.wait(timeout=900)
        text = self.log.read_text()
        assert found == status, text
        return text


@pytest.fixture(scope="module")
def local(tmp_path_factory) -> Workflow:
    """The tiny experiment, run to the end without SLURM."""
    workflow = tiny_experiment(tmp_path_factory.mktemp("local"))
    workflow.snakemake(*TARGETS)
    return workflow


TARGETS = [f"results/tiny/{table}/{video}.parquet" for table in ("poses", "smoothed") for video in "ab"]


def test_the_whole_workflow_is_byte_identical(local, tmp_path):
    """Jobs with a GPU go to partition gpu, all others to cpu, and tables are those of a run without SLURM."""
    workflow = tiny_experiment(tmp_path)
    said = Head(tmp_path, *TARGETS, *workflow.arguments()).end()
    assert "Executor: slurm" in said
    for target in TARGETS:
        assert (workflow.root / target).read_bytes() == (local.root / target).read_bytes(), target
    jobs = slurm.ask("squeue", "--states=all", "--noheader", "--format=%P|%k").splitlines()
    on_gpu, on_cpu = (
        {job.split("|")[1].split("_wildcards_")[0] for job in jobs if job.startswith(partition)}
        for partition in ("gpu", "cpu")
    )
    assert on_gpu == {"rule_train_model", "rule_predict_frames", "rule_infer_shard"}
    assert "rule_probe_video" in on_cpu
    assert not on_cpu & on_gpu

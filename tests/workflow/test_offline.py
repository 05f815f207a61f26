"""Jobs need no network: the whole workflow runs where there is none, and so does the default network's beginning."""

import subprocess
import sys

import pandas as pd
import pytest

from .checkout import KEYPOINTS, REPOSITORY, environment, tiny_experiment

WEIGHTS = "from marey.models.pretrained.pretrained import pretrained; pretrained('efficientnet_lite0')"
REACH = "import socket; socket.create_connection(('192.0.2.1', 80), timeout=5)"  # an address kept for documents


def offline(*arguments: str, cwd=REPOSITORY / "workflow") -> subprocess.CompletedProcess:
    """Run Python in a network namespace of its own, which has no interface that is up."""
    command = ["unshare", "--net", sys.executable, *arguments]
    return subprocess.run(command, cwd=cwd, env=environment(), capture_output=True, text=True)


@pytest.fixture(autouse=True)
def _no_network():
    if offline("-c", "").returncode:
        pytest.skip("this machine does not let us take the network away (unshare --net)")
    assert "unreachable" in offline("-c", REACH).stderr


def test_the_workflow_runs_without_a_network(tmp_path):
    experiment = tiny_experiment(tmp_path)
    run = offline("-m", "snakemake", *experiment.arguments(), cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    for video in "ab":
        assert len(pd.read_parquet(experiment.results / f"smoothed/{video}.parquet")) == 40 * len(KEYPOINTS)
    assert (experiment.results / "report.html").exists()


def test_pretrained_weights_come_with_the_environment():
    loaded = offline("-c", WEIGHTS)
    assert loaded.returncode == 0, loaded.stderr

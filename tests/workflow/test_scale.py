"""Many trivial shards: a run that is interrupted again and again loses none and repeats none that was finished."""

import random
import re
import signal
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from marey.tables import files
from marey.tables.detections import DETECTIONS

from .checkout import Workflow, executed
from .made import LENGTH, experiment, interrupted

VIDEOS, SHARDS, CORES = 3, 10, 2


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Workflow:
    workflow, request = experiment(tmp_path_factory.mktemp("made"), videos=VIDEOS, shards=SHARDS)
    workflow.request = (*request, "--cores", str(CORES))
    return workflow


def test_only_shards_are_due(made: Workflow):
    assert re.search(r"infer_shard +30\ntotal +30\n", made.forked("--dry-run", *made.request))


def test_what_is_interrupted_goes_on(made: Workflow):
    chance = random.Random(0)
    finished = 0
    signals = (signal.SIGINT, signal.SIGKILL, signal.SIGKILL)
    for number in signals:
        output = interrupted(made, *made.request, after=chance.randint(1, 7), number=number)
        finished += executed(output)["infer_shard"]
        made.forked("--unlock")
    assert finished < VIDEOS * SHARDS, "the last run has nothing left to do"
    finished += executed(made.snakemake(*made.request))["infer_shard"]
    # Of each killed run, Snakemake may not have printed that its last jobs were finished.
    assert VIDEOS * SHARDS - CORES * len(signals) <= finished <= VIDEOS * SHARDS
    assert "Nothing to be done" in made.forked(*made.request)


def test_snakemake_looks_for_jobs_once_a_second_and_once_a_finished_job(tmp_path: Path):
    workflow, request = experiment(tmp_path, videos=VIDEOS, shards=SHARDS)
    began = time.monotonic()
    output = workflow.snakemake("--verbose", *request, "--cores", str(CORES))
    seconds = time.monotonic() - began
    looks = len(re.findall("^Ready (?:subsampled )?jobs: ", output, re.MULTILINE))
    assert VIDEOS * SHARDS / CORES <= looks <= VIDEOS * SHARDS + seconds + 2


@pytest.mark.parametrize("video", [f"video{index:05}" for index in range(VIDEOS)])
def test_every_frame_is_there_once(made: Workflow, video: str):
    folder: Path = made.results / "detections" / video
    tables = [files.read(path, DETECTIONS) for path in folder.glob("[0-9]*.parquet")]
    frames = np.sort(pd.concat(tables)["frame"].to_numpy())
    np.testing.assert_array_equal(frames, np.arange(SHARDS * LENGTH))

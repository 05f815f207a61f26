"""Steps behind results: provenance joined with records, and hashes as they were and as they are."""

import os
from pathlib import Path

import pytest

from marey.provenance.hashes import content_hash
from marey.provenance.lineage import TracedResults

from ..made_model import write_metadata
from ..made_results import RESULTS, analysis, job


@pytest.fixture
def results(tmp_path, monkeypatch) -> TracedResults:
    monkeypatch.chdir(tmp_path)
    analysis()
    return TracedResults(Path(RESULTS).absolute())


def test_paths_are_told_by_their_folders(results):
    assert TracedResults.of(Path(RESULTS, "clips/a.mp4"))[1] == "<results>/clips/a.mp4"
    assert results.file("<results>/clips/a.mp4") == Path(RESULTS, "clips/a.mp4").absolute()
    assert results.file("<data>/a.mp4") == Path("data/a.mp4").absolute()


def test_all_outputs_of_a_job_are_one_step(results):
    step = results.step("<results>/models/0-0/model.safetensors")
    assert step is results.step("<results>/models/0-0/model.json")
    assert step.provenance["config"] == {"train": {"steps": 3}}
    assert step.provenance["device"] == "cpu"
    assert [(item.name, item.path) for item in step.inputs] == [("labels", "<results>/labels/labels.parquet")]
    assert results.seconds(step) == 2.5
    assert results.step("<data>/labels.csv") is None


def test_a_log_of_another_run_is_not_believed(results):
    table = Path(RESULTS, "smoothed/a.parquet")
    made = table.read_bytes()
    job("smooth_video", {}, [str(table)], code="of another run", video="a")
    assert results.step("<results>/smoothed/a.parquet").record["code"] == "of another run"
    table.write_bytes(made)
    step = TracedResults(results.folder).step("<results>/smoothed/a.parquet")
    assert (step.record, step.provenance["code"]) == ({}, "code of smooth_video")


@pytest.mark.parametrize("time", [1e9, 2e9])  # a backup's own time is an old one
def test_a_video_is_read_only_where_it_has_another_time(results, time):
    probed = content_hash("data/a.mp4")
    size = Path("data/a.mp4").stat().st_size
    before = Path("data/a.mp4").stat().st_mtime_ns
    Path("data/a.mp4").write_text("x" * size)
    os.utime("data/a.mp4", ns=(before, before))
    assert TracedResults(results.folder).hash("<data>/a.mp4") == probed  # not read: same size, same time
    os.utime("data/a.mp4", (time, time))
    assert TracedResults(results.folder).hash("<data>/a.mp4") == content_hash("data/a.mp4") != probed
    Path("data/a.mp4").unlink()
    assert TracedResults(results.folder).hash("<data>/a.mp4") is None


def test_a_touched_video_is_the_same(results):
    os.utime("data/a.mp4", (2e9, 2e9))
    assert results.hash("<data>/a.mp4") == results.probes["<data>/a.mp4"]["content_hash"]


def test_a_result_of_an_older_version_is_named(results):
    path = Path(RESULTS, "models/0-0/model.json")
    write_metadata(path, ["snout"], training={"config": "a digest", "rule": "train_model"})
    with pytest.raises(ValueError, match="model.json: an older version made it"):
        results.step("<results>/models/0-0/model.json")

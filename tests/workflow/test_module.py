"""Marey as a module of another workflow, renamed and behind a prefix: it runs to the end, and then nothing is left."""

from pathlib import Path

import pandas as pd
import pytest

from marey.provenance.why import explain
from marey.tables import files

from .checkout import KEYPOINTS, Workflow, executed, jobs, tiny_experiment

HOST = """
configfile: "experiment.yaml"


module marey:
    snakefile:
        "../marey/Snakefile"
    config:
        config["pose"]
    prefix:
        "pose"


use rule * from marey as marey_*


rule speeds:
    input:
        expand("pose/results/tiny/smoothed/{video}.parquet", video=["a", "b"]),
    output:
        "speeds.csv",
    shell:
        "ls {input} > {output}"


rule everything:
    default_target: True
    input:
        rules.marey_all.input,
        "speeds.csv",
"""
BROKEN = "raise ImportError('this is the Marey of another folder')\n"


@pytest.fixture(scope="module")
def host(tmp_path_factory) -> Workflow:
    """A workflow that uses the tiny experiment as a module, run to the end where another Marey is installed.

    The first jobs are processes of their own, which have to find their way to this Marey from the start.
    """
    root = tmp_path_factory.mktemp("module")
    (root / "marey").mkdir()
    tiny = tiny_experiment(root / "marey")
    (root / "host").mkdir()
    (root / "marey" / "data").rename(root / "host" / "data")
    (root / "host" / "Snakefile").write_text(HOST)
    workflow = Workflow(root / "host", {"pose": tiny.config})
    other = root / "installed" / "marey"
    other.mkdir(parents=True)
    (other / "__init__.py").write_text(BROKEN)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(other.parent))
        workflow.first_output = workflow.snakemake("--cores", "2", "--", "pose/results/tiny/samples.parquet")
        workflow.first_output += workflow.forked("--cores", "2", jobs=True)
    return workflow


def test_it_runs_to_the_end(host: Workflow):
    done = executed(host.first_output)
    assert done.pop("speeds") == 1
    assert done.pop("everything") == 1
    assert {name.removeprefix("marey_") for name in done} >= {
        "probe_video",
        "train_model",
        "plot_errors",
        "render_video",
    }
    assert all(name.startswith("marey_") for name in done)
    for video in "ab":
        assert len(pd.read_parquet(host.root / f"pose/results/tiny/smoothed/{video}.parquet")) == 40 * len(KEYPOINTS)
    assert not (host.root / "results").exists()
    assert not (host.root.parent / "marey" / "results").exists()


def test_nothing_is_left_to_do(host: Workflow):
    assert jobs(host.forked("--cores", "2", "--dry-run")) == {}
    host.config["pose"]["smooth"] = {"max_gap": 0.4}
    planned = jobs(host.forked("--cores", "2", "--dry-run"))
    assert planned["marey_smooth_video"] == 2
    assert "marey_track_video" not in planned
    del host.config["pose"]["smooth"]


def test_results_say_what_they_are_made_from_by_the_names_that_marey_gives(host: Workflow):
    clip = host.root / "pose" / "results" / "tiny" / "clips" / "a.mp4"
    *lines, last = explain(clip)
    assert last == "clips/a.mp4 rests on files that have not changed since."
    steps = {line.split()[0] for line in lines if line and not line.startswith(" ")}
    assert {"render_video", "smooth_video", "infer_shard", "train_model", "ingest_labels", "probe_video"} <= steps
    known = files.read_provenance(clip.parents[1] / "labels" / "labels.parquet")
    assert known["rule"] == "ingest_labels"
    assert [item["path"] for item in known["inputs"]["labels"]] == ["<data>/labels.csv"]
    assert Path(known["inputs"]["probes"][0]["path"]) == Path("<results>/videos/a/probe.parquet")

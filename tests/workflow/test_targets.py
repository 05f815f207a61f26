"""Targets: a file that somebody deletes is made again, whichever it is; nothing is done twice for that."""

import os
import re
from pathlib import Path

import pytest

from marey.reference import tables

from .checkout import Workflow, jobs
from .finished import CAMERAS, finish

KINDS = {
    "single": {"animals": {"method": "single"}},
    "bottom_up": {"animals": {"method": "bottom_up", "appearance": True}},
    "top_down": {"animals": {"method": "top_down", "recognition": True}},
    "tested": {"keypoints": ["nose"], "model": {"init": "."}, "train": {"steps": 0}},
    "several_tested": {"animals": {"method": "bottom_up"}, "model": {"init": "."}, "train": {"steps": 0}},
    "adopted": {"labels": {"sources": []}, "model": {"init": "."}, "export": {"formats": ["csv"]}},
}
OTHERS = {"split": {"folds": 2}, "evaluate": {"sources": ["labels.csv"]}}  # in place of labels of another project
KINDS["folds"] = {"animals": {"method": "single"}, **OTHERS}
KINDS["several_folds"] = {"animals": {"method": "bottom_up"}, **OTHERS}
KINDS["calibrated"] = {"animals": {"method": "bottom_up"}, "cameras": CAMERAS}
KINDS["adapted"] = {**KINDS["adopted"], "zoo": {"adapt": {"images": 9}}}
LISTED = sorted(place for places in tables.table_places().values() for place in places)
ADOPTED = ("<network>/<fold>-<seed>/confidence_curves.parquet", "<network>/<fold>-<seed>/graph.parquet")
OF_KINDS = {
    "single": ("models/<fold>-<seed>/predictions.parquet",),
    "top_down": ("embeddings/<video>.parquet",),
    # of a model of another experiment, with labels that train nothing, or without any
    "tested": ("labels/scales.parquet",),
    "adopted": (*ADOPTED, "scales/<video>.parquet"),
    "folds": ("elsewhere/<fold>-<seed>/predictions.parquet",),
    "calibrated": tuple(
        place
        for place in LISTED
        if place.startswith(
            ("calibration/", "cameras/", "points/", "poses3d/", "session_metrics/", "reprojected/", "sync/", "matches/")
        )
    ),
    "adapted": ("<network>/<fold>-<seed>/adaptation.parquet",),
}


@pytest.fixture(scope="module")
def experiments(tmp_path_factory) -> dict[str, Workflow]:
    """A finished experiment of each kind."""
    return {name: finish(tmp_path_factory.mktemp(name), **config) for name, config in KINDS.items()}


def without(workflow: Workflow, path: Path) -> str:
    """What a dry run prints while a file is away."""
    aside = path.rename(path.with_name("aside"))
    try:
        return workflow.forked("--dry-run", "--quiet=progress")  # reasons are shown
    finally:
        aside.rename(path)


def test_the_readme_lists_tables_that_the_reference_lists():
    readme = (Path(__file__).parents[2] / "README.md").read_text()
    named = set(re.findall(r"^\| `([^`]+\.parquet)`", readme, re.MULTILINE))
    assert named
    assert named <= set(LISTED)


@pytest.mark.parametrize("place", LISTED)
def test_a_table_that_is_deleted_is_made_again(experiments, place):
    usual = "several_folds" if place.startswith(("elsewhere/", "models/all/")) else "bottom_up"
    kind = next((kind for kind, places in OF_KINDS.items() if place in places), usual)
    workflow = experiments[kind]
    path = sorted(workflow.results.glob(re.sub("<[^>]+>", "*", place)))[0]
    text = without(workflow, path)
    assert re.findall("Missing output files: (.*)", text) == [str(path.relative_to(workflow.root))], text


def test_a_plan_that_is_cut_short_is_named_with_what_to_do(experiments):
    workflow = experiments["single"]
    plan = workflow.results / "plan.parquet"
    content, state = plan.read_bytes(), plan.stat()
    try:
        for broken in (b"", content[: len(content) // 2]):
            plan.write_bytes(broken)
            text = workflow.forked("--dry-run", check=False)
            assert "results/p/plan.parquet: not a whole 'plan' table" in text
            assert "Delete it and run again." in text
        plan.unlink()  # as it says
        assert workflow.planned()["plan_shards"] == 1
    finally:
        plan.write_bytes(content)
        os.utime(plan, ns=(state.st_atime_ns, state.st_mtime_ns))


@pytest.mark.parametrize("kind", KINDS)
def test_every_file_of_a_run_is_asked_for(experiments, kind):
    workflow = experiments[kind]
    assert workflow.planned() == {}
    made = {path for path in workflow.results.rglob("*") if path.is_file() and path.suffix not in (".log", ".jsonl")}
    made |= set(workflow.results.glob("exports/labels/*"))
    made -= set(workflow.results.rglob(".snakemake_timestamp"))
    text = without(workflow, workflow.results / "samples.parquet")
    asked = re.search(r"^(?:local)?rule all:\n    input: (.*)", text, re.MULTILINE)[1].split(", ")
    assert set(asked) == {str(path.relative_to(workflow.root)) for path in made}


@pytest.mark.parametrize("name", ["a", "b"])  # one is labelled, the other is not
def test_a_video_that_is_archived_stops_nothing_of_the_others(experiments, name):
    workflow = experiments["bottom_up"]
    aside = (workflow.root / "data" / f"{name}.mp4").rename(workflow.root / "data" / "archived")
    try:
        text = workflow.forked("--dry-run")
        assert f"Not analysed: video '{name}': data/{name}.mp4: no such file." in text
        # what is of all videos together, and no network
        assert jobs(text) == {"plan_shards": 1, "sample_frames": 1, "plot_sampled": 1, "plot_videos": 1}
    finally:
        aside.rename(workflow.root / "data" / f"{name}.mp4")
    assert workflow.planned() == {}

"""Several animals: the workflow from labels to tracks, and what runs again."""

import pandas as pd
import pytest

from marey.provenance.differences import compare
from marey.provenance.why import explain
from marey.synth.film import film
from marey.synth.scene import Scene

from .checkout import KEYPOINTS, QUICK, Workflow, executed

NAMES = [*KEYPOINTS, "body_centre"]


@pytest.fixture(scope="module")
def mice(tmp_path_factory) -> Workflow:
    """A brown and a white mouse, 40 frames, 3 keypoints, 14 labelled frames, a network that trains for 3 steps; run."""
    root = tmp_path_factory.mktemp("mice")
    scene = Scene(size=(96, 64), frames=40, individuals=2, coats=("brown", "white"), seed=0)
    truth = film(scene, root / "data" / "a.mp4", gop=10)
    rows = truth[(truth["frame"] % 3 == 0) & truth["keypoint"].isin(NAMES)]
    rows.to_csv(root / "data" / "labels.csv", index=False)
    (root / "data" / "videos.tsv").write_text("video\tpath\na\ta.mp4\n")
    config = {
        "project": "mice",
        **QUICK,
        "keypoints": NAMES,
        "skeleton": [["snout", "body_centre"], ["body_centre", "tail_base"]],
    }
    workflow = Workflow.checkout(root, config)
    workflow.first_output = workflow.forked(jobs=True)
    return workflow


@pytest.fixture(scope="module")
def top_down(mice) -> Workflow:
    """The same mice, each found by a locator and then looked at alone; run."""
    workflow = mice.with_config(project="top_down", animals={"method": "top_down"})
    workflow.first_output = workflow.forked(jobs=True)
    return workflow


def test_the_first_run_goes_through(mice: Workflow):
    done = executed(mice.first_output)
    once = ("detect_frames", "fit_graph", "match_frames", "assemble_video", "track_video", "smooth_video")
    assert {name: done.get(name) for name in once} == dict.fromkeys(once, 1)
    assert "predict_frames" not in done
    assert "Report: results/mice/report.html" in mice.first_output
    assert mice.planned() == {}


def test_every_output_says_why_it_is_as_it_is(mice: Workflow):
    kinds = {".parquet", ".png", ".mp4", ".onnx", ".safetensors"}
    paths = [path for path in mice.results.rglob("*") if path.suffix in kinds or path.name == "model.json"]
    assert len(paths) == 50
    for path in paths:
        *lines, last = explain(path)
        assert last == f"{path.relative_to(mice.results)} rests on files that have not changed since."
        ran = [line for line in lines if line.startswith("  ran")]
        assert all(" s, on " in line for line in ran), path  # each has its log and its benchmark


def test_why_leads_from_a_clip_to_the_film_and_the_labels_of_a_frame(mice: Workflow):
    lines = list(explain(mice.results / "clips" / "review" / "a.mp4", video="a", frame=3))
    steps = {line.split()[0] for line in lines if line and not line.startswith(" ")}
    models = {"pack_dataset", "split_labels", "train_model", "export_model", "quantise_model"}
    frames = {"detect_frames", "fit_graph", "match_frames", "calibrate_confidence"}
    videos = {"probe_video", "infer_shard", "assemble_video", "track_video", "smooth_video", "render_review"}
    assert steps == {"ingest_labels", *models, *frames, *videos, "clips/review/a.mp4"}
    assert sum(line.startswith("  row ") for line in lines) == 2 * len(NAMES)


def test_what_sets_two_results_apart_is_named(mice: Workflow, top_down: Workflow):
    lines = list(compare(mice.results / "labels" / "dataset.parquet", top_down.results / "labels" / "dataset.parquet"))
    assert lines == [
        "A and B differ in",
        "  config animals.method: bottom_up in A, top_down in B",
        "      pack_dataset (labels/dataset.parquet)",
        "  config animals.unique: [] in A, not set in B",
        "      pack_dataset (labels/dataset.parquet)",
    ]


def test_labelled_and_predicted_animals_stand_side_by_side(mice: Workflow):
    table = pd.read_parquet(mice.results / "models" / "0" / "pooled.parquet")
    assert {"mouse1", "mouse2"} <= set(table["individual"])
    assert len(table[table["individual"] == "mouse1"]) == 14 * len(NAMES)


def test_assembly_runs_without_inference(mice: Workflow):
    edited = mice.with_config(assemble={"min_keypoints": 3})
    jobs = edited.planned()
    assert {"fit_graph", "match_frames", "assemble_video", "track_video"} <= jobs.keys()
    assert not {"infer_shard", "detect_frames", "train_model"} & jobs.keys()


def test_top_down_a_locator_is_trained_beside_the_model_and_no_graph(top_down: Workflow):
    done = executed(top_down.first_output)
    twice = ("train_model", "export_model", "quantise_model", "plot_training")
    once = ("detect_frames", "match_frames", "assemble_video", "track_video", "smooth_video")
    assert {name: done.get(name) for name in (*twice, *once)} == {**dict.fromkeys(twice, 2), **dict.fromkeys(once, 1)}
    assert not {"predict_frames", "fit_graph"} & done.keys()
    assert "Report: results/top_down/report.html" in top_down.first_output
    assert top_down.planned() == {}


def test_top_down_what_only_one_network_reads_trains_that_one(top_down: Workflow):
    for block, value in (("model", {"scale": 0.9}), ("train", {"crop": 96})):
        jobs = top_down.with_config(**{block: {**top_down.config[block], **value}}).planned()
        assert (jobs["train_model"], jobs["export_model"], jobs["infer_shard"]) == (1, 1, 2)


def test_top_down_assembly_runs_without_inference(top_down: Workflow):
    jobs = top_down.with_config(assemble={"min_keypoints": 3}).planned()
    assert {"match_frames", "assemble_video", "track_video"} <= jobs.keys()
    assert not {"infer_shard", "detect_frames", "train_model"} & jobs.keys()


def test_looks_count_without_training(mice: Workflow):
    jobs = mice.with_config(animals={"appearance": True}).planned()
    assert {"infer_shard", "assemble_video", "track_video"} <= jobs.keys()
    assert not {"train_model", "detect_frames", "fit_graph"} & jobs.keys()


def test_tracks_carry_the_names_of_individuals_that_are_told_apart(mice: Workflow):
    """Runs for real, up to the tracks; the network trains long enough to find both mice."""
    known = mice.with_config(
        project="known",
        animals={"identities": ["mouse1", "mouse2"], "number": 2},
        train={**mice.config["train"], "steps": 450},
    )
    done = executed(known.forked("--", "results/known/tracks/a.parquet", jobs=True))
    assert done["track_video"] == 1
    losses = pd.read_parquet(known.results / "models" / "0-0" / "history.parquet")["identity_loss"]
    assert losses.iloc[-100:].mean() < 0.8 * losses.iloc[:10].mean()
    assert set(pd.read_parquet(known.results / "tracks" / "a.parquet")["individual"]) == {"mouse1", "mouse2"}
    poses = pd.read_parquet(known.results / "poses" / "a.parquet")[["frame", "instance"]].drop_duplicates()
    seen = pd.read_parquet(known.results / "appearances" / "a.parquet")
    assert seen[["frame", "instance"]].to_numpy().tolist() == poses.to_numpy().tolist()
    assert set(seen["appearance"].map(len)) == {3}  # both, and another

"""Poses without a label: the model of another experiment, a scale for each video, and what runs again."""

import shutil

import pytest

from marey.networks.outputs import Layout
from marey.provenance.why import explain
from marey.tables import files
from marey.tables.confidence_curves import CONFIDENCE_CURVES
from marey.tables.pooled import POOLED
from marey.tables.scales import SCALES
from marey.tables.smoothed import SMOOTHED

from ..marey.models.made_bundle import write_bundle
from .checkout import Workflow, executed, make_video

NAMES = ["snout", "body_centre", "tail_base"]
LAYOUT = Layout(False, ((0, 1), (1, 2)), (), 2)
OF_A_VIDEO = {"measure_scale", "infer_shard", "assemble_video", "track_video", "smooth_video", "render_video"}
OF_LABELS = {
    "ingest_labels",
    "train_model",
    "predict_frames",
    "calibrate_confidence",
    "evaluate_model",
    "quantise_model",
}


@pytest.fixture(scope="module")
def unlabelled(tmp_path_factory) -> Workflow:
    """Two videos, a bundle of random weights that knows several animals, and no label; run.

    Its scale is set by hand: it sees nothing that could be measured.
    """
    root = tmp_path_factory.mktemp("unlabelled")
    for seed, name in enumerate("ab"):
        make_video(root / "data" / f"{name}.mp4", seed=seed, frames=16)
    write_bundle(root / "data" / "bundle", NAMES, LAYOUT)
    config = {"project": "p", "data": "data", "videos": "*.mp4", "model": {"init": "bundle", "scale": 0.5}}
    config |= {
        "sample": {"frames_per_video": 3},
        "render": {"duration": 0.2},
        "infer": {"shard_frames": 16},
        "animals": {"number": 1},
    }
    workflow = Workflow.checkout(root, config)
    workflow.first_output = workflow.forked(jobs=True)
    return workflow


def test_one_command_gives_poses_a_report_and_a_prefilled_kit(unlabelled):
    done = executed(unlabelled.first_output)
    assert {done[rule] for rule in OF_A_VIDEO} == {2}
    assert done["adopt_bundle"] == done["export_model"] == done["labeling_kit"] == 1
    assert not OF_LABELS & set(done)
    assert "Label, in a browser: results/p/kits/kit.html" in unlabelled.first_output
    poses = files.read(unlabelled.results / "smoothed/a.parquet", SMOOTHED)
    assert set(poses["keypoint"]) == set(NAMES)
    assert len(poses) == 16 * len(NAMES)
    for name in ("clips/a.mp4", "figures/trajectories/a.png", "quality/a.parquet", "report.html"):
        assert (unlabelled.results / name).exists()
    kit = (unlabelled.results / "kits/kit.html").read_text()
    assert '"predictions"' in kit or '"predicted"' in kit
    assert unlabelled.planned() == {}


def test_it_is_said_that_nothing_was_compared_with_a_label(unlabelled):
    curves = files.read(unlabelled.results / "models/0-0/confidence_curves.parquet", CONFIDENCE_CURVES)
    assert set(curves["source"]) == {"uncalibrated"}
    assert files.read_provenance(unlabelled.results / "poses/a.parquet")["confidence"] == "uncalibrated"
    (row,) = files.read(unlabelled.results / "scales/b.parquet", SCALES).itertuples()
    assert (row.scale, row.source, row.used) == (0.5, "config", True)
    page = (unlabelled.results / "report.html").read_text()
    assert (
        0 < page.index("No label of this project has ever been compared with these poses") < page.index("all 2 videos")
    )
    assert "model.scale" in page
    *_, last = explain(unlabelled.results / "smoothed/a.parquet")
    assert last.endswith("rests on files that have not changed since.")


def test_what_cannot_be_measured_stops_that_video_and_names_the_fix(unlabelled):
    workflow = unlabelled.with_config(model={"init": "bundle"})
    said = workflow.with_config(project="auto").forked("results/auto/scales/a.parquet", check=False, jobs=True)
    assert "Error in rule measure_scale" in said or "RuleException" in said
    (log,) = (workflow.root / "results/auto/logs/measure_scale").iterdir()
    assert "video 'a': the model sees no animals at any scale" in log.read_text()
    assert "`model.scale`" in log.read_text()


def test_a_new_video_measures_itself_alone(unlabelled, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(unlabelled.root, copy)
    shutil.copy(copy / "data/a.mp4", copy / "data/c.mp4")
    workflow = Workflow(copy, unlabelled.config)
    done = executed(workflow.without_work("--", "all"))
    assert {done[rule] for rule in ("probe_video", *OF_A_VIDEO)} == {1}
    assert "adopt_bundle" not in done


def test_labels_train_a_model_and_nothing_is_measured(unlabelled):
    lines = [f"a,{frame},m,{name},5,6\n" for frame in range(6) for name in NAMES]
    (unlabelled.root / "data/labels.csv").write_text("".join(["video,frame,individual,keypoint,x,y\n", *lines]))
    planned = unlabelled.with_config(
        labels={"sources": ["labels.csv"]}, keypoints=NAMES, model={"init": "bundle"}
    ).planned()
    assert planned["train_model"] == planned["ingest_labels"] == 1
    assert not {"adopt_bundle", "measure_scale"} & set(planned)


def test_after_labels_that_train_nothing_other_frames_are_picked(unlabelled):
    (unlabelled.root / "data/few.csv").write_text("video,frame,individual,keypoint,x,y\na,0,m,nose,5,6\n")
    planned = unlabelled.with_config(labels={"sources": ["few.csv"]}, train={"steps": 0}).planned()
    assert planned["find_outliers"] == planned["labeling_kit"] == 1
    assert "train_model" not in planned


def test_labels_that_train_nothing_test_the_model_of_several_animals(unlabelled):
    """Two animals, labelled in frames of one video: a keypoint by another name, and one that the bundle lacks."""
    lines = [
        f"a,{frame},{name},{keypoint},{x},{20 + frame}\n"
        for frame in (0, 5, 9)
        for name, x in (("m", 20), ("n", 60))
        for keypoint in ("nose", "middle", "TTI", "paw")
    ]
    (unlabelled.root / "data/tests.csv").write_text("".join(["video,frame,individual,keypoint,x,y\n", *lines]))
    workflow = unlabelled.with_config(
        project="t",
        keypoints=["nose", "middle", "TTI", "paw"],
        model={"init": "bundle", "scale": 0.5, "map": {"middle": "body_centre"}},
        labels={"sources": ["tests.csv"]},
        train={"steps": 0},
        animals={"method": "bottom_up"},
    )
    said = workflow.forked("results/t/models/0/metrics.parquet", jobs=True)
    assert "Left out, as bundle does not know them: paw" in said
    done = executed(said)
    assert done["adopt_bundle"] == 1
    assert done["scale_frames"] == done["match_frames"] == done["evaluate_model"] == 1
    assert not {"train_model", "fit_graph", "calibrate_confidence", "quantise_model", "infer_shard"} & set(done)
    pooled = files.read(workflow.results / "models/0/pooled.parquet", POOLED)
    assert set(pooled["part"]) == {"test"}
    labelled = pooled[pooled["visibility"] == "visible"]
    assert len(labelled) == 3 * 2 * 3
    assert set(labelled["keypoint"]) == {"nose", "middle", "TTI"}
    scales = files.read(workflow.results / "labels/scales.parquet", SCALES)
    assert scales[["video", "scale", "source", "used"]].to_numpy().tolist() == [["a", 0.5, "config", True]]

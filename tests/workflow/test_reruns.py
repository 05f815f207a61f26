"""Re-runs: after a change, exactly what it touches runs again. This file is the specification.

Each case edits a finished experiment, asks for the jobs of a dry run, and takes the edit back.
"""

import json
import os
import shutil
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pandas as pd
import pytest

from marey.tables import files

from . import offline
from .checkout import KEYPOINTS, Workflow, executed, jobs, make_video

EVALUATION = {"evaluate_model": 1, "plot_errors": 1, "plot_reliability": 1}
CHECKING = {"check_labels": 1, "plot_suspects": 1}
POOLING = {"pool_predictions": 1, "plot_worst_frames": 1, **EVALUATION, **CHECKING}
VIEWS = {"render_video": 2, "plot_trajectories": 2, "plot_confidence": 2, "export_poses": 2}
KIT = {"labeling_kit": 1}
OUTLIERS = {"find_outliers": 1, "plot_outliers": 1, **KIT}
SMOOTHING = {"smooth_video": 2, **VIEWS, **OUTLIERS}
TRACKING = {"track_video": 2, **SMOOTHING}
ASSEMBLY = {"assemble_video": 2, **TRACKING}
ONE = {job: count // 2 for job, count in TRACKING.items()} | OUTLIERS  # of two videos
INFERENCE = {"infer_shard": 4, **ASSEMBLY}
CALIBRATION = {"calibrate_confidence": 1, **POOLING, **ASSEMBLY}
PREDICTION = {"predict_frames": 1, **CALIBRATION}
EXPORT = {"export_model": 1, "quantise_model": 1, **PREDICTION, **INFERENCE}
TRAINING = {"train_model": 1, "plot_training": 1, **EXPORT}
PACKING = {"pack_dataset": 1, "export_labels": 1, "plot_augmented": 1, **TRAINING}
SPLITTING = {"split_labels": 1, "plot_augmented": 1, **TRAINING}
SAMPLING = {"sample_frames": 1, "plot_sampled": 1}
INGESTION = {"ingest_labels": 1, **SPLITTING, **PACKING, **SAMPLING}

CONFIG = [
    ("sample", {"method": "uniform", "frames_per_video": 3}, SAMPLING),
    ("split", {"group_by": "block", "blocks": 5}, SPLITTING),
    ("model", {"backbone": "small", "channels": 16, "scale": 1}, TRAINING),
    ("train", {"steps": 4, "batch_size": 2, "crop": 64}, TRAINING),
    ("train", {"steps": 3, "batch_size": 2, "crop": 96}, {"plot_augmented": 1, **TRAINING}),
    ("train", {"steps": 3, "batch_size": 2, "crop": 64, "affinity_weight": 2, "identity_weight": 1}, {}),
    ("augment", {"noise": {"probability": 0}}, {"plot_augmented": 1, **TRAINING}),
    ("infer", {"shard_frames": 16, "batch_size": 4}, INFERENCE),
    ("infer", {"shard_frames": 16, "window": None}, INFERENCE),
    ("infer", {"shard_frames": 16, "engine": "jax"}, {**PREDICTION, **INFERENCE}),
    ("infer", {"shard_frames": 16, "flip": True}, {**PREDICTION, **INFERENCE}),
    ("calibrate_confidence", {"tolerance": 0.2}, CALIBRATION),
    ("smooth", {"median_window": 7}, SMOOTHING),
    ("smooth", {"min_confidence": 0.3}, SMOOTHING),
    ("evaluate", {"bootstrap": 200}, EVALUATION),
    ("render", {"duration": 0.6}, {"render_video": 2}),
    ("render", {"duration": 0.5, "review_moments": 3}, {}),
    ("labelling", {"people": ["ann"]}, KIT),
    ("skeleton", [], {"render_video": 2, "plot_augmented": 1, "export_labels": 1, **TRAINING}),
    ("export", {"formats": ["csv", "slp"], "labels": ["coco"]}, {"export_poses": 2}),  # those in the new format alone
    ("export", {"formats": ["csv"], "labels": ["coco"], "source": "tracks"}, {"export_poses": 2}),
    ("animals", {"number": 2, "unique": ["snout"]}, KIT),  # there is never more than one
    ("assemble", {"min_confidence": 0.3}, {}),
    ("outliers", {"frames": 3}, OUTLIERS),
    ("seed", 1, {**SAMPLING, **SPLITTING, **EVALUATION}),
]

CODE = [
    ("workflow/marey/training/targets.py", TRAINING),
    ("workflow/marey/training/tasks.py", {"plot_augmented": 1, **TRAINING}),
    ("workflow/marey/inference/methods/top_down.py", {}),
    ("workflow/marey/evaluation/calibrate_confidence.py", CALIBRATION),
    ("workflow/marey/inference/ensemble.py", {"infer_shard": 4, **CALIBRATION}),
    ("workflow/marey/inference/infer_shard.py", INFERENCE),
    ("workflow/marey/inference/following.py", INFERENCE),
    ("workflow/marey/inference/engines.py", {**PREDICTION, **INFERENCE}),
    ("workflow/marey/models/quantise_model.py", {"quantise_model": 1, **PREDICTION, **INFERENCE}),
    ("workflow/marey/models/export_model.py", EXPORT),
    ("workflow/marey/evaluation/check_labels.py", CHECKING),
    ("workflow/marey/tracking/smooth_video.py", SMOOTHING),
    ("workflow/marey/assembly/assemble_video.py", ASSEMBLY),
    ("workflow/marey/tracking/track_video.py", TRACKING),
    ("workflow/marey/tracking/corrected.py", TRACKING),
    ("workflow/marey/experiment/corrections.py", {}),
    ("workflow/marey/evaluation/evaluate_model.py", EVALUATION),
    ("workflow/marey/evaluation/matching.py", EVALUATION),
    ("workflow/marey/evaluation/evaluate_tracks.py", {}),
    ("workflow/marey/views/render_video.py", {"render_video": 2}),
    ("workflow/marey/views/drawing.py", {"render_video": 2}),
    ("workflow/marey/exports/poses.py", {"export_poses": 2}),
    ("workflow/marey/exports/formats/csv.py", {"export_poses": 2}),
    ("workflow/marey/exports/formats/slp.py", {}),
    ("workflow/marey/exports/label_formats/coco.py", {"export_labels": 1}),
    ("workflow/marey/views/moments.py", {}),
    ("workflow/marey/views/plots/plot_reliability.py", {"plot_reliability": 1}),
    ("workflow/marey/views/plots/plot_trajectories.py", {"plot_trajectories": 2}),
    ("workflow/marey/labelling/sample_frames.py", SAMPLING),
    ("workflow/marey/labelling/find_outliers.py", OUTLIERS),
    ("workflow/marey/labelling/motion.py", OUTLIERS),
    ("workflow/marey/labelling/labeling_kit.py", KIT),
    ("workflow/marey/runtime.py", {}),
    ("workflow/marey/reference/keys.py", {}),
    ("workflow/marey/synth/scene.py", {}),
    ("scripts/smooth_video.py", SMOOTHING),
    ("rules/tracking.smk", {}),
]


@contextmanager
def restored(path: Path):
    """Put `path` back as it was, time stamps included."""
    copy = path.with_name(f".{path.name}.saved")
    shutil.copy2(path, copy)
    try:
        yield
    finally:
        shutil.copy2(copy, path)
        copy.unlink()


def test_first_run_runs_everything(tiny: Workflow):
    expected = {"probe_video": 2, "plot_videos": 1, "plan_shards": 1, **INGESTION}
    assert executed(tiny.first_output) == expected


def test_the_first_run_needs_no_network(tiny: Workflow):
    if not offline.within():
        pytest.skip("this machine does not let us take the network away (unshare --net)")
    for video in "ab":
        assert len(pd.read_parquet(tiny.results / "smoothed" / f"{video}.parquet")) == 40 * len(KEYPOINTS)
    assert (tiny.results / "report.html").exists()


def test_every_table_says_where_it_comes_from(tiny: Workflow):
    tables = sorted(tiny.results.rglob("*.parquet"))
    assert len(tables) == 36
    for path in tables:
        found = files.read_provenance(path)
        expected = {"version", "rule", "wildcards", "config", "code", "inputs", "seed"}
        assert expected <= set(found), path
        assert (tiny.root / "scripts" / f"{found['rule']}.py").is_file()


def test_nothing_that_comes_out_holds_a_path_of_this_machine(tiny: Workflow):
    for path in tiny.results.rglob("*.parquet"):
        table = pd.read_parquet(path)
        for name, values in table.select_dtypes("str").items():
            assert not values.str.contains(str(tiny.root), regex=False).any(), (path, name)
        assert str(tiny.root) not in json.dumps(files.read_provenance(path)), path
    for path in tiny.results.rglob("*.json"):
        assert str(tiny.root) not in path.read_text(), path


def test_the_run_ends_with_a_report(tiny: Workflow):
    assert "Report: results/tiny/report.html" in tiny.first_output
    text = (tiny.results / "report.html").read_text()
    for part in ("What to do next", "Test error", "Error by keypoint", "Worst test frames", "Trajectories, Confidence"):
        assert part in text
    assert text.count('src="data:video/mp4;base64,') == 2


def test_the_same_again_gives_the_same_tables(tiny: Workflow):
    def tables() -> dict[Path, bytes]:
        paths = list(tiny.results.rglob("*.parquet"))
        return {path: path.read_bytes() for path in [*paths, *tiny.results.rglob("*.safetensors")]}

    before = tables()
    assert executed(tiny.forked("--forcerun", "probe_video", "ingest_labels", jobs=True)).keys() >= INGESTION.keys()
    assert tables() == before


def test_nothing_changed(tiny: Workflow):
    assert tiny.planned() == {}


def test_code_files_that_are_touched_run_nothing(tiny: Workflow):
    for part in ("Snakefile", "rules", "scripts", "workflow", "config", "profiles"):
        for path in [tiny.root / part, *(tiny.root / part).rglob("*")]:
            os.utime(path)
    assert tiny.planned() == {}


@pytest.mark.parametrize(
    ("block", "value", "expected"), CONFIG, ids=[f"{block}-{i}" for i, (block, *_) in enumerate(CONFIG)]
)
def test_config_keys(tiny: Workflow, block, value, expected):
    assert tiny.with_config(**{block: value}).planned() == expected


def test_comments(tiny: Workflow):
    with ExitStack() as stack:
        for name, _ in CODE:
            stack.enter_context(restored(tiny.root / name))
            with (tiny.root / name).open("a") as file:
                file.write("\n# A comment that says more.\n")
        assert tiny.planned() == {}


@pytest.mark.parametrize(("name", "expected"), CODE, ids=[name for name, _ in CODE])
def test_code(tiny: Workflow, name, expected):
    path = tiny.root / name
    with restored(path):
        path.write_text(path.read_text() + "\nNOTHING_MUCH = 1\n")
        assert tiny.planned() == expected


def test_what_the_page_of_a_kit_is_made_of_counts(tiny: Workflow):
    path = tiny.root / "workflow" / "marey" / "labelling" / "kit" / "keys.js"
    with restored(path):
        path.write_text(path.read_text() + "\n")
        assert tiny.planned() == KIT


def test_more_folds_train_one_model_each(tiny: Workflow):
    edited = tiny.with_config(split={**tiny.config["split"], "folds": 2})
    models = ("train_model", "export_model", "quantise_model", "plot_training", "predict_frames")
    folds = (*models, "calibrate_confidence", *POOLING)
    once = {"split_labels": 1, "plot_augmented": 1, "pool_folds": 1, **INFERENCE}
    tested = dict.fromkeys((*EVALUATION, "plot_worst_frames"), 3)  # each fold, and all as one
    assert edited.planned() == {**once, **dict.fromkeys(folds, 2), **CHECKING, **tested}


def test_a_second_seed_trains_only_itself_and_joins_the_analysis(tiny: Workflow):
    edited = tiny.with_config(train={**tiny.config["train"], "seeds": [0, 1]})
    assert edited.planned() == TRAINING


def test_an_analysis_with_another_fold_trains_nothing(tiny: Workflow):
    folds = {"split": {**tiny.config["split"], "folds": 2}}
    before = tiny.with_config(**folds).planned()
    assert tiny.with_config(**folds, infer={**tiny.config["infer"], "fold": 1}).planned() == before


def test_a_changed_label_row(tiny: Workflow):
    path = tiny.root / "data" / "labels.csv"
    with restored(path):
        text = path.read_text().splitlines()
        path.write_text("\n".join([*text[:-1]]) + "\n")
        assert tiny.planned() == INGESTION


def fill_in(tiny: Workflow, column: str, value: str) -> None:
    """Give the sheet another column, filled in for the first video."""
    path = tiny.root / "data" / "videos.tsv"
    head, first, *rest = path.read_text().splitlines()
    path.write_text("\n".join([f"{head}\t{column}", f"{first}\t{value}", *rest]) + "\n")


@pytest.mark.parametrize(
    ("column", "value", "expected"),
    [
        ("subject", "m1", {}),
        ("animals", "2", {}),
        ("crop", "0,0,64,64", {job: (count + 1) // 2 for job, count in INFERENCE.items()} | KIT),
    ],
)
def test_a_cell_of_the_sheet(tiny: Workflow, column, value, expected):
    with restored(tiny.root / "data" / "videos.tsv"):
        fill_in(tiny, column, value)
        assert tiny.planned() == expected


def test_a_crop_beyond_the_image_stops_its_own_video_alone(tiny: Workflow):
    with restored(tiny.root / "data" / "videos.tsv"):
        fill_in(tiny, "crop", "40,90,1,60")  # as DeepLabCut writes it: beyond 96 x 64 px
        text = tiny.forked("--dry-run")
        assert "Not analysed: video 'a': the sheet asks for crop 40,90,1,60" in text
        assert jobs(text) == KIT | {"find_outliers": 1, "plot_outliers": 1}  # its poses are predictions no more
        asked = tiny.forked("--dry-run", "results/tiny/smoothed/a.parquet", check=False)
        assert "if that is x1,x2,y1,y2, as in DeepLabCut, write 40,1,50,59" in asked


def test_corrections_of_tracks(tiny: Workflow):
    """Rows of the one video track it again, and nothing before; a table without rows changes nothing."""
    path = tiny.root / "data" / "corrections.tsv"
    corrected = tiny.with_config(animals={"corrections": path.name})
    head = "video\tframe\taction\tfirst\tsecond\tuntil\n"
    path.write_text(head)
    assert corrected.planned() == {}
    path.write_text(head + "a\t4\tdelete\tanimal\t\t6\n")
    assert corrected.planned() == ONE
    path.write_text(head + "b\t4\tdelete\tanimal\t\t6\na\t4\tdelete\tanimal\t\t6\n")
    assert corrected.planned() == TRACKING


def test_a_new_video(tiny: Workflow):
    """Runs for real, since the plan has to be made before the shards of the new video are known."""
    make_video(tiny.root / "data" / "c.mp4", seed=2, frames=20)
    with (tiny.root / "data" / "videos.tsv").open("a") as file:
        file.write("c\tc.mp4\n")
    output = tiny.forked(jobs=True)
    once = ("probe_video", "plot_videos", "sample_frames", "plot_sampled", "plan_shards", "infer_shard", *OUTLIERS)
    views = ("assemble_video", "track_video", "smooth_video", *VIEWS)
    assert executed(output) == dict.fromkeys((*once, *views), 1)
    assert tiny.planned() == {}


def test_a_range_of_frames(tiny: Workflow):
    """Runs for real, as above; the shard behind the cut is kept."""
    fill_in(tiny, "frames", "4:")
    once = ("sample_frames", "plot_sampled", "plan_shards", "infer_shard", *OUTLIERS)
    views = ("assemble_video", "track_video", "smooth_video", *VIEWS)
    assert executed(tiny.forked(jobs=True)) == dict.fromkeys((*once, *views), 1)
    assert pd.read_parquet(tiny.results / "smoothed" / "a.parquet")["frame"].unique().tolist() == list(range(4, 40))
    assert tiny.planned() == {}


def test_tracks_are_evaluated_where_frames_of_the_video_are_labelled(tiny: Workflow):
    """Asked for by name: a single animal is not tracked, so that nothing asks for it."""
    assert executed(tiny.forked("--", "results/tiny/track_metrics/a.parquet", jobs=True)) == {"evaluate_tracks": 1}
    rows = pd.read_parquet(tiny.results / "track_metrics" / "a.parquet").set_index("metric")["value"]
    assert 0 <= rows["missed"] <= 6
    assert rows["switches"] == 0
    assert tiny.planned() == {}


def test_together_all_models_are_trained_in_one_job(tiny: Workflow):
    train = {**tiny.config["train"], "together": True, "seeds": [0, 1]}
    together = tiny.with_config(project="together", train=train)
    done = executed(together.forked("--until", "train_models", jobs=True))
    assert done["train_models"] == 1
    assert "train_model" not in done
    models = [together.results / "models" / f"0-{seed}" / "model.safetensors" for seed in (0, 1)]
    assert models[0].read_bytes() != models[1].read_bytes()

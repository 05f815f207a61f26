"""The tables of what runs again, against dry runs of finished experiments of every kind; and edits of modules there."""

import shutil

import pytest

from marey.reference import reruns

from .checkout import Workflow, executed
from .finished import CAMERAS, finish

METHODS = pytest.mark.parametrize("method", reruns.ANIMAL_METHODS)

# Another value for a key of each block of each group of keys that run the same.
VALUES = {
    "labels.on_error": "drop",
    "keypoints": ["tail", "nose"],
    "skeleton": [["nose", "tail"]],
    "symmetry": [["nose", "tail"]],
    "animals.number": 2,
    "animals.unique": ["tail"],
    "animals.identities": ["m"],
    "seed": 1,
    "probe.thumbnail_width": 64,
    "sample.method": "uniform",
    "outliers.frames": 5,
    "labelling.overlap": 5,
    "split.blocks": 5,
    "model.scale": 2,
    "model.sigma": 7.0,
    "train.steps": 4,
    "train.crop": 64,
    "train.affinity_weight": 2.0,
    "augment.noise.probability": 0,
    "augment.crop.focus": 0.5,
    "infer.engine": "jax",
    "infer.batch_size": 4,
    "infer.window": None,
    "infer.shard_frames": 64,
    "assemble.min_confidence": 0.3,
    "calibrate_confidence.tolerance": 0.2,
    "smooth.max_gap": 0.3,
    "cameras.board.square_size": 30,
    "cameras.model": "full",
    "cameras.offsets": {"top": 0.5},
    "cameras.max_offset": 2,
    "triangulate.tolerance": 4,
    "smooth3d.max_gap": 1,
    "evaluate.bootstrap": 200,
    "export.source": "tracks",
    "render.start": 1,
    "render.trail": 3,
    "render.min_confidence": 0.3,
    "render.review_moments": 3,
}
REFUSED = {("single", "animals.identities"), ("top_down", "animals.identities"), ("top_down", "animals.unique")}
PLANNING = ("probe.thumbnail_width", "infer.shard_frames")  # a dry run does not know what follows a new plan

# For edits of modules: the rules that import the module and follow no other that does.
CODE = {
    "videos/ranges": {"sample_frames", "find_outliers", "plan_shards", "assemble_video", "evaluate_tracks"},
    "labelling/find_outliers": {"find_outliers"},
    "labelling/gallery": {"sample_frames", "find_outliers"},
    "labelling/sample_frames": {"sample_frames"},
    "labelling/labeling_kit": {"labeling_kit"},
    "labels/sources": {"ingest_labels"},
    "labels/formats/marey_table": {"ingest_labels"},
    "labels/formats/deeplabcut": set(),  # what the experiment does not choose is not loaded
    "networks/backbones/efficientnet": {"train_model", "plot_augmented"},
    "networks/backbones/mobilenet": set(),
    "networks/weights/efficientnet": {"train_model"},
    "networks/weights/mobilenet": set(),
    "training/losses": {"train_model"},
    "training/descriptor": {"train_model"},
    "inference/candidates": {"train_model", "detect_frames"},
    "inference/detect_frames": {"detect_frames"},
    "inference/following": set(),
    "inference/methods/single": set(),
    "inference/methods/top_down": set(),
    "inference/methods/bottom_up": {"detect_frames", "infer_shard"},
    "inference/peaks": {"train_model", "predict_frames"},
    "inference/predict_frames": {"predict_frames"},
    "assembly/fit_graph": {"fit_graph"},
    "assembly/instances": {"fit_graph", "match_frames", "assemble_video"},
    "evaluation/matching": {"match_frames", "evaluate_model", "reproject_labels"},
    "evaluation/oks": {"fit_graph", "match_frames", "evaluate_model", "evaluate_tracks"},
    "assembly/assemble_video": {"assemble_video"},
    "tracking/likeness": {"track_video"},
    "tracking/naming": {"track_video"},
    "recognition/contrast": set(),  # nobody is recognised
    "evaluation/track_metrics": {"evaluate_tracks"},
    "multiview/detect_board": {"detect_board"},
    "multiview/calibrate_cameras": {"calibrate_cameras"},
    "multiview/cameras": {"calibrate_cameras", "check_sync", "export_cameras", "triangulate_session"},
    "multiview/fine_offsets": {"check_sync"},
    "multiview/assignment": {"match_views"},
    "multiview/camera_names": {"match_views"},
    "multiview/evaluate_session": {"evaluate_session"},
    "multiview/upright": {"plot_rig", "render_session"},
    "evaluation/reproject_labels": {"reproject_labels"},
    "exports/session_formats/csv": {"export_session"},
    "exports/session_formats/nwb": set(),
    "exports/nwb_file": set(),
    "views/plots/plot_limbs": {"plot_limbs"},
    "multiview/export_cameras": {"export_cameras"},
    "multiview/formats/calibration_toml": {"export_cameras"},
    "multiview/formats/label3d": set(),
    "multiview/triangulation": {"check_sync", "triangulate_session"},
    "multiview/smooth_session": {"smooth_session"},
    "experiment/sessions": set(),
    "tables/review": {"track_video"},
    "tables/tracked": {"track_video"},
    "tables/descriptors": {"infer_shard"},
    "exports/formats/csv": {"export_poses"},
    "exports/formats/slp": set(),
    "exports/label_formats/coco": {"export_labels"},
    "views/moments": {"render_review", "plot_review"},
    "views/render_review": {"render_review"},
    "views/plots/plot_review": {"plot_review"},
    "views/plots/crops": {"plot_suspects", "plot_worst_frames"},
    "experiment/config": set(),
    "experiment/sheet": set(),
    "provenance/code": set(),
    "experiment/corrections": set(),
    "provenance/lineage": set(),
}


@pytest.fixture(scope="module")
def experiments(tmp_path_factory) -> dict[str, Workflow]:
    """A finished experiment for each method, of two cameras."""
    return {
        name: finish(tmp_path_factory.mktemp(name), animals={"method": name}, cameras=CAMERAS)
        for name in reruns.ANIMAL_METHODS
    }


def edited(workflow: Workflow, key: str, value: object) -> Workflow:
    """The experiment with another value of a dotted key."""
    config = value
    for depth in reversed(range(len(parts := key.split(".")))):
        above = workflow.config
        for part in parts[:depth]:
            above = above.get(part, {})
        config = {**above, parts[depth]: config}
    return Workflow(workflow.root, config)


def test_a_key_of_each_block_of_each_group_has_a_value():
    asked = {(i, key.split(".")[0]) for i, group in enumerate(reruns.key_groups()) for key in group if key in VALUES}
    assert asked == {(i, key.split(".")[0]) for i, group in enumerate(reruns.key_groups()) for key in group}


@METHODS
def test_nothing_changed(experiments, method):
    assert experiments[method].planned() == {}


@METHODS
@pytest.mark.parametrize("key", VALUES)
def test_config_keys(experiments, method, key):
    if (method, key) in REFUSED:
        assert f"config: {key}: " in edited(experiments[method], key, VALUES[key]).forked("--dry-run", check=False)
        return
    expected = reruns.rules_by_key(method)[key]
    if key in PLANNING:
        expected -= reruns.following_rules({"infer_shard"}, reruns.rule_followers(method))
    assert edited(experiments[method], key, VALUES[key]).planned().keys() == expected


@pytest.mark.parametrize("key", PLANNING)
def test_what_follows_a_new_plan_runs_too(experiments, key, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(experiments["bottom_up"].root, copy)
    workflow = edited(Workflow(copy, experiments["bottom_up"].config), key, VALUES[key])
    assert executed(workflow.without_work("--", "all")).keys() == reruns.rules_by_key("bottom_up")[key]
    assert workflow.planned() == {}


@pytest.mark.parametrize("module", CODE)
def test_modules(experiments, module):
    method = "single" if module == "inference/predict_frames" else "bottom_up"
    path = experiments[method].root / "workflow" / "marey" / f"{module}.py"
    text = path.read_text()
    path.write_text(text + "\nNOTHING_MUCH = 1\n")
    try:
        planned = experiments[method].planned()
    finally:
        path.write_text(text)
    followers = reruns.rule_followers(method)
    behind = reruns.following_rules({"infer_shard"}, followers) if "plan_shards" in CODE[module] else frozenset()
    assert planned.keys() == reruns.following_rules(CODE[module] & followers.keys(), followers) - behind


@pytest.fixture(scope="module")
def adopted(tmp_path_factory) -> Workflow:
    """A finished experiment without labels, analysed by a model of another one."""
    return finish(tmp_path_factory.mktemp("adopted"), labels={"sources": []}, model={"init": "."})


FOLLOWING = {
    "tracks": {"track_video", "smooth_video", "render_video", "render_review", "plot_trajectories", "plot_confidence"}
    | {"plot_review", "export_poses", "find_outliers", "plot_outliers", "labeling_kit"},
}
FOLLOWING["poses"] = {"assemble_video", *FOLLOWING["tracks"]}
FOLLOWING["scales"] = {"measure_scale", "infer_shard", *FOLLOWING["poses"]}
FOLLOWING["adaptation"] = {"adapt_bundle", "export_model", *FOLLOWING["scales"]}
FOLLOWING["model"] = {"adopt_bundle", "export_model", *FOLLOWING["scales"]}


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("model.scale", 2, FOLLOWING["scales"]),
        ("infer.engine", "jax", FOLLOWING["scales"]),
        ("infer.flip", True, FOLLOWING["scales"] - {"measure_scale"}),
        ("assemble.min_confidence", 0.3, FOLLOWING["poses"]),
        ("animals.number", 2, FOLLOWING["tracks"]),
        ("model.map", {"nose": "tail", "tail": "nose"}, FOLLOWING["model"]),
        ("model.sigma", 7.0, set()),  # the bundle's own holds
        ("train.steps", 4, set()),
        ("split.blocks", 5, set()),
    ],
)
def test_config_keys_without_labels(adopted, key, value, expected):
    assert edited(adopted, key, value).planned().keys() == expected


@pytest.mark.parametrize(
    ("module", "expected"),
    [
        ("inference/measure_scale", FOLLOWING["scales"]),
        ("models/adopt_bundle", FOLLOWING["model"]),
        ("inference/infer_shard", FOLLOWING["scales"] - {"measure_scale"}),
        ("training/losses", set()),
    ],
)
def test_modules_without_labels(adopted, module, expected):
    path = adopted.root / "workflow" / "marey" / f"{module}.py"
    text = path.read_text()
    path.write_text(text + "\nNOTHING_MUCH = 1\n")
    planned = adopted.planned()
    path.write_text(text)
    assert planned.keys() == expected


@pytest.fixture(scope="module")
def adapted(tmp_path_factory) -> Workflow:
    """The same, whose model is trained further for its videos."""
    zoo = {"adapt": {"images": 9}}
    return finish(tmp_path_factory.mktemp("adapted"), labels={"sources": []}, model={"init": "."}, zoo=zoo)


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("zoo.adapt.rounds", 1, FOLLOWING["adaptation"]),
        ("zoo.adapt.steps", 7, FOLLOWING["adaptation"]),
        ("zoo.adapt.videos", ["b"], FOLLOWING["adaptation"]),
        ("zoo.adapt.videos", ["a", "b"], set()),  # the same
        ("seed", 1, {"sample_frames", "plot_sampled", *FOLLOWING["adaptation"]}),
        ("train.learning_rate", 0.1, FOLLOWING["adaptation"]),
        ("train.steps", 4, set()),  # its own count
        ("model.scale", 2, FOLLOWING["adaptation"]),
        ("model.map", {"nose": "tail", "tail": "nose"}, {"adopt_bundle", *FOLLOWING["adaptation"]}),
    ],
)
def test_config_keys_of_an_adaptation(adapted, key, value, expected):
    assert edited(adapted, key, value).planned().keys() == expected


def test_training_counts_in_an_adaptation(adapted):
    path = adapted.root / "workflow" / "marey" / "training" / "losses.py"
    text = path.read_text()
    path.write_text(text + "\nNOTHING_MUCH = 1\n")
    planned = adapted.planned()
    path.write_text(text)
    assert planned.keys() == FOLLOWING["adaptation"]


def test_a_video_to_adapt_to_that_is_not_there_is_named(adapted):
    said = edited(adapted, "zoo.adapt.videos", ["a", "c"]).forked("--dry-run", check=False)
    assert "config: zoo.adapt.videos: 'c' is not in the sheet" in said


def test_a_bundle_that_holds_something_else_is_adopted_again_and_a_touched_one_is_not(adopted):
    path = adopted.root / "data" / "model.json"
    text = path.read_text()
    path.touch()
    (adopted.root / "data" / "model.safetensors").touch()
    assert adopted.planned() == {}
    path.write_text(text.replace("40.0", "41.0"))
    planned = adopted.planned()
    path.write_text(text)
    assert planned.keys() == FOLLOWING["model"]


def test_labels_train_a_bundle_further_when_it_holds_something_else_and_not_when_it_is_touched(tmp_path):
    experiment = finish(tmp_path, model={"init": ".", "backbone": "small", "stride": 4, "channels": 16})
    path = experiment.root / "data" / "model.json"
    path.touch()
    assert experiment.planned() == {}
    path.write_text(path.read_text().replace("40.0", "41.0"))
    planned = experiment.planned().keys()
    assert "train_model" in planned
    assert not planned & {"ingest_labels", "pack_dataset", "split_labels", "probe_video"}


@pytest.fixture(scope="module")
def tested(tmp_path_factory) -> Workflow:
    """A finished experiment whose labels train nothing, but test a model of another one."""
    return finish(tmp_path_factory.mktemp("tested"), model={"init": "."}, train={"steps": 0})


OF_ONE = FOLLOWING["scales"] - {"render_review", "plot_review"}  # of a single animal
JUDGED = {"evaluate_model", "plot_errors", "plot_reliability"}
POOLED = {"pool_predictions", "plot_worst_frames", "check_labels", "plot_suspects", *JUDGED}


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("train.learning_rate", 0.1, set()),
        ("calibrate_confidence.tolerance", 0.2, set()),
        ("evaluate.bootstrap", 300, JUDGED),
        ("split.blocks", 5, {"split_labels", "predict_frames", *POOLED}),
        ("model.scale", 2, {"scale_frames", "predict_frames", *POOLED, *OF_ONE}),
    ],
)
def test_config_keys_with_labels_that_train_nothing(tested, key, value, expected):
    assert edited(tested, key, value).planned().keys() == expected


def test_labels_that_trained_nothing_train_once_there_are_steps(tested):
    planned = edited(tested, "train.steps", 9).planned().keys()
    assert {"train_model", "split_labels", "calibrate_confidence", "infer_shard"} <= planned
    assert not planned & {"ingest_labels", "pack_dataset", "adopt_bundle", "scale_frames"}


def test_structural_keys(experiments):
    """Those that choose which files there are, on two animals."""
    workflow = experiments["bottom_up"]
    looks = workflow.with_config(animals={"method": "bottom_up", "appearance": True}).planned().keys()
    assert looks == reruns.following_rules({"infer_shard"}, reruns.rule_followers("bottom_up"))
    known = workflow.with_config(animals={"method": "bottom_up", "recognition": True}).planned().keys()
    assert known == reruns.following_rules({"track_video"}, reruns.rule_followers("bottom_up")) | {"learn_embeddings"}
    located = workflow.with_config(animals={"method": "top_down"}).planned().keys()
    assert located == reruns.following_rules({"pack_dataset"}, reruns.rule_followers("top_down"))
    together = workflow.with_config(train={"together": True}).planned().keys()
    trained = reruns.following_rules({"train_model"}, reruns.rule_followers("bottom_up"))
    assert together == trained - {"train_model"} | {"train_models"}
    another = workflow.with_config(project="another").planned().keys()
    assert another >= {"probe_video", "train_model"}

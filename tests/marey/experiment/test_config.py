"""Config: every fault is found before a job starts; its message says where, what was expected and what was meant."""

import json
from functools import partial
from pathlib import Path

import pytest
import yaml

from marey.experiment import stages
from marey.experiment.config import ConfigError, load_config
from marey.experiment.initial_model import trains
from marey.experiment.stages import stage_config
from marey.networks.outputs import SINGLE, Layout

from ..made_model import write_metadata, write_weights

REPOSITORY = Path(__file__).parents[3]
MINIMAL = {"project": "p", "data": ".", "videos": "videos.tsv"}


def fault(**keys) -> str:
    with pytest.raises(ConfigError) as error:
        load_config({**MINIMAL, **keys})
    return str(error.value)


def test_defaults_are_filled_at_every_level():
    config = load_config({**MINIMAL, "train": {"steps": 5}})
    assert config["train"]["steps"] == 5
    assert config["train"]["batch_size"] == 8
    assert config["infer"]["fold"] == 0


def test_default_file_names_the_schema_defaults():
    written = yaml.safe_load((REPOSITORY / "config/config.yaml").read_text())
    assert load_config(written) == load_config({key: written[key] for key in MINIMAL})


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"train": {"stpes": 5}}, "config: train.stpes: unknown key; did you mean 'steps'?"),
        ({"vidoes": "x"}, "config: vidoes: unknown key; did you mean 'videos'?"),
        ({"train": {"steps": "many"}}, "config: train.steps: expected a whole number, got 'many'. Optimiser steps."),
        (
            {"train": {"learning_rate": "1e-3"}},
            "config: train.learning_rate: expected a number, got '1e-3' (YAML reads this as text: write 1.0e-3).",
        ),
        (
            {"smooth": {"max_gap": "250 ms"}},
            "config: smooth.max_gap: expected a number, got '250 ms' (write the bare number, in the unit below). "
            "Longest gap that is bridged, s",
        ),
        ({"train": {"crop": 100}}, "config: train.crop: 100 is not a multiple of 32."),
        ({"sample": {"method": "kmean"}}, "config: sample.method: 'kmean' is not one of"),
        ({"sample": {"method": "kmean"}}, "did you mean 'kmeans'?"),
        ({"smooth": {"median_window": 4}}, "config: smooth.median_window: expected an odd number, got 4"),
        (
            {"augment": {"scale": {"range": [2, 1]}}},
            "config: augment.scale.range: expected [smallest, largest], got [2, 1]",
        ),
        ({"infer": {"fold": 3}}, "config: infer.fold: 3 does not exist; split.folds is 1"),
        ({"labelling": {"people": ["Ann", "ben", "ann"]}}, "config: labelling.people: 'ann' is there twice, but"),
        (
            {"keypoints": ["snout", "tail"], "skeleton": [["snout", "tial"]]},
            "config: skeleton: 'tial' is not a keypoint; did you mean 'tail'?",
        ),
        (
            {"keypoints": ["a", "b"], "skeleton": [["a", "b"], ["b", "b "]]},
            "config: skeleton: ['b', 'b']: a line joins two keypoints; name the other one, or take it out",
        ),
        ({"model": {"weights": "resnet.onnx"}}, "config: model.weights: 'resnet.onnx' does not match"),
        (
            {"model": {"backbone": "unet", "weights": "w.pth"}},
            "config: model.weights: the backbone unet has no pretraining; use null",
        ),
        ({"labels": {"sources": ["nowhere.csv"]}}, "config: labels.sources: nowhere.csv: no such file or folder"),
        ({"labels": {"sources": [True]}}, "labels.sources.0: expected text or a mapping, got true"),
        ({"labels": {"sources": [{"path": "a", "format": True}]}}, "labels.sources.0.format: unknown key"),
        ({"labels": {"sources": [{"path": "a", "pixels": True}]}}, "labels.sources.0.pixels: true is not one of auto"),
        ({"labels": {"sources": [{"path": "a", "videos": {1: "b"}}]}}, "labels.sources.0.videos: expected text, got 1"),
        ({"labels": {"sources": [{"path": "a", "keypoints": {True: "b"}}]}}, "sources.0.keypoints: expected text, got"),
        ({"train": "quick"}, "config: train: expected a mapping, got 'quick'"),
    ],
)
def test_faults_are_explained(keys, message):
    assert message in fault(**keys)


def test_every_fault_is_listed():
    text = fault(train={"stpes": 1, "seeds": "0"}, infr={})
    assert len(text.splitlines()) == 3


def test_missing_keys_are_named():
    with pytest.raises(ConfigError, match="config: project: missing"):
        load_config({"data": ".", "videos": "v"})


@pytest.mark.parametrize("videos", [{}, {"videos": []}])
def test_without_videos_there_must_be_labels(tmp_path, videos):
    with pytest.raises(ConfigError, match="config: videos: there are none, and no labels: name videos, or in"):
        load_config({"project": "p", "data": str(tmp_path), **videos})
    (tmp_path / "labels.csv").write_text("video,frame,individual,keypoint,x,y,image\nv,0,m,nose,1,1,a.png\n")
    labels = {"labels": {"sources": ["labels.csv"]}, "keypoints": ["nose"]}
    checked = load_config({"project": "p", "data": str(tmp_path), **labels, **videos})
    assert checked["videos"] == []


def test_labels_without_keypoints_are_refused(tmp_path):
    (tmp_path / "labels.csv").write_text("video,frame,individual,keypoint,x,y\n")
    assert "no label source names them" in fault(data=str(tmp_path), labels={"sources": ["labels.csv"]})


@pytest.mark.parametrize("block", ["labels", "predictions"])
def test_a_damaged_source_is_what_is_wrong_where_nothing_names_keypoints(tmp_path, block):
    (tmp_path / "a.slp").write_text("<html>")
    told = fault(data=str(tmp_path), **{block: {"sources": ["a.slp"]}})
    assert told.startswith(f"config: {block}.sources: a.slp: not a whole HDF5 file")


@pytest.mark.parametrize(("key", "value"), [("unique", ["door"]), ("identities", ["red"]), ("appearance", True)])
def test_top_down_finds_keypoints_of_animals_only(key, value):
    animals = {"method": "top_down", key: value}
    expected = f"config: animals.{key}: animals.method top_down cannot do that; use bottom_up"
    assert fault(keypoints=["snout", "door"], animals=animals) == expected


def test_a_locator_reads_nothing_that_is_of_the_pose_network_alone():
    located = {**MINIMAL, "animals": {"method": "top_down"}}
    one, two = (
        stage_config(load_config({**located, "model": {"scale": scale}, "train": {"crop": crop}}), "train_locator")
        for scale, crop in ((1, 64), (2, 96))
    )
    assert one == two
    assert {"backbone", "sigma"} <= one["model"].keys()


def test_stages_read_what_they_name_and_no_graph_key():
    config = load_config({**MINIMAL, "train": {"seeds": [0, 1]}})
    for stage in stages.STAGES:
        stage_config(config, stage)
    assert "seeds" not in stage_config(config, "train_model")["train"]
    assert stage_config(config, "infer_shard")["infer"].keys() == {"batch_size", "engine", "flip", "window"}
    assert "review_moments" not in stage_config(config, "render_video")["render"]
    assert not {"start", "duration"} & stage_config(config, "render_review")["render"].keys()


@pytest.mark.parametrize("method", ["single", "bottom_up", "top_down"])
def test_a_method_gives_no_stage_what_it_does_not_read(method):
    config = load_config({**MINIMAL, "animals": {"method": method, "number": 2}})
    trained, analysed, assembled = (
        stage_config(config, name) for name in ("train_model", "infer_shard", "assemble_video")
    )
    tracked = stages.tracking_config(config, {"animals": None}, [], predicted=False)
    assert ("affinity_weight" in trained["train"]) == ("unique" in trained["animals"]) == (method == "bottom_up")
    assert ("focus" in trained["augment"]["crop"]) == (method != "top_down")
    assert ("window" in analysed["infer"]) == (method == "single")
    assert ("assemble" in assembled) == ("number" in tracked["animals"]) == ("seed" in tracked) == (method != "single")
    drawn = stage_config(config, "plot_augmented")
    assert (drawn["model"].keys(), drawn["train"].keys()) == ({"scale"}, {"crop"})


@pytest.mark.parametrize(
    ("animals", "appearance"),
    [
        ({"method": "bottom_up"}, False),
        ({"method": "bottom_up", "appearance": True}, True),
        ({"method": "bottom_up", "identities": ["red"]}, True),
        ({"method": "single", "appearance": True}, False),
    ],
)
def test_appearance_counts_where_asked_or_where_somebody_is_known_by_it(animals, appearance):
    assert load_config({**MINIMAL, "animals": animals})["animals"]["appearance"] == appearance


@pytest.mark.parametrize("method", ["bottom_up", "top_down", "single"])
def test_several_animals_are_recognised_however_they_are_found(method):
    animals = load_config({**MINIMAL, "animals": {"method": method, "recognition": True}})["animals"]
    assert (animals["recognition"], animals["appearance"]) == (method != "single", False)


@pytest.mark.parametrize(("key", "value"), [("appearance", True), ("identities", ["red"])])
def test_recognition_goes_with_no_other_appearance(key, value):
    expected = f"config: animals.recognition: it cannot go with `{key}`; choose one of them"
    assert fault(animals={"method": "bottom_up", "recognition": True, key: value}) == expected


def test_identities_of_nobody_are_refused(tmp_path):
    text = fault(animals={"method": "bottom_up", "identities": ["unique"]})
    assert "'unique' is the name of objects and landmarks" in text
    (tmp_path / "labels.csv").write_text("video,frame,individual,keypoint,x,y\n")
    labels = {"data": str(tmp_path), "labels": {"sources": ["labels.csv"]}, "keypoints": ["a"]}
    assert "never more than one animal" in fault(**labels, animals={"method": "single", "identities": ["red"]})


def test_stage_config_does_not_depend_on_the_order_of_keys():
    one = stage_config(load_config({**MINIMAL, "smooth": {"max_gap": 1, "acceleration": 2}}), "smooth_video")
    two = stage_config(load_config({**MINIMAL, "smooth": {"acceleration": 2, "max_gap": 1}}), "smooth_video")
    assert str(one) == str(two)


def test_names_have_one_form_and_are_there_once():
    config = load_config(
        {**MINIMAL, "keypoints": [" snout", "Pfo\u0308tchen"], "skeleton": [["snout ", "Pf\u00f6tchen"]]}
    )
    assert config["keypoints"] == ["snout", "Pf\u00f6tchen"]
    assert config["skeleton"] == [["snout", "Pf\u00f6tchen"]]
    assert fault(keypoints=["snout", "snout"]).startswith("config: keypoints: 'snout' is there 2 times")
    assert fault(keypoints=["snout", "snout "]).startswith("config: keypoints: 'snout' is there 2 times")
    assert "config: animals.identities: 'red' is there 2" in fault(
        animals={"method": "bottom_up", "identities": ["red", " red"]}
    )
    assert "config: keypoints: '<b>' holds '<', as markup does" in fault(keypoints=["<b>"])
    assert "config: keypoints: a name is empty" in fault(keypoints=[" "])


def test_names_of_a_label_source_are_checked_as_those_of_the_config(tmp_path):
    folder = tmp_path / "proj" / "labeled-data" / "v"
    folder.mkdir(parents=True)
    (folder / "CollectedData_A.csv").write_text("scorer,A,A,A,A\nbodyparts,snout,snout,<b>,<b>\ncoords,x,y,x,y\n")
    message = fault(data=str(tmp_path), labels={"sources": ["proj"]})
    assert message.startswith("config: keypoints of proj: '<b>' holds '<', as markup does")


def test_values_of_the_command_line_are_read_as_yaml():
    given = {"train": {"steps": "7"}}
    assert load_config({**MINIMAL, **given}, commanded=given)["train"]["steps"] == 7
    assert "expected a whole number, got '7' (this is text: take the quotes away)" in fault(**given)


def test_of_body_parts_that_the_config_leaves_out_nothing_is_taken_from_the_source(tmp_path):
    (tmp_path / "proj" / "labeled-data").mkdir(parents=True)
    (tmp_path / "proj" / "config.yaml").write_text(
        "bodyparts: MULTI!\nmultianimalbodyparts: [nose, ear, tail]\nuniquebodyparts: [door, lamp]\n"
        "individuals: [a, b]\nskeleton: [[nose, ear], [ear, tail]]\n"
    )
    raw = {**MINIMAL, "data": str(tmp_path), "labels": {"sources": ["proj"]}}
    assert load_config(raw)["skeleton"] == [["nose", "ear"], ["ear", "tail"]]
    assert load_config(raw)["animals"]["unique"] == ["door", "lamp"]
    config = load_config({**raw, "keypoints": ["tail ", "ear", "lamp"]})
    assert config["skeleton"] == [["ear", "tail"]]
    assert config["animals"]["unique"] == ["lamp"]


@pytest.mark.parametrize("block", ["labels", "predictions"])
def test_a_pattern_is_the_sources_that_it_finds(tmp_path, block):
    (tmp_path / "day1").mkdir()
    for name in ("day1/b.csv", "day1/a.csv", "day1/._a.csv", "day1/c.txt", "[1].csv"):
        (tmp_path / name).write_text("video,frame,individual,keypoint,x,y\na,0,mouse,snout,1,1\n")
    named = ["*/*.csv", {"path": "*/a.*", "pixels": "centre"}, "[1].csv"]
    raw = {"project": "p", "data": str(tmp_path), "videos": "v.tsv", "keypoints": ["snout"]}

    found = load_config(raw | {block: {"sources": named}})[block]["sources"]

    assert found == ["day1/a.csv", "day1/b.csv", {"path": "day1/a.csv", "pixels": "centre"}, "[1].csv"]
    with pytest.raises(ConfigError, match=r"\*\.slp: no such file or folder"):
        load_config(raw | {block: {"sources": ["*.slp"]}})


@pytest.fixture
def bundled(tmp_path):
    """A bundle of several animals in `data`, and a function that checks a config which starts from it."""
    (tmp_path / "bundle").mkdir()
    (tmp_path / "videos.tsv").write_text("video\tpath\tanimals\na\ta.mp4\t1\nb\tb.mp4\t2\n")
    (tmp_path / "alone.tsv").write_text("video\tpath\tanimals\na\ta.mp4\t1\n")
    names, layout = ["snout", "left_ear", "tail_base"], Layout(False, ((0, 1), (1, 2)), (), 2)

    def load(layout=layout, **changes):
        parts = {"skeleton": [["snout", "tail_base"]], "symmetry": [["snout", "tail_base"]]}
        write_metadata(tmp_path / "bundle/model.json", names, layout, **parts)
        write_weights(tmp_path / "bundle")
        raw = {"project": "p", "data": str(tmp_path), "videos": "videos.tsv", "model": {"init": "bundle"}}
        return load_config({**raw, **changes})

    return load


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"backbone": "alexnet"}, r"model.init: .*model.json: architecture: backbone: 'alexnet' is not one of .*small"),
        ({"stride": 16}, "model.json: architecture: stride: 16 is not one of 4, 8"),
        ({"channels": "many"}, "model.json: architecture: channels: expected a whole number, got 'many'"),
    ],
)
def test_a_network_that_this_version_does_not_know_is_refused_before_any_job(bundled, tmp_path, change, message):
    path = tmp_path / "bundle/model.json"
    bundled()
    metadata = json.loads(path.read_text())
    metadata["architecture"].update(change)
    path.write_text(json.dumps(metadata))
    raw = {"project": "p", "data": str(tmp_path), "videos": "videos.tsv", "model": {"init": "bundle"}}
    with pytest.raises(ConfigError, match=message):
        load_config(raw)


def test_weights_that_were_cut_short_are_refused_before_any_job(bundled, tmp_path):
    bundled()
    path = tmp_path / "bundle/model.safetensors"
    path.write_bytes(path.read_bytes()[:-4])
    raw = {"project": "p", "data": str(tmp_path), "videos": "videos.tsv", "model": {"init": "bundle"}}
    with pytest.raises(ConfigError, match=r"model.init: .*model.safetensors: \d+ bytes, its header tells of"):
        load_config(raw)


def test_without_labels_a_bundle_says_what_an_animal_is(bundled):
    checked = bundled()
    assert checked["keypoints"] == ["snout", "left_ear", "tail_base"]
    assert checked["skeleton"] == checked["symmetry"] == [["snout", "tail_base"]]
    assert checked["animals"]["method"] == "bottom_up"


@pytest.mark.parametrize(
    ("changes", "method"),
    [
        ({"videos": "alone.tsv"}, "single"),
        ({"animals": {"number": 1}}, "single"),
        ({"layout": SINGLE}, "single"),
        ({"animals": {"method": "single"}}, "single"),
        ({"animals": {"number": 2}}, "bottom_up"),
    ],
)
def test_a_bundle_finds_several_animals_if_it_can_and_nobody_says_that_there_is_one(bundled, changes, method):
    assert bundled(**changes)["animals"]["method"] == method


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"layout": SINGLE, "animals": {"method": "bottom_up"}}, "animals.method: bundle knows one animal only"),
        ({"animals": {"method": "top_down"}}, "animals.method: a top-down model is only trained here"),
        ({"animals": {"appearance": True}}, "animals.appearance: bundle does not tell what animals look like"),
        ({"keypoints": ["snout", "paw"]}, "keypoints: bundle knows no 'paw'; name it in model.map"),
        ({"model": {"init": "bundle", "map": {"nose": "x"}}}, "model.map: 'nose' is not a keypoint of this project"),
        ({"zoo": {"adapt": {"rounds": 1}}}, "zoo.adapt.rounds: pseudo-labels alone"),
        ({"zoo": {"adapt": {"images": 9}}}, "zoo.adapt: nobody says which rendered animal trained bundle"),
        ({"model": {"init": "zoo:unicorn"}}, "model.init: zoo:unicorn: no such bundle"),
        (
            {"keypoints": ["nose"], "zoo": {"adapt": {"images": 9}}, "animals": {"method": "single"}},
            "zoo.adapt: how large the animals are is measured",
        ),
        (
            {"infer": {"engine": "onnxruntime_int8"}},
            "infer.engine: only a model that is trained here has a copy in 8 bits",
        ),
    ],
)
def test_what_a_bundle_cannot_do_is_said(bundled, changes, message):
    with pytest.raises(ConfigError, match=f"config: {message}"):
        bundled(**changes)


@pytest.mark.parametrize(
    ("model", "message"),
    [
        ({"backbone": "unet"}, "model.backbone: bundle, which is started from, has small, not unet"),
        ({"channels": 8}, "model.channels: bundle, which is started from, has 16, not 8"),
        ({"weights": "w.pth"}, "model.weights: model.init brings the weights of bundle"),
        ({"map": {"paw": "hand"}}, "model.map: 'hand' is not a keypoint of the bundle"),
        ({"replay": 0.2}, r"model.replay: nobody says which rendered animal trained bundle \(`animal` in its card\)"),
        ({"map": {1: "snout"}}, "model.map: expected text, got 1 .*put text in quotes.*A name, as a key"),
        ({"map": {True: "snout"}}, "model.map: expected text, got true"),
    ],
)
def test_a_bundle_that_labels_cannot_train_further_is_refused(bundled, tmp_path, model, message):
    (tmp_path / "labels.csv").write_text("video,frame,individual,keypoint,x,y\na,0,m,snout,1,1\na,0,m,paw,1,1\n")
    labels = {"sources": ["labels.csv"]}
    with pytest.raises(ConfigError, match=message):
        bundled(labels=labels, model={"init": "bundle", **model})


@pytest.mark.parametrize(
    ("card", "changes", "message"),
    [
        ('{"animal": "mouse_top"}', {}, None),
        (
            '{"animal": "unicorn"}',
            {},
            "card.json: no animal 'unicorn' can be rendered, only fly_top, mouse_side, mouse_top",
        ),
        ('{"animal": 3}', {}, "card.json: animal: expected text, got 3"),
        ('{"animal": "mouse_top", "size": [80]}', {}, "card.json: size: "),
        ("[]", {}, "card.json: not a bundle's card"),
        (
            '{"animal": "mouse_top"}',
            {"animals": {"method": "top_down"}},
            "model.replay: top-down, nothing can be shown",
        ),
        ('{"animal": "mouse_top"}', {"train": {"batch_size": 1}}, "model.replay: a batch of one image has no share"),
        ('{"animal": "mouse_top"}', {"keypoints": ["paw"]}, "model.replay: bundle has none of the keypoints here"),
        (
            '{"animal": "mouse_top"}',
            {"model": {"replay": 0.2}, "keypoints": ["paw"]},
            "model.replay: there is no model that would forget",
        ),
    ],
)
def test_what_a_bundle_knew_is_shown_again_where_it_can_be_rendered(bundled, tmp_path, card, changes, message):
    (tmp_path / "labels.csv").write_text(
        "video,frame,individual,keypoint,x,y\na,0,mouse,snout,1,1\na,0,mouse,paw,2,2\n"
    )
    (tmp_path / "bundle/card.json").write_text(card)
    changes = {"labels": {"sources": ["labels.csv"]}, "model": {"init": "bundle", "replay": 0.2}, **changes}
    if message:
        with pytest.raises(ConfigError, match=message):
            bundled(**changes)
        return
    checked = bundled(**changes)
    modules = stages.loaded_modules(checked, "train_model")
    assert (modules["marey.training.replays"], modules["marey.synth.animals"]) == (["rendered"], ["mouse_top"])
    assert (
        stages.loaded_modules(bundled(**changes | {"model": {"init": "bundle"}}), "train_model")[
            "marey.training.replays"
        ]
        == []
    )


def test_keypoints_may_have_other_names_and_be_fewer_than_those_of_the_bundle(bundled):
    model = {"init": "bundle", "map": {"tip": "snout"}}
    checked = bundled(keypoints=["tip", "TTI"], model=model, animals={"method": "single"})
    assert checked["keypoints"] == ["tip", "TTI"]
    assert checked["model"]["map"] == {"tip": "snout"}


@pytest.mark.parametrize("labels", [[], ["labels.csv"]])
def test_what_is_not_said_of_the_network_is_as_in_the_bundle(bundled, tmp_path, labels):
    (tmp_path / "labels.csv").write_text("video,frame,individual,keypoint,x,y\na,0,m,snout,1,1\na,0,m,paw,1,1\n")
    model = bundled(labels={"sources": labels}, model={"init": "bundle", "sigma": 5.0})["model"]
    assert (model["backbone"], model["stride"], model["channels"], model["sigma"]) == ("small", 4, 16, 5.0)


def test_the_skeleton_of_a_bundle_has_the_names_of_here(bundled):
    model = {"init": "bundle", "map": {"tip": " snout"}}
    checked = bundled(keypoints=["tip", "TTI"], model=model, animals={"method": "single"})
    assert checked["skeleton"] == [["tip", "TTI"]]


def test_keypoints_of_several_animals_that_nothing_joins_are_refused(bundled):
    apart = Layout(False, (), (), 2)
    with pytest.raises(ConfigError, match="keypoints: bundle joins no keypoint to another"):
        bundled(layout=apart, keypoints=["snout", "tail_base"])
    assert bundled(layout=apart, keypoints=["snout"])["keypoints"] == ["snout"]
    assert bundled(keypoints=["snout", "tail_base"])["animals"]["method"] == "bottom_up"  # the ear joins them


@pytest.fixture
def tested(bundled, tmp_path):
    """As `bundled`, with labels that train nothing: a snout, a paw, and the base of the tail, by another name."""
    rows = [f"a,0,m,{name},1,1\n" for name in ("paw", "nose", "TTI")]
    (tmp_path / "labels.csv").write_text("".join(["video,frame,individual,keypoint,x,y\n", *rows]))
    keypoints = ["paw", "nose", "TTI"]
    return partial(bundled, labels={"sources": ["labels.csv"]}, keypoints=keypoints, train={"steps": 0})


def test_labels_that_train_nothing_all_test_what_the_bundle_knows(tested):
    checked = tested(skeleton=[["paw", "nose"], ["nose", "TTI"]])
    assert not trains(checked)
    assert checked["split"]["test_fraction"] == 1
    assert (checked["keypoints"], checked["left_out"]) == (["nose", "TTI"], ["paw"])
    assert checked["skeleton"] == [["nose", "TTI"]]
    assert checked["animals"]["method"] == "single"  # as the labels show
    by_hand = tested(model={"init": "bundle", "map": {"paw": "snout"}})
    assert (by_hand["keypoints"], by_hand["left_out"]) == (["paw", "TTI"], ["nose"])
    by_hand = tested(model={"init": "bundle", "map": {"nose": None}})
    assert (by_hand["keypoints"], by_hand["left_out"]) == (["TTI"], ["paw", "nose"])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"model": {"map": {"nose": "snout"}}}, "model.map: there is no model whose keypoints these are; name it in"),
        ({"zoo": {"adapt": {"images": 9}}}, "zoo.adapt: there is no model to adapt; name it in model.init"),
    ],
)
def test_what_only_a_model_to_start_from_can_do_needs_one(changes, message):
    with pytest.raises(ConfigError, match=message):
        load_config({**MINIMAL, **changes})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"model": {}}, "train.steps: 0 trains nothing; name a trained model in model.init, or take more steps"),
        ({"split": {"folds": 5}}, "split.folds: train.steps: 0 trains nothing, .*; set folds to 1"),
        ({"animals": {"method": "top_down"}}, "animals.method: a top-down model is only trained here"),
        ({"layout": SINGLE, "animals": {"method": "bottom_up"}}, "animals.method: bundle knows one .*train.steps"),
        ({"model": {"init": "bundle", "map": dict.fromkeys(["nose", "TTI"])}}, "keypoints: bundle knows no 'paw'"),
        ({"skeleton": [["nose", "paww"]]}, "skeleton: 'paww' is not a keypoint"),
    ],
)
def test_what_cannot_be_tested_by_labels_is_said(tested, changes, message):
    with pytest.raises(ConfigError, match=f"config: {message}"):
        tested(**changes)

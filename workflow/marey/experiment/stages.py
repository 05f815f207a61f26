"""What each stage reads of the experiment, and which modules it chooses: what makes a stage run again.

Imported while Snakemake parses the workflow, in every job: nothing heavy is imported here.
"""

from collections.abc import Collection
from pathlib import Path

from marey.experiment.cameras import calibrated_by_board
from marey.experiment.initial_model import initial_bundle, said_of
from marey.experiment.skeletons import Skeleton
from marey.labels import sources
from marey.multiview.calibration_formats import calibration_format
from marey.networks import registry
from marey.networks.naming import has_weights

# Keys that choose which files exist (they are in file names), but not what is in any of them.
GRAPH_KEYS = ("train.seeds", "train.together", "zoo.adapt.videos", "infer.fold")
GRAPH_KEYS += ("export.formats", "export.labels", "export.cameras", "export.sessions")

ANIMAL_KEYS = ("animals.identities", "animals.method", "animals.unique")
NETWORK_KEYS = (*ANIMAL_KEYS, "keypoints", "skeleton", "symmetry", "augment")
TRAINING_KEYS = (*NETWORK_KEYS, "model", "train")

# What clips of poses are drawn by.
CLIP_KEYS = ("render.height", "render.trail", "render.min_confidence", "keypoints", "skeleton")

SESSION_KEYS = ("cameras.offsets", "keypoints", "symmetry", "triangulate")

METRIC_KEYS = tuple(f"evaluate.{name}" for name in ("bootstrap", "confidence_cut", "pck_body", "pck_pixels"))

# What each stage reads: exactly this is in its params, so exactly this makes it run again.
STAGES = {
    "preflight": (),
    "probe_video": ("probe",),
    "sample_frames": ("sample", "seed"),
    "labeling_kit": (
        "animals.identities",
        "animals.number",
        "animals.unique",
        "keypoints",
        "labelling",
        "project",
        "seed",
        "skeleton",
        "symmetry",
    ),
    "ingest_labels": ("data", "labels", "keypoints"),
    "ingest_predictions": ("data", "keypoints", "animals.method"),
    "split_labels": ("split", "seed"),
    "pack_dataset": ("data", "keypoints", "animals.method", "animals.unique"),
    "train_model": TRAINING_KEYS,
    "train_models": TRAINING_KEYS,
    "train_locator": ("keypoints", "model", "train", "augment"),  # by train_model or train_models
    "adopt_bundle": ("animals.method", "keypoints", "model.init", "model.map", "skeleton"),
    "adapt_bundle": (
        "animals.method",
        "animals.number",
        "assemble",
        "augment",
        "infer.engine",
        "keypoints",
        "model.map",
        "model.scale",
        "seed",
        *(f"train.{name}" for name in ("accumulate", "batch_size", "clip", "ema", "frozen_stages", "layer_decay")),
        *(f"train.{name}" for name in ("learning_rate", "precision", "warmup", "weight_decay")),
        "train.affinity_weight",
        "train.identity_weight",
        "zoo",
    ),
    "export_model": (),
    "quantise_model": (),
    "predict_frames": ("infer.engine", "infer.flip"),
    "detect_frames": ("infer.engine", "infer.flip"),
    "fit_graph": ("assemble",),
    "match_frames": ("assemble",),
    "calibrate_confidence": ("calibrate_confidence",),
    "pool_predictions": (),
    "pool_folds": (),
    "evaluate_model": (*METRIC_KEYS, "seed"),
    "evaluate_tracks": ("animals.unique",),
    "plan_shards": ("infer.shard_frames",),
    "measure_scale": ("infer.engine", "model.scale"),
    "scale_frames": ("infer.engine", "model.scale"),
    "infer_shard": ("infer.batch_size", "infer.engine", "infer.flip", "infer.window", "keypoints"),
    "assemble_video": ("assemble", "keypoints"),
    "learn_embeddings": ("animals.number", "seed"),  # where animals are recognised
    "track_video": ("animals.method", "animals.number", "seed"),
    "smooth_video": ("smooth",),
    "probe_board": ("probe",),  # by probe_video
    "detect_board": ("cameras.board",),
    "calibrate_cameras": tuple(f"cameras.{name}" for name in ("board", "model", "unit", "world")),
    "read_calibration": ("cameras.unit",),
    "export_cameras": (),
    "match_views": (*SESSION_KEYS, "animals.number", "animals.identities"),  # of several animals
    "check_sync": (*SESSION_KEYS, "cameras.max_offset"),
    "triangulate_session": SESSION_KEYS,
    "smooth_session": (*SESSION_KEYS, "skeleton", "smooth3d"),
    "evaluate_session": (*SESSION_KEYS, "skeleton"),
    "reproject_labels": SESSION_KEYS,
    "find_outliers": ("outliers", "keypoints", "skeleton", "symmetry", "seed"),
    "plot_outliers": (),
    "export_poses": ("export.source", "export.nwb", "keypoints", "skeleton", "symmetry"),
    "export_session": ("keypoints", "skeleton", "symmetry"),  # and for NWB `export.nwb`
    "export_labels": ("animals.unique", "keypoints", "skeleton", "symmetry"),
    "render_video": (*CLIP_KEYS, "render.start", "render.duration"),
    "render_review": (*CLIP_KEYS, "render.review_moments"),
    "render_session": (*CLIP_KEYS, "render.start", "render.duration", "cameras.offsets"),
    "plot_review": ("render.min_confidence", "render.review_moments", "keypoints", "skeleton"),
    "plot_videos": (),
    "plot_sampled": (),
    "plot_augmented": (*NETWORK_KEYS, "model.scale", "train.crop"),
    "plot_training": (),
    "plot_errors": ("keypoints",),
    "plot_worst_frames": ("keypoints",),
    "plot_reliability": (),
    "check_labels": (),
    "plot_suspects": (),
    "plot_trajectories": ("keypoints",),
    "plot_confidence": ("keypoints", "smooth.min_confidence"),
    "plot_coverage": ("keypoints",),
    "plot_rig": ("keypoints", "skeleton"),
    "plot_limbs": ("keypoints", "skeleton"),
}

# What is learnt of several animals bottom-up alone.
BOTTOM_UP_KEYS = ("animals.identities", "animals.unique", "train.affinity_weight", "train.identity_weight")
LEARNING_STAGES = ("train_model", "train_models", "plot_augmented")

# What stages do not read of the above where animals are found by another method: {animals.method: {stage: keys}}.
UNREAD_KEYS = {
    "single": {
        "pack_dataset": ("animals.unique",),
        "export_labels": ("animals.unique",),
        **dict.fromkeys(LEARNING_STAGES, BOTTOM_UP_KEYS),
        "adapt_bundle": ("animals.number", "assemble", *BOTTOM_UP_KEYS),
        "assemble_video": ("assemble",),
        "track_video": ("animals.number", "seed"),
    },
    "bottom_up": {"infer_shard": ("infer.window",)},
    "top_down": {
        "pack_dataset": ("animals.unique",),
        "export_labels": ("animals.unique",),
        **dict.fromkeys(LEARNING_STAGES, (*BOTTOM_UP_KEYS, "augment.crop.focus")),
        "train_locator": (*BOTTOM_UP_KEYS, "model.scale", "train.crop"),
        "match_views": ("animals.identities",),
        "evaluate_tracks": ("animals.unique",),
        "infer_shard": ("infer.window",),
    },
}


def stage_config(config: dict, stage: str) -> dict:
    """Return the part of a checked config that `stage` reads: builtins only, sorted; keys of blocks stay in these."""
    part, unread = {}, {*GRAPH_KEYS, *UNREAD_KEYS[config["animals"]["method"]].get(stage, ())}
    for key in STAGES[stage]:
        block, _, name = key.partition(".")
        if name:
            part.setdefault(block, {})[name] = config[block][name]
        else:
            part[block] = config[block]
    return _sorted(part, unread)


def loaded_modules(config: dict, stage: str) -> dict[str, list[str]]:
    """Name the modules that a checked config chooses, by the package that they are loaded from.

    Exactly these count in the code digest of `stage`, if it loads from such a package.
    """
    data, backbone = Path(config["data"]), config["model"]["backbone"]
    key = sources.PREDICTIONS if stage == "ingest_predictions" else sources.LABELS
    entries = config[key.partition(".")[0]]["sources"]
    family = registry.family(backbone)
    return {
        "marey.inference.methods": [config["animals"]["method"]],
        "marey.multiview.formats": _calibration_formats(config),
        "marey.labels.formats": sorted({sources.format_name(entry, data, key) for entry in entries}),
        "marey.networks.backbones": [family],
        "marey.synth.animals": [_rendered_animal(config)],
        "marey.training.replays": ["rendered"] if config["model"]["replay"] else [],
        "marey.networks.weights": [family] if has_weights(backbone) else [],
    }


def _calibration_formats(config: dict) -> list[str]:
    """Name the module that reads the calibration of the cameras, where it comes from a file."""
    place = config["cameras"]["calibration"]
    return [calibration_format(place)] if place and not calibrated_by_board(config) else []


def _rendered_animal(config: dict) -> str:
    """Name the animal that training shows again; elsewhere, the only one that adaptation renders."""
    return said_of(initial_bundle(config))["animal"] if config["model"]["replay"] else "mouse_top"


def tracking_config(config: dict, row: dict, corrections: list[dict], *, predicted: bool) -> dict:
    """Return what tracking reads of one video: its stage's config, its `row` of the sheet and its corrections.

    The sheet's number of animals goes before that of the config. `predicted`: the poses are another tool's and come
    with no model, whose keypoints would be asked.
    """
    return _of_video({**stage_config(config, "track_video"), "corrections": corrections}, config, row, predicted)


def recognition_config(config: dict, row: dict, *, predicted: bool) -> dict:
    """Return what `learn_embeddings` reads of one video; arguments as of `tracking_config`."""
    return _of_video(stage_config(config, "learn_embeddings"), config, row, predicted)


def _of_video(part: dict, config: dict, row: dict, predicted: bool) -> dict:
    """Put into the config of a stage what a video's row of the sheet says of it."""
    if predicted:
        part["keypoints"] = config["keypoints"]
    if row["animals"] and "number" in part["animals"]:
        part["animals"]["number"] = int(row["animals"])
    return _sorted(part)


def session_config(config: dict, stage: str, session: str, views: dict[str, str]) -> dict:
    """Return what a stage of a session reads: its config, the session's own offsets, and its `views`, video by camera.

    Keypoints that change places in a mirror are named, also where the config leaves that to their names.
    """
    part = stage_config(config, stage)
    cameras = part.pop("cameras")
    offsets = cameras.pop("offsets")
    own = {name: value for name, value in offsets.items() if not isinstance(value, dict)}  # of all sessions
    own |= offsets[session] if isinstance(offsets.get(session), dict) else {}
    names, skeleton = part["keypoints"], Skeleton.from_config(part)
    part["symmetry"] = [[names[one], names[other]] for one, other in skeleton.pairs]
    part["offsets"] = {camera: own[camera] for camera in views if camera in own}
    return _sorted({**part, **cameras, "views": views})


def matching_config(config: dict, session: str, views: dict[str, str], rows: dict[str, dict]) -> dict:
    """Return what the matching of the views of a session reads, `rows` of the sheet by video among it.

    A session has as many animals as any of its videos; where that is not known of one, it is not known.
    """
    part = session_config(config, "match_views", session, views)
    numbers = [int(rows[video]["animals"] or part["animals"]["number"] or 0) for video in views.values()]
    known = part["animals"].get("identities", [])
    return {**part, "animals": {"identities": known, "number": max(numbers) if all(numbers) else None}}


def export_config(config: dict, format_name: str, row: dict, stage: str = "export_poses") -> dict:
    """Return what the export of a video or a session in one format reads.

    It is its stage's config and, for NWB, what the `row` of the sheet says of the animal and of the start of the
    recording, which goes before the config.
    """
    part = {"export": {}, **stage_config(config, stage)}
    part["export"].pop("nwb", None)
    if format_name == "nwb":
        session = config["export"]["nwb"]
        said = {"subject": row["subject"], "sex": row["sex"], "age": row["age"], "session_start": row["recorded"]}
        part["export"]["nwb"] = {**session, "subject": None, **{key: text for key, text in said.items() if text}}
    return _sorted(part)


def _sorted(value: object, unread: Collection[str] = (), block: str = "") -> object:
    """Copy nested dicts, keys in order, without those whose dotted names are `unread`; `block`: that of `value`."""
    if not isinstance(value, dict):
        return value
    names = {key: f"{block}.{key}" if block else key for key in sorted(value)}
    return {key: _sorted(value[key], unread, name) for key, name in names.items() if name not in unread}

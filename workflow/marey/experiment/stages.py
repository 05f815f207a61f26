"""What each stage reads of the experiment, and which modules it chooses: what makes a stage run again.

Imported while Snakemake parses the workflow, in every job: nothing heavy is imported here.
"""

from pathlib import Path

from marey.labels import sources
from marey.networks import registry
from marey.networks.naming import has_weights

# Keys that choose which files exist (they are in file names), but not what is in any of them.
GRAPH_KEYS = ("train.seeds", "train.together", "infer.fold")

# Keys that a stage does not read of blocks that it reads: they hold for the networks that find keypoints alone.
UNREAD_KEYS = {"train_locator": ("model.scale", "train.crop")}

ANIMAL_KEYS = ("animals.identities", "animals.method", "animals.unique")
TRAINING_KEYS = (*ANIMAL_KEYS, "keypoints", "skeleton", "symmetry", "model", "train", "augment")

# What clips of poses are drawn by.
CLIP_KEYS = ("render.height", "render.trail", "render.min_confidence", "keypoints", "skeleton")

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
    "export_model": (),
    "quantise_model": (),
    "predict_frames": ("infer.engine", "infer.flip"),
    "detect_frames": ("infer.engine", "infer.flip"),
    "fit_graph": ("assemble",),
    "match_frames": ("assemble",),
    "calibrate_confidence": ("calibrate_confidence",),
    "pool_predictions": (),
    "evaluate_model": ("evaluate", "seed"),
    "evaluate_tracks": ("animals.unique",),
    "plan_shards": ("infer.shard_frames",),
    "infer_shard": ("infer.batch_size", "infer.engine", "infer.flip", "infer.window", "keypoints"),
    "assemble_video": ("assemble", "keypoints"),
    "track_video": ("animals.method", "animals.number", "seed"),
    "smooth_video": ("smooth",),
    "render_video": (*CLIP_KEYS, "render.start", "render.duration"),
    "render_review": (*CLIP_KEYS, "render.review_moments"),
    "plot_review": ("render.min_confidence", "render.review_moments", "keypoints", "skeleton"),
    "plot_videos": (),
    "plot_sampled": (),
    "plot_augmented": TRAINING_KEYS,
    "plot_training": (),
    "plot_errors": ("keypoints",),
    "plot_worst_frames": ("keypoints",),
    "plot_reliability": (),
    "check_labels": (),
    "plot_suspects": (),
    "plot_trajectories": ("keypoints",),
    "plot_confidence": ("keypoints", "smooth.min_confidence"),
}


def stage_config(config: dict, stage: str) -> dict:
    """Return the part of a checked config that `stage` reads: builtins only, sorted, flat under dotted block names."""
    part, unread = {}, (*GRAPH_KEYS, *UNREAD_KEYS.get(stage, ()))
    for key in STAGES[stage]:
        block, _, name = key.partition(".")
        value = config[block]
        if name:
            part.setdefault(block, {})[name] = value[name]
        elif isinstance(value, dict):
            part[block] = {k: v for k, v in value.items() if f"{block}.{k}" not in unread}
        else:
            part[block] = value
    return _sorted(part)


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
        "marey.labels.formats": sorted({sources.format_name(entry, data, key) for entry in entries}),
        "marey.networks.backbones": [family],
        "marey.networks.weights": [family] if has_weights(backbone) else [],
    }


def tracking_config(config: dict, row: dict, corrections: list[dict], *, predicted: bool) -> dict:
    """Return what tracking reads of one video: its stage's config, its `row` of the sheet and its corrections.

    The sheet's number of animals goes before that of the config. Number and seed are left out where there is never more
    than one animal: nothing depends on them. `predicted`: the poses are another tool's and come with no model, whose
    keypoints would be asked.
    """
    part = {**stage_config(config, "track_video"), "corrections": corrections}
    if predicted:
        part["keypoints"] = config["keypoints"]
    if part["animals"]["method"] == "single":
        del part["animals"]["number"], part["seed"]
    elif row["animals"]:
        part["animals"]["number"] = int(row["animals"])
    return _sorted(part)


def _sorted(value: object) -> object:
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value)}
    return value

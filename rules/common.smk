"""The checked experiment, the video sheet, wildcard constraints and the input functions that rules share."""

import inspect
from functools import cache, partial

from marey.experiment import corrections
from marey.experiment.config import load
from marey.experiment.sheet import check_files, fingerprint, read_videos
from marey.experiment.stages import loaded_modules, stage_config, tracking_config
from marey.labels import sources
from marey.provenance.code import code_digest
from marey.running import scheduling

EXPERIMENT = load(config)
VIDEOS = read_videos(EXPERIMENT)
CORRECTIONS = corrections.read(EXPERIMENT, VIDEOS)
DATA = Path(EXPERIMENT["data"])
SINGLE = EXPERIMENT["animals"]["method"] == "single"
BOTTOM_UP = EXPERIMENT["animals"]["method"] == "bottom_up"
TOP_DOWN = EXPERIMENT["animals"]["method"] == "top_down"
# Folders of networks: those that find keypoints and, top-down, those that find the animals.
NETWORKS = ["models", "locators"] if TOP_DOWN else ["models"]
FILES = ["model.safetensors", "model.json", "model.onnx", "model.int8.onnx"]
FOLDS = range(EXPERIMENT["split"]["folds"])
SEEDS = EXPERIMENT["train"]["seeds"]
ANALYST = EXPERIMENT["infer"]["fold"]  # the fold whose models analyse the videos
if workflow.is_main_process:
    check_files(EXPERIMENT, VIDEOS)


wildcard_constraints:
    video=r"[A-Za-z0-9][A-Za-z0-9_.-]*(?<!\.metrics)",  # tracks/{video}.metrics.parquet
    start=r"\d+",
    stop=r"\d+",
    fold=r"\d+",
    seed=r"\d+",
    network=r"models|locators",


@cache
def stage(name):
    """The config that a stage reads: its `params.config`. All its jobs share one dict."""
    return stage_config(EXPERIMENT, name)


def given(function, *arguments):
    """`partial`, with its signature worked out: Snakemake asks for that of each function some times a job."""
    rest = partial(function, *arguments)
    rest.__signature__ = inspect.signature(rest)
    return rest


def training(name):
    """The config that the training of a network reads, as a function of the wildcards."""
    return given(_training, name)


def _training(name, wildcards):
    return stage("train_locator" if wildcards.network == "locators" else name)


def pretrained_weights(wildcards):
    """The file that the trunk's weights come from, where the config names one."""
    name = EXPERIMENT["model"]["weights"]
    return str(DATA / name) if name else []


def code(name):
    """The digest of a stage's script and of what it imports, as a function of the wildcards: its `params.code`.

    A job on a cluster parses all rules but asks for the digest of its own alone: all of them take a second.
    """
    return given(_code, name)


@cache
def _digest(name):
    script = Path(workflow.basedir, "scripts", f"{name}.py")
    return code_digest(script, loaded_modules(EXPERIMENT))


def _code(name, wildcards):
    return _digest(name)


def growing(amount):
    """Memory, MB, or time, minutes, that grows with every attempt."""
    return given(_grow, amount)


def _grow(amount, wildcards, attempt):
    return amount * attempt


def video_file(wildcards):
    """The file of a video. Rules call it `ancient`: its time does not count, but its `fingerprint` does (`probing`)."""
    if wildcards.video not in VIDEOS:
        raise ValueError(f"video '{wildcards.video}' is not in the sheet")
    return str(DATA / VIDEOS[wildcards.video]["path"])


def video_config(name, column):
    """`stage(name)` as a function of the wildcards, with a column of the video's row of the sheet."""
    return given(_video_config, name, column)


def _video_config(name, column, wildcards):
    return {**stage(name), column: VIDEOS[wildcards.video][column]}


def frame_ranges():
    """The column `frames` of the sheet, of the videos that have one."""
    return {
        name: row["frames"] for name, row in sorted(VIDEOS.items()) if row["frames"]
    }


@cache
def _plan(path, modified):
    import pyarrow.parquet

    shards = {}
    for row in pyarrow.parquet.read_table(path).to_pylist():
        shards.setdefault(row["video"], []).append(f"{row['start']}-{row['stop']}")
    return shards


def plan():
    """The shards of each video that can be analysed, once it is known: {video: ["start-stop", ...]}."""
    path = checkpoints.plan_shards.get().output[0]
    return _plan(path, Path(path).stat().st_mtime_ns)


def bottom_up(path):
    """A file that there is only where animals are put together from keypoints."""
    return [path] if BOTTOM_UP else []


def looks(path):
    """A file that there is only where looks count in tracking."""
    return [path] if EXPERIMENT["animals"]["appearance"] else []


def networks(fold):
    """All files of the networks of a fold, one after another: those of its models and, top-down, of its locators.

    One list: Snakemake keeps much for each list that has a name, and ten thousand shards have these.
    """
    pattern = f"<results>/{{network}}/{fold}-{{seed}}/{{file}}"
    return expand(pattern, network=NETWORKS, seed=SEEDS, file=FILES)


def fold_networks(wildcards):
    """`networks` of the fold of the wildcards."""
    return networks(wildcards.fold)


def member_of(fold, name):
    """A file of the first model of the ensemble of a fold."""
    return f"<results>/models/{fold}-{SEEDS[0]}/{name}"


def members(pattern, folds):
    """A file of each model of the ensembles of some folds."""
    return expand(pattern, fold=folds, seed=SEEDS)

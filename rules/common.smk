"""The checked experiment, the video sheet and the wildcard constraints that rules share."""

import atexit
import inspect
import json
import re
import sys
from functools import cache, partial
from pathlib import Path

from marey.experiment import config_files, corrections, elsewhere, sessions
from marey.experiment.adapted import adapted_videos
from marey.experiment.config import ConfigError, load_config
from marey.experiment.exports import check_exports, session_row
from marey.experiment.fingerprints import Fingerprints, Probed
from marey.experiment.initial_model import (
    initial_bundle,
    said_of,
    trains,
    uses_whole_bundle,
    whole_bundle,
)
from marey.experiment.packed_images import PackedImages
from marey.experiment.predicted import predicted_videos
from marey.experiment.sheet import (
    check_files,
    hidden_videos,
    missing_videos,
    path_faults,
    read_videos,
    said,
)
from marey.experiment.stages import (
    export_config,
    loaded_modules,
    matching_config,
    recognition_config,
    session_config,
    stage_config,
    tracking_config,
)
from marey.exports.names import export_modules
from marey.labels import sources
from marey.provenance.code import code_digest, config_digest
from marey.provenance.kept import Kept
from marey.running import console, environment, scheduling
from marey.tables import places
from marey.videos.ranges import part_fault

ROOT = Path(workflow.current_basedir).parent
FINGERPRINTS = Fingerprints(Path(".snakemake", "marey", "fingerprints.json"))
CODE = Kept(Path(".snakemake", "marey", "code.json"))
PACKED_IMAGES = PackedImages(Path(".snakemake", "marey", "packed_images.json"))
environment.prepare(str(ROOT / "workflow"))
if workflow.is_main_process:
    atexit.register(CODE.save)
    config_files.check_files(workflow.configfiles)
EXPERIMENT = load_config(config, commanded=workflow.config_settings.config)
VIDEOS = read_videos(EXPERIMENT)
MISSING = missing_videos(EXPERIMENT, VIDEOS)  # nothing is asked of them
PRESENT = [name for name in VIDEOS if name not in MISSING]
SESSIONS = sessions.read_sessions(EXPERIMENT, VIDEOS)  # with `cameras` alone
RIGS = sessions.read_rigs(EXPERIMENT, SESSIONS)
PREDICTED = predicted_videos(EXPERIMENT, PRESENT)  # by another tool
LABELLED = bool(EXPERIMENT["labels"]["sources"])
TRAINS = trains(EXPERIMENT)
# The bundle of another experiment to start from: labels train it further; where nothing is trained, its model analyses
# the videos, and labels test it.
INITIAL = initial_bundle(EXPERIMENT)
ADOPTED = None if TRAINS else INITIAL
# It can be trained further before that, on rendered images and, by its own predictions, on some of the videos.
UNPREDICTED = [name for name in PRESENT if name not in PREDICTED]
ADAPTED_TO = adapted_videos(EXPERIMENT, VIDEOS, UNPREDICTED) if ADOPTED else []
# Networks are there where there are labels, or a bundle, and videos that need them.
NEEDS_NETWORKS = (TRAINS or ADOPTED is not None) and not (
    PREDICTED and set(PRESENT) <= set(PREDICTED)
)
# The file of the rules that make the networks.
TOGETHER = "training_together" if EXPERIMENT["train"]["together"] else "training"
TRAINING = "zoo" if ADOPTED else TOGETHER
CORRECTIONS = corrections.read_corrections(EXPERIMENT, VIDEOS)
DATA = Path(EXPERIMENT["data"])
config["data"] = EXPERIMENT["data"]  # jobs ask for it
SINGLE = EXPERIMENT["animals"]["method"] == "single"
BOTTOM_UP = EXPERIMENT["animals"]["method"] == "bottom_up"
TOP_DOWN = EXPERIMENT["animals"]["method"] == "top_down"
# Folders of networks: those that find keypoints and, top-down, those that find the animals.
NETWORKS = ["models", "locators"] if TOP_DOWN else ["models"]
FOLDS = range(EXPERIMENT["split"]["folds"])
SEEDS = EXPERIMENT["train"]["seeds"][: 1 if ADOPTED else None]
# A page for each person who labels; without keypoints there is nothing to label.
LABELLERS = EXPERIMENT["labelling"]["people"] or ["kit"]
KITS = expand("<results>/kits/{person}.html", person=LABELLERS)
ELSEWHERE = elsewhere.elsewhere(EXPERIMENT)  # labels of other projects, that test
# Files of rules that there are only where the config asks for what they make.
OPTIONAL = [
    *(["elsewhere"] if ELSEWHERE else []),
    *(["multiview"] if SESSIONS else []),
]
ANALYST = EXPERIMENT["infer"]["fold"]  # the fold whose models analyse the videos
if workflow.is_main_process:
    check_files(EXPERIMENT, VIDEOS)
    deployed = workflow.deployment_settings.deployment_method
    check_exports(EXPERIMENT, VIDEOS, SESSIONS, installed=not deployed)
    for line in said(MISSING):
        print(f"Not analysed: {line}", file=sys.stderr)
    if lost := EXPERIMENT["left_out"]:
        print(
            f"Left out, as {INITIAL.name} does not know them: {', '.join(lost)}",
            file=sys.stderr,
        )
    if ELSEWHERE and ELSEWHERE.left_out:
        lost = ", ".join(ELSEWHERE.left_out)
        print(
            f"Left out of evaluate.sources, as they are no keypoints here: {lost}",
            file=sys.stderr,
        )
    if hidden := hidden_videos(EXPERIMENT):
        print(f"Hidden files are no videos: {', '.join(hidden)}", file=sys.stderr)


wildcard_constraints:
    video=r"[A-Za-z0-9][A-Za-z0-9_.-]*",
    start=r"\d+",
    stop=r"\d+",
    fold=r"\d+",
    seed=r"\d+",
    network=r"models|locators|whole|adopted",


TESTED_FOLD = (
    r"\d+|all"  # those rules that can take the test frames of all folds as one
)


def one_of(videos):
    """Return the pattern of a wildcard that is one of some videos."""
    return "|".join(map(re.escape, videos)) or "(?!)"


def none_of(videos):
    """Return the pattern of a wildcard `video` that is none of some, where it is a file's name without suffix."""
    rest = r"[A-Za-z0-9][A-Za-z0-9_.-]*"
    return rf"(?!(?:{one_of(videos)})\.parquet$){rest}"


def source(name):
    """Return a file of `data`, as an input. It is `local`: the prefix of a module is one of results alone."""
    if faults := path_faults(DATA / name):
        raise ConfigError(faults[0])
    return local(str(DATA / name))

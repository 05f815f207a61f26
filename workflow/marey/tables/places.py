"""Where files lie under `results`: the paths of tables, figures, clips and logs that the library itself looks for.

Paths only, relative to the results folder of an experiment, with the wildcards of the rules that write them: fill them
in with `str.format`, or look for all of them with `every`. Stages get their paths from the rules; what reads a whole
results folder (the report, costs, lineage) takes them from here. On the lowest floor, since rooms on many floors do.
"""

import os
import re
from pathlib import Path

RESULTS = "results/{project}"  # relative to where the workflow runs

REPORT = "report.html"
LOGS = "logs"  # <logs>/<rule>[/<wildcards>].log
BENCHMARKS = "benchmarks"  # <benchmarks>/<rule>[/<wildcards>].jsonl
METADATA = "{network}/{fold}-{seed}/model.json"
# Files of a model, in the order of `inference.engines.ModelFiles`.
MODEL_FILES = ("model.safetensors", "model.json", "model.onnx", "model.int8.onnx")
# What a bundle may bring besides its weights and metadata: confidence curves and graph of the models of its fold.
BUNDLE_TABLES = ("confidence_curves.parquet", "graph.parquet")

LABEL_SCALES = "labels/scales.parquet"  # of labelled frames

# By the name of the table, as a file is called.
TABLES = {
    "probe": "videos/{video}/probe.parquet",
    "frames": "videos/{video}/frames.parquet",
    "plan": "plan.parquet",
    "samples": "samples.parquet",
    "outliers": "outliers.parquet",
    "outlier_samples": "outliers/samples.parquet",
    "labels": "labels/labels.parquet",
    "dropped": "labels/dropped.parquet",
    "disagreements": "labels/disagreements.parquet",
    "splits": "labels/splits.parquet",
    "suspects": "labels/suspects.parquet",
    "history": "{network}/{fold}-{seed}/history.parquet",
    "pooled": "models/{fold}/pooled.parquet",
    "metrics": "models/{fold}/metrics.parquet",
    "elsewhere_labels": "elsewhere/labels.parquet",
    "elsewhere_metrics": "elsewhere/metrics.parquet",
    "confidence_curves": "{network}/{fold}-{seed}/confidence_curves.parquet",
    "adaptation": "{network}/{fold}-{seed}/adaptation.parquet",
    "scales": "scales/{video}.parquet",
    "detections": "detections/{video}/{start}-{stop}.parquet",
    "smoothed": "smoothed/{video}.parquet",
    "quality": "quality/{video}.parquet",
    "review": "review/{video}.parquet",
    "tracked": "tracked/{video}.parquet",
    "track_metrics": "track_metrics/{video}.parquet",
    "corners": "calibration/{rig}/corners/{camera}.parquet",
    "cameras": "cameras/{rig}.parquet",
    "calibration": "calibration/{rig}.parquet",
    "points": "points/{session}.parquet",
    "poses3d": "poses3d/{session}.parquet",
    "sync": "sync/{session}.parquet",
    "matches": "matches/{session}.parquet",
    "session_metrics": "session_metrics/{session}.parquet",
    "reprojected": "reprojected/{session}.parquet",
}
FIGURES = {
    "sampled": "figures/sampled.png",
    "outliers": "figures/outliers.png",
    "suspects": "figures/suspects.png",
    "augmented": "figures/augmented.png",
    "training": "figures/training/{network}/{fold}-{seed}.png",
    "errors": "figures/errors/{fold}.png",
    "worst_frames": "figures/worst_frames/{fold}.png",
    "reliability": "figures/reliability/{fold}.png",
    "elsewhere_errors": "figures/elsewhere/errors.png",
    "elsewhere_worst_frames": "figures/elsewhere/worst_frames.png",
    "trajectories": "figures/trajectories/{video}.png",
    "confidence": "figures/confidence/{video}.png",
    "review": "figures/review/{video}.png",
    "coverage": "figures/coverage/{session}.png",
    "rig": "figures/rig/{session}.png",
    "limbs": "figures/limbs/{session}.png",
}
KITS = "kits/{person}.html"
CLIPS = {
    "labelled": "clips/{video}.mp4",
    "review": "clips/review/{video}.mp4",
    "session": "clips/sessions/{session}.mp4",
}


def results(project: str) -> Path:
    """Return the results folder of a project, relative to where the workflow runs."""
    return Path(RESULTS.format(project=project))


def user_cache() -> Path:
    """Return the folder of the user's caches (XDG Base Directory Specification), outside of any results."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "marey")


def every(pattern: str) -> str:
    """Return the glob of all files of a pattern."""
    return re.sub(r"{\w+}", "*", pattern)

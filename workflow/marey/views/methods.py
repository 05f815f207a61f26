"""Methods section: how the poses were made, in sentences for a paper."""

import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np
import pandas as pd

from marey import __version__
from marey.networks.naming import has_package_weights
from marey.networks.outputs import CENTRE
from marey.tables.probe import USABLE
from marey.tables.splits import PARTS
from marey.views.results import ExperimentResults
from marey.views.summary import evaluated_folds, interval_text, metric_estimate
from marey.views.wording import amount, count, duration

REPORTED_PACKAGES = ("snakemake", "jax", "flax", "onnxruntime", "av", "numpy", "scipy", "pandas")
BACKBONE_TITLES = {
    "efficientnet_lite0": "EfficientNet-Lite0",
    "efficientnet_lite1": "EfficientNet-Lite1",
    "efficientnet_lite2": "EfficientNet-Lite2",
    "mobilenet_v3_small": "MobileNetV3-Small",
    "resnet18": "ResNet-18",
    "resnet50": "ResNet-50",
    "unet": "U-Net",
}
METHOD_SENTENCES = {
    "bottom_up": "Keypoints of all animals were found at once and assembled into animals (bottom-up), then tracked.",
    "top_down": "A second network found each animal{anchor}; its keypoints were then found in a square about this "
    "place (top-down), and animals were tracked.",
}


def methods_paragraph(config: dict, results: ExperimentResults) -> str:
    """Write the methods in plain text: only what has been done, from the config and from what was measured."""
    videos = results.videos
    usable = videos[videos["status"].isin(USABLE)]
    foreign = usable.index.isin(results.predicted)
    said = []
    if len(videos) and (not foreign.all() or not len(usable)):
        said.append(f"Poses were estimated with Marey {__version__} in {_amount_of(usable[~foreign])}.")
    if foreign.any():
        said.append(
            f"Poses of {_amount_of(usable[foreign])} were predicted by another tool, and read by Marey {__version__}."
        )
    if results.adopted:
        said.append(
            f"The network was trained in another experiment ({results.adopted}) and {_further(results)}, each video at "
            "a scale of its own, by the size of its animals; no label of these videos trained it."
        )
    if len(results.labels):
        keypoints, number = count(len(config["keypoints"] or []), "keypoint"), len(results.labels)
        frames = f"{count(number, 'frame')} of {count(results.labels['video'].nunique(), 'video')}"
        if videos.empty:
            frames = count(number, "image")
        points = results.labels["points"].sum()
        said.append(f"Of {keypoints}, {points:,} points were labelled in {frames}.")
    if len(results.metrics):
        said += [*([] if results.adopted else [_training(config, results)]), *_accuracy(results)]
    if videos["done"].any():
        analysed, raw = bool(len(usable[usable["done"] & ~foreign])), results.calibration == "uncalibrated"
        whose = {"analysed": analysed, "foreign": bool(foreign.any())}
        said += _analysis(config, anchor=results.anchor, calibrated=not raw, **whose)
    return " ".join(said)


def _further(results: ExperimentResults) -> str:
    """Say what was done with the network of another experiment."""
    kept = results.adaptation[results.adaptation["kept"]]
    if kept.empty:
        return "used as it was"
    pseudo = int(kept["pseudo_labels"].sum())
    own = f", and on {count(pseudo, 'pseudo-labelled frame')}" if pseudo else ""
    return (
        f"trained further ({kept['steps'].sum():,} steps) on animals rendered over the empty places of "
        f"{count(len(kept['videos'].iloc[0]), 'video')}{own}"
    )


def _amount_of(videos: pd.DataFrame) -> str:
    """Say how many videos these are, and how long."""
    length = f"{videos['frames'].sum():,} frames, {duration(videos['duration'].sum())}"
    return f"{count(len(videos), 'video')} ({length})"


def _training(config: dict, results: ExperimentResults) -> str:
    backbone, train = config["model"]["backbone"], config["train"]
    parts = results.splits[results.splits["fold"] == evaluated_folds(results.metrics)[0]]["part"].value_counts()
    sizes = " / ".join(str(parts.get(name, 0)) for name in PARTS)
    network = f"{BACKBONE_TITLES.get(backbone, 'a small network')}{_start(config['model'])}"
    seeds, many = len(train["seeds"]), len(evaluated_folds(results.metrics))
    start = f"For each of {many} folds of cross-validation, " if many > 1 else ""
    members = (
        f"{'a' if seeds == 1 else seeds} network{'' if seeds == 1 else 's'} that predict{'s' if seeds == 1 else ''}"
    )
    sentence = (
        f"{start}{members} heatmaps ({network}) {'was' if seeds == 1 else 'were'} trained for {_steps(train, results)} "
        f"of {train['batch_size']} examples, with {sizes} frames for training / validation / test; "
        f"{_kept_together(config['split']['group_by'], results)}."
    )
    return sentence[0].upper() + sentence[1:]


def _start(model: dict) -> str:
    """Say what the weights of the network began with, as far as that is known; "" at random."""
    if model["init"]:
        return f", which started from the model {model['init']}"
    if model["weights"]:
        return f", which started from the weights in {Path(model['weights']).name}"
    return ", pretrained on ImageNet" if has_package_weights(model["backbone"]) else ""


def _steps(train: dict, results: ExperimentResults) -> str:
    """Say how many steps the networks took: with `patience` they may have ended early, as their histories tell."""
    taken = sorted(results.steps) or [train["steps"]]
    if taken[0] == taken[-1]:
        return f"{taken[0]:,} steps"
    return f"{taken[0]:,} to {taken[-1]:,} steps"


def _kept_together(group_by: str, results: ExperimentResults) -> str:
    if group_by == "auto":
        group_by = "video" if (results.splits["group"] == results.splits["video"]).all() else "block"
    if group_by == "frame":
        return "frames were split one by one"
    return f"frames of one {'block of time' if group_by == 'block' else group_by} were never on both sides of a split"


def _accuracy(results: ExperimentResults) -> list[str]:
    found = metric_estimate(results.overall, "mean_error")
    folds = 1 if "fold" in results.overall else len(evaluated_folds(results.metrics))
    if not np.isfinite(found.value):
        return []
    details = [f"over {folds} folds"] if folds > 1 else []
    if np.isfinite(found.low):
        details += [interval_text(found, " px"), f"cluster bootstrap over {found.groups} groups of frames"]
    if results.body_length > 0:
        details.append(f"{amount(found.value / results.body_length)} body lengths")
    said = f" ({'; '.join(details)})" if details else ""
    return [f"On test frames the mean distance between prediction and label was {amount(found.value)} px{said}."]


def _analysis(config: dict, *, anchor: str, analysed: bool, foreign: bool, calibrated: bool) -> list[str]:
    """Say how the finished poses came about: `analysed` by networks, or `foreign`, another tool's, or both.

    `anchor`: see `ExperimentResults`; `calibrated`: whether the confidence of the networks is.
    """
    smooth, method = config["smooth"], config["animals"]["method"]
    tracked = METHOD_SENTENCES[method].format(anchor=_anchor(anchor)) if analysed and method != "single" else None
    if foreign and not analysed and method != "single":
        tracked = "Animals were tracked by these poses."
    kind = "calibrated confidence" if calibrated and (analysed or not foreign) else "confidence"
    confidence = f"a {kind} below {smooth['min_confidence']:g}"
    if foreign and analysed and calibrated:
        confidence += " (not calibrated where another tool predicted the poses)"
    return [
        *([tracked] if tracked else []),
        f"Positions with {confidence} and outliers counted as missing, "
        f"gaps of up to {smooth['max_gap']:g} s were bridged, and coordinates were smoothed in time by a "
        f"Rauch-Tung-Striebel smoother (white-noise acceleration of {smooth['acceleration']:,g} px/s²).",
    ]


def _anchor(anchor: str) -> str:
    """Say by what animals were found; "" where that is not known."""
    if not anchor:
        return ""
    return " by the middle of the box about its keypoints" if anchor == CENTRE else f" by its {anchor}"


def software_versions() -> str:
    """List the versions of the software that this page was written with."""
    found = [f"Marey {__version__}", f"Python {platform.python_version()}"]
    for name in REPORTED_PACKAGES:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            continue
    return ", ".join(found)

"""Labels swapped on purpose: how many of them come out on top of the list of suspicious labels.

    python benchmarks/label_checks.py                                  5 % of the left and right ears of the open field
    python benchmarks/label_checks.py --part 0.1 --set train.steps=800

Takes the data from MAREY_DATA (default ../shared/data). The networks of random folds (five, or `--folds`) train on the
swapped labels, as they would in earnest. Everything goes to results/label_checks/; models that are already there are
used again.
"""

import argparse
import json
import os
import platform
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import yaml

REPOSITORY = Path(__file__).parents[1]
sys.path.insert(0, str(REPOSITORY / "workflow"))

from marey.evaluation.calibrate_confidence import calibrate_confidence
from marey.evaluation.check_labels import check_labels
from marey.evaluation.pool_predictions import pool_predictions
from marey.experiment import config as experiment
from marey.experiment import stages
from marey.inference import engines
from marey.inference.predict_frames import predict_frames
from marey.labels.ingest_labels import ingest_labels
from marey.labels.pack_dataset import pack_dataset
from marey.labels.split_labels import split_labels
from marey.provenance.code import code_digest
from marey.tables import files
from marey.tables.labels import LABELS
from marey.tables.suspects import SUSPECTS
from marey.training import train_models

PROJECT = "01_openfield_dlc_single/openfield-Pranav-2018-10-30"
PAIR = ("leftear", "rightear")


def main() -> None:
    """Train what is not yet there, and print the places of the swapped labels."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--part", type=float, default=0.05, help="of the frames, whose ears are swapped")
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--set", nargs="+", default=["train.steps=400", "train.crop=192"], metavar="KEY=VALUE")
    arguments = parser.parse_args()
    data = Path(os.environ.get("MAREY_DATA", REPOSITORY.parent / "shared/data"), PROJECT).resolve()
    if not data.is_dir():
        sys.exit(f"{data}: no such folder; set MAREY_DATA")
    config = _experiment(data, arguments.set)
    title = ",".join(sorted(arguments.set)).replace(" ", "")
    work = REPOSITORY / "results/label_checks" / code_digest(REPOSITORY / "scripts/train_model.py")[:8] / title
    work = work / f"{arguments.part:g}-{arguments.folds}"
    swapped = _prepare(work, config, arguments.part, arguments.folds)
    tables = [_predict(work, config, fold) for fold in range(arguments.folds)]
    check_labels(tables, work / "labels.parquet", work / "suspects.parquet")
    _report(files.read(work / "suspects.parquet", SUSPECTS), swapped, title)


def _experiment(data: Path, settings: list[str]) -> dict:
    raw = {"project": "label_checks", "data": str(data), "videos": ".", "labels": {"sources": ["."]}}
    for setting in settings:
        key, _, value = setting.partition("=")
        *blocks, option = key.split(".")
        place = raw
        for block in blocks:
            place = place.setdefault(block, {})
        place[option] = yaml.safe_load(value)
    return experiment.load_config(raw)


def _prepare(work: Path, config: dict, part: float, folds: int) -> set[int]:
    """Tables of labels, splits and images in `work`, with the ears of some frames swapped; returns these frames."""
    work.mkdir(parents=True, exist_ok=True)
    data, path = Path(config["data"]), work / "labels.parquet"
    options = {"data": data, "probes": [], "on_error": "drop", "keypoints": tuple(config["keypoints"])}
    more = [work / f"{name}.parquet" for name in ("label_images", "disagreements")]
    ingest_labels(["."], path, work / "dropped.parquet", *more, **options, provenance={})
    rows = files.read(path, LABELS)
    ears = rows[rows["keypoint"].isin(PAIR)].dropna(subset=["x", "y"])
    both = ears["frame"].value_counts().loc[lambda count: count == 2].index.sort_values()
    swapped = set(np.random.default_rng(0).choice(both, round(part * rows["frame"].nunique()), replace=False).tolist())
    wrong = rows["frame"].isin(swapped) & rows["keypoint"].isin(PAIR)
    rows.loc[wrong, "keypoint"] = rows.loc[wrong, "keypoint"].map(dict(zip(PAIR, PAIR[::-1], strict=True)))
    files.write(path, rows, LABELS)
    split = {**config["split"], "folds": folds, "group_by": "frame"}
    split_labels(path, work / "splits.parquet", config=split, subjects={}, seed=0, provenance={})
    options = {"data": data, "videos": {}, "keypoints": config["keypoints"], "animals": config["animals"]}
    pack_dataset(path, work / "label_images.parquet", work / "dataset.parquet", **options, provenance={})
    return swapped


def _predict(work: Path, config: dict, fold: int) -> Path:
    """The table `pooled` of a fold, trained if need be."""
    out = work / str(fold)
    out.mkdir(exist_ok=True)
    inputs = work / "dataset.parquet", work / "splits.parquet"
    member, curves, pooled = (out / f"{name}.parquet" for name in ("member", "curves", "pooled"))
    run = train_models.Run(fold, 0, (out / "model.safetensors", out / "model.json"), out / "history.parquet")
    if not member.exists():
        stage = stages.stage_config(config, "train_model")
        train_models.train_models(*inputs, [run], state=out / "checkpoints", config=stage, provenance={})
        model = engines.ModelFiles(*run.bundle, None, None)
        predict_frames(*inputs, model, member, fold=fold, engine="jax", provenance={})
    calibrate_confidence([member], run.bundle[1], curves, config=config)
    pool_predictions([member], run.bundle[1], curves, pooled)
    return pooled


def _report(found: pd.DataFrame, swapped: set[int], title: str) -> None:
    ears = (found["kind"] == "swapped") & found["keypoint"].isin(PAIR) & found["other"].isin(PAIR)
    hits = found[ears & found["frame"].isin(swapped)]
    count = len(swapped)
    print(f"machine: {platform.machine()}, {os.cpu_count()} cores; {title}")
    print(
        "| swapped | in the first n | in the first 2 n | listed | places | suspects in all |\n|---|---|---|---|---|---|"
    )
    places = json.dumps(hits["rank"].tolist())
    first, second = ((hits["rank"] <= times * count).sum() for times in (1, 2))
    print(f"| {count} | {first} | {second} | {len(hits)} | {places} | {len(found)} |")


if __name__ == "__main__":
    main()

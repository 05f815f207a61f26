"""Error on frames that chose nothing, in cross-validation: random folds, folds of time, learning curves.

    python benchmarks/accuracy.py openfield                      five random folds with the default settings
    python benchmarks/accuracy.py openfield --split blocks       contiguous stretches of time
    python benchmarks/accuracy.py mirror reaching --fractions 0.25 1 --figure results/learning.png
    python benchmarks/accuracy.py openfield --folds 0 --part validation --set train.steps=500

Takes the data from MAREY_DATA (default ../shared/data). Every run is kept in results/accuracy/, under the data, the
split, the settings and the digest of the code, and is not repeated. Settings are to be chosen by `--part validation`.
"""

import argparse
import os
import platform
import sys
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import yaml

REPOSITORY = Path(__file__).parents[1]
sys.path.insert(0, str(REPOSITORY / "workflow"))

from marey.experiment import config as experiment
from marey.experiment import stages
from marey.experiment.initial_model import initial_bundle, said_of
from marey.inference import engines
from marey.inference.predict_frames import predict_frames
from marey.labels.ingest_labels import ingest_labels
from marey.labels.pack_dataset import pack_dataset
from marey.labels.split_labels import split_labels
from marey.provenance.code import code_digest
from marey.tables import files, splits
from marey.tables.labels import LABELS
from marey.tables.predictions import PREDICTIONS
from marey.tables.splits import SPLITS
from marey.training import train_models
from marey.views.colors import GOOD, MUTED
from marey.views.plots import style

OUT = REPOSITORY / "results/accuracy"
FOLDS = 5
KINDS = {"random": {"group_by": "frame"}, "blocks": {"group_by": "block", "blocks": FOLDS}}


def _deeplabcut(folder: str):
    return lambda data, work: (data / folder, ".")


def _mirror_mouse(data: Path, work: Path) -> tuple[Path, str]:
    """Lightning Pose's CSV (pixel centres at integers) as a label table beside its images."""
    folder = data / "08_mirror_mouse_lp_2view/mirror-mouse-example"
    wide = pd.read_csv(folder / "CollectedData.csv", header=[0, 1, 2], index_col=0)
    wide.columns = wide.columns.droplevel(0)
    rows = [
        {
            "video": "mirror",
            "frame": frame,
            "individual": "mouse",
            "keypoint": keypoint,
            "x": row[keypoint, "x"] + 0.5,
            "y": row[keypoint, "y"] + 0.5,
            "image": image,
        }
        for frame, (image, row) in enumerate(wide.iterrows())
        for keypoint in wide.columns.get_level_values(0).unique()
    ]
    work.mkdir(parents=True, exist_ok=True)
    pd.DataFrame(rows).to_csv(work / "labels.csv", index=False)
    return folder, os.path.relpath(work / "labels.csv", folder)


# What differs from the defaults: views from the side are not turned upside down.
DATA = {
    "openfield": (_deeplabcut("01_openfield_dlc_single/openfield-Pranav-2018-10-30"), {}),
    "reaching": (_deeplabcut("02_reaching_dlc_single/Reaching-Mackenzie-2018-08-30"), {"augment.rotation.largest": 20}),
    "mirror": (_mirror_mouse, {"augment.rotation.largest": 20}),
}


def main() -> None:
    """Train what is not yet there, print a table, and draw what the labels bought."""
    arguments = _arguments()
    data = Path(os.environ.get("MAREY_DATA", REPOSITORY.parent / "shared/data")).resolve()
    if not data.is_dir():
        sys.exit(f"{data}: no such folder; set MAREY_DATA")
    print(f"machine: {platform.machine()}, {os.cpu_count()} cores")
    print("| data | split | settings | frames | folds | mean px (folds) | median | RMSE | points | s a fold |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    curves: dict[str, list[tuple[int, list[float]]]] = {name: [] for name in arguments.data}
    for name in arguments.data:
        settings = {**DATA[name][1], **dict(arguments.set)}
        for fraction in arguments.fractions:
            runs = [
                trained(name, data, arguments.split, settings, fraction=fraction, fold=fold, seed=seed)
                for fold in arguments.folds
                for seed in arguments.seeds
            ]
            curves[name].append(_report(name, arguments, runs))
    if arguments.figure:
        _draw(curves, arguments)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", nargs="+", choices=DATA)
    parser.add_argument("--split", choices=KINDS, default="random")
    parser.add_argument("--folds", nargs="+", type=int, default=list(range(FOLDS)))
    parser.add_argument("--seeds", nargs="+", type=int, default=[0])
    parser.add_argument("--fractions", nargs="+", type=float, default=[1.0], help="parts of the training frames")
    parser.add_argument("--part", choices=splits.PARTS, default="test")
    parser.add_argument("--figure", type=Path, help="PNG of the error over the number of training frames")
    parser.add_argument("--set", nargs="+", type=setting, default=[], metavar="KEY=VALUE", help="train.steps=500")
    return parser.parse_args()


def setting(text: str) -> tuple[str, object]:
    """Read KEY=VALUE."""
    key, _, value = text.partition("=")
    return key, yaml.safe_load(value)


def _experiment(folder: Path, source: str, settings: dict) -> dict:
    raw = {"project": "accuracy", "data": str(folder), "videos": ".", "labels": {"sources": [source]}}
    raw["labels"]["on_error"] = "drop"
    if source.endswith(".csv"):
        raw["keypoints"] = list(pd.read_csv(folder / source)["keypoint"].unique())
    return configured(raw, settings)


def configured(raw: dict, settings: dict) -> dict:
    """Return the config of an experiment with `settings`, whose keys are dotted."""
    for key, value in settings.items():
        *blocks, option = key.split(".")
        place = raw
        for block in blocks:
            place = place.setdefault(block, {})
        place[option] = value
    return experiment.load_config(raw)


class Run(NamedTuple):
    """A trained model: its folder, the `dataset` and `splits` tables, and the fold that it was trained on."""

    folder: Path
    tables: tuple[Path, Path]
    fold: int

    @property
    def model(self) -> engines.ModelFiles:
        """Its files; of the ONNX copies, only the places."""
        return engines.ModelFiles(
            *(self.folder / name for name in ("model.safetensors", "model.json", "model.onnx", "model.int8.onnx"))
        )

    @property
    def seconds(self) -> int:
        """How long training took."""
        return int((self.folder / "seconds").read_text())


def trained(
    name: str, data: Path, kind: str, settings: dict, *, fraction: float = 1, fold: int = 0, seed: int = 0
) -> Run:
    """One model with its `predictions` of the labelled frames, trained if that was not done before."""
    code = code_digest(REPOSITORY / "scripts/train_model.py")[:8]
    title = ",".join(f"{key}={value}" for key, value in sorted(settings.items())).replace(" ", "") or "defaults"
    work = OUT / f"{name}-{kind}"
    folder, source = DATA[name][0](data, work)
    config = _experiment(folder, source, settings)
    bundle = initial_bundle(config)
    if bundle:
        title += f",{bundle.metadata()['weights']['blake2b'][:8]}"
    out = work / code / title / f"{fraction:g}-{fold}-{seed}"
    tables = work / f"{fraction:g}-{config['split']['validation_fraction']:g}"
    run = Run(out, (tables / "dataset.parquet", tables / "splits.parquet"), fold)
    if not (out / "predictions.parquet").exists():
        tables.mkdir(parents=True, exist_ok=True)
        _prepare(tables, config, kind, fraction)
        train(run, config, seed)
    return run


def train(run: Run, config: dict, seed: int) -> None:
    """Train a model of an experiment, and write its `predictions` of the labelled frames."""
    run.folder.mkdir(parents=True, exist_ok=True)
    bundle, began = initial_bundle(config), time.perf_counter()
    stage = stages.stage_config(config, "train_model") | ({"card": said_of(bundle)} if bundle else {})
    job = train_models.Run(run.fold, seed, run.model[:2], run.folder / "history.parquet")
    state = run.folder / "checkpoints"
    train_models.train_models(*run.tables, [job], bundle=bundle, state=state, config=stage, provenance={})
    (run.folder / "seconds").write_text(f"{time.perf_counter() - began:.0f}")
    out = run.folder / "predictions.parquet"
    predict_frames(*run.tables, run.model, out, fold=run.fold, engine="jax", provenance={})


def _prepare(tables: Path, config: dict, kind: str, fraction: float) -> None:
    """Labels, splits and data set; of the training frames only `fraction` stay, evenly spread over time."""
    if (tables / "dataset.parquet").exists():
        return
    data, keypoints = Path(config["data"]), config["keypoints"]
    options = {"data": data, "probes": [], "on_error": "drop", "keypoints": tuple(keypoints), "provenance": {}}
    written = [tables / f"{name}.parquet" for name in ("labels", "dropped", "label_images", "disagreements")]
    ingest_labels(config["labels"]["sources"], *written, **options)
    frames = files.read(tables / "labels.parquet", LABELS)
    if "mirror" in set(frames["video"]):  # its frames come from many recordings and have no order in time
        kind = "random"
    split = {**config["split"], "folds": FOLDS, **KINDS[kind]}
    split_labels(tables / "labels.parquet", tables / "splits.parquet", config=split, subjects={}, seed=0, provenance={})
    if fraction < 1:
        table = files.read(tables / "splits.parquet", SPLITS)
        train = table[table["part"] == "train"]
        keep = train.groupby("fold", group_keys=False).apply(_spread, fraction=fraction).index
        table.loc[train.index.difference(keep), "part"] = "unused"
        files.write(tables / "splits.parquet", table, SPLITS, provenance={})
    options = {"data": data, "videos": {}, "keypoints": keypoints, "animals": config["animals"], "provenance": {}}
    pack_dataset(tables / "labels.parquet", tables / "label_images.parquet", tables / "dataset.parquet", **options)


def _spread(rows: pd.DataFrame, fraction: float) -> pd.DataFrame:
    return rows.iloc[np.linspace(0, len(rows) - 1, max(1, round(fraction * len(rows)))).round().astype(int)]


def errors(table: pd.DataFrame, part: str) -> np.ndarray:
    """Distances between prediction and label in a part of a fold, px."""
    table = table[table["part"] == part]
    return np.hypot(table["x"] - table["true_x"], table["y"] - table["true_y"]).dropna().to_numpy()


def _report(name: str, arguments: argparse.Namespace, runs: list[Run]) -> tuple[int, list[float]]:
    """Print a row of the table; the number of training frames and the mean error of each run, px."""
    tables = [files.read(run.folder / "predictions.parquet", PREDICTIONS) for run in runs]
    distances = [errors(table, arguments.part) for table in tables]
    every, means = np.concatenate(distances), [distance.mean() for distance in distances]
    folds = " ".join(f"{mean:.2f}" for mean in means)
    title = " ".join(f"{key}={value}" for key, value in arguments.set) or "defaults"
    figures = f"{every.mean():.2f} ({folds}) | {np.median(every):.2f} | {np.sqrt((every**2).mean()):.2f}"
    frames = (tables[0].drop_duplicates("frame")["part"] == "train").sum()
    seconds = np.mean([run.seconds for run in runs])
    print(
        f"| {name} | {arguments.split}, {arguments.part} | {title} | {frames} | {len(arguments.folds)} | {figures} "
        f"| {len(every)} | {seconds:.0f} |",
        flush=True,
    )
    return int(frames), means


def _draw(curves: dict[str, list[tuple[int, list[float]]]], arguments: argparse.Namespace) -> None:
    """Learning curves: a dot for each run, a line through the means."""
    title = f"Error over labels ({arguments.split} folds, {arguments.part} frames)"
    with style.figure(arguments.figure, width=1 + 3 * len(curves), height=3, title=title) as drawn:
        for axes, (name, curve) in zip(drawn.subplots(1, len(curves), squeeze=False)[0], curves.items(), strict=True):
            frames = [count for count, _ in curve]
            for count, means in curve:
                axes.plot([count] * len(means), means, ".", color=MUTED, markersize=4)
            axes.plot(frames, [np.mean(means) for _, means in curve], "o-", color=GOOD)
            for count, means in curve:
                place = {"xytext": (5, 5), "textcoords": "offset points"}
                axes.annotate(f"{np.mean(means):.2f}", (count, np.mean(means)), color=GOOD, **place)
            axes.set(title=name, xlabel="training frames", ylabel="mean error, px", xlim=(0, None), ylim=(0, None))


if __name__ == "__main__":
    main()

"""What labels buy from the zoo and from ImageNet: learning curves on the open field.

    python benchmarks/fine_tuning.py                             4, 9, 21, 42 and 84 labels, 5 seeds, 400 steps
    python benchmarks/fine_tuning.py --labels 4 9 --seeds 0 1 --set model.scale=1

The first of five blocks of time tests; of the other frames, those that train are spread evenly over time, and none
validates. Takes the data from MAREY_DATA (default ../shared/data). Every run is kept under results/accuracy, as those
of `accuracy.py`, and is not repeated; results/fine_tuning.csv has a row for each. Both starts have the same labels,
steps and seeds; the scale is `model.scale`, which `auto` chooses by the labels that train. An interval (95 %) is a
bootstrap over stretches of ten test frames, the same for all; seeds are averaged before.
"""

import argparse
import os
import sys
from pathlib import Path

import numpy as np
import pandas as pd
from accuracy import DATA, REPOSITORY, Run, setting, trained

from marey.tables import files
from marey.tables.predictions import PREDICTIONS

STARTS = {"zoo": {"model.init": "zoo:mouse_top"}, "ImageNet": {}}
FIRST_BLOCK = 3  # fold of `accuracy.py` whose test frames, 24, are the first
TRAINING = 92  # the other frames
STRETCH, DRAWS = 10, 2000
ENOUGH = 1.1  # times the error with all labels


def main() -> None:
    """Train what is not yet there, and print the mean error over the number of labels for each start."""
    arguments = _arguments()
    data = Path(os.environ.get("MAREY_DATA", REPOSITORY.parent / "shared/data")).resolve()
    if not data.is_dir():
        sys.exit(f"{data}: no such folder; set MAREY_DATA")
    settings = {**DATA["openfield"][1], "train.steps": arguments.steps, "split.validation_fraction": 0}
    settings |= dict(arguments.set)
    out = REPOSITORY / "results/fine_tuning.csv"
    rows, curves = [], {}
    print("| start | labels | mean px (seeds) | interval | s |\n|---|---|---|---|---|")
    for start in arguments.starts:
        for labels in arguments.labels:
            options = {**settings, **STARTS[start]}
            fraction = min(1.0, labels / TRAINING)
            runs = [
                trained("openfield", data, "blocks", options, fraction=fraction, fold=FIRST_BLOCK, seed=seed)
                for seed in arguments.seeds
            ]
            frames, errors = _frames(runs[0]), np.array([_errors(run) for run in runs])
            curves.setdefault(start, {})[frames] = errors.mean(axis=0)
            means = " ".join(f"{mean:.2f}" for mean in np.nanmean(errors, axis=(1, 2)))
            seconds = np.mean([run.seconds for run in runs])
            shown = _interval(lambda drawn, each=errors: np.nanmean(each[:, drawn]), errors.shape[1])
            print(f"| {start} | {frames} | {np.nanmean(errors):.2f} ({means}) | {shown} | {seconds:.0f} |", flush=True)
            rows += [
                {"start": start, "labels": frames, "seed": seed, "steps": arguments.steps, "mean": np.nanmean(each)}
                for seed, each in zip(arguments.seeds, errors, strict=True)
            ]
            pd.DataFrame(rows).to_csv(out, index=False)
    _compare(curves)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--labels", nargs="+", type=int, default=[4, 9, 21, 42, 84])
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2, 3, 4])
    parser.add_argument("--steps", type=int, default=400)
    parser.add_argument("--starts", nargs="+", choices=STARTS, default=list(STARTS))
    parser.add_argument("--set", nargs="+", type=setting, default=[], metavar="KEY=VALUE", help="model.scale=1")
    return parser.parse_args()


def _predictions(run: Run) -> pd.DataFrame:
    return files.read(run.folder / "predictions.parquet", PREDICTIONS)


def _frames(run: Run) -> int:
    """Count the frames that trained."""
    return int((_predictions(run).drop_duplicates("frame")["part"] == "train").sum())


def _errors(run: Run) -> np.ndarray:
    """Return the distances between prediction and label in the test frames, f64[frame, keypoint] px, NaN = no label."""
    table = _predictions(run).query("part == 'test'")
    table = table.assign(error=np.hypot(table["x"] - table["true_x"], table["y"] - table["true_y"]))
    return table.pivot(index="frame", columns="keypoint", values="error").sort_index().to_numpy()


def _interval(statistic, frames: int) -> str:
    """Return the 95 % interval of a statistic of rows of frames, which are drawn in stretches."""
    chance, stretches = np.random.default_rng(0), np.array_split(np.arange(frames), max(2, frames // STRETCH))
    drawn = [chance.integers(len(stretches), size=len(stretches)) for _ in range(DRAWS)]
    values = [statistic(np.concatenate([stretches[index] for index in each])) for each in drawn]
    return " to ".join(f"{value:.2f}" for value in np.nanpercentile(values, [2.5, 97.5]))


def _compare(curves: dict[str, dict[int, np.ndarray]]) -> None:
    """Print how many labels are enough for each start, and how far the starts differ at each number of labels."""
    print(f"\n| start | labels to come within {ENOUGH - 1:.0%} of the error with all labels |\n|---|---|")
    for start, curve in curves.items():
        means = {labels: np.nanmean(errors) for labels, errors in sorted(curve.items())}
        best = means[max(means)]
        print(f"| {start} | {next(labels for labels, mean in means.items() if mean <= ENOUGH * best)} |")
    if len(curves) == 2:
        (_, first), (_, second) = curves.items()
        print(f"\n| labels | {' minus '.join(curves)}, px | interval |\n|---|---|---|")
        for labels, errors in first.items():
            differences = errors - second[labels]
            shown = _interval(lambda drawn, each=differences: np.nanmean(each[drawn]), len(differences))
            print(f"| {labels} | {np.nanmean(differences):.2f} | {shown} |")


if __name__ == "__main__":
    main()

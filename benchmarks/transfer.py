"""Another animal in another arena: labels of one video, the error in others, from the zoo and from ImageNet.

    python benchmarks/transfer.py                              made videos and real ones, 3 seeds, 400 steps
    python benchmarks/transfer.py --data made --seeds 0 --steps 100

made: ten labelled frames of one made mouse train, ten of each of nine others test, each with another coat, size, floor
and lamp. What trained the bundle shows mice of the same build, in other places and light. home_cage: ten frames of the
open field train, and the mice of another lab's home cage test, 10 frames labelled by hand: each is cut out with half of
its extent around it and brought to the length of the open field's mice, so that looks alone are new; who of two mice is
meant is left to chance. Both starts have the same frames, steps and seeds, and the scale that `auto` chooses by them.
An interval (95 %) is a bootstrap over test videos, or over test frames where there is one video; seeds are averaged
before. Takes real data from MAREY_DATA (default ../shared/data); works in results/transfer.
"""

import argparse
import os
import platform
import sys
import tempfile
from pathlib import Path

import av
import numpy as np
import pandas as pd
from accuracy import DATA, REPOSITORY, Run, configured, setting, train
from PIL import Image

from marey.labels.formats import deeplabcut, sleap
from marey.labels.reading import Source
from marey.pictures.encoding import decode, encode
from marey.synth.render import Renderer
from marey.synth.scene import COAT_COLORS, Scene
from marey.synth.truth import truth_labels
from marey.tables import files
from marey.tables.dataset import DATASET
from marey.tables.labels import VISIBILITIES
from marey.tables.predictions import PREDICTIONS
from marey.tables.splits import SPLITS
from marey.zoo.names import match

STARTS = {"zoo": {"model.init": "zoo:mouse_top"}, "ImageNet": {}}
VIDEOS, LABELS, APART = 10, 10, 12  # made videos; labelled frames of each, so many frames apart
OPEN_FIELD, HOME_CAGE = "01_openfield_dlc_single", "05_mice15_homecage_sleap_multi"
AROUND = 0.5  # of the extent of a mouse that is cut out, on each side
NEAR = 0.1  # of the body's length
DRAWS = 2000


def main() -> None:
    """Train what is not yet there, and print a row for each start."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", nargs="+", choices=POOLS, default=list(POOLS))
    parser.add_argument("--starts", nargs="+", choices=STARTS, default=list(STARTS))
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--steps", type=int, default=400)
    parser.add_argument("--set", nargs="+", type=setting, default=[], metavar="KEY=VALUE", help="model.scale=1")
    arguments = parser.parse_args()
    print(f"machine: {platform.machine()}, {os.cpu_count()} cores; {arguments.steps} steps")
    print(f"| data | start | mean error, body lengths (seeds) | within {NEAR:.0%} of it |\n|---|---|---|---|")
    for name in arguments.data:
        found = {start: errors(name, start, arguments) for start in arguments.starts}
        for start, (error, groups) in found.items():
            means = " ".join(f"{value:.3f}" for value in np.nanmean(error, axis=(1, 2)))
            near = _interval(_near(error), groups)
            print(f"| {name} | {start} | {np.nanmean(error):.3f} ({means}) | {near} |", flush=True)
        if len(found) == 2:
            (first, groups), (second, _) = found.values()
            print(f"| {name} | {' minus '.join(found)} | | {_interval(_near(first) - _near(second), groups)} |")


def errors(name: str, start: str, arguments: argparse.Namespace) -> tuple[np.ndarray, np.ndarray]:
    """Train each seed; returns errors of the test frames f64[seed, frame, keypoint], body lengths, and their groups."""
    out = REPOSITORY / "results/transfer" / name
    out.mkdir(parents=True, exist_ok=True)
    rows = POOLS[name]()
    keypoints, ends = rows.attrs["keypoints"], rows.attrs["ends"]
    options = {"train.steps": arguments.steps, "train.validate_every": arguments.steps, **STARTS[start]}
    raw = {"project": "transfer", "data": ".", "videos": ".", "keypoints": keypoints, "animals": {"method": "single"}}
    config = configured(raw, options | dict(arguments.set))
    distances = []
    for seed in arguments.seeds:
        with tempfile.TemporaryDirectory(dir=out) as folder:
            run = Run(Path(folder), (Path(folder) / "dataset.parquet", Path(folder) / "splits.parquet"), 0)
            files.write(run.tables[0], rows[DATASET.names], DATASET)
            parts = rows[["video", "frame"]].assign(fold=0, group=rows["video"], part=rows["part"])
            files.write(run.tables[1], parts, SPLITS)
            train(run, config, seed)
            found = files.read(run.folder / "predictions.parquet", PREDICTIONS).query("part == 'test'")
        shape = (-1, len(keypoints), 2)
        true = found[["true_x", "true_y"]].to_numpy(float).reshape(shape)
        body = np.linalg.norm(true[:, ends[0]] - true[:, ends[1]], axis=-1)
        wrong = np.linalg.norm(found[["x", "y"]].to_numpy(float).reshape(shape) - true, axis=-1)
        distances.append(wrong / np.where(body > 0, body, np.nan)[:, None])
        print(f"{name}, {start}, seed {seed}: {np.nanmean(distances[-1]):.3f}", file=sys.stderr)
    frames = found.drop_duplicates(["video", "frame"])
    groups = frames["video"] if frames["video"].nunique() > 1 else frames["frame"] // 2  # two mice of a frame
    return np.array(distances), groups.to_numpy()


def made() -> pd.DataFrame:
    """Render the labelled frames of mice of which each has a place of its own; the first one's train."""
    coats, rows = list(COAT_COLORS), []
    for number in range(VIDEOS):
        scene = {"coats": (coats[number % len(coats)],), "clutter": 1 + number % 3, "noise": 0.01 * (1 + number % 4)}
        renderer = Renderer(Scene(**scene, frames=LABELS * APART, seed=100 + number))
        frames = range(0, LABELS * APART, APART)
        truth = truth_labels(renderer, frames, video="")
        keypoints = list(dict.fromkeys(truth["keypoint"]))
        for frame, points in truth.groupby("frame"):
            points = points.set_index("keypoint").loc[keypoints]
            seen = [VISIBILITIES.index(value) for value in points["visibility"]]
            part = "test" if number else "train"
            rows.append(_row(f"v{number}", frame, renderer.frame(frame), points[["x", "y"]].to_numpy(), seen, part))
    return _table(rows, keypoints, ("snout", "tail_base"))


def home_cage() -> pd.DataFrame:
    """Read ten frames of the open field, which train, and mice cut out of a home cage, which test."""
    data = Path(os.environ.get("MAREY_DATA", REPOSITORY.parent / "shared/data")).resolve()
    if not data.is_dir():
        sys.exit(f"{data}: no such folder; set MAREY_DATA")
    project, source = DATA["openfield"][0](data, Path())
    labels = deeplabcut.read(Source(project / source, project)).labels
    keypoints = list(labels["keypoint"].unique())
    images = sorted(project.glob("labeled-data/*/*.png"))
    rows = []
    for index in np.linspace(0, len(images) - 1, LABELS).round().astype(int):
        own = labels[labels["image"].map(lambda text, name=images[index].name: Path(text).name == name)]
        points = own.set_index("keypoint").reindex(keypoints)[["x", "y"]].to_numpy(float)
        rows.append(_row("openfield", int(index), decode(images[index].read_bytes()), points, None, "train"))
    ends = ("snout", "tailbase")
    first, last = (keypoints.index(name) for name in ends)
    points = np.array([np.reshape(row["points"], (-1, 2)) for row in rows])
    length = np.median(np.linalg.norm(points[:, first] - points[:, last], axis=-1))
    (path,) = (data / HOME_CAGE).glob("labels*.slp")
    labels = sleap.read(Source(path, path.parent)).labels
    names = match(keypoints, labels["keypoint"].unique()).source
    frames = _frames(data / HOME_CAGE / "mice.mp4", labels["frame"].unique())
    for number, ((frame, _), own) in enumerate(labels.groupby(["frame", "individual"])):
        points = own.set_index("keypoint").reindex([names[name] for name in keypoints])[["x", "y"]].to_numpy(float)
        body = np.linalg.norm(points[first] - points[last])
        if np.isfinite(body):
            image, points = _cut(frames[frame], own[["x", "y"]].to_numpy(float), points, length / body)
            rows.append(_row("home_cage", 2 * int(frame) + number % 2, image, points, None, "test"))
    return _table(rows, keypoints, ends)


def _frames(path: Path, wanted: np.ndarray) -> dict[int, np.ndarray]:
    with av.open(path) as video:
        return {
            number: frame.to_ndarray(format="rgb24")
            for number, frame in enumerate(video.decode(video=0))
            if number in wanted
        }


def _cut(image: np.ndarray, around: np.ndarray, points: np.ndarray, scale: float) -> tuple[np.ndarray, np.ndarray]:
    """Cut out the place `around` points, and bring it to a scale; returns the image and where `points` are in it."""
    low, high = np.nanmin(around, axis=0), np.nanmax(around, axis=0)
    margin = AROUND * (high - low).max()
    box = np.array([low - margin, high + margin]).clip(0, (image.shape[1], image.shape[0])).round()
    (left, top), (right, bottom) = box.astype(int)
    size = np.maximum(1, (scale * (box[1] - box[0])).round()).astype(int)
    cut = Image.fromarray(image[top:bottom, left:right]).resize(tuple(size), Image.Resampling.BOX)
    return np.asarray(cut), (points - box[0]) * (size / (box[1] - box[0]))


def _row(
    video: str, frame: int, image: np.ndarray, points: np.ndarray, seen: list[int] | None, part: str
) -> dict[str, object]:
    """Return a row of `dataset`, and the part that its frame has; `seen` None: all that has a position is visible."""
    if seen is None:
        there = np.isfinite(points).all(axis=-1)
        seen = np.where(there, VISIBILITIES.index("visible"), VISIBILITIES.index("unlabelled"))
    place, height, width = np.float32(points).ravel(), *image.shape[:2]
    values = video, frame, width, height, encode(image), ["mouse"], place, np.int8(seen)
    return dict(zip(DATASET.names, values, strict=True)) | {"part": part}


def _table(rows: list[dict], keypoints: list[str], ends: tuple[str, str]) -> pd.DataFrame:
    """Put rows into the order of `dataset`; `ends` are those of the body."""
    table = pd.DataFrame(rows).sort_values(["video", "frame"], ignore_index=True)
    table.attrs = {"keypoints": keypoints, "ends": [keypoints.index(name) for name in ends]}
    return table


def _near(errors: np.ndarray) -> np.ndarray:
    """Percent of each keypoint that is near, f64[frame, keypoint], over seeds; NaN where there is no label."""
    return 100 * np.where(np.isnan(errors), np.nan, errors <= NEAR).mean(axis=0)


def _interval(values: np.ndarray, groups: np.ndarray) -> str:
    """Write a mean and its 95 % interval, a bootstrap over groups."""
    chance, members = np.random.default_rng(0), [np.flatnonzero(groups == group) for group in np.unique(groups)]
    draws = [
        np.nanmean(values[np.concatenate([members[k] for k in chance.integers(0, len(members), len(members))])])
        for _ in range(DRAWS)
    ]
    low, high = np.quantile(draws, [0.025, 0.975])
    return f"{np.nanmean(values):.1f} ({low:.1f} to {high:.1f}) %"


POOLS = {"made": made, "home_cage": home_cage}


if __name__ == "__main__":
    main()

"""What labels buy when they are chosen: the test error over rounds of ten frames, by method.

    python benchmarks/active_learning.py --pools made openfield --seeds 0 1 2 3 4 5 6 7 8 9
    python benchmarks/active_learning.py --pools made --methods random kmeans ours --without look pose --steps 300

Every method starts from the same ten frames of a seed and gets ten more a round, to fifty, and each model trains anew
with as many steps. made: five videos; in two, the light goes down in some of the frames, which are half of the test.
openfield, reaching, mirror: labelled frames in order, the last fifth tests; they lie apart in time, so that terms of
motion say nothing and are left out. oracle picks the frames of the largest error, where an exchange of left and right
is none: one of the open field's labels has its ears the wrong way round. The area under the curve is the mean error
over the rounds; intervals are bootstraps over the seeds, of differences with the same start.

Takes real data from MAREY_DATA (default ../shared/data). Each model is kept in results/active_learning/, and what was
measured is added to results.jsonl there: a run that was interrupted goes on.
"""

import argparse
import json
import os
import platform
import shutil
import sys
from hashlib import blake2b
from pathlib import Path
from typing import NamedTuple

# One training step for all models, compiled once; JAX reads this when it is imported.
os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(Path(__file__).parents[1] / "results/active_learning/compiled"))

import accuracy
import numpy as np
import pandas as pd
from PIL import Image
from sklearn.cluster import KMeans

from marey.experiment import config as experiment
from marey.experiment import stages
from marey.experiment.skeletons import Skeleton
from marey.inference.predict_frames import predict_frames
from marey.labelling.batches import pick_batch
from marey.labelling.find_outliers import order_frames
from marey.labelling.outlier_terms import pose_term, video_shapes, video_terms
from marey.labelling.series import series_of
from marey.labelling.surprise import rarity
from marey.pictures.encoding import decode, encode
from marey.provenance.code import code_digest
from marey.synth.render import Renderer
from marey.synth.scene import Scene
from marey.synth.truth import truth_labels
from marey.tables import files
from marey.tables.dataset import DATASET
from marey.tables.labels import VISIBILITIES
from marey.tables.outliers import TERMS
from marey.tables.predictions import PREDICTIONS
from marey.tables.splits import SPLITS
from marey.training import train_models

OUT = accuracy.REPOSITORY / "results/active_learning"
METHODS = ("uniform", "random", "kmeans", "ours", "oracle")
MOTION = ("jump", "drift", "leap", "frozen")
VIDEOS, FRAMES, TEST = 5, 100, 40  # of the made pool; of each video so many more test
DIM, RARE = 0.25, 0.05  # of the light, and in how many frames of two videos
SIZE = (160, 120)
RESAMPLES = 2000
SETTINGS = {"model.backbone": "small", "model.channels": 16, "train.batch_size": 8, "train.crop": 96}
SCALES = {"made": 1, "openfield": 0.25, "reaching": 0.15, "mirror": 0.3}


class Pool(NamedTuple):
    """Frames that may be labelled, and frames that test."""

    name: str
    dataset: Path
    frames: pd.DataFrame  # video, frame, test
    looks: np.ndarray  # f64[frame, pixel]
    moving: bool  # frames of a video follow each other in time
    rate: float  # frames/s
    config: dict


def main() -> None:
    """Train what is not there yet, and print the error of each round and how the methods compare."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pools", nargs="+", choices=SCALES, default=["made", "openfield"])
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=list(METHODS))
    parser.add_argument("--without", nargs="*", choices=TERMS, default=[], help="ours without each of these terms")
    parser.add_argument("--seeds", nargs="+", type=int, default=list(range(10)))
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--first", type=int, default=10, help="labels of the first round")
    parser.add_argument("--more", type=int, default=10, help="labels that each round adds")
    parser.add_argument("--most", type=int, default=50, help="labels of the last round")
    parser.add_argument("--set", nargs="+", type=accuracy.setting, default=[], metavar="KEY=VALUE")
    arguments = parser.parse_args()
    print(f"machine: {platform.machine()}, {os.cpu_count()} cores; {arguments.steps} steps")
    methods = [*arguments.methods, *(f"ours without {term}" for term in arguments.without)]
    for name in arguments.pools:
        pool = POOLS[name](name, arguments.steps, dict(arguments.set))
        curves = {method: [run(pool, method, seed, arguments) for seed in arguments.seeds] for method in methods}
        report(name, {method: np.array(curve) for method, curve in curves.items()}, arguments)


def run(pool: Pool, method: str, seed: int, arguments: argparse.Namespace) -> list[float]:
    """Label round by round as a method says; returns the test error of each round, px."""
    rng = np.random.default_rng([seed, len(pool.frames)])
    free = np.flatnonzero(~pool.frames["test"])
    chosen, errors = np.sort(rng.choice(free, arguments.first, replace=False)), []
    while True:
        found = trained(pool, chosen, seed, arguments.steps)
        errors.append(test_error(pool, found))
        print(f"{pool.name}, {method}, seed {seed}: {len(chosen)} labels, {errors[-1]:.2f} px", file=sys.stderr)
        with (OUT / "results.jsonl").open("a") as file:
            row = {"pool": pool.name, "method": method, "seed": seed, "steps": arguments.steps, "labels": len(chosen)}
            file.write(json.dumps({**row, "error": errors[-1]}) + "\n")
        if len(chosen) >= arguments.most:
            return errors
        rest = np.setdiff1d(free, chosen)
        chosen = np.sort(np.append(chosen, choose(pool, method, rest, found, rng, arguments.more)))


def trained(pool: Pool, chosen: np.ndarray, seed: int, steps: int) -> pd.DataFrame:
    """Train on some frames, if that was not done before; returns the predictions of all."""
    code = code_digest(accuracy.REPOSITORY / "scripts/train_model.py")[:8]
    title = blake2b(repr((chosen.tolist(), seed, steps)).encode(), digest_size=8).hexdigest()
    out = OUT / pool.name / code / title
    if not (out / "predictions.parquet").exists():
        out.mkdir(parents=True, exist_ok=True)
        part = np.where(pool.frames["test"], "test", "unused").astype(object)
        part[chosen] = "train"
        rows = pool.frames[["video", "frame"]].assign(fold=0, group=pool.frames["video"], part=part)
        files.write(out / "splits.parquet", rows, SPLITS)
        model = accuracy.Run(out, (pool.dataset, out / "splits.parquet"), 0).model
        job = train_models.Run(0, seed, model[:2], out / "history.parquet")
        config = stages.stage_config(pool.config, "train_model")
        tables = pool.dataset, out / "splits.parquet"
        train_models.train_models(*tables, [job], state=out / "state", config=config, provenance={})
        predict_frames(*tables, model, out / "predictions.parquet", fold=0, engine="jax", provenance={})
        shutil.rmtree(out / "state", ignore_errors=True)
        for path in model[:2]:
            path.unlink()
    return files.read(out / "predictions.parquet", PREDICTIONS)


def test_error(pool: Pool, found: pd.DataFrame) -> float:
    """Compute the mean distance from labels in test frames, px."""
    return float(np.mean(accuracy.errors(found, "test")))


def choose(
    pool: Pool, method: str, rest: np.ndarray, found: pd.DataFrame, rng: np.random.Generator, more: int
) -> np.ndarray:
    """Choose so many `more` frames of `rest`, i64[n], rows of the pool."""
    if method == "random":
        return rng.choice(rest, more, replace=False)
    if method == "uniform":
        return rest[((np.arange(more) + 0.5) * len(rest) / more).astype(int)]
    if method == "kmeans":
        distance = KMeans(more, n_init=1, random_state=int(rng.integers(2**31))).fit_transform(pool.looks[rest])
        nearest = distance.argsort(axis=0)
        picked = list(dict.fromkeys([*nearest[0], *nearest[1:].ravel()]))[:more]
        return rest[picked]
    if method == "oracle":
        return rest[np.argsort(-frame_errors(pool, found)[rest], kind="stable")[:more]]
    ranked = rank(pool, found, method.removeprefix("ours").removeprefix(" without "), rng)
    place = pd.MultiIndex.from_frame(pool.frames[["video", "frame"]]).get_indexer(
        pd.MultiIndex.from_frame(ranked[["video", "frame"]])
    )
    ranked["usable"] = np.isin(place, rest)
    picked = pick_batch(ranked, [], None, config={"frames": more, "min_distance": 0.0})
    return place[picked]


def frame_errors(pool: Pool, found: pd.DataFrame) -> np.ndarray:
    """Compute the mean error of each frame, f64[frame]; of labels with left and right exchanged, the smaller one."""
    keys = pd.MultiIndex.from_frame(pool.frames[["video", "frame"]])
    names = pool.config["keypoints"]
    wide = [
        found.pivot_table(index=["video", "frame"], columns="keypoint", values=name, dropna=False)
        .reindex(keys)[names]
        .to_numpy(float)
        for name in ("x", "y", "true_x", "true_y")
    ]
    predicted, true = np.stack(wide[:2], axis=-1), np.stack(wide[2:], axis=-1)
    order = list(Skeleton.from_config(pool.config).mirrored)
    either = [np.nanmean(np.linalg.norm(predicted - truth, axis=-1), axis=1) for truth in (true, true[:, order])]
    return np.nan_to_num(np.fmin(*either))


def rank(pool: Pool, found: pd.DataFrame, without: str, rng: np.random.Generator) -> pd.DataFrame:
    """Rank the frames of a pool as `find_outliers` does, but for a term."""
    names, skeleton = pool.config["keypoints"], Skeleton.from_config(pool.config)
    parts, rows, shapes, count = [], [], [], 0
    videos = list(dict.fromkeys(pool.frames["video"]))
    for number, video in enumerate(videos):
        frame = pool.frames.loc[pool.frames["video"] == video, "frame"].to_numpy()
        own = found[found["video"] == video]
        own = own.assign(frame=np.searchsorted(frame, own["frame"]), raw_x=own["x"], raw_y=own["y"], sigma_px=np.nan)
        series = series_of(own.assign(individual="animal"), names, len(frame))
        times = np.arange(len(frame)) / pool.rate
        terms = video_terms(series, times, skeleton)
        parts.append(pd.DataFrame({"number": number, "frame": frame, "time": times, **terms}))
        places, poses = video_shapes(series, np.arange(len(frame)))
        rows.append(places + count)
        shapes.append(poses)
        count += len(frame)
    table = pd.concat(parts, ignore_index=True)
    number, time = table["number"].to_numpy(), table["time"].to_numpy()
    table["pose"] = pose_term(np.concatenate(rows), np.concatenate(shapes), number, time, rng=rng)
    table["look"] = rarity(pool.looks, number, time, rng=rng)
    left_out = [*([] if pool.moving else MOTION), *([without] if without else [])]
    return order_frames(table.drop(columns=left_out, errors="ignore"), videos)


def report(name: str, curves: dict[str, np.ndarray], arguments: argparse.Namespace) -> None:
    """Print the errors of the rounds, f64[seed, round] by method, and ours against every other."""
    labels = [str(count) for count in range(arguments.first, arguments.most + 1, arguments.more)]
    print(f"\n| {name} | {' | '.join(labels)} labels | area | ours against it |")
    print("|---" * (len(labels) + 3) + "|")
    for method, errors in curves.items():
        said = ""
        if method != "ours" and "ours" in curves:
            difference = 100 * (curves["ours"].mean(axis=1) / errors.mean(axis=1) - 1)
            draws = np.random.default_rng(0).choice(difference, (RESAMPLES, len(difference))).mean(axis=1)
            low, high = np.quantile(draws, [0.025, 0.975])
            said = f"{difference.mean():+.1f} % ({low:+.1f} to {high:+.1f})"
        cells = " | ".join(f"{error:.2f}" for error in errors.mean(axis=0))
        print(f"| {method} | {cells} | {errors.mean():.2f} | {said} |", flush=True)


def made(name: str, steps: int, settings: dict) -> Pool:
    """Render five videos; in frames of two of them, and in half of those that test, the light goes down."""
    path, rows = OUT / name / "dataset.parquet", []
    rng = np.random.default_rng(0)
    names = None
    for number in range(VIDEOS):
        renderer = Renderer(Scene(size=SIZE, fps=15.0, frames=FRAMES + TEST, seed=number + 1))
        truth = truth_labels(renderer, range(FRAMES + TEST), video=f"v{number}")
        names = names or list(dict.fromkeys(truth["keypoint"]))
        dark = np.zeros(FRAMES + TEST, bool)
        if number < 2:
            dark[rng.choice(FRAMES, int(RARE * FRAMES), replace=False)] = True
        dark[FRAMES::2] = True
        for frame, (image, points) in enumerate(zip(renderer.frames(), truth.groupby("frame"), strict=True)):
            image = (image * (DIM if dark[frame] else 1)).astype(np.uint8)
            points = points[1].set_index("keypoint").loc[names]
            place = points[["x", "y"]].to_numpy(np.float32).ravel()
            seen = [VISIBILITIES.index(value) for value in points["visibility"]]
            rows.append((f"v{number}", frame, *SIZE, encode(image), ["mouse"], place, np.array(seen, np.int8)))
    files.write(path, dict(zip(DATASET.names, zip(*rows, strict=True), strict=True)), DATASET)
    table = pd.DataFrame([row[:2] for row in rows], columns=["video", "frame"])
    return _pool(
        name, path, table.assign(test=table["frame"] >= FRAMES), names, steps, settings, moving=True, rate=15.0
    )


def real(name: str, steps: int, settings: dict) -> Pool:
    """Pack the labelled frames of a data set, in order; the last fifth tests."""
    data = Path(os.environ.get("MAREY_DATA", accuracy.REPOSITORY.parent / "shared/data")).resolve()
    if not data.is_dir():
        sys.exit(f"{data}: no such folder; set MAREY_DATA")
    work = OUT / name
    folder, source = accuracy.DATA[name][0](data, work)
    config = accuracy._experiment(folder, source, accuracy.DATA[name][1])
    accuracy._prepare(work, config, "blocks", 1)
    table = files.read(work / "dataset.parquet", DATASET, ["video", "frame"])
    table = table.assign(test=np.arange(len(table)) >= 0.8 * len(table))
    return _pool(name, work / "dataset.parquet", table, config["keypoints"], steps, settings, moving=False, rate=0.5)


def _pool(name, path: Path, table: pd.DataFrame, keypoints: list[str], steps: int, own: dict, **motion) -> Pool:
    images = files.read(path, DATASET, ["image"])["image"]
    looks = [np.asarray(Image.fromarray(decode(image)).convert("L").resize((32, 24))).ravel() for image in images]
    raw = {"project": "active", "data": ".", "videos": ".", "keypoints": keypoints, "animals": {"method": "single"}}
    settings = {**SETTINGS, "model.scale": SCALES[name], "train.steps": steps, "train.validate_every": steps}
    if name in accuracy.DATA:
        settings |= accuracy.DATA[name][1]
    settings |= own
    for key, value in settings.items():
        *blocks, option = key.split(".")
        place = raw
        for block in blocks:
            place = place.setdefault(block, {})
        place[option] = value
    return Pool(name, path, table, np.array(looks, float), config=experiment.load_config(raw), **motion)


POOLS = {"made": made, "openfield": real, "reaching": real, "mirror": real}


if __name__ == "__main__":
    main()

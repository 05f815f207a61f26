"""What labels buy when they are chosen: the test error over rounds of ten frames, by method.

    python benchmarks/active_learning.py --pools made openfield --seeds 0 1 2 3 4 5 6 7 8 9
    python benchmarks/active_learning.py --pools made --methods random kmeans ours --without look pose --steps 300

Every method starts from the same ten frames of a seed and gets ten more a round, to fifty, and each model trains anew
with as many steps. made: five videos; in one frame of twenty of two of them, the animal is curled up or the light is
down, and so is one of the other in half of the frames that test. openfield, reaching, mirror: labelled frames in order,
the last fifth tests; they lie apart in time, so each is an animal of its own to the terms of motion, which then say
nothing. A method sees the frames that it may choose, and no others. kmeans is `sample_frames`; oracle picks the frames
of the largest error, where an exchange of left and right is none: one of the open field's labels has its ears the wrong
way round. The area under the curve is the mean error over the rounds; intervals are bootstraps over the seeds, of
differences with the same start.

Takes real data from MAREY_DATA (default ../shared/data). What each model predicts is kept in results/active_learning/,
by its frames, seed and settings: methods share what they train alike, and a run that was interrupted goes on. What was
measured is added to results.jsonl there, with the CPU time of each training.
"""

import argparse
import json
import os
import platform
import shutil
import sys
import tempfile
import time
from hashlib import blake2b
from pathlib import Path
from typing import NamedTuple

# One training step for all models, compiled once; JAX reads this when it is imported.
os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(Path(__file__).parents[1] / "results/active_learning/compiled"))

import accuracy
import numpy as np
import pandas as pd
from PIL import Image

from marey.experiment import stages
from marey.experiment.initial_model import initial_bundle
from marey.experiment.skeletons import Skeleton
from marey.labelling.batches import pick_batch
from marey.labelling.find_outliers import rank_frames
from marey.labelling.sample_frames import k_centre, kmeans_strata
from marey.labelling.surprise import together
from marey.pictures.encoding import decode, encode
from marey.provenance.code import code_digest
from marey.provenance.hashes import content_hash
from marey.synth.render import Renderer
from marey.synth.scene import Scene
from marey.synth.truth import truth_labels
from marey.tables import files
from marey.tables.dataset import DATASET
from marey.tables.frames import FRAMES as FRAMES_TABLE
from marey.tables.labels import VISIBILITIES
from marey.tables.outliers import TERMS
from marey.tables.predictions import PREDICTIONS
from marey.tables.smoothed import SMOOTHED
from marey.tables.splits import SPLITS
from marey.videos import looks

OUT = accuracy.REPOSITORY / "results/active_learning"
METHODS = ("uniform", "random", "kmeans", "ours", "oracle")
VIDEOS, FRAMES, TEST = 5, 100, 40  # of the made pool; of each video so many more test
DIM, RARE = 0.25, 0.05  # of the light, and how many frames of two videos are not as the others
CURL = 0.45  # rad, of each link of a body that is curled up, tail and all
SIZE = (160, 120)
RESAMPLES = 2000
SETTINGS = {"model.backbone": "small", "model.channels": 16, "train.batch_size": 8, "train.crop": 96}
SCALES = {"made": 1, "openfield": 0.25, "reaching": 0.15, "mirror": 0.3}


class Pool(NamedTuple):
    """Frames that may be labelled, and frames that test."""

    name: str
    dataset: Path
    frames: pd.DataFrame  # video, frame, test, and `place`: the frame's number among those of its video
    thumbnails: np.ndarray  # f32[frame, pixel]
    tables: dict[str, Path]  # by video, its table `frames`, of those that may be labelled
    moving: bool  # frames of a video follow each other in time
    key: str  # of what is trained, but for frames and seed
    config: dict


class Thumbnails(NamedTuple):
    """Some frames of a pool, as `sample_frames` sees those of a video."""

    shown: np.ndarray  # i64[n], rows of the pool
    all: np.ndarray

    def nearest_thumbnails(self, frames: np.ndarray) -> np.ndarray:
        """Return the thumbnails of some frames."""
        return self.all[frames]

    def batches(self):
        """Yield all in one."""
        yield self.shown, self.all[self.shown]


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
        began = time.process_time()
        found = trained(pool, chosen, seed)
        errors.append(test_error(pool, found))
        print(f"{pool.name}, {method}, seed {seed}: {len(chosen)} labels, {errors[-1]:.2f} px", file=sys.stderr)
        with (OUT / "results.jsonl").open("a") as file:
            row = {"pool": pool.name, "method": method, "seed": seed, "steps": arguments.steps, "labels": len(chosen)}
            row |= {"error": errors[-1], "cpu_s": round(time.process_time() - began, 1)}
            file.write(json.dumps(row) + "\n")
        if len(chosen) >= arguments.most:
            return errors
        chosen = np.sort(np.append(chosen, choose(pool, method, chosen, found, rng, arguments.more)))


def trained(pool: Pool, chosen: np.ndarray, seed: int) -> pd.DataFrame:
    """Train on some frames, if that was not done before; returns the predictions of all."""
    title = blake2b(repr((chosen.tolist(), seed)).encode(), digest_size=8).hexdigest()
    out = OUT / pool.name / pool.key / title
    if not (out / "predictions.parquet").exists():
        out.mkdir(parents=True, exist_ok=True)
        part = np.where(pool.frames["test"], "test", "unused").astype(object)
        part[chosen] = "train"
        rows = pool.frames[["video", "frame"]].assign(fold=0, group=pool.frames["video"], part=part)
        files.write(out / "splits.parquet", rows, SPLITS)
        model = accuracy.Run(out, (pool.dataset, out / "splits.parquet"), 0)
        accuracy.train(model, pool.config, seed)
        shutil.rmtree(out / "checkpoints", ignore_errors=True)
        for path in model.model[:2]:
            path.unlink()
    return files.read(out / "predictions.parquet", PREDICTIONS)


def test_error(pool: Pool, found: pd.DataFrame) -> float:
    """Compute the mean distance from labels in test frames, px."""
    return float(np.mean(accuracy.errors(found, "test")))


def choose(
    pool: Pool, method: str, chosen: np.ndarray, found: pd.DataFrame, rng: np.random.Generator, more: int
) -> np.ndarray:
    """Choose so many `more` frames, i64[n], rows of the pool, beside those that are `chosen`."""
    rest = np.setdiff1d(np.flatnonzero(~pool.frames["test"]), chosen)
    if method == "random":
        return rng.choice(rest, more, replace=False)
    if method == "uniform":
        return rest[((np.arange(more) + 0.5) * len(rest) / more).astype(int)]
    if method == "kmeans":
        return clustered(pool, rest, chosen, rng, more)
    if method == "oracle":
        return rest[np.argsort(-frame_errors(pool, found)[rest], kind="stable")[:more]]
    ranked, items = rank(pool, found, method.removeprefix("ours").removeprefix(" without "), rng)
    keys = pd.MultiIndex.from_frame(pool.frames[["video", "place"]])
    rows = keys.get_indexer(pd.MultiIndex.from_frame(ranked[["video", "frame"]]))
    ranked["usable"] = np.isin(rows, rest)
    labelled = pool.frames.iloc[chosen][["video", "place"]].rename(columns={"place": "frame"})
    options = pool.config["outliers"] | {"frames": more}
    if not pool.moving:
        options["min_distance"] = 0.0
    return rows[pick_batch(ranked, items, labelled, config=options)]


def clustered(pool: Pool, rest: np.ndarray, chosen: np.ndarray, rng: np.random.Generator, more: int) -> np.ndarray:
    """Choose as `sample_frames` does: medoids of clusters of each video, and of all those the ones that differ most."""
    video, medoids = pool.frames["video"].to_numpy(), []
    for name in pool.tables:
        own = rest[video[rest] == name]
        if len(own):
            strata = kmeans_strata(Thumbnails(own, pool.thumbnails), more, rng)
            medoids += [int(stratum[0]) for stratum in strata if len(stratum)]
    if len(medoids) < more:  # a cluster may be empty
        medoids += rng.choice(np.setdiff1d(rest, medoids), more - len(medoids), replace=False).tolist()
    return np.array(medoids)[k_centre(pool.thumbnails[medoids], pool.thumbnails[chosen], more, rng)]


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


def rank(pool: Pool, found: pd.DataFrame, without: str, rng: np.random.Generator) -> tuple[pd.DataFrame, list[dict]]:
    """Rank the frames that may be chosen as `find_outliers` does, but for a term; returns the `videos` of it, too."""
    place = pool.frames.loc[~pool.frames["test"]].set_index(["video", "frame"])["place"]
    found = found.join(place, on=["video", "frame"], how="inner")
    found = found.assign(
        frame=found["place"], time=0.0, state="measured", individual="animal", sigma_px=found["spread"]
    )
    found = found.assign(raw_x=found["x"], raw_y=found["y"])
    if not pool.moving:
        found["individual"] = found["frame"].astype(str)
    with tempfile.TemporaryDirectory() as folder:
        items = []
        for video, table in pool.tables.items():
            poses = Path(folder) / f"{len(items)}.parquet"
            files.write(poses, found.loc[found["video"] == video, SMOOTHED.names], SMOOTHED)
            items.append({"video": video, "frames": table, "poses": poses, "range": (0, None)})
        ranked = rank_frames(items, config=pool.config | {"seed": int(rng.integers(2**31))})
    if without:
        ranked[without] = np.float32(0)
        ranked["score"] = together(ranked[list(TERMS)].to_numpy())
        ranked["reason"] = np.array(list(TERMS), object)[ranked[list(TERMS)].to_numpy().argmax(axis=1)]
        ranked = ranked.sort_values("score", ascending=False, kind="stable", ignore_index=True)
    return ranked, items


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
    """Render five videos; in frames of two of them, and in half of those that test, there is a rare state."""
    path, rows = OUT / name / "dataset.parquet", []
    rng = np.random.default_rng(0)
    names = None
    for number in range(VIDEOS):
        renderer = Renderer(Scene(size=SIZE, fps=15.0, frames=FRAMES + TEST, seed=number + 1))
        rare = np.arange(FRAMES, FRAMES + TEST, 2)
        if number < 2:
            rare = np.append(rng.choice(FRAMES, int(RARE * FRAMES), replace=False), rare)
        curled, dark = rare[::2], rare[1::2]
        renderer.states["bend"][curled] += CURL
        truth = truth_labels(renderer, range(FRAMES + TEST), video=f"v{number}")
        names = names or list(dict.fromkeys(truth["keypoint"]))
        for frame, (image, points) in enumerate(zip(renderer.frames(), truth.groupby("frame"), strict=True)):
            image = (image * (DIM if frame in dark else 1)).astype(np.uint8)
            points = points[1].set_index("keypoint").loc[names]
            place = points[["x", "y"]].to_numpy(np.float32).ravel()
            seen = [VISIBILITIES.index(value) for value in points["visibility"]]
            rows.append((f"v{number}", frame, *SIZE, encode(image), ["mouse"], place, np.array(seen, np.int8)))
    files.write(path, dict(zip(DATASET.names, zip(*rows, strict=True), strict=True)), DATASET)
    table = pd.DataFrame([row[:2] for row in rows], columns=["video", "frame"])
    table = table.assign(test=table["frame"] >= FRAMES)
    return _pool(name, path, table, names, steps, settings, rate=15.0)


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
    return _pool(name, work / "dataset.parquet", table, config["keypoints"], steps, settings, rate=None)


def _pool(
    name: str, path: Path, table: pd.DataFrame, keypoints: list[str], steps: int, own: dict, *, rate: float | None
) -> Pool:
    """Make a pool of a data set; `rate` frames/s, None: they lie apart in time."""
    settings = {**SETTINGS, "model.scale": SCALES[name], "train.steps": steps, "train.validate_every": steps}
    if name in accuracy.DATA:
        settings |= accuracy.DATA[name][1]
    settings |= own
    if "model.init" in settings:  # which says what the network is
        settings = {key: value for key, value in settings.items() if key not in ("model.backbone", "model.channels")}
    raw = {"project": "active", "data": ".", "videos": ".", "keypoints": keypoints, "animals": {"method": "single"}}
    config = accuracy.configured(raw, settings)
    table = table.assign(place=table.groupby("video").cumcount())
    images = [Image.fromarray(decode(image)).convert("L") for image in files.read(path, DATASET, ["image"])["image"]]
    thumbnails = np.array([np.asarray(image.resize((32, 24))).ravel() for image in images], np.float32)
    tables = {video: path.parent / f"{number}.frames.parquet" for number, video in enumerate(table["video"].unique())}
    for video, out in tables.items():
        rows = np.flatnonzero((table["video"] == video) & ~table["test"])
        seen = [looks.look(np.asarray(images[row].resize(looks.SIZE, Image.Resampling.BOX))).tobytes() for row in rows]
        number = np.arange(len(rows))
        columns = {"video": video, "frame": number, "time": number / (rate or 0.5), "pts": number, "key_frame": True}
        columns |= {"fault": False, "digest": 0, "thumbnail": None, "look": seen}
        files.write(out, pd.DataFrame(columns), FRAMES_TABLE)
    code = code_digest(accuracy.REPOSITORY / "scripts/train_model.py")
    stage = json.dumps(stages.stage_config(config, "train_model"), sort_keys=True, default=str)
    start = initial_bundle(config)
    parent = start.metadata()["weights"] if start else None
    key = blake2b(f"{code} {stage} {parent} {content_hash(path)}".encode(), digest_size=8).hexdigest()
    return Pool(name, path, table, thumbnails, tables, rate is not None, key, config)


POOLS = {"made": made, "openfield": real, "reaching": real, "mirror": real}


if __name__ == "__main__":
    main()

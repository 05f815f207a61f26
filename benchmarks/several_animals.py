"""Several animals from labels to tracks, by the workflow itself: flies, mice and birds.

    python benchmarks/several_animals.py                    all, some two hours on two cores
    python benchmarks/several_animals.py --data flies
    python benchmarks/several_animals.py --method top_down
    python benchmarks/several_animals.py --data few_mice made_mice --steps 300 --init zoo:mouse_top
    python benchmarks/several_animals.py --poses            tracking alone, a minute
    python benchmarks/several_animals.py --poses --sleap sleap/bin/python    beside sleap-nn's tracker

flies: two flies train (every 4th of the first 1,200 frames of a clip, and all 128 frames of another clip), tested on
the last 200 frames of the first clip, 100 frames after the last one that trained, and on a clip of three flies that
nothing else shows. mice: two in a home cage; 10 frames labelled by hand train, with 60 frames of another system's
predictions for labels; identities are followed through 1,410 frames, in 283 of which that system saw one mouse only.
birds: up to three in a crop of an image, many cut off by its border; 56 crops in five folds of neighbours, each tested
by a network that learnt from the others. few_mice: the 10 frames labelled by hand of the two mice in a home cage, and
made_mice: 10 frames of three made mice, likewise; what networks begin with (--init) shows where labels are few.

With --poses nothing trains: the names are taken off poses of flies and mice that another system tracked, and off those
of made mice, and tracking has to find them again.

Takes the data from MAREY_DATA (default ../shared/data); works in results/several_*, a folder for each data set and
method, and goes on from what is there.
"""

import argparse
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import yaml
from scipy.optimize import linear_sum_assignment

REPOSITORY = Path(__file__).parents[1]
sys.path.insert(0, str(REPOSITORY / "workflow"))

import named_poses

from marey.evaluation import (
    evaluate_tracks,
    matching,
    oks,
)
from marey.labels.formats import sleap
from marey.labels.reading import Contents, Source
from marey.synth import experiments

FLIES = "03_flies13_clip_sleap_multi", "06_flies13_dreem_multi"
MICE = "05_mice15_homecage_sleap_multi"
BIRDS = "07_birds_montblanc_madlc_multi/MontBlanc-Daniel-2019-12-16"
TABLES = {"videos": "videos.tsv", "labels": {"sources": ["labels.csv"]}}
FOLDS = 5
MADE, FEW = 600, 10  # frames of made mice, and those of them that are labelled
SAME = 0.5  # OKS with the larger sigma: a pose is that of the animal
TRACKS = "IDF1 | missed | spurious | switches | of these listed for review | moments |\n" + "|---" * 7 + "|"
FLY_EDGES = [["head", "thorax"], ["thorax", "abdomen"], ["head", "eyeL"], ["head", "eyeR"]]
FLY_EDGES += [["thorax", name] for name in ("wingL", "wingR", "forelegL4", "forelegR4")]
FLY_EDGES += [["thorax", name] for name in ("midlegL4", "midlegR4", "hindlegL4", "hindlegR4")]


def main() -> None:
    """Print a table for each of the data sets."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", nargs="*", choices=list(RUNS), default=list(RUNS))
    parser.add_argument("--steps", type=int, default=1500, help="training steps")
    parser.add_argument("--method", choices=["bottom_up", "top_down"], default="bottom_up", help="animals.method")
    parser.add_argument("--init", metavar="zoo:NAME", help="model.init; without it, ImageNet's weights")
    parser.add_argument("--poses", action="store_true", help="track poses whose names were taken off, and no more")
    parser.add_argument("--frames", type=int, default=600, help="of made scenes (--poses)")
    parser.add_argument("--sleap", type=Path, help="Python of an environment that holds sleap-nn (--poses)")
    arguments = parser.parse_args()
    data = Path(os.environ.get("MAREY_DATA", REPOSITORY.parent / "shared/data"))
    if not data.is_dir():
        sys.exit(f"{data}: no such folder; set MAREY_DATA")
    if arguments.poses:
        named_poses.print_table(data, arguments.frames, arguments.sleap)
        return
    print(f"machine: {platform.machine()}, {os.cpu_count()} cores; {arguments.method}, {arguments.steps} steps\n")
    options = {"train": {"steps": arguments.steps}, "animals": {"method": arguments.method}}
    options["model"] = {"init": arguments.init} if arguments.init else {}
    for name in arguments.data:
        start = f"_{arguments.init.replace(':', '_')}" if arguments.init else ""
        folder = REPOSITORY / "results" / f"several_{name}_{arguments.method}{start}"
        folder.mkdir(parents=True, exist_ok=True)
        RUNS[name](data, folder, options)


def flies(data: Path, folder: Path, options: dict) -> None:
    """Poses of flies that did not train."""
    clips = {
        "clip": data / FLIES[0] / "clip",
        **{name: data / FLIES[1] / name for name in ("two_flies", "three_flies")},
    }
    labels = {name: _read(path.with_suffix(".slp")).labels for name, path in clips.items()}
    trained = {"clip": range(0, 1200, 4), "two_flies": range(128)}
    rows = [labels[name][labels[name]["frame"].isin(frames)] for name, frames in trained.items()]
    sheet = [("clip", "2", "1300:1500"), ("two_flies", "2", "0:32"), ("three_flies", "3", "")]
    _prepare(folder, {name: path.with_suffix(".mp4") for name, path in clips.items()}, rows, sheet)
    keypoints = list(rows[0]["keypoint"].unique())
    config = {"keypoints": keypoints, "skeleton": FLY_EDGES, "split": {"test_fraction": 0, "validation_fraction": 0.12}}
    mirrored = {"probability": 0.5}
    config["augment"] = {"flip_horizontal": mirrored, "flip_vertical": mirrored, "scale": {"range": [0.8, 1.25]}}
    # Larger than 1.5 times, an image of 1024 px takes long on a CPU.
    _run(folder, {**config, **options, "model": {"scale": 1.5, **options["model"]}, "infer": {"batch_size": 4}})
    print(
        "| flies | frames | " + _head() + " | median / mean error | missed | spurious |\n|---|---|---|---|---|---|---|"
    )
    clip = labels["clip"]
    truth = {"clip": clip[clip["frame"] >= 1300], "three_flies": labels["three_flies"]}  # what did not train
    for name, tested in truth.items():
        _score(name, tested, pd.read_parquet(folder / "poses" / f"{name}.parquet"), keypoints)
    print("\n| flies | " + TRACKS)
    for name, tested in truth.items():
        _identity(name, tested, folder, keypoints)


def mice(data: Path, folder: Path, options: dict) -> None:
    """Identities through a clip in which a mouse is often out of sight."""
    (labelled,) = (data / MICE).glob("labels*.slp")
    truth = _read(labelled).labels
    pseudo = _read(data / MICE / "mice.tracked.slp").predictions.assign(visibility="visible")
    tracked = pseudo[pseudo["individual"] != ""]
    both = tracked.groupby("frame")["individual"].nunique()
    chosen = np.array(both[both == 2].index.difference(truth["frame"].unique()))
    chosen = chosen[np.linspace(0, len(chosen) - 1, 60).round().astype(int)]
    rows = [truth, tracked[tracked["frame"].isin(chosen)]]
    _prepare(folder, {"mice": data / MICE / "mice.mp4"}, rows, [("mice", "2", "")])
    keypoints = list(truth["keypoint"].unique())
    config = {"keypoints": keypoints, "split": {"test_fraction": 0.1}, "infer": {"batch_size": 4}}
    _run(folder, {**config, **options})
    print("\n| mice | " + TRACKS)
    _identity("mice", truth, folder, keypoints, what="frames labelled by hand")
    _identity("mice", tracked, folder, keypoints, what="another system's tracks")


def birds(data: Path, folder: Path, options: dict) -> None:
    """Birds of which all, some or a part are in the image; every crop is tested once."""
    project = folder / "data" / Path(BIRDS).name
    if not project.exists():
        shutil.copytree(data / BIRDS, project)
    # An experiment has a video; nothing that is asked for here looks at it.
    shutil.copyfile(data / FLIES[1] / "two_flies.mp4", folder / "data/flies.mp4")
    config = {"videos": "flies.mp4", "labels": {"sources": [project.name], "on_error": "drop"}}
    _crossed("birds", folder, {**config, **options})


def few_mice(data: Path, folder: Path, options: dict) -> None:
    """Two mice, of whom there are few labels."""
    (labelled,) = (data / MICE).glob("labels*.slp")
    labels = _read(labelled).labels
    _prepare(folder, {"mice": data / MICE / "mice.mp4"}, [labels], [("mice", "2", "")])
    _crossed("few mice", folder, {**TABLES, "keypoints": list(labels["keypoint"].unique()), **options})


def made_mice(data: Path, folder: Path, options: dict) -> None:
    """Three made mice, of whom there are few labels."""
    experiments.mice(folder / "data", frames=MADE)
    labels = pd.read_csv(folder / "data/labels.csv")
    few = sorted(labels["frame"].unique())[:: experiments.MICE_LABELLED_FRAMES // FEW]
    labels[labels["frame"].isin(few)].to_csv(folder / "data/labels.csv", index=False)
    _crossed("made mice", folder, {**TABLES, "keypoints": list(labels["keypoint"].unique()), **options})


def _crossed(name: str, folder: Path, config: dict) -> None:
    """Test every labelled frame once, by a network that learnt from others; print averages over the folds."""
    config = {**config, "split": {"folds": FOLDS, "group_by": "block", "blocks": 2 * FOLDS}}
    _snakemake(folder, config, [f"models/{fold}/metrics.parquet" for fold in range(FOLDS)])
    tables = [pd.read_parquet(folder / f"models/{fold}/metrics.parquet") for fold in range(FOLDS)]
    table = pd.concat(tables)
    table = table[(table["part"] == "test") & (table["keypoint"] == "all") & (table["cut"] == 0)]
    wanted = [f"oks_{name}@{sigma}" for sigma in oks.SIGMAS for name in ("map", "mar")]
    wanted += ["missed_animals", "spurious_animals", "median_error"]
    print(f"\n| {name} | " + " | ".join(wanted) + " |\n|---|" + "---|" * len(wanted))
    values = table.pivot_table(index="metric", values="value", aggfunc=["mean", "min", "max"]).droplevel(1, axis=1)
    cells = [f"{mean:.3f} ({low:.3f} to {high:.3f})" for mean, low, high in values.loc[wanted].to_numpy()]
    print(f"| mean of {FOLDS} folds (least to most) | " + " | ".join(cells) + " |")


def _read(path: Path) -> Contents:
    """Read a SLEAP file as Marey does; faults end it."""
    contents = sleap.read(Source(path, path.parent))
    if contents.faults:
        sys.exit("\n".join(map(str, contents.faults)))
    return contents


def _prepare(folder: Path, videos: dict[str, Path], labels: list[pd.DataFrame], sheet: list[tuple]) -> None:
    """The data folder of an experiment: videos, their sheet, and a label table."""
    place = folder / "data"
    place.mkdir(exist_ok=True)
    for name, path in videos.items():
        if not (place / f"{name}.mp4").exists():
            shutil.copyfile(path, place / f"{name}.mp4")
    lines = ["video\tpath\tanimals\tframes", *(f"{name}\t{name}.mp4\t{count}\t{part}" for name, count, part in sheet)]
    columns = ["video", "frame", "individual", "keypoint", "x", "y", "visibility"]
    text = pd.concat([part[columns] for part in labels]).to_csv(index=False)
    for path, content in ((place / "videos.tsv", "\n".join(lines) + "\n"), (place / "labels.csv", text)):
        if not path.exists() or path.read_text() != content:
            path.write_text(content)


def _run(folder: Path, config: dict) -> None:
    """Run the workflow as far as the tracks of each video."""
    videos = [line.split("\t")[0] for line in (folder / "data/videos.tsv").read_text().splitlines()[1:]]
    _snakemake(folder, {**TABLES, **config}, [f"tracks/{video}.parquet" for video in videos])


def _snakemake(folder: Path, config: dict, wanted: list[str]) -> None:
    """Run the workflow as far as the `wanted` results."""
    path = folder / "experiment.yaml"
    path.write_text(yaml.safe_dump({"project": folder.name, "data": str(folder / "data"), **config}))
    targets = [f"results/{folder.name}/{name}" for name in wanted]
    command = [sys.executable, "-m", "snakemake", *targets, "--configfile", path]
    subprocess.run(command, cwd=REPOSITORY, check=True, stdout=sys.stderr)


def _head() -> str:
    return " | ".join(f"mAP / mAR ({sigma})" for sigma in oks.SIGMAS)


def _animals(
    rows: pd.DataFrame, names: list[str], keypoints: list[str]
) -> dict[int, tuple[np.ndarray, np.ndarray, list]]:
    """Points f64[animal, keypoint, 2], scores f64[animal] and names of each frame."""
    wide = rows.pivot(index=names, columns="keypoint", values=["x", "y"])
    points = np.stack([wide[axis][keypoints].to_numpy(float) for axis in ("x", "y")], axis=-1)
    score = rows.groupby(names)["confidence"].sum().reindex(wide.index) if "confidence" in rows else None
    table = pd.DataFrame({"frame": wide.index.get_level_values(0), "name": wide.index.get_level_values(1)})
    there = np.isfinite(points).all(axis=-1).any(axis=-1)
    return {
        int(frame): (points[part], None if score is None else score.to_numpy()[part], table["name"][part].tolist())
        for frame, part in table[there].groupby("frame").indices.items()
        for part in [table[there].index[part].to_numpy()]
    }


def _score(name: str, truth: pd.DataFrame, poses: pd.DataFrame, keypoints: list[str]) -> None:
    """OKS averages, errors of matched animals, and how many were missed or are spurious."""
    true, found = _animals(truth, ["frame", "individual"], keypoints), _animals(poses, ["frame", "instance"], keypoints)
    nothing = np.empty((0, len(keypoints), 2)), np.empty(0), []
    frames, errors, matched = [], [], 0
    for frame, (points, *_) in true.items():
        places, score, _ = found.get(frame, nothing)
        frames.append(oks.FrameAnimals(points, places, score))
        owner = matching.match_animals(points, places, score)
        matched += int((owner >= 0).sum())
        errors.append(np.linalg.norm(places[owner >= 0] - points[owner[owner >= 0]], axis=-1).ravel())
    error = np.concatenate(errors)
    error = error[np.isfinite(error)]
    figures = [oks.average_precision(frames, sigma=sigma) for sigma in oks.SIGMAS]
    animals, seen = (sum(len(getattr(frame, side)) for frame in frames) for side in ("truth", "found"))
    print(
        f"| {name} | {len(frames)} | "
        + " | ".join(f"{p:.3f} / {r:.3f}" for p, r in figures)
        + f" | {np.median(error):.2f} / {error.mean():.2f} px | {animals - matched} of {animals} | {seen - matched} |"
    )


def _identity(name: str, truth: pd.DataFrame, folder: Path, keypoints: list[str], *, what: str = "") -> None:
    """How well the names of tracks agree with the true ones, and whether the review list shows where they do not.

    An exchange lies between two frames of `truth`; it is listed if a moment for review does, give or take a second.
    """
    tracks = pd.read_parquet(folder / "tracks" / f"{name}.parquet")
    figures = evaluate_tracks.track_metric_rows(truth, tracks).set_index("metric")["value"]
    found = _animals(tracks[tracks["x"].notna()], ["frame", "individual"], keypoints)
    last: dict[str, tuple[int, str]] = {}  # where each was seen last, and under what name
    switches = []
    for frame, (points, _, names) in _animals(truth, ["frame", "individual"], keypoints).items():
        places, _, others = found.get(frame, (np.empty((0, len(keypoints), 2)), None, []))
        near = oks.similarity(points, places, sigma=oks.SIGMA_OF_DEEPLABCUT)
        for row, column in zip(*linear_sum_assignment(near, maximize=True), strict=True):
            if near[row, column] >= SAME:
                before, called = last.get(names[row], (frame, others[column]))
                switches += [(before, frame)] if called != others[column] else []
                last[names[row]] = frame, others[column]
    review = pd.read_parquet(folder / "review" / f"{name}.parquet")
    time = tracks.groupby("frame")["time"].first()
    second = 1 / time.diff().median()
    listed = [((review["frame"] > low - second) & (review["frame"] < high + second)).any() for low, high in switches]
    where = ", ".join(str(frame) for (_, frame), there in zip(switches, listed, strict=True) if not there)
    print(
        f"| {what or name} | {figures['idf1']:.3f} | {figures['missed']:.0f} | {figures['spurious']:.0f} "
        f"| {len(switches)} | {sum(listed)} (not: {where or 'none'}) | {len(review)} |"
    )


RUNS = {"flies": flies, "mice": mice, "birds": birds, "few_mice": few_mice, "made_mice": made_mice}

if __name__ == "__main__":
    main()

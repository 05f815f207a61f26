"""Poses with true names, taken off and found again: for `several_animals.py --poses`."""

import json
import subprocess
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from marey.evaluation import track_metrics
from marey.labels.formats import sleap
from marey.labels.reading import Source
from marey.synth.render import Renderer
from marey.synth.scene import Scene
from marey.synth.truth import truth_labels
from marey.tracking.instances import Instances
from marey.tracking.tracker import track

FLIES, PAIR = "03_flies13_clip_sleap_multi", "04_flies24_centered_pair_sleap_multi/centered_pair_predictions"
MICE, OTHERS = "05_mice15_homecage_sleap_multi", "06_flies13_dreem_multi"
# Poses, the file that names them where that is another one, and how many animals there are.
SETS = {
    "03 two flies": (f"{FLIES}/clip.slp", None, 2),
    "04 two flies": (f"{PAIR}.slp", f"{PAIR}.clean.slp", 2),
    "05 two mice": (f"{MICE}/mice.tracked.slp", None, 2),
    "06 two flies": (f"{OTHERS}/two_flies.slp", None, 2),
    "06 two flies, false poses": (f"{OTHERS}/two_flies_noisy_detections.slp", None, 2),
    "06 three flies": (f"{OTHERS}/three_flies.slp", None, 3),
}
COATS = ("black", "white")  # of the short clip
HEAD = (
    "| poses | tracker | tracks | IDF1 | switches | left out | of these named | with half the keypoints, where "
    "no frame has too many, left out |\n|" + "---|" * 8
)


def print_table(data: Path, frames: int, python: Path | None) -> None:
    """Print a row for each set of poses and each tracker; `frames` long are made scenes, `python` has sleap-nn."""
    print(HEAD)
    sets = {name: (partial(read, data, *files), animals) for name, (*files, animals) in SETS.items()}
    sets |= {f"made, {animals} mice": (partial(made, animals, frames), animals) for animals in (3, 5, 10)}
    sets[f"made, {' and '.join(COATS)} mouse"] = partial(made, 2, min(100, frames), COATS), 2
    for name, (take, animals) in sets.items():
        poses, owner = take()
        trackers = {"Marey, any number": track(poses).track, "Marey, number known": track(poses, animals=animals).track}
        if python:
            trackers["sleap-nn"] = by_sleap(poses, animals, python)
        for tracker, number in trackers.items():
            print(f"| {name} | {tracker} | {figures(poses, owner, number, animals)} |", flush=True)


def read(data: Path, path: str, names: str | None) -> tuple[Instances, np.ndarray]:
    """Read poses, and whose each is, i64[n], -1 = nobody's; those without a name count where another file names them.

    Where it is the same file, and it has predictions, poses without a track are left out: nothing says whose they are.
    """
    frame, name, points = _poses(data / path)
    if names:
        clean = {(f, pose.tobytes()): who for f, who, pose in zip(*_poses(data / names), strict=True)}
        name = np.array([clean.get((f, pose.tobytes()), "") for f, pose in zip(frame, points, strict=True)])
    elif (name == "").any():
        kept = name != ""
        frame, name, points = frame[kept], name[kept], points[kept]
    named = np.char.startswith(name.astype(str), "animal") | (name == "")  # of labels, "animal1" has no track
    owner = np.where(named, -1, np.unique(np.where(named, "", name), return_inverse=True)[1] - named.any())
    return Instances(frame, points), owner


def _poses(path: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Frames, names and points of all poses of a SLEAP file."""
    contents = sleap.read(Source(path, path.parent))
    labels, found = contents.labels, contents.predictions
    number = labels["individual"].astype(str)
    rows = pd.concat([labels.assign(instance=number, kind=0), found.assign(instance=found["instance"], kind=1)])
    rows = rows[rows["x"].notna()]
    wide = rows.assign(instance=rows["instance"].astype(str)).pivot(
        index=["frame", "kind", "instance", "individual"], columns="keypoint", values=["x", "y"]
    )
    points = np.stack([wide[axis].to_numpy(np.float32) for axis in ("x", "y")], axis=-1)
    frame = wide.index.get_level_values("frame").to_numpy(np.int64)
    return frame, wide.index.get_level_values("individual").to_numpy().astype(str), points


def made(animals: int, frames: int, coats: tuple[str, ...] = Scene.coats) -> tuple[Instances, np.ndarray]:
    """Poses of a made scene: the keypoints that can be seen, exactly where they are."""
    labels = truth_labels(Renderer(Scene(frames=frames, individuals=animals, coats=coats)), range(frames), video="made")
    seen = labels[labels["visibility"] == "visible"]
    wide = seen.pivot(index=["frame", "individual"], columns="keypoint", values=["x", "y"])
    points = np.stack([wide[axis].to_numpy(np.float32) for axis in ("x", "y")], axis=-1)
    owner = np.unique(wide.index.get_level_values("individual"), return_inverse=True)[1]
    return Instances(wide.index.get_level_values("frame").to_numpy(np.int64), points), owner


def by_sleap(poses: Instances, animals: int, python: Path) -> np.ndarray:
    """The track of each pose by sleap-nn, i64[n], -1 = none."""
    count = np.bincount(poses.frame)
    listed = [[None if np.isnan(x) else (float(x), float(y)) for x, y in pose] for pose in poses.points]
    frames = [listed[end - size : end] for size, end in zip(count, np.cumsum(count), strict=True)]
    script = [python, Path(__file__).with_name("sleap_tracking.py")]
    asked = json.dumps({"animals": animals, "frames": frames})
    said = subprocess.run(script, input=asked, stdout=subprocess.PIPE, text=True, check=True).stdout
    tracks = json.loads(said.splitlines()[-1])
    return np.array([-1 if number is None else number for frame in tracks for number in frame])


def figures(poses: Instances, owner: np.ndarray, number: np.ndarray, animals: int) -> str:
    """Cells of the table: `owner` and `number` i64[n], the true and the found track of each pose, -1 = none."""
    true, found, both = (np.flatnonzero(chosen) for chosen in (owner >= 0, number >= 0, (owner >= 0) & (number >= 0)))
    pairs = np.searchsorted(true, both), np.searchsorted(found, both), np.ones(len(both))
    truth = track_metrics.TrackPoses(poses.frame[true], owner[true])
    tracks = track_metrics.TrackPoses(poses.frame[found], number[found])
    values = track_metrics.tracking_metrics(truth, tracks, track_metrics.PosePairs(*pairs))
    half = 2 * np.isfinite(poses.points[..., 0]).sum(axis=1) >= poses.points.shape[1]
    half &= np.bincount(poses.frame)[poses.frame] <= animals
    out = number < 0
    cells = [number.max() + 1, f"{values['idf1']:.3f}", f"{values['switches']:.0f}", f"{out.sum()} of {len(out)}"]
    return " | ".join(map(str, [*cells, (out & (owner >= 0)).sum(), f"{(out & half).sum()} of {half.sum()}"]))

"""Several animals: assembly of a real network's detections, and tracking of real and of made ones.

    python benchmarks/multi_animal.py
    python benchmarks/multi_animal.py --deeplabcut dlc/bin/python     beside DeepLabCut's assembly of the same

Made scenes: mice that walk about in a box, with exact truth; of those keypoints that can be seen, each is found with a
noise of 1 px, or, one in twenty, missed; a pose in a hundred is missed whole, and in a hundredth of the frames one is
false. The plain tracker gives each pose to the nearest track (Hungarian on centroids, 30 frames of memory).
Mice that vanish: all of them are unseen in every fifth hundred of frames. What they look like is made, too: a vector of
16 numbers, of which the first is the coat, 3 apart from the next, with a noise of 1 that is new in every frame, and one
of 1 that lasts for some 50 frames.

Takes the data from MAREY_DATA (default ../shared/data). Assembly: three mice, 60 images; log odds are learnt on every
other image and used on the rest, and the other way round. Tracking: two flies, 1,100 frames of raw poses with limbs
for animals, against the cleaned tracks.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import tables
from scipy.optimize import linear_sum_assignment

REPOSITORY = Path(__file__).parents[1]
sys.path.insert(0, str(REPOSITORY / "workflow"))

from marey.assembly import clustering, pair_odds
from marey.evaluation import (
    oks,
    track_metrics,
)
from marey.synth.render import Renderer
from marey.synth.scene import Scene
from marey.synth.truth import truth_labels as labelled
from marey.tracking.instances import Instances, centroid
from marey.tracking.likeness import Appearance
from marey.tracking.tracker import track

MICE = "13_madlc_trimouse_outputs/trimouse_eval.pickle"
FLIES = "04_flies24_centered_pair_sleap_multi/centered_pair_predictions"
NEAR = 15.0  # px within which a candidate is that of a true keypoint
FAINT = 0.05  # confidence of candidates that are left out


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--deeplabcut", type=Path, help="Python of an environment that holds DeepLabCut")
    parser.add_argument("--animals", nargs="*", type=int, default=[2, 3, 5, 10])
    parser.add_argument("--frames", type=int, default=10_000)
    parser.add_argument("--scenes", type=int, default=1000, help="short random scenes that are tracked for crashes")
    arguments = parser.parse_args()
    data = Path(os.environ.get("MAREY_DATA", REPOSITORY.parent / "shared/data"))
    if not data.is_dir():
        sys.exit(f"{data}: no such folder; set MAREY_DATA")
    print(f"machine: {platform.machine()}, {os.cpu_count()} cores\n")
    scenes(arguments.animals, arguments.frames)
    vanishing(arguments.frames)
    crashes(arguments.scenes)
    mice(data / MICE, arguments.deeplabcut)
    flies(data / FLIES)


def scenes(numbers: list[int], frames: int) -> None:
    """Tracking of made scenes: figures beside those of a plain tracker."""
    print("| made scenes | tracker | IDF1 | HOTA | MOTA | switches | tracks | frames/s |")
    print("|---|---|---|---|---|---|---|---|")
    for animals in numbers:
        poses, owner, truth = _scene(animals, frames)
        pairs = np.array([(truth[owner[i], poses.frame[i]], i) for i in range(len(poses)) if owner[i] >= 0]).T
        for name, tracker in (
            ("Marey", lambda poses: track(poses).track),
            ("Marey, number known", lambda poses, animals=animals: track(poses, animals=animals).track),
            ("plain", _plain),
        ):
            began = time.perf_counter()
            number = tracker(poses)
            seconds = time.perf_counter() - began
            figures = _figures(poses, truth, pairs, number)
            print(f"| {animals} mice, {frames} frames | {name} | {figures} | {frames / seconds:.0f} |", flush=True)
    print()


def _figures(poses: Instances, truth: np.ndarray, pairs: np.ndarray, number: np.ndarray) -> str:
    """Cells of the table: `pairs` i64[2, p] are true poses and found ones; `number` i64[n], the track of each."""
    kept = np.cumsum(number >= 0) - 1
    good = number[pairs[1]] >= 0
    there = np.argwhere(truth.T >= 0)
    found = track_metrics.tracking_metrics(
        track_metrics.TrackPoses(there[:, 0], there[:, 1]),
        track_metrics.TrackPoses(poses.frame[number >= 0], number[number >= 0]),
        track_metrics.PosePairs(pairs[0][good], kept[pairs[1][good]], np.ones(good.sum())),
    )
    cells = [f"{found[name]:.3f}" for name in ("idf1", "hota", "mota")]
    return " | ".join([*cells, f"{found['switches']:.0f}", f"{number.max() + 1}"])


def vanishing(frames: int) -> None:
    """Four mice that all vanish now and then, tracked by motion alone and by their appearance, too."""
    print("| mice that vanish | tracker | IDF1 | HOTA | MOTA | switches | tracks |\n|---|---|---|---|---|---|---|")
    poses, owner, truth = _scene(4, frames)
    there = poses.frame // 100 % 5 != 4
    left, owner = Instances(poses.frame[there], poses.points[there]), owner[there]
    row = np.full(truth.max() + 1, -1)
    animal, frame = np.nonzero((truth >= 0) & (np.arange(frames) // 100 % 5 != 4))
    row[truth[animal, frame]] = 0
    row = np.cumsum(row >= 0) - 1
    seen = np.full_like(truth, -1)
    seen[animal, frame] = row[truth[animal, frame]]
    pairs = np.array([(seen[owner[i], left.frame[i]], i) for i in range(len(left)) if owner[i] >= 0]).T
    for name, coats in (("four coats", [0, 1, 2, 3]), ("two of one coat", [0, 1, 2, 2])):
        vectors = [_appearance(left, owner, np.array(coats), frames)]
        for tracker, options in (("by motion", {}), ("by appearance, too", {"appearances": vectors})):
            number = track(left, animals=4, **options).track
            print(f"| 4 mice, {name} | {tracker} | {_figures(left, seen, pairs, number)} |", flush=True)
    print()


def _appearance(poses: Instances, owner: np.ndarray, coats: np.ndarray, frames: int) -> Appearance:
    """What the poses look like; a false one has any coat."""
    chance = np.random.default_rng(0)
    lasting = np.zeros((frames, len(coats) + 1, 16))
    for frame in range(1, frames):
        lasting[frame] = 0.98 * lasting[frame - 1] + np.sqrt(1 - 0.98**2) * chance.normal(0, 1, lasting.shape[1:])
    vectors = lasting[poses.frame, owner] + chance.normal(0, 1, (len(poses), 16))
    vectors[:, 0] += 3.0 * np.append(coats, 1.5)[owner]
    return Appearance(poses.frame, vectors.astype(np.float32))


def crashes(count: int) -> None:
    """Track short scenes of 1 to 10 mice and say how many of them failed."""
    failed = 0
    for seed in range(count):
        poses, *_ = _scene(1 + seed % 10, 40, seed=seed)
        try:
            track(poses)
            track(poses, animals=1 + seed % 10)
        except Exception as error:
            failed += 1
            print(f"scene {seed}: {error!r}")
    print(f"{failed} crashes in {count} random scenes of 40 frames\n")


def _scene(animals: int, frames: int, *, seed: int = 0) -> tuple[Instances, np.ndarray, np.ndarray]:
    """Poses, whose each is (-1: nobody's), and the number of each true pose i64[animal, frame]; -1 = cannot be seen."""
    chance = np.random.default_rng(seed)
    renderer = Renderer(Scene(frames=frames, individuals=animals, seed=seed))
    labels = labelled(renderer, range(frames), video="made")
    count = len(labels["keypoint"].unique())
    points = labels[["x", "y"]].to_numpy().reshape(frames, animals, count, 2)
    seen = (labels["visibility"] == "visible").to_numpy().reshape(frames, animals, count)
    whole = seen.sum(axis=2) >= 2
    truth = np.where(whole.T, (np.cumsum(whole.ravel()) - 1).reshape(whole.shape).T, -1)
    frame, pose, owner = [], [], []
    for index in range(frames):
        for animal in chance.permutation(np.flatnonzero(whole[index])):
            found = seen[index, animal] & (chance.random(count) < 0.95)
            if found.any() and chance.random() < 0.99:
                noisy = points[index, animal] + chance.normal(0, 1, (count, 2))
                frame.append(index)
                pose.append(np.where(found[:, None], noisy, np.nan))
                owner.append(animal)
        if chance.random() < 0.01:
            frame.append(index)
            pose.append(chance.uniform(0, 240, 2) + chance.normal(0, 15, (count, 2)))
            owner.append(-1)
    return Instances(np.array(frame), np.array(pose, np.float32)), np.array(owner), truth


def _plain(poses: Instances) -> np.ndarray:
    """The plain tracker."""
    centres, number, last = centroid(poses.points), np.full(len(poses), -1), {}
    for frame in np.unique(poses.frame):
        here = np.flatnonzero(poses.frame == frame)
        last = {name: (place, seen) for name, (place, seen) in last.items() if frame - seen <= 30}
        if last:
            apart = np.linalg.norm(np.array([place for place, _ in last.values()])[:, None] - centres[here], axis=-1)
            for row, column in zip(*linear_sum_assignment(apart), strict=True):
                if apart[row, column] < 60:
                    number[here[column]] = list(last)[row]
        for index in here:
            number[index] = number.max() + 1 if number[index] < 0 else number[index]
            last[number[index]] = centres[index], frame
    return number


def mice(path: Path, deeplabcut: Path | None) -> None:
    """Assembly: OKS mAP and mAR."""
    reader = [sys.executable, REPOSITORY / "benchmarks/pickles.py", path]
    text = subprocess.run(reader, stdout=subprocess.PIPE, text=True, check=True).stdout
    content = json.loads(text)
    count, frames = len(content["keypoints"]), content["frames"]
    truth = [_truth(frame, count) for frame in frames]
    print(
        "| assembly | animals | " + " | ".join(f"mAP / mAR ({sigma})" for sigma in oks.SIGMAS[::-1]) + " | frames/s |"
    )
    print("|---|---|---|---|---|")
    found, seconds = assemble(frames, truth, len(content["graph"]), count)
    _report("Marey", truth, found, f"{len(frames) / seconds:.0f}")
    if deeplabcut:
        script = [deeplabcut, REPOSITORY / "benchmarks/deeplabcut_assembly.py"]
        theirs = subprocess.run(script, input=text, capture_output=True, text=True, check=True).stdout
        by_key = json.loads(theirs.splitlines()[-1])
        poses = [np.array(by_key[frame["key"]], float).reshape(-1, count, 3) for frame in frames]
        _report("DeepLabCut", truth, [(p[..., :2], np.nansum(p[..., 2], axis=1)) for p in poses], "")


def _truth(frame: dict, count: int) -> np.ndarray:
    """The true animals f64[animal, keypoint, 2]."""
    points = np.full((3, count, 2), np.nan)
    for animal, keypoint, *place in frame["truth"]:
        points[animal, keypoint] = place
    return points


def assemble(frames: list[dict], truth: list[np.ndarray], edges: int, count: int) -> tuple[list, float]:
    """Poses f64[animal, keypoint, 2] and their scores for each frame, and the seconds that grouping them took."""
    parsed = [_candidates(frame) for frame in frames]
    found, seconds = [None] * len(frames), 0.0
    for part in (0, 1):
        known = [_known(*parsed[i][:2], truth[i], parsed[i][3]) for i in range(1 - part, len(frames), 2)]
        pairs = pair_odds.CandidatePairs(
            *(np.concatenate(each) for each in zip(*(pair for pair, _ in known), strict=True))
        )
        odds = pair_odds.learn_odds(pairs, np.concatenate([same for _, same in known]), edges=edges)
        for index in range(part, len(frames), 2):
            kind, place, sure, (source, target, evidence) = parsed[index]
            began = time.perf_counter()
            owner = clustering.group_candidates(kind, source, target, odds(evidence))
            seconds += time.perf_counter() - began
            animals = [np.flatnonzero(owner == name) for name in np.unique(owner)]
            animals = [members for members in animals if len(members) > 1]
            poses = np.full((len(animals), count, 2), np.nan)
            for pose, members in zip(poses, animals, strict=True):
                pose[kind[members]] = place[members]
            score = np.array([sure[members].sum() for members in animals])
            best = np.argsort(-score)[:3]  # there are never more mice
            found[index] = poses[best], score[best]
    return found, seconds


def _candidates(frame: dict) -> tuple:
    """Kind, place and confidence of the candidates of a frame that are not faint; and source, target, Pairs of them."""
    rows = np.array(frame["candidates"]).reshape(-1, 4)
    kept = rows[:, 3] >= FAINT
    number = np.cumsum(kept) - 1
    pairs = np.array(frame["pairs"]).reshape(-1, 5)
    ends = pairs[:, 1:3].astype(int)
    pairs, ends = pairs[kept[ends].all(axis=1)], ends[kept[ends].all(axis=1)]
    evidence = pair_odds.CandidatePairs(pairs[:, 0].astype(int), pairs[:, 3], pairs[:, 4], rows[ends, 3])
    return rows[kept, 0].astype(int), rows[kept, 1:3], rows[kept, 3], (*number[ends].T, evidence)


def _known(kind: np.ndarray, place: np.ndarray, truth: np.ndarray, pairs: tuple) -> tuple:
    """The evidence of a frame from pairs of true keypoints, and which of them are of one animal."""
    owner = np.full(len(kind), -1)
    for keypoint in range(truth.shape[1]):
        rows = np.flatnonzero(kind == keypoint)
        apart = np.nan_to_num(np.linalg.norm(place[rows][:, None] - truth[:, keypoint], axis=-1), nan=np.inf)
        first, second = linear_sum_assignment(np.minimum(apart, NEAR))
        near = apart[first, second] < NEAR
        owner[rows[first[near]]] = second[near]
    source, target, evidence = pairs
    true = (owner[source] >= 0) & (owner[target] >= 0)
    return pair_odds.CandidatePairs(*(column[true] for column in evidence)), (owner[source] == owner[target])[true]


def _report(name: str, truth: list, found: list, speed: str) -> None:
    frames = []
    for true, (poses, score) in zip(truth, found, strict=True):
        several = np.isfinite(true[..., 0]).sum(axis=1) > 1  # as DeepLabCut, leave out animals of a single label
        frames.append(oks.FrameAnimals(true[several], poses, score))
    figures = [oks.average_precision(frames, sigma=sigma) for sigma in oks.SIGMAS[::-1]]
    number = f"{sum(len(frame.found) for frame in frames)} of {sum(len(frame.truth) for frame in frames)}"
    print(f"| {name} | {number} | " + " | ".join(f"{p:.3f} / {r:.3f}" for p, r in figures) + f" | {speed} |")


def flies(stem: Path) -> None:
    """Tracking: switches, and what is left of the raw file's spurious poses."""
    raw, _ = _slp(stem.with_suffix(".slp"))
    clean, name = _slp(Path(f"{stem}.clean.slp"))
    owner = np.full(len(raw), -1)
    for index, (frame, pose) in enumerate(zip(raw.frame, raw.points, strict=True)):
        for other in np.flatnonzero(clean.frame == frame):
            if np.array_equal(clean.points[other], pose, equal_nan=True):
                owner[index] = name[other]
    print("\n| tracking | tracks | switches | spurious left | lost | frames/s |\n|---|---|---|---|---|---|")
    for animals in (None, 2):
        began = time.perf_counter()
        number = track(raw, animals=animals).track
        seconds = time.perf_counter() - began
        rows = [number[(owner == animal) & (number >= 0)] for animal in np.unique(owner[owner >= 0])]
        switches = sum(int((row[1:] != row[:-1]).sum()) for row in rows)
        spurious, lost = (owner < 0) & (number >= 0), (owner >= 0) & (number < 0)
        print(
            f"| Marey, {animals or 'any number of'} animals | {number.max() + 1} | {switches} "
            f"| {spurious.sum()} of {(owner < 0).sum()} | {lost.sum()} of {(owner >= 0).sum()} "
            f"| {(raw.frame.max() + 1) / seconds:.0f} |"
        )


def _slp(path: Path) -> tuple[Instances, np.ndarray]:
    """The predicted poses of a SLEAP file and the number of the track of each."""
    with tables.open_file(path) as file:
        frames, instances, points = (file.get_node(f"/{name}")[:] for name in ("frames", "instances", "pred_points"))
    frame, pose, name = [], [], []
    for row in frames:
        for instance in instances[row["instance_id_start"] : row["instance_id_end"]]:
            part = points[instance["point_id_start"] : instance["point_id_end"]]
            place = np.stack([part["x"], part["y"]], axis=1)
            if np.isfinite(place).any():
                frame.append(row["frame_idx"])
                pose.append(place)
                name.append(instance["track"])
    order = np.argsort(frame, kind="stable")
    return Instances(np.array(frame, np.int64)[order], np.array(pose, np.float32)[order]), np.array(name)[order]


if __name__ == "__main__":
    main()

"""Cameras in step and animals matched: offsets that are found and how sure they are, and whose tracks are whose.

    python benchmarks/several_cameras.py
    python benchmarks/several_cameras.py --scenes 12 --mouse-cameras cameras.parquet

The made mice walk as those of the made videos do. Offsets: of four cameras (or two) one is off; its frames are taken
from the path at 150 frames a second, so that parts of a frame are exact. "Inside" is the share of the intervals of 95 %
that hold the truth, over all cameras and scenes; "parts" are windows of 300 frames. "Lasting" noise is correlated from
frame to frame by 0.9, "biased" cameras see each keypoint 2 px elsewhere in addition.

Matching: cameras in a ring, whose tracks are called at random, with 1 px of noise, 5 % outliers and 10 % missing. In
the small arena (120 x 90 mm) mice touch most of the time; "pieces": each track is cut at four times of its own;
"absent": each camera lacks an animal with a chance of 30 %. Exchanged: every pair of cameras takes each other's name.
Data are as in `multiview.py`.
"""

import argparse
import sys
import time
from collections.abc import Iterator
from functools import cache
from itertools import combinations, pairwise
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.optimize import linear_sum_assignment

REPOSITORY = Path(__file__).parents[1]
sys.path[:0] = [str(REPOSITORY / "workflow"), str(REPOSITORY / "benchmarks")]

import multiview

from marey.multiview.agreement import Glimpse, learn_scale, look
from marey.multiview.assignment import assign
from marey.multiview.camera_names import refuse_exchanged
from marey.multiview.cameras import Camera, project
from marey.multiview.clock import Clock
from marey.multiview.evidence import EVERY, Gatherer, glimpses
from marey.multiview.fine_offsets import Piece
from marey.multiview.match_rows import Blocks, match_rows
from marey.multiview.offsets import measure, offset_span
from marey.multiview.seen_motion import Strand
from marey.multiview.sync_verdicts import choose_reference, tell
from marey.multiview.views import Layout, Views
from marey.synth import animal
from marey.synth.motion import simulate
from marey.synth.scene import Scene

FPS, FINE = 30, 5  # frames a second, and as many moments of the path to each
STEP = 1 / FPS
MOST, WINDOW, TOLERANCE = 0.5, 300, 5.0
OFFSETS = (0.0, 0.4, -2.6, 5.0)  # frames, in turn
OFFSET_CASES = {
    "1 px": {},
    "1 px, 10 % outliers, 20 % missing": {"wrong": 0.1, "missing": 0.2},
    "2 px, lasting": {"noise": 2.0, "lasting": 0.9},
    "2 px, lasting, biased": {"noise": 2.0, "lasting": 0.9, "bias": 2.0},
    "2 px, lasting, two cameras": {"noise": 2.0, "lasting": 0.9, "cameras": 2},
}
MATCH_CASES = {
    "": {},
    "small arena": {"arena": (120.0, 90.0)},
    "small arena, 4 px": {"arena": (120.0, 90.0), "noise": 4.0},
    "pieces, absent": {"pieces": 5, "absent": 0.3},
}


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scenes", type=int, default=8, help="of the made mice, for each row")
    parser.add_argument("--frames", type=int, default=600, help="of each")
    parser.add_argument("--rigs", type=int, nargs="+", default=[3, 4, 8], help="numbers of cameras to match")
    parser.add_argument("--mouse-cameras", type=Path, help="table `cameras` of data 09, calibrated by its board")
    options = parser.parse_args()
    real = dict(read_real(options.mouse_cameras))
    print("| one camera off | largest error, frames | mean half interval | inside, whole | inside, parts | CPU s |")
    print("|---|---|---|---|---|---|")
    paths = [walk(1, options.frames + 40, scene, FINE)[:, 0] for scene in range(options.scenes)]
    for name, case in OFFSET_CASES.items():
        print(f"| {name} | {offsets(paths, options.frames, **case)} |", flush=True)
    print("\n| real cameras, in step | offsets, frames | intervals | verdicts |\n|---|---|---|---|")
    for name, data in real.items():
        print(f"| {name} | {real_offsets(data)} |", flush=True)
    print("\n| cameras, animals | | track-frames right | lowest margin | cost | CPU s |\n|---|---|---|---|---|---|")
    for name, case in MATCH_CASES.items():
        for cameras in options.rigs:
            for animals in (2, 3):
                said = matching(cameras, animals, options.scenes, options.frames, **case)
                print(f"| {cameras}, {animals} | {name} | {said} |", flush=True)
    print("\n| cameras with each other's names | pairs | found |\n|---|---|---|")
    made = multiview.Set(ring(8), None, None, None, walk(2, options.frames, 0))
    for name, data in {"made, 8 cameras, 2 mice": made, **real}.items():
        print(f"| {name} | {exchanged(data)} |", flush=True)


def read_real(calibration: Path | None) -> Iterator[tuple[str, multiview.Set]]:
    """Yield what is there of the real data, by name."""
    fly, mouse = (multiview.DATA / name for name in ("10_fly_3cam_eks_calibrated", "09_mouse15_4cam_sleap_anipose"))
    if fly.is_dir():
        yield "10", multiview.read_fly(fly)
    if mouse.is_dir() and calibration:
        yield "09", multiview.read_mouse(mouse / "minimal_session", calibration)


@cache
def walk(animals: int, frames: int, scene: int, fine: int = 1, arena: tuple[float, float] = (400.0, 300.0)):
    """Where mice are, f64[time, animal, keypoint, 3], mm, at `fine` times each frame."""
    made = Scene((96, 64), frames=frames * fine, seed=scene, individuals=animals, fps=FPS * fine, arena=arena)
    return np.stack([animal.keypoint_positions(made, states) for states in simulate(made)])


def offsets(paths: list[np.ndarray], frames: int, **case) -> str:
    """Measure a camera that is off, in each scene by another offset; returns the cells of a row."""
    errors, halves, inside, parts = [], [], [], []
    began = time.process_time()
    for scene, path in enumerate(paths):
        off = OFFSETS[scene % len(OFFSETS)]
        cameras, seen = filmed(path, frames, off, scene, **case)
        found = measure(cameras, pieces_of(seen), step=STEP, most=MOST, tolerance=TOLERANCE)
        for at in range(1, len(cameras)):
            true = off * STEP if at == len(cameras) - 1 else 0.0
            span, *others = (offset_span(each, at, 0, MOST) for each in (found.whole, *found.windows))
            errors.append(abs(span.value - true) / STEP)
            halves.append((span.high - span.low) / 2 / STEP)
            inside.append(span.low <= true <= span.high)
            parts += [other.low <= true <= other.high for other in others]
    shares = (f"{np.mean(each):.3f} of {len(each)}" for each in (inside, parts))
    took = (time.process_time() - began) / len(paths)
    return " | ".join([f"{max(errors):.3f}", f"{np.mean(halves):.3f}", *shares, f"{took:.1f}"])


def filmed(
    path, frames: int, off: float, seed: int, *, cameras=4, noise=1.0, lasting=0.0, bias=0.0, wrong=0.0, missing=0.0
) -> tuple[list[Camera], np.ndarray]:
    """Film a path, f64[fine time, keypoint, 3]; the last camera is late by `off` frames."""
    rig = [multiview._camera(number) for number in range(cameras)]
    starts = [FINE * 15 + (round(FINE * off) if camera is rig[-1] else 0) for camera in rig]
    seen = [project(camera, path[first:][: frames * FINE : FINE]) for camera, first in zip(rig, starts, strict=True)]
    seen = np.stack(seen, axis=2)
    chance = np.random.default_rng(seed)
    error = chance.normal(size=seen.shape)
    for at in range(1, len(error)):
        error[at] = lasting * error[at - 1] + np.sqrt(1 - lasting**2) * error[at]
    seen += noise * error + bias * chance.normal(size=seen.shape[1:])
    data = multiview.Set(rig, seen, np.full(seen.shape[1], -1), None)
    return rig, multiview.damage(data, seed, noise=0.0, size=rig[0].size, wrong=wrong, missing=missing).seen


def pieces_of(seen: np.ndarray) -> list[list[Piece]]:
    """Part what cameras see, f64[frame, keypoint, camera, 2], into windows of one piece each."""
    frames, margin = len(seen), round(MOST / STEP)
    made = []
    for first, last in pairwise(np.linspace(0, frames, max(1, frames // WINDOW) + 1).astype(int)):
        frame = np.arange(max(0, first - margin), min(frames, last + margin))
        views = np.moveaxis(seen[frame], 2, 0)
        strands = [Strand(frame * STEP, view, np.ones(view.shape[:2])) for view in views]
        made.append([Piece(np.arange(first, last) * STEP, strands)])
    return made


def real_offsets(data: multiview.Set) -> str:
    """Measure cameras that are in step; returns the cells of a row."""
    found = measure(data.cameras, pieces_of(data.seen), step=STEP, most=MOST, tolerance=TOLERANCE).whole
    reference = choose_reference(found, MOST)
    spans = [offset_span(found, at, reference, MOST) for at in range(len(data.cameras)) if at != reference]
    values = ", ".join(f"{span.value / STEP:.1f}" for span in spans)
    bounds = ", ".join(f"{span.low / STEP:.0f} to {span.high / STEP:.0f}" for span in spans)
    return f"{values} | {bounds} | {', '.join(sorted({tell(span, STEP) for span in spans}))}"


def ring(count: int) -> list[Camera]:
    """Cameras in a circle about the arena."""
    made = []
    for number in range(count):
        angle = 2 * np.pi * number / count + 0.3
        centre = np.array([420 * np.cos(angle), 420 * np.sin(angle), 380 + 20 * number])
        forward = -centre / np.linalg.norm(centre)
        right = np.cross(forward, [0, 0, 1])
        right /= np.linalg.norm(right)
        turn = np.stack([right, np.cross(forward, right), forward])
        made.append(multiview._camera(number)._replace(rotation=turn, translation=-turn @ centre))
    return made


def matching(cameras: int, animals: int, scenes: int, frames: int, *, arena=(400.0, 300.0), **case) -> str:
    """Match the tracks of a made rig; returns the cells of a row."""
    shares, margins, costs, took = [], [], [], 0.0
    for scene in range(scenes):
        rig = ring(cameras)
        views, owner, tracks = tracked(rig, walk(animals, frames, scene, arena=arena), scene, **case)
        began = time.process_time()
        rows = matched(rig, views, tracks, animals)
        took += time.process_time() - began
        own = [owner[int(row.camera), int(row.track)] for row in rows.itertuples()]
        known = rows.assign(owner=own).dropna(subset="individual")
        table = known.pivot_table(index="individual", columns="owner", values="frames", aggfunc="sum", fill_value=0)
        pairs = linear_sum_assignment(table, maximize=True)
        shares.append(table.to_numpy()[pairs].sum() / rows["frames"].sum())
        margins.append(rows["margin"].min())
        costs.append(rows["cost"].median())
    return f"{100 * np.mean(shares):.2f} % | {min(margins):.2f} | {np.mean(costs):.2f} | {took / scenes:.2f}"


def tracked(rig: list[Camera], truth: np.ndarray, seed: int, *, noise=1.0, pieces=1, absent=0.0):
    """What the tracks of all cameras see; by camera and track the animal; and how many tracks there are."""
    chance = np.random.default_rng(seed)
    frames, animals, keypoints = truth.shape[:3]
    tracks = animals * pieces
    seen = np.full((frames, tracks, keypoints, len(rig), 2), np.nan)
    owner = {}
    for at, camera in enumerate(rig):
        place = project(camera, truth)
        place += noise * chance.normal(size=place.shape)
        wrong = chance.random(place.shape[:3]) < 0.05
        place = np.where(wrong[..., None], chance.uniform(0, 1, place.shape) * camera.size, place)
        place[chance.random(place.shape[:3]) < 0.1] = np.nan
        order = chance.permutation(tracks).reshape(animals, pieces)
        for one in range(animals):
            bounds = [0, *sorted(chance.integers(1, frames, pieces - 1)), frames]
            for track, (first, last) in zip(order[one], pairwise(bounds), strict=True):
                owner[at, track] = one
                seen[first:last, track, :, at] = place[first:last, one]
        if chance.random() < absent:
            seen[:, order[chance.integers(animals)], :, at] = np.nan
    flat = seen.reshape(frames, tracks * keypoints, len(rig), 2)
    there = np.isfinite(flat[..., 0])
    return Views(flat, np.full(there.shape, noise), there.astype(float)), owner, tracks


def matched(rig: list[Camera], views: Views, tracks: int, animals: int) -> pd.DataFrame:
    """Match tracks, as the stage does; cameras and tracks are called by their numbers."""
    frames, keypoints = len(views.seen), views.seen.shape[1] // tracks
    names = tuple(map(str, range(tracks)))
    layout = Layout(names, tuple(map(str, range(keypoints))), np.full(keypoints, -1))
    frame = np.tile(np.arange(frames, dtype=np.int32)[:, None], (1, len(rig)))
    clock = Clock(tuple(map(str, range(len(rig)))), np.arange(frames) * STEP, frame)
    there = np.isfinite(views.seen[..., 0]).reshape(frames, tracks, keypoints, len(rig)).any(axis=2)
    parts = []
    for first in range(0, frames, 30):
        alive = [np.flatnonzero(own) for own in there[first : first + 30].any(axis=0).T]
        times = np.arange(first, min(first + 30, frames), round(EVERY / STEP))
        parts.append(glimpses(views, layout, times, alive))
    scale = learn_scale([look(rig, part) for part in parts])
    refuse_exchanged(rig, parts, scale)
    gatherer = Gatherer(rig, clock, layout, scale, STEP)
    gatherer.add(views, 0)
    evidence = gatherer.evidence()
    label = assign(evidence.total(), evidence.apart, evidence.camera, animals)
    called = [names[name] for name in evidence.name]
    return match_rows(evidence, label, clock.cameras, called, Blocks(clock, gatherer.ticks, STEP))


def exchanged(data: multiview.Set) -> str:
    """Exchange the names of each pair of cameras; returns the cells of a row, pairs and how many were named."""
    chance = np.random.default_rng(0)
    part = []
    for at, camera in enumerate(data.cameras):
        if data.truth is None:
            seen = data.seen[:, None, :, at]
        else:
            seen = project(camera, data.truth[::3, chance.permutation(data.truth.shape[1])])
            seen += chance.normal(size=seen.shape)
        part.append(Glimpse(seen, np.ones(seen.shape[:-1])))
    refuse_exchanged(data.cameras, [part], learn_scale([look(data.cameras, part)]))  # the right names are no error
    pairs, found = list(combinations(range(len(data.cameras)), 2)), 0
    for one, two in pairs:
        cameras = list(data.cameras)
        for at, other in ((one, two), (two, one)):
            cameras[at] = data.cameras[other]._replace(name=data.cameras[at].name)
        try:
            refuse_exchanged(cameras, [part], learn_scale([look(cameras, part)]))
        except ValueError as error:
            found += f"'{cameras[one].name}' and '{cameras[two].name}'" in str(error)
    return f"{len(pairs)} | {found}"


if __name__ == "__main__":
    main()

"""Keypoints of a single animal where it cannot be: in a real video and in made ones, before and after smoothing.

    python benchmarks/ghosts.py openfield --model results/openfield/models/0-0
    python benchmarks/ghosts.py made --model results/demo/models/0-0
    python benchmarks/ghosts.py motion

openfield: the video of the open field, in windows, beside DeepLabCut's own predictions of it (a noisy reference).
made: rendered videos, in each of which a copy of the animal's tail base lies in a corner, against their exact truth.
motion: made tracks without a network, clean ones and ones with false places: the error of the smoothed positions.

"each by itself" takes the highest peak of each keypoint, "in reach" those that can be one animal. Takes the data from
MAREY_DATA (default ../shared/data); confidence is the network's own.
"""

import argparse
import json
import os
import platform
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import numpy as np
import pandas as pd

REPOSITORY = Path(__file__).parents[1]
sys.path.insert(0, str(REPOSITORY / "workflow"))

from marey.experiment import config as experiment
from marey.inference import engines, finder, following
from marey.inference.detector import CPU_BATCH
from marey.pictures.views import Picture
from marey.synth.render import Renderer
from marey.synth.scene import Scene
from marey.synth.truth import truth_labels
from marey.tables.plan import GROUP_FRAMES
from marey.tracking import bursts, smooth_video
from marey.videos.images import Upright
from marey.videos.reading import decode_packets, open_video
from marey.zoo.names import match

DATA = Path(os.environ.get("MAREY_DATA", REPOSITORY.parent / "shared/data")).resolve()
OPENFIELD = DATA / "01_openfield_dlc_single"
VIDEO = OPENFIELD / "openfield-Pranav-2018-10-30/videos/m3v1mp4.mp4"
REFERENCE = OPENFIELD / "dlc_predictions_on_m3v1"  # its .h5
FAR = (20, 50, 100, 200)  # px
SPOT = 0.3  # of the animal's length: radius of the copied tail base
BODY = np.array([(40.0, 0), (25, 12), (25, -12), (0, 0), (-50, 0)])  # px
ELSEWHERE = np.array((900.0, 20.0))  # px: where false places of made tracks are
RATE = 30.0


def main() -> None:
    """Print a table of each kind that is asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("kinds", nargs="+", choices=["openfield", "made", "motion"])
    parser.add_argument("--model", type=Path, help="folder of a trained model")
    parser.add_argument("--frames", type=int, default=10**9, help="of the video, and of each made one, at most")
    parser.add_argument("--videos", type=int, default=4, help="made ones")
    parser.add_argument("--save", type=Path, help="folder for what was found, an .npy each")
    arguments = parser.parse_args()
    print(f"machine: {platform.machine()}, {os.cpu_count()} cores")
    if arguments.kinds != ["motion"]:
        if arguments.model is None or not (arguments.model / "model.json").is_file():
            sys.exit("--model: name the folder of a trained model of a single animal")
        columns = "".join(f" > {px} px |" for px in FAR)
        print(f"| video | peaks | points | median px |{columns} measured after smoothing:{columns}")
        print("|---|---|---|---|" + "---|" * 2 * len(FAR))
    if "openfield" in arguments.kinds:
        openfield(arguments)
    if "made" in arguments.kinds:
        made(arguments)
    if "motion" in arguments.kinds:
        motion()


def openfield(arguments: argparse.Namespace) -> None:
    """Print the rows of the video of the open field."""
    paths = sorted(REFERENCE.glob("*.h5"))
    if not paths or not VIDEO.is_file():
        sys.exit(f"{VIDEO}, {REFERENCE}/*.h5: no such files; set MAREY_DATA")
    wide = pd.read_hdf(paths[0])
    wide.columns = wide.columns.droplevel(0)
    keypoints = json.loads((arguments.model / "model.json").read_text())["keypoints"]
    names = named(keypoints, list(wide.columns.get_level_values(0).unique()))
    count = min(arguments.frames, len(wide))
    truth = np.stack([wide[name][["x", "y"]].to_numpy()[:count] + 0.5 for name in names], axis=1)
    compare("m3v1", lambda: first_frames(VIDEO, count), truth, arguments)


def named(keypoints: list[str], known: list[str]) -> list[str]:
    """What is called as each of `keypoints` among the names that are `known`."""
    found = match(keypoints, known, {})
    if found.unknown:
        sys.exit(f"--model: it finds {', '.join(found.unknown)}; known are {', '.join(known)}")
    return [found.source[name] for name in keypoints]


def first_frames(path: Path, count: int) -> Iterator[np.ndarray]:
    """Yield the first `count` images of a video."""
    with open_video(path) as (container, video):
        upright = Upright(video)
        for _, decoded, _ in decode_packets(container, video):
            for frame in decoded:
                if not count:
                    return
                yield upright(frame)
                count -= 1


def made(arguments: argparse.Namespace) -> None:
    """Print the rows of rendered videos with a copy of the tail base in a corner."""
    keypoints = json.loads((arguments.model / "model.json").read_text())["keypoints"]
    for seed in range(arguments.videos):
        renderer = Renderer(Scene(frames=min(arguments.frames, 300), seed=1000 + seed))
        labels = truth_labels(renderer, range(renderer.scene.frames), video="made")
        places = labels.pivot(index="frame", columns="keypoint", values=["x", "y"])
        names = named(keypoints, list(labels["keypoint"].unique()))
        truth = np.stack([places[axis][names].to_numpy(float) for axis in "xy"], axis=-1)
        tail = places.xs(named(["tail_base"], list(labels["keypoint"].unique()))[0], axis=1, level=1).to_numpy(float)
        spot = copied(renderer.frame(0), tail[0], truth[0])
        compare(f"made {seed}", lambda spot=spot, r=renderer: map(spot, r.frames()), truth, arguments)


def copied(image: np.ndarray, tail: np.ndarray, animal: np.ndarray):
    """Return a function that puts what is about `tail` (x, y) px of an image into the corner farthest from it."""
    radius = max(4, int(SPOT * np.ptp(animal, axis=0).max()))
    height, width = image.shape[:2]
    column, row = np.clip(tail, radius, np.array((width, height)) - radius - 1).astype(int)
    patch = image[row - radius : row + radius + 1, column - radius : column + radius + 1].astype(np.float32)
    cover = np.clip(1.5 - np.hypot(*np.mgrid[-radius : radius + 1, -radius : radius + 1]) / radius, 0, 1)[..., None]
    top = 0 if row > height / 2 else height - 2 * radius - 1
    left = 0 if column > width / 2 else width - 2 * radius - 1

    def put(frame: np.ndarray) -> np.ndarray:
        frame = frame.copy()
        corner = frame[top : top + 2 * radius + 1, left : left + 2 * radius + 1]
        corner[:] = cover * patch + (1 - cover) * corner + 0.5
        return frame

    return put


def compare(title: str, frames, truth: np.ndarray, arguments: argparse.Namespace) -> None:
    """Print a row for each way to take peaks of the images that `frames()` yields; `truth` f64[frame, keypoint, 2]."""
    with tempfile.TemporaryDirectory() as folder:
        for way in ("each by itself", "in reach"):
            found = analyse(arguments.model, frames(), Path(folder), alone=way == "each by itself")
            error = np.linalg.norm(found[..., :2] - truth, axis=-1)
            smoothed = smooth(found)
            after = np.where(smoothed["measured"], np.linalg.norm(smoothed["places"] - truth, axis=-1), 0)
            far = "".join(f" {(each > px).sum()} |" for each in (error, after) for px in FAR)
            print(f"| {title} | {way} | {np.isfinite(error).sum()} | {np.nanmedian(error):.2f} |{far}", flush=True)
            if arguments.save:
                arguments.save.mkdir(parents=True, exist_ok=True)
                np.save(arguments.save / f"{title} {way}.npy".replace(" ", "_"), found)


def analyse(model: Path, images: Iterator[np.ndarray], folder: Path, *, alone: bool) -> np.ndarray:
    """What a model finds in a video, followed in windows: f32[frame, keypoint, (x, y, confidence)]."""
    files = engines.ModelFiles(*(model / f"model.{end}" for end in ("safetensors", "json", "onnx")), None)
    metadata = json.loads(files.metadata.read_text())
    window = following.window_side(metadata["extent"] * metadata["preprocessing"]["scale"])
    if alone:  # nothing is known of the size of animals
        files = files._replace(metadata=folder / "model.json")
        files.metadata.write_text(json.dumps({**metadata, "extent": 0}))
    engine = "onnxruntime" if files.onnx_copy.exists() else "jax"
    how = {"engine": engine, "batch_size": CPU_BATCH, "flip": False}
    find, metadata = finder.start_finder([files], window=window, **how)
    found, waiting = [], []

    def look() -> None:
        first = sum(map(len, found))
        seen = find(waiting, range(first, first + len(waiting)))
        points = waiting[0].to_image(seen.points[:, 0])
        found.append(np.concatenate([points, seen.confidence[:, 0, :, None]], axis=-1))
        waiting.clear()

    for image in images:
        waiting.append(Picture(image, metadata["preprocessing"]["scale"]))
        if len(waiting) == CPU_BATCH * GROUP_FRAMES:
            look()
    if waiting:
        look()
    return np.concatenate(found)


def smooth(found: np.ndarray) -> dict[str, np.ndarray]:
    """Smooth f64[frame, keypoint, (x, y, confidence)] with the default settings: the places, and which are measured."""
    frames, keypoints = found.shape[:2]
    frame, keypoint = (part.ravel() for part in np.indices((frames, keypoints)))
    rows = pd.DataFrame({"video": "v", "frame": frame, "time": frame / RATE, "individual": "a"})
    rows["keypoint"] = np.char.mod("k%d", keypoint)
    rows[["x", "y", "confidence"]] = found.reshape(-1, 3).astype(np.float32)
    rows["sigma_px"], rows["fault"] = np.nan, False
    config = experiment.load_config({"project": "ghosts", "data": ".", "videos": ".", "keypoints": ["k0", "k1"]})
    result = smooth_video.smooth(rows, config=config["smooth"])
    places = result[["x", "y"]].to_numpy(float).reshape(frames, keypoints, 2)
    return {"places": places, "measured": (result["state"] == "measured").to_numpy().reshape(frames, keypoints)}


def motion() -> None:
    """Print the errors of made tracks that are smoothed with bursts left in, and left out."""
    print("\n| made track | points | false | RMSE px, bursts left in | left out | false, measured | true, left out |")
    print("|---|---|---|---|---|---|---|")
    for name, (truth, false) in tracks().items():
        seen = truth + np.random.default_rng(7).normal(0, 1, truth.shape)
        seen = np.where(false[..., None], ELSEWHERE + np.random.default_rng(8).normal(0, 1, truth.shape), seen)
        found = np.concatenate([seen, np.full((*false.shape, 1), 0.9)], axis=-1)
        out = bursts.find_bursts(seen, np.arange(len(seen), dtype=float), rate=RATE)
        after = smooth(found)
        with mock.patch.object(smooth_video, "find_bursts", lambda points, *_, **__: np.zeros(points.shape[:2], bool)):
            before = smooth(found)
        rmse = [np.sqrt(np.nanmean(((each["places"] - truth) ** 2).sum(axis=-1))) for each in (before, after)]
        counts = (after["measured"] & false).sum(), (out & ~false).sum()
        print(f"| {name} | {false.size} | {false.sum()} | {rmse[0]:.3f} | {rmse[1]:.3f} | {counts[0]} | {counts[1]} |")


def tracks() -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Make tracks of 40 s: f64[frame, keypoint, 2] px, and which places are to be false ones, bool[frame, keypoint]."""
    time = np.arange(int(40 * RATE)) / RATE
    walk = 300 + np.stack([150 * np.sin(0.9 * time), 100 * np.cos(1.3 * time)], axis=1)
    steps = np.clip((time % 10 - 5) / 0.15, 0, 1) - np.clip((time % 10 - 8) / 0.15, 0, 1)  # 500 px in 5 frames
    dart = 200 + np.stack([500 * steps, 100 * steps], axis=1)
    lift = walk + np.where(time > 20, 500, 0)[:, None]
    turn = 300 + 120 * np.stack([np.sin(12 * time), np.cos(12 * time)], axis=1)
    none = np.zeros((len(time), len(BODY)), bool)
    corner, long, whole = none.copy(), none.copy(), none.copy()
    for start, length in ((50, 1), (120, 4), (300, 12), (700, 40)):
        corner[start : start + length, -1] = True
    long[300:600, -1] = True
    whole[200:220] = True
    each = {"walks": (walk, none), "darts, 100 px a frame": (dart, none), "is put elsewhere": (lift, none)}
    each |= {"turns at 12 rad/s": (turn, none), "false for 1 to 40 frames": (walk, corner)}
    each |= {"false for a quarter of the time": (walk, long), "all keypoints false for 20 frames": (walk, whole)}
    each |= {"darts, false for 1 to 40 frames": (dart, corner)}
    return {name: (place[:, None] + BODY, false) for name, (place, false) in each.items()}


if __name__ == "__main__":
    main()

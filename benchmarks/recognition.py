"""Recognition: animals that vanish are found again by what is learnt from the video itself.

    python benchmarks/recognition.py
    python benchmarks/recognition.py --scenes "two of one coat" --frozen

Made scenes: the poses of four mice that vanish, as in `multi_animal.py`, and the rendered images that show them, with
hair that falls otherwise on each mouse. With `--frozen`, beside it what the frozen trunk that networks start from
sees at the keypoints, by the axes that tell the animals of 100 frames apart whose mice are named.
Two mice in a home cage, of which one is often out of sight: SLEAP's own poses with the names taken off, from MAREY_DATA
(default ../shared/data). Two mice of different coats, 100 frames.
"""

import argparse
import os
import platform
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import av
import jax
import multi_animal
import named_poses
import numpy as np

REPOSITORY = Path(__file__).parents[1]
sys.path.insert(0, str(REPOSITORY / "workflow"))

from marey.models.pretrained.pretrained import pretrained
from marey.networks import registry
from marey.pictures import geometry
from marey.recognition.contrast import STEPS
from marey.recognition.embedding import embed_animals
from marey.synth.render import Renderer
from marey.synth.scene import Scene
from marey.tracking.corrected import doubtful_moments
from marey.tracking.instances import Instances
from marey.tracking.likeness import Appearance
from marey.tracking.tracker import Tracks, track
from marey.training.descriptor import discriminants

COATS = {
    "four coats": ("brown", "black", "white", "grey"),
    "two of one coat": ("brown", "white", "grey", "grey"),
}
FROZEN, TAPS = "efficientnet_lite0", 3  # the trunk, and how many of its levels are looked at
NAMED_FRAMES = 100


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--scenes", nargs="*", choices=COATS, default=list(COATS))
    parser.add_argument("--frames", type=int, default=4000, help="of a made scene")
    parser.add_argument("--steps", type=int, default=STEPS, help="of training")
    parser.add_argument("--frozen", action="store_true", help="beside a frozen trunk's features")
    arguments = parser.parse_args()
    data = Path(os.environ.get("MAREY_DATA", REPOSITORY.parent / "shared/data"))
    if not data.is_dir():
        sys.exit(f"{data}: no such folder; set MAREY_DATA")
    print(f"machine: {platform.machine()}, {os.cpu_count()} cores; {arguments.steps} steps\n")
    print("| poses | tracker | IDF1 | switches | poses looked at | moments listed | CPU s |\n|" + "---|" * 7)
    poses, owner, _ = multi_animal._scene(4, arguments.frames)
    there = poses.frame // 100 % 5 != 4
    poses, owner = Instances(poses.frame[there], poses.points[there]), owner[there]
    for name in arguments.scenes:
        film = Renderer(Scene(frames=arguments.frames, individuals=4, coats=COATS[name]))
        compare(f"made, 4 mice that vanish, {name}", poses, owner, 4, Rendered(film), arguments)
    clip = Renderer(Scene(frames=min(100, arguments.frames), individuals=2, coats=named_poses.COATS))
    poses, owner = named_poses.made(2, clip.scene.frames, named_poses.COATS)
    compare("made, black and white mouse", poses, owner, 2, Rendered(clip), arguments)
    path, _, animals = named_poses.SETS["05 two mice"]
    poses, owner = named_poses.read(data, path, None)
    compare("05 two mice", poses, owner, animals, Filmed((data / path).with_name("mice.mp4")), arguments)


class Rendered:
    """Gives frames of a made scene."""

    def __init__(self, film: Renderer):
        self._film = film

    def __call__(self, chosen: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
        return ((int(frame), self._film.frame(int(frame))) for frame in chosen)


class Filmed:
    """Gives frames of a video, by decoding it from its beginning."""

    def __init__(self, path: Path):
        self._path = path

    def __call__(self, chosen: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
        wanted = set(chosen.tolist())
        with av.open(self._path) as film:
            for index, image in enumerate(film.decode(video=0)):
                if index in wanted:
                    yield index, image.to_ndarray(format="rgb24")


def compare(
    name: str,
    poses: Instances,
    owner: np.ndarray,
    animals: int,
    images: Rendered | Filmed,
    arguments: argparse.Namespace,
) -> None:
    """Print a row for each tracker; `owner` i64[n] is whose each pose is, -1 = nobody's."""
    _row(name, "motion", poses, owner, animals, track(poses, animals=animals), 0, 0.0)
    began, count = time.process_time(), int(poses.frame[-1]) + 1
    seen = embed_animals(
        poses,
        images,
        ticks=np.arange(count),
        usable=np.ones(count, bool),
        animals=animals,
        seed=0,
        steps=arguments.steps,
    )
    seconds, looked_at = time.process_time() - began, np.isfinite(seen.vector[:, 0])
    found = track(poses, animals=animals, appearances=[seen])
    _row(name, "recognition", poses, owner, animals, found, looked_at.sum(), seconds)
    if arguments.frozen and isinstance(images, Rendered):
        began = time.process_time()
        vectors = frozen(poses, owner, images, looked_at)
        seconds = time.process_time() - began
        found = track(poses, animals=animals, appearances=[Appearance(poses.frame, vectors)])
        _row(name, "frozen trunk", poses, owner, animals, found, looked_at.sum(), seconds)


def frozen(poses: Instances, owner: np.ndarray, images: Rendered, looked_at: np.ndarray) -> np.ndarray:
    """What the frozen trunk sees of poses, f32[n, 16], the mean over their keypoints; NaN = not `looked_at` bool[n]."""
    trunk, _ = pretrained(FROZEN)
    network = registry.load_backbone(FROZEN)(plain=False)
    see = jax.jit(lambda image: network.apply({"params": trunk}, image.astype(np.float32) / 255))
    rows, whose = [], []
    for frame, image in images(np.unique(poses.frame[looked_at])):
        padded = geometry.pad(image)
        height, width = padded.shape[:2]
        maps = [np.asarray(level[0]) for level in see(padded[None])[:TAPS]]
        for pose in np.flatnonzero(looked_at & (poses.frame == frame)):
            for column, row in poses.points[pose][np.isfinite(poses.points[pose]).all(axis=-1)]:
                rows.append(np.concatenate([_at(level, row / height, column / width) for level in maps]))
                whose.append(pose)
    rows, whose = np.array(rows, np.float64), np.array(whose)
    frames = np.unique(poses.frame[whose])
    named = np.isin(poses.frame[whose], frames[:: max(1, len(frames) // NAMED_FRAMES)]) & (owner[whose] >= 0)
    axes, middle = discriminants(rows[named], poses.frame[whose[named]], owner[whose[named]], count=16)
    total = np.zeros((len(owner), 16))
    np.add.at(total, whose, (rows - middle) @ axes)
    with np.errstate(invalid="ignore"):
        return (total / np.bincount(whose, minlength=len(owner))[:, None]).astype(np.float32)


def _at(level: np.ndarray, down: float, across: float) -> np.ndarray:
    """The features of a map f32[h, w, c] at a place, given as parts 0..1 of its height and width."""
    row, column = (
        int(np.clip(part * size, 0, size - 1)) for part, size in zip((down, across), level.shape, strict=False)
    )
    return level[row, column]


def _row(
    name: str,
    tracker: str,
    poses: Instances,
    owner: np.ndarray,
    animals: int,
    found: Tracks,
    looked_at: int,
    seconds: float,
) -> None:
    idf1, switches = named_poses.figures(poses, owner, found.track, animals).split(" | ")[1:3]
    doubtful = len(doubtful_moments(found).frame)
    print(f"| {name} | {tracker} | {idf1} | {switches} | {looked_at} | {doubtful} | {seconds:.0f} |", flush=True)


if __name__ == "__main__":
    main()

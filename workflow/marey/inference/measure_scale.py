"""The scale of a video for a model that was trained on others: at which the model sees its animals best.

A network finds animals of about the sizes that it was trained on. Some frames of the video are shown to it at a pyramid
of scales, half an octave apart. At the right one, all keypoints of an animal are found with the highest confidence
within the extent of the animals that trained; a step beside it they are found less surely, and with nearly the same
size in px of the video. A model that was trained with mirror images sees each frame in a mirror, too, and what counts
is the lower of the two confidences: at a wrong scale it contradicts itself. Where nothing is found surely, or at two
scales animals of two sizes, nobody can tell: that is an error, which names `model.scale`, and never a guess.

What a demo model of rendered mice made of the open-field mouse (12 frames): confidence 0.11 0.16 0.38 0.54 0.41 0.25
at the scales 0.18 0.25 0.35 0.5 0.71 1, the animal 243, 224 and 221 px large at the middle three.
"""

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import ndimage, special

from marey.inference import engines
from marey.inference.detector import Detector, device
from marey.inference.view import View
from marey.pictures.views import Picture
from marey.tables import files
from marey.tables.frames import FRAMES, READING
from marey.tables.probe import PROBE
from marey.tables.scales import SCALES
from marey.videos.ranges import frame_range
from marey.videos.reading import read_frame

MEASURED_FRAMES = 12  # evenly over the video
STEPS_PER_OCTAVE = 2
SMALLEST_SCALE, LARGEST_SCALE = 1 / 16, 4.0
MAX_INPUT = 4e6  # px of the network's input; larger ones take seconds each
MIN_PART_SHOWN = 0.7  # of an animal's extent that the longer side of an image shows, at least
CANDIDATES = 6  # highest peaks of each keypoint that may be of one animal
REACH = 1.25  # extents that the keypoints of an animal lie from one that all are near to, at most
MIN_SEEN_CONFIDENCE = 0.1  # raw confidence of a keypoint that is somewhere
MIN_SEEN_PART = 0.5  # of the keypoints, for an animal whose size is measured
USUAL_SIZE = 0.75  # of the extent, which is that of large animals, stretched out
SIZE_OCTAVES = 1.0  # standard deviation of how far animals may be from the size that was trained on

MIN_CONFIDENCE = 0.3  # of the best scale; with the mice of the demo, another animal had 0.28
MIN_SIZED_FRAMES = 3
RIVAL_PART = 0.9  # of the best confidence: so sure, another scale is a rival
RIVAL_OCTAVES, RIVAL_SIZE_OCTAVES = 0.75, 0.5  # if it is so far off, and its animals are so much larger or smaller
PLATEAU_PART = 0.6  # of the best confidence: scales of more are averaged, each by how much more
FALLEN_PART, FALLEN_STEPS = 0.6, 2  # larger scales are not tried after so many in succession below this part


class ScaleError(ValueError):
    """The scale of a video cannot be told; the message says what was seen, and how to set it."""


class Look(NamedTuple):
    """What is seen of the frames at a scale: its `confidence`, and the animal's size px of the video in each frame."""

    scale: float
    confidence: float
    sizes: np.ndarray
    extent: float  # px of the video that animals would have at this scale, of the size that was trained on

    @property
    def size(self) -> float:
        """Return the median size, px of the video; NaN where nothing could be measured."""
        return float(np.median(self.sized)) if len(self.sized) else np.nan

    @property
    def sized(self) -> np.ndarray:
        """Return the sizes of the frames in which there is one."""
        return self.sizes[np.isfinite(self.sizes)]

    @property
    def score(self) -> float:
        """Return the confidence, less where the size is another than was trained on; 0 where nothing was measured."""
        if not len(self.sized):
            return 0.0
        octaves = np.log2(self.size / (USUAL_SIZE * self.extent))
        return float(self.confidence * np.exp(-0.5 * (octaves / SIZE_OCTAVES) ** 2))


class VideoFiles(NamedTuple):
    """The files of a video: itself, and its tables `probe` and `frames`."""

    video: Path
    probe: Path
    frames: Path


def measure_scale(
    files_of_video: VideoFiles,
    model: engines.ModelFiles,
    out: Path,
    *,
    video: str,
    config: dict,
    provenance: dict,
) -> None:
    """Write the table `scales` of a video: what a model sees at a pyramid of scales, and which is used.

    Args:
        files_of_video: the video.
        model: files of the model.
        out: where to write.
        video: id.
        config: `frames` and `crop` of the sheet, infer.engine, and model.scale: a number is not questioned.
        provenance: what the result was made from, for its metadata.

    Raises:
        ScaleError: the scale cannot be told.
        VideoError: a frame that was decoded when the video was probed cannot be decoded now.
        EngineError: this machine cannot run the engine.
    """
    engine = engines.choose_engine(config["infer"]["engine"], quantised=model.quantised is not None)
    detector, metadata = engines.start_detector(model, engine=engine, batch_size=1, flip=None)
    given = config["model"]["scale"]
    looks, used = find_scale(detector, metadata, sampled_pictures(files_of_video, config), given, video)
    logging.getLogger(__name__).info(
        "%s: scale %g, animals of %.0f px, confidence %.2f", video, used.scale, used.size, used.confidence
    )
    constant = {"video": video, "source": "measured" if given == "auto" else "config"}
    rows = [{**constant, "used": each is used, **scale_row(each, metadata)} for each in [*looks, used]]
    files.write(out, pd.DataFrame(rows), SCALES, provenance={**provenance, **device(), "engine": engine})


def find_scale(
    detector: Detector, metadata: dict, pictures: Sequence[Picture], given: float | str, video: str
) -> tuple[list[Look], Look]:
    """Find the scale at which a model sees the animals of a video best.

    Args:
        detector: the model, one image at a time.
        metadata: its.
        pictures: frames of the video.
        given: `model.scale`; a number is not questioned.
        video: id.

    Returns:
        What is seen at all scales that were tried, and at the one that is used.

    Raises:
        ScaleError: the scale cannot be told.
    """
    extent = metadata["extent"] * metadata["preprocessing"]["scale"]
    if given != "auto":
        return [], look(detector, pictures, given, extent)
    if not extent:
        raise ScaleError("animals of one keypoint have no size to measure; set `model.scale`")
    looks = look_at_scales(detector, pictures, extent)
    return looks, look(detector, pictures, choose_scale(looks, f"video '{video}'"), extent)


def look_at_scales(detector: Detector, pictures: Sequence[Picture], extent: float) -> list[Look]:
    """Look at frames at a pyramid of scales, from the smallest; `extent` of the animals, px of the network.

    It ends where images become too large, or, once animals are seen surely, where they have long been less so.
    """
    looks: list[Look] = []
    octaves = np.arange(np.log2(SMALLEST_SCALE) * STEPS_PER_OCTAVE, np.log2(LARGEST_SCALE) * STEPS_PER_OCTAVE + 1)
    for scale in 2 ** (octaves / STEPS_PER_OCTAVE):
        shown = np.max([picture.scaled(scale).shown for picture in pictures], axis=0)
        if max(shown) < MIN_PART_SHOWN * extent:
            continue
        if looks and np.prod(shown) > MAX_INPUT:
            break
        looks.append(look(detector, pictures, float(scale), extent))
        best = max(each.score for each in looks)
        if best >= MIN_CONFIDENCE and all(each.score < FALLEN_PART * best for each in looks[-FALLEN_STEPS:]):
            break
    return looks


def look(detector: Detector, pictures: Sequence[Picture], scale: float, extent: float) -> Look:
    """Look at frames at one scale; `extent` of the animals, px of the network."""
    seen = [find_animal(*_peaks(detector, picture.scaled(scale)), REACH * extent) for picture in pictures]
    confidence = np.sort([sure for sure, _ in seen])[len(seen) // 2 :]
    return Look(scale, float(confidence.mean()), np.array([size for _, size in seen]) / scale, extent / scale)


def _peaks(detector: Detector, picture: Picture) -> tuple[np.ndarray, np.ndarray]:
    """Find the highest peaks: places f64[peak, keypoint, 2], px of the network, and their confidence [peak, keypoint].

    Cells are exact enough: the size of an animal is some tens of them.
    """
    logits = [np.asarray(each)[:1] for each in detector.logits(picture.whole()[None])]
    heatmap = special.expit(np.min(detector.orientations.turn_back(logits), axis=0)[0])
    width, height = (-(-side // detector.stride) for side in picture.shown)  # without the padding
    heatmap = heatmap[:height, :width]
    heatmap = np.where(heatmap == ndimage.maximum_filter(heatmap, size=(3, 3, 1)), heatmap, 0)
    flat = heatmap.reshape(-1, heatmap.shape[-1])
    cells = np.argsort(-flat, axis=0)[:CANDIDATES]
    row, column = np.divmod(cells, width)
    return (np.stack([column, row], axis=-1) + 0.5) * detector.stride, np.take_along_axis(flat, cells, axis=0)


def find_animal(places: np.ndarray, confidence: np.ndarray, reach: float) -> tuple[float, float]:
    """Find the animal whose keypoints are seen with the highest confidence, among those that lie near one of them.

    Args:
        places: f64[candidate, keypoint, 2] px.
        confidence: f64[candidate, keypoint].
        reach: px that no keypoint lies farther from the one that all are near to, along x and y.

    Returns:
        The mean confidence of its keypoints, and the longer side of the box about those that are seen, px; NaN where
        too few are.
    """
    anchors = places.reshape(-1, 2)
    apart = np.abs(anchors[:, None, None] - places).max(axis=-1)
    near = np.where(apart <= reach, confidence, 0)  # [anchor, candidate, keypoint]
    best = near.max(axis=1).mean(axis=1).argmax()
    chosen, keypoint = near[best].argmax(axis=0), np.arange(places.shape[1])
    sure = near[best][chosen, keypoint]
    seen = sure >= MIN_SEEN_CONFIDENCE
    if seen.sum() < max(2, MIN_SEEN_PART * len(sure)):
        return float(sure.mean()), np.nan
    points = places[chosen, keypoint][seen]
    return float(sure.mean()), float(np.ptp(points, axis=0).max())


def choose_scale(looks: Sequence[Look], what: str) -> float:
    """Choose a scale by what is seen at each of `what`; ScaleError where none can be told from the others."""
    best = max(looks, key=lambda each: each.score)
    tried = ", ".join(f"{each.score:.2f} at {each.scale:.2g}" for each in looks)
    fix = (
        f"(confidence {tried}). If the model knows these animals, set `model.scale` to "
        f"{USUAL_SIZE * best.extent * best.scale:.0f} divided by their length in px of the video; "
        "else take `model.init` out, and label the frames of the kit"
    )
    if best.score < MIN_CONFIDENCE or len(best.sized) < MIN_SIZED_FRAMES:
        raise ScaleError(
            f"{what}: the model sees no animals at any scale that it could be sure of, in "
            f"{len(best.sizes)} frames {fix}"
        )
    for other in looks:
        distance, larger = (abs(np.log2(a / b)) for a, b in ((other.scale, best.scale), (other.size, best.size)))
        if other.score >= RIVAL_PART * best.score and distance > RIVAL_OCTAVES and larger > RIVAL_SIZE_OCTAVES:
            raise ScaleError(
                f"{what}: at the scales {best.scale:.2g} and {other.scale:.2g} the model sees animals of "
                f"{best.size:.0f} and of {other.size:.0f} px, both as surely {fix}"
            )
    octave, score = np.log2([each.scale for each in looks]), np.array([each.score for each in looks])
    weight = np.maximum(score / best.score - PLATEAU_PART, 0)
    return round(float(2 ** np.average(octave, weights=weight)), 3)


def sampled_pictures(files_of_video: VideoFiles, config: dict) -> list[Picture]:
    """Read frames of the part of a video that is analysed, spread evenly over those that are not damaged.

    `config`: `frames` and `crop` of the sheet.
    """
    size = files.read(files_of_video.probe, PROBE, ["width", "height"]).iloc[0]
    size = int(size["width"]), int(size["height"])
    times = files.read(files_of_video.frames, FRAMES, READING)
    due = np.zeros(len(times), bool)
    due[slice(*frame_range(config["frames"]))] = True
    sound = np.flatnonzero(due & ~times["fault"].to_numpy())
    sound = sound if len(sound) else np.flatnonzero(due)
    chosen = spread_evenly(sound, MEASURED_FRAMES)
    images = ((frame, read_frame(files_of_video.video, int(frame), frames=times)) for frame in chosen)
    return [picture for _, picture in View(size, config["crop"], 1.0).inputs(images)]


def spread_evenly(rows: np.ndarray, number: int) -> np.ndarray:
    """Choose `number` of the rows [n], or all where there are fewer, each from the middle of an equal stretch."""
    return np.unique(rows[((np.arange(number) + 0.5) / number * len(rows)).astype(int)]) if len(rows) else rows


def scale_row(seen: Look, metadata: dict) -> dict:
    """Make the columns of table `scales` that tell what is seen at a scale."""
    return {
        "scale": seen.scale,
        "magnification": metadata["preprocessing"]["scale"] / seen.scale,
        "confidence": seen.confidence,
        "size": seen.size,
        "size_spread": float(np.log2(seen.sized).std()) if len(seen.sized) else np.nan,
        "frames": len(seen.sizes),
        "sized_frames": len(seen.sized),
    }

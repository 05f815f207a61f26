"""Preparation of what a model is adapted to: films of the videos, how large animals are there, and empty places."""

import logging
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from marey.adaptation import rendered
from marey.adaptation.films import Film, PlaceError, empty_place, read_film
from marey.adaptation.sight import Animals, Sight
from marey.inference import engines
from marey.inference.detector import Detector
from marey.inference.measure_scale import ScaleError, VideoFiles, find_scale, sampled_pictures
from marey.inference.view import View
from marey.tables import files
from marey.tables.probe import PROBE, USABLE
from marey.videos.reading import VideoError

WINDOWS, MIN_WINDOWS = 120, 12  # that are read of all videos together, and of each at least
SCALES_PER_OCTAVE = 8  # videos whose scales differ by less are seen at one: each size of images is compiled for
MIN_CONFIDENCE = 0.3  # raw, of keypoints that an animal is measured by
EMPTY_PART = 0.5  # of the confidence in frames: so surely seen in the empty place, an animal is in it

_log = logging.getLogger(__name__)


class Ready(NamedTuple):
    """Hold a video that the model is adapted to: its film, the `body` length px, and its empty place, if it is told."""

    film: Film
    body: float
    ground: rendered.Ground | None


def prepare_videos(
    videos: dict[str, VideoFiles],
    model: engines.ModelFiles,
    sight: Sight,
    renderer: rendered.Renderer,
    chosen: Sequence[int],
    *,
    config: dict,
) -> tuple[list[Ready], list[str]]:
    """Read the videos that a model is adapted to.

    Args:
        videos: files by id.
        model: files of the model, which measures scales.
        sight: the same model.
        renderer: of the animal.
        chosen: the renderer's keypoint for each of the model's.
        config: infer.engine, model.scale and `rows` of the sheet by video.

    Returns:
        The videos that can be used, and for each that cannot, or in part only, a line that says why.
    """
    ready, lines = [], []
    engine = engines.choose_engine(config["infer"]["engine"], quantised=False)
    detector, metadata = engines.start_detector(model, engine=engine, batch_size=1, flip=None)
    for name, paths in videos.items():
        try:
            film = _film(name, paths, detector, metadata, max(WINDOWS // len(videos), MIN_WINDOWS), config)
            seen = sight(list(film.middles))
            body = _body(renderer, seen, chosen)
        except (ScaleError, VideoError) as error:
            lines.append(f"{name}: left out: {error}")
            continue
        ground = None
        try:
            ground = rendered.Ground(_empty(film, sight, seen), body, _looks(film, seen))
        except PlaceError as error:
            lines.append(f"{name}: no animals are rendered over it: {error}")
        _log.info("%s: %d windows, bodies of %.0f px of the network", name, len(film.images), body)
        ready.append(Ready(film, body, ground))
    for line in lines:
        _log.warning("%s", line)
    return ready, lines


def _film(video: str, paths: VideoFiles, detector: Detector, metadata: dict, windows: int, config: dict) -> Film:
    row, scale = config["rows"][video], config["model"]["scale"]
    probe = files.read(paths.probe, PROBE, ["status", "width", "height"]).iloc[0]
    if probe["status"] not in USABLE:
        raise VideoError(f"its file is {probe['status']}")
    if scale == "auto":
        scale = find_scale(detector, metadata, sampled_pictures(paths, row), scale, video)[1].scale
        scale = 2 ** (round(np.log2(scale) * SCALES_PER_OCTAVE) / SCALES_PER_OCTAVE)
    view = View((int(probe["width"]), int(probe["height"])), row["crop"], scale)
    return read_film(paths.video, paths.frames, video=video, view=view, frames=row["frames"], windows=windows)


def _sure(seen: Sequence[Animals]) -> list[np.ndarray]:
    """Return the points of animals, f64[animal, keypoint, 2], NaN where they are not seen surely."""
    return [np.where((each.confidence >= MIN_CONFIDENCE)[..., None], each.points, np.nan) for each in seen]


def _body(renderer: rendered.Renderer, seen: Sequence[Animals], chosen: Sequence[int]) -> float:
    """Measure how long animals are; ScaleError where none is seen."""
    body = rendered.body_length(renderer, _sure(seen), chosen)
    if not np.isfinite(body):
        raise ScaleError("no animal is seen in it surely enough to be measured")
    return body


def _looks(film: Film, seen: Sequence[Animals]) -> np.ndarray:
    """Describe the frames that surely show an animal, f64[frame, 3]."""
    each = np.array([rendered.look(image, points) for image, points in zip(film.middles, _sure(seen), strict=True)])
    return each[np.isfinite(each).all(axis=-1)]


def _empty(film: Film, sight: Sight, seen: Sequence[Animals]) -> np.ndarray:
    """Find the empty place of frames; PlaceError where it cannot be told, or an animal is seen in it as in them."""
    place = empty_place(film)
    shown, empty = (
        float(np.mean([np.max(animals.confidence.mean(axis=1), initial=0) for animals in each]))
        for each in (seen, sight([place]))
    )
    if empty > EMPTY_PART * shown:
        raise PlaceError(
            f"an animal is seen in its empty place (confidence {empty:.2f}, in frames {shown:.2f}): it sits still for "
            "long"
        )
    return place

"""Adaptation of another experiment's model to the videos here, which have no label.

In the first round it learns from the animals that trained it, rendered over the empty places of the videos at the size
that animals have there. In further rounds it also learns from its own predictions, where they are sure and consistent.
A round is kept only if the model then contradicts itself less on frames that trained nothing, and has not forgotten
the rendered animals.
"""

import logging
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import jax
import numpy as np
import pandas as pd

from marey.adaptation import rendered
from marey.adaptation.consistency import disagreement
from marey.adaptation.films import Film, empty_place, read_film
from marey.adaptation.further import labelled_images, train_further
from marey.adaptation.pseudo_labels import Taught, pseudo_labels, spread_over_postures
from marey.adaptation.sight import Sight
from marey.assembly import instances
from marey.inference import engines
from marey.inference.detector import CPU_BATCH, Detector, device
from marey.inference.measure_scale import ScaleError, VideoFiles, find_scale, sampled_pictures
from marey.inference.view import View
from marey.models import bundles
from marey.tables import files
from marey.tables.adaptation import ADAPTATION
from marey.tables.confidence_curves import CONFIDENCE_CURVES, UNCALIBRATED
from marey.tables.graph import GRAPH
from marey.tables.probe import PROBE, USABLE
from marey.videos.reading import VideoError
from marey.zoo.names import match

WINDOWS = 120  # that are read of all videos together
SCALES_PER_OCTAVE = 8  # videos whose scales differ by less are seen at one: each size of images is compiled for
MADE_PART = 0.5  # images in made places for each over a video's
HELD_OUT_IMAGES = 24  # of each of the two, that tell what is forgotten
MAX_FORGOTTEN = 1.1  # times the error on them that it may rise to
MIN_CONFIDENCE = 0.3  # raw, of keypoints that an animal is measured by
EMPTY_PART = 0.5  # of the confidence in frames: so surely seen in the empty place, an animal is in it

_log = logging.getLogger(__name__)


class Ready(NamedTuple):
    """Hold a video that the model is adapted to: its film, the `body` length px, and the empty `place`, if it is told."""

    film: Film
    body: float
    place: np.ndarray | None


def adapt_bundle(
    model: engines.ModelFiles,
    curves_path: Path,
    graph_path: Path | None,
    videos: dict[str, VideoFiles],
    out: tuple[Path, Path],
    curves_out: Path,
    graph_out: Path | None,
    table_out: Path,
    *,
    config: dict,
    provenance: dict,
) -> None:
    """Write the adapted bundle, its confidence curves and graph, and the table `adaptation`.

    Args:
        model: files of the model as this experiment uses it.
        curves_path: its table `confidence_curves`.
        graph_path: its table `graph`; None: a single animal.
        videos: files of the videos to adapt to, by id.
        out: weights and metadata that are written.
        curves_out: table `confidence_curves`; nothing tells those of a model that was trained further.
        graph_out: table `graph`, as it was.
        table_out: table `adaptation`.
        config: what the stage reads of the experiment, `animal`, which is rendered, and `rows` of the sheet by video.
        provenance: metadata of what is written.
    """
    work = _Work(model, graph_path, config)
    ready, left_out = work.prepare(videos)
    with tempfile.TemporaryDirectory(dir=out[0].parent) as folder:
        rows = work.rounds(ready, Path(folder))
    provenance = {**provenance, **device()}
    training = {**provenance, "parent": work.parent}
    bundles.save_bundle(*out, work.params, {**work.metadata, "training": training})
    kept = any(row["kept"] for row in rows)
    curves = pd.DataFrame(UNCALIBRATED) if kept else files.read(curves_path, CONFIDENCE_CURVES)
    files.write(curves_out, curves, CONFIDENCE_CURVES, provenance=provenance)
    if graph_out:
        files.write(graph_out, files.read(graph_path, GRAPH), GRAPH, provenance=provenance)
    constant = {"videos": [each.film.video for each in ready], "left_out": left_out}
    table = pd.DataFrame([{**row, **constant} for row in rows])
    files.write(table_out, table, ADAPTATION, provenance=provenance)


class _Work:
    """Holds the model as it is after the rounds that were kept."""

    def __init__(self, model: engines.ModelFiles, graph_path: Path | None, config: dict):
        self.network, self.params, self.metadata = bundles.load_bundle(model.weights, model.metadata)
        self.parent = self.metadata["weights"]["blake2b"]
        self._model, self._config, self._graph = model, config, instances.read_graph(graph_path)
        self._renderer = rendered.RENDERERS[config["animal"]]
        names = match(config["keypoints"], self._renderer.keypoints, config["model"]["map"]).source
        self._chosen = [self._renderer.keypoints.index(names[name]) for name in config["keypoints"]]
        single, number = config["animals"]["method"] == "single", config["animals"]["number"]
        self._animals = 1 if single else number if isinstance(number, int) else None

    def sight(self, params: dict) -> Sight:
        """Look through the model with other parameters."""
        detector = Detector(self.network, params, batch_size=CPU_BATCH)
        return Sight(detector, self.metadata, self._graph, self._config.get("assemble"))

    def prepare(self, videos: dict[str, VideoFiles]) -> tuple[list[Ready], list[str]]:
        """Read the videos; returns those that can be used, and for each that cannot, or in part, a line that says why."""
        ready, lines = [], []
        engine = engines.choose_engine(self._config["infer"]["engine"], quantised=False)
        detector, _ = engines.start_detector(self._model, engine=engine, batch_size=1)
        for name, paths in videos.items():
            try:
                film = self._film(name, paths, detector, max(WINDOWS // len(videos), 12))
                body = self._body(film)
            except (ScaleError, VideoError) as error:
                lines.append(f"{name}: left out: {error}")
                continue
            place = None
            try:
                place = self._empty(film)
            except ValueError as error:
                lines.append(f"{name}: no animals are rendered over it: {error}")
            _log.info("%s: %d windows, bodies of %.0f px of the network", name, len(film.images), body)
            ready.append(Ready(film, body, place))
        for line in lines:
            _log.warning("%s", line)
        return ready, lines

    def _film(self, video: str, paths: VideoFiles, detector: Detector, windows: int) -> Film:
        row, given = self._config["rows"][video], self._config["model"]["scale"]
        probe = files.read(paths.probe, PROBE, ["status", "width", "height"]).iloc[0]
        if probe["status"] not in USABLE:
            raise VideoError(f"its status is {probe['status']}")
        scale = given
        if given == "auto":
            scale = find_scale(detector, self.metadata, sampled_pictures(paths, row), given, video)[1].scale
            scale = 2 ** (round(np.log2(scale) * SCALES_PER_OCTAVE) / SCALES_PER_OCTAVE)
        view = View((int(probe["width"]), int(probe["height"])), row["crop"], scale)
        return read_film(paths.video, paths.frames, video=video, view=view, frames=row["frames"], windows=windows)

    def _body(self, film: Film) -> float:
        """Measure how long animals are; ScaleError where none is seen."""
        seen = self.sight(self.params)(list(film.middles))
        points = [
            np.where((animals.confidence >= MIN_CONFIDENCE)[..., None], animals.points, np.nan) for animals in seen
        ]
        body = rendered.body_length(self._renderer, points, self._chosen)
        if not np.isfinite(body):
            raise ScaleError("no animal is seen in it surely enough to be measured")
        return body

    def _empty(self, film: Film) -> np.ndarray:
        """Find the empty place; ValueError where it cannot be told, or an animal is seen in it."""
        place, sight = empty_place(film), self.sight(self.params)
        shown, empty = (
            float(np.mean([np.max(animals.confidence.mean(axis=1), initial=0) for animals in sight(images)]))
            for images in (list(film.middles), [place])
        )
        if empty > EMPTY_PART * shown:
            raise ValueError(
                f"an animal is seen in it (confidence {empty:.2f}, in frames {shown:.2f}): it sits still for long"
            )
        return place

    def rounds(self, ready: Sequence[Ready], folder: Path) -> list[dict]:
        """Train, round by round, until one is not kept; returns the rows of table `adaptation`."""
        options, rows = self._config["zoo"]["adapt"], []
        body = float(np.median([each.body for each in ready])) if ready else np.nan
        films = [each.film for each in ready]
        before = disagreement(self.sight(self.params), films, body) if ready else np.nan
        for number in range(options["rounds"] + 1):
            taught = self._taught(ready, options["images"]) if number else []
            row = {"round": number, "pseudo_labels": len(taught), "disagreement_before": before, "kept": False}
            grounds = [rendered.Ground(each.place, each.body) for each in ready if each.place is not None]
            row |= {"images": options["images"] if grounds else 0, "made": 0, "steps": 0, "disagreement_after": before}
            rows.append({**row, "error_before": np.nan, "error_after": np.nan})
            if not (taught if number else grounds):
                _log.warning("round %d: there is nothing to learn from", number)
                if number:
                    break
                continue
            trained, made = self._train(grounds, taught, number, folder)
            after = disagreement(self.sight(trained.params), films, body)
            kept = after < before and trained.error_after <= MAX_FORGOTTEN * trained.error_before
            errors = {"error_before": trained.error_before, "error_after": trained.error_after}
            steps = options["steps"]
            rows[-1] |= {"made": made, "steps": steps, "disagreement_after": after, "kept": kept, **errors}
            _log.info(
                "round %d: disagreement %.4f, was %.4f body lengths; error on rendered images %.2f, was %.2f px: %s",
                *(number, after, before, trained.error_after, trained.error_before, "kept" if kept else "not kept"),
            )
            if not kept:
                break
            self.params, before = jax.device_get(trained.params), after
        return rows

    def _taught(self, ready: Sequence[Ready], number: int) -> list[Taught]:
        """Choose frames with pseudo-labels, as many of each video, up to `number`."""
        sight, share = self.sight(self.params), -(-number // len(ready)) if ready else 0
        each = [spread_over_postures(pseudo_labels(sight, one.film, one.body), share) for one in ready]
        for one, taught in zip(ready, each, strict=True):
            _log.info("%s: %d frames with pseudo-labels", one.film.video, len(taught))
        return [one for taught in each for one in taught]

    def _train(self, grounds: list, taught: list[Taught], number: int, folder: Path) -> tuple:
        """Train a round; returns what came of it, and how many images in made places trained."""
        images, seed = self._config["zoo"]["adapt"]["images"], self._config["seed"]
        made = round(MADE_PART * images)
        counts = {"over": images + HELD_OUT_IMAGES if grounds else 0, "made": made + HELD_OUT_IMAGES}
        options = {"seed": 1000 * seed + number, "animals": self._animals}
        examples = [
            *(rendered.render_over(self._renderer, grounds, count=counts["over"], **options) if grounds else ()),
            *rendered.render_made(self._renderer, count=counts["made"], **options),
        ]
        labelled = labelled_images(examples, taught, self._chosen)
        held_out = np.zeros(len(labelled), bool)
        held_out[: min(HELD_OUT_IMAGES, counts["over"])] = True
        held_out[counts["over"] : counts["over"] + HELD_OUT_IMAGES] = True
        place = folder / str(number)
        place.mkdir()
        bundle = place / "model.safetensors", place / "model.json"
        bundles.save_bundle(*bundle, self.params, self.metadata)
        trained = train_further(bundle, labelled, held_out, config=self._config, seed=seed, folder=place / "checkpoints")
        return trained, made

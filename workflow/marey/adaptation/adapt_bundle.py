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

import numpy as np
import pandas as pd

from marey.adaptation import rendered
from marey.adaptation.consistency import disagreement, rendered_error
from marey.adaptation.further import labelled_images, train_further
from marey.adaptation.preparing import Ready, prepare_videos
from marey.adaptation.pseudo_labels import Taught, pseudo_labels, spread_over_postures
from marey.adaptation.sight import Sight
from marey.assembly import instances
from marey.inference import engines
from marey.inference.detector import CPU_BATCH, Detector, device
from marey.inference.measure_scale import VideoFiles
from marey.models import bundles
from marey.networks.reach import reach_between
from marey.synth.examples import Example
from marey.tables import files
from marey.tables.adaptation import ADAPTATION
from marey.tables.confidence_curves import CONFIDENCE_CURVES, UNCALIBRATED
from marey.tables.graph import GRAPH

MADE_PART = 0.5  # images in made places for each over a video's
HELD_OUT_IMAGES = 40  # of each of the two, that tell what is forgotten
MAX_FORGOTTEN = 1.1  # times the error on them that it may rise to
HELD_OUT_SEED, FIRST_SEED = 99, 1000  # of what is rendered

_log = logging.getLogger(__name__)


class Score(NamedTuple):
    """Say how good a model is, body lengths: how far it contradicts itself, and its error on rendered images."""

    disagreement: float
    error: float

    def __str__(self) -> str:
        return f"disagreement {self.disagreement:.4f}, error on rendered images {self.error:.4f} body lengths"


_NOTHING = Score(np.nan, np.nan)


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

    Raises BundleError where the animal that trained the model cannot be rendered.

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
    ready, left_out = prepare_videos(videos, model, work.sight(work.params), work.renderer, work.chosen, config=config)
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
        self._config, self._graph = config, instances.read_graph(graph_path)
        self.renderer = rendered.find_renderer(config["animal"])
        self.chosen = rendered.choose_keypoints(self.renderer, self.metadata["keypoints"], config["model"]["map"])
        single, number = config["animals"]["method"] == "single", config["animals"]["number"]
        self._animals = 1 if single else number if isinstance(number, int) else None

    def sight(self, params: dict) -> Sight:
        """Look through the model with other parameters."""
        reach = reach_between(self.metadata, self.metadata["preprocessing"]["scale"])
        detector = Detector(self.network, params, batch_size=CPU_BATCH, reach=reach)
        return Sight(detector, self.metadata, self._graph, self._config.get("assemble"))

    def rounds(self, ready: Sequence[Ready], folder: Path) -> list[dict]:
        """Train, round by round, until one is not kept; returns the rows of table `adaptation`."""
        if not ready:
            return [_row(0, _NOTHING, _NOTHING)]
        grounds = [each.ground for each in ready if each.ground is not None]
        held_out = self._render(grounds, HELD_OUT_IMAGES, HELD_OUT_IMAGES, seed=HELD_OUT_SEED)
        rows, before = [], self._score(self.params, ready, held_out)
        for number in range(self._config["zoo"]["adapt"]["rounds"] + 1):
            taught = self._taught(ready) if number else []
            rows.append(_row(number, before, before))
            if not (taught if number else grounds):
                _log.warning("round %d: there is nothing to learn from", number)
                continue
            params, counts = self._train(grounds, taught, number, folder)
            after = self._score(params, ready, held_out)
            kept = after.disagreement < before.disagreement and after.error <= MAX_FORGOTTEN * before.error
            rows[-1] = _row(number, before, after) | {**counts, "kept": kept}
            _log.info("round %d: %s, after %s: %s", number, before, after, "kept" if kept else "not kept")
            if kept:
                self.params, before = params, after
            elif number:  # another round like it would learn the same
                break
        return rows

    def _score(self, params: dict, ready: Sequence[Ready], held_out: Sequence[Example]) -> Score:
        """Measure how good parameters are, as far as that can be told without a label."""
        sight, body = self.sight(params), float(np.median([each.body for each in ready]))
        return Score(
            disagreement(sight, [each.film for each in ready], body),
            rendered_error(sight, held_out, self.chosen, body),
        )

    def _taught(self, ready: Sequence[Ready]) -> list[Taught]:
        """Choose frames with pseudo-labels, as many of each video, up to zoo.adapt.images."""
        sight, share = self.sight(self.params), -(-self._config["zoo"]["adapt"]["images"] // len(ready))
        each = [spread_over_postures(pseudo_labels(sight, one.film, one.body), share) for one in ready]
        for one, taught in zip(ready, each, strict=True):
            _log.info("%s: %d frames with pseudo-labels", one.film.video, len(taught))
        return [one for taught in each for one in taught]

    def _render(self, grounds: Sequence[rendered.Ground], over: int, made: int, *, seed: int) -> list[Example]:
        options = {"seed": seed, "animals": self._animals}
        return [
            *(rendered.render_over(self.renderer, grounds, count=over, **options) if grounds else ()),
            *rendered.render_made(self.renderer, count=made, **options),
        ]

    def _train(self, grounds: list, taught: list[Taught], number: int, folder: Path) -> tuple[dict, dict]:
        """Train a round; returns the parameters, and on how much they were trained."""
        options, seed = self._config["zoo"]["adapt"], self._config["seed"]
        over, made = options["images"] if grounds else 0, round(MADE_PART * options["images"])
        examples = self._render(grounds, over, made, seed=FIRST_SEED + 1000 * seed + number)
        place = folder / str(number)
        place.mkdir()
        bundle = place / "model.safetensors", place / "model.json"
        bundles.save_bundle(*bundle, self.params, self.metadata)
        labelled = labelled_images(examples, taught, self.chosen)
        params = train_further(bundle, labelled, config=self._config, seed=seed, folder=place / "checkpoints")
        return params, {"images": over, "made": made, "pseudo_labels": len(taught), "steps": options["steps"]}


def _row(number: int, before: Score, after: Score) -> dict:
    """Make a row of the table `adaptation`, of a round that trained nothing."""
    measured = {"disagreement_before": before.disagreement, "disagreement_after": after.disagreement}
    measured |= {"error_before": before.error, "error_after": after.error}
    return {"round": number, "images": 0, "made": 0, "pseudo_labels": 0, "steps": 0, **measured, "kept": False}

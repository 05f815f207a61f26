"""Adaptation: rounds that are kept only if they help, and a bundle that stays one of the same kind."""

import jax
import numpy as np
import pytest

from marey.adaptation import adapt_bundle as adapting
from marey.adaptation import preparing, rendered
from marey.adaptation.adapt_bundle import Score, adapt_bundle
from marey.experiment.config import load_config
from marey.inference import engines
from marey.inference.measure_scale import VideoFiles
from marey.models import bundles
from marey.synth.film import write_video
from marey.tables import files
from marey.tables.adaptation import ADAPTATION
from marey.tables.confidence_curves import CONFIDENCE_CURVES, UNCALIBRATED
from marey.training.loop import Training
from marey.videos.probe_video import probe_video

from ..models.made_bundle import write_bundle

NAMES = ["nose", "body_centre", "tail_base"]  # nose is the renderer's snout


@pytest.fixture
def model(tmp_path) -> engines.ModelFiles:
    """A model of random weights, with its confidence curves."""
    write_bundle(tmp_path / "adopted", NAMES)
    curves = UNCALIBRATED | {"source": ["elsewhere"] * 2}
    files.write(tmp_path / "adopted/confidence_curves.parquet", curves, CONFIDENCE_CURVES)
    return engines.ModelFiles(tmp_path / "adopted/model.safetensors", tmp_path / "adopted/model.json", None, None)


def config_of(folder, **options) -> dict:
    raw = {"project": "p", "data": str(folder), "videos": "*.mp4", "keypoints": NAMES, "animals": {"number": 1}}
    raw |= {"zoo": {"adapt": {"images": 2, "steps": 2, **options}}, "model": {"init": "zoo:mouse_top", "scale": 1.0}}
    return load_config(raw) | {"animal": "mouse_top", "rows": {"v": {"crop": None, "frames": None}}}


def alike(one: dict, other: dict) -> bool:
    return all(jax.tree.leaves(jax.tree.map(lambda a, b: np.allclose(a, b, atol=1e-6), one, other)))


@pytest.fixture
def adapt(tmp_path, model, monkeypatch):
    """Adapt the model to a video in which it sees an animal, whatever it sees; gives bundles, table and source."""
    shown = (np.full((96, 128, 3), 100 + step % 2, np.uint8) for step in range(40))
    write_video(tmp_path / "v.mp4", shown, fps=10, gop=5, options=("-crf", "20"))
    video = VideoFiles(tmp_path / "v.mp4", tmp_path / "probe.parquet", tmp_path / "frames.parquet")
    thumbnails = {"thumbnail_width": 16, "thumbnail_interval": 1}
    probe_video(*video, video="v", relative="v.mp4", config=thumbnails, provenance={})
    monkeypatch.setattr(engines, "start_detector", lambda *_, **__: (None, {}))  # only scales are measured by it
    monkeypatch.setattr(adapting, "HELD_OUT_IMAGES", 1)
    monkeypatch.setattr(rendered, "MEASURED_EXAMPLES", 2)
    monkeypatch.setattr(rendered, "TRIES", 1)
    monkeypatch.setattr(preparing, "MIN_CONFIDENCE", 0.0)
    monkeypatch.setattr(preparing, "EMPTY_PART", 2.0)
    out = tmp_path / "out"
    out.mkdir()

    def adapted(**options):
        bundle, curves, table = (out / "w", out / "j"), out / "curves.parquet", out / "adaptation.parquet"
        paths = model.weights.parent / "confidence_curves.parquet", None, {"v": video}, bundle, curves, None, table
        adapt_bundle(model, *paths, config=config_of(tmp_path, **options), provenance={"rule": "adapt_bundle"})
        source = set(files.read(curves, CONFIDENCE_CURVES)["source"])
        return (
            bundles.load_bundle(*model[:2])[1:],
            bundles.load_bundle(*bundle)[1:],
            files.read(table, ADAPTATION),
            source,
        )

    return adapted


def test_a_model_is_trained_further_and_stays_of_its_kind(adapt, monkeypatch):
    def train_model(training, folder, told):  # an update takes long to compile, and other tests do
        (order,) = next(training._orders(0, 1))
        batch = training.feed.examples.batch(order)
        assert np.isfinite(batch["points"]).all(axis=-1).any(axis=(1, 2)).all()
        assert (training.program.options["steps"], training.held_out.size) == (2, 0)
        return jax.tree.map(lambda leaf: leaf + 1, training.state.average), []

    monkeypatch.setattr(Training, "train_model", train_model)
    scores = iter([Score(0.2, 0.1), Score(0.1, 0.1)])
    monkeypatch.setattr(adapting._Work, "_score", lambda *_: next(scores))
    (before, old), (after, new), rows, source = adapt()
    (row,) = rows.itertuples()
    assert list(row.videos) == ["v"]
    assert list(row.left_out) == []
    assert (row.round, row.images, row.made, row.pseudo_labels, row.steps, row.kept) == (0, 2, 1, 0, 2, True)
    assert (row.disagreement_before, row.disagreement_after) == (0.2, 0.1)
    assert alike(jax.tree.map(lambda leaf: leaf + 1, before), after)
    assert new["training"]["parent"] == old["weights"]["blake2b"]
    assert {**new, "training": 0, "weights": 0} == {**old, "training": 0, "weights": 0}
    assert source == {"uncalibrated"}  # what was known of the earlier weights does not hold for these


def test_a_video_without_an_animal_is_left_out_and_the_model_stays(adapt, monkeypatch):
    monkeypatch.setattr(preparing, "MIN_CONFIDENCE", 2.0)
    (before, _), (after, _), rows, source = adapt(rounds=2)
    assert alike(before, after)
    (row,) = rows.itertuples()
    assert (row.steps, row.kept, len(row.videos)) == (0, False, 0)
    assert list(row.left_out) == ["v: left out: no animal is seen in it surely enough to be measured"]
    assert source == {"elsewhere"}


def test_an_animal_that_is_seen_in_the_empty_place_is_told(adapt, monkeypatch):
    monkeypatch.setattr(preparing, "EMPTY_PART", 0.5)
    monkeypatch.setattr(adapting._Work, "_score", lambda *_: Score(0.1, 0.1))
    *_, rows, _ = adapt()
    (row,) = rows.itertuples()
    assert (row.images, row.steps, row.kept) == (0, 0, False)
    assert "v: no animals are rendered over it: an animal is seen in its empty place" in row.left_out[0]


@pytest.fixture
def rounds(tmp_path, model, monkeypatch):
    """Run rounds in which training adds 1 to all weights; gives the weights before and after, and the rows."""
    counts = {"images": 2, "made": 1, "pseudo_labels": 0, "steps": 2}
    added = lambda work, *_: (jax.tree.map(lambda leaf: leaf + 1, work.params), counts)  # noqa: E731
    monkeypatch.setattr(adapting._Work, "_train", added)
    monkeypatch.setattr(adapting._Work, "_render", lambda *_, **__: [])

    def run(scores, number, taught=1):
        given = iter(scores)
        monkeypatch.setattr(adapting._Work, "_score", lambda *_: Score(*next(given)))
        monkeypatch.setattr(adapting._Work, "_taught", lambda *_: [None] * taught)
        work = adapting._Work(model, None, config_of(tmp_path, rounds=number))
        before = work.params
        return before, work.rounds([preparing.Ready(None, 20.0, object())], tmp_path), work.params

    return run


@pytest.mark.parametrize(
    ("scores", "kept"),
    [
        ([(0.2, 0.1), (0.1, 0.1), (0.05, 0.1)], [True, True]),
        ([(0.2, 0.1), (0.1, 0.1), (0.11, 0.1)], [True, False]),
        ([(0.2, 0.1), (0.1, 0.2), (0.1, 0.1)], [False, True]),  # the first forgot what it knew
        ([(0.2, 0.1), (0.3, 0.1), (0.3, 0.1)], [False, False]),
    ],
)
def test_a_round_is_kept_only_if_it_helps(rounds, scores, kept):
    before, rows, after = rounds(scores, 1)
    assert [row["kept"] for row in rows] == kept
    assert alike(jax.tree.map(lambda leaf: leaf + sum(kept), before), after)
    assert rows[1]["disagreement_before"] == min(scores[0], scores[1])[0] if kept[0] else scores[0][0]


def test_rounds_end_with_the_first_that_does_not_help(rounds):
    _, rows, _ = rounds([(0.2, 0.1), (0.1, 0.1), (0.3, 0.1)], 7)
    assert [row["round"] for row in rows] == [0, 1]


def test_without_pseudo_labels_a_round_trains_nothing(rounds):
    _, rows, _ = rounds([(0.2, 0.1), (0.1, 0.1)], 1, taught=0)
    assert [(row["steps"], row["kept"]) for row in rows] == [(2, True), (0, False)]

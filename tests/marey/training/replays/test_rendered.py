"""Replays: rendered images have the keypoints that the project, the bundle and the animal share, and no others."""

import json

import numpy as np
import pytest

from marey.networks.metadata import BundleError
from marey.synth import examples
from marey.tables.labels import VISIBILITIES
from marey.training.replays import rendered
from marey.zoo.catalogue import Bundle

from ...made_model import write_metadata

UNLABELLED, ABSENT = (VISIBILITIES.index(name) for name in ("unlabelled", "absent"))


@pytest.fixture
def bundle(tmp_path):
    write_metadata(tmp_path / "model.json", ["snout", "tail_base", "whisker"])
    (tmp_path / "card.json").write_text(json.dumps({"animal": "mouse_top"}))
    return Bundle("mine", tmp_path / "model.safetensors", tmp_path / "model.json")


def config(*keypoints, method="single", **by_hand):
    return {
        "card": {"animal": "mouse_top", "size": None},
        "keypoints": list(keypoints),
        "animals": {"method": method},
        "model": {"map": by_hand, "replay": 0.5},
        "train": {"steps": 2, "batch_size": 3},
    }


def test_keypoints_are_those_of_bundle_and_animal():
    drawn = list(examples.load_animal("mouse_top").KEYPOINTS)
    chosen = rendered.choose_keypoints(
        "mouse_top", ["snout", "tail_base", "whisker"], ["TTI", "whisker", "left_ear", "tip"], {"tip": "snout"}
    )
    # The animal has an ear, but the bundle never learnt one, and it has no whisker.
    assert chosen == [drawn.index("tail_base"), None, None, drawn.index("snout")]


def test_frames_are_what_was_rendered():
    drawn = list(examples.load_animal("mouse_top").KEYPOINTS)
    chosen = [drawn.index("tail_base"), None, drawn.index("snout")]
    frames = rendered.render_frames("mouse_top", chosen, seed=3, count=3, animals=None)
    for row, each in enumerate(examples.render_examples(3, 3, animal="mouse_top")):
        number = len(each.points)
        np.testing.assert_array_equal(frames.images[row], each.image)
        np.testing.assert_array_equal(frames.points[row, :number, [0, 2]], each.points[:, chosen[::2]].swapaxes(0, 1))
        np.testing.assert_array_equal(frames.visibility[row, :number, [0, 2]], each.visibility[:, chosen[::2]].T)
        assert (frames.visibility[row, :number, 1] == UNLABELLED).all()
        assert (frames.visibility[row, number:] == ABSENT).all()
        assert frames.individuals[row] == list(each.individuals)


def test_what_tells_what_is_forgotten_trains_nothing(bundle, monkeypatch):
    monkeypatch.setattr(rendered, "HELD_OUT_IMAGES", 2)
    replay = rendered.render_replay(bundle, config("nose", "ear"))
    assert (len(replay.trains), len(replay.held_out), replay.share) == (6, 2, 0.5)  # no more than are drawn
    assert replay.trains.points.shape == (6, 1, 2, 2)
    assert np.isfinite(replay.trains.points[:, :, 0]).any()
    assert np.isnan(replay.trains.points[:, :, 1]).all()
    assert not any(np.array_equal(a, b) for a in replay.trains.images for b in replay.held_out.images)


def test_without_a_keypoint_in_common_nothing_can_be_shown(bundle):
    with pytest.raises(BundleError, match="model.replay: mine and the rendered animal have none of whisker, paw"):
        rendered.render_replay(bundle, config("whisker", "paw"))

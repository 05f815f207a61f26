"""Top-down analysis: dots are located in a reduced picture and found again where they are, one animal each."""

import itertools

import numpy as np
import pandas as pd
import pytest

from marey.inference import engines, infer_shard
from marey.inference.detector import Detector
from marey.inference.methods import top_down
from marey.models.bundles import BundleError
from marey.networks import outputs
from marey.pictures.views import Picture
from marey.synth.film import write_video
from marey.tables import files
from marey.tables.detections import DETECTIONS
from marey.videos.probe_video import probe_video

from ...dots import DotNetwork, picture

SIDE = 64
HOW = {"engine": "jax", "batch_size": 4, "flip": False}
METADATA = {
    "architecture": {"sigma": 6.0},
    "animals": outputs.Layout(False, most=3, side=SIDE).metadata(("dot",)),
    "keypoints": ["dot"],
    "extent": 20.0,
    "mirrored": False,
    "preprocessing": {"scale": 1.0},
}
LOCATOR = {
    **METADATA,
    "animals": outputs.Layout(False, most=3).metadata(("centre",)),
    "keypoints": ["centre"],
    "preprocessing": {"scale": 0.5},
}
PLACES = np.array([[14, 200], [60.5, 50], [200, 286], [330, 60.25]])  # by x
SIZE = (401, 300)


class Shifted(Detector):
    """Sees the dot too far to the right by `shift` px, and counts what it looks at."""

    def __init__(self, shift: float = 0):
        super().__init__(DotNetwork(reach=12), {}, batch_size=4)
        self.shift, self.seen = np.float32([shift, 0]), []

    def __call__(self, images):
        self.seen += [image.shape for image in images]
        points, confidence = super().__call__(images)
        return points + self.shift, confidence


def dots(places, size=SIZE) -> np.ndarray:
    """A picture of any number of dots."""
    return np.max([np.zeros((*size[::-1], 3), np.uint8), *(picture(*size, *place) for place in places)], axis=0)


def by_x(points: np.ndarray) -> np.ndarray:
    """Points f32[n, 1, 2] as f32[n, 2], from left to right."""
    return points[np.argsort(points[:, 0, 0]), 0]


@pytest.fixture
def start(monkeypatch):
    """Start a finder of some detectors, whose locators are networks that find dots."""

    def locator(model, **how):
        assert how == HOW
        return Detector(DotNetwork(reach=12), {}, batch_size=4), LOCATOR

    monkeypatch.setattr(engines, "start_detector", locator)
    locate = top_down.start_locator(["a", "b"], anchor="centre", scale=METADATA["preprocessing"]["scale"], **HOW)
    return lambda *detectors: top_down.TopDown(detectors, outputs.Layout.from_metadata(METADATA), locate)


def test_every_animal_is_found_where_it_is(start):
    detector = Shifted()
    pictures = [Picture(dots(places), 1.0) for places in (PLACES, [], PLACES[2:3])]
    found = start(detector)(pictures)
    assert found.points.shape == (3, 8, 1, 2)
    np.testing.assert_allclose(by_x(found.points[0, :4]), PLACES, atol=0.3)
    np.testing.assert_allclose(by_x(found.points[2, :1]), PLACES[2:3], atol=0.3)
    there = np.zeros((3, 8), bool)
    there[0, :4] = there[2, :1] = True
    np.testing.assert_array_equal(np.isfinite(found.points).all(axis=(2, 3)), there)
    np.testing.assert_array_equal(found.confidence[..., 0] > 0.5, there)
    assert not found.confidence[~there].any()
    assert detector.seen == [(SIDE, SIDE, 3)] * 5


def test_a_locator_of_another_anchor_is_refused(start):
    model = engines.ModelFiles("l.safetensors", "l.json", "l.onnx", "l.int8.onnx")
    with pytest.raises(BundleError, match="l.json: finds the centre of animals, .* looks about the tail"):
        top_down.start_locator([model], anchor="tail", scale=1.0, **HOW)


def test_members_look_at_the_same_squares_and_are_pooled(start):
    found = start(Shifted(), Shifted(2))([Picture(dots(PLACES), 1.0)])
    np.testing.assert_allclose(by_x(found.points[0, :4]), PLACES + np.array([1, 0]), atol=0.3)
    np.testing.assert_allclose(found.spread[0, :4, 0], 1, atol=0.1)  # of 0 and 2 in x, of 0 and 0 in y: sqrt(4 / 2 / 2)


POSE = engines.ModelFiles("pose.safetensors", "pose.json", "pose.onnx", "pose.int8.onnx")


@pytest.fixture
def clip(tmp_path, start, monkeypatch):
    """A video of 12 frames with two wandering dots, and a function that analyses a range of it top-down."""
    places = np.array([[(30 + 2 * i, 90 - 2 * i), (150 - 2 * i, 40)] for i in range(12)], float)
    video, tables = tmp_path / "clip.mp4", (tmp_path / "probe.parquet", tmp_path / "frames.parquet")
    pictures = (dots(frame, (192, 128)) for frame in places)
    write_video(video, pictures, fps=10, gop=4, options=("-crf", "5"))
    config = {"thumbnail_width": 16, "thumbnail_interval": 1}
    probe_video(video, *tables, video="clip", relative="clip.mp4", config=config, provenance={})
    located = engines.start_detector
    monkeypatch.setattr(
        engines, "start_detector", lambda m, **how: (Shifted(), METADATA) if m == POSE else located(m, **how)
    )

    def analyse(start, stop) -> pd.DataFrame:
        out = tmp_path / f"{start}-{stop}.parquet"
        config = {"infer": {**HOW, "window": "auto"}, "keypoints": ["dot"]}
        place = {"video": "clip", "start": start, "stop": stop, "crop": "0,0,190,128"}
        infer_shard.infer_shard(video, *tables, [POSE], out, locators=["centre"], **place, config=config, provenance={})
        return files.read(out, DETECTIONS)

    return places, analyse


def test_a_video_is_analysed_alike_in_any_number_of_shards(clip):
    places, analyse = clip
    whole = analyse(0, 12)
    assert whole.groupby("frame")["candidate"].apply(list).tolist() == [[0, 1]] * 12
    found = whole.sort_values(["frame", "x"])[["x", "y"]].to_numpy().reshape(12, 2, 2)
    np.testing.assert_allclose(found, places, atol=0.3)  # lossy codec
    for cuts in ([0, 4, 12], [0, 1, 2, 7, 12]):
        parts = [analyse(*ends) for ends in itertools.pairwise(cuts)]
        pd.testing.assert_frame_equal(pd.concat(parts, ignore_index=True), whole)

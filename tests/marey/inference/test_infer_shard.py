"""Analysis of videos: every frame of a shard once, at its place, and the members of an ensemble as one."""

import itertools

import jax
import numpy as np
import pandas as pd
import pytest

from marey.experiment.skeletons import Skeleton
from marey.inference import detector, engines, infer_shard
from marey.inference.view import View
from marey.models import bundles, export_model
from marey.networks import network, outputs
from marey.synth.film import write_video
from marey.tables import appearances, files
from marey.tables.descriptors import DESCRIPTORS
from marey.tables.detections import DETECTIONS
from marey.tables.plan import GROUP_FRAMES
from marey.tables.scales import SCALES
from marey.training.initialise import initialise
from marey.videos.probe_video import probe_video
from marey.videos.reading import VideoError

from ..dots import DotNetwork, picture

METADATA = {
    "architecture": {"sigma": 6.0},
    "animals": outputs.SINGLE.metadata(("dot",)),
    "keypoints": ["dot"],
    "extent": 40.0,
    "mirrored": False,
    "preprocessing": {"scale": 1.0},
    "individual": "m",
}
OPTIONS = {"batch_size": 4, "engine": "jax", "flip": False, "window": None}
SHIFTS = {"first": 0.0, "near": 1.0, "far": 60.0}  # px that members are made to see the dot off by, in x


class Shifted(detector.Detector):
    """Sees the dot too far to the right by as much as `name` says."""

    def __init__(self, name: str, batch_size: int):
        super().__init__(DotNetwork(), {}, batch_size=batch_size)
        self.shift = np.float32([SHIFTS[name], 0])

    def __call__(self, images):
        points, confidence = super().__call__(images)
        return points + self.shift, confidence


@pytest.fixture
def clip(tmp_path, monkeypatch):
    """A video of 12 frames with a wandering dot, its tables, and a function that analyses a range of it."""
    places = np.array([(30 + 4 * i, 50 - 2 * i) for i in range(12)], float)
    video = tmp_path / "clip.mp4"
    write_video(video, (picture(128, 96, *place) for place in places), fps=10, gop=4, options=("-crf", "5"))
    frames = tmp_path / "frames.parquet"
    config = {"thumbnail_width": 16, "thumbnail_interval": 1}
    probe_video(
        video, tmp_path / "probe.parquet", frames, video="clip", relative="clip.mp4", config=config, provenance={}
    )
    monkeypatch.setattr(
        engines,
        "start_detector",
        lambda model, *, engine, batch_size, flip: (Shifted(model.weights, batch_size), METADATA),
    )

    def analyse(start, stop, crop=None, members=("first",), keypoints=("dot",), scales=None, **options) -> pd.DataFrame:
        out = tmp_path / f"{start}-{stop}.parquet"
        config = {"infer": {**OPTIONS, **options}, "keypoints": list(keypoints)}
        place = {"video": "clip", "start": start, "stop": stop, "crop": crop}
        members = [engines.ModelFiles(name, "metadata", "onnx_copy", "quantised") for name in members]
        tables = tmp_path / "probe.parquet", frames
        infer_shard.infer_shard(video, *tables, members, out, scales_path=scales, **place, config=config, provenance={})
        return files.read(out, DETECTIONS)

    return places, frames, analyse


def test_every_frame_of_a_shard_is_analysed_once_and_in_order(clip):
    places, _, analyse = clip
    whole = analyse(0, 12)
    assert whole["frame"].tolist() == list(range(12))
    np.testing.assert_allclose(whole[["x", "y"]], places, atol=0.3)  # lossy codec
    parts = pd.concat([analyse(0, 4), analyse(4, 12)], ignore_index=True)
    pd.testing.assert_frame_equal(whole, parts)


@pytest.mark.parametrize("crop", [None, "10,20,101,61"])
@pytest.mark.parametrize("scale", [0.5, 1.5, 0.77])
def test_a_scaled_video_has_its_dots_where_they_were(clip, monkeypatch, scale, crop):
    places, _, analyse = clip
    monkeypatch.setitem(METADATA["preprocessing"], "scale", scale)
    table = analyse(0, 4, crop=crop)
    np.testing.assert_allclose(table[["x", "y"]], places[:4], atol=0.3)


@pytest.mark.parametrize("window", [None, 64])
def test_a_video_has_a_scale_of_its_own(clip, monkeypatch, tmp_path, window):
    places, _, analyse = clip
    scales, widths = tmp_path / "scales.parquet", set()
    row = {"video": "clip", "scale": 0.75, "magnification": 4 / 3, "used": True, "source": "measured"}
    row |= {"confidence": 0.9, "size": 40.0, "size_spread": 0.1, "frames": 12, "sized_frames": 12}
    files.write(scales, {name: [value] for name, value in row.items()}, SCALES)
    look = Shifted.__call__
    monkeypatch.setattr(Shifted, "__call__", lambda self, images: [widths.add(images[0].shape), look(self, images)][1])
    table = analyse(0, 4, scales=scales, window=window)
    np.testing.assert_allclose(table[["x", "y"]], places[:4], atol=0.3)
    assert max(widths) == (96, 96, 3)  # 128 x 96 px at 0.75, padded


def test_a_crop_changes_what_is_seen_but_not_where_it_is(clip):
    places, _, analyse = clip
    cropped = analyse(0, 4, crop="10,20,100,60")
    np.testing.assert_allclose(cropped[["x", "y"]], places[:4], atol=0.3)


def test_members_are_pooled(clip):
    _, _, analyse = clip
    alone = analyse(0, 4)
    assert alone["spread"].isna().all()
    table = analyse(0, 4, members=("first", "near"))
    np.testing.assert_allclose(table["x"] - alone["x"], 0.5, atol=0.05)
    np.testing.assert_allclose(table["spread"], 0.5, atol=0.05)  # of 0 and 1 in x, of 0 and 0 in y: sqrt(1 / 2 / 2)
    table = analyse(0, 4, members=("far", "first", "near"))  # nobody follows the one that sees something else
    np.testing.assert_allclose(table["x"] - alone["x"], 0.5, atol=0.05)
    np.testing.assert_allclose(table["confidence"], alone["confidence"] * 2 / 3, rtol=0.01)


def test_tables_say_which_device_computed(clip, tmp_path):
    _, _, analyse = clip
    analyse(0, 4)
    provenance = files.read_provenance(tmp_path / "0-4.parquet")
    assert provenance["device"]
    assert provenance["engine"] == "jax"


def test_with_a_window_a_dot_is_where_it_is_without(clip):
    *_, analyse = clip
    whole = analyse(0, 12)
    for window in ("auto", 64):  # 1.5 times the animal is less than 64, too
        followed = analyse(0, 12, window=window)
        np.testing.assert_allclose(followed[["x", "y"]], whole[["x", "y"]], atol=0.1)
        assert (followed["x"] != whole["x"]).any()  # so windows were seen
    pd.testing.assert_frame_equal(analyse(0, 12, window=96), whole)  # no smaller than the picture


def test_a_model_of_other_keypoints_is_refused(clip):
    *_, analyse = clip
    with pytest.raises(bundles.BundleError, match="metadata: keypoints dot; the config has snout, tail. Train again"):
        analyse(0, 4, keypoints=["snout", "tail"])


@pytest.mark.parametrize("window", ["auto", None])
def test_the_number_of_shards_and_the_size_of_batches_change_no_bit(film, tmp_path, window):
    video, tables, members, frames = film

    def merged(shards: int, batch_size: int = 3) -> bytes:
        options = {"batch_size": batch_size, "engine": "onnxruntime", "flip": False, "window": window}
        config = {"infer": options, "keypoints": ["dot", "other"]}
        cuts = [GROUP_FRAMES * round(8 * index / shards) for index in range(shards)] + [frames]
        parts = []
        for start, stop in itertools.pairwise(cuts):
            out = tmp_path / f"{start}-{stop}.parquet"
            place = {"video": "film", "start": start, "stop": stop, "crop": None}
            infer_shard.infer_shard(video, *tables, members, out, **place, config=config, provenance={})
            parts.append(files.read(out, DETECTIONS))
        files.write(tmp_path / "merged.parquet", pd.concat(parts), DETECTIONS)
        return (tmp_path / "merged.parquet").read_bytes()

    whole = merged(1)
    assert files.read(tmp_path / "merged.parquet", DETECTIONS)["spread"].notna().all()
    for shards in (2, 5, 8):
        assert merged(shards) == whole, shards
    for batch_size in (1, 8):
        assert merged(1, batch_size) == whole, batch_size


def test_appearances_go_with_their_rows_whatever_the_shards(film, tmp_path):
    """Those of a network of random weights; the rows of both tables are of the same frames."""
    video, tables, _, _ = film
    block = {"backbone": "small", "stride": 4, "channels": 16, "sigma": 6.0, "scale": 0.9}
    layout = outputs.Layout(False, ((0, 1),), (), 2, descriptor=4)
    member = engines.ModelFiles(
        *(tmp_path / f"model.{suffix}" for suffix in ("safetensors", "json", "onnx", "int8.onnx"))
    )
    params = initialise(jax.random.key(0), network.build_network(block, 2, **layout.outputs))
    metadata = bundles.describe_model(block, Skeleton(("dot", "other"), ((0, 1),)), layout, extent=40.0, training={})
    bundles.save_bundle(member.weights, member.metadata, params, metadata)
    export_model.export_model((member.weights, member.metadata), member.onnx_copy)
    config = {"infer": {**OPTIONS, "engine": "onnxruntime", "batch_size": 3}, "keypoints": ["dot", "other"]}

    def analysed(*cuts):
        parts = []
        for start, stop in itertools.pairwise(cuts):
            outs = [tmp_path / f"{start}-{stop}.{name}.parquet" for name in ("points", "pairs", "appearance")]
            place = {"video": "film", "start": start, "stop": stop, "crop": None}
            infer_shard.infer_shard(video, *tables, [member], *outs, **place, config=config, provenance={})
            seen = files.open_table(outs[2], DESCRIPTORS).read()
            assert files.read(outs[0], DETECTIONS)["frame"].tolist() == seen["frame"].to_pylist()
            parts.append(appearances.matrix(seen["descriptor"]))
        return np.concatenate(parts)

    whole = analysed(0, 3 * GROUP_FRAMES)
    assert whole.shape[1] == 4
    assert whole.std(axis=0).min() > 0
    np.testing.assert_array_equal(analysed(0, GROUP_FRAMES, 3 * GROUP_FRAMES), whole)


def test_a_crop_beyond_the_image_is_refused():
    with pytest.raises(VideoError, match="crop 300,200,100,100 .* images have 320 x 240 px"):
        View((320, 240), "300,200,100,100", 1.0)

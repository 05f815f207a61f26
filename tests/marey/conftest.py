"""What several test files share: a video with models to analyse it, and a model in all its forms."""

import jax
import numpy as np
import pytest

from marey.experiment.skeletons import Skeleton
from marey.inference import engines
from marey.models import bundles, export_model, quantise_model
from marey.networks import network
from marey.pictures.encoding import encode
from marey.synth.film import write_video
from marey.tables import files
from marey.tables.dataset import DATASET
from marey.tables.plan import GROUP_FRAMES
from marey.tables.splits import SPLITS
from marey.training.initialise import initialise
from marey.videos.probe_video import probe_video

from .dots import picture

MODEL = {"backbone": "efficientnet_lite0", "stride": 4, "channels": 16, "sigma": 6.0, "scale": 1.0}


@pytest.fixture(scope="session")
def film(tmp_path_factory):
    """A video of 8 groups and a rest, its tables, and two models of random weights."""
    folder = tmp_path_factory.mktemp("film")
    places = 20 + 8 * np.random.default_rng(0).normal(size=(8 * GROUP_FRAMES + 5, 2)).cumsum(axis=0) % 70
    video = folder / "film.mp4"
    write_video(
        video, (picture(136, 104, *place) for place in places), fps=10, gop=GROUP_FRAMES, options=("-crf", "20")
    )
    tables = folder / "probe.parquet", folder / "frames.parquet"
    config = {"thumbnail_width": 16, "thumbnail_interval": 1}
    probe_video(video, *tables, video="film", relative="film.mp4", config=config, provenance={})
    block = {"backbone": "small", "stride": 4, "channels": 16, "sigma": 6.0, "scale": 0.9}
    members = []
    for seed in range(2):
        suffixes = ("safetensors", "json", "onnx", "int8.onnx")
        member = engines.ModelFiles(*(folder / f"{seed}.{suffix}" for suffix in suffixes))
        params = initialise(jax.random.key(seed), network.build_network(block, 2))
        metadata = bundles.describe_model(block, Skeleton(("dot", "other")), extent=40.0, training={})
        bundles.save_bundle(member.weights, member.metadata, params, metadata)
        export_model.export_model((member.weights, member.metadata), member.onnx_copy)
        members.append(member)
    return video, tables, members, len(places)


@pytest.fixture(scope="session")
def pictures():
    """Seven images of smooth noise, u8[64, 96, 3]."""
    coarse = np.random.default_rng(0).uniform(0, 255, (7, 8, 12, 3))
    return list(np.repeat(np.repeat(coarse, 8, axis=1), 8, axis=2).astype(np.uint8))


@pytest.fixture(scope="session")
def model(tmp_path_factory, pictures):
    """A network of ImageNet's trunk and random heads in all its forms; the first four images are training frames."""
    folder = tmp_path_factory.mktemp("model")
    made = engines.ModelFiles(*(folder / f"model.{suffix}" for suffix in ("safetensors", "json", "onnx", "int8.onnx")))
    bundle = made.weights, made.metadata
    params = initialise(jax.random.key(1), network.build_network(MODEL, 2))
    bundles.save_bundle(*bundle, params, bundles.describe_model(MODEL, Skeleton(("a", "b")), extent=60.0, training={}))
    export_model.export_model(bundle, made.onnx_copy)
    count = len(pictures)
    rows = {"video": ["v"] * count, "frame": range(count), "width": [96] * count, "height": [64] * count}
    rows |= {"image": [encode(picture) for picture in pictures], "individuals": [["m"]] * count}
    rows |= {"points": [np.ones(4, np.float32)] * count, "visibility": [np.zeros(2, np.int8)] * count}
    part = ["train"] * 4 + ["test"] * (count - 4)
    files.write(folder / "dataset.parquet", rows, DATASET)
    table = {"fold": [0] * count, "video": ["v"] * count, "frame": range(count), "group": ["g"] * count, "part": part}
    files.write(folder / "splits.parquet", table, SPLITS)
    tables = folder / "dataset.parquet", folder / "splits.parquet"
    quantise_model.quantise_model(bundle, made.onnx_copy, *tables, made.quantised, fold=0)
    return made

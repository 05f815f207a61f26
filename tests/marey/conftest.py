"""A video with models to analyse it, which several test files share."""

import jax
import numpy as np
import pytest

from marey import bundles, engines, export, models
from marey.following import GROUP
from marey.probe import probe_video
from marey.skeletons import Skeleton
from marey.synth.film import write_video

from .dots import picture


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    """A video of 16 groups and a rest, its tables, and two models of random weights."""
    folder = tmp_path_factory.mktemp("film")
    places = 20 + 8 * np.random.default_rng(0).normal(size=(16 * GROUP + 5, 2)).cumsum(axis=0) % 70
    video = folder / "film.mp4"
    write_video(video, (picture(136, 104, *place) for place in places), fps=10, gop=GROUP, options=("-crf", "20"))
    tables = folder / "probe.parquet", folder / "frames.parquet"
    config = {"thumbnail_width": 16, "thumbnail_interval": 1}
    probe_video(video, *tables, video="film", relative="film.mp4", config=config, provenance={})
    block = {"backbone": "small", "stride": 4, "channels": 16, "sigma": 6.0, "scale": 0.9}
    members = []
    for seed in range(2):
        suffixes = ("safetensors", "json", "onnx", "int8.onnx")
        member = engines.Model(*(folder / f"{seed}.{suffix}" for suffix in suffixes))
        params = models.initialise(jax.random.key(seed), models.build(block, 2))
        facts = bundles.describe(block, Skeleton(("dot", "other")), extent=40.0, training={})
        bundles.save(member.weights, member.facts, params, facts)
        export.export_model((member.weights, member.facts), member.twin)
        members.append(member)
    return video, tables, members, len(places)

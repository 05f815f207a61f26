"""The scale of labelled frames: each video's own where its images show it, else that of the others; never by labels."""

import numpy as np
import pytest

from marey.inference import engines
from marey.inference.measure_scale import ScaleError
from marey.inference.scale_frames import scale_frames
from marey.pictures.encoding import encode
from marey.tables import files
from marey.tables.dataset import DATASET
from marey.tables.scales import SCALES, Scale, frame_scales

from .test_measure_scale import EXTENT, KNOWN, PairFinder, pair

TRAINED = 0.8  # scale of the model's own videos


@pytest.fixture
def scaled(tmp_path, monkeypatch):
    """A function that takes the frames of each video, by the distance of the pair in them, and scales them."""
    metadata = {"extent": EXTENT / TRAINED, "preprocessing": {"scale": TRAINED}}
    monkeypatch.setattr(engines, "start_detector", lambda *_, **__: (PairFinder(), metadata))

    def scale(given="auto", **videos):
        frames = [(video, frame, length) for video, lengths in videos.items() for frame, length in enumerate(lengths)]
        rows = {"video": [video for video, _, _ in frames], "frame": [frame for _, frame, _ in frames]}
        rows |= {"image": [encode(pair((320, 240), length, 0.1 * frame)) for _, frame, length in frames]}
        rows |= {"width": [320] * len(frames), "height": [240] * len(frames), "individuals": [["m"]] * len(frames)}
        rows |= {"points": [np.float32([0, 0, 300, 200])] * len(frames)}  # labels of no such pair
        files.write(tmp_path / "d.parquet", rows | {"visibility": [np.zeros(2, np.int8)] * len(frames)}, DATASET)
        config = {"infer": {"engine": "auto"}, "model": {"scale": given}}
        model, out = engines.ModelFiles("w", "m", "o", None), tmp_path / "scales.parquet"
        scale_frames(tmp_path / "d.parquet", model, out, config=config, provenance={})
        used = files.read(out, SCALES).query("used").set_index("video")
        return used["scale"].to_dict(), used["source"].to_dict(), out

    return scale


def test_each_video_has_the_scale_of_its_images_and_one_that_shows_none_that_of_the_others(scaled):
    scales, source, path = scaled(a=[72] * 4, b=[36] * 4, c=[50])  # of c there are too few
    assert scales["a"] == pytest.approx(KNOWN / 72, rel=0.15)
    assert scales["b"] == pytest.approx(KNOWN / 36, rel=0.15)
    assert scales["c"] == pytest.approx(np.sqrt(scales["a"] * scales["b"]))
    assert source == {"a": "measured", "b": "measured", "c": "others"}
    first, last = frame_scales(path, ["c", "a"])
    assert first == Scale(scales["c"], pytest.approx(TRAINED / scales["c"]))
    assert last.scale == scales["a"]
    assert frame_scales(None, ["c"]) == [Scale()]


def test_where_no_video_has_enough_frames_all_of_them_together_show_it(scaled):
    scales, source, _ = scaled(**{name: [60] for name in "abcd"})
    assert set(source.values()) == {"others"}
    (scale,) = set(scales.values())
    assert scale == pytest.approx(KNOWN / 60, rel=0.15)


def test_a_scale_that_is_set_is_not_questioned_and_none_that_cannot_be_told_is_guessed(scaled):
    assert scaled(given=0.3, a=[72], b=[36])[:2] == ({"a": 0.3, "b": 0.3}, {"a": "config", "b": "config"})
    with pytest.raises(ScaleError, match="labelled frames of 'a': .*`model.scale`"):
        scaled(a=[60])

"""The clip of moments to review, read back with PyAV."""

import av
import numpy as np
import pytest
from PIL import ImageColor

from marey.experiment.skeletons import Skeleton
from marey.videos import reading
from marey.views.colors import WARN, individual_colors
from marey.views.render_review import render_review
from marey.views.render_video import even_size

from .. import exchanges

SKELETON = Skeleton(("nose", "tail"), ((0, 1),))
CONFIG = {"start": 0, "duration": 2, "height": 240, "trail": 0.5, "min_confidence": 0.2, "review_moments": 12}
MOMENTS = [(75, "animal1", "animal2", 0.4), (10, "animal1", "animal2", 0.1)]


@pytest.fixture
def clip(tmp_path, monkeypatch):
    """Render the moments; returns the frames/s, the images, and which frames were read."""

    def run(moments=MOMENTS, *, lost: tuple[int, ...] = (), **config):
        reads = []
        monkeypatch.setattr(reading, "read_frames", exchanges.reader(lost=lost, reads=reads))
        tables = exchanges.write(tmp_path, moments)
        render_review("v.mp4", *tables, tmp_path / "c.mp4", skeleton=SKELETON, config=CONFIG | config)
        with av.open(tmp_path / "c.mp4") as container:
            stream = container.streams.video[0]
            assert (stream.codec_context.name, stream.codec_context.pix_fmt) == ("h264", "yuv420p")
            pictures = [picture.to_ndarray(format="rgb24") for picture in container.decode(stream)]
            return stream.average_rate, pictures, reads

    return run


def share(picture: np.ndarray, color: str) -> float:
    """The part of an image that is nearly of a colour."""
    return float((np.abs(picture.astype(int) - ImageColor.getrgb(color)).sum(axis=-1) < 70).mean())


def test_moments_follow_each_other_in_order_of_rank(clip):
    rate, pictures, reads = clip()
    assert float(rate) == pytest.approx(30)
    assert reads == [(45, 106), (0, 41)]  # a second before to a second after
    assert len(pictures) == 61 + 41
    assert {picture.shape for picture in pictures} == {(240, 320, 3)}


def test_from_the_moment_on_there_is_a_border(clip):
    _, pictures, _ = clip()
    bordered = np.array([share(picture[0], WARN) > 0.9 for picture in pictures])
    assert np.flatnonzero(bordered).tolist() == [*range(30, 61), *range(61 + 10, 61 + 41)]


def test_pictures_are_cut_to_the_two_animals(clip):
    colors = individual_colors(["animal1", "animal2"])
    _, pictures, _ = clip([MOMENTS[0]])
    # Noses walk from 60 to 100 px and back, with tails 50 to 110: with the margin, 78 of 160 px are shown on 320.
    for name, nose in (("animal1", 60), ("animal2", 100)):
        seen = np.abs(pictures[0][115:125].astype(int) - ImageColor.getrgb(colors[name])).sum(axis=-1) < 70
        place = (nose - 80) * 320 / 78 + 160
        assert seen[:, round(place) - 2 : round(place) + 2].any()
        tail = place + (-1 if name == "animal1" else 1) * 10 * 320 / 78
        outer = np.nonzero(seen)[1].min() if name == "animal1" else np.nonzero(seen)[1].max()
        assert outer == pytest.approx(tail, abs=6)  # the dot's radius is 3


def test_no_more_moments_than_asked_for(clip):
    _, _, reads = clip(review_moments=1)
    assert reads == [(45, 106)]


def test_undecodable_frames_keep_their_place(clip):
    _, pictures, _ = clip([MOMENTS[0]], lost=(50, 51))
    assert len(pictures) == 61
    dark = [picture[3:9, 3:9].mean() < 80 for picture in pictures]
    assert np.flatnonzero(dark).tolist() == [5, 6]


@pytest.mark.parametrize(
    ("moments", "lost"), [([], ()), (MOMENTS, tuple(range(exchanges.COUNT)))], ids=["none", "undecodable"]
)
def test_there_always_is_a_clip(clip, moments, lost):
    _, pictures, _ = clip(moments, lost=lost)
    assert len(pictures) == 25
    assert pictures[0].shape == (240, 320, 3)
    assert np.median(pictures[0]) < 50
    assert pictures[0].max() > 150  # the text


def test_individuals_that_are_not_in_the_tracks_are_no_error(clip):
    _, pictures, _ = clip([(75, "animal7", "animal8", 0.4)])
    assert len(pictures) == 61


def test_size_keeps_the_shape():
    assert even_size((1080, 1920, 3), 481) == (854, 480)

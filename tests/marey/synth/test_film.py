import weakref

import av
import numpy as np
import pytest

from marey.synth.film import film, write_video
from marey.synth.render import Renderer
from marey.synth.scene import Scene

TINY = Scene(size=(96, 64), arena=(200.0, 133.0), frames=40)
FORMATS = [
    ("a.mp4", {}, "h264"),
    ("a.mkv", {"codec": "libx265", "options": ("-x265-params", "log-level=none")}, "hevc"),
    ("a.avi", {"codec": "mjpeg", "pixel_format": "yuvj420p"}, "mjpeg"),
    ("a.mov", {"codec": "mpeg4", "options": ("-q:v", "3")}, "mpeg4"),
    ("a.webm", {"codec": "libvpx", "options": ("-deadline", "realtime")}, "vp8"),
]


def decode(path):
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        frames = [(frame.to_ndarray(format="rgb24"), frame.key_frame) for frame in container.decode(video=0)]
        return stream.codec_context.name, stream.average_rate, frames


@pytest.mark.parametrize(("name", "encoding", "codec"), FORMATS, ids=[name for name, _, _ in FORMATS])
def test_every_frame_comes_back_in_its_place(tmp_path, name, encoding, codec):
    labels = film(TINY, tmp_path / name, **encoding)
    found, rate, frames = decode(tmp_path / name)
    assert (found, float(rate), len(frames)) == (codec, 30.0, 40)
    assert (labels["video"] == "a").all()
    assert labels["frame"].nunique() == 40
    renderer = Renderer(TINY)
    for index in (0, 20, 39):
        written = renderer.frame(index).astype(float)
        errors = [np.abs(picture - written).mean() for picture, _ in frames]
        assert errors[index] < 6
        assert np.argmin(errors) in (index - 1, index, index + 1)


def test_lossless_video_holds_the_very_frames(tmp_path):
    film(TINY, tmp_path / "a.mkv", codec="ffv1", pixel_format="bgr0")
    _, _, frames = decode(tmp_path / "a.mkv")
    for (picture, _), written in zip(frames, Renderer(TINY).frames(), strict=True):
        np.testing.assert_array_equal(picture, written)


def test_frame_rate_and_key_frames_are_as_asked(tmp_path):
    write_video(tmp_path / "a.mp4", Renderer(TINY).frames(), fps=12.5, gop=8)
    _, rate, frames = decode(tmp_path / "a.mp4")
    keys = [index for index, (_, key) in enumerate(frames) if key]
    assert float(rate) == 12.5
    assert keys[0] == 0
    assert max(np.diff([*keys, len(frames)])) <= 8


@pytest.mark.parametrize(("name", "encoding", "codec"), FORMATS, ids=[name for name, _, _ in FORMATS])
def test_the_same_arguments_give_the_same_bytes(tmp_path, name, encoding, codec):
    for folder in ("one", "other"):
        film(TINY, tmp_path / folder / name, **encoding)
    assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "other" / name).read_bytes()


def test_a_failure_says_why_and_leaves_nothing(tmp_path):
    frames = Renderer(Scene(size=(95, 63), frames=3)).frames()
    with pytest.raises(OSError, match=r"a.mp4: ffmpeg could not write libx264 yuv420p 95x63: .*divisible by 2"):
        write_video(tmp_path / "a.mp4", frames, fps=30)
    with pytest.raises(ValueError, match="no frames"):
        write_video(tmp_path / "a.mp4", [], fps=30)
    assert list(tmp_path.iterdir()) == []


def test_frames_are_taken_one_at_a_time(tmp_path):
    alive = []

    def frames():
        for index in range(200):
            picture = np.full((64, 96, 3), index, np.uint8)
            alive.append(weakref.ref(picture))
            assert sum(reference() is not None for reference in alive) <= 3
            yield picture

    write_video(tmp_path / "a.mp4", frames(), fps=30)
    assert len(decode(tmp_path / "a.mp4")[2]) == 200

import random

import av
import numpy as np
import pytest

from marey.videos.leftover import Leftover
from marey.videos.reading import open_video, read_frames, use_one_thread

from ..coded_video import make, probe

NOISY = ("-vf", "noise=alls=30:allf=t")
SMOOTH = ("-vf", "boxblur=8")
FFV1 = (*SMOOTH, "-c:v", "ffv1", "-level", "1", "-g", "1")  # without checksums
SPEEDHQ = (*NOISY, "-c:v", "speedhq", "-pix_fmt", "yuv420p", "-q:v", "3")
MAGICYUV = (*NOISY, "-c:v", "magicyuv", "-pix_fmt", "yuv420p")


def made(folder, *options):
    return make(folder / "a.mkv", *options, frames=20, size=(160, 96))


def break_off(path, number):
    """Overwrite a packet's second half with noise, in which the decoder gets lost."""
    with av.open(str(path)) as container:
        place, size = [(packet.pos, packet.size) for packet in container.demux(video=0) if packet.size][number]
    data = bytearray(path.read_bytes())
    data[place + size // 2 : place + size] = random.Random(1).randbytes(size - size // 2)
    path.write_bytes(data)


def images(path, frames, start=0):
    return np.stack([image for _, image in read_frames(path, start, len(frames), frames=frames)])


@pytest.mark.parametrize("hurt", [0, 1, 2, 13])
@pytest.mark.parametrize("options", [FFV1, SPEEDHQ], ids=["ffv1", "speedhq"])
def test_a_frame_that_a_decoder_left_unfinished_without_a_word_is_marked_and_black(options, hurt, tmp_path):
    path = made(tmp_path, *options)
    row, frames = probe(path)
    assert (row["detail"], frames["fault"].any()) == ("", False)
    sound = images(path, frames)
    break_off(path, hurt)
    row, frames = probe(path)
    assert (row["faults"], list(frames.index[frames["fault"]])) == (1, [hurt])
    expected = sound.copy()
    expected[hurt] = 0
    np.testing.assert_array_equal(images(path, frames), expected)
    np.testing.assert_array_equal(images(path, frames, 13), expected[13:])


@pytest.mark.parametrize(
    "options",
    [
        FFV1[2:],
        SPEEDHQ[2:],
        MAGICYUV[2:],
        ("-c:v", "utvideo", "-pix_fmt", "yuv420p"),
        ("-c:v", "ffv1", "-level", "3", "-g", "5"),
    ],
)
def test_frames_that_show_what_earlier_ones_showed_are_sound(options, tmp_path):
    path = make(tmp_path / "a.mkv", "-vf", "loop=8:1:3", *options, frames=12, size=(80, 48))
    row, frames = probe(path)
    assert (row["frames"], row["faults"], frames["fault"].any()) == (20, 0, False)


def test_noise_is_put_and_found_only_where_no_frame_leans_on_another(tmp_path):
    found = {}
    for name, options in {"a.mkv": FFV1, "b.mkv": ("-c:v", "mpeg4", "-q:v", "3")}.items():
        with open_video(make(tmp_path / name, *options, frames=2)) as (container, stream):
            use_one_thread(stream)
            leftover = Leftover(stream.codec_context)
            packet = next(container.demux(stream))
            leftover.begin(packet)
            frame = [*stream.codec_context.decode(packet), *stream.codec_context.decode(None)][0]
            before = leftover.in_frame(frame)
            image = frame.to_ndarray(format="gray").copy()  # it may be the frame's own memory
            leftover.overwrite(frame)
            changed = not np.array_equal(frame.to_ndarray(format="gray"), image)
            found[name] = before, changed, leftover.in_frame(frame)
    assert found == {"a.mkv": (False, True, True), "b.mkv": (False, False, False)}

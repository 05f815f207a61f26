import importlib.util
import random
from pathlib import Path

import av
import numpy as np
import pytest

from marey.videos.damage import Damage
from marey.videos.reading import open_video, read_frames

from ..coded_video import damage, make, number, probe

X264 = ("-c:v", "libx264", "-pix_fmt", "yuv420p", "-g", "20", "-bf", "2", "-sc_threshold", "0")
X265 = ("-c:v", "libx265", "-pix_fmt", "yuv420p", "-x265-params", "log-level=error:keyint=20:scenecut=0")
MPEG4 = ("-c:v", "mpeg4", "-q:v", "3", "-g", "20")
MPEG2 = ("-c:v", "mpeg2video", "-q:v", "3", "-g", "20", "-bf", "2")
MJPEG = ("-c:v", "mjpeg", "-pix_fmt", "yuvj420p", "-q:v", "3")
VP8 = ("-c:v", "libvpx", "-g", "20", "-b:v", "1M")
VP9 = ("-c:v", "libvpx-vp9", "-g", "20", "-b:v", "1M", "-deadline", "realtime", "-cpu-used", "8")
AV1 = ("-c:v", "libsvtav1", "-g", "20", "-preset", "12", "-crf", "20")
FFV1 = ("-c:v", "ffv1", "-level", "3", "-slicecrc", "1", "-g", "1")
RAW = ("-c:v", "rawvideo", "-pix_fmt", "yuv420p")
KINDS = {
    "h264.mp4": X264,
    "h264.ts": X264,
    "h264.flv": X264,
    "h265.mkv": X265,
    "h265.mp4": X265,
    "mpeg4.avi": MPEG4,
    "mpeg2.mpg": MPEG2,
    "mpeg2.ts": MPEG2,
    "mjpeg.avi": MJPEG,
    "mjpeg.mkv": MJPEG,
    "vp8.webm": VP8,
    "vp9.webm": VP9,
    "ffv1.mkv": FFV1,
    "raw.avi": RAW,
}


def packets(path):
    """Where the packets of a video lie: (first byte, bytes)."""
    with av.open(str(path)) as container:
        return [(packet.pos, packet.size) for packet in container.demux(video=0) if packet.size]


def fill(path, start, count, chance=None):
    """Overwrite bytes with zeros, or with noise."""
    data = bytearray(path.read_bytes())
    data[start : start + count] = (chance.randbytes if chance else bytes)(min(count, len(data) - start))
    path.write_bytes(data)


def images(path, start, stop, frames):
    return [image for _, image in read_frames(path, start, stop, frames=frames)]


def agree(path, frames):
    """Hold that a second run and any shards give the images of the whole, byte for byte; these."""
    whole = images(path, 0, len(frames), frames)
    again = images(path, 0, len(frames), frames)
    shards = [each for at in range(0, len(frames), 8) for each in images(path, at, min(at + 8, len(frames)), frames)]
    for index, expected in enumerate(whole):
        for found in (again[index], shards[index]):
            np.testing.assert_array_equal(found, expected, err_msg=f"{path.name}, frame {index}")
    return whole


@pytest.mark.parametrize("name", KINDS)
def test_shards_and_runs_of_damaged_files_agree(name, tmp_path):
    path = make(tmp_path / name, *KINDS[name], frames=60)
    sound = path.read_bytes()
    begin = packets(path)[0][0]
    for seed in range(3):
        chance = random.Random(f"{name} {seed}")
        path.write_bytes(sound)
        fill(path, chance.randrange(begin, len(sound)), chance.choice([8, 200, 3000]), chance if seed else None)
        _, frames = probe(path)
        agree(path, frames)
        assert av.logging.get_level() is None  # with frame threads, PyAV's callback may wait for ever


def test_a_chunk_that_an_avi_lost_shifts_nothing_after_a_seek(tmp_path):
    path = make(tmp_path / "a.avi", *MJPEG, frames=60)
    start, size = packets(path)[20]
    fill(path, start - 8, size + 8)  # with its header: read in order it is not there, but the index lists it
    row, frames = probe(path)
    assert (row["status"], row["frames"], row["faults"]) == ("ok", 59, 1)
    assert row["detail"].startswith("The file claims 60 frames and holds 59; frame numbers count those that it holds.")
    assert frames.index[frames["fault"]].tolist() == [19]  # whose chunk ends where none begins
    found = [number(image) for image in agree(path, frames)]
    assert found == [*range(19), 0, *range(21, 60)]


def test_what_follows_a_lost_chunk_is_marked_up_to_the_next_key_frame(tmp_path):
    path = make(tmp_path / "a.avi", *MPEG4, frames=60)
    start, size = packets(path)[25]
    fill(path, start - 8, size + 8)
    _, frames = probe(path)
    marked = frames.index[frames["fault"]]
    np.testing.assert_array_equal(marked, np.arange(24, marked[-1] + 1))
    assert len(marked) > 3
    assert frames["key_frame"][marked[-1] + 1]
    assert not frames["key_frame"][marked].any()


def test_clocks_that_begin_anew_shift_nothing(tmp_path):
    for part, options in (("a", X264), ("b", MPEG2)):
        for suffix in ("ts", "mpg"):
            make(tmp_path / f"{part}.{suffix}", *options, frames=45)
    for suffix in ("ts", "mpg"):
        path = tmp_path / f"joined.{suffix}"
        path.write_bytes(2 * (tmp_path / f"b.{suffix}").read_bytes())
        _, frames = probe(path)
        assert [number(image) for image in agree(path, frames)] == [*range(45), *range(45)]


def test_frames_that_are_missing_are_counted(tmp_path):
    path = make(tmp_path / "a.webm", *VP8, "-cluster_time_limit", "300", frames=60, size=(160, 96))
    start, size = packets(path)[30]
    fill(path, start - 20, size + 20)
    row, frames = probe(path)
    missing = 60 - len(frames)
    assert missing > 0
    assert f"By the times, {missing} frames are missing, in 1 place." in row["detail"]
    assert row["faults"] > 0
    steps = np.diff(frames["time"])
    assert steps.max() == pytest.approx((missing + 1) / 30, abs=0.002)


def test_no_frame_is_missing_where_the_rate_varies(tmp_path):
    odd = "setpts=PTS+floor(N/3)*0.03/TB"
    row, _ = probe(make(tmp_path / "a.mp4", "-vf", odd, "-fps_mode", "passthrough", *X264))
    assert (row["detail"], row["variable_frame_rate"]) == ("", True)


@pytest.mark.parametrize("checked", [12, 33])
def test_checksums_that_fail_mark_their_frame_alone(checked, tmp_path):
    path = make(tmp_path / "a.mkv", *FFV1, frames=60)
    start, size = packets(path)[checked]
    fill(path, start + size // 2, 4, random.Random(1))
    row, frames = probe(path)
    assert (row["status"], row["faults"], list(frames.index[frames["fault"]])) == ("ok", 1, [checked])
    assert "up to the next sound key frame, 1 frame, is marked" in row["detail"]
    whole = agree(path, frames)
    assert not whole[checked].any()  # black: what the decoder leaves there is not the same twice
    assert [number(image) for index, image in enumerate(whole) if index != checked] == [
        index for index in range(60) if index != checked
    ]


def test_damage_reaches_frames_up_to_the_next_key_frame_and_those_shown_before_it(tmp_path):
    path = make(tmp_path / "a.mp4", *X264, "-x264-params", "open-gop=1:b-adapt=0", frames=90, size=(160, 96))
    _, frames = probe(path)
    sound = dict(zip(frames["pts"], images(path, 0, 90, frames), strict=True))
    damage(path, 24, keep=6)
    _, frames = probe(path)
    marked = frames.index[frames["fault"]]
    found = zip(frames["pts"], images(path, 0, len(frames), frames), strict=True)
    differ = [index for index, (pts, image) in enumerate(found) if not np.array_equal(image, sound[pts])]
    assert len(differ) > 10
    assert set(differ) <= set(marked)
    assert frames["key_frame"][marked[-1] + 1]
    assert len(marked) <= len(differ) + 4


def test_zeroed_h265_is_marked_though_ffmpeg_says_nothing(tmp_path):
    path = make(tmp_path / "a.mp4", "-vf", "noise=alls=30:allf=t", *X265, frames=60, size=(160, 96))
    sound = images(path, 0, 60, probe(path)[1])
    start, size = max(packets(path)[5:], key=lambda place: place[1])  # a key frame
    assert size > 200
    fill(path, start + size // 3, size // 2)
    row, frames = probe(path)
    found = agree(path, frames)
    differ = [index for index in range(60) if not np.array_equal(found[index], sound[index])]
    assert differ
    assert set(differ) <= set(frames.index[frames["fault"]])
    assert row["faults"] == 1


def test_h265_whose_stream_has_checksums_is_held_against_them(tmp_path):
    checked = (*X265[:-1], X265[-1] + ":hash=1")
    path = make(tmp_path / "a.mp4", "-vf", "noise=alls=30:allf=t", *checked, frames=40, size=(160, 96))
    row, frames = probe(path)
    assert (row["detail"], frames["fault"].any()) == ("", False)
    sound = images(path, 0, 40, frames)
    start, size = packets(path)[12]
    fill(path, start + size // 2, 8, random.Random(2))
    row, frames = probe(path)
    found = images(path, 0, len(frames), frames)
    differ = [index for index in range(40) if not np.array_equal(found[index], sound[index])]
    assert differ
    assert set(differ) <= set(frames.index[frames["fault"]])


@pytest.mark.parametrize(("codec", "hurt"), [(VP9, 6), (AV1, 1)])
def test_what_a_stricter_decoder_finds_is_marked(codec, hurt, tmp_path):
    path = make(tmp_path / "a.mkv", "-vf", "noise=alls=30:allf=t", *codec, frames=50, size=(160, 96))
    row, frames = probe(path)
    assert (row["detail"], frames["fault"].any()) == ("", False)
    sound = dict(zip(frames["pts"], images(path, 0, 50, frames), strict=True))
    start, size = packets(path)[hurt]
    fill(path, start + size // 2, size // 4, random.Random(1))
    row, frames = probe(path)
    found = zip(frames["pts"], agree(path, frames), strict=True)
    differ = [index for index, (pts, image) in enumerate(found) if not np.array_equal(image, sound[pts])]
    assert differ
    assert set(differ) <= set(frames.index[frames["fault"]]) <= set(range(1, 20))
    assert row["faults"] > 0


def test_what_the_stricter_decoder_cannot_read_at_all_is_no_damage(tmp_path):
    path = make(tmp_path / "a.mkv", *VP9, "-pix_fmt", "yuv444p10le", frames=10)
    row, frames = probe(path)
    assert (row["frames"], row["detail"], frames["fault"].any()) == (10, "", False)


@pytest.mark.parametrize("codec", [MPEG4, X265])
def test_what_the_demuxer_lost_before_a_key_frame_does_not_reach_it(codec, tmp_path):
    path = make(tmp_path / "a.mkv", *codec, "-cluster_time_limit", "500", frames=60, size=(160, 96))
    _, frames = probe(path)
    sound = dict(zip(frames["pts"], images(path, 0, 60, frames), strict=True))
    start, _ = packets(path)[12]
    fill(path, start - 8, 12, random.Random(3))  # the block's header: the demuxer looks for the next cluster
    row, frames = probe(path)
    assert row["faults"] > 0
    assert len(frames) < 60
    key = frames.index[frames["key_frame"]][1]
    assert not frames["fault"][key:].any()
    for index, image in enumerate(images(path, 0, len(frames), frames)):
        if not frames["fault"][index]:
            np.testing.assert_array_equal(image, sound[frames["pts"][index]])


def test_a_decoder_that_says_no_more_than_that_it_conceals_reports_damage(tmp_path):
    path = make(tmp_path / "a.mkv", *MPEG2, frames=5)
    log = []
    with open_video(path) as (container, stream):
        survey = Damage(container, stream, log)
        told = []
        for message in ("concealing 8 DC, 8 AC, 8 MV errors in P frame", "v1.16.0"):
            packet = next(container.demux(stream))
            survey.before(packet)
            log.append((av.logging.INFO, "mpeg2video", message))
            told.append(survey.after(packet, True))
    assert told == [True, False]


def test_the_benchmark_counts_damage(tmp_path):
    place = Path(__file__).parents[3] / "benchmarks" / "faults.py"
    specification = importlib.util.spec_from_file_location("faults", place)
    benchmark = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(benchmark)
    path = tmp_path / "ffv1.mkv"
    assert benchmark.encode(path, "ffv1", 6)
    assert not benchmark.encode(tmp_path / "ffv1.flv", "ffv1", 6)  # the container does not hold it
    counts = benchmark.measure(path, 2)
    assert (counts["files"], counts["shifted"], counts["runs"], counts["shards"]) == (2, 0, 0, 0)
    originals = benchmark.grey(np.stack(benchmark.decode(path)))
    start, size = packets(path)[3]
    fill(path, start + size // 2, 40, random.Random(1))
    counts = benchmark.compare(path, originals)
    assert counts == {**counts, "frames": 6, "visible": 1, "marked": 1, "sound, marked": 0, "shifted": 0}

import os
import random
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from marey.pictures import geometry
from marey.videos.reading import (
    VideoError,
    _Stamps,
    decode_packets,
    read_chosen_frames,
    read_first_frame,
    read_frame,
    read_frames,
)

from ..coded_video import damage, ffmpeg, make, number, probe

X264 = ("-c:v", "libx264", "-pix_fmt", "yuv420p", "-g", "20")
FORMATS = {
    "b_frames.mp4": (*X264, "-bf", "3"),
    "long_gop.mp4": (*X264, "-g", "500", "-bf", "3", "-b:v", "90k"),
    "open_gop.mp4": (*X264, "-bf", "3", "-x264-params", "open-gop=1:scenecut=0:b-adapt=0"),
    "intra_refresh.mp4": (*X264, "-x264-params", "intra-refresh=1:scenecut=0"),
    "fragmented.mp4": (*X264, "-movflags", "frag_keyframe+empty_moov"),
    "gray.mp4": (*X264, "-pix_fmt", "gray"),
    "ten_bit.mp4": (*X264, "-pix_fmt", "yuv420p10le"),
    "full_chroma.mp4": (*X264, "-pix_fmt", "yuv444p"),
    "h265.mp4": ("-c:v", "libx265", "-pix_fmt", "yuv420p", "-x265-params", "log-level=error:keyint=20"),
    "h264.mov": X264,
    "h264.mkv": X264,
    "h264.ts": (*X264, "-bf", "3"),
    "h264.h264": (*X264, "-bf", "3"),
    "h264_b_frames.avi": (*X264, "-bf", "2"),
    "mpeg4.avi": ("-c:v", "mpeg4", "-q:v", "3", "-g", "20"),
    "mpeg4_b_frames.avi": ("-c:v", "mpeg4", "-q:v", "3", "-g", "20", "-bf", "2"),
    "mjpeg.avi": ("-c:v", "mjpeg", "-pix_fmt", "yuvj420p", "-q:v", "3"),
    "mpeg2.mpg": ("-c:v", "mpeg2video", "-q:v", "3", "-g", "20", "-bf", "2"),
    "vp8.webm": ("-c:v", "libvpx", "-g", "20", "-auto-alt-ref", "1", "-lag-in-frames", "10", "-b:v", "1M"),
    "vp9.webm": ("-c:v", "libvpx-vp9", "-g", "20", "-b:v", "1M", "-deadline", "realtime", "-cpu-used", "8"),
    "gaps.avi": ("-vf", "select=not(between(n\\,30\\,40))", "-fps_mode", "passthrough", "-c:v", "mpeg4", "-q:v", "3"),
    "gaps.mp4": ("-vf", "setpts=PTS+gt(N\\,30)*0.77/TB+N*0.004/TB", "-fps_mode", "passthrough", *X264, "-bf", "2"),
}
COUNTS = {"gaps.avi": [*range(30), *range(41, 90)]}


def whole(path, frames):
    return [picture for _, picture in read_frames(path, 0, len(frames), frames=frames)]


@pytest.mark.parametrize("name", FORMATS)
def test_any_range_is_frame_exact(name, tmp_path):
    path = make(tmp_path / name, *FORMATS[name])
    row, frames = probe(path)
    expected = COUNTS.get(name, list(range(90)))
    assert (row["status"], row["frames"]) == ("ok", len(expected))
    reference = whole(path, frames)
    assert [number(picture) for picture in reference] == expected
    rng = random.Random(0)
    for _ in range(12):
        start = rng.randrange(len(frames))
        stop = min(len(frames), start + rng.randrange(1, 30))
        found = list(read_frames(path, start, stop, frames=frames))
        assert [index for index, _ in found] == list(range(start, stop))
        for index, picture in found:
            np.testing.assert_array_equal(picture, reference[index])


def test_pictures_are_those_that_ffmpeg_decodes(tmp_path):
    path = make(tmp_path / "a.mp4", *X264, "-pix_fmt", "yuv444p", size=(81, 49), frames=20)
    _, frames = probe(path)
    assert read_frame(path, 3, frames=frames).shape == (49, 81, 3)
    raw = ffmpeg("-i", str(path), "-f", "rawvideo", "-pix_fmt", "rgb24", "-")
    reference = np.frombuffer(raw, np.uint8).reshape(20, 49, 81, 3)
    found = np.stack(whole(path, frames))
    assert np.abs(found.astype(int) - reference).max() <= 3


@pytest.mark.parametrize(("angle", "size"), [(90, (48, 80)), (180, (80, 48)), (270, (48, 80))])
def test_rotated_videos_are_read_upright(angle, size, tmp_path):
    stored = make(tmp_path / "stored.mp4", *X264, frames=30)
    path = tmp_path / "turned.mp4"
    ffmpeg("-display_rotation", str(angle), "-i", str(stored), "-c", "copy", str(path))
    row, frames = probe(path, thumbnail_interval=0)
    assert (row["rotation"], row["width"], row["height"]) == (360 - angle, *size)
    reference = np.frombuffer(ffmpeg("-i", str(path), "-f", "rawvideo", "-pix_fmt", "gray", "-"), np.uint8)
    reference = reference.reshape(30, size[1], size[0]).astype(int)  # FFmpeg turns it upright by itself
    for index, picture in read_frames(path, 0, 30, frames=frames):
        assert picture.shape == (size[1], size[0], 3)
        assert np.abs(picture.mean(axis=-1) - reference[index]).mean() < 4
    width, height = row["thumbnail_width"], row["thumbnail_height"]
    assert (width, height) == (32, round(32 * size[1] / size[0]))
    thumbnail = np.frombuffer(frames["thumbnail"][29], np.uint8).reshape(height, width)
    assert np.mean((thumbnail > 128) != (_shrunk(reference[29], width, height) > 128)) < 0.06  # blocks' edges


@pytest.mark.parametrize("scale", [0.5, 0.77, 1.5])
@pytest.mark.parametrize("angle", [0, 90])
def test_frames_are_scaled_as_pictures_are_for_training(scale, angle, tmp_path):
    stored = make(tmp_path / "stored.mp4", *X264, frames=3, size=(160, 96))
    path = tmp_path / "turned.mp4"
    ffmpeg("-display_rotation", str(angle), "-i", str(stored), "-c", "copy", str(path))
    _, frames = probe(path)
    reference = whole(path, frames)
    size = geometry.scaled_size(*reference[0].shape[1::-1], scale)
    for index, picture in read_frames(path, 0, 3, frames=frames, size=size):
        expected = geometry.resize(reference[index], scale=scale, multiple=1)
        assert picture.shape == expected.shape
        assert np.abs(picture.astype(int) - expected).mean() < 2  # 1 is due to other rounding of YUV


def _shrunk(image, width, height):
    rows, columns = (
        (np.arange(height) + 0.5) * image.shape[0] / height,
        (np.arange(width) + 0.5) * image.shape[1] / width,
    )
    return image[rows.astype(int)][:, columns.astype(int)]


def test_a_lost_frame_is_none_and_moves_no_other(tmp_path):
    path = make(tmp_path / "a.mp4", *X264, "-bf", "2")
    _, frames = probe(path)
    reference = whole(path, frames)
    frames.loc[50, "pts"] += 1  # a frame that the file no longer holds
    found = list(read_frames(path, 45, 55, frames=frames))
    assert [index for index, _ in found] == list(range(45, 55))
    assert [index for index, picture in found if picture is None] == [50]
    for index, picture in found:
        assert index == 50 or np.array_equal(picture, reference[index])
    assert [picture is None for _, picture in read_frames(path, 50, 53, frames=frames)] == [True, False, False]
    with pytest.raises(VideoError, match="frame 50 cannot be decoded"):
        read_frame(path, 50, frames=frames)


def test_a_file_that_became_shorter_yields_none_at_its_end(tmp_path):
    path = make(tmp_path / "a.mp4", *X264)
    _, frames = probe(path)
    make(path, *X264, frames=60)
    found = list(read_frames(path, 40, 90, frames=frames))
    assert [index for index, _ in found] == list(range(40, 90))
    assert [number(picture) for _, picture in found[:20]] == list(range(40, 60))
    assert all(picture is None for _, picture in found[20:])


@pytest.mark.parametrize("packet", [30, 40, 41, 60])  # 60: the key frame of its group
def test_ranges_of_a_damaged_file_agree_with_the_whole(packet, tmp_path):
    path = make(tmp_path / "a.mp4", *X264, "-bf", "2", size=(160, 96))
    damage(path, packet, keep=6)
    row, frames = probe(path)
    assert (row["status"], row["faults"] > 0, frames["fault"].any()) == ("ok", True, True)
    reference = whole(path, frames)
    assert all(picture is not None for picture in reference)
    numbers = [number(picture) for picture in reference]
    group = packet // 20 * 20
    assert numbers[: group - 3] == list(range(group - 3))
    assert numbers[-10:] == list(range(80, 90))
    for start in range(0, len(frames), 7):
        for index, picture in read_frames(path, start, min(start + 9, len(frames)), frames=frames):
            np.testing.assert_array_equal(picture, reference[index])


def test_missing_files_and_bad_ranges_are_named(tmp_path):
    path = make(tmp_path / "a.mp4", *X264, frames=5)
    _, frames = probe(path)
    assert list(read_frames(path, 5, 5, frames=frames)) == []
    with pytest.raises(VideoError, match=r"a.mp4: frames \[2, 6\).*has \[0, 5\)"):
        list(read_frames(path, 2, 6, frames=frames))
    with pytest.raises(VideoError, match="frames table is not whole"):
        list(read_frames(path, 0, 4, frames=frames.iloc[1:]))
    path.write_bytes(b"no video")
    with pytest.raises(VideoError, match=r"a.mp4: cannot be read"):
        read_frame(path, 1, frames=frames)
    path.unlink()
    with pytest.raises(VideoError, match=r"a.mp4: no such file"):
        read_frame(path, 1, frames=frames)


@pytest.mark.parametrize(
    ("relative", "count"),
    [
        ("02_reaching_dlc_single/reachingvideo1_halfsize_vid.avi", 256),  # H.264 with B-frames in AVI
        ("06_flies13_dreem_multi/two_flies.mp4", 128),
        ("14_label_formats/video_containers/vid1_camera-1.avi", 12),
        ("14_label_formats/video_containers/vid2.mov", 31),
        ("14_label_formats/video_containers/centered_pair_low_quality.webm", 30),
    ],
)
def test_real_videos(relative, count, tmp_path):
    path = Path(os.environ.get("MAREY_DATA", "../shared/data")) / relative
    if not path.exists():
        pytest.skip(f"{path} is not here (set MAREY_DATA)")
    (tmp_path / path.name).symlink_to(path.resolve())
    path = tmp_path / path.name
    row, frames = probe(path)
    assert (row["status"], row["frames"], row["variable_frame_rate"]) == ("ok", count, False)
    stop = min(count, 220)  # beyond the open field's second key frame: its old x264 4:4:4 leans on the first packet
    reference = [picture for _, picture in read_frames(path, 0, stop, frames=frames)]
    for index, picture in read_frames(path, stop - 5, stop, frames=frames):
        np.testing.assert_array_equal(picture, reference[index])


def test_read_first_frame(tmp_path):
    path = make(tmp_path / "h264.mkv", *FORMATS["h264.mkv"])
    _, frames = probe(path)
    assert number(read_first_frame(path, frames)) == 0
    assert read_first_frame(path, frames.head(0)) is None


@pytest.mark.parametrize("name", ["b_frames.mp4", "open_gop.mp4", "mpeg4_b_frames.avi", "vp9.webm", "h264.mkv"])
def test_reading_near_the_end_decodes_only_from_the_last_key_frame(name, tmp_path, monkeypatch):
    path = make(tmp_path / name, *FORMATS[name])
    _, frames = probe(path)
    decoded = []

    def counting(*arguments):
        for packet, found, sound in decode_packets(*arguments):
            decoded.extend(found)
            yield packet, found, sound

    monkeypatch.setattr("marey.videos.reading.decode_packets", counting)
    assert number(read_frame(path, 86, frames=frames)) == 86
    assert len(decoded) <= 30


def test_decoding_begins_at_no_damaged_key_frame():
    rows = {"pts": range(30), "digest": 0, "fault": False, "key_frame": [frame % 10 == 0 for frame in range(30)]}
    frames = pd.DataFrame(rows)
    assert _Stamps(frames).entries(25) == [20, 10, 0]
    frames.loc[20, "fault"] = True
    assert _Stamps(frames).entries(25) == [10, 0]


def test_a_time_stamp_of_an_earlier_frame_leads_back_to_none():
    stamps = _Stamps(pd.DataFrame({"pts": [0, 1, 2, 0, 1], "digest": 0, "fault": False, "key_frame": True}))
    at = [
        stamps.index(SimpleNamespace(pts=pts), expected) for pts, expected in ((1, 1), (2, 1), (0, 3), (0, 2), (7, 1))
    ]
    assert at == [1, 2, 3, None, None]


@pytest.mark.parametrize("name", ["b_frames.mp4", "open_gop.mp4", "long_gop.mp4", "mjpeg.avi"])
def test_chosen_frames_are_those_that_single_reads_give(name, tmp_path):
    path = make(tmp_path / name, *FORMATS[name])
    _, frames = probe(path)
    chosen = [70, 3, 5, 5, 19, 20, 89]
    found = list(read_chosen_frames(path, chosen, frames=frames))
    assert [index for index, _ in found] == [3, 5, 19, 20, 70, 89]
    for index, picture in found:
        np.testing.assert_array_equal(picture, read_frame(path, index, frames=frames))
    assert list(read_chosen_frames(path, [], frames=frames)) == []


def test_chosen_frames_between_two_key_frames_are_decoded_once(tmp_path, monkeypatch):
    path = make(tmp_path / "long_gop.mp4", *FORMATS["long_gop.mp4"])
    _, frames = probe(path)
    decoded = []

    def counted(*arguments, original=decode_packets):
        for packet, found, sound in original(*arguments):
            decoded.extend(found)
            yield packet, found, sound

    monkeypatch.setattr("marey.videos.reading.decode_packets", counted)
    assert len(list(read_chosen_frames(path, range(0, 60, 3), frames=frames))) == 20
    assert len(decoded) < 90 + 10  # not 20 times from the beginning


def test_a_chosen_frame_that_cannot_be_decoded_is_named(tmp_path):
    path = make(tmp_path / "h264.mov", *X264)
    _, frames = probe(path)
    make(path, *X264, "-frames:v", "50")
    with pytest.raises(VideoError, match="frame 60 cannot be decoded"):
        list(read_chosen_frames(path, [10, 60], frames=frames))

import errno
import hashlib
import os
from pathlib import Path

import numpy as np
import pytest

from marey.videos.reading import VideoError

from ..coded_video import damage, ffmpeg, make, picture, probe

X264 = ("-c:v", "libx264", "-pix_fmt", "yuv420p", "-g", "20", "-bf", "2", "-sc_threshold", "0")
MPEG4 = ("-c:v", "mpeg4", "-q:v", "3", "-g", "20")


def test_a_sound_video(tmp_path):
    path = make(tmp_path / "a.mp4", *X264, size=(160, 96))
    row, frames = probe(path)
    assert row.drop(["size", "content_hash", "duration", "fps"]).to_dict() == {
        "video": "v",
        "path": "a.mp4",
        "status": "ok",
        "detail": "",
        "container": "mov,mp4,m4a,3gp,3g2,mj2",
        "codec": "h264",
        "pixel_format": "yuv420p",
        "width": 160,
        "height": 96,
        "rotation": 0,
        "mirrored": False,
        "frames": 90,
        "container_frames": 90,
        "variable_frame_rate": False,
        "key_frames": 5,
        "faults": 0,
        "thumbnail_width": 32,
        "thumbnail_height": 19,
    }
    assert (row["fps"], row["duration"]) == pytest.approx((30, 3))
    assert row["size"] == path.stat().st_size
    assert row["content_hash"] == hashlib.blake2b(path.read_bytes(), digest_size=16).hexdigest()
    np.testing.assert_array_equal(frames["frame"], np.arange(90))
    np.testing.assert_allclose(frames["time"], np.arange(90) / 30, atol=1e-9)
    np.testing.assert_array_equal(frames.index[frames["key_frame"]], np.arange(0, 90, 20))
    assert not frames["fault"].any()
    assert (np.diff(frames["pts"]) > 0).all()


def test_thumbnails_are_area_averages_at_the_interval(tmp_path):
    path = make(tmp_path / "a.mp4", *X264, "-qp", "5", size=(160, 96))
    _, frames = probe(path, thumbnail_width=40)
    kept = frames.index[frames["thumbnail"].notna()]
    np.testing.assert_array_equal(kept, np.arange(0, 90, 15))  # 0.5 s at 30 frames/s
    for index in kept:
        found = np.frombuffer(frames["thumbnail"][index], np.uint8).reshape(24, 40)
        expected = picture(index, 160, 96).reshape(24, 4, 40, 4).mean(axis=(1, 3))
        assert np.abs(found - expected).max() < 12
    _, frames = probe(path, thumbnail_interval=0)
    assert frames["thumbnail"].notna().all()


def test_batches_continue_each_other(tmp_path, monkeypatch):
    path = make(tmp_path / "a.mp4", *X264)
    _, whole = probe(path)
    monkeypatch.setattr("marey.videos.probe_video._BATCH", 17)
    _, frames = probe(path)
    assert frames.equals(whole)


def test_variable_frame_rate_and_late_first_stamp(tmp_path):
    shift = "setpts=PTS+1/TB+gt(N\\,29)*0.5/TB"
    row, frames = probe(make(tmp_path / "a.mp4", "-vf", shift, "-fps_mode", "passthrough", *X264))
    assert (row["status"], row["variable_frame_rate"], row["frames"]) == ("ok", True, 90)
    expected = np.arange(90) / 30 + np.where(np.arange(90) > 29, 0.5, 0)
    np.testing.assert_allclose(frames["time"], expected, atol=1e-3)
    assert row["duration"] == pytest.approx(3.5, abs=1e-3)
    assert row["fps"] == pytest.approx(89 / expected[-1], rel=1e-3)


def test_rounded_stamps_are_no_variable_frame_rate(tmp_path):
    path = make(tmp_path / "a.mkv", "-vf", "setpts=N/(120*TB)", "-r", "120", *X264)  # 8.33 ms as 8 or 9
    row, _ = probe(path)
    assert (row["variable_frame_rate"], row["container_frames"]) == (False, None) or np.isnan(row["container_frames"])
    assert row["fps"] == pytest.approx(120, rel=0.01)


@pytest.mark.parametrize("name", ["a.h264", "a.avi"])
def test_times_without_presentation_stamps_follow_the_frame_rate(name, tmp_path):
    row, frames = probe(make(tmp_path / name, *X264))
    assert (row["status"], row["frames"], row["variable_frame_rate"]) == ("ok", 90, False)
    assert row["detail"].startswith("Time stamps are missing or out of order, which makes reading slow")
    rate = 25 if name == "a.h264" else 30  # a bare stream does not say its rate: FFmpeg takes 25
    np.testing.assert_allclose(frames["time"], np.arange(90) / rate, atol=1e-6)


def test_time_always_increases_where_a_recorder_restarted_its_clock(tmp_path):
    for part in "ab":
        make(tmp_path / f"{part}.ts", *X264, frames=45)
    path = tmp_path / "joined.ts"
    path.write_bytes((tmp_path / "a.ts").read_bytes() + (tmp_path / "b.ts").read_bytes())
    row, frames = probe(path)
    assert (row["status"], row["frames"]) == ("ok", 90)
    np.testing.assert_allclose(frames["time"], np.arange(90) / 30, atol=1e-3)


def test_a_repeated_stamp_does_not_shift_the_frames_after_it(tmp_path):
    path = make(tmp_path / "a.mkv", "-vf", "setpts=(N-eq(N\\,30)*0.99)/(30*TB)", "-fps_mode", "passthrough", *X264)
    row, frames = probe(path)
    assert row["frames"] == 90
    expected = np.arange(90) / 30
    expected[30] = expected[29]
    np.testing.assert_allclose(frames["time"], expected, atol=2e-3)
    assert (np.diff(frames["time"]) > 0).all()


def test_damage_in_the_middle_is_counted_and_passed(tmp_path):
    path = make(tmp_path / "a.mp4", *X264, size=(160, 96))
    damage(path, 41)
    row, frames = probe(path)
    assert (row["status"], row["frames"], row["faults"]) == ("ok", 89, 1)
    marked = frames.index[frames["fault"]]
    assert row["detail"] == (
        "The file claims 90 frames and holds 89; frame numbers count those that it holds. Damage in 1 place: "
        f"what it reaches up to the next sound key frame, {len(marked)} frames, is marked as fault. Frame numbers "
        "count the frames that can be decoded. By the times, 1 frame is missing, in 1 place."
    )
    assert 36 <= marked[0] <= 44
    np.testing.assert_array_equal(marked, np.arange(marked[0], 59))  # key frame 60, as one is lost


def test_repeated_frames_of_an_avi_do_not_end_it(tmp_path):
    path = make(tmp_path / "a.avi", "-vf", "select=not(between(n\\,30\\,40))", "-fps_mode", "passthrough", *MPEG4)
    row, frames = probe(path)
    assert (row["status"], row["frames"], row["container_frames"]) == ("ok", 79, 90)
    assert row["detail"] == (
        "The file claims 90 frames and holds 79; frame numbers count those that it holds. "
        "By the times, 11 frames are missing, in 1 place."
    )
    assert frames["time"][78] == pytest.approx(89 / 30)


@pytest.mark.parametrize(
    ("options", "detail"),
    [
        (("-flags", "+ilme+ildct", "-vf", "setfield=tff"), "Interlaced: frames show two moments, line by line."),
        (("-vf", "setsar=4/3"), "Pixels are not square (4:3): images and positions are in px as stored."),
        (("-vf", "setsar=97/96"), ""),  # what scaling to whole pixels leaves over
        (("-map", "0:v", "-map", "0:v"), "The file holds 2 video streams; only the first is read."),
    ],
)
def test_what_a_reader_may_not_expect_is_said(options, detail, tmp_path):
    row, frames = probe(make(tmp_path / "a.mkv", *X264, *options, frames=20))
    assert (row["status"], len(frames)) == ("ok", 20)
    assert row["detail"].startswith(detail)
    assert bool(row["detail"]) == bool(detail)


def test_frames_outside_an_edit_list_do_not_count(tmp_path):
    whole = make(tmp_path / "whole.mp4", *X264)
    path = tmp_path / "trimmed.mp4"
    ffmpeg("-ss", "1.1", "-i", str(whole), "-c", "copy", str(path))
    row, _ = probe(path)
    assert (row["status"], row["frames"]) == ("ok", 57)  # from frame 33 on


def test_a_disk_that_does_not_give_the_file_stops_no_other_video(tmp_path, monkeypatch):
    def broken(path):
        raise OSError(errno.EIO, "Input/output error")

    path = make(tmp_path / "v.mp4", "-c:v", "libx264", "-pix_fmt", "yuv420p", frames=2)
    monkeypatch.setattr("marey.videos.probe_video.content_hash", broken)
    row, frames = probe(path)
    assert (row["status"], len(frames)) == ("unreadable", 0)
    assert row["detail"] == "The file cannot be opened: Input/output error. Check its permissions and its disk."


def test_a_missing_file_stops_the_job(tmp_path):
    with pytest.raises(VideoError, match=r"none.mp4: no such file. Put the video back"):
        probe(tmp_path / "none.mp4")


def test_the_open_field_video(tmp_path):
    data = Path(os.environ.get("MAREY_DATA", "../shared/data")) / "01_openfield_dlc_single"
    path = data / "openfield-Pranav-2018-10-30/videos/m3v1mp4.mp4"
    if not path.exists():
        pytest.skip(f"{path} is not here (set MAREY_DATA)")
    (tmp_path / path.name).symlink_to(path.resolve())
    row, frames = probe(tmp_path / path.name)
    assert (row["status"], row["detail"], row["frames"], len(frames)) == ("ok", "", 2330, 2330)
    assert (row["width"], row["height"], row["fps"]) == (640, 480, pytest.approx(30, abs=0.01))

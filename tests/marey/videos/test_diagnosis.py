import io
import wave

import av
import pytest

from ..coded_video import ffmpeg, make, probe

X264 = ("-c:v", "libx264", "-pix_fmt", "yuv420p", "-g", "20", "-bf", "2")
MPEG4 = ("-c:v", "mpeg4", "-q:v", "3", "-g", "20")
VP8 = ("-c:v", "libvpx", "-g", "20", "-b:v", "1M")


def fault(path):
    row, frames = probe(path)
    assert len(frames) == row["frames"]
    return row["status"], row["detail"], row["frames"]


@pytest.mark.parametrize(
    ("made", "called", "detail"),
    [
        ("a.avi", "b.mp4", "The file is called .mp4 but holds avi. Rename it to end in .avi."),
        ("a.mp4", "b.AVI", "The file is called .avi but holds mp4. Rename it to end in .mp4."),
        ("a.mkv", "b.mov", "The file is called .mov but holds mkv. Rename it to end in .mkv."),
    ],
)
def test_wrong_suffix(made, called, detail, tmp_path):
    path = make(tmp_path / made, *(MPEG4 if made == "a.avi" else X264)).rename(tmp_path / called)
    assert fault(path) == ("wrong_suffix", detail, 90)


@pytest.mark.parametrize(
    ("made", "called"), [("a.mp4", "b.mov"), ("a.mov", "b.M4V"), ("a.mkv", "b.webm"), ("a.mp4", "b")]
)
def test_suffixes_of_one_family_are_right(made, called, tmp_path):
    assert fault(make(tmp_path / made, *X264).rename(tmp_path / called)) == ("ok", "", 90)


@pytest.mark.parametrize(
    ("name", "options", "claimed"),
    [
        ("index_first.mp4", (*X264, "-movflags", "+faststart"), " of 90"),
        ("fragmented.mp4", (*X264, "-movflags", "frag_keyframe+empty_moov"), None),
        ("a.avi", MPEG4, " of 90"),
        ("motion_jpeg.avi", ("-c:v", "mjpeg", "-pix_fmt", "yuvj420p"), " of 90"),
        ("a.mkv", X264, None),
        ("a.webm", VP8, None),
    ],
)
@pytest.mark.parametrize("packet", [30, 70])
def test_truncated(name, options, claimed, packet, tmp_path):
    path = make(tmp_path / name, *options, size=(160, 96))
    with av.open(str(path)) as container:
        place = [packet.pos + packet.size // 2 for packet in container.demux(video=0) if packet.size][packet]
    path.write_bytes(path.read_bytes()[:place])
    status, detail, frames = fault(path)
    holds = f"it holds {frames}{claimed} frames" if claimed else f"it holds only the first {frames} frames"
    assert status == "truncated"
    assert packet - 20 < frames <= packet + 1  # Matroska's last cluster may be lost wholly
    assert detail.startswith(f"The file is cut short: {holds}. Copy it again, or use it as it is.")


def test_fragmented_recording_that_stops_in_an_index(tmp_path):
    path = make(tmp_path / "a.mp4", *X264, "-movflags", "frag_keyframe+empty_moov", size=(160, 96))
    data = path.read_bytes()
    for extra in range(20, 240, 20):
        path.write_bytes(data[: data.rindex(b"moof") + extra])
        status, detail, frames = fault(path)  # FFmpeg opens some of these and others not
        begins = "The file is cut short: it holds only the" if frames else "The index of the file is broken off in the"
        assert (status, detail[: len(begins)]) == ("truncated" if frames else "unreadable", begins)


@pytest.mark.parametrize("name", ["a.avi", "a.mp4"])
def test_cut_between_two_frames(name, tmp_path):
    path = make(tmp_path / name, *(MPEG4 if name == "a.avi" else (*MPEG4, "-movflags", "+faststart")))
    with av.open(str(path)) as container:
        places = [(packet.pos, packet.size) for packet in container.demux(video=0) if packet.size]
    path.write_bytes(path.read_bytes()[: sum(places[49]) if name == "a.mp4" else places[50][0]])
    assert fault(path) == (
        "truncated",
        "The file is cut short: it holds 50 of 90 frames. Copy it again, or use it as it is.",
        50,
    )


def test_damage_that_hides_frames_of_an_avi_is_not_a_cut(tmp_path):
    path = make(tmp_path / "a.avi", *MPEG4, size=(160, 96))
    with av.open(str(path)) as container:
        places = [packet.pos - 8 for packet in container.demux(video=0) if packet.size]
    data = bytearray(path.read_bytes())
    data[places[40] : places[55]] = b"\xff" * (places[55] - places[40])  # chunk headers too
    path.write_bytes(data)
    status, detail, frames = fault(path)
    assert (status, frames < 90) == ("ok", True)
    assert detail.startswith(f"The file claims 90 frames and holds {frames}; frame numbers count those that it holds.")


def test_empty_file(tmp_path):
    (tmp_path / "a.mp4").touch()
    detail = "The file is empty (0 bytes). Copy it again from where it was recorded."
    assert fault(tmp_path / "a.mp4") == ("empty", detail, 0)


def test_sound_only(tmp_path):
    sound = io.BytesIO()
    with wave.open(sound, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(bytes(16000))
    (tmp_path / "a.wav").write_bytes(sound.getvalue())
    detail = "The file holds no images, at most sound. Check that it is the right file."
    assert fault(tmp_path / "a.wav") == ("empty", detail, 0)


@pytest.mark.parametrize("name", ["a.avi", "a.mkv"])
def test_video_without_frames(name, tmp_path):
    path = tmp_path / name
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=30)
        stream.width, stream.height, stream.pix_fmt = 80, 48, "yuv420p"
        container.start_encoding()
    detail = "The file is a video without a single frame. Check whether the recording was ever started."
    assert fault(path) == ("empty", detail, 0)


def test_cut_before_the_first_frame(tmp_path):
    path = make(tmp_path / "a.mp4", *X264, "-movflags", "+faststart")
    data = path.read_bytes()
    path.write_bytes(data[: data.index(b"mdat") + 4])
    detail = "None of the frames could be decoded: the file is cut or damaged. Copy it again."
    assert fault(path) == ("unreadable", detail, 0)


def test_killed_recording_without_index(tmp_path):
    path = make(tmp_path / "a.mp4", *X264)  # the index comes last
    path.write_bytes(path.read_bytes()[:-600])
    status, detail, frames = fault(path)
    assert (status, frames) == ("unreadable", 0)
    assert detail.startswith(
        "The index of the file is missing (its 'moov' box): the recording or the copy was stopped."
    )
    assert "untrunc" in detail


@pytest.mark.parametrize(
    ("content", "detail"),
    [
        (
            b"version https://git-lfs.github.com/spec/v1\noid",
            "The file is text, not a video; it begins with 'version https:",
        ),
        ("Größe: 3 µm\n".encode() * 500, "The file is text, not a video; it begins with 'Größe: 3 µm"),
        (bytes(9000), "The file holds only zeros: a copy that failed."),
        (bytes(range(256)) * 20, "The file is no video that FFmpeg knows, or its beginning is damaged."),
    ],
)
def test_files_that_are_no_video(content, detail, tmp_path):
    (tmp_path / "a.mp4").write_bytes(content)
    status, found, frames = fault(tmp_path / "a.mp4")
    assert (status, frames) == ("unreadable", 0)
    assert found.startswith(detail)


def test_a_folder_is_unreadable(tmp_path):
    (tmp_path / "a.mp4").mkdir()
    status, detail, frames = fault(tmp_path / "a.mp4")
    assert (status, frames) == ("unreadable", 0)
    assert detail.startswith("The file cannot be opened: Is a directory.")


def test_unknown_codec(tmp_path):
    path = make(tmp_path / "a.mp4", *X264)
    path.write_bytes(path.read_bytes().replace(b"avc1", b"zzzz"))
    status, detail, frames = fault(path)
    assert (status, frames) == ("unreadable", 0)
    assert detail.startswith("The codec of the video is not one that this FFmpeg can decode. Convert it: ffmpeg")


def test_sound_that_lasts_longer_does_not_make_a_video_truncated(tmp_path):
    video, path = make(tmp_path / "v.mkv", *X264), tmp_path / "a.mkv"
    ffmpeg("-i", str(video), "-f", "lavfi", "-i", "sine=duration=6", "-c:v", "copy", "-c:a", "pcm_s16le", str(path))
    assert fault(path) == ("ok", "", 90)

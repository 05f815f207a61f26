"""The video sheet: every wrong row is named, and folders, globs and files do without one."""

import os

import pytest

from marey.experiment.config import ConfigError, load_config
from marey.experiment.sheet import check_files, fingerprint, read_videos

MINIMAL = {"project": "p", "data": ".", "videos": "videos.tsv"}


def sheet(tmp_path, text):
    (tmp_path / "videos.tsv").write_text(text)
    return {**load_config(MINIMAL), "data": str(tmp_path)}


def test_sheet(tmp_path):
    rows = "a\tone.mp4\tm1\t\t20:\nb\tsub/two.avi\t\t0,0,64,32\t\n"
    config = sheet(tmp_path, f"video\tpath\tsubject\tcrop\tframes\n{rows}")
    videos = read_videos(config)
    assert list(videos) == ["a", "b"]
    assert videos["a"]["subject"] == "m1"
    assert videos["a"]["crop"] is None
    assert videos["b"]["crop"] == "0,0,64,32"
    assert [videos[name]["frames"] for name in "ab"] == ["20:", None]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("video\tpath\na\tx.mp4\na\ty.mp4\n", "line 3: video 'a' is already in line 2"),
        ("video\tpath\tcorp\na\tx.mp4\t1\n", "line 1: corp: unknown column; did you mean 'crop'?"),
        ("video|path\na|x.mp4\nb|y.mp4\n", "with a tab, a semicolon or a comma between them"),
        ("a\tx.mp4\nb\ty.mp4\n", "line 1: path: missing column"),
        ("video\tpath\n../a\tx.mp4\n", "line 2: video: '../a' does not match"),
        ("video\tpath\tcrop\na\tx.mp4\t1,2\n", "line 2: crop: '1,2' does not match"),
        ("video\tpath\tframes\na\tx.mp4\t1-9\n", "line 2: frames: '1-9' does not match"),
        ("video\tpath\tframes\na\tx.mp4\t9:9\n", "line 2: frames: 9:9: no frame lies between"),
        ("video\tpath\na\n", "line 2: path: missing"),
        ("video\tpath\tpath\na\tx.mp4\ty.mp4\n", "the columns 2 and 3 are both named 'path'"),
        ('video\tpath\na\t"x.mp4\nb\ty.mp4\n', "line 2: a quote is not closed"),
        ("video\tpath\na\tx.mp4\tz\n", "line 2: 'z' is in no named column"),
        ("video\tpath\n", "the sheet lists no videos. Write a line for each"),
        ("", "Expected a first line with the columns video and path"),
    ],
)
def test_sheet_faults(tmp_path, text, message):
    with pytest.raises(ConfigError) as error:
        read_videos(sheet(tmp_path, text))
    assert message in str(error.value)


@pytest.mark.parametrize("name", ["videos.csv", "videos.TSV", "videos.txt"])
@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "utf-16"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_sheets_that_spreadsheets_save(tmp_path, name, encoding, separator):
    rows = [["video", "path", "subject"], ["", "", ""], ["a", "one.mp4", "Käthe"], ["", "", ""]]
    (tmp_path / name).write_bytes("\r\n".join(map(separator.join, rows)).encode(encoding))
    videos = read_videos({**load_config(MINIMAL), "data": str(tmp_path), "videos": name})
    assert [(row["path"], row["subject"]) for row in videos.values()] == [("one.mp4", "Käthe")]


@pytest.mark.parametrize("header", ["video path", "video\tpath\tpaht", "video\tsubject"])
def test_a_wrong_header_is_named_once(tmp_path, header):
    rows = "".join(f"v{number}\tx.mp4\tm\n" for number in range(50))
    with pytest.raises(ConfigError) as error:
        read_videos(sheet(tmp_path, f"{header}\n{rows}"))
    assert "line 1" in str(error.value)
    assert "line 2" not in str(error.value)
    assert len(str(error.value).splitlines()) <= 4


@pytest.mark.parametrize("suffix", ["tsv", "csv", "txt"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_sheets_as_spreadsheets_save_them(tmp_path, suffix, encoding):
    (tmp_path / f"s.{suffix}").write_bytes("video;path;subject\r\na;é.mp4;Mäuschen\r\n;;\r\n".encode(encoding))
    config = {**load_config(MINIMAL), "data": str(tmp_path), "videos": f"s.{suffix}"}
    assert [(row["path"], row["subject"]) for row in read_videos(config).values()] == [("é.mp4", "Mäuschen")]


def test_folder_glob_and_file(tmp_path):
    for name in ("a.mp4", "b c.AVI", "notes.txt"):
        (tmp_path / name).touch()
    config = {**load_config(MINIMAL), "data": str(tmp_path)}
    assert {name: row["path"] for name, row in read_videos({**config, "videos": "."}).items()} == {
        "a": "a.mp4",
        "b_c": "b c.AVI",
    }
    assert list(read_videos({**config, "videos": "*.mp4"})) == ["a"]
    assert list(read_videos({**config, "videos": "a.mp4"})) == ["a"]
    with pytest.raises(ConfigError, match="no videos found there"):
        read_videos({**config, "videos": "*.mkv"})
    (tmp_path / "a.avi").touch()
    with pytest.raises(ConfigError, match="a second video named 'a'"):
        read_videos({**config, "videos": "."})


def test_missing_videos_are_named(tmp_path):
    config = sheet(tmp_path, "video\tpath\na\tone.mp4\nb\ttwo.mp4\n")
    (tmp_path / "two.mp4").touch()
    with pytest.raises(ConfigError) as error:
        check_files(config, read_videos(config))
    assert "video 'a'" in str(error.value)
    assert "video 'b'" not in str(error.value)


def test_missing_weights_are_named(tmp_path):
    config = {**sheet(tmp_path, "video\tpath\na\tone.mp4\n"), "model": {"weights": "resnet18.pth"}}
    (tmp_path / "one.mp4").touch()
    with pytest.raises(ConfigError, match="model.weights: .*resnet18.pth: no such file"):
        check_files(config, read_videos(config))
    (tmp_path / "resnet18.pth").touch()
    check_files(config, read_videos(config))


@pytest.mark.parametrize("place", [0, 500_000, 999_999])
def test_another_video_has_another_fingerprint(tmp_path, place):
    path = tmp_path / "a.mp4"
    content = bytearray(range(256)) * 4000
    path.write_bytes(content[:1_000_000])
    before = fingerprint(path)
    os.utime(path, (1e9, 1e9))
    assert fingerprint(path) == before
    content[place] ^= 1
    path.write_bytes(content[:1_000_000])
    assert fingerprint(path) != before


@pytest.mark.parametrize("size", [0, 1, 100_000])
def test_a_longer_video_has_another_fingerprint(tmp_path, size):
    path = tmp_path / "a.mp4"
    path.write_bytes(bytes(size))
    before = fingerprint(path)
    path.write_bytes(bytes(size + 1))
    assert fingerprint(path) != before

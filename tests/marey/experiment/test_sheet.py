"""The video sheet: every wrong row is named, and folders, globs and files do without one."""

import os

import pytest

from marey.experiment.config import ConfigError, load_config
from marey.experiment.sheet import check_files, hidden_videos, missing_videos, read_videos, said

MINIMAL = {"project": "p", "data": ".", "videos": "videos.tsv"}


def sheet(tmp_path, text):
    (tmp_path / "videos.tsv").write_text(text)
    return {**load_config(MINIMAL), "data": str(tmp_path)}


def test_an_experiment_may_have_no_videos():
    config = {**load_config(MINIMAL), "videos": []}
    assert read_videos(config) == {}
    assert hidden_videos(config) == []
    check_files(config, {})


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
        ("video\tpath\na\tx.mp4\na\ty.mp4\n", "line 3: a second video named 'a' (the first: "),
        ("video\tpath\na\tx.mp4\nA\ty.mp4\n", "line 3: a second video named 'A' as 'a', but for capitals (the first: "),
        (f"video\tpath\n{'a' * 201}\tx.mp4\n", "line 2: video: 'aaa"),  # names of files get longer by 18 characters
        (f"video\tpath\nm{'_' * 20}\tx.mp4\n", f"line 2: video: 'm{'_' * 20}' ends with '_' 20 times or more"),
        ("video\tpath\tcorp\na\tx.mp4\t1\n", "line 1: 'corp': unknown column; did you mean 'crop'?"),
        ("video\tfile\na\tx.mp4\n", "line 1: the column 'path' is missing"),
        ("video\tfile\na\tx.mp4\n", "line 1: 'file': unknown column"),
        ("video path\na x.mp4\n", "line 1: 'video path': unknown column"),
        ("video\tpath\na\tx.mp4\t3\n", "line 2: '3' is in no named column"),
        ("video\tpath\n../a\tx.mp4\n", "line 2: video: '../a' does not match"),
        ("video\tpath\tcrop\na\tx.mp4\t1,2\n", "line 2: crop: '1,2' does not match"),
        ("video\tpath\tframes\na\tx.mp4\t1-9\n", "line 2: frames: '1-9' does not match"),
        ("video\tpath\tframes\na\tx.mp4\t9:9\n", "line 2: frames: 9:9: no frame lies between"),
        ("video\tpath\na\n", "line 2: path: missing"),
        ("video\tpath\tpath\na\tx.mp4\ty.mp4\n", "the columns 2 and 3 are both named 'path'"),
        ('video\tpath\na\t"x.mp4\nb\ty.mp4\n', "line 2: a quote is not closed"),
        ("video\tpath\na\tv{video}.mp4\n", "Snakemake takes '{' for a placeholder"),
        ("video\tpath\na\t<results>.mp4\n", "Snakemake takes '<' for a placeholder"),
        ("video\tpath\n", "the sheet lists no videos. Write a line for each"),
        ("", "expected a first line with the columns video and path"),
    ],
)
def test_sheet_faults(tmp_path, text, message):
    with pytest.raises(ConfigError) as error:
        read_videos(sheet(tmp_path, text))
    assert message in str(error.value)


def test_a_fault_of_the_columns_is_said_once(tmp_path):
    rows = "".join(f"{name}\tx.mp4\t1\n" for name in "abcd")
    with pytest.raises(ConfigError) as error:
        read_videos(sheet(tmp_path, f"video\tpath\tcorp\n{rows}"))
    assert ["line 1: " in line for line in str(error.value).splitlines()] == [True, False]


def test_what_spreadsheets_leave_behind_the_last_column_does_not_count(tmp_path):
    assert list(read_videos(sheet(tmp_path, "\ufeffvideo\tpath\t\t\r\na\tx.mp4\t\t\r\n"))) == ["a"]


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


def test_a_pipe_is_no_video(tmp_path):
    os.mkfifo(tmp_path / "a.mp4")
    config = {**load_config(MINIMAL), "data": str(tmp_path), "videos": "."}
    assert list(missing_videos(config, read_videos(config))) == ["a"]


def test_links_in_a_circle_show_no_video_twice(tmp_path):
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "a.mp4").touch()
    (tmp_path / "sub" / "up").symlink_to(tmp_path)
    (tmp_path / "b.mp4").symlink_to("b.mp4")
    config = {**load_config(MINIMAL), "data": str(tmp_path), "videos": "**/*.mp4"}
    videos = read_videos(config)
    assert {name: row["path"] for name, row in videos.items()} == {"a": "sub/a.mp4", "b": "b.mp4"}
    assert list(missing_videos(config, videos)) == ["b"]


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
    for name in ("*.mkv", "nowhere"):
        with pytest.raises(
            ConfigError, match=r"no videos found there. Expected a sheet \(.csv, .tsv, .txt\), a folder"
        ):
            read_videos({**config, "videos": name})
    with pytest.raises(ConfigError, match="save this spreadsheet as .csv"):
        read_videos({**config, "videos": "videos.xlsx"})
    (tmp_path / "a.avi").touch()
    with pytest.raises(ConfigError, match="a second video named 'a'"):
        read_videos({**config, "videos": "."})


def named(tmp_path, place, *names):
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    return read_videos({**load_config(MINIMAL), "data": str(tmp_path), "videos": place})


def test_hidden_files_are_no_videos_and_are_named(tmp_path):
    for place in ("videos", "videos/*.mp4"):
        assert list(named(tmp_path, place, "videos/._mouse1.mp4", "videos/mouse1.mp4", "videos/_cam1.mp4")) == [
            "cam1",
            "mouse1",
        ]
        assert hidden_videos({"data": str(tmp_path), "videos": place}) == ["videos/._mouse1.mp4"]


@pytest.mark.parametrize("place", ["rec[1].mp4", "[2024]", "[2024]/a.mp4", "[2024]/*.mp4"])
def test_a_path_that_exists_is_no_glob(tmp_path, place):
    if place.endswith("*.mp4"):
        place = "[[]2024]/*.mp4"
    assert len(named(tmp_path, place, "rec[1].mp4", "[2024]/a.mp4")) == 1


def test_globs_are_rooted_in_the_data_folder(tmp_path):
    (tmp_path / "[x]*").mkdir()
    assert list(named(tmp_path / "[x]*", "*.mp4", "a.mp4")) == ["a"]


@pytest.mark.parametrize("name", ["{brace}.mp4", "v{video}.mp4", "a\nb.mp4", "<results>.mp4"])
def test_names_that_snakemake_cannot_take_are_refused_wherever_they_come_from(tmp_path, name):
    with pytest.raises(ConfigError, match="rename the file or folder"):
        named(tmp_path, ".", name)


def test_accents_composed_or_not_give_one_name(tmp_path):
    composed, parted = (
        named(tmp_path / folder, ".", name) for folder, name in (("a", "été.mp4"), ("b", "e\u0301te\u0301.mp4"))
    )
    assert list(composed) == list(parted) == ["ete"]


def test_a_path_is_the_one_on_disk_whichever_way_its_accents_are_written(tmp_path):
    (tmp_path / "e\u0301.mp4").touch()
    (tmp_path / "\u00fc.mp4").touch()
    config = sheet(tmp_path, "video\tpath\na\t\u00e9.mp4\nb\tu\u0308.mp4\nc\t\u00e4.mp4\n")
    assert [row["path"] for row in read_videos(config).values()] == ["e\u0301.mp4", "\u00fc.mp4", "\u00e4.mp4"]


def test_a_broken_link_is_a_missing_video(tmp_path):
    (tmp_path / "b.mp4").symlink_to("gone")
    for place in (".", "*.mp4"):
        videos = named(tmp_path, place, "a.mp4")
        assert list(missing_videos({"data": str(tmp_path)}, videos)) == ["b"]


def test_a_glob_takes_videos_alone(tmp_path):
    assert list(named(tmp_path, "**/*", "a.mp4", "b/c.avi", "notes.txt", "b/Thumbs.db")) == ["a", "c"]
    assert list(named(tmp_path, "*.seq", "d.seq")) == ["d"]  # the suffix that the glob itself names


def test_a_name_without_a_letter_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="小鼠.mp4: no letter or digit of ASCII"):
        named(tmp_path, ".", "小鼠.mp4")


@pytest.mark.parametrize("name", ["a.MTS", "a.wmv", "a.m2ts", "a.flv", "a.mjpeg", "a.mpeg", "a.ts"])
def test_videos_of_every_container_count_in_a_folder(tmp_path, name):
    assert list(named(tmp_path, ".", name, "b.gif", "c.m4a", "d.csv", "e.png")) == ["a"]


def test_missing_videos_are_named_and_stop_a_run_only_where_all_are(tmp_path):
    config = sheet(tmp_path, "video\tpath\na\tone.mp4\nb\ttwo.mp4\n")
    videos = read_videos(config)
    with pytest.raises(ConfigError, match="none of the videos is there") as error:
        check_files(config, videos)
    assert "video 'a'" in str(error.value)
    (tmp_path / "two.mp4").touch()
    check_files(config, videos)
    missing = missing_videos(config, videos)
    assert said(missing) == [
        f"video 'a': {tmp_path}/one.mp4: no such file. Put it back, correct its path, or take it out of the sheet."
    ]
    assert said(dict.fromkeys("abc", "gone"), most=2) == ["video 'a': gone", "video 'b': gone", "... and 1 more"]


def test_missing_weights_are_named(tmp_path):
    config = {**sheet(tmp_path, "video\tpath\na\tone.mp4\n"), "model": {"weights": "resnet18.pth"}}
    (tmp_path / "one.mp4").touch()
    with pytest.raises(ConfigError, match="model.weights: .*resnet18.pth: no such file"):
        check_files(config, read_videos(config))
    (tmp_path / "resnet18.pth").touch()
    check_files(config, read_videos(config))

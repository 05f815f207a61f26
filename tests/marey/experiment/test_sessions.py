"""Sessions of the sheet and rigs of cameras: every wrong row is named, and whatever a calibration lacks."""

import pytest

from marey.experiment import sessions
from marey.experiment.config import ConfigError, load_config
from marey.experiment.stages import matching_config, session_config
from marey.experiment.validation import schema, with_defaults
from marey.multiview.formats import calibration_toml

from ..multiview import rig

BOARD = {"type": "chessboard", "squares": [8, 6], "square_size": 24}


def config(calibration="calibration/{camera}.mp4", **cameras) -> dict:
    cameras = {"calibration": calibration, "board": BOARD, **cameras}
    raw = {"project": "p", "data": "d", "videos": "v", "keypoints": ["nose", "l_ear", "r_ear"], "cameras": cameras}
    return load_config(raw)


def sheet(*rows: tuple) -> dict[str, dict]:
    """Rows (session, camera) of videos a, b, c ..."""
    named = zip("abcdef", rows, strict=False)
    rows = {name: {"video": name, "path": name, "session": row[0], "camera": row[1]} for name, row in named}
    return {name: with_defaults(row, schema("videos")) for name, row in rows.items()}


PAIR = (("day1", "top"), ("day1", "side"))


def test_without_cameras_a_sheet_may_say_what_it_likes():
    plain = {**config(), "cameras": {"calibration": None}}
    assert sessions.read_sessions(plain, sheet(("day 1", None), ("day 1", "top"), ("day 1", "top"))) == {}


def test_videos_come_by_session_and_camera_and_those_without_are_left_out():
    rows = sheet(*PAIR, (None, None), ("day2", "top"), ("day2", "back"))
    found = sessions.read_sessions(config(), rows)
    assert found == {"day1": {"top": "a", "side": "b"}, "day2": {"top": "d", "back": "e"}}
    assert sessions.read_rigs(config(), found) == {"all": ["back", "side", "top"]}
    own = config("{session}/{camera}.mp4")
    assert sessions.read_rigs(own, found) == {"day1": ["side", "top"], "day2": ["back", "top"]}


@pytest.mark.parametrize(
    ("rows", "messages"),
    [
        ([*PAIR, ("day1", "top")], ["video 'c': camera 'top' of session 'day1' has filmed video 'a' already; correct"]),
        ([*PAIR, ("day1", None)], ["video 'c': has a session ('day1') and no camera; name its camera, or leave"]),
        ([*PAIR, (None, "top")], ["video 'c': has a camera ('top') and no session; name its session, or leave"]),
        ([*PAIR, ("day2", "top")], ["video 'c': camera 'top' is the only one of session 'day2', and a point in space"]),
        ([*PAIR, ("day1", "the back")], ["video 'c': camera: 'the back': expected letters and digits of ASCII"]),
        ([("day1", "a/b"), ("day1", None)], ["video 'a': camera: 'a/b'", "video 'b': has a session"]),
        ([*PAIR, ("Day1", "top"), ("Day1", "side")], ["'day1' and 'Day1' differ by capitals alone"]),
        ([*PAIR, ("day2", "Top"), ("day2", "side")], ["'top' and 'Top' differ by capitals alone"]),
        ([(None, None)], ["no video has a session, but `cameras.calibration` is set; say in the sheet's columns"]),
    ],
)
def test_every_wrong_row_is_named(rows, messages):
    with pytest.raises(ConfigError) as error:
        sessions.read_sessions(config(), sheet(*rows))
    lines = str(error.value).splitlines()
    assert len(lines) == len(messages)
    for line, message in zip(lines, messages, strict=True):
        assert line.startswith(f"config: videos: {message}")


@pytest.mark.parametrize(
    ("offsets", "message"),
    [
        ({"tpo": 1.5}, "cameras.offsets: 'tpo' is no camera of the sheet; did you mean 'top'?"),
        ({"day3": {"top": 1}}, "cameras.offsets: 'day3' is no session of the sheet"),
        ({"day1": {"back": 1}}, "cameras.offsets.day1: 'back' is no camera of that session"),
    ],
)
def test_offsets_of_what_is_not_there_are_named(offsets, message):
    with pytest.raises(ConfigError, match=message):
        sessions.read_sessions(config(offsets=offsets), sheet(*PAIR))


def test_a_session_reads_its_own_offsets_and_which_keypoints_are_on_which_side():
    offsets = {"top": 0.5, "side": 1, "back": 2, "day1": {"top": -1}, "day2": {"side": 3}}
    views = {"top": "a", "side": "b"}
    read = session_config(config(offsets=offsets), "smooth_session", "day1", views)
    assert read["offsets"] == {"top": -1, "side": 1}
    assert read["symmetry"] == [["l_ear", "r_ear"]]
    assert read["views"] == views
    assert {"triangulate", "smooth3d", "skeleton", "keypoints"} <= read.keys()
    assert "smooth3d" not in session_config(config(), "triangulate_session", "day1", views)


@pytest.mark.parametrize(
    ("said", "number", "expected"),
    [(("", ""), 2, 2), (("3", ""), 2, 3), (("1", "2"), None, 2), (("3", ""), None, None)],
)
def test_a_session_has_as_many_animals_as_any_of_its_videos(said, number, expected):
    animals = {"method": "bottom_up", "number": number, "identities": ["a"]}
    views = {"top": "v", "side": "w"}
    rows = {video: {"animals": text or None} for video, text in zip("vw", said, strict=True)}
    read = matching_config(config() | {"animals": animals}, "day1", views, rows)
    assert read["animals"] == {"number": expected, "identities": ["a"]}
    assert read["offsets"] == {}


def calibrations(folder, names: list[str], calibration: str, cameras: list[str]) -> str:
    """What is said of the calibrations of cameras in a folder that holds these files."""
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    asked = {**config(calibration), "data": str(folder)}
    try:
        sessions.check_calibrations(asked, {"day1": dict.fromkeys(cameras, "v")})
    except ConfigError as error:
        return str(error).replace(str(folder), "d")
    return ""


def test_videos_and_images_of_a_board(tmp_path):
    films = ["c/top.mp4", "c/side.mp4"]
    assert not calibrations(tmp_path, films, "c/{camera}.mp4", ["top", "side"])
    said = calibrations(tmp_path, films, "c/{camera}.mp4", ["top", "Side", "back"])
    assert [line.partition(". Put")[0] for line in said.splitlines()] == [
        "config: cameras.calibration: d/c/Side.mp4: no such file, for camera 'Side'; there is one of top",
        "config: cameras.calibration: d/c/back.mp4: no such file, for camera 'back'; there is one of top",
    ]
    images = [f"{camera}/{number}.PNG" for camera in ("top", "side") for number in range(3)]
    assert not calibrations(tmp_path, images, "{camera}/*.PNG", ["top", "side"])
    asked = {**config("{camera}/*.PNG"), "data": str(tmp_path)}
    paths = sessions.calibration_files(asked, "all", "top")
    assert paths == ["top/0.PNG", "top/1.PNG", "top/2.PNG"]
    assert sessions.shows_images(paths)
    said = calibrations(tmp_path, ["x/top1.mp4", "x/top2.mp4", "x/side.mp4"], "x/{camera}*.mp4", ["top", "side"])
    assert said.startswith(
        "config: cameras.calibration: d/x/top1.mp4 and 1 more are of camera 'top'; expected one video"
    )


def test_a_calibration_of_another_tool(tmp_path):
    calibration_toml.write(tmp_path / "day1.toml", rig.ring(3))
    assert not calibrations(tmp_path, [], "{session}.toml", ["view1", "view3"])
    assert calibrations(tmp_path, [], "{session}.toml", ["view1", "Top"]).startswith(
        "config: cameras.calibration: d/day1.toml: has no camera Top; it has view2, view3, which the sheet has not."
    )
    assert "d/all.toml: no such file, for the cameras Top" in calibrations(tmp_path, [], "all.toml", ["Top"])
    assert "d/empty.toml: " not in calibrations(tmp_path, [], "day1.toml", ["view2"])
    (tmp_path / "broken.toml").write_text("[cam_0")
    assert "d/broken.toml: is not TOML" in calibrations(tmp_path, [], "broken.toml", ["view2"])


def test_what_finds_boards_has_to_be_there_where_there_are_some(monkeypatch):
    monkeypatch.setattr(sessions, "find_spec", lambda name: None)
    with pytest.raises(ConfigError, match="boards are found by OpenCV, which is not installed; `make install LOCK="):
        sessions.check_opencv(config())
    sessions.check_opencv(config("calibration.toml"))
    monkeypatch.setattr(sessions, "find_spec", lambda name: name)
    sessions.check_opencv(config())

"""The block `cameras`: what calibrates, and what is missing for that."""

import pytest

from marey.experiment.cameras import calibrated_by_board
from marey.experiment.config import ConfigError, load_config

CHARUCO = {"squares": [8, 6], "square_size": 24, "marker_size": 18, "dictionary": "4X4_50"}
CHESSBOARD = {"type": "chessboard", "squares": [8, 6], "square_size": 24}


def load(**cameras) -> dict:
    return load_config({"project": "p", "data": "d", "videos": "v", "cameras": cameras})


def test_there_are_no_cameras_unless_something_calibrates_them():
    config = load(board={"type": "charuco"})
    assert config["cameras"]["calibration"] is None
    assert not calibrated_by_board(config)


@pytest.mark.parametrize(
    ("place", "board", "by_board"),
    [
        ("calibration/{camera}.mp4", CHESSBOARD, True),
        ("{session}/{camera}/*.png", CHARUCO, True),
        ("calibration.toml", {}, False),
        ("{session}/rig_dannce.mat", {}, False),
    ],
)
def test_a_place_for_each_camera_shows_a_board(place, board, by_board):
    assert calibrated_by_board(load(calibration=place, board=board)) == by_board


@pytest.mark.parametrize(
    ("cameras", "messages"),
    [
        (
            {"calibration": "{camera}.mp4"},
            [f"cameras.board.{key}: missing; a charuco board in {{camera}}.mp4 needs it" for key in CHARUCO],
        ),
        ({"calibration": "{camera}.mp4", "board": {**CHESSBOARD, "squares": None}}, ["cameras.board.squares: missing"]),
        (
            {"calibration": "{camera}.mp4", "board": {**CHARUCO, "marker_size": 30}},
            ["cameras.board.marker_size: 30 is not below the `square_size` of 24; were they exchanged?"],
        ),
        (
            {"calibration": "board.mp4"},
            ["cameras.calibration: board.mp4: no calibration that Marey reads; ", "a path with {camera} in it"],
        ),
        ({"world": "floor"}, ["cameras.world: 'floor' does not match"]),
        ({"offsets": {"top": "1"}}, ["cameras.offsets.top: "]),
    ],
)
def test_what_is_missing_is_named(cameras, messages):
    with pytest.raises(ConfigError) as error:
        load(**cameras)
    for message in messages:
        assert message in str(error.value)
    assert len(str(error.value).splitlines()) == len(messages) or len(messages) == 2

"""From board videos and images to the table `corners`."""

import numpy as np
import pytest

from marey.multiview.boards import BoardError
from marey.multiview.cameras import project
from marey.multiview.detect_board import detect_board
from marey.pictures.encoding import encode
from marey.synth.film import write_video
from marey.tables import files
from marey.tables.corners import CORNERS
from marey.videos.probe_video import probe_video

from .made_boards import CHESS, REASON, SIZE, camera, draw, poses, render

pytest.importorskip("cv2", reason=REASON)
CONFIG = {"board": {"type": "chessboard", "squares": [7, 6], "square_size": 20.0}}
GREY = np.full((SIZE[1], SIZE[0]), 90, np.uint8)


@pytest.fixture(scope="module")
def shown():
    """Two images of a board, and the truth."""
    rotations, moves = poses(CHESS, 2, seed=3, tilt=25)
    each = camera()._replace(rotation=np.eye(3), translation=np.zeros(3))
    images = [render(each, draw(CHESS), CHESS, *pose) for pose in zip(rotations, moves, strict=True)]
    return images, [project(each, CHESS.corners @ turn.T + move) for turn, move in zip(rotations, moves, strict=True)]


def detect(images, out, *, frames=None, config=CONFIG):
    detect_board(images, frames, out, camera="left", config=config, provenance={})
    return files.read(out, CORNERS)


def save(folder, images: dict[str, np.ndarray]) -> list:
    for name, image in images.items():
        (folder / name).write_bytes(encode(image))
    return [folder / name for name in images]


def test_a_video_s_frames_keep_their_numbers(shown, tmp_path):
    (first, second), truth = shown
    video = tmp_path / "left.mp4"
    write_video(video, (np.repeat(each[..., None], 3, axis=2) for each in (GREY, first, GREY, second)), fps=30)
    settings = {"thumbnail_width": 32, "thumbnail_interval": 1.0}
    tables = tmp_path / "probe.parquet", tmp_path / "frames.parquet"
    probe_video(video, *tables, video="left", relative="left.mp4", config=settings, provenance={})
    rows = detect(video, tmp_path / "corners.parquet", frames=tables[1])
    assert rows["frame"].unique().tolist() == [1, 3]
    assert rows[["camera", "width", "height"]].drop_duplicates().to_numpy().tolist() == [["left", *SIZE]]
    for frame, places in zip((1, 3), truth, strict=True):
        apart = rows.loc[rows["frame"] == frame, ["x", "y"]].to_numpy() - places
        assert np.abs(apart).max() < 1
        assert np.abs(apart.mean(axis=0)).max() < 0.15


def test_images_are_numbered_by_their_names(shown, tmp_path):
    paths = save(tmp_path, {"left10.png": shown[0][0], "left2.png": shown[0][1], "left3.png": GREY})
    rows = detect(paths, tmp_path / "corners.parquet")
    assert rows["frame"].unique().tolist() == [2, 10]
    np.testing.assert_allclose(rows.loc[rows["frame"] == 10, ["x", "y"]], shown[1][0], atol=0.3)


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["left.png"], "left.png: has no number in its name"),
        (["a1.png", "b01.png"], "b01.png and .*a1.png: have the same number"),
    ],
)
def test_images_without_a_number_of_their_own(names, message, tmp_path):
    paths = save(tmp_path, dict.fromkeys(names, GREY))
    with pytest.raises(BoardError, match=message):
        detect(paths, tmp_path / "corners.parquet")


def test_images_of_two_sizes(tmp_path):
    paths = save(tmp_path, {"1.png": GREY, "2.png": GREY[:-2]})
    with pytest.raises(BoardError, match="image 2 has another size than those before"):
        detect(paths, tmp_path / "corners.parquet")


def test_what_shows_no_board_names_the_camera_and_the_file(tmp_path):
    paths = save(tmp_path, {"1.png": GREY})
    with pytest.raises(BoardError, match=f"camera 'left' .{tmp_path}.*in none of 1 frames: no board can be seen"):
        detect(paths, tmp_path / "corners.parquet")


def test_a_board_that_has_more_squares_is_refused(shown, tmp_path):
    config = {"board": {**CONFIG["board"], "squares": [6, 5]}}
    paths = save(tmp_path, {"1.png": shown[0][0], "2.png": shown[0][1]})
    with pytest.raises(BoardError, match=r"set `squares: \[7, 6\]`"):
        detect(paths, tmp_path / "corners.parquet", config=config)

"""Clips of sessions, read back with PyAV: dots on their keypoints in each camera, by time, whatever is missing."""

import av
import numpy as np
import pandas as pd
import pytest
from PIL import ImageColor

from marey.experiment.skeletons import Skeleton
from marey.multiview.cameras import project, read_cameras
from marey.tables import files
from marey.tables.cameras import CAMERAS
from marey.tables.poses3d import POSES3D
from marey.videos import reading
from marey.views import panels
from marey.views.colors import individual_colors, keypoint_colors
from marey.views.render_session import images_at, render_session

from ..multiview import session

SKELETON = Skeleton(session.KEYPOINTS, ((0, 1), (0, 2), (1, 3), (2, 3)))
CONFIG = {"start": 0, "duration": 0.5, "height": 480, "trail": 0.0, "min_confidence": 0.2, "offsets": {}}
GREY = 120


@pytest.fixture
def clip(tmp_path, monkeypatch):
    """Render a session of grey videos."""

    def run(frames=20, *, state="measured", animals=("animal",), ends=(), sized=True, **config):
        made = session.make(tmp_path, frames, noise=0.0)
        if not sized:
            files.write(made.cameras, files.read(made.cameras, CAMERAS).assign(width=0, height=0), CAMERAS)
            monkeypatch.setattr(reading, "read_first_frame", lambda *_: np.zeros((480, 640, 3), np.uint8))
        session.write_truth(tmp_path, made.truth, state)
        path = tmp_path / "poses3d.parquet"
        rows = files.read(path, POSES3D)
        both = pd.concat([rows.assign(individual=name, x=rows["x"] - 60 * at) for at, name in enumerate(animals)])
        files.write(path, both.sort_values("frame", kind="stable"), POSES3D)
        for name, length in ends:
            session.write_frames(made.frames[name], np.arange(length) / session.FPS)

        def read_frames(path, start, stop, *, frames):
            for index in range(start, stop):
                yield index, np.full((480, 640, 3), GREY, np.uint8)

        monkeypatch.setattr(reading, "read_frames", read_frames)
        videos = {name: f"{name}.mp4" for name in made.frames}
        tables = made.frames, made.cameras, path, tmp_path / "c.mp4"
        render_session(videos, *tables, skeleton=SKELETON, config=CONFIG | config)
        with av.open(tmp_path / "c.mp4") as container:
            stream = container.streams.video[0]
            assert (stream.codec_context.name, stream.codec_context.pix_fmt) == ("h264", "yuv420p")
            assert float(stream.average_rate) == pytest.approx(session.FPS)
            return made, [picture.to_ndarray(format="rgb24") for picture in container.decode(stream)]

    return run


def panel_of(picture, at, cameras=4):
    layout = panels.lay_out(cameras, 480, [("nose", "#000000")])
    x, y = layout.corners[at]
    return picture[y : y + layout.panel[1], x : x + layout.panel[0]].astype(int)


@pytest.mark.parametrize("sized", [True, False])
def test_dots_sit_on_the_reprojections(clip, sized):
    made, pictures = clip(sized=sized)
    assert len(pictures) == 15
    for at, camera in enumerate(read_cameras(made.cameras)):
        seen = project(camera, made.truth)
        part = panels.choose_part(seen[:15].reshape(-1, 2), (640, 480))
        _, scale, shift = panels.show_part(np.zeros((480, 640, 3), np.uint8), part, (320, 240))
        panel = panel_of(pictures[10], at)
        for place, color in zip(scale * seen[10] + shift, keypoint_colors(4), strict=True):
            x, y = np.floor(place).astype(int)
            found = panel[y - 1 : y + 2, x - 1 : x + 2].reshape(-1, 3).mean(axis=0)
            assert np.abs(found - ImageColor.getrgb(color)).max() < 60, (camera.name, color)


def test_the_animal_is_on_the_stage(clip):
    _, pictures = clip()
    stage = pictures[5][:480, :480].astype(int)
    for color in keypoint_colors(4):
        assert (np.abs(stage - ImageColor.getrgb(color)).max(axis=2) < 40).sum() > 10


def test_several_animals_have_colours_and_names_of_their_own(clip):
    _, pictures = clip(animals=("a", "b"))
    for color in individual_colors(["a", "b"]).values():
        near = np.abs(pictures[5].astype(int) - ImageColor.getrgb(color)).max(axis=2) < 40
        assert near[:480, :480].sum() > 100
        assert near[480:].sum() > 50  # the key


def test_where_a_camera_has_no_frame_its_last_image_stays_darkened(clip):
    _, pictures = clip(ends=(("view2", 8),))
    corner = [panel_of(picture, 1)[-20:-4, -20:-4].mean() for picture in pictures]
    np.testing.assert_allclose(corner[:8], GREY, atol=5)
    np.testing.assert_allclose(corner[8:], GREY // 3, atol=5)


def test_bridged_positions_are_faint_and_gaps_are_not_drawn(clip):
    state = np.full((20, 4), "measured", object)
    state[4:8], state[8:] = "bridged", "gap"
    _, pictures = clip(state=state.ravel())
    marked = [np.abs(panel_of(picture, 0) - GREY).max(axis=2)[40:-4, 4:-4] for picture in pictures]
    drawn = [np.where(each > 25, each, 0).sum() for each in marked]
    assert min(drawn[:4]) > 1.5 * max(drawn[4:8])
    assert min(drawn[4:8]) > 1000
    assert max(drawn[9:]) == 0


def test_it_begins_where_there_are_poses(clip):
    state = np.full((20, 4), "gap", object)
    state[12:] = "measured"
    _, pictures = clip(state=state.ravel())
    assert len(pictures) == 8
    assert np.abs(panel_of(pictures[0], 0) - GREY).max(axis=2)[40:-4, 4:-4].max() > 60


def test_without_any_pose_there_is_a_clip(clip):
    _, pictures = clip(state="gap")
    assert len(pictures) == 15


def test_images_are_found_by_frame(monkeypatch):
    def read_frames(path, start, stop, *, frames):
        for index in range(start, stop):
            yield index, None if index == 6 else np.full((2, 2, 3), index, np.uint8)

    monkeypatch.setattr(reading, "read_frames", read_frames)
    found = list(images_at("v", pd.DataFrame(), np.array([-1, 3, 5, -1, 6, 9])))
    assert [None if image is None else int(image[0, 0, 0]) for image in found] == [None, 3, 5, None, None, 9]
    assert list(images_at("v", pd.DataFrame(), np.array([-1, -1]))) == [None, None]

"""Labelled clips, read back with PyAV."""

import av
import numpy as np
import pandas as pd
import pytest
from PIL import ImageColor

from marey.experiment.skeletons import Skeleton
from marey.tables import files
from marey.tables.frames import FRAMES
from marey.tables.smoothed import SMOOTHED
from marey.videos import reading
from marey.views import render_video
from marey.views.colors import individual_colors

SKELETON = Skeleton(("nose", "tail"), ((0, 1),))
CONFIG = {"start": 0, "duration": 2, "height": 120, "trail": 0.5, "min_confidence": 0.2}
GREY = 120


@pytest.fixture
def clip(tmp_path, monkeypatch):
    """Render a grey video of 90 frames at 30 frames/s, 161 x 121 px, whose nose and tail stand still."""

    def run(
        *,
        lost: tuple[int, ...] = (),
        confidence: float = 1.0,
        rate: float = 30.0,
        count: int = 90,
        first: int = 0,
        animals: tuple[str, ...] = ("mouse",),
        **config,
    ):
        def read_frames(path, start, stop, *, frames):
            assert len(frames) == count
            for index in range(start, stop):
                yield index, None if index in lost else np.full((121, 161, 3), GREY, np.uint8)

        monkeypatch.setattr(reading, "read_frames", read_frames)
        frame = np.arange(count)
        rows = {"video": "v", "frame": frame, "time": frame / rate, "pts": frame, "key_frame": True, "fault": False}
        rows |= {"digest": 0, "thumbnail": None, "look": b""}
        files.write(tmp_path / "f.parquet", pd.DataFrame(rows), FRAMES)
        both = {"video": "v", "frame": np.repeat(frame, 2), "time": np.repeat(frame, 2) / rate, "individual": "mouse"}
        both |= {"keypoint": ["nose", "tail"] * count, "x": [40.5, 120.5] * count, "y": [60.5, 60.5] * count}
        both |= {"confidence": confidence, "sigma_px": 2.0, "state": "measured", "raw_x": 0.0, "raw_y": 0.0}
        table = pd.DataFrame(both).iloc[2 * first :]
        # Further animals are below the first one.
        table = pd.concat([table.assign(individual=name, y=table["y"] + 40 * i) for i, name in enumerate(animals)])
        files.write(tmp_path / "s.parquet", table.sort_values("frame", kind="stable"), SMOOTHED)
        tables = tmp_path / "f.parquet", tmp_path / "s.parquet"
        render_video.render_video("v.mp4", *tables, tmp_path / "c.mp4", skeleton=SKELETON, config=CONFIG | config)
        with av.open(tmp_path / "c.mp4") as container:
            stream = container.streams.video[0]
            assert (stream.codec_context.name, stream.codec_context.pix_fmt) == ("h264", "yuv420p")
            return stream.average_rate, [picture.to_ndarray(format="rgb24") for picture in container.decode(stream)]

    return run


def test_clip_plays_in_a_browser(clip, tmp_path):
    rate, pictures = clip()
    assert float(rate) == pytest.approx(30)
    assert len(pictures) == 60
    assert pictures[0].shape == (120, 160, 3)  # never larger than the video, even sides
    whole = (tmp_path / "c.mp4").read_bytes()
    assert whole.index(b"moov") < whole.index(b"mdat")  # the index comes first, so that playing starts at once


def test_smaller_clips_keep_the_shape(clip):
    _, pictures = clip(height=64)
    assert pictures[0].shape == (64, 86, 3)


@pytest.mark.parametrize(
    ("shape", "height", "size"),
    [
        ((144, 192), 480, (640, 480)),
        ((1080, 1920), 480, (854, 480)),
        ((480, 640), 480, (640, 480)),
        ((100, 200), 480, (852, 426)),  # no wider than 16:9
        ((100, 1920), 480, (1920, 100)),
        ((600, 60), 480, (48, 480)),
    ],
)
def test_small_videos_are_enlarged_and_strips_are_not(shape, height, size):
    found, scale = render_video.clip_size(shape, height)
    assert found == size
    np.testing.assert_allclose(scale, np.array(size) / shape[::-1])


def test_dots_sit_on_their_keypoints(clip):
    picture = clip()[1][10].astype(int)
    marked = np.abs(picture - GREY).sum(axis=2) > 90
    for x in (40.5, 120.5):
        rows, columns = np.nonzero(marked[30:90, int(x) - 12 : int(x) + 12])
        middle = columns.mean() + 0.5 + int(x) - 12, rows.mean() + 0.5 + 30
        assert middle == pytest.approx((x * 160 / 161, 60.5 * 120 / 121), abs=2.0)  # the line pulls x inwards


def test_unsure_keypoints_are_not_drawn(clip):
    picture = clip(confidence=0.19)[1][10].astype(int)
    assert np.abs(picture[30:90] - GREY).max() < 8


def test_undecodable_frames_are_dark_and_keep_their_place(clip):
    _, pictures = clip(lost=(20, 21))
    assert len(pictures) == 60
    corner = [picture[:10, :10].mean() for picture in pictures]
    np.testing.assert_allclose(corner[20:22], GREY // 3, atol=4)
    np.testing.assert_allclose(corner[:20] + corner[22:], GREY, atol=4)


def test_nothing_to_decode_is_an_error_and_leaves_no_file(clip, tmp_path):
    with pytest.raises(reading.VideoError, match="frames 0 to 59 can be decoded"):
        clip(lost=tuple(range(90)))
    assert not list(tmp_path.glob("*c*.mp4"))


def test_short_videos_show_their_end(clip, caplog):
    _, pictures = clip(start=100, duration=1)
    assert len(pictures) == 30
    assert "showing its end" in caplog.text


def test_clips_begin_where_the_analysis_does(clip):
    _, pictures = clip(first=70, lost=(75,))
    assert len(pictures) == 20
    corner = [picture[:10, :10].mean() for picture in pictures]
    assert np.flatnonzero(np.array(corner) < GREY / 2).tolist() == [5]


def test_no_trail_crosses_a_hole_in_time():
    time = np.array([0.0, 0.1, 0.2, 0.3, 1.0, 1.1, 1.4])  # five frames are lost, then two
    assert render_video.trail_starts(time, 0.25).tolist() == [0, 0, 0, 1, 4, 4, 6]
    assert render_video.trail_starts(time, 9).tolist() == [0, 0, 0, 0, 4, 4, 6]
    assert render_video.trail_starts(time[:1], 9).tolist() == [0]
    assert render_video.trail_starts(time[:0], 9).tolist() == []


def test_fast_videos_are_thinned(clip):
    rate, pictures = clip(rate=250, count=500)
    assert float(rate) == pytest.approx(250 / 5, rel=0.01)
    assert len(pictures) == 100


@pytest.mark.parametrize(
    ("start", "duration", "expected"), [(0, 1, (0, 30)), (1, 0.5, (30, 45)), (0, 0.01, (0, 1)), (9, 1, (60, 90))]
)
def test_clip_range(start, duration, expected):
    assert render_video.clip_range(np.arange(90) / 30, {"start": start, "duration": duration}) == expected


def near(picture: np.ndarray, color: str, *, rows: slice) -> int:
    """Pixels of some rows of an image that are nearly of a colour; twice as far off as the codec puts them."""
    return int((np.abs(picture[rows].astype(int) - ImageColor.getrgb(color)).sum(axis=2) < 70).sum())


def test_several_animals_have_colours_and_names_of_their_own(clip):
    _, pictures = clip(animals=("animal10", "animal2"))
    colors = individual_colors(["animal10", "animal2"])
    upper, lower = slice(55, 66), slice(94, 102)
    picture = pictures[10]
    assert near(picture, colors["animal10"], rows=upper) > 30
    assert near(picture, colors["animal2"], rows=upper) == 0
    assert near(picture, colors["animal2"], rows=lower) > 30
    assert near(picture, colors["animal10"], rows=lower) == 0
    assert near(picture, colors["animal10"], rows=slice(38, 52)) > 100  # the name, on a tag above the animal


def test_colours_do_not_depend_on_who_is_in_the_clip(clip, tmp_path):
    clip(animals=("animal1", "animal2", "animal3"))
    rows = files.read(tmp_path / "s.parquet", SMOOTHED)
    late = rows[(rows["individual"] != "animal1") | (rows["frame"] >= 80)]  # the first comes after the clip
    files.write(tmp_path / "s.parquet", late, SMOOTHED)
    tables = tmp_path / "f.parquet", tmp_path / "s.parquet"
    render_video.render_video("v.mp4", *tables, tmp_path / "d.mp4", skeleton=SKELETON, config=CONFIG)
    with av.open(tmp_path / "d.mp4") as container:
        picture = next(container.decode(video=0)).to_ndarray(format="rgb24")
    colors = individual_colors(["animal1", "animal2", "animal3"])
    assert near(picture, colors["animal2"], rows=slice(94, 102)) > 30
    assert near(picture, colors["animal1"], rows=slice(94, 102)) == 0


def test_individuals_are_those_of_the_whole_table(clip, tmp_path):
    clip(animals=("a", "b"))
    assert sorted(render_video.read_individuals(tmp_path / "s.parquet")) == ["a", "b"]

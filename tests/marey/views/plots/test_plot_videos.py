"""The overview of all videos."""

import pandas as pd
import pytest

from marey.tables import files
from marey.tables.probe import PROBE
from marey.views.plots.plot_videos import MAX_TABLE_ROWS, plot_videos


def make_probe(video: str, status: str = "ok", **changes) -> dict:
    row = {
        "video": video,
        "path": f"{video}.mp4",
        "status": status,
        "detail": "",
        "size": 2_500_000,
        "content_hash": "0",
    }
    row |= {"container": "mp4", "codec": "h264", "pixel_format": "yuv420p", "width": 640, "height": 480, "rotation": 0}
    row |= {"frames": 1200, "container_frames": 1200, "fps": 29.97, "duration": 40.0, "variable_frame_rate": False}
    return (
        row | {"key_frames": 5, "faults": 0, "mirrored": False, "thumbnail_width": 32, "thumbnail_height": 24} | changes
    )


@pytest.fixture
def draw(tmp_path, figures):
    def run(*rows):
        paths = [tmp_path / f"{i}.parquet" for i in range(len(rows))]
        for path, row in zip(paths, rows, strict=True):
            files.write(path, pd.DataFrame([row]), PROBE)
        plot_videos(paths, tmp_path / "a.png")
        return [text.get_text() for text in figures[0].axes[0].texts][8:]  # after the headings

    return run


def test_rows_say_what_was_found(draw, figures):
    texts = draw(make_probe("b"), make_probe("a", variable_frame_rate=True, duration=4000.0))
    assert texts[:8] == ["a", "ok", "1,200", "1 h 06 min", "29.97", "640 x 480", "2.5 MB", "variable frame rate"]
    assert texts[8:] == ["b", "ok", "1,200", "40.0 s", "29.97", "640 x 480", "2.5 MB", ""]
    assert figures[0].get_suptitle() == "2 videos (2 ok): 2,400 frames, 1 h 07 min"


def test_faulty_videos_come_first(draw):
    nothing = {"frames": 0, "fps": 0.0, "duration": 0.0, "width": 0, "height": 0}
    texts = draw(
        make_probe("a"),
        make_probe("b", "truncated", detail="cut off"),
        make_probe("c", "unreadable", detail="not a video " * 20, **nothing),
    )
    assert texts[0::8] == ["c", "b", "a"]
    assert texts[3:6] == ["-", "-", "-"]
    assert len(texts[7]) <= 62


def test_many_videos_are_cut_with_a_note(draw):
    texts = draw(*(make_probe(f"{i:03}") for i in range(200)))
    assert len(texts) == 8 * MAX_TABLE_ROWS + 1
    assert texts[-1].startswith(f"and {200 - MAX_TABLE_ROWS} more")


def test_no_videos(draw, figures):
    assert draw() == []
    assert figures[0].get_suptitle() == "No videos"

"""Ranges of frames, as the sheet writes them."""

import pytest

from marey.videos.ranges import frame_range, part_fault


@pytest.mark.parametrize(
    ("text", "expected"), [("20:", (20, None)), (":30", (0, 30)), ("5:9", (5, 9)), (":", (0, None)), (None, (0, None))]
)
def test_frame_range(text, expected):
    assert frame_range(text) == expected


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        ({}, ""),
        ({"frames": "7:100"}, ""),  # some of them
        ({"frames": "8:"}, "frames 8:, but it has 8, counted from 0"),
        ({"frames": "100:200"}, "frames 100:200, but it has 8"),
        ({"crop": "0,0,320,240"}, ""),
        ({"crop": "1,0,320,240"}, "crop 1,0,320,240 (left,top,width,height), but its images have 320 x 240 px"),
        ({"crop": "400,300,100,100"}, "have 320 x 240 px"),
        ({"crop": "100,320,20,240"}, "write 100,20,220,220"),  # x1, x2, y1, y2
    ],
)
def test_a_part_that_a_video_does_not_have_is_said(part, expected):
    found = part_fault(**{"frames": None, "crop": None, **part}, count=8, size=(320, 240))
    assert expected in found
    assert bool(found) == bool(expected)

"""Ranges of frames, as the sheet writes them."""

import pytest

from marey.videos.ranges import frame_range


@pytest.mark.parametrize(
    ("text", "expected"), [("20:", (20, None)), (":30", (0, 30)), ("5:9", (5, 9)), (":", (0, None)), (None, (0, None))]
)
def test_frame_range(text, expected):
    assert frame_range(text) == expected

import re
import unicodedata

import pytest

from marey.experiment.config import schema
from marey.videos.names import video_id


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("mouse1", "mouse1"),
        ("my mouse", "my_mouse"),
        ("mouse.metrics", "mouse.metrics"),
        ("rec[1]", "rec_1_"),
        ("{x}", "x_"),
        ("_cam1", "cam1"),
        ("-x", "x"),
        ("École à", "Ecole_a"),
        ("2024-01-01T10:00", "2024-01-01T10_00"),
        ("小鼠1", "1"),
        ("小鼠", ""),
        ("", ""),
    ],
)
def test_ids(name, expected):
    assert video_id(name) == expected
    assert video_id(unicodedata.normalize("NFD", name)) == expected
    assert video_id(expected) == expected


def test_ids_are_what_the_sheet_takes():
    pattern = schema("videos")["properties"]["video"]["pattern"]
    for number in range(1, 0x3000):
        made = video_id(chr(number) + "1" + chr(number))
        assert re.search(pattern, made), (number, made)

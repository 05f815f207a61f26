"""Videos that a model is adapted to: those that are named, or some of many."""

import pytest

from marey.experiment.adapted import MAX_VIDEOS, adapted_videos
from marey.experiment.validation import ConfigError

SHEET = {f"v{number:02}": {} for number in range(40)}


def choose(usable=tuple(SHEET), **options) -> list[str]:
    return adapted_videos({"zoo": {"adapt": {"images": 9, "videos": None, **options}}}, SHEET, usable)


def test_without_images_nothing_is_adapted():
    assert choose(images=0, videos=["v01"]) == []


def test_of_many_videos_some_are_taken_from_all_over_the_sheet():
    chosen = choose()
    assert len(chosen) == MAX_VIDEOS == len(set(chosen))
    assert chosen == sorted(chosen)
    assert {name[1] for name in chosen} == {"0", "1", "2", "3"}
    assert choose(usable=["v03", "v07"]) == ["v03", "v07"]
    assert choose(usable=[]) == []


def test_those_that_are_named_are_taken_if_they_can_be_used():
    assert choose(videos=["v30", "v02"]) == ["v02", "v30"]
    assert choose(usable=["v02"], videos=["v30", "v02"]) == ["v02"]


def test_one_that_is_not_in_the_sheet_is_named():
    with pytest.raises(ConfigError, match="zoo.adapt.videos: 'w02' is not in the sheet; did you mean 'v02'"):
        choose(videos=["w02"])

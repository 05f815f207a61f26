"""Which videos are shown, and why these."""

import pandas as pd

from marey.views.ranking import choose_videos


def videos(**columns) -> pd.DataFrame:
    """Rows of `results.Results.videos`, each of 100 positions, named a, b, ...; what is not given is 0."""
    count = len(next(iter(columns.values())))
    names = pd.Index(list("abcdefgh"[:count]), name="video")
    zero = dict.fromkeys(("damaged", "low", "bridged", "lost", "expected", "confidence"), 0.0)
    return pd.DataFrame({"positions": 100.0, **zero, **columns}, index=names)


def test_criteria_take_turns_and_name_their_reason():
    found = choose_videos(videos(low=[50, 40, 30, 0, 0], bridged=[0, 0, 0, 9, 1], expected=[0, 0, 0, 0, 0.5]), count=4)
    assert [item.video for item in found] == ["a", "d", "e", "b"]
    assert found[0].reason.startswith("No. 1 by low confidence: 50.0")
    assert found[1].reason.startswith("No. 1 by bridged gaps: 9.0")
    assert found[2].reason.startswith("No. 1 by possible exchanges: animals may have been exchanged in it: about 0.50")
    assert found[3].reason.startswith("No. 2 by low confidence")


def test_a_video_is_shown_once_and_room_goes_to_low_confidence():
    found = choose_videos(videos(low=[50, 0, 0], damaged=[10, 0, 0], confidence=[0.1, 0.9, 0.8]), count=3)
    assert [item.video for item in found] == ["a", "c", "b"]
    assert found[1].reason == "Nothing stands out; mean confidence 0.80"


def test_videos_that_were_not_analysed_are_not_chosen():
    assert choose_videos(videos(positions=[0, float("nan")])) == []

"""Numbers and lists as people read them."""

import pytest

from marey.views.captions import caption_html
from marey.views.wording import amount, count, duration, name_list, percent


@pytest.mark.parametrize(
    ("value", "said"),
    [(0, "0.00"), (0.0184, "0.018"), (0.136, "0.14"), (1.834, "1.83"), (25.04, "25.0"), (1234.5, "1,234")],
)
def test_numbers_have_as_many_figures_as_are_read(value, said):
    assert amount(value) == said


@pytest.mark.parametrize(
    ("part", "said"),
    [(0, "0 %"), (0.0001, "< 0.1 %"), (0.0042, "0.4 %"), (0.9952, "99.5 %"), (0.9999, "> 99.9 %"), (1, "100 %")],
)
def test_parts_are_never_rounded_to_none_or_all(part, said):
    assert percent(part) == said.replace(" %", "\N{NO-BREAK SPACE}%")


def test_what_is_not_known_is_a_dash():
    assert (amount(float("nan")), percent(float("nan"))) == ("-", "-")


def test_lists_and_nouns():
    assert [name_list(list("abcde"[:length])) for length in range(5)] == [
        "",
        "a",
        "a and b",
        "a, b and c",
        "a, b, c and 1 more",
    ]
    assert [count(1, "video"), count(2000, "video"), count(2, "switch", "switches")] == [
        "1 video",
        "2,000 videos",
        "2 switches",
    ]
    assert [duration(3.21), duration(600), duration(36000)] == [
        text.replace(" ", "\N{NO-BREAK SPACE}") for text in ("3.2 s", "10 min", "10.0 h")
    ]


def test_captions_are_those_of_the_rules_with_wildcards_as_text():
    html = caption_html("review", video="a_<b>")
    assert "two animals of a_&lt;b&gt; may have been exchanged" in html
    assert "review/a_&lt;b&gt;.parquet" in html
    assert "WILDCARD" not in html
    assert "<em>Swapped</em>" in caption_html("suspects")

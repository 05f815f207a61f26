"""The page of formats: every module that reads one is there, with what it says of its pixels and limits."""

import pytest

from marey.labels.reading import PIXELS
from marey.reference import label_formats


@pytest.mark.parametrize("name", label_formats.label_formats())
def test_every_format_says_what_it_reads_where_pixels_count_from_and_what_it_cannot_say(name):
    module = label_formats.label_formats()[name]
    assert module.PIXELS in PIXELS
    assert module.EXPECTED[0].islower()
    assert module.LIMITS.endswith(".")
    _, _, section = label_formats.page().partition(f"\n### {name}\n")
    assert module.LIMITS in section.partition("\n### ")[0]
    assert f"| [{name}](#{name}) | {module.EXPECTED} | {module.PIXELS} |" in label_formats.page()

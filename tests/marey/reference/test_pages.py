"""What `make docs` would write is what is there."""

import pytest

from marey.reference.pages import PAGES
from marey.reference.templates import REPOSITORY


@pytest.mark.parametrize("name", PAGES)
def test_page_is_up_to_date(name):
    assert (REPOSITORY / name).read_text(encoding="utf-8") == PAGES[name](), "run `make docs`"


@pytest.mark.parametrize("name", PAGES)
def test_every_place_of_a_template_is_filled(name):
    assert "{{" not in PAGES[name]()


def test_pages_are_all_there_is_in_the_reference():
    made = {name for name in PAGES if name.startswith("docs/reference/")}
    assert {f"docs/reference/{path.name}" for path in (REPOSITORY / "docs" / "reference").iterdir()} == made

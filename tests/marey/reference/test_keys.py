"""The config reference agrees with the schema."""

from pathlib import Path

from marey.reference.keys import reference


def test_config_readme_is_up_to_date():
    written = Path(__file__).parents[3] / "config" / "README.md"
    assert written.read_text() == reference(), "run `make docs`"

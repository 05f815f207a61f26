"""The config reference agrees with the schema."""

from pathlib import Path

from marey.reference import reference


def test_config_readme_is_up_to_date():
    written = Path(__file__).parents[2] / "config" / "README.md"
    assert written.read_text() == reference(), "run `make docs`"

"""Reads projects."""

from pathlib import Path

import yaml


def read_config(path: str) -> dict:
    """Read the config of a project."""
    return yaml.safe_load(Path(path).read_text())

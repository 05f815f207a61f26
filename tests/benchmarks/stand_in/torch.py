"""Stands for PyTorch: saves."""

from pathlib import Path


def save(what: dict, path: Path) -> None:
    """Write something."""
    path.write_text(repr(what))

"""Names of exports: from a format, as the config and file names have it, to its module. Standard library only."""

import pkgutil
from collections.abc import Iterable
from importlib import import_module
from types import ModuleType

from marey.exports import formats, label_formats


def module_name(name: str) -> str:
    """Return the name of the module of a format: `dlc_h5` of `dlc.h5`."""
    return name.replace(".", "_")


def load_format(name: str) -> ModuleType:
    """Load the module of a format of poses."""
    return import_module(f"{formats.__name__}.{module_name(name)}")


def load_label_format(name: str) -> ModuleType:
    """Load the module of a format of labels."""
    return import_module(f"{label_formats.__name__}.{module_name(name)}")


def modules(package: ModuleType) -> list[str]:
    """List the modules of formats of `formats` or `label_formats`."""
    return sorted(item.name for item in pkgutil.iter_modules(package.__path__) if not item.name.startswith("_"))


def twice(videos: Iterable[str], chosen: Iterable[str]) -> dict[str, list[str]]:
    """Find the files that would be exported twice, such as those of the videos `a` and `a.dlc`: {file: [video, ...]}."""
    found: dict[str, list[str]] = {}
    for video in videos:
        for name in chosen:
            found.setdefault(f"{video}.{name}", []).append(video)
    return {file: owners for file, owners in found.items() if len(owners) > 1}

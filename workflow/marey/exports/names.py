"""Names of exports: from a format, as the config and file names have it, to its module. Standard library only."""

import pkgutil
from collections.abc import Iterable
from importlib import import_module
from types import ModuleType

from marey.exports import formats, label_formats, session_formats

# Packages that write a format and are not in Marey's environment.
PACKAGES = {"nwb": ("pynwb", "ndx_pose")}


def module_name(name: str) -> str:
    """Return the name of the module of a format: `dlc_h5` of `dlc.h5`."""
    return name.replace(".", "_")


def load_format(name: str) -> ModuleType:
    """Load the module of a format of poses."""
    return import_module(f"{formats.__name__}.{module_name(name)}")


def load_label_format(name: str) -> ModuleType:
    """Load the module of a format of labels."""
    return import_module(f"{label_formats.__name__}.{module_name(name)}")


def load_session_format(name: str) -> ModuleType:
    """Load the module of a format of poses in space."""
    return import_module(f"{session_formats.__name__}.{module_name(name)}")


def export_modules(stage: str, name: str) -> dict[str, list[str]]:
    """Name, by its package, the module that a stage of exports loads for a format: its digest has it."""
    package = {"export_poses": formats, "export_session": session_formats, "export_labels": label_formats}[stage]
    return {package.__name__: [module_name(name)]}


def modules(package: ModuleType) -> list[str]:
    """List the modules of formats of a package of them."""
    return sorted(item.name for item in pkgutil.iter_modules(package.__path__) if not item.name.startswith("_"))


def owners(videos: Iterable[str], chosen: Iterable[str]) -> dict[str, list[str]]:
    """Find the exported files that two videos claim, such as a.dlc.csv of `a` and of `a.dlc`: {file: [video, ...]}."""
    found: dict[str, list[str]] = {}
    chosen = list(chosen)
    for video in videos:
        for name in chosen:
            found.setdefault(f"{video}.{name}", []).append(video)
    return {file: claimed for file, claimed in found.items() if len(claimed) > 1}


def missing_text(name: str, packages: list[str]) -> str:
    """Say that packages which write a format are not installed, and how to install them."""
    return (
        f"export.formats: {name} needs {' and '.join(packages)}, not installed here. Run "
        "`make install LOCK=envs/requirements-exports.txt`, or `snakemake --sdm conda`, or leave it out."
    )

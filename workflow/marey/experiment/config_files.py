"""The config files of an experiment, merged as Snakemake merges them.

Imported while Snakemake parses the workflow, in every job: nothing heavy is imported here.
"""

import json
import re
from collections.abc import Iterable
from pathlib import Path

import yaml

from marey.experiment.validation import ConfigError
from marey.labels.yaml_files import compose, construct, line, walk

OWN_CONFIG, SHIPPED_CONFIG = Path("config.yaml"), Path("config/config.yaml")

_NUMBERS = {"tag:yaml.org,2002:int", "tag:yaml.org,2002:float"}
_ODD = re.compile(r"[-+]?0[0-7_]+$|.*:")  # octal and sexagesimal


def default_file(*, checked: bool = False) -> str:
    """Name the config file that counts where none is named: `config.yaml` of the working directory, if there is one.

    `marey init` makes folders that have one. Elsewhere it is `config/config.yaml`, as in the repository.
    With `checked`, raises ValueError that says in which line that file is not YAML: Snakemake does not say it.
    """
    path = OWN_CONFIG if OWN_CONFIG.is_file() else SHIPPED_CONFIG
    if checked and path.is_file():
        _read(path)
    return str(path)


def merged(files: Iterable[Path]) -> dict:
    """Merge the default config file and `files`, each over those before it as `snakemake --configfile` does, unchecked.

    Raises ValueError where a file is missing or is no mapping, and where there is none at all.
    """
    files = list(files)
    if Path(default_file()).is_file():
        files.insert(0, Path(default_file()))
    if not files:
        raise ValueError(
            f"no {OWN_CONFIG} here, and no {SHIPPED_CONFIG}: go to the folder of your experiment, make one with "
            "`marey init FOLDER`, or name a file with --configfile"
        )
    raw: dict = {}
    for path in files:
        _update(raw, _read(path))
    return raw


def check_files(files: Iterable[Path]) -> None:
    """Check what Snakemake does not see in the config files that it merges: keys that are there twice, odd numbers.

    Raises ConfigError that names each such line of a file.
    """
    for path in files:
        try:
            _read(Path(path))
        except ValueError as error:
            raise ConfigError(str(error)) from None


def _read(path: Path) -> dict:
    """Read a file as JSON or else as YAML, as Snakemake does, with each key once."""
    try:
        found = _read_json(path)
        if found is None:
            node = compose(path)
            _check_numbers(path, node)
            found = construct(path, node)
    except OSError as error:
        raise ValueError(f"{path}: {error.strerror}; expected the config file of an experiment") from None
    if not isinstance(found, dict):
        raise ValueError(f"{path}: expected keys and values, such as `project: mice`")
    return found


def _read_json(path: Path) -> object:
    """Read a JSON file; None where it is none."""

    def once(pairs: list[tuple[str, object]]) -> dict:
        keys = [key for key, _ in pairs]
        twice = next((key for key in keys if keys.count(key) > 1), None)
        if twice is not None:
            raise _TwiceError(f"{path}: {twice!r} is there twice; keep one")
        return dict(pairs)

    try:
        return json.loads(path.read_bytes(), object_pairs_hook=once)
    except _TwiceError:
        raise
    except (ValueError, RecursionError):
        return None


class _TwiceError(ValueError):
    """A key of a JSON object is there twice."""


def _check_numbers(path: Path, tree: yaml.Node | None) -> None:
    """Refuse numbers that people read otherwise than YAML does: 010, which is 8, and 1:30, which is 90."""
    faults = [
        f"{path}: line {line(node)}: {node.value} is {yaml.safe_load(node.value)} in YAML; write that, or quote it"
        for node in walk(tree)
        if isinstance(node, yaml.ScalarNode) and node.tag in _NUMBERS and _ODD.match(node.value)
    ]
    if faults:
        raise ValueError("\n".join(faults))


def _update(values: dict, changes: dict) -> None:
    """Merge `changes` into `values`: mappings key by key, all else whole."""
    for key, value in changes.items():
        if isinstance(value, dict) and isinstance(values.get(key), dict):
            _update(values[key], value)
        else:
            values[key] = value

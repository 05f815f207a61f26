"""The config files of an experiment, merged as Snakemake merges them.

Imported while Snakemake parses the workflow, in every job: nothing heavy is imported here.
"""

from collections.abc import Iterable
from pathlib import Path

import yaml

OWN_CONFIG, SHIPPED_CONFIG = Path("config.yaml"), Path("config/config.yaml")


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


def _read(path: Path) -> dict:
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ValueError(f"{path}: {error.strerror}; expected the config file of an experiment") from None
    except yaml.YAMLError as error:
        raise ValueError(f"{path}: is not YAML: {error}") from None
    if not isinstance(found, dict):
        raise ValueError(f"{path}: expected keys and values, such as `project: mice`")
    return found


def _update(values: dict, changes: dict) -> None:
    """Merge `changes` into `values`: mappings key by key, all else whole."""
    for key, value in changes.items():
        if isinstance(value, dict) and isinstance(values.get(key), dict):
            _update(values[key], value)
        else:
            values[key] = value

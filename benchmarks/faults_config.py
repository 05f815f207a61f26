"""Puts hostile values into every key of the config, one at a time, and counts what comes of it.

    python benchmarks/faults_config.py [KEY ...]

Each value is YAML as someone writes it, read as Snakemake reads it, and goes through all that runs while the workflow
is parsed: config, videos, and what each stage reads. Of the given KEYs (such as `smooth.acceleration`), or of all.

    refused      with a message that names the key, its line or what it says
    unnamed      with a message that does not, or one of pages
    traceback    by any other exception
    not finite   accepted, with a number that is none
    other type   accepted, with a float where the key takes whole numbers
"""

import argparse
import contextlib
import math
import platform
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import yaml

from marey.experiment import config_files
from marey.experiment.config import ConfigError, load_config, schema
from marey.experiment.sheet import check_files, read_videos
from marey.experiment.stages import STAGES, loaded_modules, stage_config
from marey.labels.reading import LabelError
from marey.provenance.code import config_digest

VALUES = (
    *(".nan", ".inf", "-.inf", "1.0e+400", "-1", "-0.0", "0", "2.0", "0.5", "1.0e-300", "1.0e+300"),
    *("2147483648", "9223372036854775808", "0x" + "f" * 5000, "true", "off", "null", "~", "''", "' '", "text"),
    *("'5'", "'nan'", "1e-3", "250 ms", "2024-01-31", "2024-01-31T12:00:00Z", "1:30", "!!binary aGVsbG8=", "!!set {a}"),
    *("[]", "[.nan]", "[[.inf, 2.0]]", "[null]", "[a, a]", "[[a, b], [a]]", "{}", "{a: .nan}", "{.nan: 1, 2: 3}"),
    *('"demo\\n"', '"a\\0b"', '"</script>\\u202e"', "'" + "a" * 5000 + "'", "'" + "a" * 300 + "'"),
)
SMALLEST = {"project": "p", "data": ".", "videos": "videos.tsv", "keypoints": ["a", "b"]}
MAX_MESSAGE = 3000  # characters that a person reads
OUTCOMES = ("accepted", "refused", "unnamed", "traceback", "not finite", "other type")


def main() -> None:
    """Print a line for each outcome, and each that is wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("keys", nargs="*", metavar="KEY")
    keys = parser.parse_args().keys or [key for key, _ in leaves(schema("config"))]
    counts, wrong = measure(keys)
    print(f"{len(keys)} keys x {len(VALUES)} values; Python {platform.python_version()} on {platform.machine()}")
    print(*(f"{outcome:12}{counts[outcome]:7,}" for outcome in OUTCOMES), sep="\n")
    print(*(f"{outcome}: {key}: {value:.40}: {detail:.200}" for outcome, key, value, detail in wrong), sep="\n")


def leaves(part: dict, path: str = "") -> Iterator[tuple[str, dict]]:
    """Yield the dotted path and the schema of every key that holds a value rather than other keys."""
    for key, below in part["properties"].items():
        place = f"{path}.{key}" if path else key
        if "properties" in below:
            yield from leaves(below, place)
        else:
            yield place, below


def measure(keys: list[str]) -> tuple[Counter, list[tuple]]:
    """Try all values in these keys, in a folder of a video and a sheet: counts by outcome, and what is wrong."""
    counts, wrong, parts = Counter(), [], dict(leaves(schema("config")))
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        Path("a.mp4").touch()
        Path("videos.tsv").write_text("video\tpath\na\ta.mp4\n")
        for key in keys:
            for value in VALUES:
                outcome, detail = judge(key, value, parts[key])
                counts[outcome] += 1
                if outcome not in OUTCOMES[:2]:
                    wrong.append((outcome, key, value, detail))
    return counts, wrong


def judge(key: str, value: str, part: dict) -> tuple[str, str]:
    """Try one value, written as YAML, in one key of the smallest config: (outcome, detail)."""
    text = value
    for block in reversed(key.split(".")):
        text = f"{{{block}: {text}}}"
    Path("config.yaml").write_text(text)
    try:
        config_files.check_files([Path("config.yaml")])
        found = config = load_config({**SMALLEST, **yaml.safe_load(text)})
        check_files(config, read_videos(config))
        for stage in STAGES:
            loaded_modules(config, stage)
            config_digest(stage_config(config, stage))
    except (ConfigError, LabelError) as error:
        message = str(error)
        named = any(word in message for word in (key, value.strip("'"), "line 1:")) and len(message) < MAX_MESSAGE
        return ("refused" if named else "unnamed"), message
    except Exception as error:
        return "traceback", f"{type(error).__name__}: {error}"
    for block in key.split("."):
        found = found[block]
    numbers = [number for number in scalars(found) if isinstance(number, float)]
    if not all(map(math.isfinite, numbers)):
        return "not finite", repr(found)
    kinds = [part.get("type"), part.get("items", {}).get("type")]
    whole = "integer" in str(kinds) or part.get("enum", [""])[0] == 4
    return ("other type" if whole and numbers else "accepted"), repr(found)


def scalars(value: object) -> Iterator[object]:
    """Yield what is in lists and mappings, at all levels."""
    if isinstance(value, dict):
        value = [*value, *value.values()]
    if not isinstance(value, list):
        yield value
        return
    for item in value:
        yield from scalars(item)


if __name__ == "__main__":
    main()

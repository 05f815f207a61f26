"""Checking values against a JSON Schema, strictly, and filling in its defaults.

Every value of the config and of the video sheet passes here. What counts as a number, a whole number or text is said in
this one place: JSON Schema itself takes 2.0 for a whole number, and YAML knows numbers that are none (`.nan`, `.inf`).

Imported while Snakemake parses the workflow, in every job: nothing heavy is imported here.
"""

import datetime
import json
import math
import re
import reprlib
from collections.abc import Iterable, Mapping
from pathlib import Path

import yaml
from jsonschema import Draft202012Validator, ValidationError
from jsonschema.validators import extend
from rapidfuzz import process
from rapidfuzz.distance import DamerauLevenshtein

from marey.labels.names import invisible

SCHEMAS = Path(__file__).parents[2] / "schemas"

MAX_WHOLE = 2**31 - 1  # what 32-bit integers hold: seeds of JAX, counts of steps and frames
MIN_NUMBER, MAX_NUMBER = 1e-12, 1e12  # size of a number that is not 0: squared, it is a 32-bit float
MAX_TEXT, MAX_FILE_NAME = 4000, 255  # bytes of a path, and of each of its parts

_TYPES = {
    "object": "a mapping",
    "array": "a list",
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "null": "null",
}


class _Short(reprlib.Repr):
    """Values as messages show them: short, and in words of YAML where Python has others."""

    def __init__(self):
        super().__init__()
        self.maxstring = self.maxother = 80  # characters

    def repr1(self, value: object, level: int) -> str:
        if value is None or isinstance(value, bool):
            return json.dumps(value)
        if isinstance(value, datetime.date):
            return f"the date {value}"
        if isinstance(value, int) and value.bit_length() > 100:  # Python refuses to write those of 4,300 digits
            return f"a whole number of {value.bit_length()} bits"
        return super().repr1(value, level)


_shorten = _Short()


class ConfigError(ValueError):
    """The config or the video sheet is wrong; the message lists every fault, where it is and what was expected."""


def schema(name: str) -> dict:
    """Read the JSON Schema `workflow/schemas/<name>.schema.yaml`."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return yaml.load((SCHEMAS / f"{name}.schema.yaml").read_text(encoding="utf-8"), loader)


def _is_whole(checker, value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) <= MAX_WHOLE


def _is_number(checker, value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return value == 0 or MIN_NUMBER <= abs(value) <= MAX_NUMBER  # neither holds for NaN


def _is_text(checker, value: object) -> bool:
    return isinstance(value, str) and not _text_fault(value)


def _text_fault(value: str) -> str:
    if hidden := invisible(value):
        return f"it holds {hidden}, which nobody sees; delete it"
    if len(value.encode()) > MAX_TEXT or max(len(part.encode()) for part in value.split("/")) > MAX_FILE_NAME:
        return "it is longer than any path or name can be"
    return ""


def _of_type(validator, types: str | list[str], value: object, schema: dict):
    """Check `type` without the value in the message: what someone writes may be of any size."""
    kinds = [types] if isinstance(types, str) else types
    if not any(validator.is_type(value, kind) for kind in kinds):
        yield ValidationError(f"not of type {kinds}")


def _same(validator, choices: list, value: object, schema: dict):
    """Check `enum` with the type: to Python, 4 and 4.0 are the same."""
    if not any(type(choice) is type(value) and choice == value for choice in choices):
        yield ValidationError(f"not one of {choices}")


_Validator = extend(
    Draft202012Validator,
    {"enum": _same, "type": _of_type},
    type_checker=Draft202012Validator.TYPE_CHECKER.redefine_many(
        {"integer": _is_whole, "number": _is_number, "string": _is_text}
    ),
)


def check_schema(value: dict, schema: dict, where: str) -> None:
    """Raise ConfigError that lists everything in `value` that `schema` does not allow."""
    errors = sorted(_Validator(schema).iter_errors(value), key=lambda error: list(map(str, error.path)))
    faults = [fault for error in errors for fault in _explain(error)]
    if faults:
        raise ConfigError("\n".join(f"{where}: {fault}" for fault in faults))


def with_defaults(value: dict, schema: dict) -> dict:
    """Copy `value` in the order of the schema, with every missing key at its default, at all levels."""
    filled = {}
    for key, part in schema["properties"].items():
        if key not in value and "default" not in part:
            continue
        item = value.get(key, part.get("default"))
        filled[key] = with_defaults(item, part) if "properties" in part else item
    return filled


def typed(value: object, given: object, schema: dict) -> object:
    """Copy a config with the values that were `given` on the command line as what YAML takes them for.

    `snakemake --config "smooth={acceleration: 4000}"` gives text. It becomes a number where the schema takes no text
    there. `given` is what the command line says; what has another value in `value` does not come from there.
    """
    if isinstance(value, Mapping) and isinstance(given, Mapping):
        parts = schema.get("properties", {})
        return {key: typed(item, given.get(key), parts.get(key, {})) for key, item in value.items()}
    if isinstance(value, list) and value == given:
        return [typed(item, item, schema.get("items", {})) for item in value]
    if not isinstance(value, str) or value != given or _Validator(schema).is_valid(value):
        return value
    try:
        read = yaml.safe_load(value)
    except (yaml.YAMLError, ValueError):
        return value
    return read if _Validator(schema).is_valid(read) else value


def closest(word: object, choices: list[str]) -> str:
    """Word a hint at the choice that is most like `word`; "" where none is like it."""
    match = process.extractOne(str(word), choices, scorer=DamerauLevenshtein.normalized_similarity, score_cutoff=0.5)
    return f"; did you mean '{match[0]}'?" if match else ""


def column_faults(columns: Iterable[str], known: Iterable[str], required: Iterable[str]) -> list[str]:
    """List the columns that a table must not have, or lacks: once, not for every row."""
    columns, known = list(columns), list(known)
    faults = [f"'{name}': unknown column{closest(name, known)}" for name in columns if name not in known]
    return faults + [f"the column '{name}' is missing" for name in required if name not in columns]


def _explain(error) -> list[str]:
    path = ".".join(map(str, error.absolute_path))
    about, found = error.schema.get("description", ""), _shorten.repr(error.instance)
    if error.validator == "additionalProperties":
        known = error.schema["properties"]
        return [_unknown(key, path, known) for key in error.instance if key not in known]
    if error.validator == "required":
        return [f"{_join(path, key)}: missing" for key in error.validator_value if key not in error.instance]
    if error.validator == "type":
        kinds = error.validator_value if isinstance(error.validator_value, list) else [error.validator_value]
        expected = " or ".join(_TYPES[kind] for kind in kinds)
        return [f"{path}: expected {expected}, got {found}{_hint(error.instance, kinds)}. {about}".strip()]
    if error.validator == "enum":
        words = [str(value) for value in error.validator_value]
        close = closest(error.instance, words) if isinstance(error.instance, str) else ""
        choices = ", ".join(map(str, error.validator_value))
        return [f"{path}: {found} is not one of {choices}{close}"]
    message = error.message.replace(repr(error.instance), found)
    return [f"{path}: {message}. {about}".strip()]


def _unknown(key: object, path: str, known: dict) -> str:
    name = key if isinstance(key, str) and not _text_fault(key) else _shorten.repr(key)
    hint = closest(name, list(known)) or "; known are " + ", ".join(known)
    return f"{_join(path, name)}: unknown key{hint}"


def _hint(value: object, kinds: list[str]) -> str:
    """Say why a value is none of these kinds of value, or how to write what was meant."""
    numbers = {"integer", "number"} & set(kinds)
    if isinstance(value, str):
        hint = _number_hint(value) if numbers else ""
        return hint or (f" ({_text_fault(value)})" if "string" in kinds and _text_fault(value) else "")
    if numbers and isinstance(value, int | float) and not isinstance(value, bool):
        return f" ({_size_hint(value, numbers)})"
    if "string" in kinds and not numbers and isinstance(value, bool | int | float | datetime.date | None):
        return " (YAML takes on, off, yes and no, null, numbers and dates for what they look like: put text in quotes)"
    return ""


def _size_hint(value: float, numbers: set[str]) -> str:
    if isinstance(value, float) and not math.isfinite(value):
        return "not a finite number"
    if "number" not in numbers and isinstance(value, float):
        return f"write {int(value)}" if value.is_integer() and abs(value) <= MAX_WHOLE else "not a whole number"
    if "number" not in numbers:
        return f"whole numbers go up to {MAX_WHOLE}"
    return f"numbers other than 0 are from {MIN_NUMBER:g} to {MAX_NUMBER:g} in size"


def _number_hint(value: str) -> str:
    if re.fullmatch(r"[+-]?\d+e[+-]?\d+", value, re.IGNORECASE):
        return f" (YAML reads this as text: write {value.lower().replace('e', '.0e', 1)})"
    if _reads_as_number(value):
        return " (this is text: take the quotes away)"
    if re.match(r"[+-]?\.?\d[\d.]*\s*\S+$", value):
        return " (write the bare number, in the unit below)"
    return ""


def _reads_as_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _join(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key

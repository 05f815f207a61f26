"""The config of an experiment: checking it and filling in defaults.

Imported while Snakemake parses the workflow, in every job: nothing heavy is imported here.
"""

import re
from pathlib import Path

import yaml
from jsonschema import Draft202012Validator
from rapidfuzz import process

from marey.networks.naming import has_weights

SCHEMAS = Path(__file__).parents[2] / "schemas"

# Keys of `animals` that only the method bottom_up serves.
BOTTOM_UP_KEYS = ("unique", "identities", "appearance")

_TYPES = {
    "object": "a mapping",
    "array": "a list",
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "null": "null",
}


class ConfigError(ValueError):
    """The config or the video sheet is wrong; the message lists every fault, where it is and what was expected."""


def schema(name: str) -> dict:
    """Read the JSON Schema `workflow/schemas/<name>.schema.yaml`."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return yaml.load((SCHEMAS / f"{name}.schema.yaml").read_text(), loader)


def check_schema(value: dict, schema: dict, where: str) -> None:
    """Raise ConfigError that lists everything in `value` that `schema` does not allow."""
    errors = sorted(Draft202012Validator(schema).iter_errors(value), key=lambda error: list(map(str, error.path)))
    faults = [fault for error in errors for fault in _explain(error)]
    if faults:
        raise ConfigError("\n".join(f"{where}: {fault}" for fault in faults))


def _explain(error) -> list[str]:
    path = ".".join(map(str, error.absolute_path))
    about = error.schema.get("description", "")
    if error.validator == "additionalProperties":
        known = error.schema["properties"]
        return [_unknown(key, path, known) for key in error.instance if key not in known]
    if error.validator == "required":
        return [f"{_join(path, key)}: missing" for key in error.validator_value if key not in error.instance]
    if error.validator == "type":
        kinds = error.validator_value if isinstance(error.validator_value, list) else [error.validator_value]
        expected = " or ".join(_TYPES[kind] for kind in kinds)
        return [f"{path}: expected {expected}, got {error.instance!r}{_hint(error.instance, kinds)}. {about}".strip()]
    if error.validator == "enum":
        close = closest(error.instance, [str(value) for value in error.validator_value])
        choices = ", ".join(map(str, error.validator_value))
        return [f"{path}: {error.instance!r} is not one of {choices}{close}"]
    return [f"{path}: {error.message}. {about}".strip()]


def _unknown(key: str, path: str, known: dict) -> str:
    hint = closest(key, list(known)) or "; known are " + ", ".join(known)
    return f"{_join(path, key)}: unknown key{hint}"


def closest(word: object, choices: list[str]) -> str:
    """Word a hint at the choice that is most like `word`; "" where none is like it."""
    match = process.extractOne(str(word), choices, score_cutoff=60)
    return f"; did you mean '{match[0]}'?" if match else ""


def _hint(value: object, kinds: list[str]) -> str:
    if not isinstance(value, str) or not {"integer", "number"} & set(kinds):
        return ""
    if re.fullmatch(r"[+-]?\d+e[+-]?\d+", value, re.IGNORECASE):
        return f" (YAML reads this as text: write {value.lower().replace('e', '.0e', 1)})"
    if re.match(r"[+-]?[\d.]+\s*\S+$", value):
        return " (write the bare number, in the unit below)"
    return ""


def _join(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


def with_defaults(value: dict, schema: dict) -> dict:
    """Copy `value` in the order of the schema, with every missing key at its default, at all levels."""
    filled = {}
    for key, part in schema["properties"].items():
        if key not in value and "default" not in part:
            continue
        item = value.get(key, part.get("default"))
        filled[key] = with_defaults(item, part) if part.get("type") == "object" else item
    return filled


def load_config(raw: dict) -> dict:
    """Check a config, and fill in all defaults and, where it says so, the keypoints and skeleton of the labels.

    Raises ConfigError that lists every fault, before anything has run.
    """
    rules = schema("config")
    check_schema(raw, rules, "config")
    config = with_defaults(raw, rules)
    _complete(config)
    _check_relations(config)
    return config


def _complete(config: dict) -> None:
    from marey.labels import sources

    data = Path(config["data"])
    missing = [name for name in config["labels"]["sources"] if not (data / name).exists()]
    if missing:
        raise ConfigError(
            "\n".join(f"config: labels.sources: {data / name}: no such file or folder" for name in missing)
        )
    if config["keypoints"] is None or config["skeleton"] is None:
        for name in config["labels"]["sources"]:
            metadata = sources.describe(name, data)
            for key in ("keypoints", "skeleton"):
                if config[key] is None and metadata[key]:
                    config[key] = [list(item) if key == "skeleton" else item for item in metadata[key]]
    config["skeleton"] = config["skeleton"] or []
    if config["animals"]["unique"] is None:
        named = [name for source in config["labels"]["sources"] for name in sources.describe(source, data)["unique"]]
        config["animals"]["unique"] = list(dict.fromkeys(named))
    if config["animals"]["method"] == "auto":
        several = any(sources.describe(name, data)["several"] for name in config["labels"]["sources"])
        config["animals"]["method"] = "bottom_up" if several else "single"
    appearance = config["animals"]["appearance"] or bool(config["animals"]["identities"])
    config["animals"]["appearance"] = appearance and config["animals"]["method"] != "single"
    if config["keypoints"] is None and config["labels"]["sources"]:
        raise ConfigError("config: keypoints: no label source names them; list them here, in order")


def _check_relations(config: dict) -> None:
    faults = []
    names = config["keypoints"] or []
    listed = {key: config[key] or [] for key in ("skeleton", "symmetry")}
    for key, pairs in {**listed, "animals.unique": [config["animals"]["unique"]]}.items():
        for pair in pairs:
            faults += [f"{key}: '{name}' is not a keypoint{closest(name, names)}" for name in pair if name not in names]
    sided = [name for pair in listed["symmetry"] for name in pair]
    faults += [
        f"symmetry: '{name}' is in {sided.count(name)} places; a keypoint has one mirror image: name it once"
        for name in dict.fromkeys(sided)
        if sided.count(name) > 1
    ]
    if config["animals"]["identities"] and config["animals"]["method"] == "single" and config["labels"]["sources"]:
        faults.append("animals.identities: there is never more than one animal in an image; take the names out")
    if "unique" in config["animals"]["identities"]:
        faults.append("animals.identities: 'unique' is the name of objects and landmarks; name the animal otherwise")
    if config["animals"]["method"] == "top_down":
        asked = [key for key in BOTTOM_UP_KEYS if config["animals"][key]]
        faults += [f"animals.{key}: animals.method top_down cannot do that; use bottom_up" for key in asked[:1]]
    if config["model"]["weights"] and not has_weights(config["model"]["backbone"]):
        faults.append(f"model.weights: the backbone {config['model']['backbone']} has no pretraining; use null")
    batch, parts = config["train"]["batch_size"], config["train"]["accumulate"]
    if batch % parts:
        faults.append(f"train.accumulate: {parts} parts of equal size do not make up a batch of {batch} (`batch_size`)")
    low, high = config["augment"]["scale"]["range"]
    if low > high:
        faults.append(f"augment.scale.range: expected [smallest, largest], got [{low}, {high}]")
    if config["smooth"]["median_window"] % 2 == 0:
        faults.append(f"smooth.median_window: expected an odd number, got {config['smooth']['median_window']}")
    fold, folds = config["infer"]["fold"], config["split"]["folds"]
    if fold >= folds:
        faults.append(f"infer.fold: {fold} does not exist; split.folds is {folds} (counted from 0)")
    if faults:
        raise ConfigError("\n".join(f"config: {fault}" for fault in faults))

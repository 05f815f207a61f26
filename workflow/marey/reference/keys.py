"""Reference page of every config key, `config/README.md`, from the schemas."""

import json

from marey.experiment.config import schema
from marey.reference.templates import fill_template

_WORDS = {"object": "mapping", "array": "list", "string": "text", "boolean": "true or false"}


def page() -> str:
    """Write the page: a row for each key of the config and for each column of the video sheet."""
    return fill_template("keys", config="\n".join(_rows(schema("config"))), videos="\n".join(_rows(schema("videos"))))


def _rows(part: dict) -> list[str]:
    return ["| key | values | default | meaning |", "|---|---|---|---|", *_leaves(part, "")]


def _leaves(part: dict, prefix: str) -> list[str]:
    rows = []
    for key, item in part["properties"].items():
        name = f"{prefix}{key}"
        if "properties" in item:
            rows.append(f"| **`{name}`** | | | {item['description']} |")
            rows += _leaves(item, f"{name}.")
        else:
            default = f"`{json.dumps(item['default'])}`" if "default" in item else "required"
            rows.append(f"| `{name}` | {_values(item)} | {default} | {_cell(item['description'])} |")
    return rows


def _values(item: dict) -> str:
    if "enum" in item:
        return ", ".join(value if isinstance(value, str) else json.dumps(value) for value in item["enum"])
    kinds = item["type"] if isinstance(item["type"], list) else [item["type"]]
    text = " or ".join(_WORDS.get(kind, kind) for kind in kinds)
    if "enum" in item.get("items", {}):
        return f"{text} of {', '.join(item['items']['enum'])}"
    limits = [
        f"{sign} {item[key]}"
        for key, sign in (("minimum", "≥"), ("exclusiveMinimum", ">"), ("maximum", "≤"), ("exclusiveMaximum", "<"))
        if key in item
    ]
    return ", ".join([text, *limits])


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")

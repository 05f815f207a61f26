"""The reference of every config key, as Markdown: `python -m marey.reference.keys > config/README.md`."""

import json

from marey.experiment.config import schema
from marey.reference import reruns

INTRODUCTION = """\
# Config reference

One YAML file describes an experiment; it is checked before any job starts. `config.yaml` is the annotated default;
files in `experiments/` hold only what differs. A key that is left out has the default given here. Paths are relative to
`data`, positions are px of the original video (the corner of the picture is (0, 0)), times are seconds.

This file is made from `workflow/schemas/*.schema.yaml` and the rules by `make docs`.
"""

RERUNS = """
## What runs again

After a change of a key these rules run again, in the order of the work. With `animals.method: top_down` there is no
fit_graph. Keys that are missing here choose which files there are: README.md says what they run.
"""


def reference() -> str:
    """The whole of config/README.md."""
    parts = [INTRODUCTION, "## Experiment\n", *_rows(schema("config"))]
    parts += ["\n## Video sheet (`videos.tsv`)\n\nTab-separated, one row per video.\n", *_rows(schema("videos"))]
    return "\n".join([*parts, RERUNS, reruns.long_table()])


def _rows(part: dict) -> list[str]:
    return ["| key | values | default | meaning |", "|---|---|---|---|", *_leaves(part, "")]


def _leaves(part: dict, prefix: str) -> list[str]:
    rows = []
    for key, item in part["properties"].items():
        name = f"{prefix}{key}"
        if item.get("type") == "object":
            rows.append(f"| **`{name}`** | | | {item['description']} |")
            rows += _leaves(item, f"{name}.")
        else:
            default = f"`{json.dumps(item['default'])}`" if "default" in item else "required"
            rows.append(f"| `{name}` | {_values(item)} | {default} | {_cell(item['description'])} |")
    return rows


def _values(item: dict) -> str:
    if "enum" in item:
        return ", ".join(map(str, item["enum"]))
    kinds = item["type"] if isinstance(item["type"], list) else [item["type"]]
    text = " or ".join(kinds)
    limits = [
        f"{sign} {item[key]}"
        for key, sign in (("minimum", "≥"), ("exclusiveMinimum", ">"), ("maximum", "≤"), ("exclusiveMaximum", "<"))
        if key in item
    ]
    return ", ".join([text, *limits])


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


if __name__ == "__main__":
    print(reference(), end="")

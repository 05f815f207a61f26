"""The page of config keys says of each key what the schema says."""

from marey.experiment.config import schema
from marey.reference import keys


def leaves(part: dict, prefix: str = "") -> dict[str, dict]:
    found = {}
    for key, item in part["properties"].items():
        nested = "properties" in item
        found |= leaves(item, f"{prefix}{key}.") if nested else {f"{prefix}{key}": item}
    return found


def test_each_key_has_a_row_with_its_default_and_meaning():
    lines = keys.page().splitlines()
    for name, item in [*leaves(schema("config")).items(), *leaves(schema("videos")).items()]:
        (row,) = (line for line in lines if line.startswith(f"| `{name}` |"))
        assert " ".join(item["description"].split()).replace("|", "\\|") in row
    assert "| `train.steps` | integer, ≥ 0 | `1000` |" in keys.page()
    assert "| `project` | text | required |" in keys.page()
    assert '| `infer.flip` | false, true, turns, all, auto | `"auto"` |' in keys.page()
    assert "| `export.labels` | list of coco, deeplabcut, slp |" in keys.page()

"""Reference page of the tables: their columns, and where their files lie."""

import pkgutil
import re
from importlib import import_module

import pyarrow as pa

from marey import tables
from marey.reference.templates import REPOSITORY, fill_template


def page() -> str:
    """Write the page: a row for each table, and a section with its columns."""
    known, files = table_schemas(), table_places()
    overview = [
        f"| [`{name}`](#{name}) | {'<br>'.join(f'`{file}`' for file in files.get(name, []))} | {_meaning(doc)} |"
        for name, (_, doc) in known.items()
    ]
    sections = [_section(name, schema, doc, files.get(name, [])) for name, (schema, doc) in known.items()]
    head = ["| table | file | a row is |", "|---|---|---|"]
    return fill_template("tables", overview="\n".join([*head, *overview]), tables="\n".join(sections))


def table_schemas() -> dict[str, tuple[pa.Schema, str]]:
    """Find the tables: by name the schema, and what the docstring of its module says."""
    found = {}
    for item in pkgutil.iter_modules(tables.__path__):
        module = import_module(f"{tables.__name__}.{item.name}")
        for value in vars(module).values():
            if isinstance(value, pa.Schema):
                found[value.metadata[b"table"].decode()] = value, module.__doc__
    return dict(sorted(found.items()))


def table_places() -> dict[str, list[str]]:
    """Find where the files of each table lie, relative to the results, from the outputs of all rules.

    A file is called as its table is or, where there is one for each video or shard, the folder that they are in.
    """
    found: dict[str, set[str]] = {}
    for path in (REPOSITORY / "rules").glob("*.smk"):
        for outputs in re.findall(r"^    output:\n((?: {8}.*\n)+)", path.read_text(encoding="utf-8"), re.MULTILINE):
            for place in re.findall(r'"<results>/([^"]+)\.parquet"', outputs):
                name = [part for part in place.split("/") if "{" not in part][-1]
                found.setdefault(name, set()).add(re.sub(r"{+(\w+)}+", r"<\1>", place) + ".parquet")
    return {name: sorted(files) for name, files in found.items()}


def _meaning(doc: str) -> str:
    """Say what a row is: the first sentence of a module's docstring without the table's name."""
    sentence = re.split(r"(?<=\.)\n|\n\n", doc.strip())[0]
    return _cell(re.sub(r"^`\w+`: (one row per )?", "", sentence).rstrip("."))


def _section(name: str, schema: pa.Schema, doc: str, files: list[str]) -> str:
    order = schema.metadata[b"sort"].decode().replace(",", ", ")
    text = re.sub(r"\A`\w+`: (\w)", lambda first: first[1].upper(), doc.strip())
    lines = [f"### {name}", "", text, "", f"Sorted by {order}. Files: {', '.join(f'`{file}`' for file in files)}.", ""]
    lines += ["| column | type | unit | meaning |", "|---|---|---|---|"]
    for field in schema:
        unit, meaning = (field.metadata[key].decode() for key in (b"unit", b"meaning"))
        kind = f"{_kind(field.type)}{' or empty' if field.nullable else ''}"
        lines.append(f"| `{field.name}` | {kind} | {_cell(unit)} | {_cell(meaning)} |")
    return "\n".join(lines) + "\n"


def _kind(kind: pa.DataType) -> str:
    if pa.types.is_list(kind):
        return f"list of {_kind(kind.value_type)}"
    return {pa.float64(): "float64", pa.float32(): "float32", pa.float16(): "float16"}.get(kind, str(kind))


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")

"""Reference page of the exports: what each format holds, in the words of its module."""

from types import ModuleType

from marey.experiment.config import schema
from marey.exports.names import load_format, load_label_format, load_session_format
from marey.reference.templates import fill_template


def page() -> str:
    """Write the page: a row and a section for each format of poses, in images and in space, and for each of labels."""
    keys = schema("config")["properties"]["export"]["properties"]
    poses = {name: load_format(name) for name in keys["formats"]["items"]["enum"]}
    sessions = {name: load_session_format(name) for name in keys["sessions"]["items"]["enum"]}
    labels = {name: load_label_format(name) for name in keys["labels"]["items"]["enum"]}
    return fill_template(
        "exports",
        poses=_overview(poses, "exports/<video>.{name}"),
        pose_sections="\n".join(_section(f"`{name}`", module, f"mouse1.{name}") for name, module in poses.items()),
        sessions=_overview(sessions, "exports/sessions/<session>.{name}", positions="POSITIONS"),
        session_sections="\n".join(
            _section(f"In space: `{name}`", module, f"sessions/day1.{name}") for name, module in sessions.items()
        ),
        labels=_overview(labels, "exports/labels/{name}/"),
        label_sections="\n".join(
            _section(f"Labels: `{name}`", module, f"labels/{name}") for name, module in labels.items()
        ),
    )


def _overview(modules: dict[str, ModuleType], place: str, *, positions: str = "PIXELS") -> str:
    rows = [
        f"| `{place.format(name=name)}` | {module.TOOLS} | {getattr(module, positions)} |"
        for name, module in modules.items()
    ]
    return "\n".join(["| file | for | positions |", "|---|---|---|", *rows])


def _section(title: str, module: ModuleType, file: str) -> str:
    lines = [line.format(file=f"results/demo/exports/{file}") for line in module.READ]
    omitted = "; ".join(module.CANNOT_SAY) or "nothing"
    imports = [line for line in lines if line.startswith(("import ", "from "))]
    code = "\n".join(["```python", *imports, "", *lines[len(imports) :], "```"])
    return f"### {title}\n\n{module.__doc__.strip()}\n\n- Written: {_first(module)}\n- Left out: {omitted}.\n\n{code}\n"


def _first(module: ModuleType) -> str:
    """Return what `write` says that it does, in the words of its docstring."""
    sentence = " ".join(module.write.__doc__.split()).removeprefix("Write ").partition("; returns")[0].rstrip(".")
    return f"{sentence.partition('; raises')[0]}."

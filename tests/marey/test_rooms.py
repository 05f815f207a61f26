"""The rooms of the library: what they import, what their `__init__` holds, and where the function of a stage is."""

import ast
import re
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
LIBRARY = REPOSITORY / "workflow" / "marey"

# Floor of each room: a room imports from lower floors only. `runtime` and `__main__` stand outside.
FLOORS = {
    "tables": 1,
    "pictures": 1,
    "networks": 1,
    "synth": 2,
    "exports": 2,
    "tracking": 2,
    "provenance": 2,
    "zoo": 2,
    "videos": 3,
    "recognition": 4,
    "labels": 4,
    "multiview": 5,
    "experiment": 6,
    "running": 7,
    "models": 7,
    "inference": 8,
    "evaluation": 9,
    "training": 9,
    "labelling": 10,
    "views": 10,
    "assembly": 10,
    "adaptation": 11,
    "commands": 11,
    "reference": 12,
}
OUTSIDE = {"runtime", "__main__", "__init__"}
FILES = sorted(LIBRARY.rglob("*.py"))


def room(path: Path) -> str:
    return path.relative_to(LIBRARY).parts[0].removesuffix(".py")


def imported(path: Path) -> set[str]:
    """The rooms, or modules outside of them, that a file imports, anywhere in it."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module == "marey":
            names.update(f"marey.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names.add(node.module)
    return {name.split(".")[1] for name in names if name.startswith("marey.")} - {"__version__"}


def test_every_module_is_in_a_room():
    assert {room(path) for path in FILES} <= FLOORS.keys() | OUTSIDE


@pytest.mark.parametrize("name", FLOORS)
def test_rooms_import_from_lower_floors_only(name):
    for path in (LIBRARY / name).rglob("*.py"):
        above = {other for other in imported(path) - {name} if FLOORS.get(other, 99) >= FLOORS[name]}
        assert not above, f"{path.relative_to(LIBRARY)}: floor {FLOORS[name]} imports {sorted(above)}"


PACKAGES = sorted({path.parent / "__init__.py" for path in FILES if path.parent != LIBRARY})


@pytest.mark.parametrize("path", PACKAGES, ids=lambda path: path.parent.name)
def test_a_package_s_init_holds_its_docstring_alone(path):
    (only,) = ast.parse(path.read_text(encoding="utf-8")).body
    assert isinstance(only, ast.Expr)
    assert isinstance(only.value.value, str)


# The rule that calls a stage's function of another name.
NAMED_OTHERWISE = {"train_model": "train_models"}


@pytest.mark.parametrize("script", sorted((REPOSITORY / "scripts").glob("*.py")), ids=lambda path: path.stem)
def test_a_stage_s_module_and_function_bear_its_rule_s_name(script):
    name = NAMED_OTHERWISE.get(script.stem, script.stem)
    (module,) = (path for path in FILES if path.stem == name and room(path) != "commands")
    defined = {node.name for node in ast.parse(module.read_text()).body if isinstance(node, ast.FunctionDef)}
    assert name in defined
    lines = script.read_text().splitlines()
    place = ".".join(("marey", *module.relative_to(LIBRARY).with_suffix("").parts))
    assert any(line.startswith(f"from {place} import ") and name in line.replace(",", "").split() for line in lines)


def test_each_rule_file_is_called_as_a_room():
    others = {"common", "params", "targets", "handlers", "training_together", "elsewhere", "inputs_elsewhere"}
    others |= {"inputs_calibration", "multiview_board", "multiview_file", "multiview_results"}
    names = {path.stem for path in (REPOSITORY / "rules").glob("*.smk")} - others
    assert {re.sub(r"^(inputs|plots)_", "", name) for name in names} <= FLOORS.keys()

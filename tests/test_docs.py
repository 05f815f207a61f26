"""What the documentation speaks of is there: what its links lead to, commands, keys, rooms. README stays short."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from marey.experiment import stages
from marey.reference import commands, reruns

ROOT = Path(__file__).parents[1]
NAMES = ("README.md", "CONTRIBUTING.md", "config/README.md", "benchmarks/README.md")
PAGES = [*(ROOT / name for name in NAMES), *sorted((ROOT / "docs").rglob("*.md"))]
FOLDERS = "config|profiles|envs|rules|scripts|tests|benchmarks|workflow"
FILES = (".py", ".parquet", ".json", ".safetensors", ".onnx", ".slp")


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def pages(function):
    return pytest.mark.parametrize("page", PAGES, ids=name)(function)


@cache
def text(page: Path) -> str:
    """A page without its comments."""
    return re.sub(r"<!--.*?-->", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)


def prose(page: Path) -> str:
    """A page without its blocks of code."""
    return re.sub(r"^ *```.*?^ *```", "", text(page), flags=re.DOTALL | re.MULTILINE)


def links(page: Path) -> list[str]:
    """The targets of all links and images but those to other sites."""
    found = re.findall(r"\]\(([^)\s]+)\)", re.sub(r"`[^`\n]*`", "code", prose(page)))
    return [target for target in found if not target.startswith(("https://", "http://"))]


def anchors(page: Path) -> set[str]:
    """The sections of a page, as GitHub names them."""
    found: dict[str, int] = {}
    names = set()
    for title in re.findall(r"^#+ (.*)$", prose(page), re.MULTILINE):
        title = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", title)
        anchor = re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")
        count = found[anchor] = found.get(anchor, -1) + 1
        names.add(f"{anchor}-{count}" if count else anchor)
    return names


def broken(page: Path) -> list[str]:
    """The links of a page that lead nowhere."""
    wrong = []
    for link in links(page):
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            wrong.append(link)
    return wrong


@pages
def test_links_lead_somewhere(page):
    assert broken(page) == []


@pages
def test_no_place_of_one_machine_is_named(page):
    assert not re.search(r"(?<![\w.])/(work|home|tmp|root)/|\.\./shared(?!/data)", text(page))


@pages
def test_commands_exist(page):
    code = re.findall(r"```sh\n.*?```|`[^`\n]+`", text(page), re.DOTALL)
    said = {word for part in code for word in re.findall(r"(?:^|[`\s])marey ([a-z]+)", part)}
    assert said <= set(commands.command_names()), page
    made = {word for part in code for word in re.findall(r"(?:^|[`\s(])make ([a-z]+)", part)}
    assert made <= commands.make_targets().keys(), page


@pages
def test_files_of_the_repository_exist(page):
    for path in re.findall(
        r"`((?:config|profiles|envs|rules|scripts|tests|benchmarks|workflow)/[\w./-]+)`", text(page)
    ):
        assert list(ROOT.glob(path)), path


def test_a_broken_link_is_found(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("# A title, with `code`\n[a](#a-title-with-code) [b](#no) [c](page.md) [d](none.md) ![e](f.png)\n")
    assert broken(page) == ["#no", "none.md", "f.png"]


def test_readme_is_short():
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 120


def test_every_page_of_the_documentation_is_in_its_index():
    index = ROOT / "docs" / "README.md"
    linked = {(index.parent / link.partition("#")[0]).resolve() for link in links(index)}
    assert set((ROOT / "docs").rglob("*.md")) - {index} <= linked


def rooms() -> dict[str, int]:
    """The rooms that there are and their floors, as their test has them."""
    tree = ast.parse((ROOT / "tests" / "marey" / "test_rooms.py").read_text(encoding="utf-8"))
    (floors,) = (node.value for node in tree.body if isinstance(node, ast.Assign) and node.targets[0].id == "FLOORS")
    library = ROOT / "workflow" / "marey"
    return {room: floor for room, floor in ast.literal_eval(floors).items() if (library / room).is_dir()}


def test_architecture_lists_the_rooms_and_their_floors():
    page = text(ROOT / "docs" / "explanation" / "architecture.md")
    listed = re.findall(r"^\| (\d+) \| `(\w+)` \|", page, re.MULTILINE)
    assert {room: int(floor) for floor, room in listed} == rooms()


def test_architecture_names_every_stage():
    page = text(ROOT / "docs" / "explanation" / "architecture.md")
    stages = {path.stem for path in (ROOT / "scripts").glob("*.py")} - {"preflight", "train_models"}
    missing = {stage for stage in stages if not stage.startswith("plot_") and f"`{stage}`" not in page}
    assert missing == set()


def test_pages_name_config_keys_that_there_are():
    """Dotted names such as `smooth.max_gap`, wherever their block is one of the config's."""
    keys = {*reruns.listed_keys(), *reruns.STRUCTURAL_KEYS, *stages.GRAPH_KEYS}
    blocks = {key.partition(".")[0] for key in keys if "." in key}
    for page in [page for page in PAGES if page.parent.name != "benchmarks"]:
        for key in re.findall(r"`([a-z_]+\.[a-z_.]+)(?:: [^`]*)?`", text(page)):
            if key.partition(".")[0] in blocks and not key.endswith(FILES):
                assert any(known == key or known.startswith(f"{key}.") for known in keys), f"{page}: {key}"

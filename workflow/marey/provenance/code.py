"""Where results come from: digests of code and config.

`code_digest` is what makes an edit re-run exactly the stages that it can change. Snakemake calls it while parsing, in
every job, so it imports nothing heavy.
"""

import ast
import hashlib
import json
from collections.abc import Collection, Iterator, Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

PACKAGE_ROOT = Path(__file__).parents[2]  # the folder that holds the `marey` package

PARSE_ATTEMPTS = 5

# Modules that cannot change a result: the version number, and what only logs and shows progress.
UNTRACKED = frozenset({"marey", "marey.runtime"})


Loaded = Mapping[str, Collection[str]]


def code_digest(script: str | Path, loaded: Loaded = MappingProxyType({})) -> str:
    """Digest a script and all `marey` modules that it imports, directly or not.

    Comments, docstrings and layout do not count: what is hashed is the syntax tree without them. `loaded`: of each
    package whose modules are loaded by name, those that this experiment loads (see `modules`).
    """
    script = Path(script)
    parts = [f"{module} {_read(_module_path(module))[0]}" for module in sorted(modules(script, loaded))]
    return _digest("\n".join([_read(script)[0], *parts]).encode())


def modules(script: str | Path, loaded: Loaded = MappingProxyType({})) -> set[str]:
    """Find the tracked `marey` modules that `script` imports, directly or not.

    A package whose modules are loaded by name (label formats, backbones) is imported by who loads them. To a script
    that imports the package in this way belong those of its modules that `loaded` names: {package: modules}.
    """
    found, queue = set(), list(_imports(Path(script)))
    while queue:
        module = queue.pop()
        if module not in found and module not in UNTRACKED:
            found.add(module)
            queue.extend(_imports(_module_path(module)))
            queue.extend(f"{module}.{name}" for name in loaded.get(module, ()))
    return found


def _parse(path: Path) -> ast.Module:
    """Parse a file; again where CPython 3.11 mistook the depth of a tree that another thread makes for this one's."""
    text = path.read_text(encoding="utf-8")
    for _ in range(PARSE_ATTEMPTS - 1):
        try:
            return ast.parse(text, filename=str(path))
        except SystemError:  # "AST constructor recursion depth mismatch": nothing is wrong with the file
            continue
    return ast.parse(text, filename=str(path))


@cache
def _read(path: Path) -> tuple[str, frozenset[str]]:
    """Digest of a file and names in its imports of `marey`. Its syntax tree is let go: all of them take 25 MB."""
    tree = _parse(path)
    names = set()
    for node in _statements(tree):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
        _strip_docstring(node)
    return _digest(ast.dump(tree).encode()), frozenset(name for name in names if name.split(".")[0] == "marey")


@cache
def _imports(path: Path) -> frozenset[str]:
    """Names of the `marey` modules that the file imports anywhere, with the packages that they are in."""
    found = set()
    for name in _read(path)[1]:
        parts = name.split(".")
        found.update(".".join(parts[:length]) for length in range(1, len(parts) + 1))
    return frozenset(name for name in found if _module_path(name))


@cache
def _module_path(module: str) -> Path | None:
    base = PACKAGE_ROOT.joinpath(*module.split("."))
    candidates = (base / "__init__.py", base.with_suffix(".py"))
    return next((path for path in candidates if path.is_file()), None)


def _statements(node: ast.AST) -> Iterator[ast.AST]:
    """Walk a module and all statements in it. Expressions, of which there are ten times as many, hold none."""
    yield node
    for field in ("body", "orelse", "handlers", "finalbody", "cases"):
        for child in getattr(node, field, ()):
            yield from _statements(child)


def _strip_docstring(node: ast.AST) -> None:
    if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
        first = node.body[0] if node.body else None
        if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
            node.body = node.body[1:]


def config_digest(config: dict) -> str:
    """Digest a dict of builtins, independent of the order of its keys; 32 hexadecimal digits."""
    return _digest(json.dumps(config, sort_keys=True).encode())


def _digest(data: bytes) -> str:
    return hashlib.blake2b(data, digest_size=16).hexdigest()

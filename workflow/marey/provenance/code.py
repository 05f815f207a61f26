"""Where results come from: digests of code and config.

`code_digest` is what makes an edit re-run exactly the stages that it can change. Snakemake calls it while parsing, in
every job, so it imports nothing heavy.
"""

import ast
import hashlib
import json
import sys
from collections.abc import Collection, Iterator, Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

from marey.provenance.kept import Kept

PACKAGE_ROOT = Path(__file__).parents[2]  # the folder that holds the `marey` package

PARSE_ATTEMPTS = 5
# What a syntax tree and its digest depend on besides the file.
READER = hashlib.blake2b(sys.version.encode() + Path(__file__).read_bytes()).digest()

# Modules that cannot change a result: the version number, and what only logs and shows progress.
UNTRACKED = frozenset({"marey", "marey.runtime"})


Loaded = Mapping[str, Collection[str]]
NOTHING_KEPT = Kept()


def code_digest(script: str | Path, loaded: Loaded = MappingProxyType({}), kept: Kept = NOTHING_KEPT) -> str:
    """Digest a script and all `marey` modules that it imports, directly or not.

    Comments, docstrings and layout do not count: what is hashed is the syntax tree without them. `loaded`: of each
    package whose modules are loaded by name, those that this experiment loads (see `modules`). `kept`: what was read in
    files of this content before; half of the time of a dry run goes into syntax trees.
    """
    script = Path(script)
    parts = [f"{name} {_read(_module_path(name), kept)[0]}" for name in sorted(modules(script, loaded, kept))]
    return _digest("\n".join([_read(script, kept)[0], *parts]).encode())


def modules(script: str | Path, loaded: Loaded = MappingProxyType({}), kept: Kept = NOTHING_KEPT) -> set[str]:
    """Find the tracked `marey` modules that `script` imports, directly or not.

    A package whose modules are loaded by name (label formats, backbones) is imported by who loads them. To a script
    that imports the package in this way belong those of its modules that `loaded` names: {package: modules}.
    """
    found, queue = set(), list(_imports(Path(script), kept))
    while queue:
        module = queue.pop()
        if module not in found and module not in UNTRACKED:
            found.add(module)
            queue.extend(_imports(_module_path(module), kept))
            queue.extend(f"{module}.{name}" for name in loaded.get(module, ()))
    return found


def _parse(content: bytes, path: Path) -> ast.Module:
    """Parse a file; again where CPython 3.11 mistook the depth of a tree that another thread makes for this one's."""
    for _ in range(PARSE_ATTEMPTS - 1):
        try:
            return ast.parse(content, filename=str(path))
        except SystemError:  # "AST constructor recursion depth mismatch": nothing is wrong with the file
            continue
    return ast.parse(content, filename=str(path))


@cache
def _read(path: Path, kept: Kept) -> tuple[str, frozenset[str]]:
    """Digest of a file's code and names in its imports of `marey`; kept for as long as the file has this content."""
    content = path.read_bytes()
    key = _digest(READER + content)
    known = kept.get(str(path))
    if not known or known["content"] != key:
        code, names = _parsed(content, path)
        known = {"content": key, "code": code, "names": names}
        kept.set(str(path), known)
    return known["code"], frozenset(known["names"])


def _parsed(content: bytes, path: Path) -> tuple[str, list[str]]:
    """Digest of a file's code and names in its imports of `marey`. Its syntax tree is let go: all take 25 MB."""
    tree = _parse(content, path)
    names = set()
    for node in _statements(tree):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
        _strip_docstring(node)
    return _digest(ast.dump(tree).encode()), sorted(name for name in names if name.split(".")[0] == "marey")


@cache
def _imports(path: Path, kept: Kept) -> frozenset[str]:
    """Names of the `marey` modules that the file imports anywhere, with the packages that they are in."""
    found = set()
    for name in _read(path, kept)[1]:
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

"""Provenance: a digest changes with what can change a result, and with nothing else."""

import os
from pathlib import Path

import pytest

from marey import provenance

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A made package: script -> marey.a -> marey.b; marey.c is not imported."""
    monkeypatch.setattr(provenance, "ROOT", tmp_path)
    folder = tmp_path / "marey"
    folder.mkdir()
    (folder / "__init__.py").write_text("__version__ = '1'\n")
    (folder / "a.py").write_text(
        '"""Docs."""\nfrom marey import b\n\n\ndef f(x):\n    """Docs."""\n    return b.g(x)\n'
    )
    (folder / "b.py").write_text("def g(x):\n    return x + 1\n")
    (folder / "c.py").write_text("def h(x):\n    return x\n")
    (folder / "runtime.py").write_text("from marey import c\n")
    (tmp_path / "script.py").write_text("from marey import runtime\nfrom marey.a import f\n\nf(1)\n")

    def edit(name, old, new):
        path = tmp_path / name
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))

    def digest():
        for function in (provenance._read, provenance._imports, provenance._module_path):
            function.cache_clear()
        return provenance.code_digest(tmp_path / "script.py")

    yield edit, digest
    digest()


@pytest.mark.parametrize(
    ("name", "old", "new", "changes"),
    [
        ("script.py", "f(1)", "f(2)", True),
        ("script.py", "f(1)", "f( 1 )  # comment", False),
        ("marey/a.py", "Docs.", "Other docs.", False),
        ("marey/a.py", "return b.g(x)", "return b.g(x) * 2", True),
        ("marey/b.py", "x + 1", "x + 2", True),
        ("marey/b.py", "def g", "# why\n\n\ndef g", False),
        ("marey/c.py", "return x", "return -x", False),
        ("marey/runtime.py", "import c", "import c as other", False),
        ("marey/__init__.py", "'1'", "'2'", False),
    ],
)
def test_code_digest_follows_code_only(package, name, old, new, changes):
    edit, digest = package
    before = digest()
    edit(name, old, new)
    assert (digest() != before) == changes


def test_code_digest_ignores_time(package, tmp_path):
    _, digest = package
    before = digest()
    os.utime(tmp_path / "marey" / "b.py")
    assert digest() == before


def test_every_script_has_a_digest_and_few_modules_are_left_out():
    for script in sorted((REPOSITORY / "scripts").glob("*.py")):
        assert provenance.code_digest(script)
    assert {"marey", "marey.runtime"} == provenance.UNTRACKED


def test_imports_are_transitive_and_whole():
    script = REPOSITORY / "scripts" / "train_model.py"
    found = provenance.modules(script)
    assert {"marey.training", "marey.targets", "marey.augment", "marey.losses", "marey.tables.history"} <= found
    assert not {"marey.smoothing", "marey.render", "marey.tables.smoothed", "marey.config"} & found


def test_what_only_parsing_needs_is_in_no_digest():
    parsing = {"marey.config", "marey.sheet", "marey.provenance", "marey.corrections"}
    for script in (REPOSITORY / "scripts").glob("*.py"):
        assert not parsing & provenance.modules(script), script

"""Benchmarks of a copy of the repository: what they write lies beside them, and nothing in this one."""

import importlib.util
import shutil
import sys
from pathlib import Path
from types import ModuleType

import pytest

REPOSITORY = Path(__file__).parents[2]
BENCHMARKS = sorted(path.stem for path in (REPOSITORY / "benchmarks").glob("*.py"))
PARTS = ("Snakefile", "rules", "scripts", "workflow", "config", "profiles", "envs", "benchmarks")


def clone(root: Path) -> Path:
    """Copy what benchmarks need to `root`; of the tests, which two of them use, there is a link."""
    root.mkdir()
    for part in PARTS:
        source = REPOSITORY / part
        (shutil.copytree if source.is_dir() else shutil.copy2)(source, root / part)
    (root / "tests").symlink_to(REPOSITORY / "tests")
    return root


def load(name: str, root: Path = REPOSITORY) -> ModuleType:
    """Import a benchmark as a module, without running it; the test is skipped where a package is not installed."""
    path = root / "benchmarks" / f"{name}.py"
    specification = importlib.util.spec_from_file_location(f"benchmark_{name}", path)
    module = importlib.util.module_from_spec(specification)
    before = list(sys.path)
    sys.path.insert(0, str(path.parent))  # as when it is run
    try:
        specification.loader.exec_module(module)
    except ModuleNotFoundError as error:
        if error.name.partition(".")[0] in ("marey", *BENCHMARKS):
            raise
        pytest.skip(f"needs {error.name}, which is not installed")
    finally:
        sys.path[:] = before
        for other in {*sys.modules} & {*BENCHMARKS}:
            del sys.modules[other]  # another clone has its own
    return module

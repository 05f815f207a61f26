"""What all tests share: the order in which they are handed out, and compiled programs."""

import os
import time
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import settings

from marey.runtime import _processor
from marey.tables.places import user_cache

TESTS = Path(__file__).parent
# Outside the clone, so that a fresh one compiles only what is new; the Snakemake jobs of the tests inherit it.
CACHE = user_cache() / "tests" / _processor()
CACHE_DAYS = 14
os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(CACHE))
# Small programs too: the tests compile thousands, most of them in less than the second from which on JAX keeps them.
os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0")
# How long an example takes says more of the machine than of the code.
settings.register_profile("marey", deadline=None)
settings.load_profile("marey")


def pytest_sessionstart(session: pytest.Session) -> None:
    """Forget old programs: nothing else does, and code changes."""
    if hasattr(session.config, "workerinput"):
        return
    for path in CACHE.glob("*"):
        if path.stat().st_mtime < time.time() - CACHE_DAYS * 86_400:
            path.unlink(missing_ok=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Hand out the files that take longest first, or the run ends with one worker in one of them.

    SLURM's tests wait for most of their time: one of three workers is for them, and helps the others afterwards. Then
    come runs of the workflow, and then the files with the most tests.
    """
    size = Counter(item.path for item in items)
    rank = {TESTS / "slurm": 0, TESTS / "workflow": 1}
    items.sort(key=lambda item: (rank.get(item.path.parent, 2), -size[item.path], item.path))

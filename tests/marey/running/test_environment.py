"""What jobs inherit: the library of the workflow comes before any other, however often it is set."""

import os
import subprocess
import sys

import pytest

from marey.running.environment import prepare


@pytest.fixture(autouse=True)
def _restored(monkeypatch):
    """Variables are put back as they were."""
    for name in ("PYTHONPATH", "GLIBC_TUNABLES"):
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)


def test_the_library_comes_before_what_is_installed(tmp_path):
    for name in ("first", "second"):
        (tmp_path / name / "marey").mkdir(parents=True)
        (tmp_path / name / "marey" / "__init__.py").write_text(f"print('{name}')")
    os.environ["PYTHONPATH"] = str(tmp_path / "second")
    prepare(str(tmp_path / "first"))
    ran = subprocess.run(
        [sys.executable, "-c", "import marey"], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert ran.stdout == "first\n"


def test_jobs_of_jobs_have_the_same(tmp_path):
    prepare("library")
    once = dict(os.environ)
    prepare("library")
    assert dict(os.environ) == once
    assert once["PYTHONPATH"] == "library"  # no empty part, which would be the working directory


def test_a_choice_of_the_users_is_kept(monkeypatch):
    monkeypatch.setenv("GLIBC_TUNABLES", "glibc.malloc.check=1")
    prepare("library")
    assert os.environ["GLIBC_TUNABLES"] == "glibc.malloc.check=1"

"""Benchmarks keep up with the library: each can be imported, and calls its functions with arguments that they take.

What takes minutes to run is rarely run: two had stopped unnoticed when a function got another argument.
"""

import ast
import importlib.util
import inspect
import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[1] / "benchmarks"
# Those of `peers` and a few others need packages that are not installed with Marey.
BENCHMARKS = sorted(path for path in FOLDER.glob("*.py"))


def load(path: Path):
    """Import a benchmark as a module, without running it."""
    spec = importlib.util.spec_from_file_location(f"benchmark_{path.stem}", path)
    module = importlib.util.module_from_spec(spec)
    sys.path.insert(0, str(FOLDER))  # as when it is run
    try:
        spec.loader.exec_module(module)
    except ModuleNotFoundError as error:
        if error.name.partition(".")[0] in ("marey", *(p.stem for p in BENCHMARKS)):
            raise
        pytest.skip(f"needs {error.name}, which is not installed")
    finally:
        sys.path.remove(str(FOLDER))
    return module


def called(module, expression: ast.expr):
    """The function that is called, if names of the module lead to one."""
    if isinstance(expression, ast.Name):
        return getattr(module, expression.id, None)
    if isinstance(expression, ast.Attribute):
        return getattr(called(module, expression.value), expression.attr, None)
    return None


def misfit(function, call: ast.Call) -> str:
    """Why a call does not fit a function; arguments behind * and ** are not known."""
    named = {keyword.arg: None for keyword in call.keywords if keyword.arg}
    open_ended = len(named) < len(call.keywords) or any(isinstance(arg, ast.Starred) for arg in call.args)
    given = [arg for arg in call.args if not isinstance(arg, ast.Starred)]
    signature = inspect.signature(function)
    try:
        (signature.bind_partial if open_ended else signature.bind)(*given, **named)
    except TypeError as error:
        return str(error)
    return ""


@pytest.mark.parametrize("path", BENCHMARKS, ids=lambda path: path.stem)
def test_a_benchmark_calls_functions_with_arguments_that_they_take(path):
    module, faults, seen = load(path), [], 0
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call):
            function = called(module, node.func)
            if inspect.isfunction(function) and function.__module__.startswith(("marey", "benchmark_")):
                seen += 1
                faults += [f"{path.name}:{node.lineno}: {fault}" for fault in [misfit(function, node)] if fault]
    assert faults == []
    assert seen


def test_a_call_that_does_not_fit_is_found():
    def function(a, *, b):
        pass

    calls = ("function(1, b=2)", "function(1)", "function(*x, c=3)", "function(*x, **y)")
    found = [misfit(function, ast.parse(call).body[0].value) for call in calls]
    assert [bool(fault) for fault in found] == [False, True, True, False]


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("tracking_memory", ["--frames", "200", "--appearance"]),
        ("assembly_speed", ["--animals", "2", "--frames", "40"]),
    ],
)
def test_on_tiny_input_it_prints_a_table(name, options):
    command = [sys.executable, str(FOLDER / f"{name}.py"), *options]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "machine: " in done.stdout
    assert any(line.startswith("| ") for line in done.stdout.splitlines())

"""Benchmarks keep up with the library: each can be imported, and calls its functions with arguments that they take.

What takes minutes to run is rarely run: two had stopped unnoticed when a function got another argument.
"""

import ast
import inspect

import pytest

from .clone import BENCHMARKS, REPOSITORY, load


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


@pytest.mark.parametrize("name", BENCHMARKS)
def test_a_benchmark_calls_functions_with_arguments_that_they_take(name):
    module, faults, seen = load(name), [], 0
    for node in ast.walk(ast.parse((REPOSITORY / "benchmarks" / f"{name}.py").read_text())):
        if isinstance(node, ast.Call):
            function = called(module, node.func)
            if inspect.isfunction(function) and function.__module__.startswith(("marey", "benchmark_")):
                seen += 1
                faults += [f"{name}:{node.lineno}: {fault}" for fault in [misfit(function, node)] if fault]
    assert faults == []
    assert seen


def test_a_call_that_does_not_fit_is_found():
    def function(a, *, b):
        pass

    calls = ("function(1, b=2)", "function(1)", "function(*x, c=3)", "function(*x, **y)")
    found = [misfit(function, ast.parse(call).body[0].value) for call in calls]
    assert [bool(fault) for fault in found] == [False, True, True, False]

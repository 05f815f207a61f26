import operator
import os
import signal
import time

import pytest

from marey.labels.formats import _apart
from marey.labels.formats._apart import call_apart


def test_what_a_function_returns_comes_back():
    assert call_apart(operator.add, b"a", b"b") == b"ab"
    assert call_apart(os.getpid) != os.getpid()


@pytest.mark.parametrize(
    ("function", "arguments", "message"),
    [
        (signal.raise_signal, (signal.SIGSEGV,), "is damaged: reading it ended with the signal SIGSEGV"),
        (time.sleep, (60,), "could not be read in 1 s"),
        (operator.truediv, (1, 0), "cannot be read .ZeroDivisionError: division by zero"),
        (int, ("one",), "^invalid literal for int"),
    ],
)
def test_a_process_that_dies_hangs_or_fails_is_a_fault_of_the_file(monkeypatch, function, arguments, message):
    if function is time.sleep:
        monkeypatch.setattr(_apart, "TIME_LIMIT", 1)
    with pytest.raises(ValueError, match=message):
        call_apart(function, *arguments)

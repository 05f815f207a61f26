"""Calling a function in a process of its own: damage in an HDF5 file can kill the library that reads it.

Death, a hang or an error there is then a fault of that file alone. This file is also the program of that process.
"""

import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

TIME_LIMIT = 300  # s: 100,000 frames of 100 columns take 20
_LIBRARY = Path(__file__).parents[3]


def call_apart(function: Callable, *arguments: Any) -> Any:
    """Return `function(*arguments)`, worked out in a process of its own.

    Args:
        function: of a module's top level. It raises ValueError for what is wrong with a file.
        arguments: what it takes; can be pickled, as can what it returns.

    Raises:
        ValueError: as `function` said it, or: the process died, failed, or took longer than TIME_LIMIT.
    """
    call = pickle.dumps((function.__module__, function.__qualname__, arguments))
    paths = os.pathsep.join([str(_LIBRARY), *filter(None, [os.environ.get("PYTHONPATH")])])
    command = [sys.executable, "-P", "-m", __name__]  # -P: files of the working folder hide no module
    try:
        run = subprocess.run(
            command, input=call, capture_output=True, timeout=TIME_LIMIT, env={**os.environ, "PYTHONPATH": paths}
        )
    except subprocess.TimeoutExpired:
        raise ValueError(f"could not be read in {TIME_LIMIT} s, which damage does; restore the file") from None
    if run.returncode < 0:
        died = signal.Signals(-run.returncode).name
        raise ValueError(f"is damaged: reading it ended with the signal {died}; restore the file, or delete it")
    if run.returncode:
        said = run.stderr.decode(errors="replace").strip().rpartition("\n")[2]
        raise ValueError(f"cannot be read ({said}); restore the file")
    answer, fault = pickle.loads(run.stdout)  # from our own program
    if fault:
        raise ValueError(fault)
    return answer


def main() -> None:
    """Answer the call on standard input with (what the function returns, or its ValueError in words)."""
    module, name, arguments = pickle.load(sys.stdin.buffer)
    answer, sys.stdout = sys.stdout.buffer, sys.stderr  # what libraries print is no part of the answer
    try:
        result = getattr(import_module(module), name)(*arguments), ""
    except ValueError as error:
        result = None, str(error) or type(error).__name__
    pickle.dump(result, answer, protocol=5)


if __name__ == "__main__":
    main()

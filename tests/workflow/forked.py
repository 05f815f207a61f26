"""Snakemake without its start: each run is forked from one process that has imported Snakemake, and nothing of Marey.

Half of a dry run's time goes into imports that are the same each time. `python -P forked.py` is the process that has
done them. It reads requests, a line of JSON each, and answers each with the exit status of the run.
"""

import atexit
import gc
import importlib
import json
import os
import runpy
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

# Snakemake, and what it and the rules of Marey import later, in a dry run.
IMPORTS = (
    "snakemake.cli",
    "snakemake.profiles",
    "snakemake.report.html_reporter",
    "docutils.parsers.rst.directives.images",
    "jsonschema",
    "pyarrow.dataset",
    "pyarrow.parquet",
    "rapidfuzz.process",
    "requests",
    "smart_open",
    "yte",
)


def snakemake(
    arguments: list[str], *, folder: Path, environment: dict[str, str], first: Path | None = None
) -> subprocess.CompletedProcess:
    """Run what `python -m snakemake ARGUMENTS` runs in `folder`; `stdout` has what it printed, errors among it.

    `first`: a script that runs before, in the same process.
    """
    server = _server()
    with tempfile.NamedTemporaryFile(mode="r") as output:
        request = {"arguments": arguments, "folder": str(folder), "environment": environment, "output": output.name}
        print(json.dumps({**request, "first": first and str(first)}), file=server.stdin, flush=True)
        status = server.stdout.readline()
        return subprocess.CompletedProcess(arguments, int(status), stdout=output.read())


@cache
def _server() -> subprocess.Popen:
    """The process that runs are forked from, which ends with this one. -P: the tests are on nobody's search path."""
    command = [sys.executable, "-P", __file__]
    server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    atexit.register(server.communicate)
    return server


def serve() -> None:
    """Answer requests until there are none."""
    for name in IMPORTS:
        importlib.import_module(name)
    sys.modules["snakemake.cli"].get_argument_parser()  # looks for plugins among all packages, once
    assert "marey" not in sys.modules, "runs are to import Marey from the folder that they test"
    gc.freeze()  # what is collected in a fork would be copied first
    for line in sys.stdin:
        request = json.loads(line)
        child = os.fork()
        if not child:
            return run(**request)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        print(status, flush=True)


def run(arguments: list[str], folder: str, environment: dict[str, str], output: str, first: str | None) -> None:
    """Make this process what `python -m snakemake` would be, and end it."""
    nothing, file = os.open(os.devnull, os.O_RDONLY), os.open(output, os.O_WRONLY)
    for source, target in ((nothing, 0), (file, 1), (file, 2)):
        os.dup2(source, target)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.path[:0] = [folder, *filter(None, environment.get("PYTHONPATH", "").split(os.pathsep))]
    sys.argv = ["snakemake", *arguments]
    sys.modules["snakemake.workflow"].Workflow._rundir = folder  # Snakemake asks for it once, when it is imported
    if first:
        runpy.run_path(first)
    runpy.run_module("snakemake", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    serve()

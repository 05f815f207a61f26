"""Snakemake and its jobs without their start: each is forked from a process that has imported what it needs.

Half of the time of a dry run, and more of a small job's, goes into imports that are the same each time. `python -P
forked.py KIND` is the process that has done them, of all but Marey, which runs are to import from the folder that they
test. It takes requests at a socket, a line of JSON each, and answers with the exit status of the run.
"""

import atexit
import contextlib
import gc
import hashlib
import importlib
import json
import os
import pickle
import runpy
import select
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path

# Snakemake, and what it and the rules of Marey import later, in a dry run; and what jobs import.
IMPORTS = {
    "snakemake": (
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
    ),
    "jobs": (
        "av",
        "flax.linen",
        "jax2onnx",
        "matplotlib.pyplot",
        "onnxruntime.quantization",
        "optax",
        "pandas",
        "pyarrow.parquet",
        "scipy.optimize",
        "scipy.sparse.csgraph",
        "scipy.spatial",
        "sklearn.cluster",
        "snakemake.iocontainers",
        "snakemake.logging",
    ),
}


def snakemake(
    arguments: list[str], *, folder: Path, environment: dict[str, str], first: Path | None = None, jobs: bool = False
) -> subprocess.CompletedProcess:
    """Run what `python -m snakemake ARGUMENTS` runs in `folder`; `stdout` has what it printed, errors among it.

    `first`: a script that runs before, in the same process. With `jobs` they are forked, too.
    """
    with tempfile.NamedTemporaryFile(mode="r") as output:
        run = {"arguments": arguments, "folder": str(folder), "environment": environment, "output": output.name}
        options = {"first": first and str(first), "jobs": _server("jobs") if jobs else None}
        status = ask(_server("snakemake"), **run, **options)
        return subprocess.CompletedProcess(arguments, status, stdout=output.read())


@cache
def _server(kind: str) -> str:
    """The address of the process that runs are forked from, which ends with this one. -P: nobody finds the tests."""
    address = str(Path(tempfile.mkdtemp(), "socket"))
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(address)
        listener.listen()
        command = [sys.executable, "-P", __file__, kind, str(listener.fileno())]
        server = subprocess.Popen(command, stdin=subprocess.PIPE, pass_fds=[listener.fileno()])
    atexit.register(server.communicate)
    return address


def ask(address: str, **request: object) -> int:
    """Have a server run something; its exit status."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(address)
        with connection.makefile("rw") as file:
            print(json.dumps(request), file=file, flush=True)
            return int(file.readline())


def serve(kind: str, listener: socket.socket) -> None:
    """Answer requests for as long as standard input is open."""
    for name in IMPORTS[kind]:
        importlib.import_module(name)
    if kind == "snakemake":
        sys.modules["snakemake.cli"].get_argument_parser()  # looks for plugins among all packages, once
        keep_parsed(Path(listener.getsockname()).parent)
    assert "marey" not in sys.modules, "runs are to import Marey from the folder that they test"
    gc.freeze()  # what is collected in a fork would be copied first
    while listener in select.select([listener, sys.stdin], [], [])[0]:
        connection, _ = listener.accept()
        if not os.fork():
            return answer(connection)
        connection.close()
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:  # those that have answered
                pass


def answer(connection: socket.socket) -> None:
    """Run what is asked for in a process of its own, and say how it ended."""
    file = connection.makefile("rw")
    request = json.loads(file.readline())
    child = os.fork()
    if not child:
        return run(**request)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), file=file, flush=True)
    os._exit(0)


def run(
    arguments: list[str],
    folder: str,
    environment: dict[str, str],
    output: str,
    script: str | None = None,
    first: str | None = None,
    jobs: str | None = None,
) -> None:
    """Make this process what `python SCRIPT`, or else `python -m snakemake ARGUMENTS`, would be, and end it."""
    nothing, file = os.open(os.devnull, os.O_RDONLY), os.open(output, os.O_WRONLY | os.O_APPEND)
    for source, target in ((nothing, 0), (file, 1), (file, 2)):
        os.dup2(source, target)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.dont_write_bytecode, sys.pycache_prefix = False, environment["PYTHONPYCACHEPREFIX"]
    place = str(Path(script).parent) if script else folder
    sys.path[:0] = [place, *filter(None, environment.get("PYTHONPATH", "").split(os.pathsep))]
    sys.argv = [script or "snakemake", *arguments]
    if script:
        end(partial(runpy.run_path, script))
    sys.modules["snakemake.workflow"].Workflow._rundir = folder  # Snakemake asks for it once, when it is imported
    if first:
        runpy.run_path(first)
    if jobs:
        fork_jobs(jobs, output)
    end(run_snakemake)


def run_snakemake(**options: object) -> None:
    """Run it, and what the rules of Marey leave for its end: they keep what they know of the code."""
    try:
        runpy.run_module("snakemake", alter_sys=True, **options)
    finally:
        atexit._run_exitfuncs()


def keep_parsed(folder: Path) -> None:
    """Have Snakemake parse a file of rules once, as long as it stays the same: a quarter of a dry run."""
    workflow = sys.modules["snakemake.workflow"]
    parse = workflow.parse

    def parse_once(path, flow, linemap, overwrite_shellcmd=None, rulecount=0):
        name = path.get_path_or_uri(secret_free=True)
        kept = folder / hashlib.blake2b(repr((name, rulecount, Path(name).read_bytes())).encode()).hexdigest()
        if not kept.exists():
            code, count = parse(path, flow, linemap, overwrite_shellcmd, rulecount)
            own = kept.with_suffix(f".{os.getpid()}")
            own.write_bytes(pickle.dumps((code, dict(linemap), count)))
            own.rename(kept)
        code, lines, count = pickle.loads(kept.read_bytes())
        linemap.update(lines)
        return code, count

    workflow.parse = parse_once


def end(run: Callable[..., object]) -> None:
    """Run a program and end. At once: threads of libraries, which a fork does not have, would be waited for."""
    status = 0
    try:
        run(run_name="__main__")
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else bool(end.code)
    except BaseException:
        sys.excepthook(*sys.exc_info())
        status = 1
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit(status)


def fork_jobs(address: str, output: str) -> None:
    """Have the server at `address` run the scripts of jobs, in this process of Snakemake."""

    def execute_script(script, path, edit=False):
        began = time.monotonic()
        status = ask(
            address, arguments=[], folder=os.getcwd(), environment=dict(os.environ), output=output, script=path
        )
        if record := script.bench_record:
            record.running_time, record.process_gone = time.monotonic() - began, True
        if status:
            raise subprocess.CalledProcessError(status, path)

    sys.modules["snakemake.script"].PythonScript.execute_script = execute_script


if __name__ == "__main__":
    serve(sys.argv[1], socket.socket(fileno=int(sys.argv[2])))

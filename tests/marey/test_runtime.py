"""The seam to Snakemake: logs, and the provenance of outputs."""

import faulthandler
import json
import logging
import os
import platform
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest

from marey import __version__, runtime
from marey.provenance.hashes import content_hash
from marey.running import gpu
from marey.running.gpu import MissingGpuError


class Named(dict):
    """Like Snakemake's named lists: items by name."""


VARIABLES = "JAX_COMPILATION_CACHE_DIR JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS TQDM_MININTERVAL PYTHONFAULTHANDLER"
VARIABLES += " XLA_FLAGS"

# A job with a worker that dies: by itself, forked, or in a pool of processes that are started anew.
DYING = """
import concurrent.futures, faulthandler, multiprocessing, sys
from types import SimpleNamespace

from marey import runtime


def overrun():
    faulthandler._sigsegv()


if __name__ == "__main__":
    job = SimpleNamespace(log=["results/p/logs/probe_video/a.log"], rule="probe_video", config={"data": "data"})
    job.input, job.output, job.wildcards, job.resources = {}, [], {}, {}
    job.params = SimpleNamespace(config={}, code="abc")
    runtime.start(job)
    if sys.argv[1] == "itself":
        overrun()
    with concurrent.futures.ProcessPoolExecutor(1, multiprocessing.get_context(sys.argv[1])) as pool:
        pool.submit(overrun).result()
"""


@pytest.fixture
def job(tmp_path, monkeypatch):
    """A stand-in for the `snakemake` object. What a job does to standard error is undone."""
    monkeypatch.setattr(sys, "stderr", sys.stderr)
    for name in VARIABLES.split():
        monkeypatch.setenv(name, "")
    stderr = os.dup(runtime.STDERR)
    yield _job(tmp_path, monkeypatch)
    os.dup2(stderr, runtime.STDERR)
    os.close(stderr)
    faulthandler.enable(sys.__stderr__)


def _job(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("labels.csv", "weights.mp4", "results/p/labels/splits.parquet", "results/p/clips/a.mp4"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    return SimpleNamespace(
        log=["results/p/logs/train_model/0-3.log"],
        rule="train_model",
        config={"project": "p", "data": str(tmp_path)},
        input=Named(
            labels=str(tmp_path / "labels.csv"),
            splits=["results/p/labels/splits.parquet"],
            video=str(tmp_path / "large"),  # not there: whoever reads it fails
            weights=str(tmp_path / "weights.mp4"),  # whatever its name says
            videos=["results/p/clips/a.mp4", str(tmp_path / "another.avi")],
        ),
        output=["results/p/models/0-3/model.json"],
        wildcards={"fold": "0", "seed": "3"},
        params=SimpleNamespace(config={"b": 1, "data": str(tmp_path)}, code="abc"),
        resources={"gpu": 1},
    )


def test_provenance_names_what_the_output_rests_on(job, tmp_path):
    assert runtime.provenance(job) == {
        "version": __version__,
        "rule": "train_model",
        "wildcards": {"fold": "0", "seed": "3"},
        "config": {"b": 1},
        "code": "abc",
        "inputs": {
            "labels": [{"path": "<data>/labels.csv", "hash": content_hash(tmp_path / "labels.csv")}],
            "splits": [{"path": "<results>/labels/splits.parquet", "hash": content_hash(job.input["splits"][0])}],
            "video": [{"path": "<data>/large", "hash": None}],
            "weights": [{"path": "<data>/weights.mp4", "hash": content_hash(tmp_path / "weights.mp4")}],
            "videos": [
                {"path": "<results>/clips/a.mp4", "hash": content_hash("results/p/clips/a.mp4")},
                {"path": "<data>/another.avi", "hash": None},
            ],
        },
        "seed": "3",
    }


@pytest.fixture
def root_logger():
    """What a job changes in logging is undone."""
    root, handlers = logging.getLogger(), logging.getLogger().handlers[:]
    yield
    root.handlers[:] = handlers


def test_the_log_begins_with_when_and_where(job, tmp_path, monkeypatch, root_logger):
    monkeypatch.setenv("SLURM_JOB_ID", "4711")
    found = runtime.start(job)
    record = json.loads((tmp_path / "results/p/logs/train_model/0-3.log").read_text().splitlines()[0])
    assert {key: record[key] for key in found} == found
    assert record["outputs"] == ["<results>/models/0-3/model.json"]
    assert record["data"] == str(tmp_path)
    assert (record["slurm_job"], record["host"]) == ("4711", platform.node())
    started = datetime.fromisoformat(record["started"])
    assert abs(datetime.now(UTC) - started).total_seconds() < 3600
    job.config["data"] = "videos"
    assert runtime.record(job, found)["data"] == "../../videos"


def test_messages_and_tracebacks_go_to_the_log(job, tmp_path, root_logger):
    runtime.start(job)
    logging.getLogger("marey.x").info("hello")
    print("oops", file=sys.stderr)
    text = (tmp_path / "results/p/logs/train_model/0-3.log").read_text()
    assert "marey.x: hello" in text
    assert "oops" in text


@pytest.mark.parametrize("how", ["itself", "fork", "spawn", "forkserver"])
def test_no_native_death_is_silent(tmp_path, how):
    (tmp_path / "job.py").write_text(DYING)
    environment = {**os.environ, "PYTHONPATH": str(Path(runtime.__file__).parents[1])}
    environment.pop("PYTHONFAULTHANDLER", None)
    command = [sys.executable, str(tmp_path / "job.py"), how]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == (-signal.SIGSEGV if how == "itself" else 1)
    assert done.stderr == ""
    first, *rest = (tmp_path / "results/p/logs/probe_video/a.log").read_text().splitlines()
    assert json.loads(first)["rule"] == "probe_video"
    assert "Fatal Python error: Segmentation fault" in rest
    assert any("job.py" in line and line.endswith("in overrun") for line in rest)
    assert how == "itself" or "BrokenProcessPool" in rest[-1]


def test_what_native_code_says_goes_to_the_log(job, tmp_path, root_logger):
    runtime.start(job)
    os.write(runtime.STDERR, b"free(): invalid pointer\n")
    assert "free(): invalid pointer" in (tmp_path / "results/p/logs/train_model/0-3.log").read_text()


def test_a_job_whose_gpu_is_not_there_fails(job, monkeypatch, root_logger):
    monkeypatch.setattr("jax.default_backend", lambda: "cpu")
    monkeypatch.delenv("JAX_PLATFORMS", raising=False)
    monkeypatch.setenv("SLURM_JOB_ID", "7")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0")
    with pytest.raises(MissingGpuError, match=r"CUDA_VISIBLE_DEVICES=0.*JAX finds none.*gpu: 0.*JAX_PLATFORMS"):
        runtime.start(job)
    monkeypatch.setattr("jax.default_backend", lambda: "gpu")
    runtime.start(job)


@pytest.mark.parametrize(
    ("name", "value"),
    [("JAX_PLATFORMS", "cpu"), ("CUDA_VISIBLE_DEVICES", ""), ("SLURM_JOB_ID", None), ("gpu", 0)],
)
def test_cpus_that_were_asked_for_are_fine(job, monkeypatch, root_logger, name, value):
    monkeypatch.setattr("jax.default_backend", lambda: "cpu")
    monkeypatch.delenv("JAX_PLATFORMS", raising=False)
    monkeypatch.setenv("SLURM_JOB_ID", "7")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0")
    if name == "gpu":
        job.resources[name] = value
    elif value is None:
        monkeypatch.delenv(name)
    else:
        monkeypatch.setenv(name, value)
    runtime.start(job)


@pytest.mark.parametrize(
    ("count", "flags", "expected"),
    [
        (1, "", "--xla_gpu_deterministic_ops=true"),
        (1, "--xla_a=1 --xla_b=2", "--xla_a=1 --xla_b=2 --xla_gpu_deterministic_ops=true"),
        (1, "--xla_a=1 --xla_gpu_deterministic_ops=false", "--xla_a=1 --xla_gpu_deterministic_ops=false"),
        (1, "--xla_gpu_deterministic_ops", "--xla_gpu_deterministic_ops"),
        (0, "--xla_a=1", "--xla_a=1"),
    ],
)
def test_jobs_on_a_gpu_compute_the_same_bits_each_time(job, monkeypatch, root_logger, count, flags, expected):
    monkeypatch.setenv("XLA_FLAGS", flags)
    job.resources["gpu"] = count
    runtime.start(job)
    assert os.environ["XLA_FLAGS"] == expected


def test_jax_knows_what_makes_a_gpu_compute_the_same_bits():
    """It dies of a flag that it does not know."""
    flags = gpu.deterministic_flags("")
    command = [sys.executable, "-c", "import jax; print(jax.numpy.arange(3).sum())"]
    for known, name in (True, flags), (False, flags.replace("ops", "opts")):
        environment = {**os.environ, "XLA_FLAGS": name, "JAX_PLATFORMS": "cpu"}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
        assert (done.stdout == "3\n") == known, done.stderr


def test_kinds_of_processors_have_names_on_systems_without_proc(monkeypatch):
    def missing(self):
        raise FileNotFoundError(self)

    monkeypatch.setattr(Path, "read_text", missing)
    names = set()
    for machine in ("arm64", "x86_64", "arm64"):
        monkeypatch.setattr(platform, "machine", lambda machine=machine: machine)
        names.add(runtime._processor())
    assert len(names) == 2


@pytest.mark.parametrize(
    ("log", "rule", "expected"),
    [
        ("results/p/logs/plan_shards.log", "plan_shards", ("results/p", "plan_shards")),
        ("results/p/logs/infer_shard/logs/0-9.log", "infer_shard", ("results/p", "infer_shard")),
        ("pose/results/p/logs/probe_video/a.log", "marey_probe_video", ("pose/results/p", "probe_video")),
        ("/srv/logs/pose/logs/probe_video/a.log", "marey_probe_video", ("/srv/logs/pose", "probe_video")),
    ],
)
def test_results_and_rule_are_those_of_the_log(job, log, rule, expected):
    job.log, job.rule = [log], rule
    assert runtime._place(job) == (Path(expected[0]), expected[1])

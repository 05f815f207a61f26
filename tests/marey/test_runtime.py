"""The seam to Snakemake: logs, and the provenance of outputs."""

import logging
import sys
from types import SimpleNamespace

import pytest

from marey import __version__, runtime
from marey.provenance import config_digest, content_hash


class Named(dict):
    """Like Snakemake's named lists: items by name."""


@pytest.fixture
def job(tmp_path, monkeypatch):
    """A stand-in for the `snakemake` object."""
    monkeypatch.setattr(sys, "stderr", sys.stderr)
    for name in ("JAX_COMPILATION_CACHE_DIR", "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "TQDM_MININTERVAL"):
        monkeypatch.setenv(name, "")
    (tmp_path / "labels.csv").write_text("x")
    return SimpleNamespace(
        log=[str(tmp_path / "logs" / "job.log")],
        rule="train_model",
        input=Named(labels=str(tmp_path / "labels.csv"), video=str(tmp_path / "large.mp4")),
        wildcards={"fold": "0", "seed": "3"},
        params=SimpleNamespace(config={"b": 1, "a": 2}, code="abc"),
        resources={"gpu": 1},
    )


def test_provenance_names_what_the_output_rests_on(job, tmp_path):
    assert runtime.provenance(job) == {
        "version": __version__,
        "rule": "train_model",
        "wildcards": {"fold": "0", "seed": "3"},
        "config": config_digest({"a": 2, "b": 1}),
        "code": "abc",
        "inputs": {"labels": [content_hash(tmp_path / "labels.csv")]},
        "seed": "3",
    }


@pytest.fixture
def root_logger():
    """What a job changes in logging is undone."""
    root, handlers = logging.getLogger(), logging.getLogger().handlers[:]
    yield
    root.handlers[:] = handlers


def test_messages_and_tracebacks_go_to_the_log(job, tmp_path, root_logger):
    runtime.start(job)
    logging.getLogger("marey.x").info("hello")
    print("oops", file=sys.stderr)
    text = (tmp_path / "logs" / "job.log").read_text()
    assert "marey.x: hello" in text
    assert "oops" in text


def test_a_job_whose_gpu_is_not_there_fails(job, monkeypatch, root_logger):
    monkeypatch.setattr("jax.default_backend", lambda: "cpu")
    monkeypatch.delenv("JAX_PLATFORMS", raising=False)
    monkeypatch.setenv("SLURM_JOB_ID", "7")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0")
    with pytest.raises(runtime.MissingGpuError, match=r"CUDA_VISIBLE_DEVICES=0.*JAX finds none.*gpu: 0.*JAX_PLATFORMS"):
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

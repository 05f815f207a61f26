"""Each check passes where all is well, and says what is wrong where it is not."""

import fcntl
import shutil
import stat
from collections import namedtuple
from pathlib import Path

import jax
import pytest

from marey.running import preflight
from marey.running.gpu import MissingGpuError

ROOT = Path(__file__).parents[3]


def command(folder: Path, name: str, script: str) -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


@pytest.fixture
def cluster(tmp_path, monkeypatch) -> Path:
    """A profile that names the partitions cpu and gpu, and commands of a SLURM that has them."""
    (tmp_path / "partitions.yaml").write_text("partitions: {cpu: {}, gpu: {}}\n")
    command(tmp_path, "sinfo", "echo cpu; echo gpu; echo debug")
    command(tmp_path, "squeue", "exit 0")
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    return tmp_path


def test_this_machine_passes(cluster, tmp_path, monkeypatch):
    monkeypatch.setattr(preflight, "MIN_FREE_GB", 0)
    rows = list(preflight.run_checks(tmp_path / "results", ROOT))
    assert [row for row in rows if not row[1]] == []
    assert [name for name, *_ in rows] == [
        "environment",
        "JAX",
        "video",
        "folders",
        "locks and renames",
        "disk",
        "SLURM",
    ]


def test_a_fault_does_not_hide_the_next(tmp_path, monkeypatch):
    monkeypatch.setattr(preflight, "MIN_FREE_GB", 10**9)
    passed = {name: good for name, good, _ in preflight.run_checks(tmp_path, tmp_path / "nowhere")}
    assert not passed["environment"]
    assert not passed["disk"]
    assert passed["video"]


def test_other_version(tmp_path):
    pins = tmp_path / "marey.yaml"
    pins.write_text("dependencies: [pip, {pip: [numpy==0.1, no-such-tool==1]}]")
    with pytest.raises(preflight.PreflightError, match=r"numpy \S+ \(pinned: 0.1\), no-such-tool None.*make install"):
        preflight.check_environment(pins)


def test_promised_gpu_is_missing(monkeypatch):
    monkeypatch.setattr(jax, "default_backend", lambda: "cpu")
    monkeypatch.delenv("JAX_PLATFORMS", raising=False)
    assert preflight.check_devices()  # none was promised
    monkeypatch.setenv("SLURM_JOB_ID", "1")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0")
    with pytest.raises(MissingGpuError, match="gave this job a GPU.*nvidia-smi"):
        preflight.check_devices()
    monkeypatch.setattr(jax, "default_backend", lambda: "gpu")
    assert preflight.check_devices()


def test_ffmpeg_fails(tmp_path, monkeypatch):
    command(tmp_path, "ffmpeg", "echo no such codec >&2; exit 1")
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", str(tmp_path / "ffmpeg"))
    with pytest.raises(preflight.PreflightError, match="no such codec.*make install"):
        preflight.check_video()


def test_ffmpeg_writes_other_pictures(tmp_path, monkeypatch):
    from imageio_ffmpeg import get_ffmpeg_exe

    command(tmp_path, "ffmpeg", f'for last; do :; done; {get_ffmpeg_exe()} -f lavfi -i color=black:d=0.2 "$last"')
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", str(tmp_path / "ffmpeg"))
    with pytest.raises(preflight.PreflightError, match="was decoded as"):
        preflight.check_video()


def test_folder_cannot_be_written(tmp_path):
    (tmp_path / "results").write_text("a file where a folder should be")
    with pytest.raises(preflight.PreflightError, match="results: .*Make it writable"):
        preflight.check_folders(tmp_path / "results")


def test_locks_that_keep_nobody_out(tmp_path, monkeypatch):
    monkeypatch.setattr(fcntl, "flock", lambda *_: None)
    with pytest.raises(preflight.PreflightError, match="keeps nobody out"):
        preflight.check_locks(tmp_path)


def test_no_locks(tmp_path, monkeypatch):
    def refuse(*_):
        raise OSError(37, "No locks available")

    monkeypatch.setattr(fcntl, "flock", refuse)
    with pytest.raises(preflight.PreflightError, match="No locks available"):
        preflight.check_locks(tmp_path)


def test_disk_is_nearly_full(tmp_path, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda _: namedtuple("usage", "free")(3e9))
    with pytest.raises(preflight.PreflightError, match="3.0 GB are free"):
        preflight.check_disk(tmp_path)


def test_slurm_answers(cluster):
    assert preflight.check_slurm(cluster / "partitions.yaml") == "answers; partitions cpu, debug, gpu"


@pytest.mark.parametrize(
    ("name", "script", "message"),
    [
        ("sinfo", "echo cpu", "partitions.yaml: no partition gpu on this cluster, which has cpu"),
        ("sinfo", "echo Unable to contact slurm controller >&2; exit 1", "sinfo: Unable to contact"),
        ("squeue", "exit 1", "squeue: .*controller is up"),
        ("squeue", "exec sleep 30", "squeue: no answer in 1 s"),
    ],
)
def test_slurm_has_a_fault(cluster, monkeypatch, name, script, message):
    monkeypatch.setattr(preflight, "SLURM_TIMEOUT", 1)
    command(cluster, name, script)
    with pytest.raises(preflight.PreflightError, match=message):
        preflight.check_slurm(cluster / "partitions.yaml")


def test_no_slurm(cluster, monkeypatch):
    monkeypatch.setenv("PATH", "")
    assert preflight.check_slurm(cluster / "partitions.yaml") == "none on this machine"


def test_table_says_what_failed(tmp_path, monkeypatch):
    monkeypatch.setattr(preflight, "run_checks", lambda *_: [("a", True, "fine"), ("b", False, "broken: fix it")])
    good, text = preflight.preflight(tmp_path, tmp_path)
    assert not good
    assert [line.split(maxsplit=2) for line in text.splitlines()] == [
        ["a", "ok", "fine"],
        ["b", "FAILED", "broken: fix it"],
    ]

"""Checks of what a machine must have before it runs the workflow; each says what is wrong and how to fix it."""

import fcntl
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from importlib import metadata
from pathlib import Path

import numpy as np
import yaml

from marey.running.gpu import MissingGpuError, require_gpu

SNAKEFILE_FOLDER = Path(__file__).parents[3]  # the folder of the Snakefile
MIN_FREE_GB = 10  # GB that are little for poses, clips and the caches of compiled programs
SLURM_TIMEOUT = 60  # a scheduler that takes longer does not answer
SLURM_FIX = "Ask the admins whether the controller is up. (Without the SLURM profile this does not matter.)"


class PreflightError(Exception):
    """A check failed; the message says what is wrong, and how to fix it."""


def run_checks(results: Path, root: Path) -> Iterator[tuple[str, bool, str]]:
    """Yield (check, whether it passed, what was found) check by check; none stops another.

    `results` is the folder of the results, `root` that of the Snakefile, which holds `envs` and `profiles`.
    """
    checks: dict[str, Callable[[], str]] = {
        "environment": lambda: check_environment(root / "envs" / "marey.yaml"),
        "JAX": check_devices,
        "video": check_video,
        "folders": lambda: check_folders(results),
        "locks and renames": lambda: check_locks(results),
        "disk": lambda: check_disk(results),
        "SLURM": lambda: check_slurm(root / "profiles" / "slurm" / "partitions.yaml"),
    }
    for name, check in checks.items():
        try:
            yield name, True, check()
        except (PreflightError, MissingGpuError) as error:
            yield name, False, str(error)
        except Exception as error:  # what no check foresees is a finding too
            yield name, False, f"{type(error).__name__}: {error}"


def preflight(results: Path, root: Path = SNAKEFILE_FOLDER) -> tuple[bool, str]:
    """Say whether all checks of `run` passed, and a line of text for each."""
    rows = list(run_checks(results, root))
    lines = [f"{name:18} {'ok' if good else 'FAILED':7} {found}" for name, good, found in rows]
    return all(good for _, good, _ in rows), "\n".join(lines)


def check_environment(pins: Path) -> str:
    """Check that all packages of a conda environment file are installed, in its versions."""
    pinned = dict(pin.split("==") for pin in yaml.safe_load(pins.read_text())["dependencies"][-1]["pip"])
    installed = {name: _version(name) for name in pinned}
    wrong = [f"{name} {installed[name]} (pinned: {pin})" for name, pin in pinned.items() if installed[name] != pin]
    if wrong:
        raise PreflightError(f"{', '.join(wrong)}: not as in {pins}. Run `make install`.")
    return f"{len(pinned)} packages as pinned"


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def check_devices() -> str:
    """Check that JAX starts and computes, and sees the GPU if SLURM gave this job one."""
    import jax

    found = jax.devices()
    if float(jax.numpy.ones((8, 8)).sum()) != 64:
        raise PreflightError(f"{found[0]}: a sum is wrong. The device or its driver is broken: run on another node.")
    require_gpu()
    return ", ".join(str(device) for device in found)


def check_video() -> str:
    """Check that a made video of 5 images is encoded by ffmpeg and decoded again, each brightness where it was."""
    import av
    from imageio_ffmpeg import get_ffmpeg_exe

    levels = [40, 80, 120, 160, 200]
    raw = np.concatenate([np.full(64 * 64, level, np.uint8) for level in levels]).tobytes()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "made.mp4")
        shape = ["-f", "rawvideo", "-pix_fmt", "gray", "-s", "64x64", "-i", "-"]
        command = [get_ffmpeg_exe(), "-loglevel", "error", *shape, "-pix_fmt", "yuv420p", str(path)]
        done = subprocess.run(command, input=raw, capture_output=True)
        if done.returncode:
            raise PreflightError(
                f"ffmpeg: {done.stderr.decode().strip()}. Run `make install`, or set IMAGEIO_FFMPEG_EXE."
            )
        with av.open(path) as container:
            seen = [frame.to_ndarray(format="gray").mean() for frame in container.decode(video=0)]
    if len(seen) != len(levels) or np.abs(np.subtract(seen, levels)).max() > 10:
        raise PreflightError(
            f"a made video of brightness {levels} was decoded as {np.round(seen)}. Run `make install`."
        )
    return "ffmpeg encodes, PyAV decodes"


def check_folders(results: Path) -> str:
    """Check that a file can be made in the folder of the results and in that of temporary files."""
    for folder in (results, Path(tempfile.gettempdir())):
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=folder) as file:
                file.write(b"marey")
                file.flush()
        except OSError as error:
            raise PreflightError(
                f"{folder}: {error.strerror}. Make it writable, or set TMPDIR for temporary files."
            ) from None
    return f"{results} and {tempfile.gettempdir()} can be written"


def check_locks(results: Path) -> str:
    """Check that a locked file cannot be locked twice, and that a file is replaced in one step, as every table is."""
    with tempfile.TemporaryDirectory(dir=results) as folder:
        old, new = Path(folder, "old"), Path(folder, "new")
        old.write_text("old")
        new.write_text("new")
        try:
            with old.open("r+") as first, old.open("r+") as second:
                fcntl.flock(first, fcntl.LOCK_EX | fcntl.LOCK_NB)
                try:
                    fcntl.flock(second, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    pass
                else:
                    raise PreflightError(
                        f"{results}: a lock keeps nobody out. Put the results on a file system with locks."
                    )
        except OSError as error:
            raise PreflightError(
                f"{results}: {error.strerror}. Put the results on a file system with locks (flock)."
            ) from None
        os.replace(new, old)
        if old.read_text() != "new":
            raise PreflightError(
                f"{results}: a renamed file has its old content. Put the results on another file system."
            )
    return "work"


def check_disk(results: Path) -> str:
    """Check that there is some room for results and for temporary files."""
    free = {folder: shutil.disk_usage(folder).free / 1e9 for folder in (results, Path(tempfile.gettempdir()))}
    for folder, amount in free.items():
        if amount < MIN_FREE_GB:
            raise PreflightError(
                f"{folder}: {amount:.1f} GB are free, fewer than {MIN_FREE_GB}. Make room; `marey costs` says how much."
            )
    return ", ".join(f"{amount:.0f} GB in {folder}" for folder, amount in free.items())


def check_slurm(partitions: Path) -> str:
    """Check that SLURM, where there is one, answers, and has the partitions that the profile's file names."""
    if not shutil.which("sinfo"):
        return "none on this machine"
    there = set(_ask("sinfo", "--noheader", "--format=%R").split())
    _ask("squeue", "--noheader", "--me")
    named = set(yaml.safe_load(partitions.read_text())["partitions"]) if partitions.is_file() else set()
    if named - there:
        names, known = ", ".join(sorted(named - there)), ", ".join(sorted(there))
        raise PreflightError(f"{partitions}: no partition {names} on this cluster, which has {known}. Edit the file.")
    return f"answers; partitions {', '.join(sorted(there))}"


def _ask(*command: str) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=SLURM_TIMEOUT)
    except subprocess.TimeoutExpired:
        raise PreflightError(f"{command[0]}: no answer in {SLURM_TIMEOUT} s. {SLURM_FIX}") from None
    if done.returncode:
        raise PreflightError(f"{command[0]}: {done.stderr.strip()}. {SLURM_FIX}")
    return done.stdout

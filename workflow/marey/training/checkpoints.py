"""Checkpoints: the state of a training on disk, whole or not at all, so that a killed job goes on where it was.

A checkpoint is one file: the blake2b digest of what follows, then arrays in the safetensors format. A file that a
crash has torn fails its digest and is skipped. Nothing in it can run code.
"""

import hashlib
import logging
import shutil
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import jax
import numpy as np
import safetensors.numpy

from marey.tables.files import replacing

DIGEST_BYTES = 32
KEPT_CHECKPOINTS = 2  # should the newest be torn, there is one before it

_log = logging.getLogger(__name__)


def save_checkpoint(folder: Path, step: int, arrays: dict[str, np.ndarray]) -> None:
    """Write `arrays` as the checkpoint of `step`; of the older ones all but KEPT_CHECKPOINTS - 1 are deleted."""
    content = safetensors.numpy.save({name: np.asarray(value, order="C") for name, value in arrays.items()})
    with replacing(folder / f"{step:09d}.checkpoint") as temporary:
        temporary.write_bytes(_digest(content) + content)
    for path in _files(folder)[:-KEPT_CHECKPOINTS]:
        path.unlink(missing_ok=True)


def latest_checkpoint(folder: Path) -> tuple[int, dict[str, np.ndarray]] | None:
    """Read the newest whole checkpoint: its step and arrays; None where there is none."""
    for path in reversed(_files(folder)):
        try:
            content = path.read_bytes()
        except FileNotFoundError:  # deleted since it was listed, by an orphan of a killed run
            continue
        digest, content = content[:DIGEST_BYTES], content[DIGEST_BYTES:]
        if _digest(content) == digest:
            return int(path.stem), safetensors.numpy.load(content)
        _log.warning("%s is torn and was skipped", path)
    return None


def delete_checkpoints(folder: Path) -> None:
    """Delete all checkpoints of a training that has come to its end."""
    shutil.rmtree(folder, ignore_errors=True)


def flatten(tree: object, prefix: str) -> dict[str, np.ndarray]:
    """Name the leaves of a pytree of arrays by `prefix` and their place in it."""
    leaves, _ = jax.tree_util.tree_flatten_with_path(tree)
    return {prefix + jax.tree_util.keystr(path): np.asarray(leaf) for path, leaf in leaves}


def restore(template: object, arrays: dict[str, np.ndarray], prefix: str) -> object:
    """Put together the pytree that `flatten` made `arrays` of; `template` has its structure."""
    return jax.tree_util.tree_map_with_path(lambda path, _: arrays[prefix + jax.tree_util.keystr(path)], template)


@contextmanager
def termination() -> Iterator[threading.Event]:
    """Yield an event that SIGTERM sets, instead of ending the process at once: time to write a checkpoint.

    Schedulers send SIGTERM some seconds before they kill. Only the main thread of a process can listen.
    """
    told = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield told
        return
    before = signal.signal(signal.SIGTERM, lambda *_: told.set())
    try:
        yield told
    finally:
        signal.signal(signal.SIGTERM, before)


def _files(folder: Path) -> list[Path]:
    return sorted(folder.glob("[0-9]*.checkpoint"))


def _digest(content: bytes) -> bytes:
    return hashlib.blake2b(content, digest_size=DIGEST_BYTES).digest()

"""Checkpoints: what was saved comes back, torn files are passed over, and SIGTERM waits for its turn."""

import os
import signal
import threading

import jax.numpy as jnp
import numpy as np
import pytest

from marey.training import checkpoints

ARRAYS = {"a": np.arange(6, dtype=np.float32).reshape(2, 3), "n": np.array(7, np.int32)}


def test_the_newest_comes_back_and_old_ones_go(tmp_path):
    assert checkpoints.latest_checkpoint(tmp_path) is None
    for step in (9, 10, 11):
        checkpoints.save_checkpoint(tmp_path, step, {**ARRAYS, "n": np.array(step)})
    step, arrays = checkpoints.latest_checkpoint(tmp_path)
    assert step == 11
    assert arrays["n"] == 11
    np.testing.assert_array_equal(arrays["a"], ARRAYS["a"])
    assert len(list(tmp_path.iterdir())) == checkpoints.KEPT_CHECKPOINTS


@pytest.mark.parametrize("length", [0, 10, 32, -1])
def test_a_torn_one_is_skipped(tmp_path, length, caplog):
    for step in (1, 2):
        checkpoints.save_checkpoint(tmp_path, step, ARRAYS)
    newest = tmp_path / "000000002.checkpoint"
    newest.write_bytes(newest.read_bytes()[:length])
    assert checkpoints.latest_checkpoint(tmp_path)[0] == 1
    assert "000000002.checkpoint is torn" in caplog.text


def test_one_flipped_bit_is_a_tear(tmp_path):
    checkpoints.save_checkpoint(tmp_path, 1, ARRAYS)
    path = tmp_path / "000000001.checkpoint"
    content = bytearray(path.read_bytes())
    content[-3] ^= 1
    path.write_bytes(content)
    assert checkpoints.latest_checkpoint(tmp_path) is None


def test_a_half_written_file_of_a_killed_job_is_not_seen(tmp_path):
    checkpoints.save_checkpoint(tmp_path, 1, ARRAYS)
    (tmp_path / ".000000005.x7.checkpoint").write_bytes((tmp_path / "000000001.checkpoint").read_bytes())
    assert checkpoints.latest_checkpoint(tmp_path)[0] == 1


def test_one_that_another_writer_deletes_is_passed_over(tmp_path, monkeypatch):
    for step in (1, 2):
        checkpoints.save_checkpoint(tmp_path, step, ARRAYS)
    listed = checkpoints._files(tmp_path)
    listed[-1].unlink()
    monkeypatch.setattr(checkpoints, "_files", lambda folder: listed)
    assert checkpoints.latest_checkpoint(tmp_path)[0] == 1


def test_trees_come_back_as_they_were():
    tree = {"params": {"w": jnp.ones((2, 2))}, "moments": (jnp.zeros(3), None, [jnp.array(4)])}
    arrays = checkpoints.flatten(tree, "state")
    assert all(name.startswith("state") for name in arrays)
    back = checkpoints.restore(tree, arrays, "state")
    assert back["moments"][1] is None
    assert back["moments"][2][0] == 4
    np.testing.assert_array_equal(back["params"]["w"], np.ones((2, 2)))


def test_sigterm_is_told_and_then_forgotten():
    before = signal.getsignal(signal.SIGTERM)
    with checkpoints.termination() as told:
        assert not told.is_set()
        os.kill(os.getpid(), signal.SIGTERM)
        assert told.wait(5)
    assert signal.getsignal(signal.SIGTERM) is before


def test_other_threads_do_not_listen():
    events = []

    def work():
        with checkpoints.termination() as told:
            events.append(told.is_set())

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert events == [False]

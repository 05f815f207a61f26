"""The loop over the steps of a training, with its checkpoints."""

import contextlib
import logging
import math
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
from tqdm import tqdm

from marey.pictures import prefetch
from marey.training import checkpoints, validation
from marey.training.feeding import FromHost, OnDevice
from marey.training.program import Program
from marey.training.tasks import Task

CHECKPOINT_SECONDS = 60  # between two checkpoints: what a kill costs at most, compilation apart
STEPS_PER_FETCH = 10  # whose metrics come together: waiting for those of each would leave an accelerator idle
SIGTERM_STATUS = 128 + 15  # exit status of a process that SIGTERM ended

_log = logging.getLogger(__name__)


class TrainingError(RuntimeError):
    """Say that training cannot start or go on, why, and what to change."""


class Run(NamedTuple):
    """Describe one model to train, and where it goes: its `bundle` (weights, metadata) and its table `history`."""

    fold: int
    seed: int
    bundle: tuple[Path, Path]
    history: Path


class Training:
    """Hold the state of the training of a model and loop over its steps."""

    def __init__(self, run: Run, part: np.ndarray, program: Program, feed: FromHost | OnDevice):
        """Start the training of a model.

        Args:
            run: the model.
            part: str[frame], the part that every frame of the data set plays in its fold.
            program: that of its task.
            feed: the examples of its task.
        """
        self.run, self.program, self.feed = run, program, feed
        self.train, self.held_out = (program.task.rows(part == name) for name in ("train", "validation"))
        self.key = jax.random.key(run.seed)
        self.state = program.start(self.key)
        self.before: list[dict] = []  # the row of `history` of before the first step, with a replay
        if program.task.replay:
            self.before = [validation.first_row(program.network, self.state.params, program.task, self.held_out)]
        self.kept: dict | None = None  # the average at the best validation, with `patience`
        self.rows: list[dict] = []

    def train_model(self, folder: Path, told: threading.Event) -> tuple[dict, list[dict]]:
        """Take all steps, going on from the checkpoints in `folder`; the last one stays there.

        Returns the averaged parameters and the rows of `history`. Raises TrainingError where a loss or a gradient is
        not finite, and SystemExit once it is `told` to end, with a checkpoint written.
        """
        first, options = self._resume(folder), self.program.options
        steps, every = options["steps"], options["validate_every"]
        count = steps_per_call(self.feed.most_steps, first, steps, every)
        saved, pending = time.monotonic(), []
        self.state = self.program.spread(self.state)
        stop = self._out_of_patience()
        calls = prefetch.ahead(map(self.feed.chosen, self._orders(first, count)))
        progress = tqdm(total=steps, initial=first, desc="training", unit="step")
        with contextlib.closing(calls), progress:
            for number in range(first + count, 0 if stop else steps + 1, count):
                self.state, metrics = self.program.take_steps(self.state, self.key, next(calls), self.feed.data)
                pending.append(metrics)
                due = number == steps or number % every == 0
                save = told.is_set() or time.monotonic() - saved >= CHECKPOINT_SECONDS
                settled = len(pending) if due or save else len(pending) - 1  # an accelerator works on while they come
                if due or save or settled * count >= STEPS_PER_FETCH:
                    self._record(pending[:settled])
                    progress.update(settled * count)
                    progress.set_postfix(loss=f"{self.rows[-1]['loss']:.4f}", refresh=False)
                    del pending[:settled]
                stop = due and self._validate()
                if save or stop or number == steps:
                    self._save(folder, number)
                    saved = time.monotonic()
                if stop:
                    break
                if told.is_set() and number < steps:
                    _log.warning("told to end: step %d of %d is saved, and the next run goes on from it", number, steps)
                    raise SystemExit(SIGTERM_STATUS)
        return self.state.average if self.kept is None else self.kept, self.before + self.rows

    def _orders(self, first: int, count: int) -> Iterator[list[np.ndarray]]:
        """Yield the examples of the batches of each call, from step `first` + 1 on."""
        size = self.program.options["batch_size"]
        orders = self.feed.examples.orders(self.train, size, seed=self.run.seed, start=first)
        while True:
            yield [next(orders) for _ in range(count)]

    def _record(self, pending: list[dict]) -> None:
        """Append the metrics f32[step] of the next steps to the rows."""
        for metrics in jax.device_get(pending):
            for values in zip(*metrics.values(), strict=True):
                row, step = dict(zip(metrics, map(float, values), strict=True)), len(self.rows) + 1
                for name, value in row.items():
                    if not np.isfinite(value):
                        raise TrainingError(
                            f"fold {self.run.fold}, seed {self.run.seed}, step {step}: {name} is {value}; "
                            "lower `train.learning_rate`"
                        )
                errors = dict.fromkeys(validation.ERRORS, np.nan)
                self.rows.append(row | {"step": step, "learning_rate": self.program.rates[step - 1], **errors})

    def _validate(self) -> bool:
        """Validate the averaged weights; tell whether patience has run out."""
        program, average = self.program, self.state.average
        self.rows[-1] |= validation.errors(program.network, average, program.task, self.held_out)
        if program.options["patience"] is not None and self._best()[0] == len(self.rows) - 1:
            self.kept = jax.device_get(average)
        return self._out_of_patience()

    def _out_of_patience(self) -> bool:
        return self.program.options["patience"] is not None and self._best()[1]

    def _best(self) -> tuple[int, bool]:
        errors = [row["validation_error"] for row in self.rows]
        return validation.best_validation(errors, self.program.options["patience"])

    def _save(self, folder: Path, number: int) -> None:
        tables = {f"rows/{name}": column.to_numpy(np.float64) for name, column in pd.DataFrame(self.rows).items()}
        kept = {} if self.kept is None else checkpoints.flatten(self.kept, "kept")
        checkpoints.save_checkpoint(folder, number, checkpoints.flatten(self.state, "state") | kept | tables)

    def _resume(self, folder: Path) -> int:
        """Go on from the latest checkpoint; return the number of steps that are done."""
        found = checkpoints.latest_checkpoint(folder)
        if found is None:
            return 0
        number, arrays = found
        self.state = checkpoints.restore(self.state, arrays, "state")
        if any(name.startswith("kept") for name in arrays):
            self.kept = jax.tree.map(jnp.asarray, checkpoints.restore(self.state.average, arrays, "kept"))
        columns = {name.removeprefix("rows/"): arrays[name] for name in arrays if name.startswith("rows/")}
        self.rows = pd.DataFrame(columns).to_dict("records")
        _log.info("going on after step %d", number)
        return number


def steps_per_call(most: int, *ends: int) -> int:
    """Compute how many steps a call takes, at most `most`, so that calls end at multiples of each of `ends`."""
    common = math.gcd(*ends)
    return max(count for count in range(1, most + 1) if common % count == 0)


def check_part(task: Task, run: Run, part: np.ndarray, *, patience: int | None) -> None:
    """Check that there is something to learn in a fold, and to choose by where there is `patience`.

    `part` str[frame] of the data set. Raises TrainingError.
    """
    if not _labelled(task, task.rows(part == "train")):
        raise TrainingError(f"fold {run.fold}: no training frame shows a labelled animal; label more")
    if patience is not None and not _labelled(task, task.rows(part == "validation")):
        raise TrainingError(
            f"fold {run.fold}: train.patience: no validation frame shows a labelled animal; set it to null, or label "
            "more"
        )


def _labelled(task: Task, rows: np.ndarray) -> bool:
    """Tell whether the images `rows` i64[n] of a task show a labelled keypoint of an animal."""
    return bool(np.isfinite(np.delete(task.labelled.points[rows], task.layout.unique, axis=2)).any())

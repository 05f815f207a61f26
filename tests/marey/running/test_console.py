"""What a run shows: a line a job with a count, errors as Snakemake shows them, and what `--quiet` asks for instead."""

import logging
import re
from types import SimpleNamespace

import pytest
from snakemake.settings.enums import Quietness
from snakemake_interface_logger_plugins.common import LogEvent

from marey.running import console

logger = logging.getLogger("snakemake.logging")


class Kept(logging.Handler):
    """A stand-in for Snakemake's handler."""

    def __init__(self):
        super().__init__()
        self.name, self.lines = "DefaultStreamHandler", []
        self.setFormatter(logging.Formatter("as ever: %(message)s"))

    def emit(self, record):
        self.lines.append(self.format(record))


@pytest.fixture
def handler(monkeypatch) -> Kept:
    kept = Kept()
    monkeypatch.setattr(logger, "handlers", [kept])
    monkeypatch.setattr(logger, "level", logging.INFO)
    return kept


def workflow(*quiet: Quietness, verbose: bool = False) -> SimpleNamespace:
    settings = SimpleNamespace(quiet=set(quiet), verbose=verbose)
    return SimpleNamespace(output_settings=settings, dag=range(12), executor_plugin=SimpleNamespace(name="local"))


def job(message: str | None) -> None:
    logger.info(None, extra={"event": LogEvent.JOB_INFO, "rule_msg": message})


def progress(done: int, total: int) -> None:
    logger.info("Finished jobid: 1", extra={"event": LogEvent.JOB_FINISHED})
    logger.info(None, extra={"event": LogEvent.PROGRESS, "done": done, "total": total})


def test_a_line_a_job_says_what_it_does_and_how_many_are_done(handler):
    console.show_jobs(workflow(Quietness.HOST))
    logger.info("Select jobs to execute...")
    logger.info("Execute 1 jobs...", extra={"event": LogEvent.JOB_STARTED})
    job("Probing video a")
    progress(1, 12)
    job("Planning shards")
    progress(2, 120)  # the checkpoint has added some
    job("Analysing a")
    job(None)  # `all`
    progress(120, 120)
    lines = [re.sub(r"^\d\d:\d\d:\d\d", "now", line) for line in handler.lines]
    assert lines == [
        "now   0 of 12 done  Probing video a",
        "now   1 of 12 done  Planning shards",
        "now    2 of 120 done  Analysing a",
        "as ever: None",
    ]


def test_errors_warnings_and_what_is_unknown_are_shown_as_ever(handler):
    console.show_jobs(workflow(Quietness.HOST))
    logger.error("broken", extra={"event": LogEvent.JOB_ERROR, "rule_msg": "Probing video a"})
    logger.warning("beware")
    logger.info("Trying to restart job 3.")
    assert handler.lines == ["as ever: broken", "as ever: beware", "as ever: Trying to restart job 3."]


@pytest.mark.parametrize(
    "chosen", [workflow(), workflow(Quietness.REASON), workflow(Quietness.HOST, verbose=True)], ids=str
)
def test_what_the_command_line_says_of_output_holds(handler, chosen, capsys):
    console.show_jobs(chosen)
    logger.info("Select jobs to execute...")
    progress(1, 12)
    assert len(handler.lines) == 3
    assert "Executor: local" in capsys.readouterr().err

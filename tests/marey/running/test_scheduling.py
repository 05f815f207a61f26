"""Snakemake's scheduler looks for jobs when one is finished and when an alarm rings, and alarms do not multiply."""

import inspect
import threading
import time

import pytest
from snakemake.scheduling.job_scheduler import JobScheduler

from marey.running import scheduling


class Looking:
    """As much of a scheduler as alarms touch: `_open_jobs` counts the looks that are due."""

    def __init__(self):
        self._open_jobs = threading.Semaphore(0)

    _schedule_reevalutation = JobScheduler._schedule_reevalutation

    def looks(self) -> int:
        """Looks that were due, which are now done."""
        count = 0
        while self._open_jobs.acquire(blocking=False):
            count += 1
        return count


@pytest.mark.parametrize(("fix", "looks"), [(lambda scheduler: None, 3), (scheduling.one_alarm, 1)])
def test_alarms_that_are_set_while_one_is(fix, looks):
    """Snakemake adds each to those that are set; fixed, it has one."""
    scheduler = Looking()
    fix(scheduler)
    for _ in range(3):
        scheduler._schedule_reevalutation(0.01)
    time.sleep(0.5)
    assert scheduler.looks() == looks


def test_snakemake_sets_an_alarm_after_each_look():
    """If it no longer does, `one_alarm` is dead."""
    assert "self._schedule_reevalutation(self.job_rate_limiter.timespan)" in inspect.getsource(JobScheduler.schedule)


def test_after_an_alarm_another_one_can_be_set():
    fixed = Looking()
    scheduling.one_alarm(fixed)
    for _ in range(3):
        fixed._schedule_reevalutation(0.01)
        assert fixed._open_jobs.acquire(timeout=10)
    assert fixed.looks() == 0

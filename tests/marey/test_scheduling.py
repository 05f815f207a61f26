"""Snakemake's scheduler looks for jobs when one is finished and when an alarm rings, and alarms do not multiply."""

import inspect
import threading
import time

from snakemake.scheduling.job_scheduler import JobScheduler

from marey import scheduling


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


def test_the_scheduler_still_needs_it():
    """Each look sets an alarm, whatever alarms are set."""
    assert "self._schedule_reevalutation(self.job_rate_limiter.timespan)" in inspect.getsource(JobScheduler.schedule)
    plain = Looking()
    for _ in range(3):
        plain._schedule_reevalutation(0.01)
    time.sleep(0.5)
    assert plain.looks() == 3


def test_one_alarm_is_set_at_a_time():
    mended = Looking()
    scheduling.one_alarm(mended)
    for _ in range(3):
        mended._schedule_reevalutation(0.01)
    time.sleep(0.5)
    assert mended.looks() == 1


def test_after_an_alarm_another_one_can_be_set():
    mended = Looking()
    scheduling.one_alarm(mended)
    for _ in range(3):
        mended._schedule_reevalutation(0.01)
        assert mended._open_jobs.acquire(timeout=10)
    assert mended.looks() == 0

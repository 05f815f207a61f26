"""Scheduling: Snakemake's scheduler, kept from looking for jobs more and more often."""

import threading


def one_alarm(scheduler) -> None:
    """Let a scheduler have one alarm set at a time, of those that make it look for jobs when a rate limit allows more.

    Snakemake 9.27 sets one after every look, and each alarm is a look: every finished job adds a chain of them that
    ends only with the run. 10,000 jobs would cost 10,000 looks a second, a whole core of the login node
    (https://github.com/snakemake/snakemake/pull/3744). With another version, see whether this is still needed.
    """
    is_set = threading.Lock()

    def ring() -> None:
        is_set.release()
        scheduler._open_jobs.release()

    def schedule(delay: float) -> None:
        if is_set.acquire(blocking=False):
            threading.Timer(delay, ring).start()

    scheduler._schedule_reevalutation = schedule  # so it is spelt there

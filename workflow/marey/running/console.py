"""Console output of a run: a line for each job as it starts, with what it does and how many are done.

Snakemake itself prints ten lines a job. They stay in its log file, and errors are shown in full.
"""

import logging
import sys
import time

HIDDEN_EVENTS = {"job_started", "job_finished", "resources_info", "shellcmd"}  # events of Snakemake's
# What its scheduler says between jobs. Other messages that belong to no event are shown.
HIDDEN_MESSAGES = {
    "Select jobs to execute...",
    "Updating checkpoint dependencies.",
    "DAG of jobs will be updated after completion.",
}


def show_jobs(workflow) -> None:
    """Say what runs the jobs, and show `JobLines` where the profile says `quiet: [host]` and the command line no more.

    `--verbose` and any other `--quiet` do what they always do. With another version than Snakemake 9.27, see whether
    its handler still has this name.
    """
    # Where the mistyped name of a profile shows: Snakemake ignores it.
    print(f"Executor: {workflow.executor_plugin.name}", file=sys.stderr)
    settings = workflow.output_settings
    if settings.verbose or {choice.name for choice in settings.quiet or ()} != {"HOST"}:
        return
    for handler in logging.getLogger("snakemake.logging").handlers:
        if handler.name == "DefaultStreamHandler":
            lines = JobLines(handler.formatter, jobs=len(workflow.dag))
            handler.addFilter(lines.shown)
            handler.setFormatter(lines)


class JobLines(logging.Formatter):
    """A line for each of `jobs` jobs as it starts; what is no job is written by `others`."""

    def __init__(self, others: logging.Formatter, *, jobs: int):
        super().__init__()
        self.others, self.done, self.jobs = others, 0, jobs

    def shown(self, record: logging.LogRecord) -> bool:
        """Count the jobs that are done, and say whether a record is shown."""
        event = getattr(record, "event", None)
        if event == "progress":
            self.done, self.jobs = record.done, record.total  # a checkpoint adds jobs
            return self.done == self.jobs
        if event == "job_info":
            return bool(record.rule_msg)  # `all` does nothing, and has no message
        return event not in HIDDEN_EVENTS and record.msg not in HIDDEN_MESSAGES

    def format(self, record: logging.LogRecord) -> str:
        """Write the line of a job, such as "12:03:05   7 of 40 done  Probing video a"."""
        if getattr(record, "event", None) != "job_info":
            return self.others.format(record)
        clock = time.strftime("%H:%M:%S", time.localtime(record.created))
        return f"{clock}  {self.done:{len(str(self.jobs))}} of {self.jobs} done  {record.rule_msg}"

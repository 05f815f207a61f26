"""Snakemake that looks at its SLURM jobs every second: `python head.py ARGUMENTS`, as `snakemake ARGUMENTS`.

The plugin waits 10 s longer after each look that finds nothing new, and no option turns that off. Jobs run the
unchanged Snakemake.
"""

import sys

import snakemake_executor_plugin_slurm as plugin
from snakemake.cli import main

plugin.Executor.next_seconds_between_status_checks = property(lambda self: 1, lambda self, value: None)

if __name__ == "__main__":
    sys.exit(main())

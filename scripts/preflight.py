"""Check the machine that runs this job; what is found goes to the log."""

from contextlib import suppress

from marey import runtime
from marey.running.gpu import MissingGpuError

with suppress(MissingGpuError):  # the findings say so, too
    runtime.start(snakemake)

import sys
from pathlib import Path

from marey.running.preflight import preflight

good, text = preflight(Path(snakemake.log[0]).parents[1])
print(text, file=sys.stderr)
sys.exit(not good)

"""Look over the machine that runs this job; what is found goes to the log."""

from contextlib import suppress

from marey import runtime

with suppress(runtime.MissingGpuError):  # the findings say so, too
    runtime.start(snakemake)

import sys
from pathlib import Path

from marey import preflight

results = Path(snakemake.log[0]).parents[1]
good, text = preflight.table(results, Path(snakemake.scriptdir).parent)
print(text, file=sys.stderr)
sys.exit(not good)

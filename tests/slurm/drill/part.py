"""Write the frames of a part in two halves; say in `runs/` when that begins and ends.

Between the halves it waits until there is a file `go`.
"""

import time
from pathlib import Path

from marey.tables import files
from marey.tables.columns import FRAME, table

start, stop = int(snakemake.wildcards.start), int(snakemake.wildcards.stop)
runs = Path("runs", f"{start}-{stop}")
runs.parent.mkdir(exist_ok=True)
with runs.open("a") as file:
    print("begun", file=file)
ballast = b"x" * (800_000_000 if snakemake.params.hungry == start else 0)
middle = (start + stop) // 2
with files.writer(snakemake.output[0], table("part", [FRAME], sort=["frame"])) as write:
    write({"frame": range(start, middle)})
    while not Path("go").exists():
        time.sleep(0.2)
    write({"frame": range(middle, stop)})
with runs.open("a") as file:
    print("done", file=file)

"""What 10,000 jobs cost Snakemake itself: seconds and memory of the graph and of each job, over a made sheet.

python benchmarks/scale.py                        # a dry run of 1,000 videos of 10 shards each
python benchmarks/scale.py --run 10000 --kills 3  # and 10,000 trivial shards are really run, killed three times
"""

import argparse
import json
import os
import platform
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

REPOSITORY = Path(__file__).parents[1]
sys.path[:0] = [str(REPOSITORY), str(REPOSITORY / "workflow")]

from tests.workflow.checkout import Workflow, executed
from tests.workflow.made import experiment, interrupted

# Snakemake, which at its end says what it used itself and what its jobs used.
MEASURED = """
import atexit, json, resource, runpy, sys

def tell():
    own, jobs = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    cpu = [usage.ru_utime + usage.ru_stime for usage in (own, jobs)]
    print(json.dumps({"cpu": cpu[0], "jobs_cpu": cpu[1], "memory": own.ru_maxrss / 1024}), flush=True)

atexit.register(tell)
sys.argv[0] = "snakemake"
runpy.run_module("snakemake", run_name="__main__")
"""


class Cost(NamedTuple):
    """Of a run of Snakemake: jobs, seconds, its own seconds of CPU and those of its jobs, and MB that it took."""

    jobs: int
    seconds: float
    cpu: float
    jobs_cpu: float
    memory: float


def snakemake(made: Workflow, *arguments: str) -> Cost:
    """Run Snakemake to its end."""
    command = [sys.executable, "-c", MEASURED, *arguments, *made.arguments()]
    began = time.perf_counter()
    done = subprocess.run(command, cwd=made.root, capture_output=True, text=True)
    seconds = time.perf_counter() - began
    if done.returncode:
        sys.exit(done.stderr[-3000:])
    jobs = int(re.search(r"^total +(\d+)", done.stdout + done.stderr, re.MULTILINE)[1])
    return Cost(jobs=jobs, seconds=seconds, **json.loads(done.stdout.splitlines()[-1]))


def dry_run(videos: int, shards: int) -> Cost:
    """A dry run of the whole experiment."""
    with tempfile.TemporaryDirectory() as folder:
        made, _ = experiment(Path(folder), videos=videos, shards=shards)
        return snakemake(made, "--dry-run", "--quiet", "rules")


def run(shards: int, cores: int, kills: int) -> tuple[int, Cost]:
    """Run so many trivial shards, after `kills` runs that are killed at random: shards finished by those, and the rest.

    Raises AssertionError where a shard is missing in the end.
    """
    chance = random.Random(0)
    finished = 0
    with tempfile.TemporaryDirectory() as folder:
        made, request = experiment(Path(folder), videos=max(1, shards // 10), shards=min(10, shards))
        request += ["--cores", str(cores), "--quiet", "rules"]
        for _ in range(kills):
            after = chance.randint(1, shards // (kills + 1))
            finished += executed(interrupted(made, *request, after=after, number=signal.SIGKILL))["infer_shard"]
            made.snakemake("--unlock")
        cost = snakemake(made, *request)
        missing = [table for table in request if table.endswith(".parquet") and not (made.root / table).exists()]
        assert not missing, missing[0]
    return finished, cost


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--videos", type=int, default=1000)
    parser.add_argument("--shards", type=int, default=10, help="per video")
    parser.add_argument("--run", type=int, metavar="N", help="really run so many trivial shards; a multiple of 10")
    parser.add_argument("--cores", type=int, default=os.cpu_count())
    parser.add_argument("--kills", type=int, default=0, help="runs of them that are killed first, with all their jobs")
    options = parser.parse_args()
    print(f"machine: {platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}\n")
    base = dry_run(1, 1)
    print("| videos | shards | jobs | dry run s | CPU s | ms of CPU a job | MB | kB a job |")
    print("|---|---|---|---|---|---|---|---|")
    cost = dry_run(options.videos, options.shards)
    each = 1000 * (cost.cpu - base.cpu) / cost.jobs, 1024 * (cost.memory - base.memory) / cost.jobs
    row = options.videos, options.videos * options.shards, cost.jobs, f"{cost.seconds:.1f}", f"{cost.cpu:.1f}"
    print(f"| {' | '.join(map(str, row))} | {each[0]:.2f} | {cost.memory:.0f} | {each[1]:.1f} |")
    if options.run:
        finished, cost = run(options.run, options.cores, options.kills)
        print("\n| shards run | by killed runs | by the last | cores | s a job | CPU s a job | Snakemake's ms | MB |")
        print("|---|---|---|---|---|---|---|---|")
        each = cost.seconds / cost.jobs, cost.jobs_cpu / cost.jobs, 1000 * cost.cpu / cost.jobs
        row = options.run, finished, cost.jobs, options.cores, f"{each[0]:.2f}", f"{each[1]:.2f}", f"{each[2]:.1f}"
        print(f"| {' | '.join(map(str, row))} | {cost.memory:.0f} |")


if __name__ == "__main__":
    main()

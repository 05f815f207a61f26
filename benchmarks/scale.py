"""What 10,000 jobs cost Snakemake itself: seconds and memory of the graph and of each job, over a made sheet.

python benchmarks/scale.py                 # a dry run of 1,000 videos of 10 shards each
python benchmarks/scale.py --run 200       # and 200 trivial shards are really run
"""

import argparse
import os
import platform
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

REPOSITORY = Path(__file__).parents[1]
sys.path[:0] = [str(REPOSITORY), str(REPOSITORY / "workflow")]

from tests.workflow.checkout import Workflow  # noqa: E402
from tests.workflow.made import experiment  # noqa: E402

MEASURED = """
import resource, subprocess, sys
code = subprocess.run(sys.argv[1:], stdout=sys.stderr).returncode
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)
sys.exit(code)
"""


def snakemake(made: Workflow, *arguments: str) -> tuple[str, float, float, float]:
    """Run Snakemake: what it printed, seconds, seconds of CPU (its jobs' included), and MB of the largest process."""
    command = [sys.executable, "-m", "snakemake", *arguments, "--quiet", "rules", *made.arguments()]
    began = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", MEASURED, *command], cwd=made.root, capture_output=True, text=True)
    seconds = time.perf_counter() - began
    if done.returncode:
        sys.exit(done.stderr)
    return done.stderr, seconds, *map(float, done.stdout.split())


def dry_run(videos: int, shards: int) -> tuple[int, float, float, float]:
    """Jobs, seconds, seconds of CPU and MB of a dry run of the whole experiment."""
    with tempfile.TemporaryDirectory() as folder:
        made, _ = experiment(Path(folder), videos=videos, shards=shards)
        output, *costs = snakemake(made, "--dry-run")
    return int(re.search(r"^total +(\d+)", output, re.MULTILINE)[1]), *costs


def run(shards: int, cores: int) -> tuple[float, float]:
    """Seconds and seconds of CPU of a run of so many trivial shards, its start included."""
    with tempfile.TemporaryDirectory() as folder:
        made, tables = experiment(Path(folder), videos=max(1, shards // 10), shards=min(10, shards))
        _, seconds, cpu, _ = snakemake(made, *tables, "--cores", str(cores))
        missing = [table for table in tables if not (made.root / table).exists()]
        assert not missing, missing[0]
    return seconds, cpu


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--videos", type=int, default=1000)
    parser.add_argument("--shards", type=int, default=10, help="per video")
    parser.add_argument("--run", type=int, metavar="N", help="really run so many trivial shards; a multiple of 10")
    parser.add_argument("--cores", type=int, default=os.cpu_count())
    options = parser.parse_args()
    print(f"machine: {platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}\n")
    _, _, base_cpu, base = dry_run(1, 1)
    print("| videos | shards | jobs | dry run s | CPU s | ms of CPU a job | MB | kB a job |")
    print("|---|---|---|---|---|---|---|---|")
    jobs, seconds, cpu, memory = dry_run(options.videos, options.shards)
    each = 1000 * (cpu - base_cpu) / jobs, 1024 * (memory - base) / jobs
    row = options.videos, options.videos * options.shards, jobs, f"{seconds:.1f}", f"{cpu:.1f}", f"{each[0]:.2f}"
    print(f"| {' | '.join(map(str, row))} | {memory:.0f} | {each[1]:.1f} |")
    if options.run:
        seconds, cpu = run(options.run, options.cores)
        print("\n| trivial shards run | cores | s | s a job | CPU s a job |\n|---|---|---|---|---|")
        row = f"{seconds:.0f}", f"{seconds / options.run:.2f}", f"{cpu / options.run:.2f}"
        print(f"| {options.run} | {options.cores} | {' | '.join(row)} |")


if __name__ == "__main__":
    main()

"""Seconds and memory of `snakemake --dry-run` over a made sheet: many videos, many shards, no file read.

python benchmarks/dry_run.py --videos 200 --shards 20
"""

import argparse
import os
import platform
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

REPOSITORY = Path(__file__).parents[1]
sys.path.insert(0, str(REPOSITORY / "workflow"))

from marey.tables import files, plan  # noqa: E402


def make_experiment(root: Path, videos: int, shards: int) -> None:
    """A checkout in `root` with empty videos whose plan is made: every shard of every video is still to be analysed."""
    for part in ("Snakefile", "rules", "scripts", "workflow", "config", "profiles", "envs"):
        source = REPOSITORY / part
        (shutil.copytree if source.is_dir() else shutil.copy2)(source, root / part)
    names = [f"video{index:05}" for index in range(videos)]
    (root / "data").mkdir()
    for name in names:
        (root / "data" / f"{name}.mp4").touch()
    rows = "".join(f"{name}\t{name}.mp4\n" for name in names)
    (root / "data" / "videos.tsv").write_text(f"video\tpath\n{rows}")
    (root / "data" / "labels.csv").write_text("video,frame,individual,keypoint,x,y\n")
    (root / "experiment.yaml").write_text("{project: made, labels: {sources: [labels.csv]}, keypoints: [snout]}\n")
    for name in names:
        for table in ("probe", "frames"):
            path = root / "results/made/videos" / name / f"{table}.parquet"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
    starts = [1000 * index for _ in names for index in range(shards)]
    table = {"video": [name for name in names for _ in range(shards)], "start": starts}
    files.write(root / "results/made/plan.parquet", {**table, "stop": [start + 1000 for start in starts]}, plan.SCHEMA)


def main() -> None:
    """Print one line: videos, shards, jobs, seconds, MB."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--videos", type=int, default=200)
    parser.add_argument("--shards", type=int, default=20, help="per video")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        make_experiment(root, options.videos, options.shards)
        command = [
            sys.executable,
            "-m",
            "snakemake",
            "--configfile",
            "experiment.yaml",
            "--dry-run",
            "--quiet",
            "rules",
        ]
        began = time.perf_counter()
        done = subprocess.run(command, cwd=root, capture_output=True, text=True)
        seconds = time.perf_counter() - began
    if done.returncode:
        sys.exit(done.stdout + done.stderr)
    jobs = int(re.search(r"^total +(\d+)", done.stdout + done.stderr, re.MULTILINE)[1])
    memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"machine: {platform.machine()}, {os.cpu_count()} cores")
    print("| videos | shards a video | jobs | dry run s | ms a job | MB |\n|---|---|---|---|---|---|")
    print(
        f"| {options.videos} | {options.shards} | {jobs} | {seconds:.1f} | {1000 * seconds / jobs:.2f} | {memory:.0f} |"
    )


if __name__ == "__main__":
    main()

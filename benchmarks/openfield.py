"""The open-field experiment from labels to report: wall time of each stage, and the error on test frames.

    python benchmarks/openfield.py

Takes the data from MAREY_DATA (default ../shared/data), not from where the experiment expects it, and runs everything
anew into results/openfield/.
"""

import json
import os
import platform
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd

REPOSITORY = Path(__file__).parents[1]
PROJECT = "01_openfield_dlc_single/openfield-Pranav-2018-10-30"


def main() -> None:
    """Print the machine, the seconds of each stage and the test error with its interval."""
    data = Path(os.environ.get("MAREY_DATA", REPOSITORY.parent / "shared/data"), PROJECT)
    if not data.is_dir():
        sys.exit(f"{data}: no such folder; set MAREY_DATA")
    command = [sys.executable, "-m", "snakemake", "--configfile", "config/experiments/openfield.yaml"]
    began = time.perf_counter()
    subprocess.run([*command, "--forceall", "--config", f"data={data}"], cwd=REPOSITORY, check=True)
    total = time.perf_counter() - began
    results = REPOSITORY / "results/openfield"
    print(f"machine: {platform.machine()}, {os.cpu_count()} cores")
    print("| stage | s |\n|---|---|")
    for rule in ("probe_video", "train_model", "predict_frames", "infer_shard", "smooth_video", "render_video"):
        files = (results / "benchmarks" / rule).rglob("*.jsonl")
        seconds = sum(json.loads(line)["s"] for path in files for line in path.read_text().splitlines())
        print(f"| {rule} | {seconds:.0f} |")
    print(f"| all, with report | {total:.0f} |\n")
    metrics = pd.read_parquet(results / "models/0/metrics.parquet")
    shown = metrics[(metrics["part"] == "test") & (metrics["cut"] == 0) & (metrics["unit"] == "px")]
    print("| keypoint | metric | px | 95 % interval | points | groups |\n|---|---|---|---|---|---|")
    for row in shown.itertuples():
        interval = f"{row.low:.2f} to {row.high:.2f}"
        print(f"| {row.keypoint} | {row.metric} | {row.value:.2f} | {interval} | {row.points} | {row.groups} |")


if __name__ == "__main__":
    main()

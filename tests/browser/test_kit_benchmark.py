"""The benchmark of the kit, on a few small frames: in a process of its own, for this one drives a browser already."""

import subprocess
import sys
from pathlib import Path

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "kit.py"


def test_it_measures_and_loses_no_point(chromium):
    small = ["--frames", "4", "--size", "200", "150", "--labelled", "2", "--wrong", "0.5"]
    said = subprocess.run([sys.executable, BENCHMARK, *small], check=True, capture_output=True, text=True).stdout
    assert "| from nothing | 16 | 0 | 2 |" in said
    assert "| correcting" in said

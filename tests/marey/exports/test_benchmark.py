"""The benchmark of exports runs, on next to nothing."""

import re
import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).parents[3] / "benchmarks" / "exports.py"


def test_each_format_has_a_row():
    command = [sys.executable, str(SCRIPT), "--rows", "100", "--formats", "slp"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert re.search(r"^\| slp \| 100 \| [\d.]+ \| \d+ \| \d+ \| \d+ \|$", done.stdout, re.MULTILINE)

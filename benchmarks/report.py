"""The report of a made experiment of many videos: seconds of CPU and memory to write it, and its size.

python benchmarks/report.py                   # 100 and 1,000 videos
python benchmarks/report.py --videos 10       # as many as are named
"""

import argparse
import json
import platform
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

REPOSITORY = Path(__file__).parents[1]
sys.path[:0] = [str(REPOSITORY), str(REPOSITORY / "workflow")]

from tests.marey.made_report import config, finish, png

from marey.synth.film import film
from marey.synth.scene import Scene

# A new process, so that what it imports counts too.
MEASURED = """
import json, resource, sys
from pathlib import Path
from marey.views.report import write_report

made = json.loads(sys.stdin.read())
path = write_report(made["config"], made["videos"], Path(made["results"]))
usage = resource.getrusage(resource.RUSAGE_SELF)
print(json.dumps({"cpu": usage.ru_utime + usage.ru_stime, "memory": usage.ru_maxrss / 1024, "page": str(path)}))
"""


class Cost(NamedTuple):
    """CPU s and memory (MB) to write a page, its size (MB), and the clips that are in it."""

    cpu: float
    memory: float
    size: float
    clips: int


def measure(root: Path, *, videos: int, shards: int, clip: bytes) -> Cost:
    """Make the results of an experiment of several animals in `root` and write its report, in a process of its own."""
    made = finish(config(root, videos=videos, several=True), shards=shards, clip=clip, figure=png(900, 600))
    given = json.dumps({"config": made.config, "videos": made.videos, "results": str(made.results)})
    command = [sys.executable, "-c", MEASURED]
    done = subprocess.run(command, input=given, cwd=REPOSITORY / "workflow", capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stderr[-3000:])
    told = json.loads(done.stdout)
    page = Path(told["page"]).read_text(encoding="utf-8")
    return Cost(told["cpu"], told["memory"], len(page.encode()) / 1e6, page.count('src="data:video/mp4'))


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description="What the report of many videos costs.")
    parser.add_argument("--videos", type=int, nargs="*", default=[100, 1000])
    parser.add_argument("--shards", type=int, default=10, help="of each video")
    parser.add_argument("--clip", type=int, default=600, metavar="FRAMES", help="length of the clips")
    parser.add_argument("--keep", type=Path, help="a folder for the made experiments, to look at the pages")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        root = arguments.keep or Path(folder)
        root.mkdir(parents=True, exist_ok=True)
        film(Scene(frames=arguments.clip, seed=1), root / "clip.mp4")
        clip = (root / "clip.mp4").read_bytes()
        print(f"Clips of {len(clip) / 1e6:.1f} MB, {arguments.shards} shards a video; {platform.machine()}\n")
        print("| videos | CPU s | MB of memory | page, MB | clips in it |\n|---|---|---|---|---|")
        for videos in arguments.videos:
            cost = measure(root / str(videos), videos=videos, shards=arguments.shards, clip=clip)
            print(f"| {videos:,} | {cost.cpu:.1f} | {cost.memory:.0f} | {cost.size:.1f} | {cost.clips} |", flush=True)


if __name__ == "__main__":
    main()

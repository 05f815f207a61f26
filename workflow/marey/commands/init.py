"""Make a folder for an experiment of your own: an annotated config file and an empty list of videos."""

import argparse
import re
import shlex
from pathlib import Path

from marey.commands import _checkout
from marey.tables import places

CONFIG_HEAD = """\
# The experiment. Every key is described in config/README.md of Marey; the values below are the defaults.
# Run it in this folder:
#   snakemake --snakefile <folder of Marey>/Snakefile
"""
LABELS = "labels"
SHEET_HEAD = "video\tpath\n"
NEXT_STEPS = """{folder}/config.yaml   the experiment
{folder}/videos.tsv    its videos, none so far
{folder}/labels        where exported labels go

Next:
1. List your videos in videos.tsv, a line each: a short name, a tab, and the path of the file, relative to {folder}.
2. Name your keypoints in config.yaml.
3. In {folder}, run
     snakemake --snakefile {snakefile}
   It first chooses frames that are worth labelling, and writes a page to label them in: {results}/{kit}.
4. Open that page in a browser, label, press Export, put the file into {folder}/labels, and run the same again: it
   trains, analyses all videos and writes {results}/{report}.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("folder", type=Path, help="where to make it; nothing that is there is overwritten")


def run(arguments: argparse.Namespace) -> None:
    """Make the folder and print what to do next."""
    folder = arguments.folder
    checkout = _checkout.root()
    project = make_folder(folder, checkout)
    snakefile = shlex.quote(str(checkout / "Snakefile"))
    files = {"results": places.results(project), "kit": places.KITS.format(person="kit"), "report": places.REPORT}
    print(NEXT_STEPS.format(folder=folder, snakefile=snakefile, **files), end="")


def make_folder(folder: Path, checkout: Path) -> str:
    """Write `config.yaml` and `videos.tsv` to `folder` and return the name of the experiment: that of the folder.

    With them comes an empty folder for labels. The config is that of the repository in `checkout`, with `data` the
    folder itself. ValueError where one of the files is there already, or where the folder is the repository.
    """
    if folder.resolve() == checkout:
        raise ValueError(f"{folder}: is the folder of Marey itself. Choose one of your own, outside of it")
    project = re.sub(r"[^A-Za-z0-9_.-]", "_", folder.resolve().name).lstrip("_.-") or "experiment"
    text = (checkout / "config" / "config.yaml").read_text(encoding="utf-8")
    text = CONFIG_HEAD + re.sub(r"\A(#.*\n)*", "", text)
    for key, value in {"project": project, "data": "."}.items():
        text = re.sub(rf"^{key}: .*$", f"{key}: {value}", text, count=1, flags=re.MULTILINE)
    text = text.replace("\n  sources: []\n", f"\n  sources: [{LABELS}]\n", 1)
    made = {folder / "config.yaml": text, folder / "videos.tsv": SHEET_HEAD}
    for path in made:
        if path.exists():
            raise ValueError(f"{path}: is there already, and is kept. Choose another folder, or move the file away")
    (folder / LABELS).mkdir(parents=True, exist_ok=True)
    for path, content in made.items():
        path.write_text(content, encoding="utf-8")
    return project

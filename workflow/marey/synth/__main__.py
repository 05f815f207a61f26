"""`python -m marey.synth demo <folder>`: a complete small experiment to try the workflow on."""

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
from tqdm import tqdm

from marey.synth import truth
from marey.synth.film import write_video
from marey.synth.render import Renderer
from marey.synth.scene import Scene
from marey.tables.files import replacing

COATS = ("brown", "black", "grey")
LABELLED = 20  # frames of each video


def demo(folder: str | Path, *, frames: int = 300) -> None:
    """Write three videos of one mouse each, their sheet `videos.tsv`, `labels.csv` and `truth.parquet` to `folder`.

    Videos are 320 x 240 px, 30 frames/s, `frames` frames long. `labels.csv` holds the truth of 20 frames of each,
    spread in time; `truth.parquet` that of all frames, in the same columns. Files that are there are replaced.
    """
    folder = Path(folder)
    sheet, rows = [], []
    with tqdm(total=len(COATS) * frames, unit="frame", desc="demo videos") as progress:
        for index, coat in enumerate(COATS):
            scene = Scene(frames=frames, coats=(coat,), seed=index + 1)
            renderer, video = Renderer(scene), f"mouse{index + 1}"
            path = f"videos/{video}.mp4"
            write_video(folder / path, _counted(renderer.frames(), progress), fps=scene.fps, options=("-crf", "20"))
            sheet.append({"video": video, "path": path, "subject": coat})
            rows.append(truth.labels(renderer, range(frames), video=video))
    exact = pd.concat(rows, ignore_index=True)
    labelled = np.unique(np.linspace(0, frames - 1, LABELLED).round().astype(int))
    with replacing(folder / "videos.tsv") as temporary:
        pd.DataFrame(sheet).to_csv(temporary, sep="\t", index=False)
    with replacing(folder / "labels.csv") as temporary:
        exact[exact["frame"].isin(labelled)].to_csv(temporary, index=False)
    with replacing(folder / "truth.parquet") as temporary:
        exact.to_parquet(temporary, compression="zstd", index=False)


def _counted(frames, progress: tqdm):
    for frame in frames:
        yield frame
        progress.update()


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m marey.synth", description="Synthetic videos with exact truth.")
    commands = parser.add_subparsers(dest="command", required=True)
    command = commands.add_parser("demo", help="write a small experiment: videos, sheet, labels, truth")
    command.add_argument("folder", type=Path, help="where to write it")
    demo(parser.parse_args().folder)


if __name__ == "__main__":
    main()

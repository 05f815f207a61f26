"""Small experiments to try the workflow on, complete: videos, sheet, labels and exact truth."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from tqdm import tqdm

from marey.synth import animal, truth
from marey.synth.boards import Chessboard, board_film, flat_pose
from marey.synth.film import write_video
from marey.synth.motion import simulate
from marey.synth.render import Renderer
from marey.synth.scene import Scene
from marey.tables.files import replacing

DEMO_COATS = ("brown", "black", "grey")
DEMO_LABELLED_FRAMES = 20  # frames of each video of `demo`
MICE_COATS = ("brown", "black", "white")  # coats of the animals of `mice`
MICE_LABELLED_FRAMES = 60
DEMO3D_CAMERAS = ("top", "front", "right")
DEMO3D_LABELLED_FRAMES = 20  # of each camera
DEMO3D_BOARD = Chessboard(8, 5, 25.0)  # that looks the same from no two sides


def demo(folder: str | Path, *, frames: int = 300) -> None:
    """Write three videos of one mouse each, their sheet `videos.tsv`, `labels.csv` and `truth.parquet` to `folder`.

    Videos are 320 x 240 px, 30 frames/s, `frames` frames long. `labels.csv` holds the truth of 20 frames of each,
    spread in time; `truth.parquet` that of all frames, in the same columns. Files that are there are replaced.
    """
    scenes = [Scene(frames=frames, coats=(coat,), seed=index + 1) for index, coat in enumerate(DEMO_COATS)]
    sheet = [{"video": f"mouse{index + 1}", "subject": coat} for index, coat in enumerate(DEMO_COATS)]
    _write(Path(folder), scenes, sheet, labelled=DEMO_LABELLED_FRAMES)


def demo3d(folder: str | Path, *, frames: int = 300, board_frames: int = 60) -> None:
    """Write videos of one mouse by three cameras and of a calibration board to `folder`, and the tables of `demo`.

    `calibration/<camera>.mp4` shows a chessboard of 8 x 5 squares of 25 mm, which in its first frame lies on the floor.
    `truth3d.parquet` has the truth of all frames in space: frame, individual, keypoint, x, y, z, in mm, in the axes of
    the board in that frame: x along its columns, y up along its rows, z upwards.
    """
    folder = Path(folder)
    scene = Scene(frames=frames, coats=("brown",), cameras=DEMO3D_CAMERAS, seed=2)
    sheet = [{"video": f"mouse_{name}", "session": "mouse", "camera": name} for name in DEMO3D_CAMERAS]
    for camera in tqdm(DEMO3D_CAMERAS, unit="video", desc="calibration videos"):
        board = board_film(scene, camera, DEMO3D_BOARD, board_frames)
        write_video(folder / "calibration" / f"{camera}.mp4", board, fps=10, options=("-crf", "12"))
    _write(folder, [scene] * len(sheet), sheet, labelled=DEMO3D_LABELLED_FRAMES)
    with replacing(folder / "truth3d.parquet") as temporary:
        _truth_in_space(scene).to_parquet(temporary, compression="zstd", index=False)


def _truth_in_space(scene: Scene) -> pd.DataFrame:
    """Compute where the keypoints are, in the axes of the board that lies on the floor."""
    places = np.stack([animal.keypoint_positions(scene, states) for states in simulate(scene)])
    index = pd.MultiIndex.from_product(
        [range(scene.frames), scene.names, animal.KEYPOINTS], names=["frame", "individual", "keypoint"]
    )
    _, origin = flat_pose(DEMO3D_BOARD)
    return pd.DataFrame((places - origin).reshape(-1, 3), columns=list("xyz"), index=index).reset_index()


def mice(folder: str | Path, *, frames: int = 600) -> None:
    """Write one video of three mice of different coats in one arena to `folder`, with the same tables as `demo`.

    `labels.csv` holds the truth of all animals in 60 frames; occluded points have a position. The sheet says how many
    animals there are.
    """
    scene = Scene(frames=frames, individuals=len(MICE_COATS), coats=MICE_COATS, seed=1)
    _write(Path(folder), [scene], [{"video": "mice", "animals": len(MICE_COATS)}], labelled=MICE_LABELLED_FRAMES)


def _write(folder: Path, scenes: list[Scene], sheet: list[dict], *, labelled: int) -> None:
    """Film `scenes`, one a row of `sheet`, and write sheet, labels of `labelled` frames of each, and whole truth."""
    rows = []
    with tqdm(total=sum(scene.frames for scene in scenes), unit="frame", desc="made videos") as progress:
        for scene, row in zip(scenes, sheet, strict=True):
            renderer, path = Renderer(scene, row.get("camera", "top")), f"videos/{row['video']}.mp4"
            write_video(folder / path, _counted(renderer.frames(), progress), fps=scene.fps, options=("-crf", "20"))
            exact = truth.truth_labels(renderer, range(scene.frames), video=row["video"])
            chosen = np.unique(np.linspace(0, scene.frames - 1, labelled).round().astype(int))
            rows.append(exact.assign(chosen=exact["frame"].isin(chosen)))
            row["path"] = path
    exact = pd.concat(rows, ignore_index=True)
    chosen = exact.pop("chosen")
    order = ["video", "path", *(name for name in sheet[0] if name not in ("video", "path"))]
    with replacing(folder / "videos.tsv") as temporary:
        pd.DataFrame(sheet)[order].to_csv(temporary, sep="\t", index=False)
    with replacing(folder / "labels.csv") as temporary:
        exact[chosen].to_csv(temporary, index=False)
    with replacing(folder / "truth.parquet") as temporary:
        exact.to_parquet(temporary, compression="zstd", index=False)


def _counted(frames: Iterable, progress: tqdm) -> Iterator:
    for frame in frames:
        yield frame
        progress.update()

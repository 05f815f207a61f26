"""Embeddings of the animals of a video, from its table `poses` and its images to the table `embeddings`."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
from tqdm import tqdm

from marey.networks.metadata import own_keypoints, read_metadata
from marey.recognition.contrast import STEPS
from marey.recognition.embedding import embed_animals
from marey.tables import appearances, files
from marey.tables.embeddings import EMBEDDINGS
from marey.tables.frames import FRAMES, READING
from marey.tracking import timing
from marey.tracking.stream import POSITION_COLUMNS, PoseTable
from marey.videos.reading import read_chosen_frames


def learn_embeddings(
    video_path: Path,
    frames_path: Path,
    poses_path: Path,
    out: Path,
    metadata_path: Path | None,
    *,
    video: str,
    config: dict,
    provenance: dict,
    steps: int = STEPS,
) -> None:
    """Write the table `embeddings` of a video: what tells its animals apart, learnt from its own tracklets.

    Args:
        video_path: the video.
        frames_path: its table `frames`.
        poses_path: its table `poses`.
        out: where to write `embeddings`.
        metadata_path: the model's metadata; None: the poses are those of another tool.
        video: id of the video.
        config: animals.number, seed and, for the poses of another tool, keypoints, as `tracking_config` gives them.
        provenance: what the result was made from, for its metadata.
        steps: of the training.

    Raises:
        TableError: a table does not fit.
        VideoError: the video is not what it was when it was probed.
    """
    keypoints = own_keypoints(read_metadata(metadata_path)) if metadata_path else config["keypoints"]
    table, frames = PoseTable(poses_path, keypoints, single=False), files.read(frames_path, FRAMES, [*READING, "time"])

    def images(chosen: np.ndarray) -> Iterable[tuple[int, np.ndarray]]:
        read = read_chosen_frames(video_path, chosen, frames=frames)
        return tqdm(read, total=len(chosen), desc=f"squares of {video}", unit="image")

    seen = embed_animals(
        table,
        images,
        ticks=timing.frame_ticks(frames["time"].to_numpy()),
        usable=~frames["fault"].to_numpy(bool),
        animals=config["animals"]["number"],
        seed=config["seed"],
        steps=steps,
    )
    frame, instance = _poses(table)
    rows = {"video": [video] * len(frame), "frame": frame, "instance": instance}
    rows |= {"embedding": appearances.column_from(seen.vector), "trained": seen.trained}
    files.write(out, rows, EMBEDDINGS, provenance=provenance)


def _poses(table: PoseTable) -> tuple[np.ndarray, np.ndarray]:
    """Read the frame i64[n] of each pose of an animal, and its number there, i16[n]."""
    parts = [(np.empty(0, np.int64), np.empty(0, np.int16))]
    for block in table.whole(POSITION_COLUMNS):
        kept = table.animals(block)
        parts.append((block.frame[kept], block.instance[kept]))
    return tuple(np.concatenate(column) for column in zip(*parts, strict=True))

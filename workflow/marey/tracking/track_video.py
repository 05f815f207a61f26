"""Tracks of a video: from the table `poses` to the tables `tracks`, `review` and `tracked`.

They are made by passes over `poses`, row group by row group: only a few numbers of each pose stay in memory.
"""

from pathlib import Path

import numpy as np

from marey.networks.metadata import own_keypoints, read_metadata
from marey.tables import files
from marey.tables.embeddings import EMBEDDINGS
from marey.tables.review import REVIEW
from marey.tables.tracked import TRACKED
from marey.tables.tracks import UNIQUE
from marey.tracking import naming, timing
from marey.tracking.corrected import CorrectionError, Moments, NamedPoses, doubtful_moments
from marey.tracking.stream import ROWS_AT_ONCE, Appearances, PoseTable
from marey.tracking.tracker import track
from marey.tracking.writing import Frames, list_cast, write_tracks

# What a model's metadata say, of poses that come from another tool.
FOREIGN = {"individual": "animal", "animals": {"identities": []}}


def track_video(
    poses_path: Path,
    frames_path: Path,
    out: Path,
    review_out: Path,
    tracked_out: Path,
    metadata_path: Path | None,
    appearances_path: Path | None = None,
    embeddings_path: Path | None = None,
    *,
    config: dict,
    provenance: dict,
    rows: int = ROWS_AT_ONCE,
) -> None:
    """Write the tables `tracks`, `review` and `tracked` of a video.

    A single animal has the name in the model's metadata; several are `animal1`, `animal2`, ... in the order of their
    first frames, before a person's corrections. Poses that belong to no track are left out; objects and landmarks are
    the individual `unique`.

    Args:
        poses_path: the video's table `poses`.
        frames_path: its table `frames`.
        out: where to write `tracks`.
        review_out: where to write `review`.
        tracked_out: where to write `tracked`.
        metadata_path: the model's metadata; None: the poses are those of another tool.
        appearances_path: its table `appearances`. With it, appearance counts in tracking, and the `identities` of the
            model's metadata name the tracks that look like them.
        embeddings_path: its table `embeddings`, which then counts in place of `appearances`.
        config: animals.method, corrections, for several animals animals.number and seed, and for the poses of another
            tool keypoints, as `tracking_config` gives them.
        provenance: what the result was made from, for its metadata.
        rows: of the tables, read at once.

    Raises:
        CorrectionError: a correction cannot be carried out; the message names it.
        TableError: a table does not fit, or there are poses of a frame that the video does not have.
        AppearanceError: `appearances` or `embeddings` does not fit `poses`.
    """
    metadata = read_metadata(metadata_path) if metadata_path else {"keypoints": config["keypoints"], **FOREIGN}
    single = config["animals"]["method"] == "single"
    table = PoseTable(poses_path, own_keypoints(metadata), single=single, rows=rows)
    survey, frames = table.survey(), Frames.read(frames_path)
    if survey.stop > len(frames.time):
        raise files.TableError(
            f"{poses_path}: has poses of frame {survey.stop - 1}, but {frames_path} ends after {len(frames.time)} "
            "frames. Delete the former and run again."
        )
    appearances = appearances_path and Appearances(appearances_path, rows)
    if embeddings_path:
        appearances = Appearances(embeddings_path, rows, EMBEDDINGS)
    names, doubtful = (
        _single(table, metadata["individual"])
        if single
        else _several(table, timing.frame_ticks(frames.time), appearances, metadata, config)
    )
    counted = _counted(names, survey.video, None if single else config["animals"]["number"])
    try:
        settled = names.correct(config["corrections"], doubtful)
    except CorrectionError as error:
        raise CorrectionError(f"video '{survey.video}': {error}") from None
    doubtful = doubtful[~settled]
    pair = names.individual[np.stack([doubtful.first, doubtful.second])]
    doubtful = doubtful[(pair >= 0).all(axis=0) & (pair[0] != pair[1])]
    who = list_cast(names.frame, names.individual, names.names, survey)
    wanted = np.unique(doubtful.first)
    middles = write_tracks(table, frames, out, names.individual, who, wanted, video=survey.video, provenance=provenance)
    place = middles[np.searchsorted(wanted, doubtful.first)]
    listed = _review(names, doubtful, place, frames, survey.video)
    files.write(review_out, listed, REVIEW, provenance=provenance)
    files.write(tracked_out, counted, TRACKED, provenance=provenance)


def _single(table: PoseTable, name: str) -> tuple[NamedPoses, Moments]:
    """Take all poses as those of one animal."""
    parts = [block.frame for block in table.blocks()]
    frame = np.concatenate(parts) if parts else np.empty(0, np.int64)
    nothing = np.empty(0, np.int64)
    none = Moments(nothing, nothing, nothing, nothing, nothing, np.empty(0))
    return NamedPoses(frame, np.zeros(len(frame), np.int64), [name], (UNIQUE,)), none


def _several(
    table: PoseTable, ticks: np.ndarray, appearances: Appearances | None, metadata: dict, config: dict
) -> tuple[NamedPoses, Moments]:
    """Take poses as those of the tracks that they belong to; `ticks` as `track` takes them."""
    tracks = track(
        table, animals=config["animals"]["number"], appearances=appearances, seed=config["seed"], ticks=ticks
    )
    individual, names = tracks.track, naming.animal_names(int(tracks.track.max(initial=-1)) + 1)
    if appearances and metadata["animals"]["identities"]:
        individual, names = naming.name_tracks(tracks, appearances, metadata["animals"]["identities"])
    return NamedPoses(tracks.frame, individual, names, (UNIQUE,)), doubtful_moments(tracks)


def _counted(names: NamedPoses, video: str, animals: int | None) -> dict:
    """Make the row of `tracked`; `animals` there are, None: unknown. No row where there is no pose."""
    kept, shown = names.individual >= 0, np.unique(names.frame, return_counts=True)[1]
    row = {
        "video": video,
        "poses": len(kept),
        "individuals": len(np.unique(names.individual[kept])),
        "left_out": int((~kept).sum()),
        "surplus": None if animals is None else int(np.maximum(shown - animals, 0).sum()),
    }
    return {name: [value] if len(kept) else [] for name, value in row.items()}


def _review(names: NamedPoses, doubtful: Moments, place: np.ndarray, frames: Frames, video: str) -> dict:
    """Make the rows of `review`; `place` f32[m, 2] px: of the first individual of each moment."""
    order = np.argsort(-doubtful.probability, kind="stable")
    doubtful, place = doubtful[order], place[order]
    named = np.array([*names.names, ""])
    return {
        "rank": np.arange(1, len(doubtful) + 1),
        "video": [video] * len(doubtful),
        "frame": doubtful.frame,
        "time": frames.time[doubtful.frame],
        "first": named[names.individual[doubtful.first]],
        "second": named[names.individual[doubtful.second]],
        "probability": doubtful.probability,
        "x": place[:, 0],
        "y": place[:, 1],
    }

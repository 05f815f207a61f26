"""Assembly of a video: from shards of detections to poses, each frame exactly once."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from marey.assembly import instances
from marey.evaluation.confidence import apply_curves, magnified
from marey.networks.metadata import at_scale, own_keypoints, read_metadata
from marey.tables import appearances, files, poses
from marey.tables.affinities import AFFINITIES
from marey.tables.appearances import APPEARANCES
from marey.tables.confidence_curves import CONFIDENCE_CURVES
from marey.tables.descriptors import DESCRIPTORS
from marey.tables.detections import DETECTIONS
from marey.tables.frames import FRAMES
from marey.tables.poses import POSES
from marey.tables.scales import Scale, used_scale
from marey.videos.ranges import frame_range

PAIR_COLUMNS = ["frame", "edge", "source", "target", "affinity"]
MAX_PAIR_ROWS = 1_000_000  # that are read at once: ten animals have thousands of them in a frame


class CoverageError(ValueError):
    """The shards of a video do not hold each of its frames exactly once; the message names frame and shard."""


def assemble_video(
    shards: list[Path],
    frames_path: Path,
    curves_path: Path,
    out: Path,
    appearances_out: Path | None = None,
    *,
    affinities_paths: list[Path] = (),
    descriptors_paths: list[Path] = (),
    metadata_path: Path | None = None,
    graph_path: Path | None = None,
    scales_path: Path | None = None,
    keypoints: list[str],
    frames: str | None,
    config: dict | None = None,
    provenance: dict,
) -> None:
    """Write the table `poses` of a video: its shards in order, calibrated, with times, streamed shard by shard.

    With several animals, the candidates of each frame are put together to animals: bottom-up by affinities and graph,
    top-down by their numbers.

    Args:
        shards: table `detections` of each shard.
        frames_path: table `frames` of the video.
        curves_path: table `confidence_curves` of the fold.
        out: the table that is written.
        appearances_out: the table `appearances` that is written, with `descriptors_paths`.
        affinities_paths: table `affinities` of each shard, bottom-up.
        descriptors_paths: table `descriptors` of each shard, where looks count.
        metadata_path: metadata of the networks, with several animals; None: one animal.
        graph_path: table `graph`, bottom-up.
        scales_path: table `scales` of the video, where the networks are another experiment's.
        keypoints: names of the keypoints.
        frames: 'start:stop', the part of the video that is due; None: all.
        config: the block `assemble`, with several animals.
        provenance: metadata of the tables.

    Raises:
        CoverageError: the shards do not hold each frame exactly once.
    """
    times = files.read(frames_path, FRAMES, ["frame", "time"])["time"].to_numpy()
    scale = used_scale(scales_path)
    curves = files.read(curves_path, CONFIDENCE_CURVES)
    provenance = {**provenance, "confidence": str(curves["source"].iloc[0])}
    curves = magnified(curves, scale.magnification)
    if not shards:
        raise CoverageError(f"{out}: no shards; the plan lists none for this video")
    expected, stop, _ = slice(*frame_range(frames)).indices(len(times))
    others = sorted(affinities_paths, key=_start) or [None] * len(shards)
    assembler = _Assembler(metadata_path, graph_path, scale, config) if metadata_path else None
    seen = sorted(descriptors_paths, key=_start) or [None] * len(shards)
    with contextlib.ExitStack() as stack:
        write = stack.enter_context(files.writer(out, POSES, provenance=provenance))
        if descriptors_paths:
            see = stack.enter_context(files.writer(appearances_out, APPEARANCES, provenance=provenance))
        for path, other, looks in zip(sorted(shards, key=_start), others, seen, strict=True):
            table = files.read(path, DETECTIONS)
            found = assembler.keypoints if assembler else keypoints
            expected = _check_coverage(path, table[table["candidate"] == 0], expected, found)
            vectors = _vectors(looks, path) if looks else None
            for part in assembler(table, other) if assembler else [table.assign(instance=np.int16(0))]:
                write(_calibrated(part, times, curves))
                if looks:
                    see(_appearances(part, vectors))
        if expected != stop:
            raise CoverageError(f"{path}: ends at frame {expected}, but frames up to {stop} are due. Run again.")


def _start(path: str | Path) -> int:
    return int(Path(path).name.partition("-")[0])


def _check_coverage(path: Path, table: pd.DataFrame, expected: int, keypoints: list[str]) -> int:
    """Return the frame after the shard's last one, if it holds all keypoints of every frame from `expected` on."""
    stop = int(Path(path).stem.partition("-")[2])
    frames_due = np.repeat(np.arange(expected, stop), len(keypoints))
    if _start(path) != expected or not np.array_equal(table["frame"], frames_due):
        found = table["frame"].to_numpy()
        wrong = next((due for due in range(expected, stop) if (found == due).sum() != len(keypoints)), expected)
        raise CoverageError(
            f"{path}: expected {len(keypoints)} rows for each frame of [{expected}, {stop}), but frame {wrong} has "
            f"{(found == wrong).sum()}. Delete the shard and run again."
        )
    if not np.array_equal(table["keypoint"], np.tile(keypoints, stop - expected)):
        raise CoverageError(f"{path}: keypoints are not {', '.join(keypoints)}. Delete the shard and run again.")
    return stop


def _calibrated(table: pd.DataFrame, times: np.ndarray, curves: pd.DataFrame) -> pd.DataFrame:
    confidence, sigma = apply_curves(table, curves)
    return table.assign(time=times[table["frame"]], confidence=confidence, sigma_px=sigma)[POSES.names]


def _vectors(path: Path, shard: Path) -> np.ndarray:
    """Read the table `descriptors` beside a shard, f32[row of the shard, dimension]."""
    vectors = appearances.matrix(files.open_table(path, DESCRIPTORS).read(["descriptor"])["descriptor"])
    due = files.open_table(shard, DETECTIONS).metadata.num_rows
    if len(vectors) != due:
        raise CoverageError(f"{path}: {len(vectors)} rows, but {shard} has {due}. Delete both and run again.")
    return vectors


def _appearances(table: pd.DataFrame, vectors: np.ndarray) -> dict:
    """Make rows of `appearances`: means over the keypoints of each animal, weighted by confidence.

    `table` is what an assembler gives, its index the rows of `vectors` f32[n, dimension].
    """
    table = table[table["instance"] > poses.UNIQUE_INSTANCE]
    frame, instance = table["frame"].to_numpy(), table["instance"].to_numpy()
    first = np.flatnonzero(np.append(True, (np.diff(frame) != 0) | (np.diff(instance) != 0))[: len(table)])
    weight = np.maximum(table["confidence"].to_numpy(np.float64), np.finfo(np.float32).tiny)[:, None]
    weighted = np.append(weight * vectors[table.index], weight, axis=1)
    mean = np.add.reduceat(weighted, first) if len(first) else weighted
    return {
        "video": table["video"].to_numpy()[first],
        "frame": frame[first],
        "instance": instance[first],
        "appearance": appearances.column_from(mean[:, :-1] / mean[:, -1:]),
    }


class _Assembler:
    """Puts the candidates of a shard together to animals."""

    def __init__(self, metadata_path: Path, graph_path: Path | None, scale: Scale, config: dict):
        metadata, self._config = read_metadata(metadata_path), config
        self.keypoints, self._own = metadata["keypoints"], own_keypoints(metadata)
        self._metadata = at_scale(metadata, scale.scale) if scale.scale else metadata
        graph = instances.read_graph(graph_path)
        self._graph = graph and graph.magnified(scale.magnification)

    def __call__(self, table: pd.DataFrame, affinities_path: Path | None) -> Iterator[pd.DataFrame]:
        """Yield the rows of `detections` that are of an animal, with the column `instance`, some frames at a time."""
        frame, start = table["frame"].to_numpy(), 0
        if affinities_path:
            for pairs in files.whole_frames(affinities_path, AFFINITIES, PAIR_COLUMNS, rows=MAX_PAIR_ROWS):
                stop = np.searchsorted(frame, pairs["frame"][-1].as_py(), side="right")
                yield self._animals(table.iloc[start:stop], pairs.to_pandas())
                start = stop
        if start < len(frame):  # frames without pairs
            yield self._animals(table.iloc[start:], files.empty(AFFINITIES))

    def _animals(self, table: pd.DataFrame, pairs: pd.DataFrame) -> pd.DataFrame:
        """Those of some frames, animal by animal, without helpers."""
        names, edges = self._metadata["keypoints"], self._metadata["animals"]["edges"]
        evidence = instances.Evidence.from_tables(table, pairs, keypoints=names, edges=edges)
        instance = instances.assign_instances(evidence, self._graph, config=self._config, metadata=self._metadata)
        table = table.assign(instance=instance.astype(np.int16))[instance > instances.NOBODY]
        table = table[table["keypoint"].isin(self._own)] if len(self._own) < len(names) else table
        return table.sort_values(["frame", "instance"], kind="stable")

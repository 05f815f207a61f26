"""What the cameras of a session see of each keypoint, as arrays of some times together."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from marey.multiview.clock import NO_FRAME, Clock
from marey.tables import files
from marey.tables.matches import MATCHES
from marey.tables.tracks import TRACKS, UNIQUE

COLUMNS = ["frame", "individual", "keypoint", "x", "y", "confidence", "sigma_px", "fault"]


class Layout(NamedTuple):
    """What the axes of the arrays of a session are."""

    individuals: tuple[str, ...]
    keypoints: tuple[str, ...]
    partner: np.ndarray  # i64[keypoint], the keypoint on the other side; -1 = there is none
    matched: Mapping[str, Mapping[str, str]] | None = None  # by camera and track the individual; None: of the same name

    @property
    def size(self) -> int:
        """Return how many points there are at a time."""
        return len(self.individuals) * len(self.keypoints)


class Views(NamedTuple):
    """What is seen at times that follow each other; a point is a keypoint of an individual."""

    seen: np.ndarray  # f64[tick, point, camera, 2], (x, y) px, NaN = not seen
    sigma: np.ndarray  # f64[tick, point, camera], px
    confidence: np.ndarray  # f64[tick, point, camera]


def read_layout(tracks: Mapping[str, str | Path], config: dict, matches: str | Path | None = None) -> Layout:
    """Find the individuals that any camera sees.

    Args:
        tracks: of each camera the table `tracks` of its video.
        config: names `keypoints` and `symmetry`, pairs of them.
        matches: the table `matches` of the session, which says what individual a track is; None: it is called so.

    Returns:
        The layout.
    """
    names: set[str] = set()
    for path in tracks.values():
        for batch in files.batches(path, TRACKS, ["individual"], rows=files.ROW_GROUP):
            names.update(pc.unique(batch["individual"]).to_pylist())
    keypoints = tuple(config["keypoints"])
    partner = np.full(len(keypoints), -1)
    for one, other in config["symmetry"]:
        partner[keypoints.index(one)], partner[keypoints.index(other)] = keypoints.index(other), keypoints.index(one)
    matched = _read_matches(matches, tracks) if matches else None
    if matched is not None:
        found = {name for own in matched.values() for name in own.values()}
        names = found - {UNIQUE} | names & {UNIQUE}
    return Layout(tuple(sorted(names)), keypoints, partner, matched)


def _read_matches(path: str | Path, cameras: Iterable[str]) -> dict[str, dict[str, str]]:
    rows = files.read(path, MATCHES, ["camera", "track", "individual"]).dropna()
    matched = {camera: {UNIQUE: UNIQUE} for camera in cameras}
    for camera, track, individual in rows.itertuples(index=False):
        if camera in matched:
            matched[camera][track] = individual
    return matched


def read_views(
    tracks: Mapping[str, str | Path], clock: Clock, layout: Layout, start: int, stop: int, *, config: dict
) -> Views:
    """Read what is seen at the ticks [start, stop).

    Args:
        tracks: of each camera of the clock the table `tracks` of its video.
        clock: the times.
        layout: the points.
        start: first tick.
        stop: the tick after the last.
        config: positions below `min_confidence` and in damaged frames are not seen; where there is no sigma_px it is
            `measurement_noise` / confidence.

    Returns:
        The arrays; rows of other keypoints are left out.
    """
    shape = (stop - start, layout.size, len(clock.cameras))
    seen, confidence = np.full((*shape, 2), np.nan), np.zeros(shape)
    sigma = np.ones(shape)
    for at, camera in enumerate(clock.cameras):
        frame = clock.frame[start:stop, at]
        ticks = np.flatnonzero(frame != NO_FRAME)
        if not len(ticks):
            continue
        first, last = int(frame[ticks].min()), int(frame[ticks].max())
        rows = files.read_frames(tracks[camera], TRACKS, COLUMNS, start=first, stop=last + 1)
        tick_of = np.full(last + 1 - first, -1)
        tick_of[frame[ticks] - first] = ticks
        individual = _individuals(rows["individual"], layout, camera)
        tick = tick_of[rows["frame"].to_numpy() - first]
        _fill(rows, tick, individual, layout, config, seen[:, :, at], sigma[:, :, at], confidence[:, :, at])
    return Views(seen, sigma, confidence)


def sigma_is_measured(tracks: Mapping[str, str | Path]) -> bool:
    """Return whether sigma_px of any of the tables `tracks` is known: then it was measured against labels."""
    return any(
        pc.any(pc.is_finite(batch["sigma_px"])).as_py()
        for path in tracks.values()
        for batch in files.batches(path, TRACKS, ["sigma_px"], rows=files.ROW_GROUP)
    )


def _individuals(tracks: pa.ChunkedArray, layout: Layout, camera: str) -> np.ndarray:
    """The number of the individual of each row, i64[row]; -1 where it is none."""
    if layout.matched is None:
        return place_in(tracks, layout.individuals)
    own = layout.matched[camera]
    number = [layout.individuals.index(name) if name in layout.individuals else -1 for name in own.values()]
    return np.array([*number, -1])[place_in(tracks, list(own))]


def _fill(rows: pa.Table, tick, individual, layout, config, seen, sigma, confidence) -> None:
    keypoint = place_in(rows["keypoint"], layout.keypoints)
    x, y = (rows[name].to_numpy().astype(float) for name in "xy")
    sure = rows["confidence"].to_numpy().astype(float)
    good = (tick >= 0) & (individual >= 0) & (keypoint >= 0) & np.isfinite(x) & ~rows["fault"].to_numpy()
    good &= sure >= np.float32(config["min_confidence"])
    cells = tick[good], (individual * len(layout.keypoints) + keypoint)[good]
    seen[cells] = np.stack([x, y], axis=-1)[good]
    confidence[cells] = sure[good]
    known = rows["sigma_px"].to_numpy().astype(float)
    guess = config["measurement_noise"] / np.maximum(sure, 1e-3)
    sigma[cells] = np.where(known > 0, known, guess)[good]


def place_in(values: pa.ChunkedArray | pa.Array, names: Sequence[str]) -> np.ndarray:
    """Find the place of each value in `names`, i64[n]; -1 where it is none of them."""
    return pc.fill_null(pc.index_in(values, value_set=pa.array(names, pa.string())), -1).to_numpy()

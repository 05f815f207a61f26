"""Made poses of a video, to export: the tables that an export reads, and what a reader must give back."""

import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from marey.exports.export_poses import export_poses
from marey.tables import files
from marey.tables.frames import FRAMES
from marey.tables.probe import PROBE
from marey.tables.smoothed import SMOOTHED
from marey.tables.tracks import TRACKS
from marey.videos.looks import LENGTH

KEY = ["frame", "individual", "keypoint"]
NWB = {"species": "Mus musculus", "sex": "F", "age": "P90D", "subject": "m 1", "description": None}
NWB |= {"session_start": "2026-01-02T10:00:00+01:00"}
SIZE = (640, 480)
DOT = (100.5, 50.5)  # the pixel in column 100 and row 50
few = settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)


def poses(rows: list[tuple], *, fps: float = 30.0) -> pd.DataFrame:
    """A `smoothed` table of rows (frame, individual, keypoint, x, y, state); NaN where the state is `gap`."""
    table = pd.DataFrame(rows, columns=[*KEY, "x", "y", "state"]).astype({"x": float, "y": float})
    table = table.assign(video="v", time=table["frame"] / fps, confidence=0.5, sigma_px=1.0)
    table.loc[table["state"] == "gap", ["x", "y"]] = np.nan
    return table.assign(raw_x=table["x"] + 1, raw_y=table["y"] + 1)[SMOOTHED.names].astype({"frame": int})


def dot() -> pd.DataFrame:
    """One point in frame 3."""
    return poses([(3, "animal1", "snout", *DOT, "measured")])


def export(
    table: pd.DataFrame,
    name: str,
    folder: Path,
    *,
    keypoints: list[str] | None = None,
    edges: tuple = (),
    pairs: tuple = (),
    length: int | None = None,
    times: np.ndarray | None = None,
    schema: pa.Schema = SMOOTHED,
) -> Path:
    """Export the poses of a video of `length` frames; returns the file."""
    source = folder / schema.metadata[b"table"].decode() / "v.parquet"
    files.write(source, table[schema.names], schema)
    count = length or int(table["frame"].max()) + 2
    files.write(folder / "frames.parquet", frames(count, np.arange(count) / 30 if times is None else times), FRAMES)
    files.write(folder / "probe.parquet", probe(count), PROBE)
    keypoints = keypoints or list(dict.fromkeys(table["keypoint"]))
    out = folder / f"v.{name}"
    export_poses(
        source,
        folder / "probe.parquet",
        folder / "frames.parquet",
        out,
        format_name=name,
        skeleton=(keypoints, edges, pairs),
        config={"source": "smoothed", "nwb": NWB},
        provenance={"version": "1.2.3"},
    )
    return out


def frames(count: int, times: np.ndarray) -> dict:
    """The table `frames`."""
    flags = {"key_frame": [True] * count, "fault": [False] * count, "digest": [0] * count}
    flags |= {"thumbnail": [None] * count, "look": [bytes(LENGTH)] * count}
    return {"video": ["v"] * count, "frame": range(count), "time": times, "pts": range(count), **flags}


def probe(count: int) -> dict:
    """The table `probe`."""
    row = dict.fromkeys(PROBE.names, "") | {"video": "v", "path": "sub/v.mp4", "status": "ok", "fps": 30.0}
    numbers = ("size", "rotation", "container_frames", "key_frames", "faults", "thumbnail_width", "thumbnail_height")
    row |= dict.fromkeys(numbers, 1) | {"frames": count, "width": SIZE[0], "height": SIZE[1], "duration": 1.0}
    row |= {"mirrored": False, "variable_frame_rate": False}
    return {name: [value] for name, value in row.items()}


def as_tracks(table: pd.DataFrame) -> pd.DataFrame:
    """The table `tracks` with the same positions."""
    return table.assign(fault=False)[TRACKS.names]


KEYPOINTS = ["snout", "left ear", 'über, "so"', "鼻", "tail base"]
ANIMALS = ["animal1", "animal2", "Mäuschen 3", "d", "e 5", "animal10"]


@st.composite
def tables(draw, *, animals: int = 6) -> tuple[pd.DataFrame, list[str]]:
    """Poses of 1 to 7 individuals, one of which may be objects, with gaps, in frames that need not begin at 0."""
    names = draw(st.lists(st.sampled_from(ANIMALS), min_size=1, max_size=animals, unique=True))
    keypoints = draw(st.lists(st.sampled_from(KEYPOINTS), min_size=1, max_size=4, unique=True))
    objects = ["corner é"] if animals > 1 and draw(st.booleans()) else []
    owned = [(name, keypoint) for name in names for keypoint in keypoints] + [("unique", name) for name in objects]
    seed = np.random.default_rng(draw(st.integers(0, 2**16)))
    first, rows = draw(st.integers(0, 20)), []
    begin = {name: seed.integers(0, 4) for name in [*names, "unique"]}
    for frame in range(first, first + draw(st.integers(4, 9))):
        for name, keypoint in owned:
            if frame - first >= begin[name]:  # a track begins somewhere
                state = seed.choice(["measured", "measured", "interpolated", "gap"])
                rows.append((frame, name, keypoint, *seed.uniform(0, 640, 2).round(2), state))
    rows += [(first + 3, owned[0][0], keypoint, 1.25, 2.5, "measured") for keypoint in keypoints if not rows]
    return poses(rows), [*keypoints, *objects]


def exported(table: pd.DataFrame, name: str, read, *, keypoints: list[str], shift: float = 0.0) -> None:
    """Export a table and compare what `read(path)` gives, rows (frame, individual, keypoint, x, y), with it."""
    with tempfile.TemporaryDirectory() as folder:
        found = read(export(table, name, Path(folder), keypoints=keypoints))
    found = pd.DataFrame(found, columns=[*KEY, "x", "y"]).dropna().set_index(KEY).sort_index().astype(float)
    expected = table.dropna(subset=["x"]).set_index(KEY)[["x", "y"]].sort_index() + shift
    assert found.index.tolist() == expected.index.tolist()
    np.testing.assert_allclose(found, expected, atol=0.01)

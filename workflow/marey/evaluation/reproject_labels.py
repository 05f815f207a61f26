"""Where keypoints should be in frames that are labelled, or are to be, by what all other cameras see at that time.

What people labelled in the other cameras goes before what a network found there. The frame's own camera has no say, be
it by label or network: a network learns its labels by heart, and so what it finds there contradicts none of them.
"""

import logging
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from marey.evaluation import matching
from marey.multiview.cameras import Camera
from marey.multiview.clock import NO_FRAME, Clock
from marey.multiview.left_out import Expected, leave_out
from marey.multiview.session import Session, SessionTables, blocks, read_noise_factor, read_session
from marey.multiview.triangulate_session import partners, shared_factor, told_factor
from marey.multiview.views import Layout, Views, read_views
from marey.tables import files
from marey.tables.labels import LABELS
from marey.tables.reprojected import REPROJECTED, SOURCE
from marey.tables.samples import SAMPLES
from marey.tables.tracks import UNIQUE

LABEL_COLUMNS = ["video", "frame", "individual", "keypoint", "x", "y", "image"]

_log = logging.getLogger(__name__)


class Labelled(NamedTuple):
    """The labels of a frame."""

    names: list[str]  # of the animals
    points: np.ndarray  # f64[animal, keypoint, 2], px, NaN = no position


Labels = Mapping[tuple[int, int], Labelled]  # by (tick, camera)


def reproject_labels(
    tables: SessionTables,
    points_path: str | Path,
    labels_path: str | Path | None,
    samples_path: str | Path | None,
    out: str | Path,
    *,
    views: Mapping[str, str],
    config: dict,
    provenance: dict | None = None,
) -> None:
    """Write the table `reprojected` of a session.

    Args:
        tables: the files of the session.
        points_path: the table `points` of the session.
        labels_path: the table `labels`; None: there are no labels.
        samples_path: the table `samples` of the frames that are to be labelled; None: none are.
        out: where to write.
        views: of each camera the id of its video.
        config: as of `triangulate_session`.
        provenance: what the result was made from, for its metadata.
    """
    session = read_session(tables, config)
    factor = read_noise_factor(points_path)
    at = {views[camera.name]: index for index, camera in enumerate(session.cameras)}
    ticks = {video: _tick_of(session.clock, index) for video, index in at.items()}
    rows = _own_labels(labels_path, ticks)
    labels = dict(_by_place(rows, at, ticks, session.layout))
    sampled = files.read(samples_path, SAMPLES, ["video", "frame"]) if samples_path else files.empty(SAMPLES)
    asked = pd.concat([rows[["video", "frame"]], sampled[["video", "frame"]]]).drop_duplicates()
    wanted = {(ticks[row.video][row.frame], at[row.video]) for row in asked.itertuples() if _shown(row, ticks)}
    if len(session.cameras) < 3:
        _log.info("two cameras: when one is left out, the other alone finds no point")
        wanted = set()
    told = told_factor(factor, tables.tracks)
    parts = [files.empty(REPROJECTED)]
    for chosen in _chunks(sorted(wanted), session):
        seen = _read(tables.tracks, session, sorted({tick for tick, _ in chosen}), factor, config)
        parts += _expect(session, *seen, chosen, labels, views, config)
    rows = pd.concat(parts, ignore_index=True)
    rows["sigma_px"] *= np.sqrt(shared_factor(told, rows["views"].to_numpy(int)))
    files.write(out, rows, REPROJECTED, provenance=provenance)
    _log.info("%d of %d frames have positions by other cameras", len(parts) - 1, len(wanted))


def _tick_of(clock: Clock, camera: int) -> dict[int, int]:
    """The tick of each frame of a camera."""
    return {frame: tick for tick, frame in enumerate(clock.frame[:, camera].tolist()) if frame != NO_FRAME}


def _own_labels(path: str | Path | None, ticks: Mapping[str, dict]) -> pd.DataFrame:
    """Labels of frames of the session's videos; images in files may be of other frames."""
    if path is None:
        return files.empty(LABELS)[LABEL_COLUMNS]
    rows = files.read(path, LABELS, LABEL_COLUMNS)
    return rows[rows["video"].isin(list(ticks)) & rows["image"].isna()]


def _shown(row, ticks: Mapping[str, dict]) -> bool:
    return row.frame in ticks.get(row.video, ())


def _by_place(
    rows: pd.DataFrame, at: Mapping[str, int], ticks: Mapping[str, dict], layout: Layout
) -> Iterator[tuple[tuple[int, int], Labelled]]:
    for (video, frame), own in rows.groupby(["video", "frame"]):
        names = sorted(set(own["individual"]) - {UNIQUE})
        own = own[own["individual"].isin(names) & own["keypoint"].isin(layout.keypoints)]
        if frame in ticks[video] and len(own):
            points = np.full((len(names), len(layout.keypoints), 2), np.nan)
            cells = own["individual"].map(names.index), own["keypoint"].map(layout.keypoints.index)
            points[cells] = own[["x", "y"]]
            yield (ticks[video][frame], at[video]), Labelled(names, points)


def _chunks(wanted: list[tuple[int, int]], session: Session) -> Iterator[list[tuple[int, int]]]:
    """Part (tick, camera) into those whose ticks are read together."""
    for start, stop in blocks(len(session.clock.time), session.layout.size * len(session.cameras)):
        chosen = [place for place in wanted if start <= place[0] < stop]
        if chosen and session.layout.size:
            yield chosen


def _read(tracks, session: Session, ticks: list[int], factor: float, config: dict) -> tuple[list[int], Views]:
    """What is seen at some ticks, with sigma as it is between views."""
    first = ticks[0]
    views = read_views(tracks, session.clock, session.layout, first, ticks[-1] + 1, config=config)
    seen, sigma, confidence = (values[np.array(ticks) - first] for values in views)
    return ticks, Views(seen, factor * sigma, confidence)


def _expect(
    session: Session,
    ticks: list[int],
    views: Views,
    chosen: list[tuple[int, int]],
    labels: Labels,
    videos: Mapping[str, str],
    config: dict,
) -> list[pd.DataFrame]:
    """Rows of frames, of each (tick, camera) that is chosen and has a position."""
    cameras, clock, layout = session
    row_of = {tick: row for row, tick in enumerate(ticks)}
    known = {place: found for place, found in labels.items() if place[0] in row_of}
    first = [_left_out(session, at, views, config) for at in range(len(cameras))]
    owners = {
        (tick, at): _match(found, first[at].pixels[row_of[tick]], views.seen[row_of[tick], :, at], layout)
        for (tick, at), found in known.items()
    }
    _put_labels(views, known, owners, row_of, layout)
    parts = []
    for at in sorted({camera for _, camera in chosen}):
        expected = _left_out(session, at, views, config)
        for tick in (tick for tick, camera in chosen if camera == at):
            names = _names(known.get((tick, at)), owners.get((tick, at)), layout)
            place = {"video": videos[cameras[at].name], "frame": int(clock.frame[tick, at])}
            rows = _rows(expected, row_of[tick], views.confidence, names, cameras[at], layout)
            parts += [rows.assign(**place)[REPROJECTED.names]] if len(rows) else []
    return parts


def _names(labelled: Labelled | None, owners: np.ndarray | None, layout: Layout) -> list[str | None]:
    """Name the individuals in a frame: where it is labelled as that does, and not those that it does not have."""
    if labelled is None:
        return [*layout.individuals]
    names = [name if name == UNIQUE else None for name in layout.individuals]
    for name, individual in zip(labelled.names, owners, strict=True):
        if individual >= 0:
            names[individual] = name
    return names


def _left_out(session: Session, camera: int, views: Views, config: dict) -> Expected:
    """What all others expect a camera to see, in arrays [tick, point]."""
    shape = views.seen.shape[:2]
    found = leave_out(
        session.cameras,
        camera,
        views.seen.reshape(-1, *views.seen.shape[2:]),
        views.sigma.reshape(-1, views.sigma.shape[2]),
        tolerance=config["tolerance"],
        min_views=config["min_views"],
        partner=partners(session.layout, shape[0]),
    )
    return Expected(*(values.reshape(*shape, *values.shape[1:]) for values in found))


def _match(labelled: Labelled, expected: np.ndarray, own: np.ndarray, layout: Layout) -> np.ndarray:
    """Find which individual of the session each labelled animal is, i64[animal], -1 = none.

    By where the others expect it or, where they do not say, by where the camera itself sees it.
    """
    shape = (len(layout.individuals), len(layout.keypoints), 2)
    places = np.where(np.isfinite(expected), expected, own).reshape(shape).copy()
    animals = [at for at, name in enumerate(layout.individuals) if name != UNIQUE]
    if len(animals) == len(labelled.names) == 1:  # it is that one, however far its labels are
        return np.array(animals)
    owners = np.full(len(labelled.names), -1)
    places = places[animals]
    score = np.isfinite(places[..., 0]).sum(axis=1).astype(float)
    for at, owner in enumerate(matching.match_animals(labelled.points, places, score)):
        if owner >= 0:
            owners[owner] = animals[at]
    return owners


def _put_labels(views: Views, labels: Labels, owners: Mapping, row_of: Mapping[int, int], layout: Layout) -> None:
    """Put what people labelled in place of what networks found; labels are as sure as these usually are."""
    there = np.isfinite(views.seen[..., 0])
    usual = np.median(views.sigma[there]) if there.any() else 1.0
    count = len(layout.keypoints)
    for (tick, camera), labelled in labels.items():
        for animal, individual in enumerate(owners[tick, camera]):
            known = np.flatnonzero(np.isfinite(labelled.points[animal, :, 0])) if individual >= 0 else []
            cells = row_of[tick], individual * count + np.asarray(known, int), camera
            views.seen[cells], views.sigma[cells], views.confidence[cells] = labelled.points[animal, known], usual, 1.0


def _rows(
    expected: Expected, row: int, confidence: np.ndarray, names: list[str | None], camera: Camera, layout: Layout
) -> pd.DataFrame:
    """Rows of one frame, of positions within the image, of individuals that have a name."""
    pixels, used = expected.pixels[row], expected.used[row]
    named = np.repeat([name is not None for name in names], len(layout.keypoints))
    with np.errstate(invalid="ignore"):
        inside = named & np.isfinite(pixels[:, 0]) & (pixels >= 0).all(axis=1)
        inside &= (pixels <= camera.size).all(axis=1) if all(camera.size) else True
    individual, keypoint = np.divmod(np.flatnonzero(inside), len(layout.keypoints))
    number = used[inside].sum(axis=1)
    return pd.DataFrame(
        {
            "individual": np.array(names, object)[individual],
            "keypoint": np.array(layout.keypoints, object)[keypoint],
            "x": pixels[inside, 0],
            "y": pixels[inside, 1],
            "sigma_px": np.sqrt(np.trace(expected.covariance[row][inside], axis1=1, axis2=2) / 2),
            "confidence": np.where(used, confidence[row], 0.0)[inside].sum(axis=1) / np.maximum(number, 1),
            "views": number,
            "source": SOURCE,
        }
    )

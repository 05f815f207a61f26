"""Match the tracks of all cameras of a session: which of them are one individual.

Tracks are matched, not frames: what a frame says is evidence (see `agreement`), and the assignment that fits all the
evidence best is taken (see `assignment`).
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from tqdm import tqdm

from marey.multiview.assignment import assign
from marey.multiview.camera_names import check_names
from marey.multiview.clock import frame_interval
from marey.multiview.evidence import Evidence, Gatherer
from marey.multiview.match_rows import Blocks, match_rows
from marey.multiview.session import Session, SessionTables, blocks, read_session
from marey.multiview.views import read_views
from marey.tables import files
from marey.tables.matches import MATCHES
from marey.tables.tracks import UNIQUE

IDENTITY = np.log(20.0)  # that tracks which the network calls by one name are one animal, or by two names two

Paths = Mapping[str, str | Path]  # by camera


def match_views(
    tables: SessionTables,
    out: str | Path,
    *,
    config: dict,
    provenance: dict | None = None,
) -> None:
    """Write the table `matches` of a session: a row for each track of each camera.

    Args:
        tables: the files of the session.
        out: where to write.
        config: as `triangulate_session`, with `number` of animals (None = not known) and `identities`, names of
            individuals that tracks are called by where the network knows them.
        provenance: what the result was made from, for its metadata.

    Raises:
        ValueError: a camera of the session is not in `cameras`, or the names of two cameras are exchanged.
    """
    session = read_session(tables, config)
    animals = tuple(name for name in session.layout.individuals if name != UNIQUE)
    session = session._replace(layout=session.layout._replace(individuals=animals))
    if not animals:
        files.write(out, files.empty(MATCHES), MATCHES, provenance=provenance)
        return
    evidence, parts = gather(session, tables.tracks, config)
    names = [animals[name] for name in evidence.name]
    score = evidence.total() + _identity_odds(names, evidence.camera, config["identities"])
    label = assign(score, evidence.apart, evidence.camera, config["number"])
    rows = match_rows(evidence, label, session.clock.cameras, names, parts)
    files.write(out, rows, MATCHES, provenance=provenance)


def gather(session: Session, tracks: Paths, config: dict) -> tuple[Evidence, Blocks]:
    """Gather the evidence of a session."""
    step = frame_interval(session.clock)
    scale = check_names(session, tracks, config)
    gatherer = Gatherer(session.cameras, session.clock, session.layout, scale, step)
    size = session.layout.size * len(session.cameras)
    for start, stop in tqdm([*blocks(len(session.clock.time), size)], desc="parts"):
        gatherer.add(read_views(tracks, session.clock, session.layout, start, stop, config=config), start)
    return gatherer.evidence(), Blocks(session.clock, gatherer.ticks, step)


def _identity_odds(names: list[str], camera: np.ndarray, identities: list[str]) -> np.ndarray:
    """What names that the network gave say of pairs of tracks of different cameras, f64[track, track]."""
    number = np.array([identities.index(name) if name in identities else -1 for name in names])
    known = (number[:, None] >= 0) & (number >= 0) & (camera[:, None] != camera)
    return np.where(known, np.where(number[:, None] == number, IDENTITY, -IDENTITY), 0.0)

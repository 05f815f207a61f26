"""Evidence that is gathered in parts is that of the whole."""

import numpy as np
import pytest

from marey.multiview import evidence as module
from marey.multiview.agreement import learn_scale, look
from marey.multiview.evidence import Gatherer, glimpses
from marey.multiview.session import read_session
from marey.multiview.views import read_views

from . import made_animals


def gathered(made, parts):
    files = made.files
    session = read_session(files.tables, made_animals.CONFIG)
    views = read_views(files.tracks, session.clock, session.layout, 0, 200, config=made_animals.CONFIG)
    every = np.arange(len(session.layout.individuals))
    seen = glimpses(views, session.layout, np.arange(0, 200, 10), [every] * 3)
    scale = learn_scale([look(session.cameras, seen)])
    gatherer = Gatherer(session.cameras, session.clock, session.layout, scale, 1 / 30)
    for start, stop in zip(parts, [*parts[1:], 200], strict=True):
        gatherer.add(type(views)(*(part[start:stop] for part in views)), start)
    return gatherer.evidence()


def cut(tables, chance):
    """The second animal of the first camera has another track from frame 90 on."""
    rows = tables[0]
    rows.loc[(rows["owner"] == 1) & (rows["frame"] >= 90), "individual"] = "late"
    tables[1] = tables[1][tables[1]["owner"] == 0]


def test_parts_change_nothing(tmp_path):
    made = made_animals.make(tmp_path, made_animals.walks(2, 200), 3, change=cut)
    whole = gathered(made, [0])
    for other in (gathered(made, [0, 7, 100, 101]), gathered(made, list(range(0, 200, 20)))):
        for one, two in zip(whole, other, strict=True):
            np.testing.assert_allclose(one, two)
    assert whole.times.sum() == whole.times.size * 10 - (-200 % 30 // 3) * (whole.block == 6).sum()


def test_tracks_that_are_seen_together_are_apart(tmp_path):
    made = made_animals.make(tmp_path, made_animals.walks(2, 200), 3, change=cut)
    found = gathered(made, [0, 50])
    assert found.camera.tolist() == [0, 0, 0, 1, 2, 2]
    late = int(np.flatnonzero(found.frames == 110)[0])
    before = int(np.flatnonzero(found.frames == 90)[0])
    assert not found.apart[late, before]
    first = ({0, 1, 2} - {late, before}).pop()
    assert found.apart[first, late]
    assert found.apart[first, before]
    assert found.apart[4, 5]
    assert not found.apart[:3, 3:].any()
    assert (found.apart == found.apart.T).all()
    total = found.total()
    assert (total == total.T).all()
    assert total.sum() == pytest.approx(2 * found.score.sum())


def test_long_sessions_have_longer_blocks(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "MOST_BLOCKS", 4)
    made = made_animals.make(tmp_path, made_animals.walks(2, 200), 3)
    assert set(gathered(made, [0, 60]).block) == {0, 1, 2, 3}

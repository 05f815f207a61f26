import numpy as np
import pytest

from marey.synth.backbone import Build
from marey.synth.mouse import KEYPOINTS, pose
from marey.synth.postures import POSTURES, random_posture, rearing, running, sleeping, walking

SNOUT, TAIL_BASE = (list(KEYPOINTS).index(name) for name in ("snout", "tail_base"))


def figures(posture, count=25):
    chance = np.random.default_rng(3)
    return [pose(Build(), posture(chance), 0.0) for _ in range(count)]


@pytest.mark.parametrize("posture", POSTURES, ids=lambda posture: posture.__name__)
def test_every_posture_is_a_body_on_the_floor(posture):
    for figure in figures(posture):
        assert np.isfinite(figure.keypoints).all()
        assert (figure.solids.ends[..., 2] > 0).all()
        assert (figure.trunk[:, 2] - 0.92 * figure.radii).min() == pytest.approx(0, abs=1e-9)


def test_postures_are_what_they_are_called():
    def length(figure):  # as seen from above
        return np.linalg.norm((figure.keypoints[SNOUT] - figure.keypoints[TAIL_BASE])[:2])

    lengths = {posture: np.median([length(figure) for figure in figures(posture)]) for posture in POSTURES}
    assert lengths[sleeping] < 0.6 * lengths[walking]
    assert lengths[rearing] < 0.87 * lengths[walking]
    assert lengths[running] > 1.05 * lengths[walking]
    heights = [np.median([figure.head[0, 2] for figure in figures(posture)]) for posture in (rearing, walking)]
    assert heights[0] > heights[1] + 20  # mm


def test_all_postures_are_drawn(monkeypatch):
    drawn = set()
    noted = {(lambda chance, name=posture.__name__: drawn.add(name)): odds for posture, odds in POSTURES.items()}
    monkeypatch.setattr("marey.synth.postures.POSTURES", noted)
    chance = np.random.default_rng(0)
    for _ in range(300):
        random_posture(chance)
    assert drawn == {posture.__name__ for posture in POSTURES}

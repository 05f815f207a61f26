import numpy as np
import pytest

from marey.synth.motion import MAX_BEND, WALL_MARGIN, simulate
from marey.synth.scene import Scene


@pytest.fixture(scope="module")
def minute():
    return simulate(Scene(individuals=3, frames=1800, seed=4))


def test_a_longer_scene_begins_with_the_same_frames(minute):
    assert (simulate(Scene(individuals=3, frames=40, seed=4)) == minute[:40]).all()


def test_seeds_differ():
    one, other = (simulate(Scene(frames=5, seed=seed))["position"] for seed in (0, 1))
    assert np.abs(one - other).max() > 5


def test_animals_walk_pause_and_stay_inside(minute):
    assert (np.abs(minute["position"]) <= np.array([200, 150]) - WALL_MARGIN).all()
    assert (np.abs(minute["bend"]) <= MAX_BEND).all()
    speed = np.hypot(*np.moveaxis(np.diff(minute["position"], axis=0), -1, 0)) * 30  # mm/s, from the path itself
    assert speed.max() < 400
    assert 0.1 < (speed < 20).mean() < 0.7
    assert 90 < np.median(speed[speed > 20]) < 200
    assert (np.ptp(minute["position"], axis=(0, 1)) > [200, 130]).all()  # they use the arena


def test_animals_meet(minute):
    place = minute["position"]
    gaps = [np.hypot(*(place[:, a] - place[:, b]).T) for a, b in ((0, 1), (0, 2), (1, 2))]
    assert sum((gap < 30).any() for gap in gaps) >= 2


def test_motion_hardly_depends_on_the_frame_rate():
    # different steps draw different chance, so only the statistics can agree
    slow, fast = (simulate(Scene(frames=60 * fps, fps=float(fps), seed=6))["speed"] for fps in (10, 100))
    assert slow.mean() == pytest.approx(fast.mean(), rel=0.4)


def test_a_body_is_dragged_without_side_slip():
    """A link that follows a straight walk aligns as tan(bend / 2) falls off as exp(-distance / length)."""
    from marey.synth import motion

    state = np.zeros(1, motion.STATE_DTYPE)
    state["speed"], state["bend"][0, 0] = 100.0, 0.4
    dt = 1e-4
    for _ in range(1000):  # 0.1 s: 10 mm
        motion._drag(state, np.zeros(1), np.ones(1), dt)
    # d bend / dt = -(v sin(bend) / L + k bend); with sin(bend) ~ bend - bend^3 / 6 integrated finely by scipy
    from scipy.integrate import solve_ivp

    rate, stiff = 100.0 / motion.LINK_LENGTHS[0], motion.STRAIGHTENING[0]
    exact = solve_ivp(lambda t, b: -(rate * np.sin(b) + stiff * b), (0, 0.1), [0.4], rtol=1e-9).y[0, -1]
    assert state["bend"][0, 0] == pytest.approx(exact, rel=1e-3)

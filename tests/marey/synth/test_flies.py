import numpy as np

from marey.synth.flies import WINGS, random_flies, random_wings
from marey.synth.fly_places import draw_fly_place

from .made_places import generator


def drawn(seed, number, size=(40, 30)):
    chance = generator(seed)
    place = draw_fly_place(chance, size)
    return place, random_flies(chance, place, number)


def test_flies_are_in_their_arena():
    for seed in range(8):
        place, flies = drawn(seed, 3)
        half = np.maximum(np.array(place.arena) / 2, 31)
        for fly in flies:
            middle = fly.figure.trunk[:, :2].mean(axis=0)
            assert (np.abs(middle) < half).all()
            assert fly.figure.solids.ends[..., 2].min() > -25  # tarsi on the floor, or under it as a roll has it


def test_flies_touch_often_and_ride_at_times():
    near, above = [], []
    for seed in range(40):
        _, (one, other) = drawn(seed, 2)
        gap = np.linalg.norm(one.figure.solids.ends.reshape(-1, 1, 3) - other.figure.solids.ends.reshape(-1, 3), axis=2)
        near.append(gap.min() < 12)
        above.append(other.figure.trunk[:, 2].mean() - one.figure.trunk[:, 2].mean() > 8)
    assert 0.25 < np.mean(near) < 0.95
    assert 0.01 < np.mean(above) < 0.3


def test_wings_are_folded_or_spread_as_asked():
    chance = generator(0)
    spread = {way: np.array([random_wings(chance, way) for _ in range(50)]) for way in WINGS}
    assert np.abs(spread["folded"]).max() < 0.3
    assert (spread["one out"].max(axis=1) > 0.4).all()
    assert (spread["one out"].min(axis=1) < 0.3).all()
    assert (spread["both out"] > 0.15).all()
    sides = spread["one out"].argmax(axis=1)
    assert 10 < sides.sum() < 40

import numpy as np

from marey.synth.mice import random_build, random_mice

from ..made_mice import camera


def test_builds_are_young_and_old_thin_and_fat():
    chance = np.random.default_rng(0)
    builds = [random_build(chance) for _ in range(200)]
    sizes, widths = np.array([[build.size, build.fat] for build in builds]).T
    assert sizes.min() < 0.7
    assert sizes.max() > 1.05
    assert widths.min() < 0.9
    assert widths.max() > 1.25
    assert {build.head > 1.05 for build in builds if build.size < 0.85} == {True}  # young ones have large heads


def test_mice_are_in_the_arena():
    chance = np.random.default_rng(0)
    for _ in range(15):
        for mouse in random_mice(chance, camera(size=(400, 300)), (220.0, 180.0), 4):
            assert (np.abs(mouse.figure.keypoints[:, :2]) <= [110, 90]).all()


def test_mice_of_a_group_often_wear_the_same():
    chance = np.random.default_rng(0)
    alike = 0
    for _ in range(30):
        one, other = random_mice(chance, camera(size=(400, 300)), (400.0, 300.0), 2)
        alike += np.array_equal(one.coat.fur, other.coat.fur)
    assert 10 < alike < 30

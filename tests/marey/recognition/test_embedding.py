"""Animals that look different come back as themselves, by what is learnt from the video alone."""

import numpy as np

from marey.recognition.embedding import embed_animals, held_out
from marey.tracking.instances import Instances
from marey.tracking.tracker import track

FRAMES, PERIOD, AWAY = 1200, 200, 60
BODY = np.array([[-12, 0], [0, 5], [12, 0]])


def film():
    """Two animals, one with a bar across and one with a bar along, that leave and come back, often with places changed.

    Poses, whose each is, and a function that gives frames.
    """
    chance = np.random.default_rng(0)
    sides = np.repeat([0, 1, 0, 0, 1, 0], PERIOD)
    drift = np.cumsum(chance.normal(0, 1, (FRAMES, 2, 2)), axis=0)
    drift = 15 * np.sin(drift / 15)
    place = np.stack([[45, 40], [115, 40]])[(sides[:, None] + [0, 1]) % 2] + drift
    there = np.arange(FRAMES) % PERIOD < PERIOD - AWAY
    frame = np.repeat(np.flatnonzero(there), 2)
    owner = np.tile([0, 1], there.sum())
    points = place[frame, owner][:, None] + BODY + chance.normal(0, 0.4, (len(frame), 3, 2))

    def images(chosen):
        for index in chosen:
            image = np.random.default_rng(index).normal(90, 8, (80, 160, 3))
            for animal in (0, 1):
                x, y = place[index, animal].round().astype(int)
                image[y - 7 : y + 8, x - 14 : x + 15] = 130
                mark = np.s_[y - 7 : y + 8, x - 3 : x + 4] if animal else np.s_[y - 2 : y + 3, x - 14 : x + 15]
                image[mark] = 220
            yield int(index), np.clip(image, 0, 255).astype(np.uint8)

    return Instances(frame, points.astype(np.float32)), owner, images


def test_animals_that_left_are_known_again():
    poses, owner, images = film()
    options = {"ticks": np.arange(FRAMES), "usable": np.ones(FRAMES, bool), "animals": 2, "seed": 0}
    seen = embed_animals(poses, images, steps=40, **options)
    np.testing.assert_array_equal(seen.frame, poses.frame)
    assert np.isfinite(seen.vector).all()
    right = {}
    for name, vectors in (("motion", None), ("recognition", [seen])):
        number = track(poses, animals=2, appearances=vectors).track
        right[name] = max((number == owner).mean(), (number == 1 - owner).mean())
    assert right["recognition"] == 1
    assert right["motion"] < 0.9


def test_without_poses_there_is_nothing_to_learn():
    none = Instances(np.empty(0, np.int64), np.empty((0, 3, 2), np.float32))
    options = {"ticks": np.arange(5), "usable": np.ones(5, bool), "animals": 2, "seed": 0, "steps": 1}
    seen = embed_animals(none, lambda chosen: (), **options)
    assert len(seen.vector) == len(seen.trained) == 0


def test_animals_that_nobody_can_look_at_are_tracked_by_motion():
    poses, _, images = film()
    options = {"ticks": np.arange(FRAMES), "usable": np.zeros(FRAMES, bool), "animals": 2, "seed": 0, "steps": 1}
    seen = embed_animals(poses, images, **options)
    assert np.isnan(seen.vector).all()
    blind = track(poses, animals=2)
    np.testing.assert_array_equal(track(poses, animals=2, appearances=[seen]).track, blind.track)


def test_a_third_of_the_video_is_held_out_in_several_parts():
    out = held_out(np.repeat(np.arange(50, 1250), 2))
    assert out.mean() == 1 / 3
    assert np.count_nonzero(np.diff(out.astype(int)) == 1) == 4

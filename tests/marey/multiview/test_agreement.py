"""Agreement of tracks of made animals, of which it is known which are one."""

import numpy as np
import pytest

from marey.multiview.agreement import FAR, STRANGE, Glimpse, agree, learn_scale, look
from marey.multiview.cameras import project

from . import made_animals, rig

CAMERAS = rig.ring(3)
TRUTH = made_animals.walks(2, 300)[::5]


def glimpses(noise, seed=0, *, orders=([0, 1], [1, 0], [0, 1]), sigma=1.0):
    chance = np.random.default_rng(seed)
    made = []
    for camera, order in zip(CAMERAS, orders, strict=True):
        seen = project(camera, TRUTH[:, order])
        seen += noise * chance.normal(size=seen.shape)
        made.append(Glimpse(seen, np.full(seen.shape[:-1], sigma)))
    return made


def test_what_right_pairs_are_apart_is_learnt():
    views = look(CAMERAS, glimpses(2.0))
    scale = learn_scale([views])
    known = ~np.eye(3, dtype=bool)
    assert scale.right[known] == pytest.approx(2.0, rel=0.15)
    assert (scale.wrong[known] > 10 * scale.right[known]).all()
    assert learn_scale([views, views]).right[known] == pytest.approx(scale.right[known])
    wanted = np.array([[0, 1, 0], [1, 0, 0], [0, 0, 0]], bool)
    assert np.isfinite(learn_scale([views], wanted).right).tolist() == wanted.tolist()


def test_tracks_of_one_animal_agree_and_others_do_not():
    views = look(CAMERAS, glimpses(1.0))
    found = agree(views, learn_scale([views]))
    assert len(found.time) == 3 * 4 * len(TRUTH)
    owner = np.array([[0, 1], [1, 0], [0, 1]])[found.camera, found.track]
    same = owner[:, 0] == owner[:, 1]
    assert np.mean(found.score[same] > 0) > 0.99
    assert np.median(found.apart[same]) == pytest.approx(1, abs=0.2)
    assert np.median(found.score[~same]) < -1.5
    assert found.score.min() >= np.log(STRANGE) - 1e-9
    assert found.apart.max() <= 1.4827 * FAR


def test_one_outlier_in_four_keypoints_does_not_matter_and_what_is_not_seen_says_nothing():
    made = glimpses(1.0)
    for glimpse in made:
        glimpse.seen[:, :, 0] += 200.0
    made[0].seen[7] = np.nan
    made[1].seen[9, 1] = np.nan
    views = look(CAMERAS, made)
    found = agree(views, learn_scale([views]))
    first = (found.camera == [0, 1]).all(axis=1)
    assert not (found.time[first] == 7).any()
    assert (found.time[first] == 9).sum() == 2
    same = first & (found.track[:, 0] != found.track[:, 1])
    assert np.mean(found.score[same] > 0) > 0.95


def test_cameras_that_never_see_one_animal_at_one_time_say_nothing():
    made = glimpses(1.0)
    made[0].seen[:30] = np.nan
    made[1].seen[30:] = np.nan
    views = look(CAMERAS, made)
    scale = learn_scale([views])
    assert np.isnan(scale.right[0, 1])
    assert np.isfinite(scale.right[0, 2])
    assert not (agree(views, scale).camera == [0, 1]).all(axis=1).any()
    for glimpse in made:
        glimpse.seen[:] = np.nan
    views = look(CAMERAS, made)
    assert len(agree(views, learn_scale([views])).time) == 0

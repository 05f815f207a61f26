from dataclasses import replace

import numpy as np
import pytest

from marey.synth.fly import ABDOMEN_FROM
from marey.synth.fly_coats import STRAINS, paint_fly, random_fly_coat
from marey.synth.mouse import EYE, FUR, SKIN


def coat(**changes):
    return replace(random_fly_coat(np.random.default_rng(0), "wild", male=False), **changes)


def colours(coat, cover, place, across=0.0):
    place = np.atleast_1d(np.asarray(place, np.float32))
    return paint_fly(coat, np.full(len(place), cover, np.int8), place, np.full(len(place), across, np.float32))


@pytest.mark.parametrize("strain", STRAINS)
def test_every_strain_has_colours(strain):
    drawn = random_fly_coat(np.random.default_rng(1), strain, male=True)
    place = np.linspace(0, 1, 50)
    for cover in (FUR, EYE, SKIN):
        found = colours(drawn, cover, place)
        assert found.dtype == np.float32
        assert ((found >= 0) & (found <= 1.3)).all()


def test_eyes_and_legs_have_their_own_colours():
    looks = coat()
    np.testing.assert_allclose(colours(looks, EYE, 0.1)[0], looks.eye, rtol=1e-6)
    np.testing.assert_allclose(colours(looks, SKIN, 0.4)[0], looks.leg, rtol=1e-6)


def test_the_abdomen_alone_has_bands_and_that_of_males_a_dark_end():
    female = coat(cuticle=np.full(3, 0.8), band=np.zeros(3), bands=1.0, stripes=0.0, male=False)
    shade = colours(female, FUR, np.linspace(0, 1, 2000))[:, 0]
    abdomen = np.linspace(0, 1, 2000) >= ABDOMEN_FROM
    assert (shade[~abdomen] > 0.79).all()
    dark = shade[abdomen] < 0.2
    assert 5 <= (np.diff(dark.astype(int)) == 1).sum() <= 6
    male = replace(female, male=True)
    assert (colours(male, FUR, np.linspace(0.93, 1, 20)) < 0.05).all()

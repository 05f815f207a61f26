"""Cameras whose names were exchanged, and others that are only bad."""

from itertools import combinations

import numpy as np
import pytest

from marey.multiview.agreement import Glimpse, learn_scale, look
from marey.multiview.camera_names import refuse_exchanged
from marey.multiview.cameras import project

from . import made_animals, rig


def check(cameras, animals, *, seen_by=None, noise=1.0):
    """Check names, where `seen_by` are the cameras that really filmed; the animals are called otherwise in each."""
    chance = np.random.default_rng(0)
    truth = made_animals.walks(animals, 300)[::10]
    part = []
    for camera in seen_by or cameras:
        seen = project(camera, truth[:, chance.permutation(animals)])
        part.append(Glimpse(seen + noise * chance.normal(size=seen.shape), np.ones(seen.shape[:-1])))
    refuse_exchanged(cameras, [part], learn_scale([look(cameras, part)]))


@pytest.mark.parametrize("animals", [1, 2, 3])
@pytest.mark.parametrize("count", [3, 5])
def test_the_pair_is_named(count, animals):
    filmed = rig.ring(count)
    for one, two in combinations(range(count), 2):
        given = list(filmed)
        given[one], given[two] = (
            filmed[two]._replace(name=filmed[one].name),
            filmed[one]._replace(name=filmed[two].name),
        )
        with pytest.raises(ValueError, match=f"'view{one + 1}' and 'view{two + 1}' seem to be exchanged") as error:
            check(given, animals, seen_by=filmed)
        assert "column `camera` of the sheet" in str(error.value)


def test_good_and_merely_bad_cameras_keep_their_names(caplog):
    filmed = rig.ring(4)
    check(filmed, 2)
    assert not caplog.records
    cropped = list(filmed)
    cropped[2] = filmed[2]._replace(matrix=filmed[2].matrix + np.array([[0, 0, 30], [0, 0, 0], [0, 0, 0]]))
    check(cropped, 2, seen_by=filmed)
    assert "What 'view3' sees is" in caplog.text

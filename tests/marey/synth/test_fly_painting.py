from dataclasses import replace

import numpy as np

from marey.synth.examples import OCCLUDED, VISIBLE, locate
from marey.synth.fly import KEYPOINTS, FlyBuild, pose_fly
from marey.synth.fly_coats import random_fly_coat
from marey.synth.fly_painting import Fly, paint_flies, wing_width
from marey.synth.stage import Stage

from ..made_mice import camera
from .test_fly import quiet

SIZE = (440, 400)
RED, GREEN, BLUE = np.eye(3)


def stage(solid=1e9):
    looking, shape = camera(size=SIZE), SIZE[::-1]
    pixels = np.stack(np.meshgrid(np.arange(SIZE[0]) + 0.5, np.arange(SIZE[1]) + 0.5), axis=-1)
    points = (looking.position + 1000 * looking.rays(pixels)).astype(np.float32)
    return Stage(
        *(looking, np.zeros((*shape, 3), np.float32), np.ones(shape, np.float32)),
        *(np.full(shape, solid, np.float32), points, np.array([0.0, 0, 1]), 0.0),
    )


def fly(heading=0.5, at=(0, 0, 0), opaque=0.2, **posture):
    """A fly whose eyes are red, whose legs are green, and all else of which is blue, with grey wings."""
    coat = random_fly_coat(np.random.default_rng(0), "wild", male=False)
    coat = replace(coat, cuticle=BLUE, band=BLUE, eye=RED, leg=GREEN, wing=np.full(3, 0.5), stripes=0.0, gloss=0.0)
    coat = replace(coat, opaque=opaque, veins=0.1)
    return Fly(pose_fly(FlyBuild(), quiet(**posture), heading, np.array(at, float)), coat)


def painted(*flies, **options):
    scene = stage(**options)
    return scene, paint_flies(scene, list(flies))


def around(scene, name, one, reach=1):
    x, y = scene.camera.project(one.figure.keypoints[list(KEYPOINTS).index(name)])[0].astype(int)
    return scene.image[y - reach : y + reach + 1, x - reach : x + reach + 1].reshape(-1, 3)


def test_keypoints_lie_on_what_they_name():
    one = fly(wings=np.array([0.5, 0.5]))
    scene, _ = painted(one)
    for name in KEYPOINTS:
        here = around(scene, name, one)
        if name.startswith("eye"):
            assert (here[:, 0] > 0.3).all(), name
        elif "leg" in name:
            assert (here[:, 1] > 0.2).any(), name
        elif name.startswith("wing"):
            grey = np.ptp(here, axis=1) < 0.01
            assert (grey & (here[:, 0] > 0.03)).any(), name
        else:
            assert (here[:, 2] > 0.3).any(), name
            assert (here[:, 2] > here[:, 0]).all(), name


def test_what_is_nearer_hides_a_fly():
    scene, _ = painted(fly(), solid=1.0)
    assert (scene.image == 0).all()


def test_one_sees_through_wings():
    clear, cloudy = (painted(fly(heading=0.0, opaque=opaque, wings=np.zeros(2)))[0] for opaque in (0.0, 0.6))
    abdomen = fly(heading=0.0)
    assert around(clear, "abdomen", abdomen)[:, 2].mean() > 0.25
    assert around(cloudy, "abdomen", abdomen)[:, 0].mean() > around(clear, "abdomen", abdomen)[:, 0].mean() + 0.1


def test_a_fly_on_another_hides_it_and_wings_hide_nothing():
    lower, upper = fly(), fly(at=(0, 0, 30))
    for order in ((lower, upper), (upper, lower)):
        scene, outlines = painted(*order)
        keypoints = np.stack([one.figure.keypoints for one in order])
        _, seen = locate(scene.camera, np.full(SIZE[::-1], 1e9, np.float32), keypoints, outlines)
        found = dict(zip(("lower", "upper") if order[0] is lower else ("upper", "lower"), seen, strict=True))
        thorax, abdomen = list(KEYPOINTS).index("thorax"), list(KEYPOINTS).index("abdomen")
        assert found["lower"][thorax] == OCCLUDED
        assert found["upper"][thorax] == VISIBLE
        assert found["upper"][abdomen] == VISIBLE  # under its own wings


def test_a_wing_is_narrow_at_its_hinge_and_ends_at_its_tip():
    width = wing_width(np.linspace(-1, 1, 201, dtype=np.float32))
    assert width[0] == width[-1] == 0
    assert 0.9 < width.max() <= 1
    assert width[40] < width[160]

import numpy as np

from marey.synth.backbone import Build
from marey.synth.mouse import pose
from marey.synth.stage import Stage, cast_shadow

from ..made_mice import camera, straight

SIZE = (400, 300)


def test_a_shadow_falls_away_from_the_lamp():
    looking, shape = camera(size=SIZE), SIZE[::-1]
    pixels = np.stack(np.meshgrid(np.arange(SIZE[0]) + 0.5, np.arange(SIZE[1]) + 0.5), axis=-1)
    points = (looking.position + 1000 * looking.rays(pixels)).astype(np.float32)
    scene = Stage(
        *(looking, np.full((*shape, 3), 0.9, np.float32), np.ones(shape, np.float32)),
        *(np.full(shape, 1e9, np.float32), points, np.array([0.6, 0, 0.8]), 0.5),
    )
    figure = pose(Build(), straight(), np.pi / 2)
    cast_shadow(scene, figure.trunk[4::2], figure.radii[4::2])
    row, middle = 150, 200
    assert scene.image[row, middle - 40].mean() < scene.image[row, middle + 40].mean() - 0.05
    assert scene.image[5, 5, 0] == np.float32(0.9)

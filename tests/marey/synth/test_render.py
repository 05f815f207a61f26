import numpy as np
import pytest

from marey.synth import animal
from marey.synth.render import Renderer
from marey.synth.scene import Scene

TINY = {"size": (96, 64), "arena": (200.0, 133.0), "frames": 12}


@pytest.mark.parametrize("camera", ["top", "front"])
def test_any_frame_on_demand_is_that_of_the_sequence(camera):
    scene = Scene(individuals=2, occluder=True, cameras=(camera,), **TINY)
    sequence = list(Renderer(scene, camera).frames())
    assert len(sequence) == 12
    assert sequence[0].shape == (64, 96, 3)
    assert sequence[0].dtype == np.uint8
    alone = Renderer(scene, camera)
    for index in (11, 3, 7):
        np.testing.assert_array_equal(alone.frame(index), sequence[index])
    np.testing.assert_array_equal(np.stack(list(alone.frames(3, 6))), sequence[3:6])


def test_seeds_and_frames_differ():
    one, other = Renderer(Scene(seed=0, **TINY)), Renderer(Scene(seed=1, **TINY))
    assert np.abs(one.frame(0).astype(int) - other.frame(0)).mean() > 2
    assert (one.frame(0) != one.frame(1)).mean() > 0.5  # sensor noise is new in every frame


def test_sensor_noise_has_the_asked_strength():
    clean, noisy = (Renderer(Scene(noise=noise, **TINY)).frame(0) / 255 for noise in (0.0, 0.03))
    wall = np.s_[:2]
    expected = 0.03 * np.sqrt(clean[wall].mean())
    assert (noisy - clean)[wall].std() == pytest.approx(expected, rel=0.15)


def coat_mask(camera, states, **options):
    """Pixels that look different on a black and on a white animal: the animal without its shadow and the floor."""
    pictures = []
    for coat in ("black", "white"):
        renderer = Renderer(Scene(coats=(coat,), noise=0.0, cameras=(camera,), frames=1, **options), camera)
        renderer.states[0] = states
        pictures.append(renderer.frame(0).astype(int).sum(axis=-1))
    return np.abs(pictures[0] - pictures[1]) > 25


def cast_rays(renderer, states):
    """bool[H, W]: rays that meet the animal, by brute force: their distance from rows of balls, or a disc."""
    figure = animal.figures(renderer.scene, states)[0]
    width, height = renderer.camera.size
    pixels = np.stack(np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5), axis=-1)
    rays = renderer.camera.rays(pixels)
    rays /= np.linalg.norm(rays, axis=-1, keepdims=True)
    met = np.zeros((height, width), bool)
    for (start, stop), (first, last) in zip(figure.solids.ends, figure.solids.radii, strict=True):
        for share in np.linspace(0, 1, 8 if (start != stop).any() else 1):
            offset = start + share * (stop - start) - renderer.camera.position
            distance = np.linalg.norm(offset - (rays @ offset)[..., None] * rays, axis=-1)
            met |= distance < first + share * (last - first)
    for centre, one, other in figure.solids.discs:
        normal = np.cross(one, other)
        depth = (centre - renderer.camera.position) @ normal / (rays @ normal)
        offset = renderer.camera.position + depth[..., None] * rays - centre
        met |= np.hypot(offset @ one / (one @ one), offset @ other / (other @ other)) < 1
    return met


@pytest.mark.parametrize("camera", ["top", "front", "left"])
def test_the_animal_is_where_rays_meet_it(camera):
    renderer = Renderer(Scene(seed=5, cameras=(camera,)), camera)
    states = renderer.states[100].copy()
    states["speed"] = 0  # no motion blur
    met, drawn = cast_rays(renderer, states), coat_mask(camera, states, seed=5)
    assert (met & drawn).sum() / (met | drawn).sum() > 0.85  # hair stands out
    centres = [np.argwhere(mask).mean(axis=0) for mask in (met, drawn)]
    np.testing.assert_allclose(*centres, atol=0.6)


@pytest.mark.parametrize("frame", [0, 60, 120])
def test_a_tiny_animal_is_where_the_truth_says(frame):
    size = {"size": (96, 72), "seed": 8}
    renderer = Renderer(Scene(**size))
    states = renderer.states[frame]
    rows, columns = np.nonzero(coat_mask("top", states, **size))
    place = animal.keypoint_positions(renderer.scene, states)[0]
    centre = renderer.camera.project(place)[0][animal.KEYPOINTS.index("body_centre")]
    assert (
        np.hypot(columns.mean() + 0.5 - centre[0], rows.mean() + 0.5 - centre[1]) < 2.5
    )  # the middle of a bent body is beside its back


def test_a_dark_animal_stands_out_at_its_keypoints():
    renderer = Renderer(Scene(coats=("black",), frames=90, seed=3))
    for frame in (0, 45, 89):
        states = renderer.states[frame]
        place = animal.keypoint_positions(renderer.scene, states)[0]
        position = renderer.camera.project(place)[0].astype(int)
        picture = renderer.frame(frame)
        for name in ("body_centre", "left_hip", "right_hip"):
            column, row = position[animal.KEYPOINTS.index(name)]
            assert picture[row, column].mean() < 0.5 * np.median(picture[40:200, 40:280])


def test_a_shadow_falls_away_from_the_lamp():
    renderer = Renderer(Scene(noise=0.0, frames=1, seed=3))
    states = renderer.states[0].copy()
    lamp = renderer._lamp
    states["bend"], states["yaw"], states["speed"] = 0, 0, 0
    states["heading"] = np.arctan2(lamp[1], lamp[0]) + np.pi / 2  # the lamp shines from the side
    picture = {}
    for where in (0.0, 100.0):  # the animal in the middle, and away from it
        renderer.states[0] = states
        renderer.states["position"][0] = where
        picture[where] = renderer.frame(0).astype(float).sum(axis=-1)
    states["position"] = 0
    body = animal.figures(renderer.scene, states)[0].trunk[14]
    sides = [body + side * 28 * np.array([*lamp[:2] / np.hypot(*lamp[:2]), 0]) - [0, 0, body[2]] for side in (-1, 1)]
    (dark_x, dark_y), (lit_x, lit_y) = renderer.camera.project(np.array(sides))[0].astype(int)
    shade = picture[0.0] / picture[100.0]
    assert shade[dark_y, dark_x] < shade[lit_y, lit_x] - 0.05


def test_an_animal_outside_the_picture_is_not_drawn():
    renderer = Renderer(Scene(frames=1, noise=0.0, arena=(400.0, 300.0)))
    renderer.camera.t[0] += 5000  # the camera looks elsewhere; the place was rendered before
    away = renderer.frame(0)
    renderer.states[0]["position"] = [[100, 100]]
    np.testing.assert_array_equal(renderer.frame(0), away)

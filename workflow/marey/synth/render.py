"""Rendering of films: the animals of a scene, frame after frame, over its cached empty place."""

from collections.abc import Iterator

import numpy as np

from marey.synth import animal
from marey.synth.cameras import build_camera
from marey.synth.motion import simulate
from marey.synth.painting import Mouse, paint_mice
from marey.synth.scene import Scene
from marey.synth.scenery import cast_rays, lamp_position, render_scenery
from marey.synth.stage import Stage

EXPOSURE_TIME = 0.008  # s
SHADOW_DARKNESS = 0.55  # darkness of a full shadow


class Renderer:
    """Renders the frames of one scene as one camera sees them; any frame, in any order, always the same."""

    def __init__(self, scene: Scene, camera: str = "top"):
        self.scene = scene
        self.camera = build_camera(scene, camera)
        self.states = simulate(scene)
        self._coats = [animal.build_coat(scene, individual) for individual in range(scene.individuals)]
        self._place = render_scenery(scene, self.camera)
        self._lamp = lamp_position(scene)[0].astype(np.float32)
        width, height = self.camera.size
        pixels = np.stack(np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5), axis=-1)
        self._solid = cast_rays(scene, self.camera, pixels)[1].astype(np.float32)
        self._grain = scene.noise * np.sqrt(np.clip(self._place.image, 0.05, 1))  # shot noise

    def frames(self, start: int = 0, stop: int | None = None) -> Iterator[np.ndarray]:
        """Yield the frames u8[height, width, 3] of the range [start, stop); None: up to the last."""
        for index in range(start, self.scene.frames if stop is None else stop):
            yield self.frame(index)

    def frame(self, index: int) -> np.ndarray:
        """Render frame `index` as u8[height, width, 3]."""
        place = self._place
        stage = Stage(
            *(self.camera, place.image.copy(), place.light, self._solid.copy(), place.points),
            lamp=self._lamp,
            shadow_darkness=SHADOW_DARKNESS,
        )
        paint_mice(stage, self._mice(self.states[index]))
        image = stage.image
        if self.scene.noise:
            chance = self.scene.generator(f"noise {self.camera.name}", index)
            image += chance.standard_normal(image.shape, dtype=np.float32) * self._grain
        np.clip(image, 0, 1, out=image)
        return (image * 255 + 0.5).astype(np.uint8)

    def _mice(self, states: np.ndarray) -> list[Mouse]:
        """Pose the animals of the states STATE_DTYPE[individual]."""
        heading, speed = states["heading"], states["speed"] * EXPOSURE_TIME
        steps = np.stack([np.cos(heading) * speed, np.sin(heading) * speed, 0 * speed], axis=1)
        return [
            Mouse(figure, coat, size=size, step=step)
            for figure, coat, size, step in zip(
                animal.figures(self.scene, states), self._coats, self.scene.body_scales, steps, strict=True
            )
        ]

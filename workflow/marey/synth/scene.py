"""Scene: one small frozen description of what is filmed, from which every frame and every label follows."""

import zlib
from dataclasses import dataclass

import numpy as np

# Coat colours (r, g, b), 0..1 as displayed: of the head and of the rest of the body.
COAT_COLORS = {
    "brown": ((0.33, 0.25, 0.18), (0.38, 0.29, 0.21)),
    "black": ((0.12, 0.11, 0.11), (0.14, 0.13, 0.13)),
    "grey": ((0.36, 0.36, 0.37), (0.40, 0.40, 0.41)),
    "white": ((0.76, 0.74, 0.70), (0.78, 0.76, 0.73)),
    "hooded": ((0.20, 0.17, 0.15), (0.76, 0.74, 0.70)),
}
# Where a camera stands: (azimuth from +X, elevation above the floor), degrees. All look at the middle of the arena.
CAMERA_DIRECTIONS = {
    "top": (-90.0, 90.0),
    "front": (-90.0, 42.0),
    "right": (0.0, 48.0),
    "back": (90.0, 55.0),
    "left": (180.0, 40.0),
}


@dataclass(frozen=True)
class Scene:
    """A scene. Lengths are in mm, Z is up and the floor is Z = 0 with (0, 0, 0) in the middle of the arena.

    `size` is (width, height) of the images in px, `frames` their number at `fps` per second, `arena` the (X, Y)
    extent of the floor. Individual i wears coat `coats[i % len(coats)]`. `clutter` scales the number of specks on the
    floor, `noise` is the standard deviation of the sensor noise in white (0..1). `occluder` puts up a shelter that
    animals walk under. The seed also chooses lamp, floor and body sizes. Raises ValueError for an unknown name.
    """

    size: tuple[int, int] = (320, 240)
    fps: float = 30.0
    frames: int = 300
    individuals: int = 1
    coats: tuple[str, ...] = ("brown", "black", "white", "grey", "hooded")
    cameras: tuple[str, ...] = ("top",)
    arena: tuple[float, float] = (400.0, 300.0)
    occluder: bool = False
    clutter: float = 1.0
    noise: float = 0.02
    seed: int = 0

    def __post_init__(self):
        for field, names, known in (("coats", self.coats, COAT_COLORS), ("cameras", self.cameras, CAMERA_DIRECTIONS)):
            unknown = [name for name in names if name not in known]
            if unknown or not names:
                raise ValueError(f"Scene.{field}: unknown {unknown}; expected one or more of {', '.join(known)}")

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names of the individuals: mouse1, mouse2, ..."""
        return tuple(f"mouse{index + 1}" for index in range(self.individuals))

    @property
    def body_scales(self) -> np.ndarray:
        """Draw the size of each animal relative to a mouse of 86 mm from snout to tail base, f64[individual]."""
        return self.generator("size").uniform(0.92, 1.08, self.individuals)

    def generator(self, purpose: str, *numbers: int) -> np.random.Generator:
        """Return a generator of random numbers for one purpose: a new use of chance leaves the others as they were."""
        return np.random.Generator(np.random.SFC64([self.seed, zlib.crc32(purpose.encode()), *numbers]))

"""Motion of the animals: seeded paths of heading, speed, bending and gait, from which any frame can be posed."""

import numpy as np

from marey.synth.scene import Scene

LINK_LENGTHS = np.array([14.0] * 4 + [11.0] * 7)  # mm: four links of the trunk behind the shoulders, seven of the tail
MAX_BEND = np.array([0.45] * 4 + [0.4] * 7)  # rad between neighbouring links
STRAIGHTENING = np.array([2.5] * 4 + [0.4] * 7)  # 1/s: a trunk straightens by itself, a tail hardly
MAX_STEP = 1 / 60  # s, longest step of the integration
SETTLING_TIME = 4.0  # s before frame 0, in which bodies take their shape
WALL_MARGIN = 32.0  # mm that shoulders keep from a wall: the length of the head

STATE_DTYPE = np.dtype(
    [
        ("position", "f8", 2),  # (X, Y) of the shoulders, mm
        ("heading", "f8"),  # rad from +X towards +Y
        ("speed", "f8"),  # mm/s
        ("turn", "f8"),  # turning rate, rad/s
        ("yaw", "f8"),  # of the head relative to the heading, rad
        ("raise", "f8"),  # of the head, about -1..1
        ("sway", "f8"),  # of the tail, about -1..1
        ("bend", "f8", len(LINK_LENGTHS)),  # angle at each joint, rad: predecessor's direction minus the link's own
        ("phase", "f8"),  # of the gait, rad
        ("walking", "?"),
        ("goal", "f8", 2),  # where the animal is drawn to, mm
    ]
)


def simulate(scene: Scene) -> np.ndarray:
    """Simulate all animals: states STATE_DTYPE[frame, individual].

    A longer scene of the same seed begins with the same frames. Speed, turning, head and tail are Ornstein-Uhlenbeck
    processes; walking and resting alternate at random; animals are drawn to random places and to one another, and turn
    away from walls. The body follows the shoulders as a train of trailers follows a tractor (the n-trailer kinematics
    of mobile robotics): links are dragged without side slip.
    """
    chance = scene.generator("motion")
    substeps = int(np.ceil(1 / (scene.fps * MAX_STEP)))
    state = np.zeros(scene.individuals, STATE_DTYPE)
    room = np.maximum(np.array(scene.arena) / 2 - WALL_MARGIN, 1.0)
    state["position"] = chance.uniform(-room, room, (scene.individuals, 2))
    state["goal"] = chance.uniform(-room, room, (scene.individuals, 2))
    state["heading"] = chance.uniform(-np.pi, np.pi, scene.individuals)
    state["walking"] = True
    for _ in range(round(SETTLING_TIME / MAX_STEP)):
        _step(state, chance, room, scene.body_scales, MAX_STEP)
    states = np.empty((scene.frames, scene.individuals), STATE_DTYPE)
    for frame in range(scene.frames):
        states[frame] = state
        for _ in range(substeps):
            _step(state, chance, room, scene.body_scales, 1 / scene.fps / substeps)
    return states


def _step(state: np.ndarray, chance: np.random.Generator, room: np.ndarray, scales: np.ndarray, dt: float) -> None:
    """Advance all animals by `dt` seconds, in place."""
    uniform = chance.random((5, len(state)))
    normal = chance.standard_normal((5, len(state)))
    _decide(state, uniform, room, dt)

    ahead = np.stack([np.cos(state["heading"]), np.sin(state["heading"])], axis=-1)
    near = np.clip(((np.abs(state["position"] + 40 * ahead) - room) / 40).max(axis=-1), 0, 1)
    steering = 2.0 * _towards(state, state["goal"]) * (1 - near) + 7.0 * _towards(state, 0 * room) * near
    target = np.where(state["walking"], 150.0, 0.0) * (1 - 0.6 * near)

    unsteady = np.where(state["walking"], 45.0, 6.0)
    state["speed"] = np.maximum(_relax(state["speed"], target, 0.25, unsteady, normal[0], dt), 0)
    state["turn"] = _relax(state["turn"], steering, 0.25, 1.5, normal[1], dt)
    state["yaw"] = np.clip(_relax(state["yaw"], 0.12 * state["turn"], 0.3, 0.3, normal[2], dt), -0.9, 0.9)
    state["raise"] = _relax(state["raise"], 0.0, 0.6, 0.6, normal[3], dt)
    state["sway"] = _relax(state["sway"], 0.0, 0.8, 0.6, normal[4], dt)

    turned = state["turn"] * np.clip(0.25 + state["speed"] / 100, 0, 1) * dt
    _drag(state, turned, scales, dt)
    state["heading"] += turned
    state["phase"] += 2 * np.pi * state["speed"] / (60 * scales) * dt  # a stride is about 60 mm long
    state["position"] = np.clip(state["position"] + state["speed"][:, None] * ahead * dt, -room, room)


def _decide(state: np.ndarray, uniform: np.ndarray, room: np.ndarray, dt: float) -> None:
    """Let animals, now and then, stop, set out, or be drawn elsewhere: to a place or, half of the time, to another."""
    rate = np.where(state["walking"], 0.3, 0.9)
    state["walking"] ^= uniform[0] < rate * dt
    place = (2 * uniform[1:3].T - 1) * room
    other = (np.arange(len(state)) + 1 + np.floor(uniform[3] * max(len(state) - 1, 1)).astype(int)) % len(state)
    social = (uniform[4] < 0.5) & (len(state) > 1)
    renewed = uniform[0] > 1 - 0.4 * dt
    goal = np.where(social[:, None], state["position"][other], place)
    state["goal"] = np.where(renewed[:, None], goal, state["goal"])


def _towards(state: np.ndarray, place: np.ndarray) -> np.ndarray:
    """Compute how far to the left of its nose a place is to each animal, -1..1; 1 or -1 where it lies behind."""
    offset = place - state["position"]
    angle = np.arctan2(offset[:, 1], offset[:, 0]) - state["heading"]
    return np.where(np.cos(angle) > 0, np.sin(angle), np.where(np.sin(angle) < 0, -1.0, 1.0))


def _relax(value, target, time: float, spread, normal: np.ndarray, dt: float) -> np.ndarray:
    """Take one exact step of an Ornstein-Uhlenbeck process with this mean, time constant (s) and standard deviation."""
    kept = np.exp(-dt / time)
    return target + (value - target) * kept + spread * np.sqrt(1 - kept**2) * normal


def _drag(state: np.ndarray, turned: np.ndarray, scales: np.ndarray, dt: float) -> None:
    """Let the links follow: link i turns at v_i sin(bend_i) / length_i, and v_(i+1) = v_i cos(bend_i)."""
    bend = state["bend"]
    follow = np.cumprod(np.cos(bend), axis=-1)
    speed = state["speed"][:, None] * np.concatenate([np.ones((len(state), 1)), follow[:, :-1]], axis=-1)
    own = speed * np.sin(bend) / (LINK_LENGTHS * scales[:, None]) * dt + STRAIGHTENING * bend * dt
    before = np.concatenate([turned[:, None], own[:, :-1]], axis=-1)
    state["bend"] = np.clip(bend + before - own, -MAX_BEND, MAX_BEND)

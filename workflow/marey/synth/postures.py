"""Postures of mice, drawn at random: each name is a way to hold the body, and every draw of it another."""

import numpy as np

from marey.synth.backbone import SPINE_LINKS, TAIL_LINKS, Posture

_PLACES = np.linspace(0, 1, SPINE_LINKS)  # from the tail base to the neck


def _arch(rise: float, fall: float) -> np.ndarray:
    """Return the pitch of the spine's links: it rises by `rise` over the hips, and falls by `fall` to the neck."""
    return rise * np.clip(np.minimum(0.4 + 5 * _PLACES, 1.6 - 3 * _PLACES), 0, 1) - fall * np.clip(
        2 * _PLACES - 1, 0, 1
    )


def _tail(chance: np.random.Generator, curl: float, lift: float = 0.0) -> np.ndarray:
    """Draw the links of a tail: a smooth curve of total turn about `curl`, lifted at its root by `lift`."""
    along = np.linspace(0, 1, TAIL_LINKS)
    turn = chance.normal(0, curl)
    wave, phase = chance.normal(0, 0.45), chance.uniform(0, 2 * np.pi)
    cycles = chance.uniform(0.5, 1.5)
    bend = turn * along + wave * (np.sin(2 * np.pi * cycles * along + phase) - np.sin(phase)) + chance.normal(0, 0.25)
    return np.stack([bend, lift * (1 - along)], axis=1)


def _feet(chance: np.random.Generator, stride: float, side: float, splayed: float = 0.15) -> np.ndarray:
    """Draw where feet stand; each hind foot, and half as often each fore foot, is `splayed` with these odds."""
    feet = np.stack(
        [chance.uniform(-stride, stride, 4), chance.normal(side, 1.5, 4), chance.normal(0.4, 0.3, 4)], axis=1
    )
    feet[:2, 0] += 3
    for foot in np.flatnonzero(chance.random(4) < splayed * np.array([0.5, 0.5, 1, 1])):
        reach = (-8, 10) if foot < 2 else (-18, 6)
        feet[foot] = chance.uniform(*reach), chance.uniform(3, 11), chance.uniform(0.3, 2.6)
    return feet


def _posture(chance: np.random.Generator, **changes) -> Posture:
    """Make a posture of a quiet animal with `changes`."""
    bend = chance.normal(0, 0.25) * (_PLACES - 0.2) + chance.normal(0, 0.12) * np.sin(2 * np.pi * _PLACES)
    usual = {
        "bend": bend,
        "pitch": _arch(chance.uniform(0.2, 0.6), chance.uniform(0.0, 0.4)),
        "head": np.array([chance.normal(0, 0.25), chance.normal(-0.45, 0.3), chance.normal(0, 0.12)]),
        "tail": _tail(chance, 0.8),
        "stretch": chance.uniform(0.75, 1.05),
        "roll": chance.normal(0, 0.08),
        "feet": _feet(chance, 6, 0),
        "raised": np.zeros(2),
    }
    return Posture(**{**usual, **changes})


def walking(chance: np.random.Generator) -> Posture:
    """Draw a walking animal."""
    return _posture(chance)


def running(chance: np.random.Generator) -> Posture:
    """Draw a running animal: long, straight, feet far out."""
    return _posture(
        chance,
        stretch=chance.uniform(1.02, 1.2),
        feet=_feet(chance, 13, 0, 0.4),
        tail=_tail(chance, 0.5, chance.uniform(0, 0.4)),
        pitch=_arch(chance.uniform(0.1, 0.4), chance.uniform(0, 0.2)),
    )


def stretching(chance: np.random.Generator) -> Posture:
    """Draw an animal that stretches forwards to look: low, long, head ahead."""
    head = np.array([chance.normal(0, 0.3), chance.normal(0, 0.2), chance.normal(0, 0.1)])
    return _posture(
        chance,
        stretch=chance.uniform(1.12, 1.32),
        pitch=_arch(chance.uniform(0, 0.25), chance.uniform(0, 0.15)),
        head=head,
        feet=_feet(chance, 10, 0, 0.4),
    )


def sitting(chance: np.random.Generator) -> Posture:
    """Draw a hunched animal: short, its back high."""
    return _posture(
        chance,
        stretch=chance.uniform(0.7, 0.88),
        pitch=_arch(chance.uniform(0.6, 1.1), chance.uniform(0.4, 0.9)),
        tail=_tail(chance, 1.2),
        feet=_feet(chance, 4, -1),
    )


def turning(chance: np.random.Generator) -> Posture:
    """Draw an animal that turns on itself, head towards hips."""
    way = chance.choice([-1, 1])
    total = chance.uniform(0.8, 2.3)
    return _posture(
        chance,
        bend=way * total * _PLACES ** chance.uniform(0.8, 1.6),
        head=np.array([way * chance.uniform(0.1, 0.7), chance.normal(-0.3, 0.2), chance.normal(0, 0.2)]),
        tail=_tail(chance, 1.0),
        feet=_feet(chance, 8, 0, 0.35),
    )


def grooming(chance: np.random.Generator) -> Posture:
    """Draw an animal that grooms its face, belly or flank: sitting, head down and aside, fore paws lifted."""
    side = chance.normal(0, 0.6)
    return _posture(
        chance,
        bend=side * _PLACES**1.5,
        stretch=chance.uniform(0.65, 0.85),
        pitch=_arch(chance.uniform(0.8, 1.2), chance.uniform(0.6, 1.2)),
        head=np.array([side + chance.normal(0, 0.2), chance.uniform(-0.9, -0.3), chance.normal(0, 0.3)]),
        raised=np.array([chance.uniform(4, 12), 0]),
        feet=_feet(chance, 4, -4),
    )


def rearing(chance: np.random.Generator) -> Posture:
    """Draw an animal that stands up, free or against something: foreshortened from above."""
    steep = chance.uniform(0.7, 1.45)
    return _posture(
        chance,
        pitch=steep * np.clip(0.35 + 1.2 * _PLACES, 0, 1),
        head=np.array([chance.normal(0, 0.3), -steep * chance.uniform(0.1, 0.8), chance.normal(0, 0.15)]),
        stretch=chance.uniform(0.85, 1.1),
        raised=np.array([chance.uniform(20, 50), 0]),
        feet=_feet(chance, 4, 0, 0.4) + np.array([[5, -4, 0], [5, -4, 0], [0, 0, 0], [0, 0, 0]]),
    )


def sniffing(chance: np.random.Generator) -> Posture:
    """Draw an animal with its head far up or far down."""
    pitch = chance.uniform(0.2, 0.7) if chance.random() < 0.5 else chance.uniform(-1.1, -0.5)
    return _posture(chance, head=np.array([chance.normal(0, 0.45), pitch, chance.normal(0, 0.15)]))


def tucking(chance: np.random.Generator) -> Posture:
    """Draw an animal whose head is under its chest, as in grooming its belly: from above a ball of rump and back."""
    return _posture(
        chance,
        stretch=chance.uniform(0.62, 0.85),
        pitch=_arch(chance.uniform(0.7, 1.2), chance.uniform(0.9, 1.7)),
        head=np.array([chance.normal(0, 0.5), chance.uniform(-1.6, -0.7), chance.normal(0, 0.3)]),
        feet=_feet(chance, 4, 0, 0.3),
        tail=_tail(chance, 1.0),
    )


def sleeping(chance: np.random.Generator) -> Posture:
    """Draw an animal asleep, rolled up to a ball with its tail around it."""
    way = chance.choice([-1, 1])
    total = chance.uniform(2.2, 3.6)
    tail = _tail(chance, 0.4)
    tail[:, 0] -= way * np.linspace(0.3, chance.uniform(1.5, 4.0), len(tail))
    return _posture(
        chance,
        bend=way * total * _PLACES,
        head=np.array([way * chance.uniform(0.3, 0.8), chance.uniform(-0.6, -0.1), way * chance.uniform(0, 0.5)]),
        roll=way * chance.uniform(0, 0.7),
        stretch=chance.uniform(0.7, 0.85),
        tail=tail,
        feet=_feet(chance, 3, -6),
    )


# How often each is drawn; the numbers are relative.
POSTURES = {
    walking: 5,
    running: 2,
    stretching: 2,
    sitting: 3,
    turning: 3,
    grooming: 2,
    rearing: 3,
    sniffing: 2,
    tucking: 1,
    sleeping: 1,
}


def random_posture(chance: np.random.Generator) -> Posture:
    """Draw a posture."""
    odds = np.array(list(POSTURES.values()), float)
    return list(POSTURES)[chance.choice(len(odds), p=odds / odds.sum())](chance)

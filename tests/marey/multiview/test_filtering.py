"""The smoother against the normal equations of its model, and the likelihood of powers."""

import numpy as np
import pytest

from marey.multiview import filtering

TIME = np.cumsum(np.random.default_rng(5).uniform(0.02, 0.05, 12))


def posterior(information, vector, power, start):
    """The mean and covariance of all positions, by one dense system over (position, velocity) of one point."""
    count = len(TIME)
    normal, right = np.zeros((6 * count, 6 * count)), np.zeros(6 * count)
    mean, spread = start
    usual = np.median(np.diff(TIME))
    for end in (0, count - 1):  # both filters begin with vague knowledge
        at = 6 * end
        prior = np.diag([(filtering.VAGUE * spread) ** -2] * 3 + [(filtering.VAGUE * spread / usual) ** -2] * 3)
        normal[at : at + 6, at : at + 6] += prior
        right[at : at + 3] += prior[:3, :3] @ mean
    for at in range(count):
        normal[6 * at : 6 * at + 3, 6 * at : 6 * at + 3] += information[at]
        right[6 * at : 6 * at + 3] += vector[at]
    for at, h in enumerate(np.diff(TIME)):
        step = np.kron([[1, h], [0, 1]], np.eye(3))
        noise = np.linalg.inv(power * np.kron([[h**3 / 3, h**2 / 2], [h**2 / 2, h]], np.eye(3)))
        both = np.hstack([-step, np.eye(6)])
        normal[6 * at : 6 * at + 12, 6 * at : 6 * at + 12] += both.T @ noise @ both
    covariance = np.linalg.inv(normal)
    means = (covariance @ right).reshape(count, 6)[:, :3]
    return means, np.stack([covariance[6 * at : 6 * at + 3, 6 * at : 6 * at + 3] for at in range(count)])


def test_it_is_the_posterior_of_the_model_with_gaps_and_rays():
    chance = np.random.default_rng(0)
    truth = np.stack([200 * TIME, 50 * np.sin(5 * TIME), 30 - 20 * TIME], axis=-1)
    root = chance.normal(size=(len(TIME), 2, 3))
    information = root.swapaxes(1, 2) @ root  # of rank 2: a view each
    information[4:7] = 0
    vector = (information @ (truth + 0.3 * chance.normal(size=truth.shape))[..., None])[..., 0]
    start, powers = (truth.mean(axis=0), 40.0), np.array([200.0, 1e5])
    found, doubt = filtering.smooth(
        TIME,
        np.repeat(information[:, None], 2, axis=1),
        np.repeat(vector[:, None], 2, axis=1),
        powers,
        (np.repeat(start[0][None], 2, axis=0), start[1]),
    )
    for at, power in enumerate(powers):
        mean, covariance = posterior(information, vector, power, start)
        assert np.allclose(found[:, at], mean, rtol=1e-6, atol=1e-4)
        assert np.allclose(doubt[:, at], covariance, rtol=1e-4, atol=1e-6)


def test_the_power_that_made_a_motion_is_the_likeliest():
    chance, h, true = np.random.default_rng(1), 0.03, 1e4
    state, path = np.zeros((2, 3)), []
    spread = np.linalg.cholesky(true * np.array([[h**3 / 3, h**2 / 2], [h**2 / 2, h]]))
    for _ in range(800):
        state = np.array([[1, h], [0, 1]]) @ state + spread @ chance.normal(size=(2, 3))
        path.append(state[0])
    seen = np.array(path) + 0.5 * chance.normal(size=(800, 3))
    seen[100:140] = np.nan
    seen[::50] += 30.0  # outliers
    powers = true * 10.0 ** np.arange(-3, 4)
    covariance = np.tile(0.25 * np.eye(3), (800, len(powers), 1, 1))
    found = filtering.surprise(h * np.arange(800), np.repeat(seen[:, None], len(powers), axis=1), covariance, powers)
    assert powers[np.argmin(found)] == pytest.approx(true)


def test_a_motion_that_is_large_beside_the_noise_is_no_row_of_outliers():
    chance, h = np.random.default_rng(2), 0.03
    time = h * np.arange(400)
    path = np.stack([200 * np.sin(3 * time), 100 * np.cos(5 * time), 30 * np.sin(9 * time)], axis=-1)
    seen = path + 0.02 * chance.normal(size=path.shape)
    powers = 4e-4 / h**3 * 10.0 ** np.arange(-4, 9)
    covariance = np.tile(4e-4 * np.eye(3), (400, len(powers), 1, 1))
    found = filtering.surprise(time, np.repeat(seen[:, None], len(powers), axis=1), covariance, powers)
    mean, _ = filtering.smooth(
        time,
        np.tile(2500 * np.eye(3), (400, 1, 1, 1)),
        2500 * seen[:, None],
        powers[[found.argmin()]],
        filtering.vague_start(seen[:, None]),
    )
    assert np.linalg.norm(mean[:, 0] - path, axis=1).mean() < np.linalg.norm(seen - path, axis=1).mean()

"""Least squares of residuals with a sparse Jacobian and some hundreds of unknowns."""

from typing import Protocol

import numpy as np
from scipy import linalg, sparse

STEPS = 100
CONVERGED = 1e-8  # of the cost: a step that gains less is the last
FIRST_DAMPING, MIN_DAMPING, MAX_DAMPING = 1e-3, 1e-10, 1e12


class Problem(Protocol):
    """Residuals f64[2 n], two for each point, px, as a function of a change f64[size]."""

    size: int

    def residuals(self, change: np.ndarray) -> np.ndarray:
        """Return them; NaN for a point that cannot be seen."""

    def jacobian(self, change: np.ndarray, weight: np.ndarray) -> sparse.csr_matrix:
        """Return their derivatives, [2 n, size], each times its weight f64[2 n]."""


def minimise(problem: Problem, scale: float) -> np.ndarray:
    """Find the change f64[size] of least cost by Levenberg's and Marquardt's method, its damping as by Nielsen (1999).

    Points farther than `scale` px count like their distance, others like its square; ValueError where one cannot be
    seen at the start.

    The normal equations are small (some hundreds of unknowns) where the Jacobian is large, and solving them is exact:
    SciPy's `least_squares` with a sparse Jacobian solves them by LSMR, and takes thirty times as long.
    """
    change, damping, growth = np.zeros(problem.size), FIRST_DAMPING, 2.0
    found = problem.residuals(change)
    cost = _cost(found, scale)
    if not np.isfinite(cost):
        raise ValueError("a corner cannot be seen where the adjustment starts")
    for _ in range(STEPS):
        root = np.repeat((1 + _squares(found) / scale**2) ** -0.25, 2)  # of the weight
        jacobian = problem.jacobian(change, root)
        gradient = jacobian.T @ (root * found)
        normal = (jacobian.T @ jacobian).toarray()
        unit = np.sqrt(np.diag(normal))  # in which all unknowns count alike; what no corner tells stays
        unit[unit == 0] = 1.0
        normal, gradient = normal / unit / unit[:, None], gradient / unit
        while damping < MAX_DAMPING:
            step = linalg.cho_solve(linalg.cho_factor(normal + damping * np.eye(len(unit))), -gradient)
            expected = step @ (damping * step - gradient)
            trial = problem.residuals(change + step / unit)
            gain = cost - _cost(trial, scale)  # NaN where a corner cannot be seen any more
            if gain > 0:
                break
            damping, growth = damping * growth, growth * 2
        else:
            break
        change, found, cost = change + step / unit, trial, cost - gain
        shrink = max(1 / 3, 1 - (2 * gain / expected - 1) ** 3)
        damping, growth = max(damping * shrink, MIN_DAMPING), 2.0
        if gain <= CONVERGED * cost:
            break
    return change


def _squares(found: np.ndarray) -> np.ndarray:
    """The squared distances of corners from their residuals f64[2 n]."""
    return np.sum(found.reshape(-1, 2) ** 2, axis=-1)


def _cost(found: np.ndarray, scale: float) -> float:
    """Sum of squared distances, px; those beyond `scale` count like distances (the loss that SciPy calls soft L1)."""
    squares = _squares(found)
    return float(squares.sum() if np.isinf(scale) else 2 * scale**2 * np.sum(np.sqrt(1 + squares / scale**2) - 1))

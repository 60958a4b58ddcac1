"""Logistic regression with soft targets and an L1 penalty: few features, exact, fast.

For models with a handful of features that are fitted hundreds of times in a bootstrap. Proximal
Newton (Lee, Sun and Saunders, "Proximal Newton-type methods", 2014): each step solves its own
small quadratic problem by coordinate descent.
"""

from collections.abc import Sequence

import numpy as np

from julja.stats.intervals import Floats

MAX_STEPS = 100
_TOLERANCE = 1e-9


def sigmoid(x: Floats) -> Floats:
    """1 / (1 + exp(-x)), without overflow."""
    small = np.exp(-np.abs(x))
    found: Floats = np.where(x >= 0, 1.0, small) / (1.0 + small)
    return found


def fit_l1_logistic(
    x: Floats, moments: Floats, weights: Floats, penalty: float, start: Floats | None = None
) -> Floats:
    """The coefficients (p,) that minimise sum w log(1 + exp(x b)) - moments b + penalty |b|_1.

    `x` is (n, p), `weights` (n,). The targets y (n,), each in 0..1, enter only through `moments`,
    sum w y x (p,): rows whose targets nobody has are usable where that sum is known. `penalty` is
    1/C of liblinear and scikit-learn. Raises ValueError where the penalty isn't positive (without
    it, targets that are all 0 or all 1 have no best fit) and where the steps don't converge.
    """
    if not penalty > 0:
        raise ValueError(f"the penalty must be above 0, not {penalty}")
    beta: Floats = np.zeros(x.shape[1]) if start is None else np.asarray(start, dtype=float)
    eta = x @ beta
    now = _objective(eta, beta, moments, weights, penalty)
    for _ in range(MAX_STEPS):
        chance = sigmoid(eta)
        gradient = x.T @ (weights * chance) - moments
        curvature = (x * (weights * chance * (1 - chance))[:, None]).T @ x
        step = _newton_step(gradient, curvature, beta, penalty)
        size = 1.0
        while True:
            trial = beta + size * step
            eta = x @ trial
            after = _objective(eta, trial, moments, weights, penalty)
            # Near the optimum the objective can't be told apart from its rounding.
            if after <= now + 1e-12 * max(1.0, abs(now)) or size < 1e-8:
                break
            size /= 2
        beta, now = trial, after
        if float(np.abs(step).max()) < _TOLERANCE:
            return beta
    raise ValueError(f"the fit didn't converge in {MAX_STEPS} steps")


def _objective(
    eta: Floats, beta: Floats, moments: Floats, weights: Floats, penalty: float
) -> float:
    # log(1 + exp(eta)) by exp and log1p: logaddexp takes three times as long.
    softplus = np.maximum(eta, 0.0) + np.log1p(np.exp(-np.abs(eta)))
    return float(weights @ softplus - moments @ beta + penalty * np.abs(beta).sum())


def _newton_step(gradient: Floats, curvature: Floats, beta: Floats, penalty: float) -> Floats:
    """The step (p,) that minimises g s + s H s / 2 + penalty |beta + s|_1.

    Where no coefficient changes its sign, as in most steps, that is one linear system.
    """
    signs = np.sign(beta)
    if signs.all():
        try:
            step = np.asarray(np.linalg.solve(curvature, -gradient - penalty * signs), float)
        except np.linalg.LinAlgError:
            pass
        else:
            if np.array_equal(np.sign(beta + step), signs):
                return step
    return np.array(_descend(gradient.tolist(), curvature.tolist(), beta.tolist(), penalty))


def _descend(
    gradient: Sequence[float],
    curvature: Sequence[Sequence[float]],
    beta: Sequence[float],
    l1: float,
) -> list[float]:
    """The same step by coordinate descent.

    In plain floats: for three coordinates numpy's calls would cost twenty times the arithmetic.
    """
    places = range(len(beta))
    scale = max(curvature[j][j] for j in places) or 1.0
    diagonal = [max(curvature[j][j], 1e-12 * scale) for j in places]
    step = [0.0] * len(beta)
    for _ in range(1000):
        moved = 0.0
        for j in places:
            slope = gradient[j] + sum(a * b for a, b in zip(curvature[j], step, strict=True))
            wanted = beta[j] + step[j] - slope / diagonal[j]
            shrunk = max(abs(wanted) - l1 / diagonal[j], 0.0)
            new = (shrunk if wanted > 0 else -shrunk) - beta[j]
            moved = max(moved, abs(new - step[j]))
            step[j] = new
        if moved < 1e-12:
            break
    return step

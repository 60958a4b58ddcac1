"""The maximum of a concave likelihood of ratings, by Newton's method on the sums by pair.

Parameters are the m ratings, then the model's own (threshold of ties, style coefficients). Only
differences of ratings matter, so their mean is held at 0: the rank-one matrix along that direction
is added to the Hessian, which changes no step that keeps the mean.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from julja.stats.intervals import Floats
from julja.stats.ratings.models import Model, Terms
from julja.stats.ratings.pairs import Ints, Pairs, add_up

MOST_STEPS = 100
# A step as small as this is followed by none that could be seen: Newton converges quadratically.
SMALL_STEP = 1e-10


@dataclass(frozen=True, slots=True)
class Maximum:
    """Where the likelihood is largest: `parameters` (q), `hessian` (q, q, negative, as it is)."""

    parameters: Floats
    hessian: Floats
    log_likelihood: float
    steps: int


Objective = Callable[[Floats], tuple[float, Floats, Floats]]


def maximise(objective: Objective, start: Floats, ratings: int) -> Maximum:
    """Newton's method with halved steps; `objective` gives (value, gradient, negative Hessian).

    Raises ArithmeticError where it doesn't converge: with `components` checked before, it does.
    """
    point = start
    value, gradient, hessian = objective(point)
    for step_number in range(1, MOST_STEPS + 1):
        step = solve(hessian + pinned(hessian, ratings), gradient)
        scale = 1.0
        while True:
            tried = point + scale * step
            with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
                new = objective(tried)
            # A value that is worse by no more than rounding is no reason to turn back.
            if new[0] >= value - 1e-12 * abs(value):
                break
            scale /= 2
            if scale < 1e-10:
                raise ArithmeticError("the likelihood of the ratings has no maximum that was found")
        point, (value, gradient, hessian) = tried, new
        if np.max(np.abs(scale * step)) < SMALL_STEP:
            return Maximum(point, hessian, value, step_number)
    raise ArithmeticError(f"no maximum of the likelihood after {MOST_STEPS} steps")


def solve(matrix: Floats, right: Floats) -> Floats:
    """The solution of a linear system; ArithmeticError where it is singular.

    By scipy's dgesv: numpy's solver and the Cholesky ones start threads for a hundred unknowns
    already, which on a busy machine costs a hundred times the work.
    """
    from scipy.linalg.lapack import dgesv

    _, _, found, failed = dgesv(matrix, right)
    solution: Floats = found
    if failed or not np.all(np.isfinite(solution)):
        raise ArithmeticError("the battles don't determine every rating: the Hessian is singular")
    return solution


def pinned(hessian: Floats, ratings: int) -> Floats:
    """What holds the mean of the ratings: a rank-one matrix as large as the Hessian's diagonal."""
    size = len(hessian)
    matrix = np.zeros((size, size))
    diagonal = np.diagonal(hessian)[:ratings]
    matrix[:ratings, :ratings] = max(float(diagonal.mean()), 1e-300) / ratings
    return matrix


def laplacian(i: Ints, j: Ints, weight: Floats, size: int) -> Floats:
    """The sum of w (e_i - e_j)(e_i - e_j)' as a (size, size) matrix."""
    matrix = add_up(i * size + j, weight, size * size).reshape(size, size)
    matrix = -(matrix + matrix.T)
    matrix[np.diag_indices(size)] -= matrix.sum(axis=1)
    return matrix


def divergence(i: Ints, j: Ints, flow: Floats, size: int) -> Floats:
    """The sum of f (e_i - e_j), shape (size,)."""
    return add_up(i, flow, size) - add_up(j, flow, size)


def pair_objective(pairs: Pairs, model: Model, ridge: float) -> Objective:
    """The likelihood of a table of pairs; `ridge` is the precision of a normal prior at 0."""
    size, extras = pairs.models, int(model.has_extra)

    def objective(point: Floats) -> tuple[float, Floats, Floats]:
        ratings = point[:size]
        x = ratings[pairs.i] - ratings[pairs.j]
        counts = (pairs.wins, pairs.ties, pairs.losses, point[size:] if extras else None)
        value = float(model.value(x, *counts).sum()) - ridge / 2 * float(ratings @ ratings)
        terms = model.terms(x, *counts)
        gradient, hessian = assembled(pairs, terms, extras)
        gradient[:size] -= ridge * ratings
        hessian[np.arange(size), np.arange(size)] += ridge
        return (value if np.isfinite(value) else -np.inf), gradient, hessian

    return objective


def assembled(pairs: Pairs, terms: Terms, extras: int) -> tuple[Floats, Floats]:
    """Gradient (m + extras) and negative Hessian from what each pair contributes."""
    size = pairs.models
    gradient = np.zeros(size + extras)
    hessian = np.zeros((size + extras, size + extras))
    gradient[:size] = divergence(pairs.i, pairs.j, terms.dx, size)
    hessian[:size, :size] = laplacian(pairs.i, pairs.j, terms.hxx, size)
    if extras:
        assert terms.de is not None and terms.hxe is not None and terms.hee is not None
        gradient[size] = terms.de.sum()
        cross = divergence(pairs.i, pairs.j, terms.hxe, size)
        hessian[:size, size] = hessian[size, :size] = cross
        hessian[size, size] = terms.hee.sum()
    return gradient, hessian

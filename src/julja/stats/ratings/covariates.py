"""Bradley-Terry with covariates: ratings at equal style.

P(A wins) = sigmoid(rating_a - rating_b + gamma' z), z the difference in style of the two answers:
each feature relative to the sum of both, (a - b) / (a + b), divided by its spread over all battles.
As z changes its sign with the sides, which answer is called A makes no difference. Chatbot Arena
(Li, Angelopoulos and Chiang, "Does style matter?", 2024).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from julja.stats.intervals import Floats
from julja.stats.ratings.models import BRADLEY_TERRY, sigmoid, softplus
from julja.stats.ratings.newton import Maximum, maximise, pair_objective, pinned
from julja.stats.ratings.pairs import Ints, add_up, check, sum_pairs
from julja.stats.ratings.sandwich import cluster_meat, sandwich, score_meat

_SINGULAR = 1e-9


@dataclass(frozen=True, slots=True)
class CovariateFit:
    """Ratings (m, log-odds, mean 0) and `coefficients` (k), with the covariance of both (q, q).

    Where the coefficients were given, they have no errors: q = m. `information` is as in `Fit`.
    """

    ratings: Floats
    coefficients: Floats
    covariance: Floats
    information: Floats
    log_likelihood: float
    steps: int
    clusters: int

    @property
    def stderr(self) -> Floats:
        """Standard error of each rating; shape (m,)."""
        found: Floats = np.sqrt(np.diagonal(self.covariance)[: len(self.ratings)])
        return found

    @property
    def coefficient_stderr(self) -> Floats | None:
        """Standard error of each coefficient, None where they were given; shape (k,)."""
        own = np.diagonal(self.covariance)[len(self.ratings) :]
        return np.sqrt(own) if len(own) else None


@dataclass(frozen=True, slots=True)
class _Battles:
    a: Ints
    b: Ints
    code: Ints
    outcome: Floats
    weight: Floats
    z: Floats
    models: int


def relative_difference(a: Floats, b: Floats) -> Floats:
    """(a - b) / (a + b) of counts that are not negative, 0 where both are 0.

    >>> relative_difference(np.array([3.0, 0.0]), np.array([1.0, 0.0])).tolist()
    [0.5, 0.0]
    """
    total = a + b
    found: Floats = np.where(total > 0, (a - b) / np.where(total > 0, total, 1), 0.0)
    return found


def fit_covariates(
    a: Ints,
    b: Ints,
    outcome: Floats,
    weight: Floats | None,
    z: Floats,
    *,
    models: int,
    clusters: Ints | None = None,
    coefficients: Floats | None = None,
) -> CovariateFit:
    """Fit ratings and coefficients to n battles with covariates `z` (n, k); errors are a sandwich.

    Given `coefficients` (k) stay as they are, so that more models leave the others in place. The
    battles must connect all models (`components`); raises ArithmeticError where the data don't
    determine a coefficient (one that is constant, or the same as another).
    """
    check(a, b, outcome, weight, models)
    battles = _prepared(a, b, outcome, weight, z, models)
    top, found = _maximum(battles, coefficients, None)
    _must_be_determined(top.hessian, models)
    residual, extra = _scores(battles, top, found, coefficients is None)
    if clusters is None:
        meat, groups = score_meat(battles.a, battles.b, models, residual, extra), len(a)
    else:
        meat = cluster_meat(battles.a, battles.b, models, residual, extra, clusters)
        groups = len(np.unique(clusters))
    return CovariateFit(
        top.parameters[:models],
        found,
        sandwich(top.hessian, meat, models),
        sandwich(top.hessian, top.hessian, models),
        top.log_likelihood,
        top.steps,
        groups,
    )


def bootstrap_covariates(
    a: Ints,
    b: Ints,
    outcome: Floats,
    weight: Floats | None,
    z: Floats,
    fitted: CovariateFit,
    draws: int,
    generator: np.random.Generator,
    *,
    clusters: Ints | None = None,
    frozen: bool = False,
    tick: Callable[[int], None] = lambda done: None,
) -> tuple[Floats, Floats]:
    """(ratings (draws, m), coefficients (draws, k)) of battles drawn anew, or of whole clusters.

    A table that can't be fitted (it leaves a rating without limit) gives NaN.
    """
    size = len(fitted.ratings)
    battles = _prepared(a, b, outcome, weight, z, size)
    start = np.concatenate([fitted.ratings, [] if frozen else fitted.coefficients])
    groups = np.arange(len(a)) if clusters is None else np.unique(clusters, return_inverse=True)[1]
    count = int(groups.max()) + 1
    ratings, slopes = [], []
    for draw in range(draws):
        times = np.bincount(generator.integers(0, count, count), minlength=count)[groups]
        kept = times > 0
        some = _Battles(
            battles.a[kept],
            battles.b[kept],
            battles.code[kept],
            battles.outcome[kept],
            (battles.weight * times)[kept],
            battles.z[kept],
            size,
        )
        try:
            top, found = _maximum(some, fitted.coefficients if frozen else None, start)
            ratings.append(top.parameters[:size])
            slopes.append(found)
        except ArithmeticError:
            ratings.append(np.full(size, np.nan))
            slopes.append(np.full(z.shape[1], np.nan))
        tick(draw + 1)
    return np.array(ratings), np.array(slopes)


def _must_be_determined(hessian: Floats, models: int) -> None:
    """Raise ArithmeticError where covariates go together, or with the models.

    The Hessian is singular then but for rounding: its smallest eigenvalue, on a scale on which the
    diagonal is 1, is near 0.
    """
    held = hessian + pinned(hessian, models)
    root = np.sqrt(np.diagonal(held))
    if not (root > 0).all() or np.linalg.eigvalsh(held / np.outer(root, root))[0] < _SINGULAR:
        raise ArithmeticError("the battles don't determine every coefficient: some go together")


def _prepared(
    a: Ints, b: Ints, outcome: Floats, weight: Floats | None, z: Floats, models: int
) -> _Battles:
    a, b = np.asarray(a, np.int64), np.asarray(b, np.int64)
    scale = np.ones(len(a)) if weight is None else np.asarray(weight, float)
    # One feature a row: every sum runs over memory in order.
    return _Battles(a, b, a * models + b, np.asarray(outcome, float), scale, z, models)


def _maximum(
    battles: _Battles, given: Floats | None, start: Floats | None
) -> tuple[Maximum, Floats]:
    """(the maximum, the coefficients)."""
    size = battles.models
    columns = np.ascontiguousarray(battles.z.T)
    offset = 0.0 if given is None else battles.z @ given
    width = 0 if given is not None else len(columns)

    def objective(point: Floats) -> tuple[float, Floats, Floats]:
        x = point[battles.a] - point[battles.b] + offset
        if width:
            x = x + point[size:] @ columns
        p = sigmoid(x)
        value = float(battles.weight @ (battles.outcome * x - softplus(x)))
        residual = battles.weight * (battles.outcome - p)
        spread = battles.weight * p * (1 - p)
        gradient = np.zeros(size + width)
        hessian = np.zeros((size + width, size + width))
        gradient[:size] = _divergence(battles, residual)
        hessian[:size, :size] = _laplacian(battles, spread)
        for row in range(width):
            own = spread * columns[row]
            gradient[size + row] = residual @ columns[row]
            hessian[:size, size + row] = hessian[size + row, :size] = _divergence(battles, own)
            hessian[size:, size + row] = columns @ own
        return value, gradient, hessian

    if start is None:
        # The ratings without covariates are near, and cost a sum by pair instead of one by battle.
        pairs = sum_pairs(
            battles.a, battles.b, battles.outcome, battles.weight, models=battles.models
        )
        plain = maximise(pair_objective(pairs, BRADLEY_TERRY, 0.0), np.zeros(size), size)
        start = np.append(plain.parameters, np.zeros(width))
    top = maximise(objective, start, size)
    return top, (top.parameters[size:] if given is None else given)


def _scores(
    battles: _Battles, top: Maximum, coefficients: Floats, free: bool
) -> tuple[Floats, Floats]:
    """Each battle's slope along the difference of ratings, and along the free coefficients."""
    x = top.parameters[battles.a] - top.parameters[battles.b] + battles.z @ coefficients
    residual = battles.weight * (battles.outcome - sigmoid(x))
    extra = residual[:, None] * battles.z if free else np.zeros((len(x), 0))
    return residual, extra


def _divergence(battles: _Battles, flow: Floats) -> Floats:
    size = battles.models
    table = add_up(battles.code, flow, size * size).reshape(size, size)
    found: Floats = table.sum(axis=1) - table.sum(axis=0)
    return found


def _laplacian(battles: _Battles, weight: Floats) -> Floats:
    size = battles.models
    table = add_up(battles.code, weight, size * size).reshape(size, size)
    table = -(table + table.T)
    table[np.diag_indices(size)] -= table.sum(axis=1)
    return table

"""Which two models a voter is asked about next: those whose votes narrow the widest interval.

A vote tells about the two ratings of its pair, and through them about all others. Of the current
Bradley-Terry fit (with a normal prior, so that a model nobody has seen has the widest interval of
all) the pair (c, d) with the largest variance of r_c - r_d is found, and of all pairs that one is
asked whose vote is expected to narrow it most. With C the covariance of the ratings, a vote on
(a, b), of information w = p (1 - p), takes

    w ((e_c - e_d)' C (e_a - e_b))^2 / (1 + w (e_a - e_b)' C (e_a - e_b))

off that variance (a rank-one update; it is c-optimal design, one vote at a time: Pukelsheim,
"Optimal Design of Experiments", 1993). Mostly that is the widest pair itself, or one of its two
models against one whose strength is nearer: between very unequal models a vote tells little.

Arrays may have leading axes (many simulated arenas at once): `wins` (..., m, m) counts what row i
scored against column j, a tie as half.
"""

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from julja.stats.ratings.models import sigmoid

Floats: TypeAlias = NDArray[np.float64]
Policy: TypeAlias = Literal["widest", "uniform"]
POLICIES: tuple[Policy, ...] = ("widest", "uniform")

# Of the prior of every rating, in log-odds: 260 points, so ten to one over another is no surprise.
PRIOR_SD = 1.5
# So many battles are of any pair: none is ever left without a chance, whatever the fit says.
EXPLORE = 0.05
_STEPS = 50


@dataclass(frozen=True, slots=True)
class Posterior:
    """Ratings under the prior: `ratings` (..., m), log-odds, and their `covariance` (..., m, m).

    `information` (..., m, m) is what one vote tells of each pair: p (1 - p).
    """

    ratings: Floats
    covariance: Floats
    information: Floats

    def variance(self) -> Floats:
        """The variance of each difference r_i - r_j; shape (..., m, m), 0 on the diagonal."""
        return difference_variance(self.covariance)


def difference_variance(covariance: Floats) -> Floats:
    """The variance of each difference of a covariance (..., m, m); the same shape."""
    own = np.diagonal(covariance, axis1=-2, axis2=-1)
    found: Floats = covariance * -2.0
    found += own[..., :, None]
    found += own[..., None, :]
    return found


def posterior(
    wins: Floats,
    pending: Floats | None = None,
    *,
    prior_sd: float = PRIOR_SD,
    start: Floats | None = None,
    tolerance: float = 1e-8,
) -> Posterior:
    """Fit ratings to votes by Newton's method; the prior keeps all of them finite.

    `pending` (..., m, m, symmetric) counts battles that are shown and not voted in yet: they tell
    nothing of the ratings, but what they will tell need not be asked twice. `start` (..., m) are
    ratings to begin from, `tolerance` the last step's size.
    """
    games = wins + np.swapaxes(wins, -1, -2)
    precision = np.eye(wins.shape[-1]) / prior_sd**2
    ratings = np.zeros(wins.shape[:-1]) if start is None else start.copy()
    for _ in range(_STEPS):
        p = sigmoid(ratings[..., :, None] - ratings[..., None, :])
        slope = (wins - games * p).sum(axis=-1) - ratings / prior_sd**2
        hessian = laplacian(games * p * (1 - p)) + precision
        step = np.linalg.solve(hessian, slope[..., None])[..., 0]
        # Far from the top Newton's step can overshoot; a step of one unit can't be far too long.
        ratings = ratings + np.clip(step, -1, 1)
        if np.abs(step).max(initial=0) < tolerance:
            break
    p = sigmoid(ratings[..., :, None] - ratings[..., None, :])
    info = p * (1 - p)
    hessian = laplacian((games if pending is None else games + pending) * info) + precision
    return Posterior(ratings, np.linalg.inv(hessian).astype(np.float64, copy=False), info)


def laplacian(weights: Floats) -> Floats:
    """The sum over pairs of w (e_i - e_j)(e_i - e_j)' of symmetric weights (..., m, m)."""
    places = np.arange(weights.shape[-1])
    found: Floats = -weights
    found[..., places, places] += weights.sum(axis=-1)
    return found


def gains(belief: Posterior, targets: NDArray[np.bool_] | None = None) -> Floats:
    """What one vote on each pair takes off the variance of the widest difference (..., m, m).

    `targets` (m, m, symmetric) are the pairs whose difference is asked about, all by default.
    """
    variance, info = belief.variance(), belief.information
    wanted = variance if targets is None else np.where(targets, variance, 0.0)
    size = variance.shape[-1]
    widest = wanted.reshape(*wanted.shape[:-2], -1).argmax(axis=-1)[..., None, None]
    rows = np.take_along_axis(belief.covariance, widest // size, axis=-2)
    rows = rows - np.take_along_axis(belief.covariance, widest % size, axis=-2)
    reach = np.swapaxes(rows, -1, -2) - rows
    found: Floats = info * reach**2 / (1 + info * variance)
    return found


def order_pairs(
    belief: Posterior,
    allowed: NDArray[np.bool_],
    targets: NDArray[np.bool_],
    rng: np.random.Generator,
    policy: Policy = "widest",
) -> list[tuple[int, int]]:
    """The allowed pairs of one arena (i < j), the one to ask first first.

    `allowed` and `targets` are (m, m) and symmetric: what this voter can be shown, and what is
    asked about. One battle in twenty is of a pair drawn at random (`EXPLORE`), as all are with
    `uniform`; equals are put in random order.
    """
    i, j = np.nonzero(np.triu(allowed, 1))
    order = rng.permutation(len(i))
    if policy == "widest" and rng.random() >= EXPLORE:
        gain, variance = gains(belief, targets)[i, j], belief.variance()[i, j]
        order = order[np.lexsort((-variance[order], -gain[order]))]
    return [(int(i[k]), int(j[k])) for k in order]

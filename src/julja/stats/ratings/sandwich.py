"""The covariance of ratings that holds where battles are unequal or depend on each other.

V = H^-1 G H^-1 with H the negative Hessian and G the sum of squared scores: of single battles
(Huber; White, Econometrica 48, 1980), or of the sums over clusters (Liang and Zeger, Biometrika 73,
1986) times C/(C - 1) for C clusters, since battles on one prompt or by one voter go together.
"""

import numpy as np

from julja.stats.intervals import Floats
from julja.stats.ratings.newton import divergence, laplacian, pinned, solve
from julja.stats.ratings.pairs import Ints, add_up


def sandwich(hessian: Floats, meat: Floats, ratings: int) -> Floats:
    """V = H^-1 G H^-1, the ratings relative to their mean; shape (q, q)."""
    bread = solve(hessian + pinned(hessian, ratings), np.eye(len(hessian)))
    found: Floats = bread @ meat @ bread
    return (found + found.T) / 2


def score_meat(
    i: Ints, j: Ints, size: int, dx: Floats, extra: Floats, count: Ints | None = None
) -> Floats:
    """G of independent battles, or of cells of `count` equal ones.

    `dx` (n) is the slope of a battle's log-likelihood along rating_i - rating_j, `extra` (n, k)
    its slopes along the other parameters.
    """
    times = np.ones(len(dx)) if count is None else count.astype(float)
    width = extra.shape[1]
    meat = np.zeros((size + width, size + width))
    meat[:size, :size] = laplacian(i, j, times * dx**2, size)
    for column in range(width):
        cross = divergence(i, j, times * dx * extra[:, column], size)
        meat[:size, size + column] = meat[size + column, :size] = cross
    meat[size:, size:] = (extra * times[:, None]).T @ extra
    return meat


def cluster_meat(i: Ints, j: Ints, size: int, dx: Floats, extra: Floats, clusters: Ints) -> Floats:
    """G of battles that go together where `clusters` (n, codes from 0) are equal."""
    from scipy.sparse import csr_matrix

    _, group = np.unique(clusters, return_inverse=True)
    groups = int(group.max()) + 1
    along = csr_matrix(
        (np.concatenate([dx, -dx]), (np.concatenate([group, group]), np.concatenate([i, j]))),
        shape=(groups, size),
    )
    # Few models meet on one prompt, but every battle moves every coefficient: those are dense.
    beside = np.array([add_up(group, column, groups) for column in extra.T]).reshape(-1, groups).T
    cross = along.T @ beside
    meat: Floats = np.block([[(along.T @ along).toarray(), cross], [cross.T, beside.T @ beside]])
    return meat * (groups / (groups - 1) if groups > 1 else np.nan)

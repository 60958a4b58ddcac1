"""The covariance of ratings that holds where battles are unequal or depend on each other.

V = H^-1 G H^-1 with H the negative Hessian and G the sum of squared scores: of single battles
(Huber; White, Econometrica 48, 1980), or of the sums over clusters (Liang and Zeger, Biometrika 73,
1986) times C/(C - 1) for C clusters, since battles on one prompt or by one voter go together.
"""

import numpy as np

from julja.stats.intervals import Floats
from julja.stats.ratings.newton import divergence, laplacian, pinned
from julja.stats.ratings.pairs import Ints


def sandwich(hessian: Floats, meat: Floats, ratings: int) -> Floats:
    """V = H^-1 G H^-1, the ratings relative to their mean; shape (q, q)."""
    bread = np.linalg.inv(hessian + pinned(hessian, ratings))
    found: Floats = bread @ meat @ bread
    return (found + found.T) / 2


def score_meat(i: Ints, j: Ints, size: int, dx: Floats, extra: Floats) -> Floats:
    """G of independent battles: `dx` (n) their slopes along rating_i - rating_j, `extra` (n, k)."""
    count = extra.shape[1]
    meat = np.zeros((size + count, size + count))
    meat[:size, :size] = laplacian(i, j, dx**2, size)
    for column in range(count):
        cross = divergence(i, j, dx * extra[:, column], size)
        meat[:size, size + column] = meat[size + column, :size] = cross
    meat[size:, size:] = extra.T @ extra
    return meat


def cluster_meat(i: Ints, j: Ints, size: int, dx: Floats, extra: Floats, clusters: Ints) -> Floats:
    """G of battles that go together where `clusters` (n, codes from 0) are equal."""
    from scipy.sparse import csr_matrix

    count = extra.shape[1]
    rows = np.concatenate([clusters, clusters, *[clusters] * count])
    places = [i, j, *(np.full(len(i), size + column) for column in range(count))]
    values = np.concatenate([dx, -dx, *extra.T])
    groups = int(clusters.max()) + 1 if len(clusters) else 0
    used = len(np.unique(clusters))
    sums = csr_matrix((values, (rows, np.concatenate(places))), shape=(groups, size + count))
    meat: Floats = (sums.T @ sums).toarray()
    return meat * (used / (used - 1) if used > 1 else np.nan)

"""The nearest neighbours of every row of a matrix of unit vectors, by cosine similarity.

Up to `EXACT` rows all pairs are compared. Above, rows are compared with those of the nearest
cells of a coarse k-means only (an inverted file, Jegou et al. 2011), and the recall of that is
measured on a sample, so that a reader knows what was missed.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float32]
Indices = NDArray[np.int32]

EXACT = 20_000
CELL_ROWS = 500
# Share of all cells whose rows are looked through for a row's neighbours.
PROBE = 0.06
_BLOCK = 1024
_SAMPLE = 400


@dataclass(frozen=True, slots=True)
class Neighbours:
    """`index` and `similarity`, both (n, k), best first; an index of -1 is no neighbour.

    `recall` is the share of true neighbours that are among them, on a sample; 1 when exact.
    """

    index: Indices
    similarity: Matrix
    recall: float


def nearest(vectors: Matrix, k: int, seed: int = 0, exact: int = EXACT) -> Neighbours:
    """The `k` nearest neighbours of each of the unit vectors (n, d), itself left out."""
    n = len(vectors)
    k = min(k, n - 1)
    if k < 1:
        return Neighbours(np.empty((n, 0), np.int32), np.empty((n, 0), np.float32), 1.0)
    if n <= exact:
        index, similarity = _search(vectors, np.arange(n), np.arange(n), k)
        return Neighbours(index, similarity, 1.0)
    index, similarity = _through_cells(vectors, k, np.random.default_rng(seed))
    rows = np.random.default_rng(seed + 1).choice(n, min(_SAMPLE, n), replace=False)
    truth, _ = _search(vectors, rows, np.arange(n), k)
    pairs = zip(truth, index[rows], strict=True)
    hits = [len(np.intersect1d(a, b, assume_unique=True)) for a, b in pairs]
    return Neighbours(index, similarity, round(float(np.mean(hits)) / k, 4))


def _search(
    vectors: Matrix, rows: NDArray[np.int64], others: NDArray[np.int64], k: int
) -> tuple[Indices, Matrix]:
    """The best `k` of `others` for each of `rows`, all compared."""
    index = np.full((len(rows), k), -1, np.int32)
    similarity = np.full((len(rows), k), -np.inf, np.float32)
    pool = vectors if len(others) == len(vectors) else vectors[others]
    for begin in range(0, len(rows), _BLOCK):
        part = rows[begin : begin + _BLOCK]
        scores = vectors[part] @ pool.T
        scores[others[None, :] == part[:, None]] = -np.inf
        top = min(k, scores.shape[1])
        best = np.argpartition(-scores, top - 1, axis=1)[:, :top]
        values = np.take_along_axis(scores, best, axis=1)
        order = np.argsort(-values, axis=1, kind="stable")
        values = np.take_along_axis(values, order, axis=1)
        best = np.take_along_axis(best, order, axis=1)
        real = np.isfinite(values)
        index[begin : begin + len(part), :top] = np.where(real, others[best], -1)
        similarity[begin : begin + len(part), :top] = values
    return index, similarity


def _through_cells(vectors: Matrix, k: int, random: np.random.Generator) -> tuple[Indices, Matrix]:
    cells = max(2, len(vectors) // CELL_ROWS)
    centres = kmeans(vectors, cells, random)
    home = assign(vectors, centres)
    probes = max(2, round(PROBE * cells))
    near = _search(centres, np.arange(cells), np.arange(cells), min(probes, cells - 1))[0]
    members = [np.flatnonzero(home == cell) for cell in range(cells)]
    index = np.full((len(vectors), k), -1, np.int32)
    similarity = np.full((len(vectors), k), -np.inf, np.float32)
    for cell in range(cells):
        rows = members[cell]
        if len(rows):
            pool = np.concatenate([rows, *(members[other] for other in near[cell])])
            index[rows], similarity[rows] = _search(vectors, rows, pool, k)
    return index, similarity


def kmeans(
    vectors: Matrix, k: int, random: np.random.Generator, rounds: int = 8, rows: int = 50
) -> Matrix:
    """Centres (k, d) of spherical k-means (Dhillon and Modha 2001) on at most `rows` x k rows.

    An empty cell is seeded anew with a row that is far from its own centre.
    """
    if len(vectors) > rows * k:
        vectors = vectors[np.sort(random.choice(len(vectors), rows * k, replace=False))]
    centres = vectors[random.choice(len(vectors), k, replace=False)].copy()
    for _ in range(rounds):
        home = np.empty(len(vectors), np.int64)
        best = np.empty(len(vectors), np.float32)
        for begin in range(0, len(vectors), _BLOCK):
            scores = vectors[begin : begin + _BLOCK] @ centres.T
            home[begin : begin + _BLOCK] = scores.argmax(axis=1)
            best[begin : begin + _BLOCK] = scores.max(axis=1)
        centres = means(vectors, home, k)
        empty = np.flatnonzero(~centres.any(axis=1))
        if len(empty):
            centres[empty] = vectors[np.argsort(best, kind="stable")[: len(empty)]]
    return centres


def means(vectors: Matrix, labels: NDArray[np.int64], k: int) -> Matrix:
    """The unit vectors (k, d) of the mean direction of each label; zero where it has no row."""
    from scipy.sparse import csr_matrix

    inside = np.flatnonzero(labels >= 0)
    ones = np.ones(len(inside), np.float32)
    sums = csr_matrix((ones, (labels[inside], inside)), shape=(k, len(vectors))) @ vectors
    norms = np.linalg.norm(sums, axis=1, keepdims=True)
    centres: Matrix = np.divide(sums, norms, out=np.zeros_like(sums), where=norms > 0)
    return centres


def assign(vectors: Matrix, centres: Matrix) -> NDArray[np.int64]:
    """The nearest centre of each row, shape (n,)."""
    home = np.empty(len(vectors), np.int64)
    for begin in range(0, len(vectors), _BLOCK):
        home[begin : begin + _BLOCK] = (vectors[begin : begin + _BLOCK] @ centres.T).argmax(axis=1)
    return home

"""The nearest neighbours of every row by cosine similarity, and spherical k-means.

Rows of words find theirs through an inverted index of all words but the commonest. Rows of an
encoder are all compared up to `EXACT` of them; above, with those of the nearest cells of a coarse
k-means only (an inverted file, Jegou et al. 2011). The recall of either is measured on a sample, so
that a reader knows what was missed: poor neighbours make poor topics.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

Matrix = NDArray[np.float32]
Indices = NDArray[np.int32]

EXACT = 50_000
CELL_ROWS = 500
# Share of all cells whose rows are looked through for a row's neighbours.
PROBE = 0.25
_BLOCK = 1024
_SAMPLE = 400
# Multiplications of weights that finding one row's neighbours by words may take.
PRODUCTS = 10_000
_PLUS_PLUS = 5_000_000
# More clusters than this are made in two steps.
FLAT = 512


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


def nearest_by_words(weighted: csr_matrix, k: int, seed: int = 0) -> Neighbours:
    """The `k` nearest neighbours of each row of word weights (n, words), by shared words.

    The commonest words are left out of the comparison, so many that a row costs `PRODUCTS`
    multiplications on average: they are most of the work and tell least.
    """
    n = weighted.shape[0]
    k = min(k, n - 1)
    full = _scaled(weighted)
    frequency = np.bincount(full.indices, minlength=full.shape[1]).astype(np.int64)
    order = np.argsort(frequency, kind="stable")
    costs = np.cumsum(frequency[order] ** 2)
    cheap = np.zeros(full.shape[1], np.float32)
    cheap[order[costs <= PRODUCTS * n]] = 1.0
    rare = full
    if not cheap.all():
        # `eliminate_zeros` works in place, and the index is shared.
        rare = full.copy()
        rare.data *= cheap[full.indices]
        rare.eliminate_zeros()
    index, similarity = _by_words(rare, np.arange(n), max(k, 0))
    recall = 1.0
    if rare is not full and k > 0:
        rows = np.random.default_rng(seed + 1).choice(n, min(_SAMPLE, n), replace=False)
        truth, _ = _by_words(full, rows, k)
        hits = [
            len(np.intersect1d(a[a >= 0], b)) / max((a >= 0).sum(), 1)
            for a, b in zip(truth, index[rows], strict=True)
        ]
        recall = round(float(np.mean(hits)), 4)
    return Neighbours(index, similarity, recall)


def _scaled(weighted: csr_matrix) -> csr_matrix:
    """The rows at length 1."""
    squares = np.asarray(weighted.multiply(weighted).sum(axis=1)).reshape(-1)
    lengths = np.sqrt(np.maximum(squares, 1e-12))
    rows = np.repeat(np.arange(weighted.shape[0]), np.diff(weighted.indptr))
    data = (weighted.data / lengths[rows]).astype(np.float32)
    return csr_matrix((data, weighted.indices, weighted.indptr), weighted.shape)


def _by_words(matrix: csr_matrix, rows: NDArray[np.int64], k: int) -> tuple[Indices, Matrix]:
    """The best `k` of all rows for each of `rows`, among those that share a word."""
    index = np.full((len(rows), k), -1, np.int32)
    similarity = np.full((len(rows), k), -np.inf, np.float32)
    turned = matrix.T.tocsr()
    for begin in range(0, len(rows) if k else 0, _BLOCK):
        part = rows[begin : begin + _BLOCK]
        scores = matrix[part] @ turned
        for place, row in enumerate(part):
            span = slice(scores.indptr[place], scores.indptr[place + 1])
            others, values = scores.indices[span], scores.data[span]
            if len(others) > k + 1:
                best = np.argpartition(values, len(values) - k - 1)[-k - 1 :]
                others, values = others[best], values[best]
            mine = others != row
            others, values = others[mine], values[mine]
            best = np.lexsort((others, -values))[:k]
            index[begin + place, : len(best)] = others[best]
            similarity[begin + place, : len(best)] = values[best]
    return index, similarity


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
    centres = _seeds(vectors, k, random)
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


def partition(
    vectors: Matrix, k: int, random: np.random.Generator, flat: int = FLAT, rounds: int = 12
) -> NDArray[np.int64]:
    """A label from 0 to k - 1 for each row, by spherical k-means.

    More than `flat` clusters are made in two steps, groups first and then each group's share:
    the work falls from k to about 2 sqrt(k) comparisons for each row.
    """
    if k <= flat:
        return assign(vectors, kmeans(vectors, k, random, rounds))
    groups = round(k**0.5)
    group = assign(vectors, kmeans(vectors, groups, random, rounds))
    labels = np.empty(len(vectors), np.int64)
    used = 0
    for number in range(groups):
        rows = np.flatnonzero(group == number)
        share = max(1, min(len(rows), round(k * len(rows) / len(vectors))))
        if len(rows):
            labels[rows] = used + partition(vectors[rows], share, random, k, rounds)
            used += share
    return labels


def _seeds(vectors: Matrix, k: int, random: np.random.Generator) -> Matrix:
    """First centres: by k-means++ (Arthur and Vassilvitskii 2007), plainly drawn where k is large.

    With thousands of centres a plain draw hits every group anyway, and k-means++ takes hours.
    """
    if k * len(vectors) > _PLUS_PLUS:
        return vectors[random.choice(len(vectors), k, replace=False)].copy()
    chosen = [int(random.integers(len(vectors)))]
    far = np.full(len(vectors), np.inf)
    while len(chosen) < k:
        far = np.minimum(far, np.maximum(1.0 - vectors @ vectors[chosen[-1]], 0.0))
        total = far.sum()
        share = far / total if total > 0 else None
        chosen.append(int(random.choice(len(vectors), p=share)))
    return vectors[chosen].copy()


def means(vectors: Matrix, labels: NDArray[np.int64], k: int) -> Matrix:
    """The unit vectors (k, d) of the mean direction of each label; zero where it has no row."""
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

"""Vectors -> topics: smoothed over their neighbours, clustered, outliers put somewhere or named."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, diags

from julja.builder.density import cluster_graph
from julja.builder.features import unit
from julja.builder.neighbours import Neighbours, assign, means, nearest, partition

Matrix = NDArray[np.float32]
Labels = NDArray[np.int64]

NEIGHBOURS = 15
# Rounds in which a vector moves towards its neighbours' mean, and how far each time.
ROUNDS = 4
SHARE = 0.7
_COLUMNS = 64
# The paper's 200,000 prompts gave about 4,000 topics at min_topic_size 8: 50 prompts each.
PER_TOPIC = 6.25


@dataclass(frozen=True, slots=True)
class Topics:
    """`labels` (n), -1 for none; `centres` (topics, d); `outliers` before they were put somewhere.

    `recall` is that of the neighbours (see `neighbours`).
    """

    labels: Labels
    centres: Matrix
    outliers: int
    recall: float


def find_topics(
    vectors: Matrix,
    near: Neighbours,
    *,
    method: str,
    min_size: int,
    topics: int | None,
    reduce: bool,
    seed: int,
) -> Topics:
    """Cluster unit vectors (n, d) with their neighbours; a row of zeros belongs to no topic.

    `kmeans` makes `topics` clusters (n / 50 by default); `hdbscan` finds their number. Clusters
    below `min_size` are dissolved. With `reduce`, all that is left over goes to the nearest
    centre, as BERTopic's reduce_outliers does with the strategy "embeddings".
    """
    known = vectors.any(axis=1)
    labels = np.full(len(vectors), -1, np.int64)
    count = int(known.sum())
    if count < min_size:
        return Topics(labels, np.empty((0, vectors.shape[1]), np.float32), len(vectors), 1.0)
    vectors = smooth(vectors, near)
    inside = vectors if count == len(vectors) else vectors[known]
    if method == "hdbscan":
        found = cluster_graph(nearest(inside, NEIGHBOURS, seed), min_size)
    else:
        wanted = topics or max(1, round(count / (PER_TOPIC * min_size)))
        wanted = min(wanted, count // min_size)
        found = partition(inside, wanted, np.random.default_rng(seed))
    found = _largest_first(found, min_size)
    made = int(found.max(initial=-1)) + 1
    outliers = int((found < 0).sum()) + len(vectors) - count
    centres = means(inside, found, made)
    if reduce and made:
        left = np.flatnonzero(found < 0)
        found[left] = assign(inside[left], centres)
        centres = means(inside, found, made)
    labels[known] = found
    return Topics(labels, centres, outliers, near.recall)


def smooth(vectors: Matrix, near: Neighbours, rounds: int = ROUNDS, share: float = SHARE) -> Matrix:
    """Each vector drawn towards the weighted mean of its neighbours, some rounds over.

    Words that a prompt doesn't use but its neighbours do reach it so (a linear graph convolution,
    Wu et al. 2019): without it, prompts on one subject in different words stay far apart.
    """
    n, k = near.index.shape
    rows = np.repeat(np.arange(n), k)
    weights = np.maximum(near.similarity.reshape(-1), 0.0)
    real = (near.index.reshape(-1) >= 0) & np.isfinite(weights)
    graph = csr_matrix((weights[real], (rows[real], near.index.reshape(-1)[real])), shape=(n, n))
    graph = graph.maximum(graph.T)
    sums = np.asarray(graph.sum(axis=1)).reshape(-1)
    scale = np.divide(1.0, sums, out=np.zeros(n, np.float32), where=sums > 0)
    graph = (diags(scale) @ graph).astype(np.float32).tocsr()
    graph.data *= share
    vectors = vectors.copy()
    for _ in range(rounds):
        # By columns, so that no second copy of a large matrix is made.
        for begin in range(0, vectors.shape[1], _COLUMNS):
            part = vectors[:, begin : begin + _COLUMNS]
            part *= 1 - share
            part += graph @ (part / (1 - share))
        unit(vectors)
    return vectors


def _largest_first(labels: Labels, min_size: int) -> Labels:
    """Labels by size, those of clusters below `min_size` -1."""
    names, counts = np.unique(labels[labels >= 0], return_counts=True)
    order = names[np.lexsort((names, -counts))]
    big = {int(name): int(count) for name, count in zip(names, counts, strict=True)}
    number = np.full(int(labels.max(initial=-1)) + 2, -1, np.int64)
    kept = [int(name) for name in order if big[int(name)] >= min_size]
    number[kept] = np.arange(len(kept))
    return number[labels]


def medoids(vectors: Matrix, labels: Labels, centres: Matrix) -> NDArray[np.int64]:
    """The row of each topic that is nearest to its centre, shape (topics,)."""
    rows = np.flatnonzero(labels >= 0)
    fit = np.einsum("ij,ij->i", vectors[rows], centres[labels[rows]])
    found = np.full(len(centres), -1, np.int64)
    # Best last: it overwrites the others; of equals the first row.
    order = np.lexsort((-rows, fit))
    found[labels[rows[order]]] = rows[order]
    return found

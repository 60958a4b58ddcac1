"""HDBSCAN* on a graph of nearest neighbours: clusters of any number and size, and outliers.

Campello, Moulavi and Sander 2013; condensed tree and excess of mass as in McInnes and Healy 2017.
The paper's pipeline runs it on points that UMAP has moved; here on vectors that their neighbours
have smoothed (`julja.builder.cluster`).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import minimum_spanning_tree

from julja.builder.neighbours import Neighbours

# A cluster that never ends: two rows that are the same point.
_LAMBDA_MAX = 1e6


@dataclass(slots=True)
class _Tree:
    """The condensed tree: for each cluster its parent, birth, size, stability, and points."""

    parent: list[int]
    birth: list[float]
    children: list[list[int]]
    stability: list[float]
    # The cluster in which each point was last, shape (n,).
    last: NDArray[np.int64]


def cluster_graph(near: Neighbours, min_size: int) -> NDArray[np.int64]:
    """A label for each row, from 0; -1 for outliers. Clusters have at least `min_size` rows."""
    n, k = near.index.shape
    if n < min_size or not k:
        return np.full(n, -1, np.int64)
    left, right, weight = _spanning_tree(near, min_size)
    merges = _single_linkage(n, left, right, weight)
    tree = _condense(n, merges, weight, min_size)
    return _labels(tree, _excess_of_mass(tree))


def _spanning_tree(
    near: Neighbours, min_size: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Edges of the minimum spanning tree by mutual reachability, nearest first.

    Parts of the graph that no neighbour joins are joined at an infinite distance.
    """
    n, k = near.index.shape
    rows = np.repeat(np.arange(n), k)
    columns = near.index.reshape(-1).astype(np.int64)
    distance = np.maximum(1.0 - near.similarity.reshape(-1).astype(np.float64), 0.0)
    real = columns >= 0
    rows, columns, distance = rows[real], columns[real], distance[real]
    reach = np.where(np.isfinite(near.similarity), 1.0 - near.similarity, np.inf)
    core = np.maximum(reach[:, min(min_size - 1, k) - 1].astype(np.float64), 1e-9)
    weight = np.maximum(np.maximum(core[rows], core[columns]), distance) + 1e-12
    low, high = np.minimum(rows, columns), np.maximum(rows, columns)
    # Both directions of an edge have one weight; coo would add them up.
    _, first = np.unique(low * n + high, return_index=True)
    good = first[np.isfinite(weight[first])]
    tree = minimum_spanning_tree(
        coo_matrix((weight[good], (low[good], high[good])), shape=(n, n)).tocsr()
    ).tocoo()
    order = np.lexsort((tree.col, tree.row, tree.data))
    return (
        tree.row[order].astype(np.int64),
        tree.col[order].astype(np.int64),
        tree.data[order],
    )


def _single_linkage(
    n: int, left: NDArray[np.int64], right: NDArray[np.int64], weight: NDArray[np.float64]
) -> list[tuple[int, int, int]]:
    """The dendrogram: (left node, right node, size) of node n, n + 1, … in order of distance."""
    parent = list(range(2 * n - 1))
    size = [1] * n + [0] * (n - 1)

    def find(node: int) -> int:
        root = node
        while parent[root] != root:
            root = parent[root]
        while parent[node] != root:
            parent[node], node = root, parent[node]
        return root

    merges: list[tuple[int, int, int]] = []
    for a, b in zip(left.tolist(), right.tolist(), strict=True):
        one, other = find(a), find(b)
        node = n + len(merges)
        parent[one] = parent[other] = node
        size[node] = size[one] + size[other]
        merges.append((one, other, size[node]))
    roots = sorted({find(point) for point in range(n)})
    while len(roots) > 1:
        one, other = roots.pop(), roots.pop()
        node = n + len(merges)
        parent[one] = parent[other] = node
        size[node] = size[one] + size[other]
        merges.append((one, other, size[node]))
        roots.append(node)
    return merges


def _condense(
    n: int, merges: list[tuple[int, int, int]], weight: NDArray[np.float64], min_size: int
) -> _Tree:
    """Walk down from the root; a split counts where both sides have `min_size` points."""
    sizes = [1] * n + [merge[2] for merge in merges]
    last = np.zeros(n, np.int64)
    tree = _Tree([-1], [0.0], [[]], [0.0], last)
    stack = [(n + len(merges) - 1, 0)]
    while stack:
        node, cluster = stack.pop()
        if node < n:
            last[node] = cluster
            continue
        one, other, _ = merges[node - n]
        place = node - n
        level = min(1.0 / weight[place], _LAMBDA_MAX) if place < len(weight) else 0.0
        big = [side for side in (one, other) if sizes[side] >= min_size]
        if len(big) == 2:
            tree.stability[cluster] += (level - tree.birth[cluster]) * sizes[node]
            for side in big:
                tree.parent.append(cluster)
                tree.birth.append(level)
                tree.children.append([])
                tree.stability.append(0.0)
                tree.children[cluster].append(len(tree.parent) - 1)
                stack.append((side, len(tree.parent) - 1))
            continue
        for side in (one, other):
            if side not in big:
                tree.stability[cluster] += (level - tree.birth[cluster]) * sizes[side]
                for point in _points(n, merges, side):
                    last[point] = cluster
            else:
                stack.append((side, cluster))
    return tree


def _points(n: int, merges: list[tuple[int, int, int]], node: int) -> list[int]:
    found: list[int] = []
    stack = [node]
    while stack:
        node = stack.pop()
        if node < n:
            found.append(node)
        else:
            stack += merges[node - n][:2]
    return found


def _excess_of_mass(tree: _Tree) -> set[int]:
    """The clusters that live longest: a parent where it outlives all its children together."""
    best = list(tree.stability)
    chosen: set[int] = set()
    for cluster in range(len(tree.parent) - 1, 0, -1):
        below = sum(best[child] for child in tree.children[cluster])
        if tree.children[cluster] and below > tree.stability[cluster]:
            best[cluster] = below
        else:
            chosen.add(cluster)
    # Nothing below a chosen cluster is one of its own; the root is never a cluster.
    kept: set[int] = set()
    stack = list(tree.children[0])
    while stack:
        cluster = stack.pop()
        if cluster in chosen:
            kept.add(cluster)
        else:
            stack += tree.children[cluster]
    return kept


def _labels(tree: _Tree, chosen: set[int]) -> NDArray[np.int64]:
    """The chosen cluster above each point, numbered by size, largest first; -1 where none is."""
    owner = np.full(len(tree.parent), -1, np.int64)
    for cluster in range(1, len(tree.parent)):
        above = owner[tree.parent[cluster]]
        owner[cluster] = cluster if cluster in chosen else above
    found = owner[tree.last]
    names, counts = np.unique(found[found >= 0], return_counts=True)
    order = names[np.lexsort((names, -counts))]
    number = np.full(len(tree.parent) + 1, -1, np.int64)
    number[order] = np.arange(len(order))
    return number[found]

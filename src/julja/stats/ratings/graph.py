"""Which models can be compared at all, and whose rating has no limit.

A finite maximum of the likelihood exists exactly where, however the models are split in two
groups, some model of each has beaten or tied one of the other (Ford, American Mathematical Monthly
64, 1957): where the graph of "scored against" is strongly connected.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from julja.stats.ratings.pairs import Pairs, add_up


@dataclass(frozen=True, slots=True)
class Components:
    """How far the battles connect m models.

    `island` (m) numbers the groups that never met each other; `core` (m) is true for the largest
    group whose ratings are finite against each other; `side` (m) says of the others where they
    stand to the core: 1 above it (never lost to it, directly or through others), -1 below, 0 where
    the battles don't say.
    """

    island: NDArray[np.int64]
    core: NDArray[np.bool_]
    side: NDArray[np.int64]

    @property
    def is_connected(self) -> bool:
        """True where every model has a finite rating against every other."""
        return bool(self.core.all())


def components(pairs: Pairs) -> Components:
    """The components of a table of battles; counts of shape (p,)."""
    from scipy.sparse import csr_matrix
    from scipy.sparse.csgraph import breadth_first_order, connected_components

    size = pairs.models
    # An edge from the one that scored to the one that it scored against.
    up = pairs.wins + pairs.ties > 0
    down = pairs.losses + pairs.ties > 0
    source = np.concatenate([pairs.i[up], pairs.j[down]])
    target = np.concatenate([pairs.j[up], pairs.i[down]])
    edges = csr_matrix((np.ones(len(source)), (source, target)), shape=(size, size))
    _, island = connected_components(edges, directed=False)
    _, strong = connected_components(edges, directed=True, connection="strong")
    met = pairs.wins + pairs.ties + pairs.losses
    games = add_up(pairs.i, met, size) + add_up(pairs.j, met, size)
    # The largest by models, then by battles.
    members = np.bincount(strong)
    best = np.lexsort((add_up(strong, games, len(members)), members))[-1]
    core = strong == best
    side = np.zeros(size, np.int64)
    if not core.all():
        first = int(np.flatnonzero(core)[0])
        below = breadth_first_order(edges, first, return_predecessors=False)
        above = breadth_first_order(edges.T.tocsr(), first, return_predecessors=False)
        side[below] = -1
        side[above] = 1
        side[core] = 0
    return Components(island.astype(np.int64), core, side)

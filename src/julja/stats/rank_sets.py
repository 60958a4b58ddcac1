"""What may be said of ranks: tie groups with letters, and intervals of ranks.

An order is (m, m): 1 where the row is separated above the column, -1 below, 0 not separated.
Sources: Piepho, "An algorithm for a letter-based representation of all-pairwise comparisons" (JCGS
13, 2004) for the letters; Mogstad, Romano, Shaikh and Wilhelm, "Inference for ranks" (Review of
Economic Studies 91, 2024) for simultaneous ranks.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from julja.stats.intervals import LEVEL, Floats
from julja.stats.ranks import Order
from julja.stats.ratings.ranks import rank_intervals

Ints = NDArray[np.int64]


def simultaneous_ranks(order: Order) -> tuple[Ints, Ints]:
    """The best and the worst rank (m,) that each model may have, 1 being the best.

    Best: 1 + how many are separated above it; worst: m less how many are separated below it. If the
    order's decisions are all true with some confidence (max-T, Holm), so are all these intervals at
    once.

    >>> low, high = simultaneous_ranks(np.array([[0, 0, 1], [0, 0, 0], [-1, 0, 0]], np.int8))
    >>> low.tolist(), high.tolist()
    ([1, 1, 2], [2, 3, 3])
    """
    above, below = (order < 0).sum(axis=1), (order > 0).sum(axis=1)
    return 1 + above, len(order) - below


def bootstrap_ranks(draws: Floats, level: float = LEVEL) -> tuple[Ints, Ints]:
    """Percentiles (m,) of each model's rank over resamples of items; `draws` (b, m), higher better.

    Each interval is for its model alone, and is too narrow among models that are level (Goldstein
    and Spiegelhalter 1996 meet the same): use `simultaneous_ranks` for what is claimed.
    """
    return rank_intervals(draws, level)


def tie_groups(order: Order, strength: Floats | None = None) -> tuple[tuple[int, ...], ...]:
    """Groups of models, of which two share one if and only if they are not separated.

    Insert and absorb: a group that holds a separated pair is split in two, and one that lies within
    another is dropped. Groups and members are in order of `strength` (m,), best first, or else as
    the models come.

    >>> apart = np.array([[0, 0, 1], [0, 0, 0], [-1, 0, 0]], np.int8)
    >>> tie_groups(apart)
    ((0, 1), (1, 2))
    """
    models = len(order)
    place = np.arange(models) if strength is None else np.argsort(np.argsort(-strength))
    groups = [frozenset(range(models))] if models else []
    for first, second in zip(*np.nonzero(np.triu(order, 1)), strict=True):
        torn = [group for group in groups if first in group and second in group]
        kept = [group for group in groups if group not in torn]
        parts = {group - {one} for group in torn for one in (int(first), int(second))}
        kept += [part for part in parts if not any(part <= group for group in kept)]
        groups = [part for part in kept if not any(part < group for group in kept)]
    members = (tuple(sorted(group, key=lambda one: place[one])) for group in groups)
    return tuple(sorted(members, key=lambda group: [int(place[one]) for one in group]))


def letters(groups: Sequence[Sequence[int]], models: int) -> list[str]:
    """Each model's letters: `a` for the best group; two that share one are not separated.

    After `z` come `A` to `Z`, then `a1`, ...

    >>> letters(((0, 1), (1, 2)), 3)
    ['a', 'ab', 'b']
    """
    alphabet = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
    found = [""] * models
    for number, group in enumerate(groups):
        lap, at = divmod(number, len(alphabet))
        for member in group:
            found[member] += alphabet[at] + (str(lap) if lap else "")
    return found

"""Battles summed up: a million rows become a few thousand cells, and those a table of pairs."""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from julja.stats.intervals import Floats

Ints: TypeAlias = NDArray[np.integer]

# Up to so many possible cells a table of them all is cheaper than sorting the battles.
_DENSE = 8_000_000


@dataclass(frozen=True, slots=True)
class Pairs:
    """Weight of the wins, ties and losses of model `i` against model `j`; i < j, p pairs.

    The counts have the shape (p,), or (resamples, p) where a bootstrap drew several tables.
    """

    models: int
    i: NDArray[np.int64]
    j: NDArray[np.int64]
    wins: Floats
    ties: Floats
    losses: Floats


@dataclass(frozen=True, slots=True)
class Cells:
    """Equal battles counted once: the same pair, outcome and weight. c cells of n battles.

    `pair` (c, ascending) points into `i` and `j` (p, i < j), `share` (c) is what the battle is
    worth to the model `i`, `weight` (c) what one of them counts, `count` (c) how many there are.
    `cell` (n) is the cell of each battle.
    """

    models: int
    i: NDArray[np.int64]
    j: NDArray[np.int64]
    pair: NDArray[np.int64]
    share: Floats
    weight: Floats
    count: NDArray[np.int64]
    cell: NDArray[np.int64]

    def split(self) -> tuple[Floats, Floats, Floats]:
        """The weight of one battle of each cell as win, tie and loss of `i`; shape (c,) each.

        A share that is neither 0, 1/2 nor 1 is part win, part loss.
        """
        tie = self.share == 0.5
        wins = np.where(tie, 0.0, self.weight * self.share)
        ties = np.where(tie, self.weight, 0.0)
        return wins, ties, np.where(tie, 0.0, self.weight - wins)

    def pairs(self, count: NDArray[np.integer] | Floats | None = None) -> Pairs:
        """The sums by pair; `count` (c) or (resamples, c) stands in for the counts where given."""
        numbers = self.count if count is None else count
        # Cells are sorted by pair and every pair has one, so that each sum is over a slice.
        starts = np.searchsorted(self.pair, np.arange(len(self.i)))
        parts = (np.add.reduceat(numbers * part, starts, axis=-1) for part in self.split())
        return Pairs(self.models, self.i, self.j, *parts)


def count_cells(
    a: Ints, b: Ints, outcome: Floats, weight: Floats | None = None, *, models: int
) -> Cells:
    """Check battles and count the equal ones; A and B are turned so that i < j."""
    a, b = np.asarray(a), np.asarray(b)
    outcome = np.asarray(outcome, float)
    check(a, b, outcome, weight, models)
    levels, level = _levels(outcome)
    weights, heft = _distinct(weight, len(a))
    kinds = len(levels) * len(weights)
    swap = a > b
    low, high = np.where(swap, b, a).astype(np.int64), np.where(swap, a, b)
    # `levels` is symmetric, so that the share of the other side is the level from the other end.
    level = np.where(swap, len(levels) - 1 - level, level)
    code = (low * models + high) * kinds + level * len(weights) + heft
    met, count, cell = _numbered(code, models * models * kinds)
    pair, kind = met // kinds, met % kinds
    pairs, number = np.unique(pair, return_inverse=True)
    return Cells(
        models,
        pairs // models,
        pairs % models,
        number.astype(np.int64),
        levels[kind // len(weights)],
        weights[kind % len(weights)],
        count,
        cell,
    )


def sum_pairs(
    a: Ints, b: Ints, outcome: Floats, weight: Floats | None = None, *, models: int
) -> Pairs:
    """Wins, ties and losses of each pair of models that met.

    >>> table = sum_pairs(np.array([0, 1, 1]), np.array([1, 0, 0]), np.array([1, 1, 0.5]), models=2)
    >>> table.wins.tolist(), table.ties.tolist(), table.losses.tolist()
    ([1.0], [1.0], [1.0])
    """
    return count_cells(a, b, outcome, weight, models=models).pairs()


def check(a: Ints, b: Ints, outcome: Floats, weight: Floats | None, models: int) -> None:
    """Raise ValueError for battles that no model of ratings can take."""
    if not len(a) == len(b) == len(outcome) or (weight is not None and len(weight) != len(a)):
        raise ValueError("a, b, outcome and weight must have one entry for each battle")
    if not len(a):
        raise ValueError("ratings need at least one battle")
    if min(a.min(), b.min()) < 0 or max(a.max(), b.max()) >= models:
        raise ValueError(f"models are numbered 0 to {models - 1}")
    if np.any(a == b):
        raise ValueError("a model can't meet itself")
    # Written so that NaN fails too.
    if not (outcome.min() >= 0 and outcome.max() <= 1):
        raise ValueError("an outcome is what the battle is worth to A: 0 to 1")
    if weight is not None and not (weight.min() >= 0 and np.isfinite(weight.max())):
        raise ValueError("weights must be finite and not negative")


def add_up(index: Ints, values: Floats, size: int) -> Floats:
    """The sum of the values at each index; shape (size,)."""
    found: Floats = np.bincount(index, weights=values, minlength=size).astype(float, copy=False)
    return found


def _levels(outcome: Floats) -> tuple[Floats, NDArray[np.int64]]:
    """The distinct outcomes, closed under x -> 1 - x and sorted, and the place of each battle's."""
    doubled = (2 * outcome).astype(np.int64)
    if np.array_equal(doubled, 2 * outcome):
        return np.array([0.0, 0.5, 1.0]), doubled
    levels = np.unique(outcome)
    # Rounding may make 1 - (1 - x) differ from x; both ends are then taken from the lower half.
    half = np.unique(np.minimum(levels, 1 - levels))
    levels = np.unique(np.concatenate([half, 1 - half]))
    return levels, _nearest(levels, outcome)


def _nearest(levels: Floats, values: Floats) -> NDArray[np.int64]:
    right = np.clip(np.searchsorted(levels, values), 1, len(levels) - 1)
    nearer = values - levels[right - 1] < levels[right] - values
    return right - nearer.astype(np.int64)


def _distinct(weight: Floats | None, size: int) -> tuple[Floats, NDArray[np.int64] | int]:
    if weight is None:
        return np.ones(1), 0
    weight = np.asarray(weight, float)
    if weight.min() == weight.max():
        return weight[:1], 0
    found, place = np.unique(weight, return_inverse=True)
    return found, place.astype(np.int64)


def _numbered(
    code: NDArray[np.int64], possible: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """(the codes that occur, how often, the number of each row's)."""
    if possible > max(_DENSE, 4 * len(code)):
        met, cell, count = np.unique(code, return_inverse=True, return_counts=True)
        return met, count, cell.astype(np.int64)
    table = np.bincount(code, minlength=possible)
    met = np.flatnonzero(table)
    number = np.empty(possible, np.int64)
    number[met] = np.arange(len(met))
    return met, table[met], number[code]

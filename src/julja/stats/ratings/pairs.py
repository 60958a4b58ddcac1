"""Battles summed up by pair of models: a million rows become at most m(m - 1)/2."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from julja.stats.intervals import Floats

Ints = NDArray[np.integer]

# Up to so many cells a table of all pairs is cheaper than sorting the battles.
_DENSE = 4_000_000


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
class Rows:
    """Battles checked and turned so that the model with the smaller number comes first.

    `pair` (n) points into `i` and `j` (p); `wins`, `ties`, `losses` (n) hold the weight of each
    battle split by its outcome; `sign` (n) is 1 where A is `i`, -1 where B is.
    """

    models: int
    i: NDArray[np.int64]
    j: NDArray[np.int64]
    pair: NDArray[np.int64]
    sign: Floats
    wins: Floats
    ties: Floats
    losses: Floats

    def total(self) -> Pairs:
        """The sums by pair."""
        size = len(self.i)
        parts = (add_up(self.pair, part, size) for part in (self.wins, self.ties, self.losses))
        return Pairs(self.models, self.i, self.j, *parts)


def add_up(index: Ints, values: Floats, size: int) -> Floats:
    """The sum of the values at each index; shape (size,)."""
    found: Floats = np.bincount(index, weights=values, minlength=size).astype(float, copy=False)
    return found


def turn(a: Ints, b: Ints, outcome: Floats, weight: Floats | None, models: int) -> Rows:
    """Check battles and turn them; a score that is neither 0, .5 nor 1 is part win, part loss."""
    a, b = np.asarray(a, np.int64), np.asarray(b, np.int64)
    outcome = np.asarray(outcome, float)
    check(a, b, outcome, weight, models)
    pair, i, j = _numbered(np.minimum(a, b), np.maximum(a, b), models)
    sign = np.where(a < b, 1.0, -1.0)
    # A's share is turned into that of the model `i`.
    share = 0.5 + sign * (outcome - 0.5)
    tie = outcome == 0.5
    scale = np.ones(len(a)) if weight is None else np.asarray(weight, float)
    wins = np.where(tie, 0.0, scale * share)
    ties = np.where(tie, scale, 0.0)
    return Rows(models, i, j, pair, sign, wins, ties, scale - wins - ties)


def sum_pairs(
    a: Ints, b: Ints, outcome: Floats, weight: Floats | None = None, *, models: int
) -> Pairs:
    """Wins, ties and losses of each pair of models that met.

    >>> table = sum_pairs(np.array([0, 1, 1]), np.array([1, 0, 0]), np.array([1, 1, 0.5]), models=2)
    >>> table.wins.tolist(), table.ties.tolist(), table.losses.tolist()
    ([1.0], [1.0], [1.0])
    """
    return turn(a, b, outcome, weight, models).total()


def check(a: Ints, b: Ints, outcome: Floats, weight: Floats | None, models: int) -> None:
    """Raise ValueError for battles that no model of ratings can take."""
    if not len(a) == len(b) == len(outcome) or (weight is not None and len(weight) != len(a)):
        raise ValueError("a, b, outcome and weight must have one entry for each battle")
    if not len(a):
        return
    if min(a.min(), b.min()) < 0 or max(a.max(), b.max()) >= models:
        raise ValueError(f"models are numbered 0 to {models - 1}")
    if np.any(a == b):
        raise ValueError("a model can't meet itself")
    # Written so that NaN fails too.
    if not (outcome.min() >= 0 and outcome.max() <= 1):
        raise ValueError("an outcome is what the battle is worth to A: 0 to 1")
    if weight is not None and not (weight.min() >= 0 and np.isfinite(weight.max())):
        raise ValueError("weights must be finite and not negative")


def _numbered(
    low: NDArray[np.int64], high: NDArray[np.int64], models: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """(the pair of each battle, i and j of each pair)."""
    code = low * models + high
    if models * models <= _DENSE:
        met = np.flatnonzero(np.bincount(code, minlength=models * models))
        number = np.empty(models * models, np.int64)
        number[met] = np.arange(len(met))
        return number[code], met // models, met % models
    met, pair = np.unique(code, return_inverse=True)
    return pair.astype(np.int64), met // models, met % models

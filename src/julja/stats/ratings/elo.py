"""Online Elo: ratings that move after each battle, so that their order matters.

r_a += k (s - e) with e = 1 / (1 + base^((r_b - r_a) / scale)), r_b the opposite (Elo, "The Rating
of Chessplayers", 1978). k = 4, scale 400, base 10 and a start at 1000 are the Chatbot Arena's.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from julja.stats.intervals import Floats
from julja.stats.ratings.pairs import Ints, check


@dataclass(frozen=True, slots=True)
class Elo:
    """How far a battle moves ratings (`k`), and on which scale."""

    k: float = 4.0
    scale: float = 400.0
    base: float = 10.0
    initial: float = 1000.0


def online_elo(
    a: Ints,
    b: Ints,
    outcome: Floats,
    weight: Floats | None = None,
    *,
    models: int,
    settings: Elo | None = None,
) -> Floats:
    """Ratings after n battles in their order; shape (m,). A battle of weight w moves w times k.

    >>> online_elo(np.array([0]), np.array([1]), np.array([1.0]), models=2).tolist()
    [1002.0, 998.0]
    """
    check(a, b, outcome, weight, models)
    own = settings or Elo()
    ratings = [own.initial] * models
    power = own.base ** (1 / own.scale)
    moves = [own.k] * len(a) if weight is None else (own.k * np.asarray(weight, float)).tolist()
    rows = zip(a.tolist(), b.tolist(), outcome.tolist(), moves, strict=True)
    try:
        for one, other, score, move in rows:
            change = move * (score - 1 / (1 + power ** (ratings[other] - ratings[one])))
            ratings[one] += change
            ratings[other] -= change
    except OverflowError as error:
        raise ValueError(f"k = {own.k:g} is too large: ratings run away") from error
    return np.array(ratings)


def elo_bootstrap(
    a: Ints,
    b: Ints,
    outcome: Floats,
    weight: Floats | None,
    draws: int,
    generator: np.random.Generator,
    *,
    models: int,
    clusters: Ints | None = None,
    settings: Elo | None = None,
    tick: Callable[[int], None] = lambda done: None,
) -> Floats:
    """Elo ratings of battles drawn anew, each draw in the battles' order; shape (draws, m).

    With `clusters` (n, codes) whole clusters are drawn. All draws go through the battles side by
    side: a battle that was drawn c times is played c times in a row.
    """
    check(a, b, outcome, weight, models)
    own = settings or Elo()
    slope = np.log(own.base) / own.scale
    moves = np.full(len(a), own.k) if weight is None else own.k * np.asarray(weight, float)
    ratings = np.full((models, draws), own.initial)
    times = _times(len(a), clusters, draws, generator)
    for row, (one, other) in enumerate(zip(a.tolist(), b.tolist(), strict=True)):
        left = times[row].copy()
        while left.any():
            gap = slope * (ratings[other] - ratings[one])
            change = (left > 0) * moves[row] * (outcome[row] - 1 / (1 + np.exp(gap)))
            ratings[one] += change
            ratings[other] -= change
            left -= left > 0
        if row % 4096 == 0:
            tick(draws * row // len(a))
    tick(draws)
    return ratings.T


def _times(size: int, clusters: Ints | None, draws: int, generator: np.random.Generator) -> Ints:
    """How often each battle is played in each draw; shape (n, draws)."""
    if clusters is None:
        group, groups = np.arange(size), size
    else:
        _, group = np.unique(clusters, return_inverse=True)
        groups = int(group.max()) + 1
    times = np.zeros((groups, draws), np.int16)
    for column in range(draws):
        drawn = generator.integers(0, groups, groups)
        times[:, column] = np.bincount(drawn, minlength=groups)
    found: Ints = times[group]
    return found

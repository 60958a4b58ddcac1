"""Ranks that say what the intervals allow, and intervals of ranks."""

import numpy as np
from numpy.typing import NDArray

from julja.stats.intervals import Floats


def interval_ranks(lower: Floats, upper: Floats) -> NDArray[np.int64]:
    """Each model's best rank that its interval allows: 1 + how many are surely above it.

    Model j is surely above i where lower_j > upper_i: the "rank (UB)" of the Chatbot Arena
    (FastChat, `elo_analysis`). Models whose intervals overlap share a rank. NaN ends are neither
    above nor below anything. Shapes (m,).

    >>> interval_ranks(np.array([3.0, 1.5, 0.0]), np.array([4.0, 3.5, 1.0])).tolist()
    [1, 1, 3]
    """
    known = np.sort(lower[~np.isnan(lower)])
    ends = np.where(np.isnan(upper), np.inf, upper)
    return 1 + len(known) - np.searchsorted(known, ends, side="right")


def rank_intervals(
    draws: Floats, level: float = 0.95
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Percentiles of each model's rank over draws of all ratings; draws (d, m), ends (m,).

    The rank of a model in one draw is 1 + how many are above it there; draws where it has no
    rating (NaN) are left out.
    """
    lows, highs = [], []
    places = np.argsort(np.argsort(-draws, axis=1, kind="stable"), axis=1) + 1.0
    places[np.isnan(draws)] = np.nan
    tail = (1 - level) / 2
    for column in places.T:
        known = column[~np.isnan(column)]
        if not len(known):
            lows.append(1)
            highs.append(draws.shape[1])
            continue
        low, high = np.quantile(known, [tail, 1 - tail], method="inverted_cdf")
        lows.append(int(low))
        highs.append(int(high))
    return np.array(lows), np.array(highs)

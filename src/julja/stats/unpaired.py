"""Many models whose scores are known with their errors only, not item by item.

Where two models were asked the same items their errors go together, and differences are surer than
this knows: what it separates is separated, and much that it doesn't would be by items. Use
`julja.stats.many` where there are items.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from julja.stats.intervals import LEVEL, Floats
from julja.stats.paired import holm
from julja.stats.rank_sets import bootstrap_ranks, simultaneous_ranks
from julja.stats.ranks import Order
from julja.stats.resample import RESAMPLES


@dataclass(frozen=True, slots=True)
class Unpaired:
    """All pairs of m models by independent errors, with Holm's adjustment over the pairs.

    `order` (m, m) is 1 where the row is separated as higher than the column, -1 as lower, else 0;
    `rank_low` and `rank_high` (m,) follow from it and hold together; `likely_low` and `likely_high`
    are percentiles of the ranks of normal `draws` (b, m). NaN errors separate nothing.
    """

    order: Order
    rank_low: NDArray[np.int64]
    rank_high: NDArray[np.int64]
    likely_low: NDArray[np.int64]
    likely_high: NDArray[np.int64]
    draws: Floats


def compare_unpaired(
    score: Floats,
    stderr: Floats,
    *,
    alpha: float = 0.05,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Unpaired:
    """Compare all pairs of scores (m,), higher being better, by z-tests with their errors (m,).

    >>> found = compare_unpaired(np.array([0.9, 0.5, 0.48]), np.array([0.02, 0.02, 0.02]))
    >>> found.order.tolist()
    [[0, 1, 1], [-1, 0, 0], [-1, 0, 0]]
    """
    from scipy.special import ndtr

    models = len(score)
    rows, columns = np.triu_indices(models, 1)
    gap = score[rows] - score[columns]
    spread = np.sqrt(stderr[rows] ** 2 + stderr[columns] ** 2)
    known = np.isfinite(gap) & np.isfinite(spread)
    # Scores without any error that differ, differ; equal ones don't.
    certain = np.where(gap == 0, 0.0, np.inf)
    ratio = np.where(spread > 0, np.abs(gap) / np.where(spread > 0, spread, 1.0), certain)
    p = 2 * ndtr(-ratio[known])
    adjusted = np.ones(len(rows))
    adjusted[known] = holm(p.tolist()) if known.any() else []
    sign = np.where(adjusted < alpha, np.sign(gap), 0)
    order: Order = np.zeros((models, models), dtype=np.int8)
    order[rows, columns], order[columns, rows] = sign, -sign
    low, high = simultaneous_ranks(order)
    noise = np.random.default_rng(seed).standard_normal((resamples, models))
    draws = score + noise * np.nan_to_num(stderr)
    likely_low, likely_high = bootstrap_ranks(draws, LEVEL)
    return Unpaired(order, low, high, likely_low, likely_high, draws)

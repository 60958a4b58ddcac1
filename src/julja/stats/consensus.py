"""How several tables of scores rank the same models together, and which of them stands apart.

`scores` are (k, m): k tables, m models, higher is better, NaN where a table lacks a model.

A consensus is the ranking that fits all pairwise orders best (HodgeRank: Jiang, Lim, Yao and Ye,
"Statistical ranking and combinatorial Hodge theory", 2011), which needs no complete table; with
complete ones it is Borda's mean rank.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from julja.stats.intervals import Floats

PERMUTATIONS = 2000
# A correlation over fewer models says nothing.
FEWEST = 3
_CLOSE = 1e-9
# Results are rounded, so that what is level stays level whatever the order of adding.
_PLACES = 9
_APART = 1e-6


@dataclass(frozen=True, slots=True)
class Concordance:
    """Kendall's W: 0 for no agreement at all, 1 for one order; `p` is against chance."""

    w: float
    p: float
    tables: int
    models: int
    permutations: int


@dataclass(frozen=True, slots=True)
class Outliers:
    """How much less each table agrees with the rest than the others do without it; all (k,).

    `own` is a table's correlation with the consensus of the rest, `others` the mean of the others'
    with theirs, that table left out of it. `p` is one-sided, by permutation, not yet adjusted for k
    tables; NaN where it can't be had.
    """

    own: Floats
    others: Floats
    p: Floats
    permutations: int


def consensus(scores: Floats) -> Floats:
    """The consensus (m,) of some tables: least squares on the signs of all pairwise differences.

    A model is NaN where no table compares it with the largest group of models that are compared
    with each other, directly or through others.
    """
    flow, weight = _pairwise(scores)
    group = _largest_group(weight > 0)
    found = np.full(scores.shape[1], np.nan)
    if len(group) < 2:
        return found
    inside = np.ix_(group, group)
    laplacian = np.diag(weight[inside].sum(axis=1)) - weight[inside]
    # Only differences are known: adding a constant to all entries pins the mean at 0.
    pinned = laplacian + weight.max() / len(group)
    found[group] = np.linalg.solve(pinned, flow[inside].sum(axis=1))
    return found.round(_PLACES)


def common_scale(scores: Floats, target: Floats) -> Floats:
    """Each table's ranking, expressed in the values of `target` (m,) of the models it has: (k, m).

    Quantile matching: a table's best model gets the highest target value among that table's models,
    and so on; ties share their mean. Tables that hold other models become comparable by that.
    """
    found = np.full(scores.shape, np.nan)
    for row, values in enumerate(scores):
        known = np.flatnonzero(~np.isnan(values) & ~np.isnan(target))
        # Level targets are pulled apart a little, so that no table loses its own order by them.
        ladder = np.sort(target[known]) + _APART * np.arange(len(known))
        _, code, count = np.unique(values[known], return_inverse=True, return_counts=True)
        ends = np.cumsum(count)
        sums = np.concatenate([[0.0], np.cumsum(ladder)])
        found[row, known] = ((sums[ends] - sums[ends - count]) / count)[code]
    return found


def rest(values: Floats, without: tuple[int, ...]) -> Floats:
    """The mean (m,) of tables on a common scale, some left out; NaN where no other is known."""
    kept = np.delete(values, without, axis=0)
    known = ~np.isnan(kept)
    count = known.sum(axis=0)
    total = np.where(known, kept, 0.0).sum(axis=0)
    mean: Floats = np.where(count > 0, total / np.maximum(count, 1), np.nan)
    return mean.round(_PLACES)


def outliers(values: Floats, *, permutations: int = PERMUTATIONS, seed: int = 0) -> Outliers:
    """Which table on a common scale (k, m) agrees less with the rest than the others do.

    The null hypothesis is that the tables are exchangeable: for each model, it is chance which
    table gave which value. So the values of each model are permuted among the tables that have it.
    Needs three tables: of two, neither is the outlier.
    """
    k = len(values)
    if k < 3:
        raise ValueError("an outlier needs three tables at least")
    mask = ~np.isnan(values)
    own, others = _gaps(np.where(mask, values, 0.0)[None], mask)
    drawn_own, drawn_others = _gaps(_permuted(values, permutations, seed), mask)
    gap, drawn = others[0] - own[0], drawn_others - drawn_own
    reached = (drawn >= gap - _CLOSE).sum(axis=0)
    p = (1 + reached) / (1 + permutations)
    return Outliers(own[0], others[0], np.where(np.isnan(gap), np.nan, p), permutations)


def concordance(
    scores: Floats, *, permutations: int = PERMUTATIONS, seed: int = 0
) -> Concordance | None:
    """Kendall's W (Kendall and Babington Smith, 1939) with its correction for ties.

    Over the models that all tables have; None where those are fewer than three, or all tied.
    """
    from scipy.stats import rankdata

    complete = scores[:, ~np.isnan(scores).any(axis=0)]
    k, m = complete.shape
    if k < 2 or m < FEWEST:
        return None
    ranks: Floats = rankdata(complete, axis=1)
    ties = sum(float(((n := _counts(row)) ** 3 - n).sum()) for row in ranks)
    most = (k**2 * (m**3 - m) - k * ties) / 12
    if most <= 0:
        return None
    now = _spread(ranks[None])[0]
    generator = np.random.default_rng(seed)
    drawn = generator.permuted(np.broadcast_to(ranks, (permutations, k, m)), axis=2)
    reached = int((_spread(drawn) >= now - _CLOSE).sum())
    return Concordance(float(now / most), (1 + reached) / (1 + permutations), k, m, permutations)


def reliability(scores: Floats, variance: Floats) -> float | None:
    """The share of the scores' variance that is not their own error; None without any spread.

    Spearman (1904): two tables whose true rankings are one correlate by the root of the product of
    their reliabilities, not by 1.
    """
    known = np.isfinite(scores) & np.isfinite(variance)
    if int(known.sum()) < FEWEST:
        return None
    total = float(np.var(scores[known], ddof=1))
    return None if total <= 0 else max(0.0, 1 - float(variance[known].mean()) / total)


def _pairwise(scores: Floats) -> tuple[Floats, Floats]:
    """(m, m) each: sums of signs of row minus column, and how many tables have both."""
    m = scores.shape[1]
    flow, weight = np.zeros((m, m)), np.zeros((m, m))
    for row in scores:
        sign = np.sign(row[:, None] - row[None, :])
        both = ~np.isnan(sign)
        flow += np.where(both, sign, 0.0)
        weight += both
    np.fill_diagonal(weight, 0.0)
    return flow, weight


def _largest_group(linked: NDArray[np.bool_]) -> NDArray[np.int64]:
    from scipy.sparse.csgraph import connected_components

    _, label = connected_components(linked, directed=False)
    return np.flatnonzero(label == np.argmax(np.bincount(label)))


def _permuted(values: Floats, permutations: int, seed: int) -> Floats:
    """(p, k, m): each model's values in another order among its tables; 0 where there is none."""
    generator = np.random.default_rng(seed)
    found = np.zeros((permutations, *values.shape))
    for model, column in enumerate(values.T):
        known = np.flatnonzero(~np.isnan(column))
        drawn = np.broadcast_to(column[known], (permutations, len(known)))
        found[:, known, model] = generator.permuted(drawn, axis=1)
    return found


def _gaps(values: Floats, mask: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """(own, others), (p, k) each, of `Outliers`; `values` (p, k, m) are 0 outside `mask` (k, m)."""
    k = values.shape[1]
    total, count = values.sum(axis=1), mask.sum(axis=0)
    own = np.empty(values.shape[:2])
    others = np.empty(values.shape[:2])
    for out in range(k):
        left, there = total - values[:, out], count - mask[out]
        own[:, out] = _correlation(values[:, out], left, there, mask[out])
        pairs = [
            _correlation(values[:, one], left - values[:, one], there - mask[one], mask[one])
            for one in range(k)
            if one != out
        ]
        known = [pair for pair in pairs if not np.isnan(pair).all()]
        others[:, out] = np.mean(known, axis=0) if known else np.nan
    return own, others


def _correlation(
    values: Floats, sums: Floats, count: NDArray[np.int64], mask: NDArray[np.bool_]
) -> Floats:
    """Pearson (p,) of a table with the mean of the others, over the models that both have."""
    shared = mask & (count > 0)
    if int(shared.sum()) < FEWEST:
        return np.full(len(values), np.nan)
    x, y = values[:, shared], sums[:, shared] / count[shared]
    x, y = x - x.mean(axis=1, keepdims=True), y - y.mean(axis=1, keepdims=True)
    spread = np.sqrt((x**2).sum(axis=1) * (y**2).sum(axis=1))
    known = spread > _CLOSE
    found: Floats = np.where(known, (x * y).sum(axis=1) / np.where(known, spread, 1.0), 0.0)
    return found


def _counts(ranks: Floats) -> Floats:
    return np.unique(ranks, return_counts=True)[1].astype(float)


def _spread(ranks: Floats) -> Floats:
    """Squared deviations of the sums of ranks, (p,) from (p, k, m)."""
    sums = ranks.sum(axis=1)
    found: Floats = ((sums - sums.mean(axis=1, keepdims=True)) ** 2).sum(axis=1)
    return found

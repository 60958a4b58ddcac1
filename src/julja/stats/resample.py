"""Bootstrap over items (or whole clusters of items) for many statistics of the same items at once.

A resample of items is a vector of counts, and most statistics of agreement are functions of sums
over the items. So the items' contributions are added up within each cluster, equal rows are merged,
and all resamples are one matrix product: thousands of them in milliseconds.

Source: Efron (1979); the cluster bootstrap is Davison and Hinkley, "Bootstrap Methods" (1997), 3.8.
"""

from collections.abc import Hashable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from julja.stats.intervals import LEVEL, Floats, clopper_pearson
from julja.types import Estimate

RESAMPLES = 2000
# Fewer items or clusters than this, drawn anew, say nothing about those that weren't.
FEWEST = 5
_BLOCK = 4_000_000
_MOST_DRAWS = 200_000_000


def cluster_codes(clusters: Sequence[Hashable] | None, n: int) -> NDArray[np.int64]:
    """Each item's cluster as a small integer, in order of first appearance; its own without any."""
    if clusters is None:
        return np.arange(n)
    if len(clusters) != n:
        raise ValueError(f"{len(clusters)} clusters for {n} items")
    numbers: dict[Hashable, int] = {}
    return np.array([numbers.setdefault(cluster, len(numbers)) for cluster in clusters], np.int64)


def cluster_sums(features: Floats, codes: NDArray[np.int64]) -> Floats:
    """The rows of `features` (n, f) added up within each cluster: (g, f)."""
    groups = int(codes.max(initial=-1)) + 1
    if groups == len(codes):
        return features
    sums = np.zeros((groups, features.shape[1]))
    np.add.at(sums, codes, features)
    return sums


def draws(multiplicity: NDArray[np.int64], resamples: int, seed: int) -> Iterator[Floats]:
    """Blocks of resamples: how often each distinct row is drawn, (b, p) with b resamples a block.

    Row p stands for `multiplicity[p]` equal ones; each resample draws as many as there are.
    """
    generator = np.random.default_rng(seed)
    total, kinds = int(multiplicity.sum()), len(multiplicity)
    size = max(1, _BLOCK // max(kinds, 1))
    for start in range(0, resamples, size):
        block = min(size, resamples - start)
        if kinds * 4 < total:
            yield generator.multinomial(total, multiplicity / total, size=block).astype(float)
            continue
        # With few repeats, drawing places is several times faster than a multinomial of many kinds.
        owner = np.repeat(np.arange(kinds), multiplicity)
        places = owner[generator.integers(0, total, (block, total))]
        places += np.arange(block)[:, None] * kinds
        counted = np.bincount(places.ravel(), minlength=block * kinds)
        yield counted.reshape(block, kinds).astype(float)


def affordable(resamples: int, rows: int) -> int:
    """So many resamples, or fewer for a very large table (its own error is small); at least 200."""
    return max(200, min(resamples, _MOST_DRAWS // max(rows, 1))) if resamples > 200 else resamples


def resampled_sums(
    features: Floats,
    *,
    clusters: Sequence[Hashable] | None = None,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Floats:
    """Sums of the rows of `features` (n, f) in each resample of items or clusters: (resamples, f).

    The same `clusters`, number of rows and seed do not give the same resamples for other features:
    statistics that are compared must come from one call.
    """
    grouped = cluster_sums(features, cluster_codes(clusters, len(features)))
    rows, multiplicity = np.unique(grouped, axis=0, return_counts=True)
    resamples = affordable(resamples, len(grouped))
    return np.concatenate([block @ rows for block in draws(multiplicity, resamples, seed)])


def bootstrapped(
    metric: str,
    value: float,
    drawn: Floats,
    n: int,
    *,
    units: int | None = None,
    level: float = LEVEL,
    flat: tuple[float, float] | None = None,
    unit: str = "bootstrap",
) -> Estimate:
    """An estimate from its values in all resamples: percentile interval.

    Resamples in which the statistic isn't defined (all items of one category) are left out and
    counted in the method. `units` is the number of clusters that were drawn, where there are any:
    fewer than five give no interval. `flat` is the interval where no resample differs from
    another, because one of width zero would claim too much.
    """
    if not np.isfinite(value):
        return Estimate(metric, None, None, None, n, None, "undefined: no variation")
    known = drawn[np.isfinite(drawn)]
    bounds = (value, value)
    few = (n if units is None else units) < FEWEST
    if few or len(known) < max(2, len(drawn) // 2):
        return Estimate(metric, value, None, None, n, bounds, "too few items for an interval")
    lost = len(drawn) - len(known)
    method = f"{unit} ({lost} of {len(drawn)} resamples undefined)" if lost else unit
    stderr = float(np.std(known, ddof=1))
    if np.ptp(known) <= 1e-12 * max(1.0, abs(value)):
        method = f"{unit}, no spread"
        return Estimate(metric, value, 0.0, flat, n, bounds, method)
    tail = (1 - level) / 2
    left, right = np.quantile(known, [tail, 1 - tail])
    return Estimate(metric, value, stderr, (float(left), float(right)), n, bounds, method)


def units_of(clusters: Sequence[Hashable] | None) -> int | None:
    """How many clusters there are; None where items are on their own."""
    return None if clusters is None else len(set(clusters))


def unseen_share(groups: int, level: float = LEVEL) -> float:
    """The largest share of items that may differ where none of `groups` was seen to: exact.

    >>> round(unseen_share(100), 4)
    0.0362
    """
    return clopper_pearson(0, groups, level)[1] if groups else 1.0

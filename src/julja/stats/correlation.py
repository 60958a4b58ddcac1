"""Correlations with bootstrap intervals over items or clusters.

Pearson's r from resampled sums; Spearman's is Pearson's on ranks, which are those of the whole
sample in every resample.
"""

from collections.abc import Hashable, Sequence

import numpy as np

from julja.stats.intervals import Floats
from julja.stats.resample import RESAMPLES, bootstrapped, resampled_sums, units_of
from julja.types import Estimate


def pearson(
    x: Floats,
    y: Floats,
    *,
    clusters: Sequence[Hashable] | None = None,
    resamples: int = RESAMPLES,
    seed: int = 0,
    metric: str = "pearson",
) -> Estimate:
    """Pearson's correlation of x and y (n,); no value where one of them doesn't vary."""
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    if len(x) < 3:
        return Estimate(metric, None, None, None, len(x), None, "fewer than three items")
    x, y = _standard(x), _standard(y)
    features = np.column_stack([np.ones(len(x)), x, y, x * x, y * y, x * y])
    drawn = resampled_sums(features, clusters=clusters, resamples=resamples, seed=seed)
    value = float(_correlation(features.sum(axis=0, keepdims=True))[0])
    return bootstrapped(metric, value, _correlation(drawn), len(x), units=units_of(clusters))


def spearman(
    x: Floats,
    y: Floats,
    *,
    clusters: Sequence[Hashable] | None = None,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Estimate:
    """Spearman's rank correlation of x and y (n,), ties at their mean rank."""
    from scipy.stats import rankdata

    ranks = (np.asarray(rankdata(side), dtype=float) for side in (x, y))
    return pearson(*ranks, clusters=clusters, resamples=resamples, seed=seed, metric="spearman")


def _standard(values: Floats) -> Floats:
    """Around 0 with spread 1, so that squares of large values keep their digits."""
    spread = float(values.std())
    found: Floats = (values - values.mean()) / (spread or 1.0)
    return found


def _correlation(sums: Floats) -> Floats:
    n, x, y, xx, yy, xy = sums.T
    spread = (xx - x * x / n) * (yy - y * y / n)
    room = np.where(spread > 1e-18 * n * n, spread, np.nan)
    found: Floats = np.clip((xy - x * y / n) / np.sqrt(room), -1.0, 1.0)
    return found

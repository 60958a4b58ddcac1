"""BCa bootstrap: intervals of any statistic, corrected for its bias and skew.

Source: Efron, "Better bootstrap confidence intervals" (JASA 82, 1987), equations 6.6 and 7.3. With
clusters, whole clusters are drawn and left out (the jackknife that the acceleration comes from).

A statistic is a function of sums over the samples: of `features` (n, f), one row a sample, it is
given the sums (b, f) of b resamples and returns b values. So all resamples are one matrix product.

    # F1 = 2 tp / (2 tp + fp + fn)
    bca_interval(np.column_stack([tp, fp, fn]), lambda s: 2 * s[:, 0] / (s @ [2.0, 1.0, 1.0]))
"""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from julja.stats.intervals import LEVEL, Floats, Interval
from julja.stats.resample import RESAMPLES, cluster_codes, cluster_sums, resampled_sums

_NORMAL = NormalDist()


@dataclass(frozen=True, slots=True)
class Bca:
    """A statistic with its bootstrap standard error and BCa interval.

    `bias` is z0 and `acceleration` a of the paper. `undefined` counts resamples without a value,
    which are left out. No interval (None) where resamples don't differ, or all lie on one side.
    """

    value: float
    stderr: float | None
    ci: Interval | None
    bias: float
    acceleration: float
    groups: int
    resamples: int
    undefined: int


def bca_interval(
    features: Floats,
    statistic: Callable[[Floats], Floats],
    *,
    clusters: Sequence[Hashable] | None = None,
    resamples: int = RESAMPLES,
    seed: int = 0,
    level: float = LEVEL,
) -> Bca:
    """The BCa interval of `statistic` of the sums of `features` (n, f) over samples or clusters."""
    features = np.asarray(features, dtype=float)
    sums = cluster_sums(features, cluster_codes(clusters, len(features)))
    total = sums.sum(axis=0)
    value = float(statistic(total[None])[0])
    if len(sums) < 2:
        return Bca(value, None, None, 0.0, 0.0, len(sums), 0, 0)
    drawn = statistic(resampled_sums(sums, resamples=resamples, seed=seed))
    return corrected(value, drawn, statistic(total - sums), level=level)


def corrected(value: float, drawn: Floats, left_out: Floats, *, level: float = LEVEL) -> Bca:
    """BCa from the values of resamples (b,) and of the data without each unit (g,)."""
    known = drawn[np.isfinite(drawn)]
    groups, undefined = len(left_out), len(drawn) - len(known)
    if len(known) < 2 or not np.isfinite(value):
        return Bca(value, None, None, 0.0, 0.0, groups, len(drawn), undefined)
    stderr = float(np.std(known, ddof=1))
    # Half of those that are level with the value: a 0/1 score has many.
    below = float((known < value).mean() + (known <= value).mean()) / 2
    acceleration = _acceleration(left_out)
    if np.ptp(known) <= 1e-12 * max(1.0, abs(value)) or not 0 < below < 1:
        return Bca(value, stderr, None, 0.0, acceleration, groups, len(drawn), undefined)
    bias = _NORMAL.inv_cdf(below)
    tail = (1 - level) / 2
    ends = [_shifted(share, bias, acceleration) for share in (tail, 1 - tail)]
    low, high = np.quantile(known, ends)
    ci = (float(low), float(high))
    return Bca(value, stderr, ci, bias, acceleration, groups, len(drawn), undefined)


def _acceleration(left_out: Floats) -> float:
    """Skew of the influence of single samples; 0 where leaving one out leaves no statistic."""
    if not np.isfinite(left_out).all():
        return 0.0
    gap = left_out.mean() - left_out
    squares = float((gap**2).sum())
    return float((gap**3).sum()) / (6 * squares**1.5) if squares > 1e-300 else 0.0


def _shifted(share: float, bias: float, acceleration: float) -> float:
    """The percentile to take for a nominal one."""
    z = bias + _NORMAL.inv_cdf(share)
    return _NORMAL.cdf(bias + z / (1 - acceleration * z))

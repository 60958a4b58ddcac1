"""Comparison of two runs on the same samples: paired difference, p, power, verdict.

Sources: McNemar (1947), exact form; Miller (2024, arXiv 2411.00640) for paired and clustered errors
and the minimum detectable effect; Holm (1979); Benjamini and Hochberg (1995).
"""

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Literal, TypeAlias

import numpy as np

from julja.stats.intervals import (
    Floats,
    Interval,
    clopper_pearson,
    clustered_stderr,
    mean_stderr,
    spreadless,
    t_interval,
)

Verdict: TypeAlias = Literal["BETTER", "WORSE", "EQUIVALENT", "INCONCLUSIVE"]


@dataclass(frozen=True, slots=True)
class Comparison:
    """B against A over the samples that both have.

    `difference` is the mean of B - A, `ci` its 95 % interval, `p` two-sided by `test`; wins,
    losses and ties count samples where B is above, below, level. `mde` is the smallest true
    difference that this many samples would show with 80 % power.
    """

    n: int
    a: float
    b: float
    difference: float
    stderr: float | None
    ci: Interval | None
    p: float | None
    test: str
    wins: int
    losses: int
    ties: int
    mde: float | None
    verdict: Verdict


def compare_paired(
    a: Sequence[float],
    b: Sequence[float],
    *,
    clusters: Sequence[Hashable] | None = None,
    weights: Sequence[float] | None = None,
    margin: float | None = None,
    alpha: float = 0.05,
    higher_is_better: bool = True,
) -> Comparison:
    """Compare two lists of values, paired by position.

    The verdict is BETTER or WORSE when p < alpha, EQUIVALENT when `margin` is given and the
    interval lies within it, INCONCLUSIVE otherwise.
    """
    first, second = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    if len(first) != len(second) or not len(first):
        raise ValueError("two lists of one length, with at least one value, are compared")
    scale = np.ones_like(first) if weights is None else np.asarray(weights, dtype=float)
    total = scale.sum()
    delta: Floats = second - first
    n = len(delta)
    difference = float(scale @ delta / total)
    wins, losses = int(np.sum(delta > 0)), int(np.sum(delta < 0))
    groups = len(set(clusters)) if clusters is not None else n
    clustered = clusters is not None and groups < n
    stderr: float | None = None
    if clustered or weights is not None:
        stderr = clustered_stderr(delta, clusters if clusters is not None else range(n), scale)
    elif n > 1:
        stderr = mean_stderr(delta)
    if stderr is not None and not math.isfinite(stderr):
        stderr = None
    flat = stderr is not None and spreadless(stderr, float(np.abs(delta).max()))
    if flat:
        stderr = None
    ci = None if stderr is None else t_interval(difference, stderr, max(groups - 1, 1))
    if not delta.any() and _within_unit(first):
        ci = _tied_interval(groups)
    exact = not clustered and weights is None and _binary(first) and _binary(second)
    p, test = (
        (mcnemar(wins, losses), "exact McNemar")
        if exact
        else _flat_test(difference, groups)
        if flat
        else _t_test(difference, stderr, groups, clustered)
    )
    return Comparison(
        n=n,
        a=float(scale @ first / total),
        b=float(scale @ second / total),
        difference=difference,
        stderr=stderr,
        ci=ci,
        p=p,
        test=test,
        wins=wins,
        losses=losses,
        ties=n - wins - losses,
        mde=None if stderr is None else minimum_detectable_effect(stderr, alpha=alpha),
        verdict=_verdict(difference, ci, p, margin, alpha, higher_is_better),
    )


def _binary(values: Floats) -> bool:
    return bool(np.all((values == 0) | (values == 1)))


def _within_unit(values: Floats) -> bool:
    return bool(values.min() >= 0 and values.max() <= 1)


def _tied_interval(groups: int) -> Interval:
    """The interval of a difference of values in 0..1 where no sample differs.

    The difference is at most the share of samples that differ, of which none was seen in
    `groups` independent ones: its exact upper limit (Clopper and Pearson), on either side.
    """
    limit = clopper_pearson(0, groups)[1]
    return -limit, limit


def _flat_test(difference: float, groups: int) -> tuple[float, str]:
    """Exact sign-flip test where every group differs by the same: t would divide by zero.

    Only the two of 2^groups sign assignments without a mixture reach what was seen.
    """
    p = 2.0 ** (1 - groups) if difference else 1.0
    return p, "exact sign flip"


def mcnemar(wins: int, losses: int, *, mid: bool = False) -> float:
    """Exact two-sided McNemar: the chance of so uneven a split of the discordant pairs.

    `mid` counts only half the chance of the split that was seen (mid-p: Fagerland, Lydersen and
    Laake, BMC Medical Research Methodology 13, 2013): less conservative, hardly ever above alpha.

    >>> round(mcnemar(9, 1), 6), round(mcnemar(9, 1, mid=True), 6)
    (0.021484, 0.011719)
    """
    from scipy.special import bdtr

    fewer, total = min(wins, losses), wins + losses
    if total == 0:
        return 1.0
    tail = float(bdtr(fewer, total, 0.5))
    below = float(bdtr(fewer - 1, total, 0.5)) if fewer else 0.0
    return min(1.0, tail + below if mid else 2 * tail)


def _t_test(
    difference: float, stderr: float | None, groups: int, clustered: bool
) -> tuple[float | None, str]:
    from scipy.special import stdtr

    name = "clustered paired t" if clustered else "paired t"
    if stderr is None:
        return None, name
    return float(2 * stdtr(max(groups - 1, 1), -abs(difference) / stderr)), name


def minimum_detectable_effect(stderr: float, *, alpha: float = 0.05, power: float = 0.8) -> float:
    """(z(1 - alpha/2) + z(power)) x standard error: Miller's equation 9 solved for the effect.

    >>> round(minimum_detectable_effect(0.01), 4)
    0.028
    """
    normal = NormalDist()
    return (normal.inv_cdf(1 - alpha / 2) + normal.inv_cdf(power)) * stderr


def _verdict(
    difference: float,
    ci: Interval | None,
    p: float | None,
    margin: float | None,
    alpha: float,
    higher_is_better: bool,
) -> Verdict:
    if margin is not None and ci is not None and -margin <= ci[0] and ci[1] <= margin:
        return "EQUIVALENT"
    if p is None or p >= alpha or difference == 0:
        return "INCONCLUSIVE"
    return "BETTER" if (difference > 0) == higher_is_better else "WORSE"


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's adjusted p-values: the family-wise error stays below alpha.

    >>> [round(p, 2) for p in holm([0.01, 0.04, 0.03])]
    [0.03, 0.06, 0.06]
    """
    order = sorted(range(len(p_values)), key=lambda i: p_values[i])
    adjusted = [0.0] * len(p_values)
    worst = 0.0
    for rank, index in enumerate(order):
        worst = max(worst, min(1.0, (len(p_values) - rank) * p_values[index]))
        adjusted[index] = worst
    return adjusted


def benjamini_hochberg(p_values: Sequence[float]) -> list[float]:
    """Benjamini-Hochberg adjusted p-values: the false discovery rate stays below alpha.

    >>> [round(p, 3) for p in benjamini_hochberg([0.01, 0.04, 0.03])]
    [0.03, 0.04, 0.04]
    """
    count = len(p_values)
    order = sorted(range(count), key=lambda i: p_values[i], reverse=True)
    adjusted = [0.0] * count
    best = 1.0
    for position, index in enumerate(order):
        best = min(best, p_values[index] * count / (count - position))
        adjusted[index] = best
    return adjusted

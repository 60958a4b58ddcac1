"""Are two runs the same for all practical purposes? Two one-sided tests, and Newcombe's interval.

"Not significant" is not "the same": equivalence needs a margin that is stated beforehand, and holds
when the interval of the difference lies within it.

Sources: Schuirmann (1987) for the two one-sided tests; Newcombe, "Improved confidence intervals for
the difference between binomial proportions based on paired data" (Statistics in Medicine 17, 1998),
method 10.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np

from julja.stats.intervals import (
    LEVEL,
    Floats,
    Interval,
    clustered_stderr,
    spreadless,
    t_interval,
    wilson,
)
from julja.stats.one_sided import PairedShares


@dataclass(frozen=True, slots=True)
class Equivalence:
    """Whether B - A lies within +- `margin`.

    `p_lower` is against "B is worse than A by the margin or more" (small: B is not inferior) and
    `p_upper` against "better by the margin or more"; `p` is the larger. `ci` is the interval at
    level 1 - 2 alpha, which lies within the margin exactly when `p` <= alpha. All None where there
    is no standard error.
    """

    n: int
    difference: float
    margin: float
    p_lower: float | None
    p_upper: float | None
    p: float | None
    ci: Interval | None
    equivalent: bool
    not_inferior: bool
    method: str


def equivalence(
    a: Sequence[float],
    b: Sequence[float],
    margin: float,
    *,
    clusters: Sequence[Hashable] | None = None,
    weights: Sequence[float] | None = None,
    alpha: float = 0.05,
) -> Equivalence:
    """Two one-sided paired t-tests of B - A over the same samples; higher scores are better.

    With `clusters` the standard error is cluster-robust, with as many degrees of freedom as there
    are clusters, less one. Pairs of 0/1 values that are neither clustered nor weighted are tested
    by Tango's score test (`julja.stats.one_sided`), which holds alpha where few samples differ;
    Newcombe's interval lets two or three times too many pass there.
    """
    first, second = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    if len(first) != len(second) or not len(first):
        raise ValueError("two lists of one length, with at least one value, are compared")
    if margin <= 0:
        raise ValueError("a margin of equivalence is above 0")
    groups = len(first) if clusters is None else len(set(clusters))
    clustered = clusters is not None and groups < len(first)
    if not clustered and weights is None and _binary(first) and _binary(second):
        return _by_score_test(first, second, margin, alpha)
    delta = second - first
    scale = np.ones_like(delta) if weights is None else np.asarray(weights, dtype=float)
    codes = clusters if clusters is not None else range(len(delta))
    difference = float(scale @ delta / scale.sum())
    if not delta.any() and first.min() >= 0 and first.max() <= 1:
        return _all_tied(len(delta), groups, margin, alpha)
    stderr = clustered_stderr(delta, codes, scale)
    return _by_t(len(delta), difference, stderr, groups, margin, alpha, clustered)


def _all_tied(n: int, groups: int, margin: float, alpha: float) -> Equivalence:
    """Exact where no sample of values in 0..1 differs: a mean difference is at most the share that
    does, and none of `groups` independent ones was seen to.
    """
    p = max(0.0, 1 - margin) ** groups
    limit = 1 - alpha ** (1 / groups)
    ends = (-limit, limit)
    return _equivalence(n, 0.0, margin, p, p, ends, alpha, "exact, no sample differs")


def _by_t(
    n: int,
    difference: float,
    stderr: float,
    groups: int,
    margin: float,
    alpha: float,
    clustered: bool,
) -> Equivalence:
    from scipy.special import stdtr

    method = "two one-sided clustered t" if clustered else "two one-sided t"
    if groups < 2 or spreadless(stderr, max(abs(difference), margin)):
        # Without any spread t would be certain after two samples.
        return Equivalence(n, difference, margin, None, None, None, None, False, False, method)
    p_lower = float(stdtr(groups - 1, -(difference + margin) / stderr))
    p_upper = float(stdtr(groups - 1, (difference - margin) / stderr))
    ci = t_interval(difference, stderr, groups - 1, 1 - 2 * alpha)
    return _equivalence(n, difference, margin, p_lower, p_upper, ci, alpha, method)


def _equivalence(
    n: int,
    difference: float,
    margin: float,
    p_lower: float,
    p_upper: float,
    ci: Interval,
    alpha: float,
    method: str,
) -> Equivalence:
    p = max(p_lower, p_upper)
    return Equivalence(
        n, difference, margin, p_lower, p_upper, p, ci, p <= alpha, p_lower <= alpha, method
    )


def _by_score_test(first: Floats, second: Floats, margin: float, alpha: float) -> Equivalence:
    _, wins, losses, _ = _table(first, second)
    seen = PairedShares(len(first), wins, losses)
    ends = (seen.lower(alpha), seen.upper(alpha))
    p_lower, p_upper = seen.above(-margin), seen.below(margin)
    return _equivalence(seen.n, seen.value, margin, p_lower, p_upper, ends, alpha, seen.method)


def newcombe(both: int, b_only: int, a_only: int, neither: int, level: float = LEVEL) -> Interval:
    """The interval of P(B right) - P(A right) on the same samples (Newcombe 1998, method 10).

    Of `both` + `b_only` + `a_only` + `neither` samples, both, only B, only A or neither is right.
    Wilson's intervals of both shares are joined with the correlation of the pairs. Good from small
    n and where hardly any sample differs, unlike the t interval.

    >>> [round(end, 4) for end in newcombe(36, 12, 2, 0)]
    [0.0569, 0.3404]
    """
    n = both + b_only + a_only + neither
    if n <= 0:
        raise ValueError("an interval needs at least one value")
    right_b, right_a = both + b_only, both + a_only
    share_b, share_a = right_b / n, right_a / n
    low_b, high_b = wilson(right_b, n, level)
    low_a, high_a = wilson(right_a, n, level)
    phi = _phi(both, b_only, a_only, neither)
    down_b, up_b, down_a, up_a = (
        share_b - low_b,
        high_b - share_b,
        share_a - low_a,
        high_a - share_a,
    )
    gap = share_b - share_a
    down = sqrt(max(0.0, down_b**2 - 2 * phi * down_b * up_a + up_a**2))
    up = sqrt(max(0.0, up_b**2 - 2 * phi * up_b * down_a + down_a**2))
    return max(-1.0, gap - down), min(1.0, gap + up)


def _phi(both: int, b_only: int, a_only: int, neither: int) -> float:
    """The correlation of the pairs, with Newcombe's continuity correction; 0 where undefined."""
    margins = (both + b_only) * (a_only + neither) * (both + a_only) * (b_only + neither)
    if margins == 0:
        return 0.0
    product = both * neither - b_only * a_only
    if product > 0:
        n = both + b_only + a_only + neither
        return max(product - n / 2, 0.0) / sqrt(margins)
    return product / sqrt(margins)


def _table(first: Floats, second: Floats) -> tuple[int, int, int, int]:
    both = int(np.sum((first == 1) & (second == 1)))
    b_only = int(np.sum((first == 0) & (second == 1)))
    a_only = int(np.sum((first == 1) & (second == 0)))
    return both, b_only, a_only, len(first) - both - b_only - a_only


def _binary(values: Floats) -> bool:
    return bool(np.all((values == 0) | (values == 1)))

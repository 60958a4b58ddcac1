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

from julja.stats.intervals import LEVEL, Interval, wilson
from julja.stats.one_sided import Student, paired_evidence


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
    if margin <= 0:
        raise ValueError("a margin of equivalence is above 0")
    seen = paired_evidence(a, b, clusters=clusters, weights=weights)
    if seen is None:
        # Without any spread t would be certain after two samples.
        difference = float(np.average(np.subtract(b, a), weights=weights))
        nothing = (None, None, None, None, False, False, "two one-sided t")
        return Equivalence(len(a), difference, margin, *nothing)
    p_lower, p_upper = seen.above(-margin), seen.below(margin)
    return Equivalence(
        len(a),
        seen.value,
        margin,
        p_lower,
        p_upper,
        p := max(p_lower, p_upper),
        (seen.lower(alpha), seen.upper(alpha)),
        p <= alpha,
        p_lower <= alpha,
        f"two one-sided {seen.method}" if isinstance(seen, Student) else seen.method,
    )


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

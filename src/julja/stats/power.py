"""How many samples a comparison needs, and what one of a given size can show.

Variances are of one sample's score in squared units of the score; differences in its units (0.03
for three points). Tests are two-sided.

Sources: Miller (2024, arXiv 2411.00640), equations 9 and 10, for paired runs with repeats; Connor,
"Sample size for testing differences in proportions for the paired-sample design" (Biometrics 43,
1987) for McNemar's test; Cochran, "Sampling Techniques" (1977), section 10.6, for repeats by cost.
"""

from dataclasses import dataclass
from math import ceil, sqrt
from statistics import NormalDist

import numpy as np

from julja.stats.intervals import Floats

_NORMAL = NormalDist()


@dataclass(frozen=True, slots=True)
class Design:
    """What a paired comparison's error is made of.

    `between` is the variance of the true difference between the two models over samples (Miller's
    omega^2), `within_a` and `within_b` the variance of one model's repeats of a sample, `repeats_a`
    and `repeats_b` how many repeats are averaged. `effect` is the design effect of clusters: the
    clustered over the plain variance of the mean difference.
    """

    between: float
    within_a: float = 0.0
    within_b: float = 0.0
    repeats_a: int = 1
    repeats_b: int = 1
    effect: float = 1.0

    @property
    def variance(self) -> float:
        """The variance of one sample's difference, as far as it counts towards the mean's."""
        noise = self.within_a / self.repeats_a + self.within_b / self.repeats_b
        return self.effect * (self.between + noise)

    def stderr(self, n: int) -> float:
        """Standard error of the mean difference over n samples."""
        return sqrt(self.variance / n)


def paired_design(stderr: float, n: int) -> Design:
    """The design of a comparison that was run: its standard error over n samples is all there is.

    What other sizes would take follows from it, with the same repeats and kind of clusters.

    >>> samples_needed(paired_design(0.0105, 1000), 0.03)
    962
    """
    return Design(between=stderr**2 * n)


def samples_needed(
    design: Design, difference: float, *, alpha: float = 0.05, power: float = 0.8
) -> int:
    """How many samples show a true `difference` with this power: Miller's equation 9.

    n = (z(1 - alpha/2) + z(power))^2 (omega^2 + within_a / K_a + within_b / K_b) / difference^2

    >>> samples_needed(Design(between=1 / 9), 0.03)
    969
    """
    if difference == 0:
        raise ValueError("no number of samples shows a difference of 0")
    return max(2, ceil(_reach(alpha, power) ** 2 * design.variance / difference**2 - 1e-9))


def detectable(design: Design, n: int, *, alpha: float = 0.05, power: float = 0.8) -> float:
    """The smallest true difference that n samples show with this power: equation 10.

    >>> round(detectable(Design(between=1 / 9), 1000), 4)
    0.0295
    """
    return _reach(alpha, power) * design.stderr(n)


def power_of(design: Design, n: int, difference: float, *, alpha: float = 0.05) -> float:
    """The chance that n samples show a true difference, in either direction.

    >>> round(power_of(Design(between=1 / 9), 969, 0.03), 3)
    0.8
    """
    z = _NORMAL.inv_cdf(1 - alpha / 2)
    shift = abs(difference) / design.stderr(n)
    return _NORMAL.cdf(shift - z) + _NORMAL.cdf(-shift - z)


def discordance_design(discordance: float, difference: float = 0.0) -> Design:
    """The design of two 0/1 runs of which a share `discordance` of samples differs.

    Var(d) = discordance - difference^2.
    """
    if not abs(difference) <= discordance <= 1:
        raise ValueError("a share of differing samples is at least the difference, at most 1")
    return Design(between=discordance - difference**2)


def detectable_binary(discordant: int, n: int, *, alpha: float = 0.05, power: float = 0.8) -> float:
    """The smallest true difference of accuracy, given how many of n samples were seen to differ.

    2.80 sqrt(b + c) / n at the usual alpha and power.

    >>> round(detectable_binary(40, 1000), 4)
    0.0177
    """
    return _reach(alpha, power) * sqrt(discordant) / n


def mcnemar_samples(
    discordance: float, difference: float, *, alpha: float = 0.05, power: float = 0.8
) -> int:
    """Samples for McNemar's test (Connor 1987), from the share that differs and the difference.

    n = (z(1 - alpha/2) sqrt(psi) + z(power) sqrt(psi - delta^2))^2 / delta^2. The exact test needs
    somewhat more where few samples differ: see `mcnemar_power`.

    >>> mcnemar_samples(0.2, 0.1)
    155
    """
    spread = discordance_design(discordance, difference).variance
    if difference == 0:
        raise ValueError("no number of samples shows a difference of 0")
    first = _NORMAL.inv_cdf(1 - alpha / 2) * sqrt(discordance)
    second = _NORMAL.inv_cdf(power) * sqrt(spread)
    return ceil((first + second) ** 2 / difference**2 - 1e-9)


def mcnemar_power(
    n: int, discordance: float, difference: float, *, alpha: float = 0.05, mid: bool = False
) -> float:
    """The power of McNemar's exact (or mid-p) test, summed over all numbers of differing samples.

    >>> round(mcnemar_power(155, 0.2, 0.1), 3)
    0.762
    """
    discordance_design(discordance, difference)
    if discordance == 0:
        return 0.0
    share = (discordance + difference) / (2 * discordance)
    total = 0.0
    chances = _binomial(n, discordance)
    for differing in np.flatnonzero(chances > 1e-12).tolist():
        even = _binomial(differing, 0.5)
        few = np.minimum(np.arange(differing + 1), np.arange(differing, -1, -1))
        p = 2 * np.cumsum(even)[few] - (even[few] if mid else 0.0)
        total += float(chances[differing] * _binomial(differing, share)[p <= alpha].sum())
    return total


def _binomial(n: int, share: float) -> Floats:
    """The chance of each number (n + 1,) of successes."""
    from scipy.special import gammaln, xlog1py, xlogy

    k = np.arange(n + 1)
    ways = gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1)
    found: Floats = np.exp(ways + xlogy(k, share) + xlog1py(n - k, -share))
    return found


def repeats_worth(between: float, within: float, *, loss: float = 0.1) -> int:
    """The fewest repeats of each sample that leave the error within `loss` of its floor.

    With the samples given, no repeats bring the standard error below sqrt(between / n). 0.1 means a
    standard error 10 % above that.

    >>> repeats_worth(0.1, 0.1), repeats_worth(0.1, 0.01), repeats_worth(0.1, 0.0)
    (5, 1, 1)
    """
    if within <= 0:
        return 1
    if between <= 0:
        raise ValueError("without variance between samples, every repeat is worth as much")
    return max(1, ceil(within / between / ((1 + loss) ** 2 - 1) - 1e-9))


def repeats_by_cost(between: float, within: float, item_cost: float, repeat_cost: float) -> int:
    """The repeats that make the smallest error for the money, where new samples can be had.

    K = sqrt((item_cost / repeat_cost) (within / between)), the better of its two neighbours: 1
    where samples cost nothing but their runs.

    >>> repeats_by_cost(0.1, 0.1, 10.0, 1.0), repeats_by_cost(0.1, 0.1, 0.0, 1.0)
    (3, 1)
    """
    if between <= 0 or repeat_cost <= 0:
        raise ValueError("costs of a repeat and variance between samples are above 0")
    best = max(1, int(sqrt(item_cost / repeat_cost * within / between)))

    def error(repeats: int) -> float:
        return (between + within / repeats) * (item_cost + repeats * repeat_cost)

    return min((best, best + 1), key=error)


def _reach(alpha: float, power: float) -> float:
    return _NORMAL.inv_cdf(1 - alpha / 2) + _NORMAL.inv_cdf(power)

"""Standard errors and 95 % intervals of a mean, by the method that fits the values.

Arrays are one-dimensional, one entry for each sample. Sources: Wilson (1927); Clopper and Pearson
(1934); Miller, "Adding Error Bars to Evals" (2024, arXiv 2411.00640) for clustered errors; Cochran,
"Sampling Techniques" (1977), chapter 6, for the ratio estimate, 5A for strata; Kish, "Survey
Sampling" (1965) for the design effect; Efron (1979) for the bootstrap (`julja.stats.bca` corrects
its bias and skew).
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
Interval: TypeAlias = tuple[float, float]

LEVEL = 0.95


def wilson(successes: float, n: int, level: float = LEVEL) -> Interval:
    """Wilson's score interval of a share: good coverage from small n and near 0 and 1.

    >>> [round(x, 4) for x in wilson(8, 10)]
    [0.4902, 0.9433]
    """
    if n <= 0:
        raise ValueError("an interval needs at least one value")
    z = NormalDist().inv_cdf((1 + level) / 2)
    p = successes / n
    middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * np.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return max(0.0, float(middle - half)), min(1.0, float(middle + half))


def clopper_pearson(successes: int, n: int, level: float = LEVEL) -> Interval:
    """The exact interval of a share: never covers less than `level`, and often more.

    >>> [round(x, 4) for x in clopper_pearson(8, 10)]
    [0.4439, 0.9748]
    """
    from scipy.special import betaincinv

    if n <= 0:
        raise ValueError("an interval needs at least one value")
    tail = (1 - level) / 2
    low = float(betaincinv(successes, n - successes + 1, tail)) if successes else 0.0
    high = float(betaincinv(successes + 1, n - successes, 1 - tail)) if successes < n else 1.0
    return low, high


def rule_of_three(n: int, level: float = LEVEL) -> float:
    """The largest share that n trials without a single success leave possible: about 3 / n.

    One-sided and exact, 1 - (1 - level)^(1/n): no attack of 100 worked, so less than 3 % do.

    >>> round(rule_of_three(100), 4)
    0.0295
    """
    if n <= 0:
        raise ValueError("a limit needs at least one trial")
    return 1.0 - float((1.0 - level) ** (1.0 / n))


def mean_stderr(values: Floats) -> float:
    """Standard error of a mean: sample standard deviation (ddof 1) over the root of n."""
    return float(np.std(values, ddof=1) / np.sqrt(len(values)))


def t_interval(mean: float, stderr: float, degrees: float, level: float = LEVEL) -> Interval:
    """Student's interval around a mean."""
    from scipy.special import stdtrit

    half = float(stdtrit(degrees, (1 + level) / 2)) * stderr
    return mean - half, mean + half


def spreadless(stderr: float, scale: float = 1.0) -> bool:
    """True when a standard error is zero but for rounding: it then tells nothing."""
    return stderr <= 1e-12 * max(abs(scale), 1e-300)


def clustered_stderr(
    values: Floats, clusters: Sequence[Hashable], weights: Floats | None = None
) -> float:
    """Cluster-robust standard error of a (weighted) mean.

    Residuals are summed within each cluster, squared and summed: Miller's equation 4, with the
    factor G/(G-1) for G clusters (CR1), without which few clusters look too certain.
    """
    weights = np.ones_like(values) if weights is None else weights
    share = weights / weights.sum()
    residuals = share * (values - float(share @ values))
    numbers: dict[Hashable, int] = {}
    index = [numbers.setdefault(cluster, len(numbers)) for cluster in clusters]
    sums = np.bincount(index, weights=residuals)
    groups = len(sums)
    if groups < 2:
        return float("nan")
    return float(np.sqrt(groups / (groups - 1) * np.sum(sums**2)))


def ratio_stderr(values: Floats, weights: Floats) -> float:
    """Standard error of the ratio sum(w x) / sum(w), linearised: every sample its own cluster."""
    return clustered_stderr(values, range(len(values)), weights)


def design_effect(
    values: Floats, clusters: Sequence[Hashable], weights: Floats | None = None
) -> float | None:
    """The clustered over the plain variance of a (weighted) mean; None where it can't be had.

    Above 1, samples of a cluster are alike, and n samples are worth n / effect independent ones.
    Below 1 each cluster is a small cross-section of the whole (a contest of easy and hard tasks).

    >>> design_effect(np.array([1.0, 1, 0, 0, 1, 1, 0, 0]), [1, 1, 2, 2, 3, 3, 4, 4])
    2.3333333333333335
    """
    clustered = clustered_stderr(values, clusters, weights)
    plain = clustered_stderr(values, range(len(values)), weights)
    if not np.isfinite(clustered) or not np.isfinite(plain) or spreadless(plain):
        return None
    return (clustered / plain) ** 2


@dataclass(frozen=True, slots=True)
class Stratified:
    """A mean over fixed categories; `degrees` are Satterthwaite's, of the t interval.

    `single` counts the strata of one sample, whose variance is taken to be that of all samples.
    """

    value: float
    stderr: float | None
    ci: Interval | None
    degrees: float
    strata: int
    single: int


def stratified_mean(
    values: Floats,
    strata: Sequence[Hashable],
    *,
    shares: Mapping[Hashable, float] | None = None,
    level: float = LEVEL,
) -> Stratified:
    """The mean over strata that are fixed (the subjects of an exam), not drawn from a population.

    sum_h W_h mean_h with the variance sum_h W_h^2 s_h^2 / n_h: what differs between the strata is
    no error. `shares` are the weights W_h (made to add up to 1; equal ones give the macro mean), or
    else each stratum's share of the samples.
    """
    if not len(values) or len(values) != len(strata):
        raise ValueError("a stratified mean needs a stratum for each value, and a value")
    groups = {stratum: index for index, stratum in enumerate(dict.fromkeys(strata))}
    code = np.array([groups[stratum] for stratum in strata])
    n = np.bincount(code).astype(float)
    share = n if shares is None else np.array([shares[stratum] for stratum in groups], dtype=float)
    share = share / share.sum()
    mean = np.bincount(code, weights=values) / n
    squares = np.bincount(code, weights=(values - mean[code]) ** 2)
    value = float(share @ mean)
    single = int((n == 1).sum())
    if len(values) < 2:
        return Stratified(value, None, None, 0.0, len(n), single)
    spread = np.where(n > 1, squares / np.maximum(n - 1, 1), float(np.var(values, ddof=1)))
    parts = share**2 * spread / n
    total = float(parts.sum())
    # A stratum's own degrees of freedom; one of a single sample borrows those of all.
    free = np.where(n > 1, n - 1, len(values) - 1)
    degrees = total**2 / float((parts**2 / free).sum()) if total > 0 else 0.0
    stderr = float(np.sqrt(total))
    ci = t_interval(value, stderr, degrees, level) if total > 0 else None
    return Stratified(value, stderr, ci, degrees, len(n), single)


def bootstrap_interval(
    values: Floats,
    statistic: Callable[[Floats], float],
    *,
    seed: int = 0,
    resamples: int = 2000,
    level: float = LEVEL,
    clusters: Sequence[Hashable] = (),
) -> tuple[float, Interval]:
    """Percentile bootstrap of any statistic of the rows of `values`: (standard error, interval).

    With `clusters` (one for each row), whole clusters are drawn instead of rows.
    """
    generator = np.random.default_rng(seed)
    groups = _groups(clusters) if clusters else []

    def draw() -> Floats:
        if not groups or len(groups) == len(values):
            return values[generator.integers(0, len(values), len(values))]
        chosen = generator.integers(0, len(groups), len(groups))
        rows: Floats = values[np.concatenate([groups[index] for index in chosen])]
        return rows

    drawn = np.array([statistic(draw()) for _ in range(resamples)], dtype=float)
    tail = (1 - level) / 2
    low, high = np.quantile(drawn, [tail, 1 - tail])
    return float(np.std(drawn, ddof=1)), (float(low), float(high))


def _groups(clusters: Sequence[Hashable]) -> list[NDArray[np.int64]]:
    """The places of each cluster's rows, in order of first appearance."""
    numbers: dict[Hashable, int] = {}
    index = np.asarray([numbers.setdefault(cluster, len(numbers)) for cluster in clusters])
    order = np.argsort(index, kind="stable")
    return np.split(order, np.cumsum(np.bincount(index))[:-1])

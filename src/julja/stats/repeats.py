"""Several answers to each task: pass@k, pass^k, G-Pass@k, maj@k, and what repeats do to the error.

Of task t there are `n[t]` answers, `c[t]` of them right (arrays (t,)). Each measure is the expected
value over k of the n answers, drawn without putting back, so it is unbiased; NaN where n < k.

Sources: Chen et al. (2021, arXiv 2107.03374) for pass@k; Yao et al., tau-bench (2024, arXiv
2406.12045) for pass^k; Liu et al. (2024, arXiv 2412.13147), equations 4 to 6, for G-Pass@k; Wang et
al. (2022, arXiv 2203.11171) for the majority.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from math import ceil, comb
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from julja.stats.estimate import estimate
from julja.stats.intervals import Floats
from julja.types import Estimate

Counts: TypeAlias = NDArray[np.int64]
# tau * k is a whole number but for rounding: .7 * 10 is 7.000000000000001.
_ROUND = 1e-9
# Beyond this the number of ways does not fit a float.
_MOST_ANSWERS = 1000


def pass_at_k(n: Counts, c: Counts, k: int) -> Floats:
    """The chance that one of k answers is right: 1 - C(n-c, k) / C(n, k).

    >>> pass_at_k(np.array([5, 3]), np.array([2, 1]), 5)
    array([ 1., nan])
    """
    return at_least(n, c, k, 1)


def pass_hat_k(n: Counts, c: Counts, k: int) -> Floats:
    """pass^k, the chance that all of k answers are right: C(c, k) / C(n, k).

    >>> pass_hat_k(np.array([4, 4]), np.array([4, 3]), 2)
    array([1. , 0.5])
    """
    return at_least(n, c, k, k)


def g_pass_at_k(n: Counts, c: Counts, k: int, tau: float) -> Floats:
    """The chance that at least ceil(tau k) of k answers are right.

    pass@k for a `tau` just above 0, pass^k for 1.

    >>> g_pass_at_k(np.array([4]), np.array([3]), 2, 0.5)
    array([1.])
    """
    if not 0 < tau <= 1:
        raise ValueError("tau is a share above 0, up to 1")
    return at_least(n, c, k, max(1, ceil(tau * k - _ROUND)))


def mg_pass_at_k(n: Counts, c: Counts, k: int) -> Floats:
    """mG-Pass@k: 2 / k times the sum of G-Pass@k_(i/k) for i from ceil(k/2) + 1 to k.

    The area under G-Pass@k over tau from .5 to 1, times two.

    >>> mg_pass_at_k(np.array([4]), np.array([3]), 4)
    array([0.5])
    """
    steps = range(ceil(k / 2) + 1, k + 1)
    found: Floats = np.zeros(len(np.asarray(n)))
    for step in steps:
        found = found + at_least(n, c, k, step)
    return np.where(np.asarray(n) >= k, 2 / k * found, np.nan)


def at_least(n: Counts, c: Counts, k: int, right: int) -> Floats:
    """The chance that at least `right` of k answers are right: a hypergeometric tail."""
    n, c = np.asarray(n, dtype=np.int64), np.asarray(c, dtype=np.int64)
    if k < 1:
        raise ValueError("k is 1 at least")
    if np.any((c < 0) | (c > n)):
        raise ValueError("a task has between none and all of its answers right")
    enough = n >= k
    total, good = np.where(enough, n, k), np.where(enough, c, 0)
    whole = _log_ways(total, k)
    above = sum(
        np.exp(_log_ways(good, j) + _log_ways(total - good, k - j) - whole)
        for j in range(right, k + 1)
    )
    found: Floats = np.where(enough, np.clip(above, 0.0, 1.0), np.nan)
    return found


def _log_ways(n: Counts, k: Counts | int) -> Floats:
    """log C(n, k); -inf where there is no way."""
    from scipy.special import gammaln

    possible = (np.asarray(k) >= 0) & (n >= k)
    rest = np.where(possible, n - k, 0)
    found = gammaln(n + 1.0) - gammaln(np.asarray(k) + 1.0) - gammaln(rest + 1.0)
    return np.where(possible, found, -np.inf)


def majority_at_k(right: int, wrong: Sequence[int], k: int, *, silent: int = 0) -> float | None:
    """maj@k of one task: the chance that the most frequent of k answers is right.

    `right` answers agree on what is right, `wrong` counts each distinct wrong answer and `silent`
    those without an answer, which have no vote. Exact over all ways to draw k of them; a tie is
    won by each of its answers alike. None where there are fewer than k.

    >>> majority_at_k(2, [1, 1], 3), majority_at_k(1, [1], 2), majority_at_k(1, [1], 3)
    (0.6666666666666666, 0.5, None)
    """
    n = right + sum(wrong) + silent
    if k < 1 or n > _MOST_ANSWERS:
        raise ValueError(f"k is 1 at least, and there are up to {_MOST_ANSWERS} answers")
    if n < k:
        return None
    ways = sum(
        comb(right, own) * _ways_to_lose(wrong, silent, own, k - own)
        for own in range(1, min(right, k) + 1)
    )
    return min(1.0, ways / comb(n, k))


def _ways_to_lose(wrong: Sequence[int], silent: int, own: int, drawn: int) -> float:
    """Ways to draw `drawn` other answers, none of them more than `own` times.

    A way in which s wrong answers have as many as the right one counts 1 / (s + 1).
    """
    ties = drawn // own
    # table[s, d]: ways to have drawn d answers, of which s kinds are level with the right one.
    table = np.zeros((ties + 1, drawn + 1))
    table[0] = [comb(silent, take) for take in range(drawn + 1)]
    for count in wrong:
        after = table.copy()
        for take in range(1, min(count, own, drawn) + 1):
            level = int(take == own)
            after[level:, take:] += (
                comb(count, take) * table[: ties + 1 - level, : drawn + 1 - take]
            )
        table = after
    return float((table[:, drawn] / np.arange(1, ties + 2)).sum())


def over_tasks(
    metric: str, values: Floats, *, clusters: Sequence[Hashable] | None = None
) -> Estimate:
    """The mean over tasks with its standard error; tasks without a value (n < k) are left out.

    Where there are such tasks, `bounds` are the mean with all of them at 0, and at 1. No value
    where no task has one.
    """
    values = np.asarray(values, dtype=float)
    known = np.isfinite(values)
    groups = None
    if clusters is not None:
        groups = [one for one, there in zip(clusters, known.tolist(), strict=True) if there]
    lost = [1.0] * int((~known).sum())
    return estimate(metric, values[known].tolist(), clusters=groups, missing_weights=lost)


@dataclass(frozen=True, slots=True)
class RepeatError:
    """Two questions of one mean over items, each with its own standard error.

    `new_items`: other items like these, run as often. `rerun`: the same items run again, None where
    no item has two scores. `within` is the mean variance of one item's repeats.
    """

    value: float
    new_items: float | None
    rerun: float | None
    within: float | None
    items: int
    scores: int


def repeat_error(values: Floats) -> RepeatError | None:
    """The mean of items' means, of `values` (items, repeats) with NaN for none; None without any.

    Items with a single score are taken to vary as the others do.
    """
    values = np.asarray(values, dtype=float)
    number = np.isfinite(values).sum(axis=1)
    values, number = values[number > 0], number[number > 0]
    if not len(values):
        return None
    items = len(values)
    mean = np.nanmean(values, axis=1)
    squares = np.nansum((values - mean[:, None]) ** 2, axis=1)
    free = int((number - 1).sum())
    within = float(squares.sum() / free) if free else None
    rerun = None
    if within is not None:
        own = np.where(number > 1, squares / np.maximum(number - 1, 1), within)
        rerun = float(np.sqrt((own / number).sum())) / items
    new = float(np.std(mean, ddof=1) / np.sqrt(items)) if items > 1 else None
    return RepeatError(float(mean.mean()), new, rerun, within, items, int(number.sum()))

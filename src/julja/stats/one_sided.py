"""One-sided evidence about one number: is a difference, or a score, above or below a threshold?

A gate asks three things of the same number: may it pass (the true value is above the threshold),
must it fail (below), or do the data not say. `Evidence` answers both one-sided questions with a
p-value and has the bounds that belong to them.

    seen = paired_evidence(a, b)     # B - A over the same samples
    seen.above(-0.02)                # p against "B is worse by 0.02 or more": non-inferiority
    seen.lower(0.05)                 # the lower 95 % confidence bound

Sources: Tango, "Equivalence test and confidence interval for the difference in proportions for the
paired-sample design" (Statistics in Medicine 17, 1998) for pairs of 0/1 scores: its score test
holds alpha where Newcombe's and Wald's bounds pass twice or three times too often (few samples that
differ); McNemar's exact test at a threshold of 0; Clopper and Pearson (1934) for a share.
"""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from math import inf, isfinite, sqrt
from typing import Protocol

import numpy as np

from julja.stats.intervals import Floats, clustered_stderr, spreadless

_HALVINGS = 50


class Evidence(Protocol):
    """What the data say of one true value."""

    @property
    def value(self) -> float:
        """The estimate."""
        ...

    @property
    def method(self) -> str:
        """How p-values and bounds are made."""
        ...

    def above(self, threshold: float) -> float:
        """One-sided p against "the true value is at most the threshold"."""
        ...

    def below(self, threshold: float) -> float:
        """One-sided p against "the true value is at least the threshold"."""
        ...

    def lower(self, alpha: float) -> float:
        """The lower confidence bound at level 1 - alpha."""
        ...

    def upper(self, alpha: float) -> float:
        """The upper confidence bound at level 1 - alpha."""
        ...

    def within(self, margin: float) -> float:
        """p of two one-sided tests (TOST) against "as far from 0 as the margin, or farther"."""
        ...


class _Within:
    """The test of equivalence, made of both one-sided ones (Schuirmann 1987)."""

    __slots__ = ()

    def above(self, threshold: float) -> float:
        raise NotImplementedError

    def below(self, threshold: float) -> float:
        raise NotImplementedError

    def within(self, margin: float) -> float:
        return max(self.above(-margin), self.below(margin))


@dataclass(frozen=True, slots=True)
class Student(_Within):
    """An estimate with a standard error; infinite `degrees` make it a normal one."""

    value: float
    stderr: float
    degrees: float = inf
    method: str = "t"

    def above(self, threshold: float) -> float:
        """Student's tail above the threshold."""
        return self._tail((threshold - self.value) / self.stderr)

    def below(self, threshold: float) -> float:
        """Student's tail below the threshold."""
        return self._tail((self.value - threshold) / self.stderr)

    def lower(self, alpha: float) -> float:
        """value - t(1 - alpha) stderr."""
        return self.value - self._reach(alpha)

    def upper(self, alpha: float) -> float:
        """value + t(1 - alpha) stderr."""
        return self.value + self._reach(alpha)

    def _tail(self, ratio: float) -> float:
        from scipy.special import ndtr, stdtr

        return float(stdtr(self.degrees, ratio) if isfinite(self.degrees) else ndtr(ratio))

    def _reach(self, alpha: float) -> float:
        from scipy.special import ndtri, stdtrit

        z = stdtrit(self.degrees, 1 - alpha) if isfinite(self.degrees) else ndtri(1 - alpha)
        return float(z) * self.stderr


@dataclass(frozen=True, slots=True)
class PairedShares(_Within):
    """P(B right) - P(A right) where of n samples `wins` are right in B alone, `losses` in A alone.

    Tango's score test; at a threshold of 0 McNemar's exact one. Where no sample differs, exact: the
    difference is at most the share that differs, and none was seen to.
    """

    n: int
    wins: int
    losses: int
    method: str = "Tango's score test"

    @property
    def value(self) -> float:
        """The difference of accuracy."""
        return (self.wins - self.losses) / self.n

    def above(self, threshold: float) -> float:
        """Against "B is at most `threshold` better"."""
        return _tango(self.wins, self.losses, self.n, threshold)

    def below(self, threshold: float) -> float:
        """Against "B is at least `threshold` better"."""
        return _tango(self.losses, self.wins, self.n, -threshold)

    def lower(self, alpha: float) -> float:
        """The smallest difference that the test doesn't reject."""
        return _bound(self.above, self.value, -1.0, alpha)

    def upper(self, alpha: float) -> float:
        """The largest difference that the test doesn't reject."""
        return _bound(self.below, self.value, 1.0, alpha)


@dataclass(frozen=True, slots=True)
class Tied(_Within):
    """A difference of scores in 0..1 over `groups` independent units of which none differs."""

    groups: int
    value: float = 0.0
    method: str = "exact, no sample differs"

    def above(self, threshold: float) -> float:
        """(1 + threshold)^groups below 0: at least that share would have to differ."""
        return max(0.0, 1.0 + min(threshold, 0.0)) ** self.groups

    def below(self, threshold: float) -> float:
        """As `above`, mirrored."""
        return self.above(-threshold)

    def lower(self, alpha: float) -> float:
        """The largest share that may differ unseen, as a loss."""
        return -self.upper(alpha)

    def upper(self, alpha: float) -> float:
        """The largest share that may differ unseen."""
        return float(1.0 - alpha ** (1.0 / self.groups))


@dataclass(frozen=True, slots=True)
class Share(_Within):
    """A share of n independent trials, on the scale `low`..`high`; exact."""

    successes: float
    n: int
    low: float = 0.0
    high: float = 1.0
    method: str = "exact binomial"

    @property
    def value(self) -> float:
        """The share."""
        return self.low + (self.high - self.low) * self.successes / self.n

    def above(self, threshold: float) -> float:
        """P(so many successes or more) if the share were the threshold."""
        from scipy.special import betainc

        share, seen = self._share(threshold), self.successes
        return float(betainc(seen, self.n - seen + 1, share)) if seen > 0 else 1.0

    def below(self, threshold: float) -> float:
        """P(so few successes or fewer) if the share were the threshold."""
        from scipy.special import betaincc

        share, seen = self._share(threshold), self.successes
        return float(betaincc(seen + 1, self.n - seen, share)) if seen < self.n else 1.0

    def lower(self, alpha: float) -> float:
        """Clopper and Pearson's lower bound, all of alpha on this side."""
        from scipy.special import betaincinv

        seen = self.successes
        share = float(betaincinv(seen, self.n - seen + 1, alpha)) if seen > 0 else 0.0
        return self.low + (self.high - self.low) * share

    def upper(self, alpha: float) -> float:
        """Clopper and Pearson's upper bound, all of alpha on this side."""
        from scipy.special import betaincinv

        seen = self.successes
        share = float(betaincinv(seen + 1, self.n - seen, 1 - alpha)) if seen < self.n else 1.0
        return self.low + (self.high - self.low) * share

    def _share(self, threshold: float) -> float:
        return min(1.0, max(0.0, (threshold - self.low) / (self.high - self.low)))


def paired_evidence(
    a: Sequence[float] | Floats,
    b: Sequence[float] | Floats,
    *,
    clusters: Sequence[Hashable] | None = None,
    weights: Sequence[float] | None = None,
) -> Evidence | None:
    """What two runs over the same samples say of B - A; None where there is no measure of error.

    There is none for one sample (or cluster), and where all differ by the same.
    """
    first, second = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    if len(first) != len(second) or not len(first):
        raise ValueError("two lists of one length, with at least one value, are compared")
    groups = len(first) if clusters is None else len(set(clusters))
    clustered = groups < len(first)
    delta = second - first
    if not delta.any():
        bounded = min(first.min(), 0.0) == 0 and max(first.max(), 1.0) == 1
        return Tied(groups) if bounded else None
    if not clustered and weights is None and _binary(first) and _binary(second):
        return PairedShares(len(delta), int((delta > 0).sum()), int((delta < 0).sum()))
    return _student(delta, clusters if clustered else None, weights, groups, "paired t")


def mean_evidence(
    values: Sequence[float] | Floats,
    *,
    clusters: Sequence[Hashable] | None = None,
    weights: Sequence[float] | None = None,
    low: float = 0.0,
    high: float = 1.0,
) -> Evidence | None:
    """What one run says of its true (weighted) mean score, on a scale of `low`..`high`.

    Where all samples are alike, one trial for each independent unit, as `estimate` does.
    """
    array = np.asarray(values, dtype=float)
    if not len(array):
        return None
    groups = len(array) if clusters is None else len(set(clusters))
    clustered = groups < len(array)
    if not clustered and weights is None and _binary(array) and (low, high) == (0.0, 1.0):
        return Share(float(array.sum()), len(array))
    found = _student(array, clusters if clustered else None, weights, groups, "t")
    if found is None and np.ptp(array) == 0 and isfinite(high - low) and high > low:
        share = (float(array[0]) - low) / (high - low)
        return Share(share * groups, groups, low, high) if 0 <= share <= 1 else None
    return found


def recorded_evidence(value: float | None, stderr: float | None) -> Evidence | None:
    """What a recorded number with a standard error says: a normal estimate."""
    if value is None or stderr is None or not isfinite(stderr) or spreadless(stderr, value):
        return None
    return Student(value, stderr, method="normal")


def _student(
    values: Floats,
    clusters: Sequence[Hashable] | None,
    weights: Sequence[float] | None,
    groups: int,
    name: str,
) -> Student | None:
    scale = np.ones_like(values) if weights is None else np.asarray(weights, dtype=float)
    value = float(scale @ values / scale.sum())
    stderr = clustered_stderr(values, clusters if clusters is not None else range(groups), scale)
    if groups < 2 or not isfinite(stderr) or spreadless(stderr, float(np.abs(values).max())):
        return None
    return Student(value, stderr, groups - 1, f"clustered {name}" if clusters else name)


def _binary(values: Floats) -> bool:
    return bool(np.all((values == 0) | (values == 1)))


def _tango(wins: int, losses: int, n: int, threshold: float) -> float:
    """One-sided p against "the difference is at most `threshold`" (Tango 1998, equation 5)."""
    from scipy.special import bdtrc, ndtr

    if not -1 < threshold < 1:
        return 1.0 if threshold >= 1 else 0.0
    if wins + losses == 0:
        return max(0.0, 1.0 + min(threshold, 0.0)) ** n
    if threshold == 0:
        return float(bdtrc(wins - 1, wins + losses, 0.5)) if wins else 1.0
    # The likeliest share of losses if the difference were the threshold: a root of a quadratic.
    half = (2 * n - wins + losses) * threshold - wins - losses
    square = half * half + 8 * n * losses * threshold * (1 - threshold)
    share = (sqrt(max(square, 0.0)) - half) / (4 * n)
    variance = n * (2 * share + threshold * (1 - threshold))
    gap = wins - losses - n * threshold
    if variance <= 0:
        return 0.0 if gap > 0 else 1.0
    return float(ndtr(-gap / sqrt(variance)))


def _bound(test: Callable[[float], float], value: float, end: float, alpha: float) -> float:
    """Between the estimate and the scale's end, where the one-sided p is alpha."""
    inside, outside = value, end
    for _ in range(_HALVINGS):
        middle = (inside + outside) / 2
        if middle in (inside, outside):
            break
        if test(middle) > alpha:
            inside = middle
        else:
            outside = middle
    return outside

"""Sign-flip permutation test of a paired difference, for scores of any distribution.

If the two runs are interchangeable, each difference might as well have had the other sign. Clusters
flip as a whole. Source: Fisher, "The Design of Experiments" (1935), section 21; the +1 of the drawn
version is Phipson and Smyth, "Permutation p-values should never be zero" (2010).
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np

from julja.stats.intervals import Floats
from julja.stats.resample import cluster_codes, cluster_sums

# Up to so many differing units, all 2^g sign assignments are gone through.
_MOST_EXACT = 16
_BLOCK = 4_000_000
# Sums that are level but for rounding count as reached.
_CLOSE = 1e-9


@dataclass(frozen=True, slots=True)
class SignFlip:
    """`p` is two-sided, against an equal chance of either sign; `flips` assignments were tried.

    `differing` of `groups` units (samples or clusters) have a difference at all; `exact` says that
    all assignments of their signs were gone through.
    """

    difference: float
    p: float
    exact: bool
    flips: int
    differing: int
    groups: int


def sign_flip(
    a: Sequence[float],
    b: Sequence[float],
    *,
    clusters: Sequence[Hashable] | None = None,
    weights: Sequence[float] | None = None,
    flips: int = 9999,
    seed: int = 0,
) -> SignFlip:
    """Test the (weighted) mean of B - A over the same samples by flipping signs.

    For 0/1 scores without clusters this is McNemar's exact test.

    >>> sign_flip([0, 0, 0, 1, 0, 1], [1, 1, 1, 0, 1, 1]).p
    0.375
    """
    delta: Floats = np.asarray(b, dtype=float) - np.asarray(a, dtype=float)
    if not len(delta):
        raise ValueError("a test needs at least one pair")
    scale = np.ones_like(delta) if weights is None else np.asarray(weights, dtype=float)
    sums = cluster_sums((scale * delta)[:, None], cluster_codes(clusters, len(delta)))[:, 0]
    seen = abs(float(sums.sum())) - _CLOSE * float(np.abs(sums).max())
    sizes = np.abs(sums[np.abs(sums) > _CLOSE * float(np.abs(sums).max())])
    exact = len(sizes) <= _MOST_EXACT
    reached, tried = _all(sizes, seen) if exact else _some(sizes, seen, flips, seed)
    p = reached / tried if exact else (1 + reached) / (1 + tried)
    difference = float(sums.sum() / scale.sum())
    return SignFlip(difference, p, exact, tried, len(sizes), len(sums))


def _all(sizes: Floats, seen: float) -> tuple[int, int]:
    sums = np.zeros(1)
    for size in sizes.tolist():
        sums = np.concatenate([sums + size, sums - size])
    return int((np.abs(sums) >= seen).sum()), len(sums)


def _some(sizes: Floats, seen: float, flips: int, seed: int) -> tuple[int, int]:
    """Equal sizes flip together: how many of them are positive is binomial."""
    generator = np.random.default_rng(seed)
    kinds, count = np.unique(sizes, return_counts=True)
    alone, total = count == 1, float(sizes.sum())
    block = max(1, _BLOCK // len(kinds))
    reached = 0
    for start in range(0, flips, block):
        rows = min(block, flips - start)
        coins = generator.integers(0, 2, (rows, int(alone.sum())), dtype=np.int8)
        together = generator.binomial(count[~alone], 0.5, (rows, int((~alone).sum())))
        positive = coins @ kinds[alone] + together @ kinds[~alone]
        reached += int((np.abs(2 * positive - total) >= seen).sum())
    return reached, flips

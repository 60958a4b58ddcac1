"""The gap between two scores of the same models: on a public test and on a private or fresh one.

Sources: Newcombe, "Interval estimation for the difference between independent proportions" (1998),
method 10; Dekoninck et al., "ConStat" (arXiv 2405.16281) for the comparison with reference models;
Singh et al., "The Leaderboard Illusion" (arXiv 2504.20879) for the best of many tries.
"""

from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist

import numpy as np

from julja.stats.intervals import LEVEL, Floats, Interval, wilson

FEWEST_REFERENCES = 5
# A slope of 1 is believed with the weight of models whose logits spread by so much.
_RIDGE = 0.25


def newcombe_independent(
    right: tuple[float, float], n: tuple[int, int], level: float = LEVEL
) -> Interval:
    """The interval of p1 - p2 of two shares on different samples, from their Wilson intervals.

    Newcombe's first example (56 of 70 and 48 of 80):

    >>> [round(end, 4) for end in newcombe_independent((56, 48), (70, 80))]
    [0.0524, 0.3339]
    """
    p1, p2 = right[0] / n[0], right[1] / n[1]
    low1, high1 = wilson(right[0], n[0], level)
    low2, high2 = wilson(right[1], n[1], level)
    below = float(np.hypot(p1 - low1, high2 - p2))
    above = float(np.hypot(high1 - p1, p2 - low2))
    return p1 - p2 - below, p1 - p2 + above


@lru_cache(maxsize=64)
def expected_maximum(tries: int) -> float:
    """E of the largest of so many standard normals: what choosing the best is worth, in errors.

    >>> [round(expected_maximum(n), 4) for n in (1, 2, 27)]
    [0.0, 0.5642, 1.9983]
    """
    from scipy.integrate import quad

    if tries < 1:
        raise ValueError("the best of no tries is none")
    if tries == 1:
        return 0.0
    normal = NormalDist()

    def density(x: float) -> float:
        return x * tries * normal.pdf(x) * normal.cdf(x) ** (tries - 1)

    return float(quad(density, -12, 12, epsabs=1e-10)[0])


@dataclass(frozen=True, slots=True)
class Excess:
    """By model (m,): the public score above what others with such a private one have; ends at 95 %.

    `stderr` is that of the resamples with what models differ by beyond the noise of their items.
    """

    value: Floats
    low: Floats
    high: Floats
    stderr: Floats


def excess(
    public: Floats,
    private: Floats,
    public_draws: Floats,
    private_draws: Floats,
    *,
    floor: float,
    seed: int = 0,
    level: float = LEVEL,
) -> Excess:
    """Each model's public score (m,) held against the other models' relation to the private one.

    As ConStat: f maps private to public scores of the reference models (all others), and what
    counts is public - f(private), over resamples of the items (`…_draws` (b, m), the same resample
    in a row) and of the reference models (basic bootstrap). f is a line on the logit scale, through
    (0, 0) and (1, 1) by itself, in place of ConStat's anchored spline: a few models allow no more.
    What reference models scatter around f beyond the noise of their items widens the interval,
    since honest models differ so. Scores are kept `floor` away from 0 and 1. Six models at least.
    """
    m = len(public)
    if m <= FEWEST_REFERENCES:
        raise ValueError(f"{FEWEST_REFERENCES} reference models at least are needed beside one")
    generator = np.random.default_rng(seed)
    z = NormalDist().inv_cdf((1 + level) / 2)
    x, y = _logit(private, floor), _logit(public, floor)
    drawn_x, drawn_y = _logit(private_draws, floor), _logit(public_draws, floor)
    resamples = len(drawn_x)
    value, low, high, stderr = np.zeros((4, m))
    tail = (1 - level) / 2
    for model in range(m):
        others = np.arange(m) != model
        r = m - 1
        line = _line(x[None, others], y[None, others], np.ones((1, r)))
        value[model] = public[model] - _at(line, x[None, model])[0]
        weights = generator.multinomial(r, np.full(r, 1 / r), size=resamples).astype(float)
        fitted = _line(drawn_x[:, others], drawn_y[:, others], weights)
        drawn = public_draws[:, model] - _at(fitted, drawn_x[:, model])
        left, right = np.quantile(drawn, [tail, 1 - tail])
        # What models differ by is no error of the fit: it is asked of the one model too.
        own = _scatter(
            public[others] - _at(line, x[others]),
            public_draws[:, others] - _at(line, drawn_x[:, others]),
        )
        low[model] = value[model] - np.hypot(max(right - value[model], 0.0), z * own)
        high[model] = value[model] + np.hypot(max(value[model] - left, 0.0), z * own)
        stderr[model] = np.hypot(np.std(drawn, ddof=1), own)
    return Excess(value, low, high, stderr)


def _logit(scores: Floats, floor: float) -> Floats:
    kept = np.clip(scores, floor, 1 - floor)
    found: Floats = np.log(kept / (1 - kept))
    return found


def _line(x: Floats, y: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """(intercepts, slopes), each (b,), of y on x (b, r): least squares, the slope drawn to 1."""
    total = weights.sum(axis=1)
    mean_x, mean_y = (weights * x).sum(axis=1) / total, (weights * y).sum(axis=1) / total
    far = x - mean_x[:, None]
    spread = (weights * far**2).sum(axis=1)
    together = (weights * far * (y - mean_y[:, None])).sum(axis=1)
    slope = (together + _RIDGE) / (spread + _RIDGE)
    return mean_y - slope * mean_x, slope


def _at(line: tuple[Floats, Floats], x: Floats) -> Floats:
    """The line's value as a share."""
    intercept, slope = line
    found: Floats = 1 / (1 + np.exp(-(intercept + slope * x)))
    return found


def _scatter(residuals: Floats, drawn: Floats) -> float:
    """The deviation (r,) of residuals beyond the noise that resamples (b, r) show of them."""
    noise = float((drawn - drawn.mean(axis=1, keepdims=True)).var(axis=0, ddof=1).mean())
    seen = float((residuals**2).sum()) / max(len(residuals) - 2, 1)
    return float(max(0.0, seen - noise) ** 0.5)

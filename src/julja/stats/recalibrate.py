"""Bring a judge's scores onto people's scale, and measure how far off they are.

A map from judge score to the label that people would give is fitted where there are labels:
isotonic (any rising map), affine (a + b x), or Platt's (a logistic curve, for 0/1 labels). To judge
a map on the items that it was fitted to would flatter it, so every labelled item gets its value
from a fit without its own fold.

Sources: Barlow et al. (1972) for pool-adjacent-violators; Platt (1999); Zadrozny and Elkan (2002);
Naeini, Cooper and Hauskrecht (2015) for the expected calibration error.
"""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from julja.stats.intervals import Floats, Interval, wilson
from julja.stats.resample import cluster_codes

Method: TypeAlias = Literal["isotonic", "affine", "platt"]
Map: TypeAlias = Callable[[Floats], Floats]

FOLDS = 5
_FLAT = 1e-12


@dataclass(frozen=True, slots=True)
class Bin:
    """One bin of a reliability diagram: the judge's mean score, the labels' mean and interval."""

    predicted: float
    observed: float
    ci: Interval | None
    n: int


def fit_map(method: Method, scores: Floats, labels: Floats) -> Map:
    """Fit a map from scores to labels, both (n,)."""
    fits = {"isotonic": fit_isotonic, "affine": fit_affine, "platt": fit_platt}
    return fits[method](np.asarray(scores, dtype=float), np.asarray(labels, dtype=float))


def fit_isotonic(scores: Floats, labels: Floats) -> Map:
    """The rising step function of least squares; linear between steps, flat beyond the ends."""
    from scipy.optimize import isotonic_regression

    knots, place, count = np.unique(scores, return_inverse=True, return_counts=True)
    means = np.bincount(place, weights=labels) / count
    heights = np.asarray(isotonic_regression(means, weights=count.astype(float)).x)
    return lambda x: np.interp(x, knots, heights)


def fit_affine(scores: Floats, labels: Floats) -> Map:
    """The straight line of least squares; flat where the scores don't vary."""
    centre, mean = float(scores.mean()), float(labels.mean())
    spread = float(np.mean((scores - centre) ** 2))
    slope = 0.0
    if spread > _FLAT * max(1.0, centre**2):
        slope = float(np.mean((scores - centre) * (labels - mean))) / spread
    return lambda x: mean + slope * (np.asarray(x, dtype=float) - centre)


def fit_platt(scores: Floats, labels: Floats) -> Map:
    """Platt's logistic curve for 0/1 labels, with his smoothed targets, by Newton's method.

    The targets (k + 1) / (k + 2) and 1 / (m + 2), for k labels of 1 and m of 0, keep the slope
    finite where the scores separate the labels.
    """
    positive = float(labels.sum())
    negative = len(labels) - positive
    target = np.where(labels > 0.5, (positive + 1) / (positive + 2), 1 / (negative + 2))
    centre, scale = float(scores.mean()), float(scores.std()) or 1.0
    design = np.column_stack([np.ones(len(scores)), (scores - centre) / scale])
    beta = np.array([np.log((positive + 1) / (negative + 1)), 0.0])
    for _ in range(100):
        chance = _sigmoid(design @ beta)
        slope = design.T @ (target - chance)
        hessian = (design * (chance * (1 - chance))[:, None]).T @ design
        step = np.linalg.lstsq(hessian, slope, rcond=None)[0]
        # Newton may overshoot from far away: never more than a unit of the logit at once.
        beta = beta + step / max(1.0, float(np.abs(step).max()))
        if float(np.abs(step).max()) < 1e-10:
            break
    return lambda x: _sigmoid(beta[0] + beta[1] * (np.asarray(x, dtype=float) - centre) / scale)


def _sigmoid(x: Floats) -> Floats:
    found: Floats = 0.5 * (1 + np.tanh(0.5 * x))
    return found


def folds(n: int, clusters: Sequence[Hashable] | None, parts: int, seed: int) -> np.ndarray:
    """Each item's fold, 0..parts-1, of nearly equal size; a cluster is never split."""
    codes = cluster_codes(clusters, n)
    groups = int(codes.max(initial=-1)) + 1
    order = np.random.default_rng(seed).permutation(groups)
    part = np.empty(groups, dtype=np.int64)
    part[order] = np.arange(groups) % max(1, min(parts, groups))
    return part[codes]


def cross_fitted(
    method: Method,
    scores: Floats,
    labels: Floats,
    *,
    clusters: Sequence[Hashable] | None = None,
    parts: int = FOLDS,
    seed: int = 0,
) -> Floats:
    """Each item's recalibrated score (n,) from a fit to the other folds.

    At least two items (or clusters) are needed.
    """
    scores, labels = np.asarray(scores, dtype=float), np.asarray(labels, dtype=float)
    fold = folds(len(scores), clusters, parts, seed)
    if len(np.unique(fold)) < 2:
        raise ValueError("cross-fitting needs at least two items or clusters")
    found = np.empty(len(scores))
    for part in np.unique(fold):
        inside = fold == part
        found[inside] = fit_map(method, scores[~inside], labels[~inside])(scores[inside])
    return found


def rmse(scores: Floats, labels: Floats) -> float:
    """Root of the mean squared distance of scores and labels.

    >>> rmse(np.array([1.0, 2.0]), np.array([1.0, 4.0])).__round__(4)
    1.4142
    """
    return float(np.sqrt(np.mean((np.asarray(scores) - np.asarray(labels)) ** 2)))


def reliability(scores: Floats, labels: Floats, bins: int = 10) -> tuple[Bin, ...]:
    """A reliability diagram in bins of nearly equal numbers; equal scores share a bin.

    Where labels are 0 or 1, each bin's label mean has Wilson's interval.
    """
    scores, labels = np.asarray(scores, dtype=float), np.asarray(labels, dtype=float)
    if not len(scores):
        return ()
    edges = np.unique(np.quantile(scores, np.linspace(0, 1, bins + 1)[1:-1]))
    place = np.searchsorted(edges, scores, side="left")
    share = bool(np.all((labels == 0) | (labels == 1)))
    found = []
    for part in np.unique(place):
        inside = place == part
        n, total = int(inside.sum()), float(labels[inside].sum())
        ci = wilson(total, n) if share else None
        found.append(Bin(float(scores[inside].mean()), total / n, ci, n))
    return tuple(found)


def expected_calibration_error(scores: Floats, labels: Floats, bins: int = 10) -> float:
    """Mean distance of score and label over the bins of `reliability`, weighted by their sizes.

    It is never 0 in a finite sample, and the more bins, the larger: compare like with like.
    """
    table = reliability(scores, labels, bins)
    total = sum(part.n for part in table)
    return sum(part.n * abs(part.predicted - part.observed) for part in table) / total

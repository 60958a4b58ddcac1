"""Prediction-powered inference: a few human labels make a judge's many scores an honest mean.

The mean of a judge's scores estimates what the judge thinks. Its error is measured where people
have labelled, and taken off:

    theta = lam * mean(f on unlabelled) + mean(Y - lam * f on labelled)

with the variance lam^2 var(f)/N + var(Y - lam f)/n. With lam = 1 this is PPI; PPI++ takes the lam
that makes the variance smallest, so that a useless judge (lam = 0) costs nothing.

The labelled items must be a random draw of all items. Sources: Angelopoulos et al.,
"Prediction-powered inference" (Science 382, 2023, arXiv 2301.09633); Angelopoulos, Duchi and
Zrnic, "PPI++" (2023, arXiv 2311.01453), equation 8 and example 1 for lam; Miller (2024, arXiv
2411.00640) for clusters; Rogan and Gladen (1978) for pass rates.
"""

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from julja.stats.estimate import estimate
from julja.stats.intervals import LEVEL, Floats, Interval, clopper_pearson, spreadless, t_interval
from julja.stats.resample import RESAMPLES, bootstrapped, cluster_codes
from julja.types import Estimate


@dataclass(frozen=True, slots=True)
class PredictionPowered:
    """A mean from labels and judge scores together.

    `power` is lam: how far the judge is trusted. `labelled` and `unlabelled` are the numbers of
    items, `imputed_variance` and `rectifier_variance` the two parts of the squared standard error
    (of a clustered one only the sum is known: the first is then 0). `worth` is the number of human
    labels that would give the same standard error alone, over the number there are.
    """

    estimate: Estimate
    power: float
    labelled: int
    unlabelled: int
    imputed_variance: float
    rectifier_variance: float
    worth: float | None


def ppi_mean(
    labels: Sequence[float] | Floats,
    judged: Sequence[float] | Floats,
    unlabelled: Sequence[float] | Floats,
    *,
    power: float | None = None,
    clusters: Sequence[Hashable] | None = None,
    unlabelled_clusters: Sequence[Hashable] | None = None,
    low: float = -math.inf,
    high: float = math.inf,
    level: float = LEVEL,
    metric: str = "mean",
) -> PredictionPowered:
    """Estimate the mean label of all items; two-sided interval.

    `labels` are people's (n), `judged` the judge's scores of the same items (n), `unlabelled` its
    scores of the other ones (N). `power` fixes lam (1 is plain PPI), None tunes it. Items that
    share a cluster (a prompt) may lie on both sides: give both lists of clusters. The interval is
    Student's with the degrees of freedom of Welch and Satterthwaite, for 0/1 labels adjusted as in
    Agresti and Min, and clipped to [low, high].
    """
    y, f, g = (np.asarray(values, dtype=float) for values in (labels, judged, unlabelled))
    n, size = len(y), len(g)
    if len(f) != n:
        raise ValueError(f"{n} labels, but {len(f)} judge scores of the labelled items")
    if n < 2:
        raise ValueError("prediction-powered inference needs at least two labelled items")
    if not all(np.isfinite(values).all() for values in (y, f, g)):
        raise ValueError("labels and scores must be numbers: impute what the judge left out")
    alone = estimate(metric, y.tolist(), clusters=clusters, low=low, high=high)
    if not size:
        return PredictionPowered(alone, 0.0, n, 0, 0.0, (alone.stderr or 0.0) ** 2, 1.0)
    if clusters is None and unlabelled_clusters is None:
        return _independent(y, f, g, power, alone, (low, high), level)
    names = [*(clusters or _own("l", n)), *(unlabelled_clusters or _own("u", size))]
    return _clustered(y, f, g, cluster_codes(names, n + size), power, alone, (low, high), level)


def ppi_difference(
    labels: Sequence[tuple[float, float]] | Floats,
    judged: Sequence[tuple[float, float]] | Floats,
    unlabelled: Sequence[tuple[float, float]] | Floats,
    *,
    power: float | None = None,
    clusters: Sequence[Hashable] | None = None,
    unlabelled_clusters: Sequence[Hashable] | None = None,
    level: float = LEVEL,
) -> PredictionPowered:
    """The mean of B - A for two models on the same items: rows (A, B) of labels and scores.

    Pairing removes what is common to both: an item's difficulty, a judge's severity.
    """
    y, f, g = (np.asarray(v, dtype=float).reshape(-1, 2) for v in (labels, judged, unlabelled))
    return ppi_mean(
        y[:, 1] - y[:, 0],
        f[:, 1] - f[:, 0],
        g[:, 1] - g[:, 0],
        power=power,
        clusters=clusters,
        unlabelled_clusters=unlabelled_clusters,
        level=level,
        metric="difference",
    )


def tuned_power(y: Floats, f: Floats, g: Floats) -> float:
    """lam* = cov(Y, f) / ((1 + n/N) var(f)), within 0..1: the variance's minimum."""
    n, size = len(y), len(g)
    spread = float(np.var(np.concatenate([f, g]), ddof=1))
    if spread <= 1e-24 * max(1.0, float(np.abs(f).max()) ** 2):
        return 0.0
    covariance = float(np.mean((y - y.mean()) * (f - f.mean())))
    return min(1.0, max(0.0, covariance / ((1 + n / size) * spread)))


def _own(prefix: str, count: int) -> list[Hashable]:
    return [(prefix, index) for index in range(count)]


def _independent(
    y: Floats,
    f: Floats,
    g: Floats,
    power: float | None,
    alone: Estimate,
    limits: Interval,
    level: float,
) -> PredictionPowered:
    n, size = len(y), len(g)
    lam = tuned_power(y, f, g) if power is None else power
    rectified = y - lam * f
    value = lam * float(g.mean()) + float(rectified.mean())
    first = lam**2 * float(np.var(g, ddof=1)) / size if size > 1 else 0.0
    second = float(np.var(rectified, ddof=1)) / n
    stderr = math.sqrt(first + second)
    name = "PPI++" if power is None else "PPI"
    if _shares(y, f, g):
        ci, name = _adjusted(y, f, g, lam, first, level), f"{name}, adjusted"
    elif spreadless(math.sqrt(second), max(1.0, float(np.abs(y).max()))):
        ci, name = _agreeing(value, math.sqrt(first), y, f, limits), f"{name}, no error seen"
    else:
        ci = t_interval(value, stderr, _degrees(first, size, second, n), level)
    found = replace(
        alone, value=value, stderr=stderr, ci=_clip(ci, limits), bounds=(value, value), method=name
    )
    return PredictionPowered(found, lam, n, size, first, second, _worth(alone, stderr))


def _degrees(first: float, size: int, second: float, n: float) -> int:
    """Degrees of freedom of the sum of two variances (Welch and Satterthwaite)."""
    below = first**2 / max(size - 1, 1) + second**2 / (n - 1)
    return max(1, round((first + second) ** 2 / below)) if below > 0 else 1


def _shares(y: Floats, f: Floats, g: Floats) -> bool:
    """True where labels are 0 or 1 and the judge's scores lie between."""
    scores = np.concatenate([f, g])
    return bool(np.all((y == 0) | (y == 1)) and scores.min() >= 0 and scores.max() <= 1)


def _adjusted(y: Floats, f: Floats, g: Floats, lam: float, first: float, level: float) -> Interval:
    """The interval for 0/1 labels: half an item is added to each of the four cells (label, judge).

    A rare error of the judge is else seen too rarely to be believed: with 100 labels of which 90
    are 1, and a judge right on 97 %, 91 % are covered instead of 95 %. Source: Agresti and Min,
    Statistics in Medicine 24 (2005), for the difference of paired proportions, which this is.
    """
    weights = np.concatenate([np.ones(len(y)), np.full(4, 0.5)])
    rectified = np.concatenate([y, [1, 0, 1, 0]]) - lam * np.concatenate([f, [1, 0, 0, 1]])
    total = float(weights.sum())
    mean = float(weights @ rectified) / total
    second = float(weights @ (rectified - mean) ** 2) / (total - 1) / total
    value = lam * float(g.mean()) + mean
    degrees = _degrees(first, len(g), second, total)
    return t_interval(value, math.sqrt(first + second), degrees, level)


def _agreeing(value: float, stderr: float, y: Floats, f: Floats, limits: Interval) -> Interval:
    """Where the judge was right on every labelled item: so many may still be wrong.

    The exact limit of a share of which none was seen, times the largest possible error.
    """
    span = limits[1] - limits[0]
    scale = span if math.isfinite(span) else float(np.ptp(np.concatenate([y, f])))
    unseen = clopper_pearson(0, len(y))[1] * scale
    return value - 1.96 * stderr - unseen, value + 1.96 * stderr + unseen


def _clustered(
    y: Floats,
    f: Floats,
    g: Floats,
    codes: NDArray[np.int64],
    power: float | None,
    alone: Estimate,
    limits: Interval,
    level: float,
) -> PredictionPowered:
    """By influence: each item's part of the estimate's error, summed within its cluster.

    With u the labels' part and v the scores', the error is u - lam v and lam* = <u, v> / <v, v>.
    """
    n, size = len(y), len(g)
    u = np.concatenate([(y - y.mean()) / n, np.zeros(size)])
    v = np.concatenate([(f - f.mean()) / n, -(g - g.mean()) / size])
    first, second = np.bincount(codes, weights=u), np.bincount(codes, weights=v)
    if power is None:
        below = float(second @ second)
        power = min(1.0, max(0.0, float(first @ second) / below)) if below > 1e-30 else 0.0
        name = "PPI++, clustered"
    else:
        name = "PPI, clustered"
    value = power * float(g.mean()) + float((y - power * f).mean())
    groups = len(first)
    seen = len(set(codes[:n].tolist()))
    if seen < 2:
        found = replace(alone, value=value, stderr=None, ci=None, method="one labelled cluster")
        return PredictionPowered(found, power, n, size, 0.0, 0.0, None)
    total = float(np.sum((first - power * second) ** 2)) * seen / (seen - 1)
    stderr = math.sqrt(total)
    ci = t_interval(value, stderr, min(groups, seen) - 1, level)
    found = replace(
        alone, value=value, stderr=stderr, ci=_clip(ci, limits), bounds=(value, value), method=name
    )
    return PredictionPowered(found, power, n, size, 0.0, total, _worth(alone, stderr))


def _clip(ci: Interval, limits: Interval) -> Interval:
    return max(limits[0], ci[0]), min(limits[1], ci[1])


def _worth(alone: Estimate, stderr: float) -> float | None:
    if alone.stderr is None or spreadless(stderr):
        return None
    return (alone.stderr / stderr) ** 2


def rogan_gladen(
    passed: int,
    judged: int,
    true_positive: int,
    positive: int,
    true_negative: int,
    negative: int,
    *,
    resamples: int = RESAMPLES,
    seed: int = 0,
    level: float = LEVEL,
) -> Estimate:
    """The true pass rate behind a judge's: (q + TNR - 1) / (TPR + TNR - 1), within 0..1.

    The judge passed `passed` of `judged` unlabelled items; of `positive` items that people pass it
    passed `true_positive`, of `negative` ones that they fail it failed `true_negative`. Unlike PPI
    this also holds where the labelled items were picked by their label. The interval is a
    bootstrap of all three counts. Where the judge can't tell the two apart there is no value.
    """
    nothing = Estimate("pass_rate", None, None, None, judged, None)
    if not (judged and positive and negative):
        return replace(nothing, method="needs labels of both kinds")
    rate = passed / judged, true_positive / positive, true_negative / negative
    informed = rate[1] + rate[2] - 1
    if informed <= 0:
        return replace(nothing, method="the judge does not tell passes from failures")
    generator = np.random.default_rng(seed)
    # Half a count on either side: a rate of 0 or 1 would never vary.
    drawn = [
        generator.binomial(n, (k + 0.5) / (n + 1), resamples) / n
        for k, n in ((passed, judged), (true_positive, positive), (true_negative, negative))
    ]
    below = drawn[1] + drawn[2] - 1
    # A resample in which the judge is no better than chance allows any rate: both ends.
    corrected = np.clip((drawn[0] + drawn[2] - 1) / np.where(below > 0, below, np.nan), 0, 1)
    lost = np.flatnonzero(np.isnan(corrected))
    corrected[lost] = np.arange(len(lost)) % 2
    value = min(1.0, max(0.0, (rate[0] + rate[2] - 1) / informed))
    n = judged + positive + negative
    return bootstrapped("pass_rate", value, corrected, n, level=level)

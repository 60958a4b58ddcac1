"""Krippendorff's alpha: agreement of any number of raters, at any level, with missing ratings.

alpha = 1 - D_o / D_e, observed over expected disagreement, on the ratings of items that at least
two raters rated. Ratings are numbers (raters, items), NaN for none; for the nominal level they are
codes. Source: Krippendorff, "Computing Krippendorff's Alpha-Reliability" (2011), and "Content
Analysis" (4th ed., 2019), chapter 12. The interval is a percentile bootstrap over items or
clusters.
"""

from collections.abc import Callable, Hashable, Sequence
from itertools import compress
from typing import Literal, TypeAlias

import numpy as np

from julja.stats.intervals import Floats
from julja.stats.resample import (
    RESAMPLES,
    affordable,
    bootstrapped,
    cluster_codes,
    draws,
    resampled_sums,
    units_of,
    unseen_share,
)
from julja.types import Estimate

Level: TypeAlias = Literal["nominal", "ordinal", "interval", "ratio"]


def krippendorff_alpha(
    ratings: Floats,
    level: Level = "nominal",
    *,
    clusters: Sequence[Hashable] | None = None,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Estimate:
    """Alpha of `ratings` (raters, items), NaN where a rater has none.

    `n` counts the items with two ratings or more; where there is none, or all ratings are the
    same, alpha isn't defined and the value is None. A ratio scale has no negative value.
    """
    paired = np.isfinite(ratings).sum(axis=0) >= 2
    table = ratings[:, paired]
    kept = None if clusters is None else list(compress(clusters, paired.tolist()))
    n = table.shape[1]
    if not n:
        return Estimate("alpha", None, None, None, 0, None)
    if level == "ratio" and np.nanmin(table) < 0:
        raise ValueError("a ratio scale has no negative values")
    if level == "ordinal":
        value, drawn, worst = _ordinal(table, kept, resamples, seed)
    else:
        features, alpha = _by_sums(table, level)
        value = float(alpha(features.sum(axis=0, keepdims=True))[0])
        drawn = alpha(resampled_sums(features, clusters=kept, resamples=resamples, seed=seed))
        worst = _worst(table, level)
    # All items agree: so many may still differ, at most by the whole scale.
    units = units_of(kept)
    unseen = unseen_share(n if units is None else units)
    flat = (1 - unseen * worst, 1.0) if value >= 1 - 1e-12 else None
    return bootstrapped("alpha", value, drawn, n, units=units, flat=flat)


def _by_sums(table: Floats, level: Level) -> tuple[Floats, Callable[[Floats], Floats]]:
    """Each item's contribution (items, f), and alpha from sums of them.

    Column 0 is the disagreement within the item, column 1 its number of ratings; the rest is what
    the expected disagreement needs: sums and squares (interval), or counts of each value.
    """
    rated = np.isfinite(table)
    number = rated.sum(axis=0).astype(float)
    if level == "interval":
        # Around the mean, or squares of large values would cancel to noise.
        centred = np.where(rated, table - np.nanmean(table), 0.0)
        total, squares = centred.sum(axis=0), (centred**2).sum(axis=0)
        within = 2 * (number * squares - total**2) / (number - 1)
        return np.column_stack([within, number, total, squares]), _interval_alpha
    values = np.unique(table[rated])
    counts = np.stack([(table == value).sum(axis=0) for value in values], axis=1).astype(float)
    distance = _distance(values, level)
    within = np.einsum("ic,ic->i", counts @ distance, counts) / (number - 1)

    def alpha(sums: Floats) -> Floats:
        margins = sums[:, 2:]
        expected = np.einsum("bc,bc->b", margins @ distance, margins)
        return _alpha(sums[:, 0], expected, sums[:, 1])

    return np.column_stack([within, number, counts]), alpha


def _interval_alpha(sums: Floats) -> Floats:
    return _alpha(sums[:, 0], 2 * (sums[:, 1] * sums[:, 3] - sums[:, 2] ** 2), sums[:, 1])


def _alpha(observed: Floats, expected: Floats, number: Floats) -> Floats:
    room = np.where(expected > 1e-12 * np.maximum(number, 1), expected, np.nan)
    found: Floats = 1 - (number - 1) * observed / room
    return found


def _distance(values: Floats, level: Level) -> Floats:
    """Squared distances of all pairs of values, nominal or ratio."""
    if level == "nominal":
        return 1.0 - np.eye(len(values))
    total = values[:, None] + values[None, :]
    ratio = (values[:, None] - values[None, :]) / np.where(total == 0, 1.0, total)
    found: Floats = ratio**2
    return found


def _ordinal(
    table: Floats, clusters: Sequence[Hashable] | None, resamples: int, seed: int
) -> tuple[float, Floats, float]:
    """(alpha, alpha in each resample, the largest distance over the mean one).

    The ordinal distance of two values is that of their mid-ranks among all ratings, so alpha is the
    interval one on ranks, and each resample has ranks of its own.
    """
    values = np.unique(table[np.isfinite(table)])
    counts = np.stack([(table == value).sum(axis=0) for value in values], axis=1).astype(float)
    codes = cluster_codes(clusters, len(counts))
    if clusters is None:
        counts, multiplicity = np.unique(counts, axis=0, return_counts=True)
        codes = np.arange(len(counts))
    else:
        multiplicity = np.ones(int(codes.max()) + 1, dtype=np.int64)
    number = counts.sum(axis=1)

    def alpha(block: Floats) -> tuple[Floats, Floats]:
        weights = block[:, codes]
        margins = weights @ counts
        ranks = np.cumsum(margins, axis=1) - margins / 2
        total, squares = ranks @ counts.T, ranks**2 @ counts.T
        within = 2 * (number * squares - total**2) / (number - 1)
        size = margins.sum(axis=1)
        spread = (margins * ranks).sum(axis=1)
        expected = 2 * (size * (margins * ranks**2).sum(axis=1) - spread**2)
        # Rounding of ranks in the thousands must not pass for disagreement.
        within[np.abs(within) < 1e-9 * size[:, None] ** 2] = 0.0
        return _alpha((weights * within).sum(axis=1), expected, size), expected / size**2

    whole, mean_distance = alpha(multiplicity[None, :].astype(float))
    margins = (multiplicity[codes, None] * counts if clusters is None else counts).sum(axis=0)
    ranks = np.cumsum(margins) - margins / 2
    worst = float((ranks[-1] - ranks[0]) ** 2 / mean_distance[0]) if mean_distance[0] else np.inf
    resamples = affordable(resamples, len(codes) * max(1, len(values) // 4))
    drawn = np.concatenate([alpha(block)[0] for block in draws(multiplicity, resamples, seed)])
    return float(whole[0]), drawn, worst


def _worst(table: Floats, level: Level) -> float:
    """The largest squared distance of two values over the mean one."""
    values, counts = np.unique(table[np.isfinite(table)], return_counts=True)
    if level == "interval":
        mean = 2 * float(np.var(np.repeat(values, counts)))
        return float(np.ptp(values)) ** 2 / mean if mean else np.inf
    distance = _distance(values, level)
    mean = float(counts @ distance @ counts) / float(counts.sum()) ** 2
    return float(distance.max()) / mean if mean else np.inf

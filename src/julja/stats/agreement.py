"""How far raters agree: raw, chance-corrected (kappa), and whether a judge reaches the people.

Everything is one calculation. Each side's ratings of an item become shares of its categories; two
sides agree on an item as far as a rating drawn from one equals a rating drawn from the other.
With one rating a side this is Cohen's kappa; among the raters of one side it is Fleiss'. Because a
judge may be asked several times and a person may miss items, neither side needs the same number of
ratings for each item.

Sources: Cohen (1960; 1968 for weights); Fleiss (1971); Zheng et al., "Judging LLM-as-a-Judge"
(2023), for the human-human ceiling. Intervals: percentile bootstrap over items or clusters.
Krippendorff's alpha is in `krippendorff`.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from itertools import compress
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from julja.stats.intervals import Floats
from julja.stats.resample import RESAMPLES, bootstrapped, resampled_sums, units_of, unseen_share
from julja.types import Estimate

NAMES = ("agreement", "kappa")
Weights: TypeAlias = Literal["none", "linear", "quadratic"]


@dataclass(frozen=True, slots=True)
class Agreement:
    """Raw agreement, a share of item pairs, and kappa, what of it is beyond chance.

    With weights, near misses count in part in both.
    """

    raw: Estimate
    kappa: Estimate


@dataclass(frozen=True, slots=True)
class Ceiling:
    """A judge beside people on the items that at least two people rated.

    `judge` is the agreement of the judge with one person drawn at random, `people` that of two of
    them: what a judge can be expected to reach. `difference` is judge - people, from the same
    resamples.
    """

    judge: Agreement
    people: Agreement
    difference: Agreement


def shares(ratings: Floats, categories: Floats) -> Floats:
    """Counts of each category for each item, from ratings (raters, items) with NaN for none.

    The result is (items, categories).
    """
    counts = [(ratings == value).sum(axis=0) for value in categories]
    found: Floats = np.array(counts, dtype=float).T
    return found


def agreement_weights(places: Floats, weights: Weights) -> Floats:
    """What two categories' distance leaves of agreement: 1 on the diagonal, 0 at the far corner.

    `places` are where the categories stand on the scale, in rising order.
    """
    if weights == "none" or len(places) < 2:
        return np.eye(len(places))
    distance = np.abs(places[:, None] - places[None, :]) / (places[-1] - places[0])
    found: Floats = 1.0 - (distance if weights == "linear" else distance**2)
    return found


def agreement(
    left: Floats,
    right: Floats,
    *,
    weights: Weights = "none",
    places: Floats | None = None,
    clusters: Sequence[Hashable] | None = None,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Agreement:
    """Agreement of two sides: `left` and `right` are counts (items, categories).

    Items that one side didn't rate are left out. Weights go by `places`, where the categories
    stand on their scale in rising order; without it they are equally far apart.
    """
    table = _table(left, places, weights)
    rated = (left.sum(axis=1) > 0) & (right.sum(axis=1) > 0)
    features = _between(left[rated], right[rated], table)
    kept = _kept(clusters, rated)
    drawn = resampled_sums(features, clusters=kept, resamples=resamples, seed=seed)
    return _estimates(features, drawn, table, kept)


def cohen_kappa(
    a: Sequence[float],
    b: Sequence[float],
    *,
    weights: Weights = "none",
    clusters: Sequence[Hashable] | None = None,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Estimate:
    """Cohen's kappa of two raters, NaN where one has no rating; categories are the values seen.

    Weights go by the values' distance: a category that nobody used leaves its gap.
    """
    both = np.array([a, b], dtype=float)
    categories = np.unique(both[np.isfinite(both)])
    left, right = (shares(side[None, :], categories) for side in both)
    return agreement(
        left,
        right,
        weights=weights,
        places=categories,
        clusters=clusters,
        resamples=resamples,
        seed=seed,
    ).kappa


def fleiss_kappa(
    counts: Floats,
    *,
    weights: Weights = "none",
    places: Floats | None = None,
    clusters: Sequence[Hashable] | None = None,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Agreement:
    """Agreement within one group of raters: `counts` (items, categories), Fleiss' kappa.

    Items with fewer than two ratings are left out. Where items have different numbers of ratings,
    each item counts once.
    """
    table = _table(counts, places, weights)
    rated = counts.sum(axis=1) >= 2
    features = _within(counts[rated], table)
    kept = _kept(clusters, rated)
    drawn = resampled_sums(features, clusters=kept, resamples=resamples, seed=seed)
    return _estimates(features, drawn, table, kept)


def ceiling(
    judge: Floats,
    people: Floats,
    *,
    weights: Weights = "none",
    places: Floats | None = None,
    clusters: Sequence[Hashable] | None = None,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Ceiling | None:
    """A judge's agreement with people beside the people's own; None where no item has two people.

    Both are counts (items, categories). A judge agrees with one person more often than two persons
    agree where the judge is closer to the common opinion than a person is.
    """
    rated = (judge.sum(axis=1) > 0) & (people.sum(axis=1) >= 2)
    if not rated.any():
        return None
    table = _table(judge, places, weights)
    first = _between(judge[rated], people[rated], table)
    second = _within(people[rated], table)
    kept = _kept(clusters, rated)
    drawn = resampled_sums(
        np.concatenate([first, second], axis=1), clusters=kept, resamples=resamples, seed=seed
    )
    ours, theirs = drawn[:, : first.shape[1]], drawn[:, first.shape[1] :]
    return Ceiling(
        judge=_estimates(first, ours, table, kept),
        people=_estimates(second, theirs, table, kept),
        difference=_difference(first, second, ours, theirs, table, units_of(kept)),
    )


def _table(counts: Floats, places: Floats | None, weights: Weights) -> Floats:
    return agreement_weights(
        np.arange(counts.shape[1], dtype=float) if places is None else places, weights
    )


def _kept(
    clusters: Sequence[Hashable] | None, rated: NDArray[np.bool_]
) -> Sequence[Hashable] | None:
    return None if clusters is None else list(compress(clusters, rated.tolist()))


def _between(left: Floats, right: Floats, table: Floats) -> Floats:
    """Rows [1, agreement, left's shares, right's shares]: what sums to raw agreement and kappa."""
    if not len(left):
        return np.zeros((0, 2 + 2 * len(table)))
    left = left / left.sum(axis=1, keepdims=True)
    right = right / right.sum(axis=1, keepdims=True)
    agreed = np.einsum("ic,ck,ik->i", left, table, right)
    return np.column_stack([np.ones(len(left)), agreed, left, right])


def _within(counts: Floats, table: Floats) -> Floats:
    """The same within one group: two of an item's ratings are drawn without replacement."""
    if not len(counts):
        return np.zeros((0, 2 + 2 * len(table)))
    number = counts.sum(axis=1)
    same = np.einsum("ic,ck,ik->i", counts, table, counts) - counts @ np.diag(table)
    part = counts / number[:, None]
    return np.column_stack([np.ones(len(counts)), same / (number * (number - 1)), part, part])


def _raw(sums: Floats) -> Floats:
    found: Floats = sums[:, 1] / sums[:, 0]
    return found


def _chance(sums: Floats, table: Floats) -> Floats:
    """Agreement by chance: of ratings drawn from each side's margins."""
    size = (sums.shape[1] - 2) // 2
    left, right = sums[:, 2 : 2 + size], sums[:, 2 + size :]
    found: Floats = np.einsum("bc,ck,bk->b", left, table, right)
    return found / sums[:, 0] ** 2


def _kappa(sums: Floats, table: Floats) -> Floats:
    """(raw - chance) / (1 - chance) for rows of sums; NaN where chance leaves no room."""
    chance = _chance(sums, table)
    room = np.where(1 - chance > 1e-12, 1 - chance, np.nan)
    found: Floats = (_raw(sums) - chance) / room
    return found


def _estimates(
    features: Floats,
    drawn: Floats,
    table: Floats,
    clusters: Sequence[Hashable] | None,
) -> Agreement:
    n = len(features)
    if not n:
        return Agreement(*(Estimate(name, None, None, None, 0, None) for name in NAMES))
    sums = features.sum(axis=0, keepdims=True)
    raw, chance = float(_raw(sums)[0]), float(_chance(sums, table)[0])
    # Where all items agree (or none does) resampling shows no spread: so many may still differ.
    units = units_of(clusters)
    unseen = unseen_share(n if units is None else units)
    low, high = raw - unseen * raw, raw + unseen * (1 - raw)
    beyond = (
        None if chance >= 1 else ((low - chance) / (1 - chance), (high - chance) / (1 - chance))
    )
    return Agreement(
        bootstrapped(NAMES[0], raw, _raw(drawn), n, units=units, flat=(low, high)),
        bootstrapped(
            NAMES[1],
            float(_kappa(sums, table)[0]),
            _kappa(drawn, table),
            n,
            units=units,
            flat=beyond,
        ),
    )


def _difference(
    first: Floats, second: Floats, ours: Floats, theirs: Floats, table: Floats, units: int | None
) -> Agreement:
    n = len(first)
    one, two = first.sum(axis=0, keepdims=True), second.sum(axis=0, keepdims=True)
    raw, kappa = _raw(one) - _raw(two), _kappa(one, table) - _kappa(two, table)
    return Agreement(
        bootstrapped(NAMES[0], float(raw[0]), _raw(ours) - _raw(theirs), n, units=units),
        bootstrapped(
            NAMES[1], float(kappa[0]), _kappa(ours, table) - _kappa(theirs, table), n, units=units
        ),
    )

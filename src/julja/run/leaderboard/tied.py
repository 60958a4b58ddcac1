"""Which models can be told apart: by items where there are any, else by errors or columns."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

import numpy as np

from julja.run.leaderboard.sheet import Column, Items
from julja.stats.frontier import win_rates
from julja.stats.intervals import Floats
from julja.stats.many import Ints, ModelComparison, compare_models
from julja.stats.rank_sets import letters, tie_groups
from julja.stats.ranks import Order
from julja.stats.unpaired import compare_unpaired

Units: TypeAlias = Literal["items", "errors", "columns"]
UNITS: tuple[Units, ...] = get_args(Units)
# More groups than this are no help to a reader.
MOST_GROUPS = 16
MOST_SOUGHT = 20
# Fewer columns than this, drawn anew, say nothing about columns that aren't there.
FEWEST_COLUMNS = 5


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of the ranks of some models.

    `letters`: two models without a common one are told apart; those that share one are not, if
    `exact`. Where that takes too many letters, they stand for runs of neighbours instead (a-d), in
    which some pairs may be told apart all the same: `order` knows. `ranks` are the best and the
    worst rank that hold for all models at once, `likely` the percentiles of each model's rank over
    resamples. `draws` (b, m) are scores in those resamples, up to what all models share. `how` is
    for the reader.
    """

    models: tuple[str, ...]
    units: Units
    how: str
    letters: tuple[str, ...]
    groups: tuple[tuple[int, ...], ...]
    exact: bool
    ranks: tuple[tuple[int, int], ...]
    likely: tuple[tuple[int, int], ...]
    draws: Floats
    order: Order
    n: int

    def separated(self, first: str, second: str) -> bool:
        """True where two models are told apart."""
        one, two = self.models.index(first), self.models.index(second)
        return bool(self.order[one, two] != 0)


def by_items(column: Column, *, alpha: float, seed: int) -> Standing | None:
    """The standing in one column by its item scores; None where it has none."""
    items = column.items
    if items is None:
        return None
    found = compare_models(
        items.scores if items.strata is None else _influence(items),
        clusters=items.clusters,
        weights=items.weights if items.strata is None else None,
        alpha=alpha,
        higher_is_better=column.higher_is_better,
        seed=seed,
    )
    unit = "clusters" if items.clusters is not None else "items"
    how = f"paired by item, max-T over all pairs ({found.groups:,} {unit})"
    return _standing(items.models, found, "items", how)


def mean_by_items(
    columns: Sequence[Column],
    weights: Sequence[float],
    models: Sequence[str],
    *,
    alpha: float,
    seed: int,
) -> Standing | None:
    """The standing by the weighted mean of columns; None where one of them has no items.

    Columns are strata: items are compared by their influence on the mean, so that its variance is
    the sum of the columns' own (see `julja.stats.intervals.stratified_mean`).
    """
    total = sum(c.items.scores.shape[1] for c in columns if c.items is not None)
    clustered = any(c.items is not None and c.items.clusters is not None for c in columns)
    whole = np.zeros((len(models), 1))
    parts: list[Floats] = []
    clusters: list[tuple[int, Hashable]] = []
    for number, (column, weight) in enumerate(zip(columns, weights, strict=True)):
        items = column.items
        if items is None or not set(models) <= set(items.models):
            return None
        values = _influence(items)[[items.models.index(model) for model in models]]
        mean = np.nanmean(values, axis=1, keepdims=True)
        count = items.scores.shape[1]
        whole += weight * mean
        parts.append(weight * (values - mean) * total / count)
        clusters += [(number, cluster) for cluster in items.clusters or range(count)]
    found = compare_models(
        np.concatenate(parts, axis=1) + whole,
        clusters=clusters if clustered else None,
        alpha=alpha,
        seed=seed,
    )
    how = f"paired by item over {len(columns)} columns, max-T over all pairs ({total:,} items)"
    return _standing(tuple(models), found, "items", how)


def _influence(items: Items) -> Floats:
    """(m, n): scores turned so that their plain mean is the column's value.

    A part (a subset) of weight W and n_s of the n items adds W * slope * (s - floor) * n / n_s for
    each of its items; weighted items count by their share of their part's weight. Below the floor
    a part is 0, and its items change nothing.
    """
    models, n = items.scores.shape
    strata = np.zeros(n, np.int64) if items.strata is None else np.asarray(items.strata)
    weights = np.ones(n) if items.weights is None else np.asarray(items.weights, dtype=float)
    known = np.isfinite(items.scores)
    found = np.full((models, n), np.nan)
    values = np.zeros(models)
    for part, share in enumerate(items.parts):
        here = np.flatnonzero(strata == part)
        weight = known[:, here] * weights[here]
        total = weight.sum(axis=1, keepdims=True)
        scores = np.where(known[:, here], items.scores[:, here], 0.0)
        mean = (scores * weight).sum(axis=1, keepdims=True) / np.where(total > 0, total, 1.0)
        above = (mean > items.floors[part]) | (items.floors[part] == 0)
        slope = items.slopes[part] * above
        # n / total makes the mean over all n items the part's own weighted mean.
        moved = share * slope * (scores - mean) * weights[here] * n / np.where(total > 0, total, 1)
        found[:, here] = np.where(known[:, here], moved, np.nan)
        values += (share * slope * (mean - items.floors[part]))[:, 0]
    return found + values[:, None]


def by_errors(
    models: Sequence[str], score: Floats, stderr: Floats, *, alpha: float, seed: int
) -> Standing | None:
    """The standing by scores (higher better) and their errors; None where an error is unknown."""
    if not len(score) or not np.isfinite(stderr).all() or not np.isfinite(score).all():
        return None
    found = compare_unpaired(score, stderr, alpha=alpha, seed=seed)
    return Standing(
        tuple(models),
        "errors",
        "by the scores' own errors as if independent, Holm over all pairs: less is told apart than"
        " by items",
        *_lettered(found.order, score),
        _pairs(found.rank_low, found.rank_high),
        _pairs(found.likely_low, found.likely_high),
        found.draws,
        found.order,
        len(models),
    )


def by_columns(
    models: Sequence[str],
    scores: Floats,
    weights: Sequence[float],
    *,
    alpha: float,
    seed: int,
    win_rate: bool = False,
    higher: Sequence[bool] = (),
) -> Standing | None:
    """The standing by drawing columns (m, k) anew: would other benchmarks of this kind agree?

    None with fewer than five columns.
    """
    if scores.shape[1] < FEWEST_COLUMNS or len(models) < 2:
        return None
    values = win_rates(scores, np.asarray(higher)) if win_rate else scores
    found = compare_models(values, weights=list(weights), alpha=alpha, seed=seed)
    what = "win rates" if win_rate else "scores"
    how = (
        f"{what} paired by column, max-T over all pairs, as if the {scores.shape[1]} columns were"
        " drawn from more of their kind"
    )
    return _standing(tuple(models), found, "columns", how)


def _standing(models: tuple[str, ...], found: ModelComparison, units: Units, how: str) -> Standing:
    order = found.order("max_t")
    return Standing(
        models,
        units,
        how,
        *_lettered(order, found.strength),
        _pairs(found.rank_low, found.rank_high),
        _pairs(found.likely_low, found.likely_high),
        found.draws,
        order,
        found.groups,
    )


def _lettered(
    order: Order, strength: Floats
) -> tuple[tuple[str, ...], tuple[tuple[int, ...], ...], bool]:
    """Letters, groups, and whether they are exact."""
    models = len(order)
    runs = _runs(order, strength)
    whole = all(not order[np.ix_(run, run)].any() for run in runs)
    # Where some pair within a run is told apart, the groups are sought: a search that takes long.
    groups = runs if whole else tie_groups(order, strength) if models <= MOST_SOUGHT else ()
    if groups and len(groups) <= MOST_GROUPS:
        return tuple(letters(groups, models)), groups, True
    names = letters([(number,) for number in range(len(runs))], len(runs))
    found = []
    for model in range(models):
        own = [name for name, run in zip(names, runs, strict=True) if model in run]
        found.append(own[0] if len(own) == 1 else f"{own[0]}-{own[-1]}")
    return tuple(found), runs, False


def _runs(order: Order, strength: Floats) -> tuple[tuple[int, ...], ...]:
    """The longest runs of neighbours, best first, whose first and last are not told apart."""
    places = np.argsort(-strength, kind="stable").tolist()
    found: list[tuple[int, ...]] = []
    reached = -1
    for start, model in enumerate(places):
        level = [end for end in range(start, len(places)) if order[model, places[end]] == 0]
        if level[-1] > reached:
            reached = level[-1]
            found.append(tuple(places[start : reached + 1]))
    return tuple(found)


def _pairs(low: Ints, high: Ints) -> tuple[tuple[int, int], ...]:
    return tuple(zip(low.tolist(), high.tolist(), strict=True))

"""The frontier of score against cost, and how sure it is; mean win rates over columns.

Costs and scores are (m,), one entry for each model; a low cost and a high score are good.
Sources: Kapoor et al., "AI Agents That Matter" (2024, arXiv 2407.01502) for the frontier of agents,
which they draw as the convex hull; Liang et al., "Holistic Evaluation of Language Models" (2022,
arXiv 2211.09110) for the mean win rate.
"""

from typing import Literal, TypeAlias, get_args

import numpy as np
from numpy.typing import NDArray

from julja.stats.intervals import Floats

Shape: TypeAlias = Literal["staircase", "hull"]
SHAPES: tuple[Shape, ...] = get_args(Shape)


def frontier(cost: Floats, score: Floats, shape: Shape = "staircase") -> NDArray[np.bool_]:
    """Which models (m,) are on the frontier; NaN costs or scores never are.

    The staircase has every model that no other beats in one and equals in the other. The hull has
    those of them that no mixture of two others beats: to ask the cheap one with some chance and
    the dear one else lies on the straight line between them.

    >>> frontier(np.array([1.0, 2, 3, 4]), np.array([0.1, 0.2, 0.9, 0.8])).tolist()
    [True, True, True, False]
    >>> frontier(np.array([1.0, 2, 3, 4]), np.array([0.1, 0.2, 0.9, 0.8]), "hull").tolist()
    [True, False, True, False]
    """
    known = np.isfinite(cost) & np.isfinite(score)
    found = np.zeros(len(cost), dtype=bool)
    places = np.flatnonzero(known)
    found[places] = _staircase(cost[places], score[places][None, :])[0]
    return _hull(cost, score, found) if shape == "hull" else found


def frontier_chance(
    cost: Floats, draws: Floats, shape: Shape = "staircase", cost_draws: Floats | None = None
) -> Floats:
    """The share (m,) of resamples in which each model is on the frontier; NaN where it can't be.

    `draws` (b, m) are the scores in resamples of items, the same ones for all models. Costs are
    held fixed, unless their own draws are given.
    """
    known = np.isfinite(cost) & np.isfinite(draws).all(axis=0)
    places = np.flatnonzero(known)
    chance = np.full(len(cost), np.nan)
    if not len(places) or not len(draws):
        return chance
    drawn = draws[:, places]
    if shape == "staircase" and cost_draws is None:
        chance[places] = _staircase(cost[places], drawn).mean(axis=0)
        return chance
    costs = np.broadcast_to(cost, draws.shape) if cost_draws is None else cost_draws
    on = [
        frontier(price, score, shape) for price, score in zip(costs[:, places], drawn, strict=True)
    ]
    chance[places] = np.mean(on, axis=0)
    return chance


def _staircase(cost: Floats, scores: Floats) -> NDArray[np.bool_]:
    """(b, m): on the frontier in each row of `scores`; equal points are on it together."""
    found = np.zeros(scores.shape, dtype=bool)
    best = np.full(len(scores), -np.inf)
    for price in np.unique(cost):
        here = np.flatnonzero(cost == price)
        top = scores[:, here].max(axis=1)
        # Within one price only the best are on it, and only if they beat all that is cheaper.
        found[:, here] = (scores[:, here] == top[:, None]) & (top > best)[:, None]
        best = np.maximum(best, top)
    return found


def _hull(cost: Floats, score: Floats, stairs: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Of the staircase, the points of its upper hull (Andrew's monotone chain)."""
    places = np.flatnonzero(stairs)
    # On the staircase one cost has one score: equal points are one corner.
    _, first = np.unique(cost[places], return_index=True)
    chain: list[int] = []
    for place in places[first].tolist():
        while len(chain) > 1 and _turn(cost, score, (chain[-2], chain[-1], place)) > 0:
            chain.pop()
        chain.append(place)
    found: NDArray[np.bool_] = stairs & np.isin(cost, cost[chain])
    return found


def _turn(cost: Floats, score: Floats, corner: tuple[int, int, int]) -> float:
    """Above 0 where the middle point lies below the line through the others."""
    a, b, c = corner
    return float(
        (cost[b] - cost[a]) * (score[c] - score[a]) - (score[b] - score[a]) * (cost[c] - cost[a])
    )


def win_rates(scores: Floats, higher_is_better: NDArray[np.bool_] | None = None) -> Floats:
    """(m, k): the share of the other models that each one beats in each of k columns.

    Equal scores are half a win. NaN where a model has no score, or nobody to be compared with; a
    model without a score is nobody's opponent.

    >>> win_rates(np.array([[0.9], [0.5], [0.5], [np.nan]]))[:, 0].tolist()
    [1.0, 0.25, 0.25, nan]
    """
    turned = scores if higher_is_better is None else np.where(higher_is_better, scores, -scores)
    found = np.full(scores.shape, np.nan)
    for column in range(scores.shape[1]):
        here = np.flatnonzero(np.isfinite(turned[:, column]))
        values = turned[here, column]
        if len(here) < 2:
            continue
        above = (values[:, None] > values).sum(axis=1)
        equal = (values[:, None] == values).sum(axis=1) - 1
        found[here, column] = (above + equal / 2) / (len(here) - 1)
    return found


def mean_win_rate(
    scores: Floats, higher_is_better: NDArray[np.bool_] | None = None
) -> tuple[Floats, NDArray[np.int64]]:
    """HELM's mean win rate (m,) over the columns that a model has, and how many (m,) those are.

    It depends on who else is in the table, and two of them over different columns don't compare.
    """
    rates = win_rates(scores, higher_is_better)
    known = np.isfinite(rates)
    count = known.sum(axis=1)
    total = np.where(known, rates, 0.0).sum(axis=1)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan), count

"""Does a benchmark still tell the best models apart, and how much room is left?

The saturation index of "When AI Benchmarks Plateau" (arXiv 2602.16763), of the five best models:

    SE(s) = sqrt(s (1 - s) / n^a)      R = (s_1 - s_5) / sqrt(SE_1^2 + SE_5^2)      S = exp(-R^2)

S is near 1 where the fifth is as good as the first. The paper takes a = 1/2, as if 1000 items were
32, which makes nearly every benchmark look saturated; a = 1 is the plain standard error. Both are
shown. Where scores are known item by item, or with their draws, the gap's own error is too.
"""

from dataclasses import dataclass
from statistics import NormalDist
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from julja.audit.scores.items import ItemTable
from julja.audit.scores.table import ScoreTable, intervals, moments
from julja.stats.estimate import estimate_json
from julja.stats.gap import newcombe_independent
from julja.stats.intervals import LEVEL, Floats, clustered_stderr, mean_stderr, t_interval, wilson
from julja.stats.items import analyse_items
from julja.types import Estimate, Json

Places: TypeAlias = NDArray[np.intp]
TOP = 5
EXPONENTS = (0.5, 1.0)
# The upper ends of the index's first four classes.
BINS = ((0.01, "very low"), (0.3, "low"), (0.7, "moderate"), (0.9, "high"))
# The best score at which a benchmark has next to no room.
_FULL = 0.95


@dataclass(frozen=True, slots=True)
class Index:
    """The saturation index at one exponent: the class, and the n^a items that it counts."""

    exponent: float
    value: float
    ratio: float
    items: float

    @property
    def level(self) -> str:
        """very low, low, moderate, high or very high."""
        return next((name for end, name in BINS if self.value < end), "very high")


@dataclass(frozen=True, slots=True)
class Room:
    """What is left above the best model: to 1, and to what the labels allow.

    `ceiling` is 1 - the share of wrong labels; `at_ceiling` says that it lies within the interval
    of the best score, or below. Both None where no label error is known.
    """

    to_one: float
    ceiling: float | None
    to_ceiling: float | None
    at_ceiling: bool | None


@dataclass(frozen=True, slots=True)
class Items:
    """What single items tell, of a table item by item: see `julja.stats.items.ItemAnalysis`."""

    n: int
    effective: float
    dead: float
    always: int
    never: int


@dataclass(frozen=True, slots=True)
class Saturation:
    """One benchmark. `indices` are empty without five models or the number of items.

    `best` and `fifth` are (model, score); `gap` is their difference with its interval. `n` is the
    number of items, None where it isn't known.
    """

    benchmark: str
    models: int
    n: int | None
    best: tuple[str, float]
    best_interval: tuple[float, float] | None
    fifth: tuple[str, float] | None
    gap: Estimate | None
    indices: tuple[Index, ...]
    room: Room
    items: Items | None
    full: bool
    remarks: tuple[str, ...]

    def to_json(self) -> dict[str, Json]:
        """What `julja audit saturation --json` prints of it."""
        return {
            "benchmark": self.benchmark,
            "models": self.models,
            "n": self.n,
            "best": {"model": self.best[0], "score": self.best[1], "ci": self.best_interval},
            "fifth": self.fifth and {"model": self.fifth[0], "score": self.fifth[1]},
            "gap": self.gap and estimate_json(self.gap),
            "index": [
                {
                    "exponent": index.exponent,
                    "value": index.value,
                    "ratio": index.ratio,
                    "level": index.level,
                    "effective_items": index.items,
                }
                for index in self.indices
            ],
            "headroom": self.room.to_one,
            "noise_ceiling": self.room.ceiling,
            "headroom_to_ceiling": self.room.to_ceiling,
            "at_ceiling": self.room.at_ceiling,
            "items": self.items
            and {name: getattr(self.items, name) for name in Items.__dataclass_fields__},
            "best_is_over_95_percent": self.full,
            "remarks": list(self.remarks),
        }


def saturation_index(first: float, fifth: float, n: int, exponent: float = 0.5) -> Index:
    """S of the best and the fifth score (shares) on n items.

    LiveBench of 2024-11-25 with n = 1000:

    >>> round(saturation_index(0.8235, 0.7196, 1000).value, 2)
    0.37
    """
    items = float(n**exponent)
    variance = (first * (1 - first) + fifth * (1 - fifth)) / items
    if variance <= 0:
        # All right, or all wrong: no noise is left that could hide a gap.
        value, ratio = (1.0, 0.0) if first == fifth else (0.0, float("inf"))
        return Index(exponent, value, ratio, items)
    ratio = (first - fifth) / variance**0.5
    return Index(exponent, float(np.exp(-(ratio**2))), ratio, items)


def of_scores(
    table: ScoreTable, shares: Floats, *, n: int | None, factor: float, label_error: float | None
) -> Saturation:
    """The saturation of a benchmark whose scores are known as means: `shares` (m,) of 1.

    `factor` turns errors of the table into errors of shares.
    """
    order = np.argsort(-shares, kind="stable")
    best, interval = int(order[0]), None
    ends = intervals(table, LEVEL)
    if np.isfinite([ends.lower[best], ends.upper[best]]).all():
        interval = (float(ends.lower[best]) * factor, float(ends.upper[best]) * factor)
    elif n is not None:
        interval = wilson(float(shares[best]) * n, n)
    gap = _gap_of_scores(table, shares, order, n, factor) if len(order) >= TOP else None
    return _made(table.name, table.models, shares, order, n, interval, gap, None, label_error)


def of_items(table: ItemTable, *, label_error: float | None) -> Saturation:
    """The saturation of a benchmark whose scores are known item by item: the gap is paired."""
    known = np.isfinite(table.scores)
    kept = known.sum(axis=1) > 1
    table = table.take([m for m, there in zip(table.models, kept, strict=True) if there])
    shares = np.nanmean(table.scores, axis=1)
    order = np.argsort(-shares, kind="stable")
    n = len(table.items)
    best = table.scores[order[0]]
    there = best[np.isfinite(best)]
    if np.isin(there, (0, 1)).all() and table.clusters is None:
        interval = wilson(float(there.sum()), len(there))
    else:
        interval = t_interval(float(there.mean()), mean_stderr(there), len(there) - 1)
    found = analyse_items(table.scores)
    items = Items(n, found.effective, found.dead, found.always, found.never)
    gap = _gap_of_items(table, order) if len(order) >= TOP else None
    made = _made(table.name, table.models, shares, order, n, interval, gap, items, label_error)
    return made


def _made(
    name: str,
    models: tuple[str, ...],
    shares: Floats,
    order: Places,
    n: int | None,
    interval: tuple[float, float] | None,
    gap: Estimate | None,
    items: Items | None,
    label_error: float | None,
) -> Saturation:
    ranked = [(models[int(place)], float(shares[int(place)])) for place in order]
    fifth = ranked[TOP - 1] if len(ranked) >= TOP else None
    remarks = []
    indices: tuple[Index, ...] = ()
    if fifth is None:
        remarks.append(f"{name}: {len(ranked)} models; the index takes the first and the fifth")
    elif n is None:
        remarks.append(f"{name}: how many items it has isn't known (--n), so there is no index")
    else:
        indices = tuple(saturation_index(ranked[0][1], fifth[1], n, a) for a in EXPONENTS)
    return Saturation(
        name,
        len(ranked),
        n,
        ranked[0],
        interval,
        fifth,
        gap,
        indices,
        _room(ranked[0][1], interval, label_error),
        items,
        ranked[0][1] >= _FULL,
        tuple(remarks),
    )


def _room(best: float, interval: tuple[float, float] | None, label_error: float | None) -> Room:
    if label_error is None:
        return Room(1 - best, None, None, None)
    ceiling = 1 - label_error
    reached = (interval[1] if interval else best) >= ceiling
    return Room(1 - best, ceiling, ceiling - best, reached)


def _gap_of_scores(
    table: ScoreTable, shares: Floats, order: Places, n: int | None, factor: float
) -> Estimate:
    """The gap from paired draws; else from two errors, or from n, as if on other items."""
    first, fifth = int(order[0]), int(order[TOP - 1])
    value = float(shares[first] - shares[fifth])
    if table.paired and len(table.draws[first]):
        drawn = (table.draws[first] - table.draws[fifth]) * factor
        low, high = np.quantile(drawn, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
        spread = float(np.std(drawn, ddof=1))
        return Estimate("gap", value, spread, (float(low), float(high)), n or 0, None, "paired")
    _, variance, source = moments(table, LEVEL)
    pair = variance[[first, fifth]] * factor**2
    if np.isnan(pair).any():
        if n is None:
            return Estimate("gap", value, None, None, 0, None, "no errors are known")
        spread = float((shares[[first, fifth]] * (1 - shares[[first, fifth]])).sum() / n) ** 0.5
        right = float(shares[first]) * n, float(shares[fifth]) * n
        ci = newcombe_independent(right, (n, n))
        return Estimate("gap", value, spread, ci, n, None, "unpaired, Newcombe")
    stderr = float(pair.sum() ** 0.5)
    half = NormalDist().inv_cdf((1 + LEVEL) / 2) * stderr
    return Estimate(
        "gap", value, stderr, (value - half, value + half), n or 0, None, f"unpaired, {source}"
    )


def _gap_of_items(table: ItemTable, order: Places) -> Estimate:
    """The gap over the items that both have, paired."""
    delta = table.scores[int(order[0])] - table.scores[int(order[TOP - 1])]
    there = np.isfinite(delta)
    values, n = delta[there], int(there.sum())
    if n < 2:
        return Estimate("gap", None, None, None, n, None, "no items in common")
    clusters = table.clusters and [table.clusters[place] for place in np.flatnonzero(there)]
    groups = len(set(clusters)) if clusters else n
    stderr = clustered_stderr(values, clusters) if clusters else mean_stderr(values)
    value = float(values.mean())
    ci = t_interval(value, stderr, groups - 1) if stderr > 0 else None
    return Estimate("gap", value, stderr, ci, n, None, "paired")

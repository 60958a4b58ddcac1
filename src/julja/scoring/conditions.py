"""Numbers of a set that was asked under several conditions: corpus metrics as the mean over them.

A mean over samples is the mean over conditions already, since each has the same samples. A number
of a whole set (AP, mIoU, F1) is not: detections of one condition must not be ranked among those of
another. So it is made for each condition by itself, and the mean of these is the number: mean
performance under corruption (mPC; Michaelis et al., 2019, https://arxiv.org/abs/1907.07484).

    scorer = over_conditions(coco_boxes(), code, name)
"""

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from operator import is_
from typing import TYPE_CHECKING, TypeAlias

from julja.scoring.base import FunctionScorer
from julja.scoring.judge.base import is_judged
from julja.types import Json, Metric, Pool, Pooled, Response, Sample, Score, Scorer

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats: TypeAlias = NDArray[np.float64]

Aggregate: TypeAlias = Callable[[Mapping[str, "Floats"]], float]
CONDITION = "condition"
_FEW = 3


def over_conditions(
    inner: Scorer, code: Callable[[Sample], int], name: Callable[[int], str]
) -> Scorer:
    """A scorer whose corpus metrics are means over conditions.

    `code` gives a sample's condition as a number, `name` says in words which it is. A scorer
    without such metrics is left as it is, and so is a judged one, whose numbers are means.
    """
    # Metrics that are made together say so by having the very same pool.
    pools = {metric.pool: MeanPool(metric.pool, name) for metric in inner.metrics if metric.pool}
    metrics = tuple(_over(metric, pools) for metric in inner.metrics)
    if metrics == inner.metrics or is_judged(inner):
        return inner

    def score(sample: Sample, response: Response) -> Score:
        found = inner(sample, response)
        place = code(sample)
        details = dict(found.details)
        if "table" in details:
            details["table"] = {**details["table"], CONDITION: place}
        values = {**found.values, CONDITION: float(place)} if found.values else found.values
        return replace(found, values=values, details=details)

    return FunctionScorer(
        f"{inner.name}+conditions",
        inner.args,
        metrics,
        inner.blocking,
        score,
        getattr(inner, "ready", None),
    )


def _over(metric: Metric, pools: Mapping[Pool, Pool]) -> Metric:
    if metric.pool is not None:
        return replace(metric, pool=pools[metric.pool])
    if metric.aggregate is not None:
        columns = (*metric.columns, CONDITION)
        return replace(metric, aggregate=MeanAggregate(metric.aggregate), columns=columns)
    return metric


@dataclass(frozen=True, slots=True)
class MeanAggregate:
    """The mean over conditions of what `inner` makes of the samples of each."""

    inner: Aggregate

    def __call__(self, columns: Mapping[str, "Floats"]) -> float:
        """Columns are `inner`'s, and the condition of each sample."""
        conditions = columns[CONDITION]
        parts = [conditions == place for place in sorted(set(conditions.tolist()))]
        own = {name: values for name, values in columns.items() if name != CONDITION}
        return _mean(
            self.inner({name: values[part] for name, values in own.items()}) for part in parts
        )


class MeanPool:
    """Makes numbers of each condition's tables, and their means.

    A result asks for the whole and then for its parts, of the same tables under the same weights:
    what was computed for a condition is kept, or most of the time would go into doing it again.
    """

    def __init__(self, inner: Pool, name: Callable[[int], str]) -> None:
        self._inner = inner
        self._name = name
        self._kept: dict[int, Condition] = {}

    def __call__(self, tables: Sequence[Json]) -> Pooled:
        """The conditions of the tables, ready to be asked for the means of their numbers."""
        places: dict[int, list[int]] = defaultdict(list)
        for place, table in enumerate(tables):
            places[table[CONDITION]].append(place)
        parts: list[tuple[Condition, Sequence[int]]] = []
        said: list[str] = []
        for code in sorted(places):
            own = [tables[place] for place in places[code]]
            part = self._kept.get(code)
            if part is None or not part.is_of(own):
                part = self._kept[code] = Condition(self._inner(own), own)
            parts.append((part, places[code]))
            said += [f"{self._name(code)}: {remark}" for remark in part.pooled.remarks]
        if not parts:
            # No answer at all: the inner pool says which numbers that leaves undefined.
            parts = [(Condition(self._inner(()), ()), ())]
        more = [f"{len(said) - _FEW} more remarks of this kind"] if len(said) > _FEW else []
        return MeanPooled(parts, (*said[:_FEW], *more))


class Condition:
    """One condition's pool, and the numbers that it gave under each of the weights so far."""

    def __init__(self, pooled: Pooled, tables: Sequence[Json]) -> None:
        self.pooled = pooled
        self._tables = tables
        self._names: tuple[str, ...] = ()
        self._known: dict[bytes, Floats] = {}

    def is_of(self, tables: Sequence[Json]) -> bool:
        """Whether it was made of these very tables."""
        return len(tables) == len(self._tables) and all(map(is_, tables, self._tables))

    def numbers(self, weights: "Floats") -> tuple[tuple[str, ...], "Floats"]:
        """(names, values) under some weights."""
        import numpy as np

        key = weights.tobytes()
        if key not in self._known:
            found = self.pooled(weights)
            self._names = tuple(found)
            self._known[key] = np.fromiter(found.values(), dtype=np.float64)
        return self._names, self._known[key]


@dataclass(frozen=True, slots=True)
class MeanPooled:
    """Conditions, and the places of each one's tables among all."""

    parts: Sequence[tuple[Condition, Sequence[int]]]
    remarks: Sequence[str]

    @property
    def highs(self) -> Mapping[str, float]:
        """The upper ends of numbers that may pass 1, which are the conditions' own."""
        return {
            name: high
            for condition, _ in self.parts
            for name, high in getattr(condition.pooled, "highs", {}).items()
        }

    def __call__(self, weights: "Floats") -> dict[str, float]:
        """The means where table i counts `weights[i]` times, over conditions that have a number."""
        found: dict[str, list[float]] = defaultdict(list)
        for condition, places in self.parts:
            names, values = condition.numbers(weights[list(places)])
            for name, value in zip(names, values.tolist(), strict=True):
                found[name].append(value)
        return {name: _mean(values) for name, values in found.items()}


def _mean(values: Iterable[float]) -> float:
    known = [value for value in values if not math.isnan(value)]
    return math.fsum(known) / len(known) if known else math.nan

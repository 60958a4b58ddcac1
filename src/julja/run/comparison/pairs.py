"""The samples of a task that two runs share, as parallel columns; what one lost, counted."""

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING

from julja.run.comparison.sides import Side, leaves_of
from julja.types import Metric, Sample

if TYPE_CHECKING:
    from julja.stats.intervals import Floats


@dataclass(frozen=True, slots=True)
class Facts:
    """What a comparison needs of the samples themselves, by sample: weights and labels.

    Empty where nothing of it is needed: samples are then not read at all.
    """

    weights: Mapping[str, float]
    labels: Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Pairs:
    """n samples that both runs have a score for: parallel columns.

    `clusters` are whole numbers, or None where each sample stands for itself; `weights` None where
    all weigh the same. `lost_a` are the samples that only B has a score for (with B's value, weight
    and cluster), `lost_b` those that only A has one for, `lost_both` the sum of weights of those
    that neither has. `missing_a` and `missing_b` are the shares of epochs that a sample's value
    lacks, None where none lacks any. `labels` are the places of each part of the task.
    """

    places: list[tuple[str, str]]
    a: "Floats"
    b: "Floats"
    clusters: list[int] | None
    weights: "Floats | None"
    lost_a: "Lost"
    lost_b: "Lost"
    lost_both: float
    labels: Mapping[str, Sequence[int]]
    missing_a: "Floats | None" = None
    missing_b: "Floats | None" = None

    def part(self, places: list[int]) -> "Pairs":
        """Some of the samples; what was lost stays with the whole."""
        nothing = _lost(())
        return Pairs(
            places=[self.places[place] for place in places],
            a=self.a[places],
            b=self.b[places],
            clusters=None if self.clusters is None else [self.clusters[i] for i in places],
            weights=None if self.weights is None else self.weights[places],
            lost_a=nothing,
            lost_b=nothing,
            lost_both=0.0,
            labels={},
        )

    @property
    def is_lossy(self) -> bool:
        """True when one run lacks a score, or a part of one, that the other has."""
        return bool(
            len(self.lost_a.values)
            or len(self.lost_b.values)
            or self.missing_a is not None
            or self.missing_b is not None
        )

    @property
    def n(self) -> int:
        """How many samples are compared."""
        return len(self.places)

    @property
    def groups(self) -> int:
        """How many independent units (clusters) they make."""
        return self.n if self.clusters is None else len(set(self.clusters))


@dataclass(frozen=True, slots=True)
class Lost:
    """Samples without a score in one run: their values in the other run, weights and clusters."""

    values: "Floats"
    weights: "Floats"
    clusters: list[str]


def facts(side: Side, leaf: str, metric: Metric, fields: Sequence[str]) -> Facts:
    """Weights of a weighted metric and labels of the fields that results are broken down by."""
    weights: dict[str, float] = {}
    labels: dict[str, list[str]] = {}
    if metric.weight is None and not fields:
        return Facts(weights, labels)
    for sample in side.samples(leaf):
        if metric.weight is not None:
            weights[sample.id] = metric.weight(sample)
        if fields:
            labels[sample.id] = _labels(sample, fields)
    return Facts(weights, labels)


def _labels(sample: Sample, fields: Sequence[str]) -> list[str]:
    found = []
    for name in fields:
        value = sample.fields.get(name)
        values = value if isinstance(value, list | tuple) else (value,)
        found += [f"{name}={'(none)' if item is None else item}" for item in values]
    return found


def pair(task: str, metric: Metric, a: Side, b: Side, *, shared: Container[str] = ()) -> Pairs:
    """Pair the samples of a task by leaf and id, in that order.

    A sample that only one run has is lost in the other, unless the task is among `shared`: their
    sets are known to differ, and only samples that both were asked are looked at.
    """
    import numpy as np

    rows = _Rows()
    leaves = leaves_of(task, (a, b))
    fields = _fields(a, task)
    for leaf in leaves:
        known = facts(a, leaf, metric, fields)
        clusters = a.clusters(leaf) or b.clusters(leaf)
        one, two = a.values(metric, leaf), b.values(metric, leaf)
        rows.missing_a |= {(leaf, k): v for k, v in a.missing(metric, leaf).items()}
        rows.missing_b |= {(leaf, k): v for k, v in b.missing(metric, leaf).items()}
        label = leaf.partition("/")[2] if len(leaves) > 1 else ""
        rows.clustered = rows.clustered or bool(clusters)
        ids = _ids(one, two, both=task in shared)
        plain = not known.weights and not known.labels
        if plain and len(one) == len(two) == len(ids) and not _lacks(one) and not _lacks(two):
            rows.add_all(leaf, ids, one, two, clusters, label)
            continue
        for sample in ids:
            weight = known.weights.get(sample, 1.0) if known.weights else 1.0
            if weight == 0:
                continue  # no part of this metric
            unit = f"{leaf}/{clusters.get(sample, sample)}"
            rows.add((leaf, sample), one.get(sample), two.get(sample), weight, unit)
            if label or known.labels:
                rows.label([*([label] if label else []), *known.labels.get(sample, ())])
    numbers: dict[str, int] = {}
    return Pairs(
        rows.places,
        np.array(rows.a, dtype=float),
        np.array(rows.b, dtype=float),
        [numbers.setdefault(u, len(numbers)) for u in rows.units] if rows.clustered else None,
        np.array(rows.weights) if metric.weight else None,
        _lost(rows.lost_a),
        _lost(rows.lost_b),
        rows.lost_both,
        rows.labels,
        _shares(rows.places, rows.missing_a),
        _shares(rows.places, rows.missing_b),
    )


def _ids(
    one: Mapping[str, float | None], two: Mapping[str, float | None], *, both: bool
) -> list[str]:
    if one.keys() == two.keys():
        return sorted(one)
    return sorted(one.keys() & two.keys() if both else one.keys() | two.keys())


def _lacks(values: Mapping[str, float | None]) -> bool:
    return None in values.values()


def _shares(
    places: Sequence[tuple[str, str]], missing: Mapping[tuple[str, str], float]
) -> "Floats | None":
    import numpy as np

    return np.array([missing.get(place, 0.0) for place in places]) if missing else None


def _fields(side: Side, task: str) -> list[str]:
    """The fields that the task's result is broken down by."""
    subsets = side.results[task]["subsets"]
    return list(dict.fromkeys(part["field"] for part in subsets if "field" in part))


class _Rows:
    """The columns while they grow."""

    def __init__(self) -> None:
        self.places: list[tuple[str, str]] = []
        self.a: list[float] = []
        self.b: list[float] = []
        self.units: list[str] = []
        self.weights: list[float] = []
        self.lost_a: list[tuple[float, float, str]] = []
        self.lost_b: list[tuple[float, float, str]] = []
        self.lost_both = 0.0
        self.labels: dict[str, list[int]] = {}
        self.missing_a: dict[tuple[str, str], float] = {}
        self.missing_b: dict[tuple[str, str], float] = {}
        self.clustered = False
        self._added = False

    def add_all(
        self,
        leaf: str,
        ids: Sequence[str],
        a: Mapping[str, float | None],
        b: Mapping[str, float | None],
        clusters: Mapping[str, str],
        label: str,
    ) -> None:
        """All samples of a leaf of which none is lost: as `add`, at a fraction of its time."""
        first = len(self.places)
        self.places += [(leaf, sample) for sample in ids]
        self.a += [a[sample] for sample in ids]  # type: ignore[misc]
        self.b += [b[sample] for sample in ids]  # type: ignore[misc]
        self.weights += [1.0] * len(ids)
        self.units += [f"{leaf}/{clusters.get(sample, sample)}" for sample in ids]
        if label:
            self.labels.setdefault(label, []).extend(range(first, len(self.places)))

    def add(
        self, place: tuple[str, str], a: float | None, b: float | None, weight: float, unit: str
    ) -> None:
        self._added = a is not None and b is not None
        if a is not None and b is not None:
            self.places.append(place)
            self.a.append(a)
            self.b.append(b)
            self.weights.append(weight)
            self.units.append(unit)
        elif b is not None:
            self.lost_a.append((b, weight, unit))
        elif a is not None:
            self.lost_b.append((a, weight, unit))
        else:
            self.lost_both += weight

    def label(self, names: Sequence[str]) -> None:
        """Mark the sample that was added last, if both have it."""
        if self._added:
            for name in names:
                self.labels.setdefault(name, []).append(len(self.places) - 1)


def _lost(rows: Sequence[tuple[float, float, str]]) -> Lost:
    import numpy as np

    values = np.array([value for value, _, _ in rows], dtype=float)
    return Lost(values, np.array([weight for _, weight, _ in rows]), [unit for _, _, unit in rows])


def with_lost(pairs: Pairs, metric: Metric, *, for_b: bool) -> Pairs:
    """The pairs with all that one run lost, as good (`for_b`), or as bad, for B as it can be.

    Where a scale has no end, the best or worst value that was seen stands for it.
    """
    import numpy as np

    if not pairs.is_lossy:
        return pairs
    good, bad = ends(pairs, metric)
    b_gets, a_gets = (good, bad) if for_b else (bad, good)
    more_a, more_b = len(pairs.lost_a.values), len(pairs.lost_b.values)
    clusters = pairs.clusters
    if clusters is not None:
        # New clusters even where some of their samples are there: a lost one is made up anyway.
        first = max(clusters, default=-1) + 1
        lost = [*pairs.lost_a.clusters, *pairs.lost_b.clusters]
        numbers = {unit: first + place for place, unit in enumerate(dict.fromkeys(lost))}
        clusters = [*clusters, *(numbers[unit] for unit in lost)]
    weights = pairs.weights
    if weights is not None:
        weights = np.concatenate([weights, pairs.lost_a.weights, pairs.lost_b.weights])
    one, two = _filled(pairs.a, pairs.missing_a, a_gets), _filled(pairs.b, pairs.missing_b, b_gets)
    return Pairs(
        places=pairs.places + [("", "")] * (more_a + more_b),
        a=np.concatenate([one, np.full(more_a, a_gets), pairs.lost_b.values]),
        b=np.concatenate([two, pairs.lost_a.values, np.full(more_b, b_gets)]),
        clusters=clusters,
        weights=weights,
        lost_a=_lost(()),
        lost_b=_lost(()),
        lost_both=pairs.lost_both,
        labels={},
    )


def _filled(values: "Floats", missing: "Floats | None", gets: float) -> "Floats":
    return values if missing is None else (1 - missing) * values + missing * gets


def ends(pairs: Pairs, metric: Metric) -> tuple[float, float]:
    """(best, worst) value of a metric's scale, or of what was seen where the scale has no end."""
    import numpy as np

    seen = np.concatenate([pairs.a, pairs.b, pairs.lost_a.values, pairs.lost_b.values, [0.0]])
    low = metric.low if isfinite(metric.low) else float(seen.min())
    high = metric.high if isfinite(metric.high) else float(seen.max())
    return (high, low) if metric.higher_is_better else (low, high)


def bounds(pairs: Pairs, metric: Metric) -> tuple[float, float] | None:
    """B - A if all that is lost had been as low for B and as high for A as can be, and the reverse.

    None where the scale has no end. Without lost samples both are the difference itself.
    """
    import numpy as np

    weights = np.ones_like(pairs.a) if pairs.weights is None else pairs.weights
    lost = float(pairs.lost_a.weights.sum() + pairs.lost_b.weights.sum()) + pairs.lost_both
    total = float(weights.sum()) + lost
    if total == 0:
        return None
    low, high = metric.low, metric.high
    if not isfinite(low) or not isfinite(high):
        known = float(weights @ (pairs.b - pairs.a)) / total
        return None if lost or pairs.is_lossy else (known, known)

    def end(a_gets: float, b_gets: float) -> float:
        one, two = (
            _filled(pairs.a, pairs.missing_a, a_gets),
            _filled(pairs.b, pairs.missing_b, b_gets),
        )
        known = float(weights @ (two - one))
        only_b = float(pairs.lost_a.weights @ (pairs.lost_a.values - a_gets))
        only_a = float(pairs.lost_b.weights @ (b_gets - pairs.lost_b.values))
        return (known + only_b + only_a + pairs.lost_both * (b_gets - a_gets)) / total

    return end(high, low), end(low, high)

"""Comparison by a metric of all samples together: paired bootstrap over the samples."""

from collections.abc import Callable, Container, Mapping
from typing import TYPE_CHECKING, Any

from julja.run.comparison.options import Options
from julja.run.comparison.pairs import Pairs
from julja.run.comparison.sides import Side, leaves_of
from julja.types import Json, Metric, Pool

if TYPE_CHECKING:
    from julja.run.comparison.entries import Entry
    from julja.stats.intervals import Floats


def compare_columns(
    head: Mapping[str, Any],
    metric: Metric,
    task: str,
    a: Side,
    b: Side,
    pairs: Pairs,
    options: Options,
    *,
    shared: Container[str] = (),
) -> "Entry":
    """B against A by a corpus metric. `pairs` are of what single samples have of it, for flips."""
    from julja.run.comparison.entries import Entry, flips
    from julja.stats.one_sided import Student
    from julja.stats.paired import minimum_detectable_effect
    from julja.stats.paired_corpus import compare_corpus
    from julja.stats.pooled import affordable_resamples

    rows = _Rows(metric, task, a, b, both=task in shared)
    json: dict[str, Any] = {**head, "n": rows.n, "clusters": None, "lost": rows.lost}
    empty: dict[str, Any] = {
        "a": None,
        "b": None,
        "difference": None,
        "stderr": None,
        "ci": None,
        "p": None,
        "test": "paired bootstrap",
        "wins": int((pairs.b > pairs.a).sum()),
        "losses": int((pairs.b < pairs.a).sum()),
        "ties": int((pairs.b == pairs.a).sum()),
        "mde": None,
        "bounds": None,
        "equivalence": {"margin": options.margin, "p": None, "ci": None, "smallest_margin": None},
        "subsets": [],
        "flips": flips(pairs, metric),
    }
    json |= empty
    if not rows.n:
        return Entry(json, metric, task, a, b, None, None, None)
    assert metric.aggregate is not None
    clusters = rows.units if len(set(rows.units)) < len(rows.units) else None
    aggregate, resamples = metric.aggregate, None
    if metric.pool is not None:
        aggregate, resamples = rows.pooled(metric.pool, metric.name), affordable_resamples(rows.n)
    found = compare_corpus(
        aggregate, rows.a, rows.b, clusters=clusters, resamples=resamples, seed=options.seed
    )
    json |= {
        "a": found.a,
        "b": found.b,
        "difference": found.difference,
        "stderr": found.stderr,
        "ci": list(found.ci) if found.ci else None,
        "p": found.p,
        "test": f"paired bootstrap ({found.resamples} resamples)",
        "clusters": found.groups if found.groups < rows.n else None,
    }
    if found.stderr is not None:
        json["mde"] = minimum_detectable_effect(found.stderr, alpha=options.alpha)
        seen = Student(found.difference, found.stderr, method="bootstrap")
        low, high = seen.lower(0.05), seen.upper(0.05)
        json["equivalence"] = {
            "margin": options.margin,
            "p": None if options.margin is None else seen.within(options.margin),
            "ci": [low, high],
            "smallest_margin": max(abs(low), abs(high)),
        }
    # How lost samples would have changed the whole is not known: no claim is made past them.
    lost = rows.lost["a"] + rows.lost["b"] > 0
    p = None if lost else found.p
    return Entry(json, metric, task, a, b, None, p, None if lost else json["equivalence"]["p"])


class _Rows:
    """The columns of both runs over the samples that both have, one row for each epoch.

    Where one run has fewer epochs, its rows are NaN.
    """

    def __init__(self, metric: Metric, task: str, a: Side, b: Side, *, both: bool) -> None:
        self.n = 0
        self.lost = {"a": 0, "b": 0, "both": 0}
        self.units: list[str] = []
        self._rows: tuple[list[list[float]], list[list[float]]] = ([], [])
        self._names = metric.columns if metric.pool is None else ("side", "place")
        # Of a pool, the columns say where a sample's table is: in which run's list, at which place.
        self._tables: tuple[list[Json], list[Json]] = ([], [])
        self._pooled = metric.pool is not None
        for leaf in leaves_of(task, (a, b)):
            clusters = a.clusters(leaf) or b.clusters(leaf)
            if self._pooled:
                self._details = tuple(side.tables(leaf) for side in (a, b))
            ids = [side.scores.get(leaf, {}).keys() for side in (a, b)]
            for sample in sorted(ids[0] & ids[1] if both else ids[0] | ids[1]):
                one, two = (
                    self._known(place, side, leaf, sample) for place, side in enumerate((a, b))
                )
                if one and two:
                    self._add(one, two, f"{leaf}/{clusters.get(sample, sample)}")
                else:
                    which = "b" if one else "a" if two else "both"
                    self.lost[which] += 1

    def pooled(self, pool: Pool, name: str) -> "Callable[[Mapping[str, Floats]], float]":
        """One number of a pool as an aggregate over the places of tables."""
        import numpy as np

        pools = [pool(tables) for tables in self._tables]

        def value(columns: "Mapping[str, Floats]") -> float:
            side, places = int(columns["side"][0]), columns["place"].astype(np.intp)
            weights = np.bincount(places, minlength=len(self._tables[side]))
            return pools[side](weights.astype(float))[name]

        return value

    def _known(self, place: int, side: Side, leaf: str, sample: str) -> list[Mapping[str, float]]:
        if self._pooled:
            tables = self._details[place].get(sample, [])
            first = len(self._tables[place])
            self._tables[place].extend(tables)
            numbers = range(first, first + len(tables))
            return [{"side": float(place), "place": float(number)} for number in numbers]
        found = [values for _, values in side.epochs(leaf, sample)]
        return [values for values in found if all(name in values for name in self._names)]

    def _add(
        self, one: list[Mapping[str, float]], two: list[Mapping[str, float]], unit: str
    ) -> None:
        self.n += 1
        missing = [float("nan")] * len(self._names)
        for epoch in range(max(len(one), len(two))):
            for rows, side in zip(self._rows, (one, two), strict=True):
                known = epoch < len(side)
                rows.append([side[epoch][name] for name in self._names] if known else missing)
            self.units.append(unit)

    @property
    def a(self) -> "Mapping[str, Floats]":
        return self._columns(0)

    @property
    def b(self) -> "Mapping[str, Floats]":
        return self._columns(1)

    def _columns(self, side: int) -> "Mapping[str, Floats]":
        import numpy as np

        table = np.array(self._rows[side], dtype=float)
        return {name: table[:, place] for place, name in enumerate(self._names)}

"""Several runs on one task at once: tie groups, rank intervals, and max-T over all pairs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from julja.run.comparison.options import Adjust, Options
from julja.run.comparison.sides import Side, leaves_of
from julja.types import Metric

if TYPE_CHECKING:
    from julja.stats.many import ModelComparison

_NAMES: Mapping[str, Any] = {"holm": "holm", "bh": "bh", "max-t": "max_t", "none": "none"}


@dataclass(frozen=True, slots=True)
class Standing:
    """How several runs stand on one task; `found` compares those at `places` among the runs."""

    task: str
    metric: Metric
    places: Sequence[int]
    found: "ModelComparison"

    def p_max_t(self, a: int, b: int) -> float | None:
        """The adjusted p-value of a pair of runs, by their places; None where there is none."""
        import math

        if a not in self.places or b not in self.places:
            return None
        p = float(self.found.p_max_t[self.places.index(a), self.places.index(b)])
        return p if math.isfinite(p) else None


def standing(task: str, metric: Metric, sides: Sequence[Side], options: Options) -> Standing | None:
    """All runs of a task, each pair on the samples that both have; None for a corpus metric."""
    import numpy as np

    from julja.stats.many import compare_models

    places = [place for place, side in enumerate(sides) if task in side.results]
    if metric.aggregate is not None or len(places) < 2:
        return None
    rows: list[dict[tuple[str, str], float]] = [{} for _ in places]
    units: dict[tuple[str, str], str] = {}
    weights: dict[tuple[str, str], float] = {}
    for leaf in leaves_of(task, sides):
        for row, place in zip(rows, places, strict=True):
            side = sides[place]
            clusters = side.clusters(leaf)
            for sample, value in side.values(metric, leaf).items():
                if value is not None:
                    row[leaf, sample] = value
                    units.setdefault((leaf, sample), f"{leaf}/{clusters.get(sample, sample)}")
        if metric.weight is not None:
            weights |= {(leaf, s.id): metric.weight(s) for s in sides[places[0]].samples(leaf)}
    items = sorted(key for key in units if weights.get(key, 1.0) > 0)
    if not items:
        return None
    table = np.array([[row.get(item, np.nan) for item in items] for row in rows])
    found = compare_models(
        table,
        clusters=[units[item] for item in items],
        weights=[weights.get(item, 1.0) for item in items] if metric.weight else None,
        alpha=options.alpha,
        higher_is_better=metric.higher_is_better,
        seed=options.seed,
    )
    return Standing(task, metric, places, found)


def standing_json(made: Standing, sides: Sequence[Side], method: Adjust) -> dict[str, Any]:
    """The runs in order, with letters that tie groups share and intervals of their ranks."""
    import numpy as np

    from julja.stats.rank_sets import letters, simultaneous_ranks, tie_groups

    found = made.found
    order = found.order(_NAMES[method])
    groups = tie_groups(order, found.strength)
    marks = letters(groups, len(made.places))
    low, high = simultaneous_ranks(order)
    rows = [
        {
            "run": sides[made.places[row]].row.id,
            "model": sides[made.places[row]].row.model,
            "mean": _known(found.mean[row]),
            "group": marks[row],
            "ranks": [int(low[row]), int(high[row])],
            "likely_ranks": [int(found.likely_low[row]), int(found.likely_high[row])],
        }
        for row in np.argsort(-found.strength, kind="stable").tolist()
    ]
    upper = np.triu_indices(len(made.places), 1)
    return {
        "task": made.task,
        "metric": made.metric.name,
        "higher_is_better": made.metric.higher_is_better,
        "separated": int((order[upper] != 0).sum()),
        "pairs": len(upper[0]),
        "runs": rows,
    }


def _known(value: float) -> float | None:
    return None if value != value else float(value)

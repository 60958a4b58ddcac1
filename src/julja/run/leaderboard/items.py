"""Item scores of a column's models, out of the store: what ties are found by."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from julja.errors import JuljaError
from julja.run.definitions import defined_form
from julja.run.leaderboard.runs import Part
from julja.run.leaderboard.sheet import Item, Items
from julja.run.results import sample_value
from julja.store.sqlite import Store
from julja.types import Metric, State

# A mean over this share of the items of the model with most of them is still the same mean.
_SHARED = 0.5
_CLOSE = 1e-9


@dataclass(frozen=True, slots=True)
class Wanted:
    """What of a task makes a column: metrics that are averaged, and how its subsets weigh.

    Without `macro` all samples are one part; with it each subset is, at equal weight. A part's mean
    is rescaled from `floor` (or its own among `floors`) to `high`.
    """

    metrics: tuple[str, ...] = ()
    macro: bool = False
    floor: float = 0.0
    high: float = 1.0
    floors: Mapping[str, float] | None = None


def definitions(part: Part) -> tuple[Metric, ...]:
    """The metrics of a task of a run, the primary one first; empty where nothing defines them."""
    if "imported" in part.row.config:
        from julja.run.imports import imported_metric

        try:
            return (imported_metric(part.row, part.task),)
        except JuljaError:
            return ()
    form = defined_form(part.row, part.task, part.result["form"])
    return form.scorer.metrics if form is not None else ()


def column_items(store: Store, parts: Mapping[str, Part], wanted: Wanted) -> Items | str:
    """The items that make a column's values, or why there are none."""
    complete = {model: part for model, part in parts.items() if part.complete}
    if len(complete) < 2:
        return "fewer than two models have it"
    first = next(iter(complete.values()))
    known = {metric.name: metric for metric in definitions(first)}
    if not known:
        # A task made in a script: a metric that is the plain mean of a score's value is one.
        known = {name: Metric(name) for name in first.result["metrics"]}
    names = wanted.metrics or (next(iter(known)),)
    missing = [name for name in names if name not in known]
    if missing:
        return f"{missing[0]} is not defined here any more"
    metrics = [known[name] for name in names]
    if any(metric.aggregate is not None for metric in metrics):
        return f"{names[0]} is made of all samples together"
    values = {model: _values(store, part, metrics) for model, part in complete.items()}
    if not definitions(first) and not _plain_means(complete, values, names):
        return f"what {first.task} measures is not defined here any more"
    return _table(store, complete, values, metrics, wanted)


def _plain_means(
    parts: Mapping[str, Part], values: Mapping[str, Mapping[Item, float]], names: Sequence[str]
) -> bool:
    """True where every result is the mean of its samples' values."""
    for model, own in values.items():
        stated = [parts[model].result["metrics"][name]["value"] for name in names]
        if not own or None in stated:
            return False
        if abs(sum(own.values()) / len(own) - sum(stated) / len(stated)) > _CLOSE:
            return False
    return True


def _values(store: Store, part: Part, metrics: Sequence[Metric]) -> Mapping[Item, float]:
    """The mean of some metrics for each sample of one run's task."""
    row = part.row
    found: list[Mapping[Item, float]] = []
    for metric in metrics:
        if metric.reduce is None and metric.combine is None:
            found.append(store.item_means(row.id, row.scoring, part.task, metric.key))
        else:
            found.append(_reduced(store, part, metric))
    if len(found) == 1:
        return found[0]
    shared = set(found[0]).intersection(*found[1:])
    return {key: sum(one[key] for one in found) / len(found) for key in shared}


def _reduced(store: Store, part: Part, metric: Metric) -> dict[Item, float]:
    """Values whose epochs are no plain mean (pass@k, votes)."""
    scores: dict[Item, list[tuple[State, Mapping[str, float]]]] = {}
    for row in store.score_rows(part.row.id, part.row.scoring):
        if _within(row.task, part.task):
            scores.setdefault((row.task, row.sample), []).append((row.state, row.values))
    found = ((key, sample_value(metric, several)) for key, several in scores.items())
    return {key: value for key, value in found if value is not None}


def _within(leaf: str, task: str) -> bool:
    return leaf == task or leaf.startswith(f"{task}/")


def _table(
    store: Store,
    parts: Mapping[str, Part],
    values: Mapping[str, Mapping[Item, float]],
    metrics: Sequence[Metric],
    wanted: Wanted,
) -> Items | str:
    # Most models have all samples, as the store has them in order.
    keys: list[Item] = sorted(dict.fromkeys(key for own in values.values() for key in own))
    if not keys:
        return "its scores were not recorded sample by sample"
    most = max(map(len, values.values()))
    thin = [model for model, own in values.items() if len(own) < _SHARED * most]
    if thin:
        return f"{thin[0]} has item scores for fewer than half of the samples"
    place = {key: index for index, key in enumerate(keys)}
    scores = np.full((len(values), len(keys)), np.nan)
    for line, own in enumerate(values.values()):
        whole = len(own) == len(keys) and list(own) == keys
        scores[line, slice(None) if whole else [place[key] for key in own]] = list(own.values())
    first = next(iter(parts.values()))
    clustered = any("clustered" in _method(part, metrics[0].name) for part in parts.values())
    leaves = list(dict.fromkeys(leaf for leaf, _ in keys)) if wanted.macro else []
    floors, slopes = _scales(leaves, wanted)
    return Items(
        models=tuple(values),
        scores=scores,
        clusters=_clusters(store, first, keys) if clustered else None,
        weights=_weights(store, first, keys, metrics[0]),
        strata=tuple(leaves.index(leaf) for leaf, _ in keys) if leaves else None,
        parts=tuple(1 / len(leaves) for _ in leaves) or (1.0,),
        floors=floors,
        slopes=slopes,
    )


def _scales(leaves: Sequence[str], wanted: Wanted) -> tuple[tuple[float, ...], tuple[float, ...]]:
    own = [
        (wanted.floors or {}).get(leaf.partition("/")[2], wanted.floor) for leaf in leaves or [""]
    ]
    return tuple(own), tuple(1 / (wanted.high - floor) for floor in own)


def _method(part: Part, metric: str) -> str:
    found: Mapping[str, Any] = part.result["metrics"].get(metric) or {}
    return str(found.get("method") or "")


def _clusters(store: Store, part: Part, keys: Sequence[Item]) -> tuple[str, ...]:
    sources = store.sources(part.row.id)
    known = {leaf: store.clusters(source) for leaf, source in sources.items()}
    return tuple(f"{leaf}/{known.get(leaf, {}).get(sample, sample)}" for leaf, sample in keys)


def _weights(
    store: Store, part: Part, keys: Sequence[Item], metric: Metric
) -> tuple[float, ...] | None:
    if metric.weight is None:
        return None
    found: dict[Item, float] = {}
    for leaf, source in store.sources(part.row.id).items():
        if _within(leaf, part.task):
            for sample in store.samples(source):
                found[leaf, sample.id] = metric.weight(sample)
    return tuple(found.get(key, 1.0) for key in keys)

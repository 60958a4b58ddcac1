"""What the data say of one rule: evidence for passing, with all that is lost held against it, and
for failing, with all that is lost in its favour.
"""

from collections.abc import Container, Mapping
from dataclasses import dataclass
from typing import Any

from julja.errors import ConfigError, did_you_mean
from julja.run.comparison.metrics import metric_named, task_metrics
from julja.run.comparison.pairs import Pairs, ends, pair, with_lost
from julja.run.comparison.sides import Side
from julja.run.gating.policy import Rule
from julja.stats.one_sided import (
    Evidence,
    Student,
    mean_evidence,
    paired_evidence,
    recorded_evidence,
)
from julja.types import Metric


@dataclass(frozen=True, slots=True)
class Measured:
    """One number with what speaks for it at worst, and at best; None: there is no measure of error.

    Higher is better: a metric of which less is better is turned round (`sign` -1). `value` is as
    it is reported, and `n` the samples it rests on, of which `lost` more have no score.
    """

    metric: str
    value: float | None
    n: int
    lost: float
    at_worst: Evidence | None
    at_best: Evidence | None
    sign: int
    note: str = ""


def measure_gain(
    rule: Rule, task: str, a: Side, b: Side, *, shared: Container[str] = ()
) -> Measured:
    """How much better B is than A, on the samples of both.

    Of the tasks among `shared` only samples that both were asked are looked at.
    """
    place, label = _place(rule, task, b)
    metric = metric_named(b, task, rule.metric)
    sign = 1 if metric.higher_is_better else -1
    pairs = pair(place, metric, a, b, shared=[place] if task in shared else ())
    if label is not None:
        pairs = _labelled(pairs, label, task)
    if metric.aggregate is not None or not pairs.n:
        return _gain_of_whole(place, metric, a, b, shared=[place] if task in shared else ())
    worst, best = (with_lost(pairs, metric, for_b=side) for side in (False, True))
    lost = len(pairs.lost_a.values) + len(pairs.lost_b.values)
    return Measured(
        metric=metric.name,
        value=float(_difference(pairs)),
        n=pairs.n,
        lost=lost,
        at_worst=_gain(worst, sign),
        at_best=_gain(best, sign),
        sign=sign,
    )


def _place(rule: Rule, task: str, side: Side) -> tuple[str, str | None]:
    """Where a rule looks: the task or a subset of it, and the label of a part, where it is one."""
    if rule.subset is None:
        return task, None
    leaf = f"{task}/{rule.subset}"
    if leaf in side.results:
        return leaf, None
    parts = [part["task"].removeprefix(f"{task}/") for part in side.results[task]["subsets"]]
    if rule.subset in parts:
        return task, rule.subset
    hint = did_you_mean(rule.subset, parts) or (
        f"It has {', '.join(parts[:8])}." if parts else "It has none."
    )
    raise ConfigError(f"{rule.place}: {task} has no subset {rule.subset!r}.", hint=hint)


def _labelled(pairs: Pairs, label: str, task: str) -> Pairs:
    """The samples of one part. Those that were lost have no label here, so all stay lost to it."""
    places = pairs.labels.get(label, [])
    part = pairs.part(list(places))
    return Pairs(
        places=part.places,
        a=part.a,
        b=part.b,
        clusters=part.clusters,
        weights=part.weights,
        lost_a=pairs.lost_a,
        lost_b=pairs.lost_b,
        lost_both=pairs.lost_both,
        labels={},
    )


def _difference(pairs: Pairs) -> float:
    import numpy as np

    return float(np.average(pairs.b - pairs.a, weights=pairs.weights))


def _gain(pairs: Pairs, sign: int) -> Evidence | None:
    """Evidence of B - A, or of A - B where less is better."""
    weights = None if pairs.weights is None else pairs.weights.tolist()
    first, second = (pairs.a, pairs.b) if sign > 0 else (pairs.b, pairs.a)
    return paired_evidence(first, second, clusters=pairs.clusters, weights=weights)


def _gain_of_whole(
    place: str, metric: Metric, a: Side, b: Side, *, shared: Container[str]
) -> Measured:
    """By a metric of all samples together, or of recorded numbers without samples."""
    from julja.run.comparison.entries import compare_task
    from julja.run.comparison.options import Options

    json = compare_task(place, metric, a, b, Options(), shared=shared).json
    sign = 1 if metric.higher_is_better else -1
    lost = json["lost"]["a"] + json["lost"]["b"]
    seen = None
    if json["stderr"] is not None:
        seen = Student(sign * json["difference"], json["stderr"], method=json["test"])
    note = f"{lost} lost samples: what they are worth is not known" if lost else ""
    return Measured(
        metric=metric.name,
        value=json["difference"],
        n=json["n"],
        lost=lost,
        at_worst=None if lost else seen,
        at_best=None if lost else seen,
        sign=sign,
        note=note or ("" if seen else json["test"]),
    )


def measure_value(rule: Rule, task: str, side: Side) -> Measured:
    """The candidate's own score."""
    place, label = _place(rule, task, side)
    part = _part(side, task, place, label)
    name = rule.metric or next(iter(part["metrics"]), "")
    metrics = {m.name: m for m in reversed(task_metrics(side, task))}
    metric = metrics.get(name) or next((m for m in metrics.values() if m.key == name), None)
    if metric is None and name not in part["metrics"]:
        known = list(part["metrics"])
        hint = did_you_mean(name, known) or f"It has {', '.join(known)}."
        raise ConfigError(f"{rule.place}: {task} has no metric {name!r}.", hint=hint)
    if metric is None or metric.aggregate is not None or metric.transform is not None:
        return _recorded_value(metric, name, part)
    pairs = pair(place, metric, side, side)
    if label is not None:
        pairs = _labelled(pairs, label, task)
    if not pairs.n:
        return _recorded_value(metric, name, part)
    sign = 1 if metric.higher_is_better else -1
    good, bad = ends(pairs, metric)
    import numpy as np

    return Measured(
        metric=metric.name,
        value=float(np.average(pairs.b, weights=pairs.weights)),
        n=pairs.n,
        lost=pairs.lost_both,
        at_worst=_value(pairs, metric, bad, sign),
        at_best=_value(pairs, metric, good, sign),
        sign=sign,
    )


def _part(side: Side, task: str, place: str, label: str | None) -> Mapping[str, Any]:
    if label is None:
        return side.results[place]
    subsets = side.results[task]["subsets"]
    found: Mapping[str, Any] = next(p for p in subsets if p["task"] == f"{task}/{label}")
    return found


def _value(pairs: Pairs, metric: Metric, lost_gets: float, sign: int) -> Evidence | None:
    """Evidence of the mean, each lost sample (and epoch) at `lost_gets`."""
    import numpy as np

    values = pairs.b
    if pairs.missing_b is not None:
        values = (1 - pairs.missing_b) * values + pairs.missing_b * lost_gets
    weights, clusters = pairs.weights, pairs.clusters
    more = 0
    if pairs.lost_both and weights is None:
        more = round(pairs.lost_both)
        values = np.concatenate([values, np.full(more, lost_gets)])
    elif pairs.lost_both and weights is not None:
        more = 1
        values = np.append(values, lost_gets)
        weights = np.append(weights, pairs.lost_both)
    if clusters is not None:
        first = max(clusters) + 1
        clusters = [*clusters, *range(first, first + more)]
    low, high = sorted((sign * metric.low, sign * metric.high))
    return mean_evidence(
        sign * values,
        clusters=clusters,
        weights=None if weights is None else weights.tolist(),
        low=low,
        high=high,
    )


def _recorded_value(metric: Metric | None, name: str, part: Mapping[str, Any]) -> Measured:
    """From the number in the result: of all samples together, or of another tool."""
    found = part["metrics"].get(name) or {}
    sign = 1 if metric is None or metric.higher_is_better else -1
    counts = part["counts"]
    lost = counts["error"] + counts["skipped"]
    value = found.get("value")
    seen = recorded_evidence(None if value is None else sign * value, found.get("stderr"))
    note = f"{lost} lost samples: what they are worth is not known" if lost else ""
    if seen is None:
        note = note or "no standard error"
    held = None if lost else seen
    return Measured(name, value, int(found.get("n") or 0), lost, held, held, sign, note)

"""Records -> the result object of the design: counts, metrics with intervals, subsets, suites."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import isfinite
from statistics import fmean
from typing import Any

import numpy as np

from julja.run.energy import add_energy
from julja.run.judges import judge_reports
from julja.run.plan import Leaf, Plan, TaskPlan
from julja.run.robustness import add_summaries
from julja.run.suites import suite_scores
from julja.stats.estimate import corpus_estimate, estimate, estimate_json, macro, transformed
from julja.store.sqlite import Store
from julja.types import STATES, Estimate, Json, Metric, Pool, Sample, State


@dataclass(slots=True)
class Usage:
    """Requests and tokens of a part of a run."""

    requests: int = 0
    cached_requests: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float | None = None
    seconds: float = 0.0

    def to_json(self) -> dict[str, Any]:
        """As the result object has it."""
        return {
            "requests": self.requests,
            "input_tokens": self.input_tokens,
            "output_tokens": self.output_tokens,
            "cached_requests": self.cached_requests,
            "cost_usd": self.cost_usd,
        }


@dataclass(slots=True)
class Tally:
    """What the store holds of one leaf: the state and values of each sample's epochs, by id.

    `tables` are what pools are made of, one for each epoch.
    """

    scores: dict[str, list[tuple[State, Mapping[str, float]]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    usage: Usage = field(default_factory=Usage)
    tables: dict[str, list[Json]] = field(default_factory=lambda: defaultdict(list))


def tally_run(store: Store, run: str, scoring: int) -> dict[str, Tally]:
    """Read a run's scores and usage, leaf by leaf."""
    tallies: dict[str, Tally] = defaultdict(Tally)
    for row in store.score_rows(run, scoring):
        tallies[row.task].scores[row.sample].append((row.state, row.values))
    for task, sample in store.failed(run):
        tallies[task].scores[sample].append(("error", {}))
    for spent in store.spent(run):
        tallies[spent.task].usage = Usage(
            spent.requests,
            spent.cached_requests,
            spent.input_tokens,
            spent.output_tokens,
            spent.cost_usd,
            spent.seconds,
        )
    return tallies


def build_result(store: Store, run: str, plan: Plan, *, finished: bool) -> dict[str, Any]:
    """The result object. `finished` is False for a run that was stopped before its end."""
    row = store.find_run(run)
    tallies = tally_run(store, run, row.scoring)
    for task in plan.tasks:
        if any(metric.pool for metric in task.scorer.metrics):
            _add_tables(store, run, row.scoring, task, tallies)
    results = [_task_result(task, tallies) for task in plan.tasks]
    add_summaries(plan, results)
    tasks = {leaf.name: task.name for task in plan.tasks for leaf in task.leaves}
    reports = judge_reports(store.judgements(run, row.scoring), tasks)
    for result in results:
        if result["task"] in reports:
            result["judges"] = reports[result["task"]]
    made = {
        "run": row.id,
        "model": row.model,
        "signature": row.signature,
        "complete": finished and all(is_complete(r, plan.config.max_errors) for r in results),
        "results": results,
        "suites": suite_scores(plan, results),
        "seconds": row.seconds,
    }
    add_energy(made, row, plan, store)
    return made


def _add_tables(
    store: Store, run: str, scoring: int, task: TaskPlan, tallies: Mapping[str, Tally]
) -> None:
    for leaf in task.leaves:
        if leaf.name in tallies:
            tables = tallies[leaf.name].tables
            for sample, details in store.score_details(run, scoring, leaf.name):
                if "table" in details:
                    tables[sample].append(details["table"])


def is_complete(result: Mapping[str, Any], max_errors: float) -> bool:
    """True when lost samples are within the limit."""
    return bool(lost_samples(result) <= max_errors * result["counts"]["total"])


def lost_samples(result: Mapping[str, Any]) -> int:
    """How many samples have no score: errors, skipped ones, and unreadable verdicts of judges."""
    counts = result["counts"]
    lost = counts["error"] + counts["skipped"]
    if "judges" in result:
        # A verdict that can't be read scores nobody: the sample is as good as lost.
        lost += counts["unparsed"]
    return int(lost)


def _task_result(task: TaskPlan, tallies: Mapping[str, Tally]) -> dict[str, Any]:
    whole = _part(task.name, task, task.leaves, tallies)
    subsets: list[dict[str, Any]] = []
    if len(task.leaves) > 1:
        parts = [_part(leaf.name, task, [leaf], tallies) for leaf in task.leaves]
        subsets += [json for json, _ in parts]
        _add_macro(whole[0], whole[1], [estimates for _, estimates in parts])
    subsets += _breakdowns(task, tallies)
    result = whole[0]
    result["subsets"] = subsets
    result["missing"] = list(task.missing)
    result["signature"] = task.signature
    if "signature" in task.scorer.args:
        result["scorer_signature"] = scorer_signature(task)
    if task.task.grid is not None:
        result["grid"] = _grid(task, task.task.grid, tallies)
    return result


def scorer_signature(task: TaskPlan) -> str:
    """What a metric's own library says of its settings, with the number of references (nrefs)."""
    counts = {len(sample.target) for leaf in task.leaves for sample in leaf.samples}
    said = str(task.scorer.args["signature"])
    return said.replace("nrefs:var", f"nrefs:{counts.pop()}") if len(counts) == 1 else said


def _add_macro(
    result: dict[str, Any], micro: Sequence[Estimate], parts: Sequence[Sequence[Estimate]]
) -> None:
    """Add the unweighted mean over subsets beside the pooled (micro) value, named as such."""
    for whole in micro:
        same = [item for estimates in parts for item in estimates if item.metric == whole.metric]
        mean = macro(same)
        result["metrics"][f"{whole.metric}_macro"] = estimate_json(mean)


@dataclass(frozen=True, slots=True)
class _Item:
    leaf: Leaf
    sample: Sample
    scores: Sequence[tuple[State, Mapping[str, float]]]
    tables: Sequence[Json] = ()


def _part(
    name: str,
    task: TaskPlan,
    leaves: Sequence[Leaf],
    tallies: Mapping[str, Tally],
    members: set[tuple[str, str]] | None = None,
) -> tuple[dict[str, Any], list[Estimate]]:
    """The result of some leaves pooled (only of `members` where given), and its estimates."""
    counts: Counter[str] = Counter()
    usage = Usage()
    items: list[_Item] = []
    for leaf in leaves:
        tally = tallies.get(leaf.name) or Tally()
        _add_usage(usage, tally.usage)
        for sample in leaf.samples:
            if members is None or (leaf.name, sample.id) in members:
                tables = tally.tables.get(sample.id, ())
                item = _Item(leaf, sample, tally.scores.get(sample.id, ()), tables)
                items.append(item)
                counts["total"] += leaf.epochs
                counts.update(state for state, _ in item.scores)
    counts["skipped"] += counts["total"] - sum(counts[state] for state in STATES)
    pools = [
        (pool, _pooled(pool, items))
        for pool in dict.fromkeys(metric.pool for metric in task.scorer.metrics)
        if pool is not None
    ]
    estimates = [
        made
        for metric in task.scorer.metrics
        if (made := _of_pools(metric, pools) or _estimate(metric, items)) is not None
    ]
    result: dict[str, Any] = {
        "task": name,
        "version": task.task.version,
        "form": task.kind,
        "shots": leaves[0].shots if leaves else 0,
        "counts": {"total": counts["total"], **{state: counts[state] for state in STATES}},
        "metrics": {item.metric: estimate_json(item) for item in estimates},
        "subsets": [],
    }
    if pools:
        found = [item for _, (known, _) in pools for item in known.values()]
        result["classes"] = _by_class(found)
        result["remarks"] = [remark for _, (_, remarks) in pools for remark in remarks]
    # What a part of a leaf used is not known apart.
    whole = members is None
    result |= {
        "usage": usage.to_json() if whole else None,
        "seconds": usage.seconds if whole else None,
    }
    return result, estimates


def _add_usage(total: Usage, part: Usage) -> None:
    total.requests += part.requests
    total.cached_requests += part.cached_requests
    total.input_tokens += part.input_tokens
    total.output_tokens += part.output_tokens
    total.seconds += part.seconds
    if part.cost_usd is not None:
        total.cost_usd = (total.cost_usd or 0.0) + part.cost_usd


def sample_value(
    metric: Metric, scores: Sequence[tuple[State, Mapping[str, float]]]
) -> float | None:
    """One sample's value of a metric: its epochs reduced; None where there is no score."""
    if metric.combine is not None:
        found = [values for _, values in scores if values]
        return metric.combine(found) if found else None
    values = [values[metric.key] for _, values in scores if metric.key in values]
    if not values:
        return None
    return metric.reduce(values) if metric.reduce else fmean(values)


def _estimate(metric: Metric, items: Sequence[_Item]) -> Estimate | None:
    if metric.pool is not None:
        return _pooled(metric.pool, items)[0][metric.name]
    if metric.aggregate is not None:
        return _corpus_estimate(metric, items)
    values: list[float] = []
    weights: list[float] = []
    clusters: list[str] = []
    lost: list[float] = []
    clustered = False
    impossible = 0
    for item in items:
        sample = item.sample
        weight = metric.weight(sample) if metric.weight else 1.0
        if weight == 0:
            continue  # no part of this metric: unsafe requests say nothing of over-refusal
        value = sample_value(metric, item.scores)
        if value is None:
            # pass@k with fewer than k epochs is no number at all, not a lost sample.
            impossible += any(found for _, found in item.scores)
            lost.append(weight)
            continue
        values.append(value)
        weights.append(weight)
        clusters.append(f"{item.leaf.name}/{sample.cluster or sample.id}")
        clustered = clustered or sample.cluster is not None
    if impossible and not values:
        return None
    found = estimate(
        metric.name,
        values,
        weights=weights if metric.weight else None,
        clusters=clusters if clustered else None,
        missing_weights=lost,
        low=metric.low,
        high=metric.high,
    )
    return transformed(found, metric.transform) if metric.transform else found


def _pooled(pool: Pool, items: Sequence[_Item]) -> tuple[dict[str, Estimate], Sequence[str]]:
    """All numbers of a pool, and its remarks; each epoch of a sample counts as one."""
    from julja.stats.pooled import pooled_estimates

    tables = [table for item in items for table in item.tables]
    clusters = [
        f"{item.leaf.name}/{item.sample.cluster or item.sample.id}"
        for item in items
        for _ in item.tables
    ]
    made = pool(tables)
    missing = sum(not item.tables for item in items)
    return pooled_estimates(made, len(tables), clusters=clusters, missing=missing), made.remarks


def _of_pools(
    metric: Metric, pools: Sequence[tuple[Pool, tuple[dict[str, Estimate], Sequence[str]]]]
) -> Estimate | None:
    return next((found[metric.name] for pool, (found, _) in pools if pool is metric.pool), None)


def _by_class(found: Iterable[Estimate]) -> dict[str, dict[str, Any]]:
    """The numbers "metric/class" as {metric: {class: estimate}}."""
    classes: dict[str, dict[str, Any]] = defaultdict(dict)
    for item in found:
        metric, slash, name = item.metric.partition("/")
        if slash:
            classes[metric][name] = estimate_json(item)
    return dict(classes)


def _corpus_estimate(metric: Metric, items: Iterable[_Item]) -> Estimate | None:
    """A number of all samples together; each epoch of a sample counts as one.

    None where no answer brings what it is made of (a probability that there is no answer).
    """
    assert metric.aggregate is not None
    columns: dict[str, list[float]] = {name: [] for name in metric.columns}
    clusters: list[str] = []
    missing, others = 0, False
    for item in items:
        known = [
            values for _, values in item.scores if all(name in values for name in metric.columns)
        ]
        others = others or (not known and any(values for _, values in item.scores))
        missing += not known
        for values in known:
            sample = item.sample
            # Epochs of one sample are not independent either.
            clusters.append(f"{item.leaf.name}/{sample.cluster or sample.id}")
            for name in metric.columns:
                columns[name].append(values[name])
    if others and not clusters:
        return None
    return corpus_estimate(
        metric.name,
        metric.aggregate,
        columns,
        clusters=clusters,
        missing=missing,
        low=metric.low,
        high=metric.high,
    )


def _breakdowns(task: TaskPlan, tallies: Mapping[str, Tally]) -> list[dict[str, Any]]:
    """The result by each value of each field in the task's `by`."""
    parts: list[dict[str, Any]] = []
    for name in task.task.by:
        groups: dict[str, set[tuple[str, str]]] = defaultdict(set)
        for leaf in task.leaves:
            for sample in leaf.samples:
                for value in _labels(sample.fields.get(name)):
                    groups[value].add((leaf.name, sample.id))
        for value in sorted(groups):
            label = f"{task.name}/{name}={value}"
            part, _ = _part(label, task, task.leaves, tallies, groups[value])
            parts.append({**part, "field": name, "value": value})
    return parts


def _grid(
    task: TaskPlan, fields: tuple[str, str], tallies: Mapping[str, Tally]
) -> dict[str, Any] | None:
    """The first metric that has values, at each pair of two fields' values; None without one.

    `values[i][j]` belongs to `rows.values[i]` and `columns.values[j]` and is None where that cell
    has no score.
    """
    cells: dict[tuple[Any, Any], list[_Item]] = defaultdict(list)
    for leaf in task.leaves:
        tally = tallies.get(leaf.name) or Tally()
        for sample in leaf.samples:
            row, column = (sample.fields.get(name) for name in fields)
            tables = tally.tables.get(sample.id, ())
            cells[row, column].append(_Item(leaf, sample, tally.scores.get(sample.id, ()), tables))
    down, across = (sorted({cell[axis] for cell in cells}) for axis in (0, 1))
    for metric in task.scorer.metrics:
        values: list[list[float | None]] = [[None] * len(across) for _ in down]
        for (row, column), items in cells.items():
            values[down.index(row)][across.index(column)] = _value(metric, items)
        if any(value is not None for line in values for value in line):
            return {
                "metric": metric.name,
                "scale": [_finite(metric.low), _finite(metric.high)],
                "higher_is_better": metric.higher_is_better,
                "rows": {"field": fields[0], "values": down},
                "columns": {"field": fields[1], "values": across},
                "values": values,
            }
    return None


def _value(metric: Metric, items: Sequence[_Item]) -> float | None:
    """A metric's value alone: a cell needs no interval, which costs a pool hundreds of numbers."""
    if metric.pool is None:
        made = _estimate(metric, items)
        return made.value if made else None
    tables = [table for item in items for table in item.tables]
    return _finite(metric.pool(tables)(np.ones(len(tables)))[metric.name])


def _finite(value: float) -> float | None:
    return value if isfinite(value) else None


def _labels(value: object) -> list[str]:
    if isinstance(value, list | tuple):
        return [str(item) for item in value]
    return ["(none)" if value is None else str(value)]

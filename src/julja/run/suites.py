"""What a suite makes of its tasks' results: one column for each, and their plain mean."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from julja.errors import TaskError
from julja.run.catalog import suite_named
from julja.run.plan import Plan
from julja.stats.estimate import estimate_from_json, estimate_json, macro
from julja.tasks.suite import Column, Suite
from julja.types import Estimate


def suite_scores(plan: Plan, results: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Each suite's score: the plain mean of its columns."""
    rows: dict[str, dict[str, Mapping[str, Any]]] = defaultdict(dict)
    for task, result in zip(plan.tasks, results, strict=True):
        if task.suite and result["metrics"]:
            rows[task.suite][task.name] = result
    absent: dict[str, list[str]] = defaultdict(list)
    for item in plan.absent:
        absent[item.suite].append(item.task)
    return [
        _suite(suite, members, absent[suite.name])
        for suite, members in ((suite_named(name), members) for name, members in rows.items())
        if suite.score
    ]


def _suite(
    suite: Suite, members: Mapping[str, Mapping[str, Any]], absent: Sequence[str] = ()
) -> dict[str, Any]:
    """One suite; a task without a column of its own is one by its primary metric.

    With a member absent there is no score: the mean of the others is another number.
    """
    named = {column.task for column in suite.columns}
    columns = [c for c in suite.columns if c.task in members]
    columns += [Column(task) for task in members if task not in named]
    found: dict[str, list[Estimate]] = defaultdict(list)
    for column in columns:
        found[column.name or column.task].append(suite_column(column, members[column.task]))
    estimates = {name: same[0] if len(same) == 1 else macro(same) for name, same in found.items()}
    parts = list(estimates.values())
    mean = _by_size(parts) if suite.by_size else macro(parts)
    if absent:
        mean = replace(mean, value=None, stderr=None, ci=None, bounds=None)
    return {
        "suite": suite.name,
        "score": estimate_json(mean),
        "columns": {name: item.value for name, item in estimates.items()},
        "missing": list(absent),
    }


def _by_size(parts: Sequence[Estimate]) -> Estimate:
    """The mean of independent estimates, each weighed by its number of samples."""
    known = [part for part in parts if part.value is not None]
    plain = macro(known)
    total = sum(part.n for part in known)
    if plain.value is None or total == 0:
        return plain
    shares = [part.n / total for part in known]
    value = sum(share * (part.value or 0.0) for share, part in zip(shares, known, strict=True))
    weighed = replace(plain, value=value, stderr=None, ci=None, bounds=None, method="by size")
    if any(part.stderr is None for part in known):
        return weighed
    squares = [(s * (part.stderr or 0.0)) ** 2 for s, part in zip(shares, known, strict=True)]
    stderr = sum(squares) ** 0.5
    return replace(weighed, stderr=stderr, ci=(value - 1.96 * stderr, value + 1.96 * stderr))


def suite_column(column: Column, result: Mapping[str, Any]) -> Estimate:
    """A task's part of a suite: averaged over metrics or subsets, above the score of guessing."""
    if column.floors or column.macro:
        subsets = [part for part in result["subsets"] if "field" not in part] or [result]
        parts = [
            _above(
                _metrics_of(column, part),
                column.floors.get(_subset_name(part), column.floor),
                column.high,
            )
            for part in subsets
        ]
        return macro(parts)
    return _above(_metrics_of(column, result), column.floor, column.high)


def _subset_name(part: Mapping[str, Any]) -> str:
    return str(part["task"]).partition("/")[2]


def _metrics_of(column: Column, result: Mapping[str, Any]) -> Estimate:
    metrics = result["metrics"]
    names = column.metrics or (next(iter(metrics)),)
    missing = [name for name in names if name not in metrics]
    if missing:
        raise TaskError(
            f"{result['task']} has no metric {missing[0]!r}, and its suite needs it.",
            hint=f"It has {', '.join(metrics)}.",
        )
    found = [estimate_from_json(name, metrics[name]) for name in names]
    # Metrics of the same samples: their errors are not independent, so the widest stands.
    return found[0] if len(found) == 1 else _mean_of_same(found)


def _mean_of_same(parts: Sequence[Estimate]) -> Estimate:
    """The mean of several metrics of the same samples, with the largest of their errors."""
    mean = macro(parts)
    errors = [part.stderr for part in parts if part.stderr is not None]
    if mean.value is None or not errors:
        return mean
    half = 1.96 * max(errors)
    low, high = mean.value - half, mean.value + half
    # A correlation may be negative: only what lies in 0..1 is kept there.
    if all(part.ci and part.ci[0] >= 0 and part.ci[1] <= 1 for part in parts):
        low, high = max(0.0, low), min(1.0, high)
    return replace(mean, stderr=max(errors), ci=(low, high), n=max(part.n for part in parts))


def _above(item: Estimate, floor: float, high: float) -> Estimate:
    """(value - floor) / (high - floor), and 0 below the floor."""
    if (floor, high) == (0, 1) or item.value is None:
        return item

    def rescale(value: float) -> float:
        return max(0.0, value - floor) / (high - floor)

    return replace(
        item,
        value=rescale(item.value),
        stderr=None if item.stderr is None else item.stderr / (high - floor),
        ci=(rescale(item.ci[0]), rescale(item.ci[1])) if item.ci else None,
        bounds=(rescale(item.bounds[0]), rescale(item.bounds[1])) if item.bounds else None,
    )

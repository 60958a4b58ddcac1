"""Brings what an imported log states into the result that its samples make."""

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from julja.interop.log import Log, LogGroup, LogTask
from julja.interop.recorded import LogMetric
from julja.stats.intervals import wilson
from julja.types import Json

_AGREE = 1e-6
# How far a standard error that was computed otherwise (bootstrap, clusters) may lie from ours
# before a reader should know.
_NEAR = 0.1


def complete(result: dict[str, Any], log: Log, warn: Callable[[str], None]) -> None:
    """Bring in what the files say and the samples don't: totals, numbers, groups, tokens."""
    for part, task in zip(result["results"], log.tasks, strict=True):
        part |= {"version": task.version, "shots": task.shots}
        _count(part, task, warn)
        part["usage"] = _usage(part["usage"], log)
        part["metrics"] = {
            metric.key: _metric_json(metric, part["metrics"].get(metric.key), task, warn)
            for metric in task.metrics
        }
    result["suites"] = [_suite(group, result["results"], log.groups) for group in log.groups]


def _count(part: dict[str, Any], task: LogTask, warn: Callable[[str], None]) -> None:
    """The counts of the whole evaluation: samples that the files don't hold had a score there."""
    known = len(task.items)
    total = task.total * task.epochs
    if known >= total:
        return
    if known:
        warn(f"{task.name}: the files hold {known} of its {total} samples")
    counts = part["counts"]
    counts["scored"] += total - counts["total"]
    counts["total"] = total


def _usage(ours: dict[str, Any], log: Log) -> dict[str, Json]:
    """Tokens as the files say them. Nothing was asked here: there are no requests of ours."""
    tokens = {key: ours[key] or None for key in ("input_tokens", "output_tokens")}
    if len(log.tasks) == 1:
        tokens["input_tokens"] = log.usage.input_tokens or tokens["input_tokens"]
        tokens["output_tokens"] = log.usage.output_tokens or tokens["output_tokens"]
    cost = log.usage.cost_usd if log.usage.cost_usd is not None else ours["cost_usd"]
    return {"requests": 0, **tokens, "cached_requests": 0, "cost_usd": cost}


def _metric_json(
    metric: LogMetric, ours: dict[str, Any] | None, task: LogTask, warn: Callable[[str], None]
) -> dict[str, Any]:
    """The stated value, with the interval of the samples where they give that value."""
    whole = len(task.items) >= task.total * task.epochs
    value = ours["value"] if ours is not None and whole else None
    if ours is None or value is None:
        return recorded_json(metric, task.total)
    if metric.value is None:
        return ours
    if not _agrees(value, metric):
        warn(
            f"{task.name}: the results file says {metric.key} {metric.value:.6g}, its samples say"
            f" {value:.6g}: the file's number is kept"
        )
        return recorded_json(metric, task.total)
    made = {**ours, "value": metric.value}
    if metric.stderr is not None:
        doubted = metric.kind == "mean" and metric.ci is None
        if doubted and _differs(metric.stderr, ours["stderr"]):
            warn(
                f"{task.name}: the results file says that the standard error of {metric.key} is"
                f" {metric.stderr:.6g}, its samples say {ours['stderr']:.6g}: the file's is kept"
            )
            return recorded_json(metric, task.total)
        made["stderr"] = metric.stderr
    if metric.ci is not None or metric.method != "imported":
        made |= {"ci": metric.ci and list(metric.ci), "method": metric.method}
    return made


def _agrees(value: float, metric: LogMetric) -> bool:
    """True when the samples' value is the stated one, within what the file rounded away."""
    assert metric.value is not None
    rounding = 0.0 if metric.decimals is None else 0.5 * 10.0**-metric.decimals + 1e-12
    return math.isclose(value, metric.value, rel_tol=_AGREE, abs_tol=max(1e-9, rounding))


def _differs(stated: float, ours: float | None) -> bool:
    return ours is not None and abs(stated - ours) > _NEAR * max(stated, ours) + 1e-3


def recorded_json(metric: LogMetric, total: int) -> dict[str, Any]:
    """An aggregate as it was recorded, with a normal interval from its standard error."""
    n = metric.n or total
    ci: Sequence[float] | None = metric.ci
    if ci is None and metric.stderr == 0 and metric.value in (0, 1) and n and metric.high == 1:
        # All samples alike: a normal interval would claim to know without doubt.
        ci = wilson(metric.value * n, n)
    elif ci is None and metric.value is not None and metric.stderr:
        half = 1.96 * metric.stderr
        ci = (max(metric.low, metric.value - half), min(metric.high, metric.value + half))
    return {
        "value": metric.value,
        "stderr": metric.stderr,
        "ci": None if ci is None else list(ci),
        "n": n,
        "bounds": None,
        "method": metric.method,
    }


def _suite(
    group: LogGroup, results: list[dict[str, Any]], groups: Iterable[LogGroup]
) -> dict[str, Any]:
    """A group as a suite: its own number, and those of its members."""
    values = {other.name: other.metric.value for other in groups}
    for part in results:
        first = next(iter(part["metrics"].values()), None)
        values[part["task"]] = first["value"] if first else None
    return {
        "suite": group.name,
        "score": recorded_json(group.metric, group.n),
        "columns": {name: values[name] for name in group.members if name in values},
    }

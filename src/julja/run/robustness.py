"""What a run with corrupted pictures says in one number: mPC, and rPC beside the clean task.

    mPC   the primary metric, mean over corruptions and severities
    rPC   the same in proportion to the clean task's, where the run has both

Michaelis et al., Benchmarking Robustness in Object Detection, 2019, section 2.3
(https://arxiv.org/abs/1907.07484).
"""

import math
from collections.abc import Sequence
from typing import Any

from julja.run.plan import Plan, TaskPlan
from julja.stats.estimate import estimate_from_json, estimate_json
from julja.types import Estimate


def add_summaries(plan: Plan, results: Sequence[dict[str, Any]]) -> None:
    """Add `mPC` and `rPC` to the metrics of the tasks with corrupted pictures."""
    clean = {
        (task.name, task.kind): result
        for task, result in zip(plan.tasks, results, strict=True)
        if not task.task.recipes
    }
    for task, result in zip(plan.tasks, results, strict=True):
        if not task.task.recipes:
            continue
        metric = task.scorer.metrics[0].name
        if metric not in result["metrics"]:
            continue
        under = estimate_from_json(metric, result["metrics"][metric])
        if len(task.task.recipes) > 1:
            result["metrics"]["mPC"] = estimate_json(under)
        twin = clean.get((_clean_name(task), task.kind))
        if twin is not None and metric in twin["metrics"]:
            plain = estimate_from_json(metric, twin["metrics"][metric])
            result["metrics"]["rPC"] = estimate_json(relative(under, plain))


def _clean_name(task: TaskPlan) -> str:
    return task.task.clean + task.name.removeprefix(task.task.name)


def relative(under: Estimate, plain: Estimate) -> Estimate:
    """The ratio of two estimates, with an interval as if they were independent.

    The delta method; both rest on the same pictures and go up and down together, so that the
    interval is too wide rather than too narrow.
    """
    if under.value is None or not plain.value:
        return Estimate("rPC", None, None, None, under.n, None)
    value = under.value / plain.value
    if under.stderr is None or plain.stderr is None:
        return Estimate("rPC", value, None, None, under.n, None)
    stderr = math.hypot(under.stderr, value * plain.stderr) / abs(plain.value)
    ci = (max(0.0, value - 1.96 * stderr), value + 1.96 * stderr)
    return Estimate("rPC", value, stderr, ci, under.n, None, "ratio")

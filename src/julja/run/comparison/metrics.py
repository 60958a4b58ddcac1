"""What two runs are compared by: the metrics of a task, from its definition."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from julja.errors import ConfigError, StoreError, did_you_mean
from julja.run.comparison.sides import Side
from julja.run.definitions import defined_form
from julja.types import Metric


def metric_named(side: Side, task: str, name: str | None = None) -> Metric:
    """A metric of a task as samples are compared by it; without a name the primary one.

    A number that is made of an average (a perplexity) is compared on the average's own scale, under
    that name (nats). ConfigError for a name that the task doesn't have.
    """
    metrics = task_metrics(side, task)
    if name is None:
        return _by_sample(metrics[0])
    # A name goes before a key: several metrics may be made of the same values.
    for metric in sorted(metrics, key=lambda metric: metric.name != name):
        if name in (metric.name, metric.key):
            return _by_sample(metric)
    known = [metric.name for metric in metrics]
    raise ConfigError(
        f"{task} has no metric {name!r} that samples can be compared by.",
        hint=did_you_mean(name, known) or f"It has {', '.join(known)}.",
    )


def _by_sample(metric: Metric) -> Metric:
    return replace(metric, name=metric.key, transform=None) if metric.transform else metric


def task_metrics(side: Side, task: str) -> Sequence[Metric]:
    """The metrics of a task of a run, the primary one first."""
    if "imported" in side.row.config:
        return _imported(side, task)
    found = _defined(side, task)
    return found if found and _fits(side, task, found[0]) else _recorded(side, task)


def _fits(side: Side, task: str, metric: Metric) -> bool:
    """Whether the scores are what this metric is made of: the definition may be a newer one."""
    values = _first_values(side, task)
    if values is None or metric.combine is not None:
        return True
    return all(name in values for name in metric.columns or (metric.key,))


def _first_values(side: Side, task: str) -> Mapping[str, float] | None:
    """The values of the first sample that has any."""
    for leaf in side.leaves(task):
        for sample in side.scores[leaf]:
            for _, values in side.epochs(leaf, sample):
                if values:
                    return values
    return None


def _imported(side: Side, task: str) -> Sequence[Metric]:
    from julja.run.imports import imported_metrics

    found = [item.metric for item in imported_metrics(side.row, task)]
    if not found:
        raise StoreError(f"run {side.row.id} has no metric of {task}.")
    return found


def _defined(side: Side, task: str) -> Sequence[Metric]:
    """The metrics of the form that was asked, as the catalogue or the task's file has them."""
    form = defined_form(side.row, task, side.results[task]["form"])
    return form.scorer.metrics if form is not None else ()


def _recorded(side: Side, task: str) -> Sequence[Metric]:
    """Plain means of the values that the scores have: all that is left of such a task."""
    values = _first_values(side, task) or {}
    known = [Metric(name) for name in side.results[task]["metrics"] if name in values]
    if known:
        return known
    raise StoreError(
        f"the definition of {task} is not to be found, and its scores need it.",
        hint=f"Compare in the folder that run {side.row.id} was started in.",
    )

"""Two runs by the score of a suite: the difference of the same means of the same columns.

The members are independent of each other, their samples paired between the runs: the error of the
difference is made of those of the columns' own differences.
"""

from collections.abc import Mapping, Sequence
from math import sqrt
from typing import Any

from julja.errors import JuljaError
from julja.run.catalog import suite_named
from julja.run.comparison.metrics import metric_named
from julja.run.comparison.options import Options
from julja.run.comparison.pairs import Pairs, pair
from julja.run.comparison.sides import Side
from julja.stats.one_sided import Student, paired_evidence
from julja.stats.paired import minimum_detectable_effect
from julja.tasks.suite import Column, Suite

_CLOSE = 1e-6


def compare_suites(a: Side, b: Side, options: Options) -> list[dict[str, Any]]:
    """Every suite that both runs have a score of."""
    one = {part["suite"]: part for part in a.result["suites"]}
    two = {part["suite"]: part for part in b.result["suites"]}
    return [_suite(name, one[name], two[name], a, b, options) for name in one if name in two]


def _suite(
    name: str, one: Mapping[str, Any], two: Mapping[str, Any], a: Side, b: Side, options: Options
) -> dict[str, Any]:
    values = one["score"]["value"], two["score"]["value"]
    columns = [
        {"column": column, "a": value, "b": two["columns"].get(column)}
        for column, value in one["columns"].items()
    ]
    made: dict[str, Any] = {
        "suite": name,
        "run_a": a.row.id,
        "run_b": b.row.id,
        "a": values[0],
        "b": values[1],
        "difference": None,
        "stderr": None,
        "ci": None,
        "p": None,
        "test": "normal, from the columns' paired differences",
        "mde": None,
        "columns": columns,
    }
    if None in values:
        return made | {"reason": "one of the runs has no score of it: a member is missing"}
    made["difference"] = values[1] - values[0]
    if set(one["columns"]) != set(two["columns"]):
        return made | {"reason": "the runs have other columns: the means are of other things"}
    parts = _shares(name, one, a, b)
    if parts is None:
        return made | {"reason": "how its columns are weighed is not known"}
    errors = [_error(column, a, b) for column, _ in parts]
    if any(error is None for error in errors):
        return made | {"reason": "a column has no measure of error"}
    stderr = sqrt(sum((s * (e or 0.0)) ** 2 for (_, s), e in zip(parts, errors, strict=True)))
    if stderr == 0:
        return made | {"reason": "no measure of error"}
    seen = Student(made["difference"], stderr, method="normal")
    return made | {
        "stderr": stderr,
        "ci": [seen.lower(0.025), seen.upper(0.025)],
        "p": min(1.0, 2 * min(seen.above(0.0), seen.below(0.0))),
        "p_same": None if options.margin is None else seen.within(options.margin),
        "mde": minimum_detectable_effect(stderr, alpha=options.alpha),
    }


def _shares(
    name: str, result: Mapping[str, Any], a: Side, b: Side
) -> list[tuple[Column, float]] | None:
    """The suite's columns that the runs have, each with its share of the score."""
    suite = _defined(name, result)
    named = {column.task for column in suite.columns}
    columns = [column for column in suite.columns if column.task in a.results]
    members = [task for task in suite.tasks if task not in named]
    columns += [Column(task) for task in members if task in a.results]
    if not columns or any(column.task not in b.results for column in columns):
        return None
    names = [column.name or column.task for column in columns]
    if suite.by_size:
        sizes = [_size(a.results[column.task]) for column in columns]
        return [(c, size / sum(sizes)) for c, size in zip(columns, sizes, strict=True)]
    several = len(set(names))
    return [
        (column, 1 / several / names.count(name))
        for column, name in zip(columns, names, strict=True)
    ]


def _defined(name: str, result: Mapping[str, Any]) -> Suite:
    """The suite as the catalogue has it, or the group of a log: a mean of its columns.

    A log doesn't say how a group was averaged: by size, where that gives its number.
    """
    try:
        return suite_named(name)
    except (KeyError, JuljaError):
        columns = result["columns"]
        known = [value for value in columns.values() if value is not None]
        plain = sum(known) / len(known) if known else 0.0
        return Suite(name, tuple(columns), by_size=abs(plain - result["score"]["value"]) > _CLOSE)


def _size(result: Mapping[str, Any]) -> int:
    return int(next(iter(result["metrics"].values()))["n"])


def _error(column: Column, a: Side, b: Side) -> float | None:
    """The standard error of a column's difference, on the column's scale.

    Of several metrics of the same samples the largest stands for their mean. Where the scale ends
    at the score of guessing, values below it move less than this says: the error errs upwards.
    """
    names: Sequence[str | None] = column.metrics or (None,)
    errors = [_metric_error(column, name, a, b) for name in names]
    known = [error for error in errors if error is not None]
    return max(known) if len(known) == len(errors) else None


def _metric_error(column: Column, name: str | None, a: Side, b: Side) -> float | None:
    try:
        metric = metric_named(a, column.task, name)
    except JuljaError:
        return None
    if metric.aggregate is not None:
        return _recorded_error(column, metric.name, a, b)
    pairs = pair(column.task, metric, a, b)
    if not pairs.n:
        return _recorded_error(column, metric.name, a, b)
    if not (column.floors or column.macro):
        error = _paired_error(pairs)
        return None if error is None else error / (column.high - column.floor)
    subsets: dict[str, list[int]] = {}
    for place, (leaf, _) in enumerate(pairs.places):
        subsets.setdefault(leaf.partition("/")[2], []).append(place)
    errors: list[float] = []
    for subset, places in subsets.items():
        error = _paired_error(pairs.part(places))
        if error is None:
            return None
        errors.append(error / (column.high - column.floors.get(subset, column.floor)))
    return sqrt(sum(error**2 for error in errors)) / len(errors)


def _paired_error(pairs: Pairs) -> float | None:
    """The standard error of a paired difference; of samples that all agree, what an exact bound
    leaves possible.
    """
    weights = None if pairs.weights is None else pairs.weights.tolist()
    seen = paired_evidence(pairs.a, pairs.b, clusters=pairs.clusters, weights=weights)
    # One standard error from the bounds of one: z(.8413) = 1.
    return None if seen is None else (seen.upper(0.1587) - seen.lower(0.1587)) / 2


def _recorded_error(column: Column, name: str, a: Side, b: Side) -> float | None:
    """From the runs' own errors, as if their samples had nothing in common."""
    found = [side.results[column.task]["metrics"].get(name) for side in (a, b)]
    errors = [metric["stderr"] for metric in found if metric and metric["stderr"] is not None]
    if len(errors) < len(found):
        return None
    return sqrt(sum(error**2 for error in errors)) / (column.high - column.floor)

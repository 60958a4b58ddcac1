"""A leaderboard's sheet out of a store: all its tasks, or a suite's own columns."""

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

from julja.errors import StoreError, did_you_mean
from julja.run.catalog import ALIASES, suites
from julja.run.definitions import definition
from julja.run.leaderboard.items import Wanted, column_items, definitions
from julja.run.leaderboard.runs import (
    Choice,
    Part,
    by_task,
    cell_of,
    most_common,
    newest,
    store_parts,
    store_sheet,
    with_odd_settings,
)
from julja.run.leaderboard.sheet import Column, Items, Protocol, Sheet
from julja.run.suites import suite_column
from julja.store.sqlite import Store
from julja.tasks.spec import TaskSpec, parse_spec
from julja.tasks.suite import Column as SuiteColumn
from julja.tasks.suite import Suite


def sheet_of_store(store: Store, choice: Choice, *, items: bool = True) -> Sheet:
    """Every task that was run, by its primary metric."""
    sheet, where = store_sheet(store, choice)
    columns = tuple(_described(store, c, where[c.name], items) for c in sheet.columns)
    return replace(sheet, columns=columns)


def _described(store: Store, column: Column, parts: Mapping[str, Part], items: bool) -> Column:
    """Add what the task's definition says: scale, direction, guessing, and the item scores."""
    part = next((p for p in parts.values() if p.result["metrics"]), next(iter(parts.values())))
    metric = next((m for m in definitions(part) if m.name == column.metric), None)
    if metric is None:
        values = [cell.value for cell in column.cells.values() if cell.value is not None]
        outside = [value for value in values if not 0 <= value <= 1]
        why = "its scale is not known" if outside else ""
        column = replace(column, high=None if outside else 1.0, why_not=why)
    else:
        share = (metric.low, metric.high) == (0.0, 1.0) and metric.transform is None
        higher = metric.higher_is_better
        why = "" if share and higher else ("lower is better" if not higher else "not from 0 to 1")
        high = metric.high if math.isfinite(metric.high) and metric.transform is None else None
        column = replace(column, higher_is_better=higher, high=high, why_not=why)
    if "imported" not in part.row.config and not column.why_not:
        found = definition(part.row, part.task)
        card = found.task.card if found else None
        column = replace(column, floor=card.random_baseline if card else None)
    return with_items(column, column_items(store, parts, Wanted()) if items else "not asked for")


def with_items(column: Column, items: Items | str) -> Column:
    """A column with its item scores, or with why it has none."""
    if isinstance(items, str):
        return replace(column, no_items=items)
    return replace(column, items=items)


def sheet_of_suite(store: Store, name: str, choice: Choice, *, items: bool = True) -> Sheet:
    """A suite's own columns, as its score is made of them.

    Of runs in several protocols the one that fits the suite's own settings and that most models
    have is taken; the others are left out by name.
    """
    suite = _suite(name)
    specs = {_task_name(spec): spec for spec in map(parse_spec, suite.tasks)}
    parts, left = store_parts(store, choice)
    grouped = by_task([part for part in parts if part.task in specs], mixed=choice.mixed)
    columns: list[Column] = []
    absent = [task for task in specs if task not in grouped]
    wanted = _suite_columns(suite, list(specs))
    names = Counter(column.name or column.task for column in wanted)
    for column in wanted:
        if column.task not in grouped:
            continue
        variants = grouped[column.task]
        fitting = {
            p: m for p, m in variants.items() if choice.mixed or _fits(p, specs[column.task])
        }
        others = [p.row.id for v in variants if v not in fitting for p in _all(variants[v])]
        if others:
            left.setdefault(f"runs of {column.task} that aren't as {name} asks it", []).extend(
                others
            )
        if not fitting:
            absent.append(column.task)
            continue
        protocol = most_common(fitting)
        rest = [p.row.id for v in fitting if v != protocol for p in _all(fitting[v])]
        if rest:
            left.setdefault(f"runs of {column.task} in a rarer protocol", []).extend(rest)
        chosen, older = newest(fitting[protocol])
        if older:
            left.setdefault("results that a newer run replaces", []).extend(older)
        made = _suite_column(store, column, protocol, chosen, items)
        # Columns of one name are averaged first; each is shown under its task's.
        columns.append(replace(made, name=column.task) if names[made.name] > 1 else made)
    if not columns:
        raise StoreError(
            f"no run in {store.path} has a task of the suite {name}.",
            hint=f"julja run {name} -m MODEL",
        )
    remarks = [f"the suite's task {task} was never run" for task in absent]
    return Sheet(
        tuple(columns),
        f"store {store.path}",
        suite=name,
        by_size=suite.by_size,
        left_out=left,
        remarks=tuple(remarks),
    )


def _suite(name: str) -> Suite:
    if name not in suites():
        hint = did_you_mean(name, suites()) or "`julja list suites` shows all of them."
        raise StoreError(f"there is no suite {name!r}.", hint=hint)
    return suites()[name]


def _task_name(spec: TaskSpec) -> str:
    name = ALIASES.get(spec.name, spec.name)
    return f"{name}/{spec.subset}" if spec.subset else name


def _fits(protocol: Protocol, spec: TaskSpec) -> bool:
    """True where a run's form and shots are what the suite says, if it does."""
    asked = {key: spec.options[key] for key in ("form", "shots") if key in spec.options}
    return all(getattr(protocol, key) in (value, None) for key, value in asked.items())


def _suite_columns(suite: Suite, tasks: list[str]) -> list[SuiteColumn]:
    named = {column.task for column in suite.columns}
    return [*suite.columns, *(SuiteColumn(task) for task in tasks if task not in named)]


def _all(members: Mapping[str, list[Part]]) -> list[Part]:
    return [part for several in members.values() for part in several]


def _suite_column(
    store: Store, column: SuiteColumn, protocol: Protocol, chosen: Mapping[str, Part], items: bool
) -> Column:
    first = next((p for p in chosen.values() if p.result["metrics"]), next(iter(chosen.values())))
    metric = (column.metrics or (*first.result["metrics"], ""))[0]
    cells = {}
    for model, part in chosen.items():
        cell = cell_of(part, metric, protocol)
        if cell.value is not None:
            made = suite_column(column, part.result)
            cell = replace(cell, value=made.value, stderr=made.stderr, ci=made.ci)
        cells[model] = cell
    scaled = bool(column.floors) or (column.floor, column.high) != (0, 1)
    name = column.name or column.task
    found = Column(
        name=name,
        task=column.task,
        metric=" + ".join(column.metrics) or metric,
        cells=cells,
        protocol=protocol,
        group=name,
        floor=None if column.floors else column.floor,
        normalised=scaled,
    )
    wanted = Wanted(
        metrics=column.metrics,
        macro=column.macro or bool(column.floors),
        floor=column.floor,
        high=column.high,
        floors=column.floors,
    )
    found = with_odd_settings(found, chosen)
    return with_items(found, column_items(store, chosen, wanted) if items else "not asked for")

"""Scores for an audit, item by item where they can be had: of files, runs, and tasks of a store."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, Union

from julja.cli.common import open_store
from julja.errors import DataError, JuljaError, StoreError, did_you_mean

if TYPE_CHECKING:
    from julja.audit.scores.items import ItemTable
    from julja.audit.scores.table import ScoreTable
    from julja.store.rows import RunRow
    from julja.store.sqlite import Store

Table: TypeAlias = Union["ItemTable", "ScoreTable"]
Fields: TypeAlias = dict[str, Mapping[str, Any]]


def read_table(
    place: str, store: str | None, *, item: str | None = None, scale: float | None = None
) -> Table:
    """The one table that a place names: FILE, FILE#COLUMN, RUN, RUN#TASK, or a TASK of all runs."""
    from julja.audit.scores.items import read_items
    from julja.audit.scores.read import read_tables, split_part
    from julja.cli.audit.sources import only

    path, part = split_part(place)
    if Path(path.partition(".zip!")[0]).expanduser().exists() or ".zip!" in path:
        found = read_items(place, item=item, scale=scale)
        return found if found is not None else only(read_tables(place), place)
    try:
        opened = open_store(store, must_exist=True)
    except JuljaError as error:
        raise DataError(
            f"{path}: there is no such file, and no store of runs here.", hint=error.hint
        ) from error
    try:
        return _of_store(opened, path, part)
    finally:
        opened.close()


def store_tables(store: str | None, tasks: Sequence[str]) -> list[Table]:
    """A table for each task of a store's runs, of each model's last complete run."""
    opened = open_store(store, must_exist=True)
    try:
        results = list(_results(opened, opened.runs()))
        known = dict.fromkeys(task["task"] for _, result in results for task in result["results"])
        for task in tasks:
            if task not in known:
                raise StoreError(
                    f"no run of the store has the task {task!r}.",
                    hint=did_you_mean(task, known) or f"There are {', '.join(known)}.",
                )
        if not known:
            raise StoreError("the store has no complete run.", hint="julja list runs")
        return [_of_task(opened, results, task) for task in known if not tasks or task in tasks]
    finally:
        opened.close()


def _of_store(opened: "Store", name: str, part: str | None) -> Table:
    rows = opened.runs()
    mine = [row for row in rows if row.id == name or (name and row.id.startswith(name))]
    if name == "last" and rows:
        mine = rows[:1]
    if mine:
        row = opened.find_run(name)
        results = list(_results(opened, [row]))
        tasks = [task["task"] for _, result in results for task in result["results"]]
        if part is None and len(tasks) > 1:
            raise DataError(
                f"run {row.id} has {len(tasks)} tasks.",
                hint=f"Name one: {name}#{tasks[0]}. It has {', '.join(tasks)}.",
            )
        if not results or (part is not None and part not in tasks):
            about = f"has no task {part!r}" if results else "has no complete result"
            near = did_you_mean(part or "", tasks) or f"julja show {row.id}"
            raise DataError(f"run {row.id} {about}.", hint=near)
        return _of_task(opened, results, part or tasks[0])
    results = list(_results(opened, rows))
    known = list(dict.fromkeys(t["task"] for _, result in results for t in result["results"]))
    if name not in known:
        raise DataError(
            f"{name}: neither a file, nor a run, nor a task of {opened.path}.",
            hint=did_you_mean(name, known) or f"Its tasks: {', '.join(known) or 'none'}.",
        )
    return _of_task(opened, results, name)


def _results(
    opened: "Store", rows: Sequence["RunRow"]
) -> Iterator[tuple["RunRow", Mapping[str, Any]]]:
    """The complete results of some runs, oldest first."""
    from julja.run.execute import show_result

    for row in sorted(rows, key=lambda row: row.created):
        try:
            result = show_result(row, opened)
        except JuljaError:
            continue  # its task's definition has gone, and its result was never made
        if result["complete"]:
            yield row, result


def _of_task(
    opened: "Store", results: Sequence[tuple["RunRow", Mapping[str, Any]]], name: str
) -> Table:
    """A task's scores of each model's last run: item by item where all runs have them so."""
    from julja.audit.scores.read import run_tables
    from julja.cli.audit.runs import merged

    last: dict[str, tuple[RunRow, Mapping[str, Any]]] = {}
    for row, result in results:
        for task in result["results"]:
            metric = next(iter(task["metrics"].values()), None)
            if task["task"] == name and metric is not None and metric["value"] is not None:
                last[row.model] = (row, task)
    if not last:
        raise DataError(f"{name}: no complete run has a score on it.")
    values = {model: _values(opened, row, task) for model, (row, task) in last.items()}
    if all(values.values()):
        fields, clusters = _about(opened, [row for row, _ in last.values()], name)
        return _items(name, values, fields, clusters)
    tables = [
        table
        for model, (_, task) in last.items()
        for table in run_tables({"model": model, "results": [task]})
    ]
    return merged(name, tables)


def _values(opened: "Store", row: "RunRow", task: Mapping[str, Any]) -> dict[str, float]:
    """Each sample's value of the primary metric; nothing where their mean isn't the task's score.

    It isn't for a corpus metric, a weighted one, or a mean over subsets.
    """
    metric, found = next(iter(task["metrics"].items()))
    means = opened.item_means(row.id, row.scoring, task["task"], metric)
    values = {f"{part}/{sample}": value for (part, sample), value in means.items()}
    if not values or abs(sum(values.values()) / len(values) - found["value"]) > 1e-9:
        return {}
    return values


def _about(opened: "Store", rows: Sequence["RunRow"], task: str) -> tuple[Fields, dict[str, str]]:
    """The fields of a task's samples, and what they share, by part/sample."""
    fields: Fields = {}
    clusters: dict[str, str] = {}
    seen: set[tuple[str, str]] = set()
    for row in rows:
        for part, source in opened.sources(row.id).items():
            if (part != task and not part.startswith(f"{task}/")) or (part, source) in seen:
                continue
            seen.add((part, source))
            for sample in opened.samples(source):
                key = f"{part}/{sample.id}"
                fields[key] = {**sample.fields, "id": sample.id, "part": part}
                if sample.cluster is not None:
                    clusters[key] = f"{part}/{sample.cluster}"
    return fields, clusters


def _items(
    name: str,
    values: Mapping[str, Mapping[str, float]],
    fields: Fields,
    clusters: Mapping[str, str],
) -> "ItemTable":
    import numpy as np

    from julja.audit.scores.items import ItemTable, as_shares

    items = list(dict.fromkeys(item for found in values.values() for item in found))
    scores = np.array([[found.get(item, np.nan) for item in items] for found in values.values()])
    shared = tuple(clusters.get(item, item) for item in items) if clusters else None
    return ItemTable(name, tuple(values), tuple(items), as_shares(scores, name), fields, shared)

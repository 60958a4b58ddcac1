"""julja's own files as a sheet: result objects, exported records, leaderboards."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from julja.run.leaderboard.runs import Part, parts_sheet, result_parts, settings_of
from julja.run.leaderboard.sheet import Cell, Column, Item, Items, Protocol, Sheet, Spent
from julja.stats.estimate import estimate
from julja.store.rows import RunRow
from julja.types import Json, Row


def results_in(content: Json) -> list[Mapping[str, Any]]:
    """Result objects of julja: one, or a list of them."""
    several = content if isinstance(content, list) else [content]
    kept = [
        item
        for item in several
        if isinstance(item, Mapping)
        and "model" in item
        and isinstance(item.get("results"), list)
        and all(isinstance(part, Mapping) and "counts" in part for part in item["results"])
    ]
    return kept if len(kept) == len(several) else []


def sheet_of_results(results: Sequence[Mapping[str, Any]], place: str) -> Sheet:
    """Result objects as columns; the first of several of one model counts as the newest."""
    parts: list[Part] = []
    for order, result in enumerate(results):
        row = RunRow(
            id=str(result.get("run") or place),
            created=float(-order),
            finished=None,
            status="done",
            model=str(result["model"]),
            tasks=(),
            signature=str(result.get("signature") or ""),
            config={},
            scoring=0,
            seconds=0.0,
        )
        parts += result_parts(row, result)
    sheet, _ = parts_sheet(parts, place, {}, mixed=False)
    none = "a result object has no item scores (`julja export RUN --to jsonl` has)"
    return replace(sheet, columns=tuple(replace(c, no_items=none) for c in sheet.columns))


def is_records(content: Json) -> bool:
    """True for the lines of `julja export --to jsonl`."""
    head = content[0] if isinstance(content, list) and content else None
    return isinstance(head, Mapping) and {"run", "task", "sample", "scores", "state"} <= head.keys()


def sheet_of_records(rows: Sequence[Row], place: str) -> Sheet:
    """Records as `julja export --to jsonl` writes them: means and items of the first metric."""
    values: dict[str, dict[str, dict[Item, list[float]]]] = {}
    protocols: dict[str, Protocol] = {}
    metrics: dict[str, str] = {}
    for row in rows:
        said = settings_of(str(row.get("signature") or ""))
        leaf, scores = str(row["task"]), row["scores"] or {}
        task = str(row.get("signature") or leaf).partition("|")[0].rpartition(".")[0] or leaf
        if not (leaf == task or leaf.startswith(f"{task}/")):
            task = leaf
        model = said.get("model") or str(row["run"])
        protocols.setdefault(task, _signed(said, str(row.get("signature") or "")))
        own = values.setdefault(task, {}).setdefault(model, {})
        if scores:
            metric = metrics.setdefault(task, next(iter(scores)))
            if metric in scores:
                own.setdefault((leaf, str(row["sample"])), []).append(float(scores[metric]))
    columns = [
        _record_column(task, metrics.get(task, ""), by_model, protocols[task])
        for task, by_model in values.items()
    ]
    return Sheet(tuple(columns), place)


def _record_column(
    task: str,
    metric: str,
    by_model: Mapping[str, Mapping[Item, Sequence[float]]],
    protocol: Protocol,
) -> Column:
    means = {
        model: {item: sum(values) / len(values) for item, values in own.items()}
        for model, own in by_model.items()
    }
    cells = {}
    for model, scores in means.items():
        made = estimate(metric, list(scores.values()))
        state = "scored" if scores else "no score"
        cells[model] = Cell(made.value, made.stderr, made.ci, made.n, state=state)
    items = _item_table(means)
    none = "" if items else "fewer than two models have it"
    return Column(task, task, metric, cells, protocol, items=items, no_items=none)


def _signed(said: Mapping[str, str], signature: str) -> Protocol:
    version = signature.partition("|")[0].rpartition(".")[2] or None
    shots = said.get("shots")
    return Protocol(
        version=version,
        form=said.get("form"),
        shots=int(shots) if shots else None,
        limit=said.get("limit"),
        judge=said.get("judge"),
        data=said.get("data"),
    )


def _item_table(means: Mapping[str, Mapping[Item, float]]) -> Items | None:
    held = {model: own for model, own in means.items() if own}
    if len(held) < 2:
        return None
    keys = sorted(set().union(*held.values()))
    scores = np.array([[own.get(key, np.nan) for key in keys] for own in held.values()])
    return Items(tuple(held), scores)


def is_board(content: Mapping[str, Json]) -> bool:
    """True for the object of `julja leaderboard --json`."""
    return isinstance(content.get("models"), list) and isinstance(content.get("columns"), list)


def sheet_of_board(content: Mapping[str, Any], place: str) -> Sheet:
    """The object of `julja leaderboard --json`, without its item scores."""
    columns = []
    for column in content["columns"]:
        cells = {}
        for row in content["models"]:
            cell = row["cells"].get(column["name"])
            if cell is None:
                continue
            cells[row["model"]] = Cell(
                cell["value"],
                cell["stderr"],
                tuple(cell["ci"]) if cell["ci"] else None,
                cell["n"],
                state=cell["state"],
                run=cell["run"],
            )
        protocol = Protocol(**column["protocol"])
        columns.append(
            Column(
                column["name"],
                column["task"],
                column["metric"],
                cells,
                protocol,
                higher_is_better=column["higher_is_better"],
                group=column["group"],
                floor=column["floor"],
                high=column["high"],
                normalised=column["normalised"],
                why_not=column["not_in_mean"] or "",
                no_items="a leaderboard's own file has no item scores",
            )
        )
    spent = {row["model"]: Spent(**row["spent"]) for row in content["models"]}
    return Sheet(tuple(columns), place, spent=spent)

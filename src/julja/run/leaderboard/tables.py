"""Published tables as a sheet: a row for each model, a column for each benchmark; HELM's JSON."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from julja.audit.scores.columns import (
    MODEL_COLUMNS,
    SCORE_COLUMNS,
    name_column,
    number,
    number_columns,
    uncertainty,
)
from julja.audit.scores.prompts import (
    ITEM_COLUMNS,
    VALUE_COLUMNS,
    collect_prompts,
    prompt_column,
)
from julja.audit.scores.table import ScoreTable
from julja.errors import DataError, did_you_mean
from julja.run.leaderboard.sheet import Cell, Column, Items, Sheet, Spent
from julja.stats.estimate import estimate
from julja.types import Json, Row

# Columns that sum up others: a mean of means would count them twice.
_SUMMARIES = {
    *("average", "avg", "mean", "overall", "global average", "total score", "mean score"),
    *("mean win rate", "win rate mean", "mean_win_rate", "average ⬆️", "macro", "macro average"),
}
# Of julja's own csv.
_OURS = {"ranks", "likely ranks", "frontier_chance"}
# What names the benchmark in a table with a row for each score.
_KINDS = ("benchmark", "task", "dataset", "subset", "table", "eval", "metric")
_AMOUNTS = {
    "cost_usd": ("cost_usd", "cost", "total cost", "cost ($)", "usd", "price_usd"),
    "input_tokens": ("input_tokens", "prompt_tokens", "tokens in"),
    "output_tokens": ("output_tokens", "completion_tokens", "tokens out"),
    "seconds": ("seconds", "time_s", "duration_s", "latency_s"),
    "wh": ("wh", "energy_wh"),
    "co2_g": ("co2_g", "gco2", "co2 (g)"),
}
_AMOUNT_NAMES = {name for names in _AMOUNTS.values() for name in names}
_WHOLE = {"input_tokens", "output_tokens"}


def column_of(table: ScoreTable) -> Column:
    """A table of scores as a column; errors from its draws where it has some."""
    cells: dict[str, Cell] = {}
    for place, model in enumerate(table.models):
        stderr, low, high = (_maybe(v[place]) for v in (table.stderr, table.lower, table.upper))
        if stderr is None and len(table.draws[place]) > 1:
            stderr = float(np.std(table.draws[place], ddof=1))
        if low is None and len(table.draws[place]) > 1:
            low, high = (float(v) for v in np.quantile(table.draws[place], [0.025, 0.975]))
        ci = None if low is None and high is None else (low, high)
        cells[model] = Cell(float(table.score[place]), stderr, ci)
    name = table.name.rpartition("#")[2]
    return Column(name, name, "score", cells, high=None, no_items="the file has no item scores")


def _maybe(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def sheet_of_rows(rows: Sequence[Row], place: str) -> Sheet:
    """A row for each model, a column for each benchmark, and perhaps what it cost."""
    key = name_column(rows)
    if key is None:
        raise DataError(
            f"{place}: no column holds the models' names.",
            hint=f"Name one of its columns {', '.join(MODEL_COLUMNS[:3])}.",
        )
    named = {str(row[key]): row for row in rows if row.get(key) not in (None, "")}
    spent = {model: _spent(row) for model, row in named.items()}
    if not any(item != Spent() for item in spent.values()):
        spent = {}
    tables = [table for table in _score_tables(rows, key) if _is_score(table)]
    summed = [t for t in tables if _short(t).lower() in _SUMMARIES]
    kept = [t for t in tables if t not in summed]
    if not kept and summed:
        kept, summed = summed, []
    if not kept:
        raise DataError(f"{place}: no column holds scores.", hint="Scores are numbers, by model.")
    remarks = [f"{place}: {_short(t)!r} sums up other columns and is left out" for t in summed]
    columns = [column_of(table) for table in kept]
    # A model without any number is still a model of this table.
    empty = {model: Spent() for model in named if model not in spent}
    scale = _scale([c for column in columns for c in column.cells.values()])
    columns = [replace(column, high=scale) for column in columns]
    lost = [text for text in remarks_of(kept) if "no score" not in text]
    return Sheet(tuple(columns), place, spent={**spent, **empty}, remarks=(*remarks, *lost))


def _score_tables(rows: Sequence[Row], key: str) -> list[ScoreTable]:
    named = {str(row[key]): row for row in rows if row.get(key) not in (None, "")}
    found = []
    for column in number_columns(list(named.values())):
        values = {model: number(row.get(column)) for model, row in named.items()}
        scores = {model: value for model, value in values.items() if not math.isnan(value)}
        sure = uncertainty(named, column)
        found.append(
            ScoreTable.of(
                column,
                scores,
                lower=sure.lower,
                upper=sure.upper,
                stderr=sure.stderr,
                level=sure.level,
            )
        )
    return found


def sheet_of_prompts(
    rows: Sequence[Row], place: str, key: str, *, cluster: str | None, score: str | None
) -> Sheet:
    """A row for each model and prompt: one column, whose models are compared prompt by prompt."""
    known = list(dict.fromkeys(name for row in rows[:100] for name in row))
    value = prompt_column(
        place, score, VALUE_COLUMNS, known, "score", "Name it with --column COLUMN"
    )
    prompt = prompt_column(
        place, cluster, ITEM_COLUMNS, known, "prompt", "Name it with --cluster COLUMN"
    )
    found = collect_prompts(rows, place, (key, prompt, value))
    asked = found.counts > 0
    scores = np.where(asked, found.sums / np.where(asked, found.counts, 1.0), np.nan)
    cells = {}
    for model, own in zip(found.models, scores, strict=True):
        made = estimate(value, own[np.isfinite(own)].tolist(), low=-math.inf, high=math.inf)
        cells[model] = Cell(made.value, made.stderr, made.ci, made.n)
    remarks = [f"{place}: means over {scores.shape[1]:,} values of {prompt!r}"]
    if found.lost:
        remarks.append(f"{place}: {found.lost} rows have no score and are left out")
    if found.thin:
        remarks.append(f"{place}: too few prompts, left out: {', '.join(found.thin)}")
    if (gaps := int((~asked).sum())) > 0:
        remarks.append(f"{place}: pairs of model and prompt without a score: {gaps}")
    column = Column(
        value,
        value,
        value,
        cells,
        high=_scale(list(cells.values())),
        items=Items(found.models, scores),
    )
    return Sheet((column,), place, remarks=tuple(remarks))


def kind_column(rows: Sequence[Row], key: str) -> str | None:
    """The column that names a benchmark, where a row is one score of one model; else None."""
    by_case = {str(name).lower(): name for name in rows[0]}
    for wanted in _KINDS:
        kind = by_case.get(wanted)
        if kind is None or kind == key or not any(name in by_case for name in SCORE_COLUMNS):
            continue
        pairs = {(str(row.get(key)), str(row.get(kind))) for row in rows}
        models = {str(row.get(key)) for row in rows}
        if len(models) < len(pairs) == len(rows):
            return kind
    return None


def sheet_of_long(rows: Sequence[Row], place: str, key: str, kind: str) -> Sheet:
    """A row for each model and benchmark: a column for each value of `kind`."""
    columns: list[Column] = []
    remarks: list[str] = []
    for name in dict.fromkeys(str(row.get(kind)) for row in rows):
        part = [row for row in rows if str(row.get(kind)) == name]
        found = _score_tables(part, key)
        main = next((t for t in found if _short(t) in SCORE_COLUMNS), None)
        if main is None:
            remarks.append(f"{place}: {name!r} has no scores and is left out")
            continue
        columns.append(replace(column_of(main), name=name, task=name))
    scale = _scale([cell for column in columns for cell in column.cells.values()])
    return Sheet(
        tuple(replace(column, high=scale) for column in columns), place, remarks=tuple(remarks)
    )


def _short(table: ScoreTable) -> str:
    return table.name.rpartition("#")[2]


def _is_score(table: ScoreTable) -> bool:
    return _short(table).lower() not in _AMOUNT_NAMES | _OURS


def _spent(row: Row) -> Spent:
    by_case = {str(name).lower(): value for name, value in row.items()}
    found: dict[str, Any] = {}
    for amount, names in _AMOUNTS.items():
        values = (number(by_case[name]) for name in names if name in by_case)
        value = next((v for v in values if not math.isnan(v)), None)
        if value is not None:
            found[amount] = int(value) if amount in _WHOLE else value
    return Spent(**found)


def _scale(cells: Sequence[Cell]) -> float | None:
    """1 where a file's scores are shares, 100 where they are percentages, else not known."""
    values = [cell.value for cell in cells if cell.value is not None]
    if not values or min(values) < 0:
        return None
    return 1.0 if max(values) <= 1 else 100.0 if max(values) <= 100 else None


def remarks_of(tables: Iterable[ScoreTable]) -> tuple[str, ...]:
    """What is to be said of some tables, each thing once."""
    return tuple(dict.fromkeys(text for table in tables for text in table.remarks))


def helm_tables(content: Json) -> list[Mapping[str, Any]]:
    """HELM's group tables: {"title", "header": [{"value"}], "rows": [[{"value"}]]}, or a list."""
    several = content if isinstance(content, list) else [content]
    return [t for t in several if isinstance(t, Mapping) and "header" in t and "rows" in t]


def helm_rows(
    tables: Sequence[Mapping[str, Any]], place: str, part: str | None
) -> list[dict[str, Json]]:
    """The rows of HELM's first table, or of the one whose title is `part`."""
    titles = [str(table.get("title") or table.get("name") or "") for table in tables]
    if part is not None and part not in titles:
        hint = did_you_mean(part, titles) or f"It has {', '.join(titles)}."
        raise DataError(f"{place}: there is no table {part!r}.", hint=hint)
    table = tables[titles.index(part) if part is not None else 0]
    heads = [str(cell.get("value")) for cell in table["header"]]
    heads[0] = "model"
    return [
        {head: cell.get("value") for head, cell in zip(heads, line, strict=False)}
        for line in table["rows"]
    ]

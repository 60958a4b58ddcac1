"""Reads tables of scores out of the files in which benchmarks and leaderboards publish them.

read_tables("bootstrap_stats.jsonl")        rows with model, score, lower, upper, results
read_tables("elo_bootstrap.csv")            a column for each model, a row for each draw
read_tables("leaderboard.csv")              a column for each benchmark
read_tables("leaderboard.csv#mmlu")         one of them
read_tables("leaderboard-text.json#full")   one part of a file
read_tables("ratings.json")                 what `julja arena rate --json` prints
read_tables("judgments.jsonl")              a row for each model and prompt
read_tables("battles.jsonl")                a row for each battle, in any format that can be rated
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from julja.audit.scores.battles import battle_table, from_ratings, is_battles
from julja.audit.scores.columns import (
    MODEL_COLUMNS,
    SCORE_COLUMNS,
    name_column,
    number,
    number_columns,
    uncertainty,
)
from julja.audit.scores.prompts import is_long, read_prompts
from julja.audit.scores.ragged import read_ragged
from julja.audit.scores.table import UNKNOWN_UNIT, ScoreTable
from julja.data.files import read_rows
from julja.errors import DataError, MissingDataError, did_you_mean
from julja.stats.intervals import Floats
from julja.types import Json, Row

DRAWS = ("results", "bootstrap", "bootstraps", "draws")
# A csv without a column of names is one of draws when it has at least so many rows.
_FEWEST_DRAWS = 10


def read_tables(
    place: str, *, unit: str = UNKNOWN_UNIT, cluster: str | None = None, seed: int = 0
) -> list[ScoreTable]:
    """All tables of scores of a file, or the one that `FILE#PART` names.

    `unit` is what was resampled where the file has bootstrap values or intervals: files don't say.
    `cluster` names the column of the prompt in a file with a row for each model and prompt. Raises
    DataError for a file that is none of these.
    """
    path, part = split_part(place)
    content, remark = read_content(path)
    stem = _stem(path)
    if isinstance(content, Mapping):
        found = _of_object(content, stem, part, unit)
    elif isinstance(content, list) and content and all(isinstance(r, Mapping) for r in content):
        found = _of_rows(content, path, stem, part, unit, cluster, seed)
    else:
        raise _unknown(path)
    if not found:
        raise _unknown(path)
    if remark:
        found = [replace(table, remarks=(remark, *table.remarks)) for table in found]
    return found


def read_content(path: str) -> tuple[Json, str]:
    """A file's content, and a remark where rows of it are short."""
    try:
        return read_rows(path), ""
    except MissingDataError:
        raise
    except DataError:
        ragged = read_ragged(path)
        if ragged is None:
            raise
        return ragged


def split_part(place: str) -> tuple[str, str | None]:
    """A place as (path, part): what follows the last # names a part, unless a file is so called."""
    path, mark, part = place.rpartition("#")
    if not mark or Path(place).is_file():
        return place, None
    return path, part


def _of_rows(
    rows: Sequence[Row],
    path: str,
    stem: str,
    part: str | None,
    unit: str,
    cluster: str | None,
    seed: int,
) -> list[ScoreTable]:
    if is_battles(rows):
        return [battle_table(path, stem, cluster=cluster, seed=seed)]
    key = name_column(rows)
    if key is None:
        return [_of_draws(rows, path, stem, unit)]
    if is_long(rows, key):
        return [read_prompts(rows, path, stem, key, score=part, item=cluster, seed=seed)]
    named: dict[str, Row] = {}
    for row in rows:
        model = str(row.get(key) or "")
        if model:
            named[model] = row
    return _of_named(named, path, stem, part, unit)


def _of_named(
    named: Mapping[str, Row], path: str, stem: str, part: str | None, unit: str
) -> list[ScoreTable]:
    """Tables of rows by model: of one score column, or of every column that could be one."""
    columns = number_columns(list(named.values()))
    if part is not None:
        if part not in columns:
            hint = did_you_mean(part, columns) or f"It has {', '.join(columns) or 'none'}."
            raise DataError(f"{path}: there is no column of numbers {part!r}.", hint=hint)
        return [_column(named, part, f"{stem}#{part}", unit)]
    main = next((name for name in SCORE_COLUMNS if name in columns), None)
    if main is not None:
        return [_column(named, main, stem, unit)]
    return [_column(named, name, f"{stem}#{name}", unit) for name in columns]


def _column(named: Mapping[str, Row], column: str, name: str, unit: str) -> ScoreTable:
    found = {model: number(row.get(column)) for model, row in named.items()}
    scores = {model: value for model, value in found.items() if not math.isnan(value)}
    sure = uncertainty(named, column)
    draws = {}
    for model in scores:
        values = next((named[model][key] for key in DRAWS if key in named[model]), None)
        if isinstance(values, list) and values:
            draws[model] = _draws(values, name, model)
    remarks = []
    if len(scores) < len(named):
        missing = [model for model in named if model not in scores]
        remarks.append(f"{name}: {len(missing)} models have no score: {_list(missing)}")
    return ScoreTable.of(
        name,
        scores,
        lower=sure.lower,
        upper=sure.upper,
        stderr=sure.stderr,
        draws=draws,
        level=sure.level,
        unit=unit,
        remarks=remarks,
    )


def _of_draws(rows: Sequence[Row], path: str, stem: str, unit: str) -> ScoreTable:
    """One column for each model, one row for each resample of all of them."""
    models = list(rows[0])
    if len(rows) < _FEWEST_DRAWS or len(models) < 2:
        raise DataError(
            f"{path}: no column holds the models' names.",
            hint=f"Name one of its columns {', '.join(MODEL_COLUMNS[:3])} or give draws by model.",
        )
    table = np.array([[number(row.get(model)) for model in models] for row in rows])
    bad = [model for model, column in zip(models, table.T, strict=True) if np.isnan(column).any()]
    if bad:
        raise DataError(f"{path}: the draws of {_list(bad)} are not all numbers.")
    return ScoreTable.of(
        stem,
        dict(zip(models, np.median(table, axis=0).tolist(), strict=True)),
        draws=dict(zip(models, table.T, strict=True)),
        unit=unit,
        paired=True,
        remarks=[f"{stem}: scores are the medians of {len(rows)} draws"],
    )


def _of_object(
    content: Mapping[str, Json], stem: str, part: str | None, unit: str
) -> list[ScoreTable]:
    if isinstance(content.get("ratings"), list):
        return [from_ratings(content, stem)]
    results = content.get("results")
    if isinstance(results, list) and "model" in content:
        return run_tables(content)
    values = list(content.values())
    if values and all(isinstance(value, int | float) for value in values):
        return [ScoreTable.of(stem, {k: float(v) for k, v in content.items()}, unit=unit)]
    if values and all(isinstance(value, list) for value in values):
        return _lists(content, stem, part, unit)
    if values and all(isinstance(value, Mapping) for value in values):
        inner = [item for value in values for item in value.values()]
        if inner and all(isinstance(item, Mapping) for item in inner):
            return _parts(content, stem, part, unit)
        return _of_named(content, stem, stem, part, unit)
    rows = [value for value in values if isinstance(value, list) and value]
    if len(rows) == 1 and all(isinstance(row, Mapping) for row in rows[0]):
        return _of_rows(rows[0], stem, stem, part, unit, None, 0)
    return []


def run_tables(result: Mapping[str, Json]) -> list[ScoreTable]:
    """One table of one model for each task of a result object of julja (its primary metric).

    Its name says form, shots and version, without which two results don't compare.
    """
    found = []
    for task in result["results"]:
        metric = next(iter(task["metrics"].values()), None)
        if metric is None or metric["value"] is None:
            continue
        model, ci = str(result["model"]), metric["ci"] or (None, None)
        found.append(
            ScoreTable.of(
                _task_name(task),
                {model: metric["value"]},
                lower={model: ci[0]} if ci[0] is not None else None,
                upper={model: ci[1]} if ci[1] is not None else None,
                stderr={model: metric["stderr"]} if metric["stderr"] is not None else None,
                level=0.95,
                unit="cluster" if metric.get("method") == "clustered" else "sample",
            )
        )
    return found


def _task_name(task: Mapping[str, Json]) -> str:
    shots = task.get("shots")
    how = [task.get("form"), None if shots is None else f"{shots} shots"]
    about = ", ".join(str(item) for item in how if item)
    version = f" v{task['version']}" if task.get("version") else ""
    return f"{task['task']}{version}" + (f" ({about})" if about else "")


def _lists(content: Mapping[str, Json], stem: str, part: str | None, unit: str) -> list[ScoreTable]:
    """{model: [draws]}, or {part: [rows]}."""
    if all(isinstance(item, Mapping) for value in content.values() for item in value):
        if part is not None or len(content) == 1:
            rows = content[_chosen(content, part, stem)]
            return _of_rows(rows, stem, stem, None, unit, None, 0)
        return [
            table
            for name, rows in content.items()
            for table in _of_rows(rows, stem, f"{stem}#{name}", None, unit, None, 0)
        ]
    draws = {model: _draws(values, stem, model) for model, values in content.items()}
    scores = {model: float(np.median(values)) for model, values in draws.items()}
    return [ScoreTable.of(stem, scores, draws=draws, unit=unit)]


def _parts(content: Mapping[str, Json], stem: str, part: str | None, unit: str) -> list[ScoreTable]:
    """{part: {model: {rating, …}}}: a leaderboard with categories."""
    chosen = [_chosen(content, part, stem)] if part is not None else list(content)
    return [
        table
        for name in chosen
        for table in _of_named(content[name], stem, f"{stem}#{name}", None, unit)
    ]


def _chosen(content: Mapping[str, Json], part: str | None, stem: str) -> str:
    name = part if part is not None else next(iter(content))
    if name not in content:
        hint = did_you_mean(name, content) or f"It has {_list(list(content))}."
        raise DataError(f"{stem}: there is no part {name!r}.", hint=hint)
    return name


def _draws(values: Sequence[Json], name: str, model: str) -> Floats:
    found = np.array([number(value) for value in values])
    if not len(found) or np.isnan(found).any():
        raise DataError(f"{name}: the bootstrap values of {model} are not all numbers.")
    return found


def _stem(path: str) -> str:
    name = Path(path.partition(".zip!")[2] or path).name
    return name.removesuffix(".gz").rpartition(".")[0] or name


def _list(names: Sequence[str], most: int = 8) -> str:
    shown = ", ".join(names[:most])
    return f"{shown} and {len(names) - most} more" if len(names) > most else shown


def _unknown(path: str) -> DataError:
    return DataError(
        f"{path}: no table of scores was found in it.",
        hint="It should have rows with a model and a score, a column for each model's draws, or "
        "ratings of `julja arena rate --json`.",
    )

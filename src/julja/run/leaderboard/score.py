"""What a leaderboard is ordered by, and who can be told apart by it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias, get_args

import numpy as np

from julja.errors import ConfigError, did_you_mean
from julja.run.leaderboard.means import Mean
from julja.run.leaderboard.sheet import Cell, Column
from julja.run.leaderboard.tied import (
    Standing,
    Units,
    by_columns,
    by_errors,
    by_items,
    mean_by_items,
)
from julja.stats.frontier import Shape, mean_win_rate, win_rates
from julja.stats.intervals import Floats

By: TypeAlias = Literal["auto"] | Units
BYS: tuple[str, ...] = ("auto", *get_args(Units))
MEAN, WIN_RATE, COLUMN = "mean", "win_rate", "column"


@dataclass(frozen=True, slots=True)
class BoardOptions:
    """`rank_by` is a column's name, else mean or win_rate; `units` is what ties are found by."""

    rank_by: str = MEAN
    units: By = "auto"
    shape: Shape = "staircase"
    alpha: float = 0.05
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Score:
    """What models are ordered by: a column, the mean, or win rates.

    `models` are those that it compares, best first.
    """

    by: str
    name: str
    models: tuple[str, ...]
    values: Mapping[str, float]
    columns: tuple[Column, ...]
    standing: Standing | None
    higher_is_better: bool = True


def one_scale(columns: Sequence[Column]) -> tuple[Column, ...]:
    """Leave out of the mean what is on another scale than most columns are."""
    free = [column for column in columns if not column.why_not]
    if len(free) < 2:
        return tuple(columns)
    highs = Counter(1.0 if c.normalised else c.high for c in free)
    high = highs.most_common(1)[0][0]
    found = []
    for column in columns:
        own = 1.0 if column.normalised else column.high
        if not column.why_not and (own != high or own is None):
            why = "its scale is not known" if own is None else f"its best score is {own:g}"
            column = replace(column, why_not=why)
        found.append(column)
    return tuple(found)


@dataclass(frozen=True, slots=True)
class WinRates:
    """By model: the mean win rate and over how many columns; by column: each model's win rate."""

    mean: Mapping[str, float]
    columns: Mapping[str, int]
    each: Mapping[str, Mapping[str, float]]

    @classmethod
    def of(cls, columns: Sequence[Column], models: Sequence[str]) -> "WinRates":
        """The win rates of some models, over all columns."""
        table = _table(columns, models)
        higher = np.array([column.higher_is_better for column in columns])
        rates, counts = mean_win_rate(table, higher)
        each = win_rates(table, higher).T.tolist()
        return cls(
            dict(zip(models, rates.tolist(), strict=True)),
            dict(zip(models, counts.tolist(), strict=True)),
            {c.name: dict(zip(models, v, strict=True)) for c, v in zip(columns, each, strict=True)},
        )


def _table(columns: Sequence[Column], models: Sequence[str]) -> Floats:
    """Scores (m, k), NaN where a model has none."""
    found = np.full((len(models), len(columns)), np.nan)
    for at, column in enumerate(columns):
        for line, model in enumerate(models):
            cell = column.cells.get(model)
            if cell is not None and cell.value is not None:
                found[line, at] = cell.value
    return found


def column_standing(column: Column, options: BoardOptions) -> Standing | None:
    """Who is told apart in one column: by its items, else by its errors."""
    known = {m: c.value for m, c in column.cells.items() if c.value is not None}
    if len(known) < 2:
        return None
    if options.units in ("auto", "items"):
        found = by_items(column, alpha=options.alpha, seed=options.seed)
        if found is not None or options.units == "items":
            return found
    if options.units == "columns":
        return None
    sign = 1.0 if column.higher_is_better else -1.0
    errors = [_stderr(column.cells[model]) for model in known]
    values = sign * np.array(list(known.values()), dtype=float)
    return by_errors(tuple(known), values, np.array(errors), alpha=options.alpha, seed=options.seed)


def _stderr(cell: Cell) -> float:
    """A cell's standard error, from its interval where only that is known."""
    if cell.stderr is not None and cell.stderr > 0:
        return cell.stderr
    low, high = cell.ci or (None, None)
    if low is None or high is None:
        return float("nan")
    return (high - low) / (2 * 1.96)


def make_score(
    columns: Sequence[Column],
    means: Mapping[str, Mean],
    rates: WinRates,
    own: Mapping[str, Standing | None],
    weights: Mapping[str, float],
    options: BoardOptions,
) -> Score:
    """What `options.rank_by` says, with the ties in it.

    A mean of one column is that column; where no column may enter a mean, the win rate stands in.
    """
    inside = tuple(column for column in columns if not column.why_not)
    named = {column.name: column for column in columns}
    by = options.rank_by
    if by == MEAN and by not in named:
        only = inside if len(inside) == 1 else columns if len(columns) == 1 else ()
        by = only[0].name if only else MEAN if inside else WIN_RATE
    if by in named:
        return _by_column(named[by], own[by])
    if by not in (MEAN, WIN_RATE):
        names = ", ".join(list(named)[:12])
        hint = did_you_mean(by, [MEAN, WIN_RATE, *named]) or f"There is {names}."
        raise ConfigError(f"--rank-by {by}: there is no such column.", hint=hint)
    if by == WIN_RATE:
        return _by_win_rate(columns, rates, options)
    return _by_mean(inside, means, weights, options)


def _by_column(column: Column, standing: Standing | None) -> Score:
    values = {m: c.value for m, c in column.cells.items() if c.value is not None}
    sign = 1 if column.higher_is_better else -1
    best = best_first({model: sign * value for model, value in values.items()})
    name, higher = column.name, column.higher_is_better
    return Score(COLUMN, name, best, values, (column,), standing, higher)


def _by_win_rate(columns: Sequence[Column], rates: WinRates, options: BoardOptions) -> Score:
    """Win rates move with who else is there, so ties in them are by columns, as HELM's are."""
    whole = [model for model, count in rates.columns.items() if count == len(columns)]
    standing = None
    if options.units in ("auto", "columns"):
        standing = by_columns(
            whole,
            _table(columns, whole),
            [1.0] * len(columns),
            alpha=options.alpha,
            seed=options.seed,
            win_rate=True,
            higher=[column.higher_is_better for column in columns],
        )
    values = {model: rates.mean[model] for model in whole}
    name = f"mean win rate over {len(columns)} columns"
    return Score(WIN_RATE, name, best_first(values), values, tuple(columns), standing)


def _by_mean(
    columns: tuple[Column, ...],
    means: Mapping[str, Mean],
    weights: Mapping[str, float],
    options: BoardOptions,
) -> Score:
    values = {m: x.value for m, x in means.items() if x.complete and x.value is not None}
    groups = {column.group for column in columns if column.group}
    name = f"mean of {len(columns)} columns"
    if 1 < len(groups) < len(columns):
        name = f"mean of {len(groups)} groups of {len(columns)} columns"
    standing = _mean_standing(columns, weights, values, means, options)
    return Score(MEAN, name, best_first(values), values, columns, standing)


def best_first(values: Mapping[str, float]) -> tuple[str, ...]:
    """Models by their values, highest first."""
    return tuple(sorted(values, key=lambda model: -values[model]))


def _mean_standing(
    columns: Sequence[Column],
    weights: Mapping[str, float],
    values: Mapping[str, float],
    means: Mapping[str, Mean],
    options: BoardOptions,
) -> Standing | None:
    """By items, else by errors, else by columns: the first that is there, or the one asked for."""
    models = tuple(values)
    shares = [weights[column.name] for column in columns]
    found = None
    if options.units in ("auto", "items") and len(models) > 1:
        found = mean_by_items(columns, shares, models, alpha=options.alpha, seed=options.seed)
    if found is None and options.units in ("auto", "errors"):
        errors = np.array([_or_nan(means[model].stderr) for model in models])
        score = np.array([values[model] for model in models])
        found = by_errors(models, score, errors, alpha=options.alpha, seed=options.seed)
    if found is None and options.units in ("auto", "columns"):
        table = _table(columns, models)
        found = by_columns(models, table, shares, alpha=options.alpha, seed=options.seed)
    return found


def _or_nan(value: float | None) -> float:
    return float("nan") if value is None else value


def no_standing(score: Score, options: BoardOptions) -> str:
    """Why nothing is known of ties."""
    if len(score.models) < 2:
        return "fewer than two models can be compared"
    if options.units != "auto":
        return f"not known: there are no {options.units} to find ties by"
    return (
        "not known: there are neither item scores nor errors, and too few columns; the order is"
        " that of the numbers alone"
    )

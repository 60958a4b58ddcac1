"""A sheet as a leaderboard: means, win rates, ties, ranks, cost and its frontier, as one object."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from itertools import pairwise

import numpy as np

from julja.run.leaderboard.means import Mean, column_weights, mean_of
from julja.run.leaderboard.score import (
    BoardOptions,
    Score,
    WinRates,
    best_first,
    column_standing,
    make_score,
    no_standing,
    one_scale,
)
from julja.run.leaderboard.sheet import AMOUNTS, NOTHING_SPENT, Column, Sheet, Spent
from julja.run.leaderboard.tied import Standing
from julja.stats.frontier import frontier, frontier_chance
from julja.types import Json


def board(sheet: Sheet, options: BoardOptions) -> dict[str, Json]:
    """The object of `julja leaderboard --json`."""
    sheet = replace(sheet, columns=one_scale(sheet.columns))
    weights = column_weights(sheet)
    inside = tuple(c for c in sheet.columns if not c.why_not)
    means = {model: mean_of(model, inside, weights) for model in sheet.models}
    rates = WinRates.of(sheet.columns, sheet.models)
    own = {c.name: column_standing(c, options) for c in sheet.columns}
    score = make_score(sheet.columns, means, rates, own, weights, options)
    notes = _Notes()
    spent = {model: _spent(sheet, score.columns, model) for model in sheet.models}
    edge = _frontier(score, spent, options)
    rows: list[dict[str, Json]] = [
        {
            "model": model,
            **_ranks(score, model),
            "mean": means[model].to_json(),
            "win_rate": _win_rate(rates, model, len(sheet.columns)),
            "spent": asdict(spent[model]),
            **edge[model],
            "notes": notes.numbers(_model_notes(means[model], spent[model])),
            "cells": {
                c.name: _cell(c, model, own[c.name], rates.each[c.name].get(model), notes)
                for c in sheet.columns
            },
        }
        for model in _order(sheet, score, means)
    ]
    standing = score.standing
    return {
        "source": sheet.source,
        "suite": sheet.suite or None,
        "score": {
            "by": score.by,
            "name": score.name,
            "columns": [column.name for column in score.columns],
            "higher_is_better": score.higher_is_better,
            "models": len(score.models),
        },
        "ties": {
            "units": standing.units if standing else None,
            "how": standing.how if standing else no_standing(score, options),
            "alpha": options.alpha,
            "exact": standing.exact if standing else None,
            "n": standing.n if standing else 0,
            "groups": [[standing.models[i] for i in group] for group in standing.groups]
            if standing
            else [],
            **_adjacent(score),
        },
        "frontier": {
            "shape": options.shape,
            "models": [row["model"] for row in rows if row["on_frontier"]],
        },
        "columns": [_column(c, own[c.name], weights.get(c.name)) for c in sheet.columns],
        "models": rows,
        "notes": notes.texts,
        "left_out": [{"why": why, "names": list(names)} for why, names in sheet.left_out.items()],
        "remarks": list(sheet.remarks),
    }


def _adjacent(score: Score) -> dict[str, Json]:
    """Of the neighbours in the order, how many are not told apart; and of all pairs."""
    standing = score.standing
    if standing is None:
        return {"adjacent_tied": None, "adjacent": None, "pairs_tied": None, "pairs": None}
    order = [model for model in score.models if model in standing.models]
    tied = sum(not standing.separated(a, b) for a, b in pairwise(order))
    m = len(standing.models)
    pairs = m * (m - 1) // 2
    apart = int((standing.order > 0).sum())
    return {
        "adjacent_tied": tied,
        "adjacent": max(len(order) - 1, 0),
        "pairs_tied": pairs - apart,
        "pairs": pairs,
    }


def _spent(sheet: Sheet, columns: Sequence[Column], model: str) -> Spent:
    """What the columns of the score cost this model; None where one of them doesn't say."""
    stated = sheet.spent.get(model)
    if stated is not None:
        return stated
    cells = [column.cells[model] for column in columns if model in column.cells]
    if not cells:
        return Spent()
    total = NOTHING_SPENT
    for cell in cells:
        total = total.plus(cell.spent)
    return total


def _frontier(
    score: Score, spent: Mapping[str, Spent], options: BoardOptions
) -> dict[str, dict[str, Json]]:
    """Whether each model is on the frontier of score against dollars, and with which chance."""
    sign = 1.0 if score.higher_is_better else -1.0
    known = [m for m in score.models if spent[m].cost_usd is not None]
    none: dict[str, Json] = {"on_frontier": None, "frontier_chance": None}
    found = {model: dict(none) for model in spent}
    if len(known) < 2:
        return found
    cost = np.array([spent[model].cost_usd for model in known], dtype=float)
    values = sign * np.array([score.values[model] for model in known])
    on = frontier(cost, values, options.shape)
    chance = np.full(len(known), np.nan)
    standing = score.standing
    if standing is not None and set(known) <= set(standing.models):
        places = [standing.models.index(model) for model in known]
        chance = frontier_chance(cost, standing.draws[:, places], options.shape)
    for model, here, likely in zip(known, on.tolist(), chance.tolist(), strict=True):
        found[model] = {"on_frontier": here, "frontier_chance": _plain(likely)}
    return found


def _order(sheet: Sheet, score: Score, means: Mapping[str, Mean]) -> list[str]:
    """The compared models best first; then those with a part of the columns; then the rest."""
    rest = [model for model in sheet.models if model not in score.models]
    partial = {m: v for m in rest if (v := means[m].value) is not None}
    return [*score.models, *best_first(partial), *(model for model in rest if model not in partial)]


def _ranks(score: Score, model: str) -> dict[str, Json]:
    standing = score.standing
    ranked: dict[str, Json]
    if standing is None or model not in standing.models:
        ranked = {"ranks": None, "likely_ranks": None, "letters": None}
    else:
        place = standing.models.index(model)
        ranked = {
            "ranks": list(standing.ranks[place]),
            "likely_ranks": list(standing.likely[place]),
            "letters": standing.letters[place],
        }
    return {"compared": model in score.models, "score": score.values.get(model), **ranked}


def _win_rate(rates: WinRates, model: str, columns: int) -> dict[str, Json]:
    count = rates.columns[model]
    return {"value": _plain(rates.mean[model]), "columns": count, "complete": count == columns}


class _Notes:
    """Footnotes, each text once, numbered from 1."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def numbers(self, texts: Sequence[str]) -> list[int]:
        """The numbers of some texts, which are kept."""
        self.texts += [text for text in dict.fromkeys(texts) if text not in self.texts]
        return [self.texts.index(text) + 1 for text in texts]


def _model_notes(mean: Mean, spent: Spent) -> list[str]:
    notes = []
    if not mean.complete and mean.value is not None:
        notes.append(
            f"mean of {mean.columns} of {mean.of} columns: another number than the others' means,"
            " and not compared with them"
        )
    if spent.scaled:
        notes.append("some answers came from the cache: dollars are scaled up to all requests")
    if spent.wh is not None and spent.energy:
        notes.append(f"Wh and CO₂ {spent.energy}")
    return notes


def _cell(
    column: Column, model: str, standing: Standing | None, rate: float | None, notes: _Notes
) -> Json:
    cell = column.cells.get(model)
    if cell is None:
        return None
    letter = None
    if standing is not None and model in standing.models:
        letter = standing.letters[standing.models.index(model)]
    return {
        "value": cell.value,
        "stderr": cell.stderr,
        "ci": list(cell.ci) if cell.ci else None,
        "n": cell.n,
        "state": cell.state,
        "run": cell.run,
        "protocol": (cell.protocol or column.protocol).words(),
        "letters": letter,
        "win_rate": _plain(rate),
        "spent": {name: getattr(cell.spent, name) for name in AMOUNTS},
        "notes": notes.numbers(cell.marks),
    }


def _column(column: Column, standing: Standing | None, weight: float | None) -> dict[str, Json]:
    return {
        "name": column.name,
        "task": column.task,
        "metric": column.metric,
        "protocol": asdict(column.protocol),
        "protocol_words": column.protocol.words(),
        "higher_is_better": column.higher_is_better,
        "group": column.group,
        "weight": weight,
        "floor": column.floor,
        "high": column.high,
        "normalised": column.normalised,
        "not_in_mean": column.why_not or None,
        "models": len(column.cells),
        "ties": {
            "units": standing.units if standing else None,
            "how": standing.how if standing else column.no_items or "not known",
            "why_not_items": column.no_items or None,
        },
    }


def _plain(value: float | None) -> float | None:
    return None if value is None or not np.isfinite(value) else float(value)

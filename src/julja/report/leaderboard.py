"""A leaderboard as one HTML file: the table, forest plot, intervals of ranks, score against cost.

All of it can be read without a script, which only sorts and filters. The numbers are those of the
csv and JSON files that lie beside it.
"""

import time
from collections.abc import Mapping, Sequence
from typing import Any

from julja.report import charts
from julja.report.board import (
    amount,
    cell_text,
    has_intervals,
    known_amounts,
    ranks,
    scale,
    score_ci,
    score_scale,
    score_text,
    shown,
    span,
    summary,
)
from julja.report.page import render, visible

Board = Mapping[str, Any]
Row = Mapping[str, Any]


def render_board(
    board: Board,
    *,
    csv_name: str = "",
    json_name: str = "",
    title: str = "",
    generated: str | None = None,
) -> str:
    """The page of a leaderboard; the names are of the twins beside it, for its links."""
    columns = board["columns"] if len(board["columns"]) > 1 else []
    letters = sorted({row["letters"] for row in board["models"] if row["letters"]})
    return render(
        "leaderboard.html",
        styles=("run.css", "charts.css", "leaderboard.css"),
        script="leaderboard.js",
        title=visible(title or _title(board)),
        generated=generated or time.strftime("%Y-%m-%d %H:%M"),
        board=board,
        lead=summary(board)[: 2 if board["ties"]["adjacent"] else 1],
        remarks=[visible(text) for text in _remarks(board)],
        notes=[visible(text) for text in board["notes"]],
        columns=columns,
        amounts=known_amounts(board),
        rows=[_row(board, row, columns) for row in board["models"]],
        letters=letters,
        intervals=has_intervals(board),
        forest=_forest(board),
        spans=_rank_rows(board),
        cost=_cost(board),
        cells=_origins(board),
        csv_name=csv_name,
        json_name=json_name,
    )


def _title(board: Board) -> str:
    if board["suite"]:
        return f"Leaderboard · {board['suite']}"
    names = [column["name"] for column in board["columns"]]
    return f"Leaderboard · {names[0] if len(names) == 1 else f'{len(names)} columns'}"


def _remarks(board: Board) -> list[str]:
    """The lines under the table that are no footnotes and don't stand above it."""
    lines = summary(board)
    return lines[2 if board["ties"]["adjacent"] else 1 : len(lines) - len(board["notes"])]


def _row(board: Board, row: Row, columns: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What the table shows of one model, each number with its value for sorting."""
    value = row["score"]
    if value is None and board["score"]["by"] == "mean":
        value = row["mean"]["value"]
    rate = row["win_rate"]
    return {
        "model": visible(row["model"]),
        "ranks": ranks(row["ranks"]),
        "first": row["ranks"][0] if row["ranks"] else None,
        "letters": row["letters"] or "–",
        "compared": row["compared"],
        "on": bool(row["on_frontier"]),
        "score": visible(score_text(board, row)),
        "value": value,
        "ci": span(score_ci(board, row), score_scale(board)),
        "notes": row["notes"],
        "rate": shown(rate["value"], 1) if rate["complete"] else f"({shown(rate['value'], 1)})",
        "rate_value": rate["value"],
        "cells": [_cell(row["cells"][column["name"]], column) for column in columns],
        "spent": [
            (amount(name, row["spent"][name]), row["spent"][name])
            for name, _ in known_amounts(board)
        ],
    }


def _cell(cell: Mapping[str, Any] | None, column: Mapping[str, Any]) -> dict[str, Any]:
    if cell is None:
        return {"text": "–", "value": None, "ci": "", "notes": [], "letters": "", "missing": True}
    return {
        "text": cell_text({**cell, "notes": []}, column),
        "value": cell["value"],
        "ci": span(cell["ci"], scale(column)),
        "notes": cell["notes"],
        "letters": cell["letters"] or "",
        "missing": cell["value"] is None,
    }


def _forest(board: Board) -> dict[str, Any] | None:
    """The score of each model with its interval; None where there are no scores."""
    rows = [row for row in board["models"] if row["score"] is not None]
    if not rows:
        return None
    high = score_scale(board)
    ends = [end for row in rows for end in score_ci(board, row) or () if end is not None]
    axis = charts.linear([row["score"] for row in rows] + ends)
    return {
        "ruler": charts.ruler(axis),
        "rows": [
            {
                "model": visible(row["model"]),
                "text": f"{shown(row['score'], high)} {span(score_ci(board, row), high)}",
                "letters": row["letters"] or "",
                "track": charts.track(
                    axis,
                    value=row["score"],
                    ci=score_ci(board, row),
                    label=f"{shown(row['score'], high)} {span(score_ci(board, row), high)}",
                ),
            }
            for row in rows
        ],
    }


def _rank_rows(board: Board) -> dict[str, Any] | None:
    """Intervals of ranks; None where nothing is known of them."""
    rows = [row for row in board["models"] if row["ranks"]]
    if len(rows) < 2:
        return None
    axis = charts.linear([1.0, float(len(rows))], whole=True, ticks=6)
    return {
        "ruler": charts.ruler(axis),
        "rows": [
            {
                "model": visible(row["model"]),
                "text": ranks(row["ranks"]),
                "likely": ranks(row["likely_ranks"]),
                "track": charts.track(
                    axis,
                    ci=_wide(row["likely_ranks"]),
                    outer=_wide(row["ranks"]),
                    label=f"ranks {ranks(row['ranks'])}, likely {ranks(row['likely_ranks'])}",
                ),
            }
            for row in rows
        ],
    }


def _wide(pair: Sequence[int]) -> tuple[float, float]:
    """An interval of ranks that can be seen where it is one rank."""
    low, high = pair
    return (low - 0.15, high + 0.15) if low == high else (float(low), float(high))


def _cost(board: Board) -> dict[str, Any] | None:
    """Score against dollars with the frontier; None where fewer than two costs are known."""
    rows = [
        row
        for row in board["models"]
        if row["on_frontier"] is not None and row["spent"]["cost_usd"] is not None
    ]
    if len(rows) < 2:
        return None
    high = score_scale(board)
    costs = [row["spent"]["cost_usd"] for row in rows]
    free = min(costs) <= 0
    x = charts.linear(costs) if free else charts.logarithmic(costs)
    y = charts.linear([row["score"] for row in rows])
    points = [
        charts.Point(
            number,
            row["spent"]["cost_usd"],
            row["score"],
            row["on_frontier"],
            f"{visible(row['model'])}: {shown(row['score'], high)}"
            f" for {amount('cost_usd', row['spent']['cost_usd'])}",
        )
        for number, row in enumerate(rows, start=1)
    ]
    line = sorted((point for point in points if point.on), key=lambda p: (p.x, p.y))
    stairs = board["frontier"]["shape"] == "staircase"
    picture = charts.plot(
        points,
        x,
        y,
        label=f"{board['score']['name']} against dollars, {len(line)} models on the frontier",
        line=line,
        stairs=stairs,
    )
    return {
        "picture": picture,
        "log": not free,
        "legend": [
            {
                "number": number,
                "model": visible(row["model"]),
                "score": shown(row["score"], high),
                "cost": amount("cost_usd", row["spent"]["cost_usd"]),
                "on": row["on_frontier"],
                "chance": "–"
                if row["frontier_chance"] is None
                else f"{100 * row['frontier_chance']:.0f} %",
            }
            for number, row in enumerate(rows, start=1)
        ],
    }


def _origins(board: Board) -> list[dict[str, Any]]:
    """Which run and how many samples each cell is of; empty where no run is known."""
    found = []
    for row in board["models"]:
        for column in board["columns"]:
            cell = row["cells"][column["name"]]
            if cell is not None and (cell["run"] or cell["n"]):
                found.append(
                    {
                        "model": visible(row["model"]),
                        "column": visible(column["name"]),
                        "run": cell["run"] or "–",
                        "n": "–" if cell["n"] is None else f"{cell['n']:,}",
                        "protocol": visible(cell["protocol"]),
                    }
                )
    return found

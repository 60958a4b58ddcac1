"""A leaderboard's object as text: for a terminal, and as rows for a csv file."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from julja.report.comparison import printable
from julja.report.console import as_text, show

Board = Mapping[str, Any]
_SUPERSCRIPTS = str.maketrans("0123456789,", "⁰¹²³⁴⁵⁶⁷⁸⁹˒")
SPENT = (
    ("cost_usd", "cost"),
    ("input_tokens", "tokens in"),
    ("output_tokens", "tokens out"),
    ("seconds", "seconds"),
    ("wh", "Wh"),
    ("co2_g", "g CO₂"),
)
# Places of the table's columns, and the least room for a name.
_MODEL, _SCORE = 1, 3
_NAME = 16
# Plain text has room for every column.
_WIDE = 20_000
# Spreadsheets take a text that begins so for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def shown(value: float | None, high: float | None) -> str:
    """A score as its scale asks for it: shares to three places, percentages to two."""
    if value is None:
        return "–"
    if high == 1:
        return f"{value:.3f}"
    return f"{value:.2f}" if high is not None or abs(value) >= 100 else f"{value:.4g}"


def span(ends: Sequence[float | None] | None, high: float | None) -> str:
    """An interval in the same digits; an end without limit is infinity."""
    if not ends:
        return ""
    low = "-∞" if ends[0] is None else shown(ends[0], high)
    top = "∞" if ends[1] is None else shown(ends[1], high)
    return f"[{low}, {top}]"


def scale(column: Mapping[str, Any]) -> float | None:
    """The best score of a column as it is shown."""
    return 1.0 if column["normalised"] else column["high"]


def mean_scale(board: Board) -> float | None:
    """The scale of the mean: that of the columns in it."""
    inside = [scale(column) for column in board["columns"] if not column["not_in_mean"]]
    return inside[0] if inside else None


def score_column(board: Board) -> Mapping[str, Any] | None:
    """The column that models are ordered by; None where it is a mean or win rates."""
    if board["score"]["by"] != "column":
        return None
    column: Mapping[str, Any] = next(
        column for column in board["columns"] if column["name"] == board["score"]["name"]
    )
    return column


def score_scale(board: Board) -> float | None:
    """The scale of what the models are ordered by."""
    column = score_column(board)
    if column is not None:
        return scale(column)
    return mean_scale(board) if board["score"]["by"] == "mean" else 1.0


def score_ci(board: Board, row: Mapping[str, Any]) -> Sequence[float | None] | None:
    """The interval of the score that a model is ordered by; win rates have none."""
    ci: Sequence[float | None] | None = None
    if board["score"]["by"] == "mean":
        ci = row["mean"]["ci"] if row["compared"] else None
    elif board["score"]["by"] == "column":
        cell = row["cells"][board["score"]["name"]]
        ci = cell["ci"] if cell else None
    return ci


def ranks(pair: Sequence[int] | None) -> str:
    """An interval of ranks: 1, or 1–3."""
    if pair is None:
        return "–"
    return str(pair[0]) if pair[0] == pair[1] else f"{pair[0]}–{pair[1]}"


def amount(name: str, value: float | None) -> str:
    """Dollars, tokens, seconds … for a reader; a dash where it is not known."""
    if value is None:
        return "–"
    if name == "cost_usd":
        return f"${value:.4f}" if value < 1 else f"${value:,.2f}"
    if name.endswith("_tokens"):
        return f"{value:,.0f}"
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def marks(numbers: Sequence[int]) -> str:
    """Footnote marks."""
    return ",".join(map(str, numbers)).translate(_SUPERSCRIPTS) if numbers else ""


def cell_text(cell: Mapping[str, Any] | None, column: Mapping[str, Any]) -> str:
    """A cell: its value with footnote marks, its state where it has none, a dash where missing."""
    if cell is None:
        return "–"
    value = cell["state"] if cell["value"] is None else shown(cell["value"], scale(column))
    return value + marks(cell["notes"])


def score_text(board: Board, row: Mapping[str, Any]) -> str:
    """The score that a model is ordered by; in brackets a mean of fewer columns, without a rank.

    Where the score is a column's and the model has none in it, the cell says why.
    """
    by = board["score"]["by"]
    if row["score"] is not None:
        return shown(row["score"], score_scale(board))
    if by == "mean" and row["mean"]["value"] is not None:
        return f"({shown(row['mean']['value'], mean_scale(board))})"
    column = score_column(board)
    return "–" if column is None else cell_text(row["cells"][column["name"]], column)


def known_amounts(board: Board) -> list[tuple[str, str]]:
    """The kinds of cost that some model has."""
    return [
        (name, title)
        for name, title in SPENT
        if any(row["spent"][name] is not None for row in board["models"])
    ]


def summary(board: Board) -> list[str]:
    """What has to be known to read the table."""
    ties = board["ties"]
    score = board["score"]
    lines = [f"ordered by {score['name']}; ties: {ties['how']}"]
    if ties["adjacent"]:
        lines.append(
            f"{ties['adjacent_tied']} of {ties['adjacent']} neighbours and {ties['pairs_tied']} of"
            f" {ties['pairs']} pairs are not told apart at {100 * (1 - ties['alpha']):g} %;"
            " ranks are the best and worst that all hold at once"
        )
    if ties["exact"] is False:
        lines.append(
            "letters stand for runs of neighbours: models without a common letter are told apart,"
            " some with one may be too"
        )
    outside = [c for c in board["columns"] if c["not_in_mean"]]
    if len(outside) == len(board["columns"]) > 1:
        lines.append("no mean: the columns have no common scale")
    elif outside and len(board["columns"]) > 1:
        said = "; ".join(f"{c['name']}: {c['not_in_mean']}" for c in outside)
        lines.append(f"not in the mean: {said}")
    if board["frontier"]["models"]:
        names = ", ".join(board["frontier"]["models"])
        lines.append(
            f"on the frontier of score against cost ({board['frontier']['shape']}): {names}"
        )
    for item in board["left_out"]:
        names = ", ".join(item["names"][:3])
        more = f" and {len(item['names']) - 3} more" if len(item["names"]) > 3 else ""
        lines.append(f"left out, {item['why']}: {names}{more}")
    lines += board["remarks"]
    lines += [f"{marks([number])} {text}" for number, text in enumerate(board["notes"], start=1)]
    return lines


def has_intervals(board: Board) -> bool:
    """True where the score of some model has an interval."""
    return any(score_ci(board, row) for row in board["models"])


def _heads(board: Board, columns: Sequence[Mapping[str, Any]]) -> list[str]:
    several = len(board["columns"]) > 1
    head = ["ranks", "model", "ties", board["score"]["name"]]
    if has_intervals(board):
        head.append("95 % interval")
    if several and board["score"]["by"] != "win_rate":
        head.append("win rate")
    head += [column["name"] for column in columns]
    return head + [title for _, title in known_amounts(board)]


def _line(board: Board, row: Mapping[str, Any], columns: Sequence[Mapping[str, Any]]) -> list[str]:
    by = board["score"]["by"]
    line = [
        ranks(row["ranks"]),
        row["model"] + marks(row["notes"]),
        row["letters"] or "–",
        score_text(board, row),
    ]
    if has_intervals(board):
        line.append(span(score_ci(board, row), score_scale(board)))
    if len(board["columns"]) > 1 and by != "win_rate":
        rate = shown(row["win_rate"]["value"], 1)
        line.append(rate if row["win_rate"]["complete"] else f"({rate})")
    line += [cell_text(row["cells"][column["name"]], column) for column in columns]
    return line + [amount(name, row["spent"][name]) for name, _ in known_amounts(board)]


def _write(console: Console, board: Board, *, plain: bool) -> None:
    columns = board["columns"] if len(board["columns"]) > 1 else []
    # Names are somebody else's: terminal escapes in them are shown, never obeyed.
    heads = [printable(head) for head in _heads(board, columns)]
    lines = [[printable(cell) for cell in _line(board, row, columns)] for row in board["models"]]
    shown_at = list(range(len(heads)))
    if not plain:
        shown_at = _fitting(heads, lines, console.width)
    table = Table(box=None if plain else box.SIMPLE_HEAD, pad_edge=not plain, expand=False)
    for at in shown_at:
        left = heads[at] in ("ranks", "model", "ties", "95 % interval")
        table.add_column(
            Text(heads[at]),
            justify="left" if left else "right",
            no_wrap=plain or at != _MODEL,
            overflow="fold",
        )
    for row, line in zip(board["models"], lines, strict=True):
        style = "" if plain or row["compared"] else "dim"
        table.add_row(*(Text(line[at]) for at in shown_at), style=style)
    console.print(table)
    if hidden := len(heads) - len(shown_at):
        what = "column is" if hidden == 1 else "columns are"
        text = f"{hidden} more {what} too wide for here: --html, --csv and --json have them all"
        console.print(Text(text), soft_wrap=True)
    for text in summary(board):
        console.print(Text(printable(text), style="" if plain else "dim"), soft_wrap=True)


def _fitting(heads: Sequence[str], lines: Sequence[Sequence[str]], width: int) -> list[int]:
    """The columns of a table that a terminal has room for: the first ones come first.

    The model's name, the score and its ties are always there; names are folded at need.
    """
    wide = [
        max([cell_len(head), *(cell_len(line[at]) for line in lines)]) + 2
        for at, head in enumerate(heads)
    ]
    wide[_MODEL] = min(wide[_MODEL], max(_NAME, width // 3))
    kept = list(range(_SCORE + 1))
    room = width - 2 - sum(wide[at] for at in kept)
    # A win rate, and what it cost, say less than the columns themselves.
    order = sorted(range(_SCORE + 1, len(heads)), key=lambda at: (heads[at] == "win rate", at))
    for at in order:
        if wide[at] > room:
            continue
        room -= wide[at]
        kept.append(at)
    return sorted(kept)


def board_text(board: Board, width: int = _WIDE) -> str:
    """A leaderboard as plain text."""
    return as_text(partial(_write, board=board), width)


def print_board(board: Board) -> None:
    """Print a leaderboard on stdout, without box and colour where that is no terminal."""
    show(partial(_write, board=board), _WIDE)


def board_rows(board: Board) -> list[list[str | float | int | None]]:
    """Rows for a csv writer, head first; a missing value is an empty cell, never 0."""
    head: list[str | float | int | None] = ["model", "ranks", "likely ranks", "ties"]
    head += ["mean", "mean columns", "mean win rate", "win rate columns"]
    for column in board["columns"]:
        name = column["name"]
        head += [name, f"{name}_lower", f"{name}_upper", f"{name}_stderr", f"{name} run"]
    head += [name for name, _ in SPENT] + ["on frontier", "frontier_chance"]
    rows = [head]
    for row in board["models"]:
        mean, rate = row["mean"], row["win_rate"]
        line: list[str | float | int | None] = [row["model"], ranks(row["ranks"])]
        line += [ranks(row["likely_ranks"]), row["letters"]]
        line += [mean["value"], f"{mean['columns']} of {mean['of']}", rate["value"]]
        line.append(f"{rate['columns']} of {len(board['columns'])}")
        for column in board["columns"]:
            cell = row["cells"][column["name"]]
            if cell is None:
                line += [None] * 5
                continue
            low, high = cell["ci"] or (None, None)
            value = cell["state"] if cell["value"] is None else cell["value"]
            line += [value, low, high, cell["stderr"], cell["run"]]
        line += [row["spent"][name] for name, _ in SPENT]
        line += [{True: "yes", False: "no", None: None}[row["on_frontier"]]]
        line.append(row["frontier_chance"])
        rows.append([_harmless(item) for item in line])
    return rows


def _harmless(item: str | float | int | None) -> str | float | int | None:
    return f"'{item}" if isinstance(item, str) and item.startswith(_FORMULA) else item

"""A table of ratings on a terminal: a rich table there, plain aligned text elsewhere."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from julja.report.console import as_text, show

HEADS = ("rank", "model", "rating", "interval", "ranks", "battles", "won/tied/lost", "win rate", "")
_RIGHT = ("rank", "rating", "battles")


def _number(value: float | None, places: int) -> str:
    return "–" if value is None else f"{value:.{places}f}"


def _interval(ends: Sequence[float | None] | None, places: int) -> str:
    if ends is None:
        return ""
    low, high = ends
    left = "-∞" if low is None else f"{low:.{places}f}"
    right = "∞" if high is None else f"{high:.{places}f}"
    return f"[{left}, {right}]"


def rating_lines(table: Mapping[str, Any]) -> list[list[str]]:
    """The cells of every row, under HEADS."""
    # On a scale of few points (log-odds, base e) whole numbers would hide the differences.
    places = 1 if table["scale"] >= 100 else 3
    lines = []
    for row in table["ratings"]:
        rate = _number(row["win_rate"], 3)
        ranks = row["rank_ci"]
        lines.append(
            [
                str(row["rank"] or "–"),
                row["model"],
                _number(row["rating"], places),
                _interval(row["ci"], places),
                "" if ranks is None else f"{ranks[0]}–{ranks[1]}",
                str(row["battles"]),
                f"{row['wins']}/{row['ties']}/{row['losses']}",
                f"{rate} {_interval(row['win_rate_ci'], 3)}".strip(),
                row["note"],
            ]
        )
    return lines


def _under(table: Mapping[str, Any]) -> list[str]:
    """What has to be known to read the table."""
    interval = table["interval"]
    how = f"{100 * interval['level']:g} % intervals: {interval['method']}"
    if interval["unit"] != "battle":
        how += f" by {interval['unit']} ({interval['units']})"
    drawn = (
        f" ({interval['bootstraps']}, seed {interval['seed']})" if interval["bootstraps"] else ""
    )
    against = table["baseline"] or "the other models"
    lines = [
        f"{how}, of differences to {interval['relative_to']}; ranks: {interval['ranks']}{drawn}",
        f"method {table['method']}, {table['scale']:g} points a factor of {table['base']:g};"
        f" win rate against {against}",
    ]
    parameters = table["parameters"]
    for name, value in parameters.items():
        if name != "style":
            lines.append(f"{name} {value:.4g}")
    for name, row in parameters.get("style", {}).items():
        ends = _interval(row["ci"], 3) or "(frozen)"
        lines.append(f"style {name:8} {row['coefficient']:+.3f} {ends}")
    if place := table["position"]:
        lines.append(
            f"the first of two equal answers wins {place['first_wins']:.3f}"
            f" {_interval(place['ci'], 3)}, from {place['battles']} battles that record the order"
        )
    return lines


def _write(console: Console, table: Mapping[str, Any], title: str, *, plain: bool) -> None:
    if title:
        console.print(Text(title, style="" if plain else "bold"))
    shown = Table(box=None if plain else box.SIMPLE_HEAD, pad_edge=not plain, expand=False)
    lines = rating_lines(table)
    kept = [i for i, head in enumerate(HEADS) if i < 8 or any(line[i] for line in lines)]
    for index in kept:
        shown.add_column(
            HEADS[index], justify="right" if HEADS[index] in _RIGHT else "left", no_wrap=index < 8
        )
    for line in lines:
        shown.add_row(*(Text(line[index]) for index in kept))
    console.print(shown)
    for text in _under(table):
        console.print(Text(text, style="" if plain else "dim"), soft_wrap=True)


def ratings_text(table: Mapping[str, Any], title: str = "", width: int = 200) -> str:
    """A table of ratings as plain text."""
    return as_text(partial(_write, table=table, title=title), width)


def print_ratings(table: Mapping[str, Any], title: str = "") -> None:
    """Print a table of ratings on stdout, without box and colour where that is no terminal."""
    show(partial(_write, table=table, title=title))

"""Comparisons on a terminal: what differs, by how much, and what a verdict would take."""

import math
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from julja.report.console import show
from julja.report.table import interval, number

Json = Mapping[str, Any]
_COLOURS = {"BETTER": "green", "WORSE": "red", "EQUIVALENT": "cyan"}
_SHOWN_PARTS = 6
_ANSWER = 60


def print_comparison(found: Json, *, flips: int) -> None:
    """Print a comparison on stdout: each difference and verdict, what it takes, flipped samples."""
    show(partial(_write, found=found, flips=flips))


def _write(console: Console, found: Json, flips: int, *, plain: bool) -> None:
    labels = {run["run"]: run["label"] for run in found["runs"]}
    for run in found["runs"]:
        console.print(Text(f"{run['label']}  {run['run']}  {printable(run['model'])}"))
    _print_table(console, found["comparisons"], labels, plain=plain)
    if found["suites"]:
        _print_suites(console, found["suites"], labels, plain=plain)
    for made in found["standings"]:
        _print_standing(console, made, labels, plain=plain)
    style = "" if plain else "dim"
    for line in (*_notes(found, labels), *_under(found)):
        console.print(Text(line, style=style), soft_wrap=True)
    for entry in found["comparisons"]:
        for line in _flip_lines(entry, labels, flips, len(found["comparisons"]) > 1):
            console.print(Text(line), soft_wrap=True)


def _table(heads: Sequence[str], right: Sequence[str], *, plain: bool) -> Table:
    table = Table(
        box=None if plain else box.SIMPLE_HEAD,
        pad_edge=False,
        collapse_padding=not plain,
        padding=(0, 2, 0, 0) if plain else (0, 1),
    )
    for head in heads:
        table.add_column(head, justify="right" if head in right else "left", no_wrap=True)
    return table


def _print_table(
    console: Console, entries: Sequence[Json], labels: Mapping[str, str], *, plain: bool
) -> None:
    many = len(labels) > 2
    rows = [_row(entry, labels, many=many) for entry in entries]
    heads = (
        "task",
        "metric",
        "runs" if many else "",
        "n",
        "first" if many else "A",
        "second" if many else "B",
        "difference" if many else "B - A",
        "95 % interval",
        "p",
        "won/lost/tied",
        "MDE",
        "verdict",
    )
    # On a narrow terminal what matters least goes first; --json has it all.
    spare = [] if console.width >= 120 else ["MDE", "metric", "won/lost/tied"]
    spare = spare[: 1 if console.width >= 105 else 2 if console.width >= 95 else 3]
    kept = [i for i, head in enumerate(heads) if head not in ("", *spare)]
    right = ("n", "A", "B", "first", "second", "B - A", "difference", "p", "MDE")
    table = _table([heads[i] for i in kept], right, plain=plain)
    for row in rows:
        style = "" if plain else _COLOURS.get(row[-1], "")
        cells = [Text(row[i]) for i in kept]
        cells[-1].stylize(f"bold {style}".strip() if style else "")
        table.add_row(*cells)
    console.print(table)


def _row(entry: Json, labels: Mapping[str, str], *, many: bool) -> list[str]:
    runs = f"{labels[entry['run_a']]} → {labels[entry['run_b']]}" if many else ""
    head = [printable(entry["task"]), entry["metric"], runs]
    if entry["difference"] is None:
        return [*head, "0", *[""] * 7, entry["verdict"]]
    counted = entry["wins"] + entry["losses"] + entry["ties"]
    return [
        *head,
        str(entry["n"]),
        number(entry["a"]),
        number(entry["b"]),
        f"{entry['difference']:+.4f}",
        interval(entry),
        _p(entry["p_adjusted"]),
        f"{entry['wins']}/{entry['losses']}/{entry['ties']}" if counted else "",
        "" if entry["mde"] is None else f"{entry['mde']:.4f}",
        entry["verdict"],
    ]


def _p(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:.4f}" if value >= 0.0001 else "<0.0001"


def _print_suites(
    console: Console, suites: Sequence[Json], labels: Mapping[str, str], *, plain: bool
) -> None:
    many = len(labels) > 2
    heads = [
        "suite",
        *(["runs"] if many else []),
        "A",
        "B",
        "B - A",
        "95 % interval",
        "p",
        "verdict",
    ]
    if many:
        heads[2:5] = ["first", "second", "difference"]
    table = _table(heads, heads[-6:-3], plain=plain)
    for suite in suites:
        runs = [f"{labels[suite['run_a']]} → {labels[suite['run_b']]}"] if many else []
        gap = suite["difference"]
        cells = [
            printable(suite["suite"]),
            *runs,
            number(suite["a"]),
            number(suite["b"]),
            "" if gap is None else f"{gap:+.4f}",
            interval(suite),
            _p(suite["p_adjusted"]),
            suite["verdict"],
        ]
        table.add_row(*map(Text, cells))
    console.print(table)


def _print_standing(
    console: Console, made: Json, labels: Mapping[str, str], *, plain: bool
) -> None:
    """The runs in order; two that share a letter are not separated."""
    title = f"{printable(made['task'])}: {made['separated']} of {made['pairs']} pairs separated"
    console.print(Text(title, style="" if plain else "bold"))
    table = _table(
        ("run", "model", made["metric"], "group", "rank"), (made["metric"],), plain=plain
    )
    for row in made["runs"]:
        low, high = row["ranks"]
        rank = f"{low}" if low == high else f"{low}–{high}"
        label = labels[row["run"]]
        cells = (label, printable(row["model"]), number(row["mean"]), row["group"], rank)
        table.add_row(*map(Text, cells))
    console.print(table)


def _notes(found: Json, labels: Mapping[str, str]) -> Iterator[str]:
    """What each comparison says beside its row."""
    many = len(labels) > 2
    for entry in found["comparisons"]:
        name = printable(entry["task"])
        if many:
            name += f" {labels[entry['run_a']]} → {labels[entry['run_b']]}"
        # Where there are many, what is not decided would bury what is.
        if entry["verdict"] == "INCONCLUSIVE" and len(found["comparisons"]) <= _SHOWN_PARTS * 2:
            takes = "; ".join(takes_lines(entry))
            yield f"{name}: {entry['reason']}" + (f". {takes}" if takes else "")
        elif entry["verdict"] == "EQUIVALENT":
            yield f"{name}: {entry['reason']}"
        bounds = entry["bounds"]
        if bounds and bounds[0] != bounds[1]:
            yield f"{name}: with all that was lost, between {bounds[0]:+.4f} and {bounds[1]:+.4f}"
        if entry.get("p_unpaired") is not None:
            yield (
                f"{name}: p {_p(entry['p'])} with the samples paired; an unpaired z-test of the"
                f" same scores says {_p(entry['p_unpaired'])}"
            )
        if not many:
            yield from _part_lines(entry)
    for suite in found["suites"]:
        if suite["verdict"] == "INCONCLUSIVE":
            yield f"{printable(suite['suite'])}: {suite['reason']}"


def takes_lines(entry: Json) -> Iterator[str]:
    """What an undecided comparison would take."""
    needs = entry["needs"]
    same = entry["equivalence"]
    if needs:
        yield f"{entry['n']} samples show {needs['detectable']:.4f} with 80 % power"
        if needs["more_samples"]:
            yield (
                f"a true difference of {entry['difference']:+.4f} would take"
                f" {needs['more_samples']} samples more"
            )
        if needs["epochs"]:
            yield f"or {needs['epochs']} epochs of these samples"
        if needs["samples_for_margin"]:
            yield f"EQUIVALENT within {same['margin']:g}: {needs['samples_for_margin']} samples"
    if same["smallest_margin"] is not None:
        yield f"EQUIVALENT by any --margin from {_up(same['smallest_margin'])}"


def _up(value: float) -> str:
    """Rounded up, so that what is printed is enough."""
    return f"{math.ceil(value * 10_000 + 0.01) / 10_000:.4f}"


def _part_lines(entry: Json) -> Iterator[str]:
    """The parts of a task that differ most, by how certain that is."""
    parts = [part for part in entry["subsets"] if part["difference"] is not None]
    if len(parts) < 2:
        return
    order = sorted(parts, key=lambda part: (part["p"] is None, part["p"], -abs(part["difference"])))
    for part in order[:_SHOWN_PARTS]:
        p = f"  p {_p(part['p_holm'])}" if part["p"] is not None else ""
        yield (
            f"  {printable(part['subset'])}  {number(part['a'])} → {number(part['b'])}"
            f"  {part['difference']:+.4f} {interval(part)}{p}  n {part['n']}"
        )
    if len(parts) > _SHOWN_PARTS:
        yield f"  … and {len(parts) - _SHOWN_PARTS} parts more (--json has them all)"


def _under(found: Json) -> Iterator[str]:
    adjust = found["adjust"]
    if adjust["comparisons"] > 1:
        yield f"p is adjusted ({adjust['chosen']}). {adjust['about']} {adjust['alpha']:g}"
    tests = {entry["test"] for entry in found["comparisons"] if entry["difference"] is not None}
    if tests:
        yield f"test: {', '.join(sorted(tests))}"


def _flip_lines(entry: Json, labels: Mapping[str, str], most: int, several: bool) -> Iterator[str]:
    flips = entry["flips"]
    if not flips or most <= 0:
        return
    sign = 1 if entry["higher_is_better"] else -1
    worse = sum(sign * (flip["b"] - flip["a"]) < 0 for flip in flips)
    first, second = labels[entry["run_a"]], labels[entry["run_b"]]
    about = f"{printable(entry['task'])}: " if several else ""
    yield (
        f"{about}{len(flips)} samples differ: {second} is worse on {worse}, better on"
        f" {len(flips) - worse}"
    )
    for flip in flips[:most]:
        place = f"{printable(flip['task'])}/{printable(str(flip['sample']))}"
        yield f"  {place}  {flip['a']:g} → {flip['b']:g}"
        if flip.get("target"):
            yield f"      right: {_short(', '.join(flip['target']))}"
        for name, side in ((first, "answer_a"), (second, "answer_b")):
            if flip.get(side):
                yield f"      {name}: {_said(flip[side])}"
    if len(flips) > most:
        yield f"  … and {len(flips) - most} more (--flips {len(flips)})"


def _said(answer: Json) -> str:
    """What was read in an answer, or its beginning; its state where that isn't the usual one."""
    said = answer["extracted"] if answer["extracted"] is not None else answer["text"]
    state = "" if answer["state"] == "scored" else f" ({answer['state']})"
    return f"{_short(said)}{state}"


def _short(text: str) -> str:
    line = " ".join(str(text).split())
    return printable(line if len(line) <= _ANSWER else line[: _ANSWER - 1] + "…")


def printable(text: str) -> str:
    """A text of somebody else's: terminal escapes and marks of direction shown, never obeyed."""
    return "".join(c if c.isprintable() or c == " " else repr(c)[1:-1] for c in text)

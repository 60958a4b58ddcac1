"""Results on a terminal: a rich table there, plain aligned text elsewhere."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from julja.report import heatmap
from julja.report.console import as_text, reader_console, show
from julja.report.energy import energy_lines

STATES = ("unparsed", "refused", "truncated", "error", "skipped")
MANY_SUBSETS = 12
MANY_TASKS = 3
Result = Mapping[str, Any]


def number(value: float | None) -> str:
    """A value as the tables print it: four digits, or a dash where there is none."""
    return "–" if value is None else f"{value:.4f}"


def headline(part: Mapping[str, Any], metric: Mapping[str, Any], *, complete: bool) -> str:
    """A value, or INCOMPLETE instead where too many samples were lost for one."""
    lost = part["counts"].get("error", 0) + part["counts"].get("skipped", 0)
    return number(metric["value"]) if complete or not lost else "INCOMPLETE"


def interval(metric: Mapping[str, Any]) -> str:
    """The 95 % interval of a metric."""
    ci = metric.get("ci")
    return f"[{_end(ci[0], '-∞', 3)}, {_end(ci[1], '∞', 3)}]" if ci else ""


def bounds(metric: Mapping[str, Any]) -> str:
    """The bounds of a metric, where lost samples make them differ from its value."""
    both = metric.get("bounds")
    if not both or both[0] == both[1]:
        return ""
    return f"{_end(both[0], '-∞', 4)}–{_end(both[1], '∞', 4)}"


def _end(value: float | None, without: str, places: int) -> str:
    """An end of an interval; null is what has no limit."""
    return without if value is None else f"{value:.{places}f}"


def asked(part: Mapping[str, Any]) -> str:
    """How a task was put: its form, and its shots where they are known."""
    known = [part["form"], None if part["shots"] is None else f"{part['shots']} shots"]
    return ", ".join(text for text in known if text)


def states(counts: Mapping[str, int]) -> str:
    """The counts of all states but `scored` that occur."""
    return ", ".join(f"{counts[name]} {name}" for name in STATES if counts.get(name))


def _lines(result: Result) -> list[list[str]]:
    """The rows of a result's table: one for each metric, the task's name on its first."""
    rows: list[list[str]] = []
    for task in result["results"]:
        rows += _task_lines(task, task["task"], result["complete"])
        # Beside many tasks the breakdowns would bury the scores; the report has them all.
        subsets = task["subsets"] if len(result["results"]) <= MANY_TASKS else []
        parts = [part for part in subsets if "field" in part or len(subsets) <= MANY_SUBSETS]
        for part in parts[:40]:
            label = f"  {_part_name(part['task'], task['task'])}"
            rows += _task_lines(part, label, result["complete"], part=True)[:1]
    return rows


def _part_name(part: str, task: str) -> str:
    """A part's name without its task's; its own may have a slash in it (answer_type=yes/no)."""
    return part.removeprefix(f"{task}/") if part.startswith(f"{task}/") else part.partition("/")[2]


def _task_lines(
    task: Mapping[str, Any], label: str, complete: bool, *, part: bool = False
) -> list[list[str]]:
    rows: list[list[str]] = []
    for index, (name, metric) in enumerate(task["metrics"].items()):
        first = index == 0
        value = headline(task, metric, complete=complete)
        about = asked(task) if first and not part else ""
        rows.append(
            [
                label if first else "",
                about,
                name,
                value,
                interval(metric) if value != "INCOMPLETE" else "",
                str(metric["n"]),
                states(task["counts"]) if first else "",
                bounds(metric),
            ]
        )
    if not rows:
        rows.append([label, "", "–", "–", "", "0", states(task["counts"]), ""])
    return rows


def judge_lines(task: Mapping[str, Any]) -> list[str]:
    """What a reader must know of a task's judges, a line for each judge and remark."""
    lines: list[str] = []
    about = f"{task['task']} judged by" if "task" in task else "judged by"
    for judge in task.get("judges", ()):
        parts = [f"{judge['verdicts']} verdicts"]
        if judge["unparsed"]:
            parts.append(f"{judge['unparsed']} unparsed")
        if judge["errors"]:
            parts.append(f"{sum(judge['errors'].values())} errors")
        position = judge["position"]
        if position is not None and position["consistent"] is not None:
            parts.append(f"both orders agree in {position['consistent']:.0%}")
        variance = judge["variance"]
        if variance is not None:
            parts.append(f"own standard deviation {variance['within'] ** 0.5:.2g}")
        lines.append(f"{about} {judge['judge']}: {', '.join(parts)}")
        lines += [f"  {judge['judge']} {remark}" for remark in judge["remarks"]]
    if lines:
        lines.append("  judge-only numbers: `julja judge calibrate` holds a judge against people")
    return lines


HEADS = ("task", "form", "metric", "value", "95 % interval", "n", "not scored", "bounds")


def print_pairs(summary: Mapping[str, Any]) -> None:
    """The win rates of `julja judge pair`, and what its judges did."""
    console, plain = reader_console()
    table = Table(box=None if plain else box.SIMPLE_HEAD, pad_edge=not plain)
    for head in ("A", "B", "win rate of A", "95 % interval", "n"):
        table.add_column(head, justify="right" if head in ("win rate of A", "n") else "left")
    for pair in summary["pairs"]:
        rate = pair["win_rate"]
        row = (pair["model_a"], pair["model_b"], number(rate["value"]), interval(rate), rate["n"])
        table.add_row(*(Text(str(cell)) for cell in row))
    console.print(table)
    for line in judge_lines(summary):
        console.print(Text(line), soft_wrap=True)


def run_table(result: Result, *, plain: bool) -> Table:
    """The table of one result."""
    table = Table(box=None if plain else box.SIMPLE_HEAD, pad_edge=not plain, expand=False)
    rows = _lines(result)
    kept = [i for i in range(len(HEADS)) if any(row[i] for row in rows)]
    for index in kept:
        right = HEADS[index] in ("value", "n")
        table.add_column(HEADS[index], justify="right" if right else "left", no_wrap=index < 6)
    for row in rows:
        main = bool(row[0]) and not row[0].startswith(" ")
        style = "" if plain else ("bold" if main else "dim" if row[0].startswith(" ") else "")
        table.add_row(*(Text(row[index]) for index in kept), style=style)
    return table


def _write_run(console: Console, result: Result, *, plain: bool) -> None:
    console.print(Text(f"{result['model']}   run {result['run']}", style="" if plain else "bold"))
    if not result["complete"]:
        text = "INCOMPLETE: too many samples have no answer for a headline; the bounds hold."
        console.print(Text(text, style="" if plain else "bold red"))
    console.print(run_table(result, plain=plain))
    for task in result["results"]:
        for line in filter(None, task.get("scorer_signature", "").split("; ")):
            console.print(Text(line, style="" if plain else "dim"), soft_wrap=True)
        for line in judge_lines(task):
            console.print(Text(line), soft_wrap=True)
        for remark in task.get("remarks", ()):
            console.print(Text(f"{task['task']}: {remark}"), soft_wrap=True)
        if task.get("grid"):
            console.print(Text(heatmap.caption(task["task"], task["grid"])))
            for row in heatmap.blocks(task["grid"], plain=plain):
                console.print(row, soft_wrap=True)
    for suite in result["suites"]:
        score = suite["score"]
        if not result["complete"]:
            continue
        line = f"{suite['suite']}  {number(score['value'])} {interval(score)}"
        if suite.get("missing"):
            line += f"  no score without {', '.join(suite['missing'])}"
        else:
            line += f"  mean of {len(suite['columns'])} tasks"
        console.print(Text(line, style="" if plain else "bold"))
    for task in result["results"]:
        if task.get("missing"):
            console.print(Text(f"{task['task']}: no data for {len(task['missing'])} subsets"))
    for line in energy_lines(result):
        console.print(Text(line, style="" if plain else "dim"), soft_wrap=True)
    console.print(Text(result["signature"], style="" if plain else "dim"))


def run_text(result: Result, width: int = 140) -> str:
    """A result as plain text."""
    return as_text(partial(_write_run, result=result), width)


def print_run(result: Result) -> None:
    """Print a result on stdout, without box and colour where that is no terminal."""
    show(partial(_write_run, result=result))

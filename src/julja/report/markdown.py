"""A run as Markdown, for a paper, a pull request or a wiki."""

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import islice
from typing import Any

from julja.report import heatmap
from julja.report.page import visible
from julja.report.samples import failed
from julja.report.table import asked, bounds, headline, interval, number, states
from julja.report.vision.section import Pictured, section_rows
from julja.types import Json, Record

FAILURES = 20
LONGEST = 2000


def render_run(
    result: Mapping[str, Any],
    records: Iterable[Record],
    *,
    config: Mapping[str, Json],
    pictured: Callable[[], Pictured] | None = None,
) -> str:
    """Scores, states, configuration and the first failures of a run.

    `pictured` is called when all records have been read, for its tables by class.
    """
    records = iter(records)
    lines = [f"# {_cell(result['model'])}", "", f"Run `{result['run']}`.", ""]
    if not result["complete"]:
        lines += [
            "**INCOMPLETE**: too many samples have no answer for a headline; the bounds hold."
        ]
        lines.append("")
    lines += ["| task | form | metric | value | 95 % interval | n | not scored | bounds |"]
    lines += ["|---|---|---|---|---|---|---|---|"]
    for task in result["results"]:
        for part in (task, *task["subsets"]):
            lines += _rows(part, bool(result["complete"]))
    lines.append("")
    for task in result["results"]:
        if task.get("scorer_signature"):
            lines += [_fenced(task["scorer_signature"].replace("; ", "\n")), ""]
        if task.get("grid"):
            lines += [*_grid(task), ""]
    for suite in result["suites"]:
        score = suite["score"]
        mean = f"{number(score['value'])} {interval(score)}"
        lines += [f"**{_cell(suite['suite'])}** {mean} (mean of {len(suite['columns'])})", ""]
    if config.get("command"):
        lines += ["## Reproduce", "", _fenced(str(config["command"])), ""]
    lines += ["Signature:", "", _fenced(result["signature"]), "", "## Configuration", ""]
    lines += [f"- {key}: {_cell(value)}" for key, value in config.items() if key != "command"]
    wrong = list(islice((record for record in records if failed(record)), FAILURES))
    if wrong:
        lines += ["", f"## Failures (the first {len(wrong)})"]
        for record in wrong:
            lines += _failure(record)
    if pictured is not None:
        deque(records, maxlen=0)
        for title, head, rows in section_rows(pictured()):
            lines += ["", f"## {_cell(title)}", "", *_table(head, rows)]
    return "\n".join(lines) + "\n"


def _rows(part: Mapping[str, Any], complete: bool) -> list[str]:
    found: list[str] = []
    for name, metric in part["metrics"].items():
        cells = (
            part["task"],
            asked(part),
            name,
            headline(part, metric, complete=complete),
            interval(metric),
            metric["n"],
            states(part["counts"]),
            bounds(metric),
        )
        found.append("| " + " | ".join(_cell(cell) for cell in cells) + " |")
    return found


def _grid(task: Mapping[str, Any]) -> list[str]:
    """A task's grid as a table."""
    head, *rows = heatmap.lines(task["grid"])
    table = [head, ["---:"] * len(head), *rows]
    shown = ["| " + " | ".join(c if c == "---:" else _cell(c) for c in row) + " |" for row in table]
    return [f"**{_cell(heatmap.caption(task['task'], task['grid']))}**", "", *shown]


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """A table whose first column is text and whose others are numbers, or short texts."""
    lines = [list(head), ["---", *["---:"] * (len(head) - 1)]]
    shown = [[_cell(cell) for cell in row] for row in rows]
    return ["| " + " | ".join(row) + " |" for row in (*lines, *shown)]


def _cell(value: object) -> str:
    """A text that can't break out of a table's cell or become markup."""
    text = " ".join(visible(value).split())
    for character in "\\|<>*_`[]":
        text = text.replace(character, f"\\{character}")
    return text


def _fenced(text: str) -> str:
    """A text in a fence longer than any run of backticks within it."""
    text = visible(text[:LONGEST] + (" …" if len(text) > LONGEST else ""))
    longest = max((len(run) for run in _runs(text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}text\n{text}\n{fence}"


def _runs(text: str) -> list[str]:
    return "".join(c if c == "`" else " " for c in text).split()


def _failure(record: Record) -> list[str]:
    score, response = record.score, record.response
    lines = ["", f"### {_cell(record.task)}/{_cell(record.sample)} · {record.state}", ""]
    if record.error is not None:
        lines += [_fenced(f"{record.error.kind}: {record.error.message}")]
    if record.prompt is not None:
        lines += ["Prompt, its end:", "", _fenced(record.prompt.text[-600:]), ""]
    if response is not None:
        lines += ["Response:", "", _fenced(response.text), ""]
    if record.target:
        lines.append(f"Target: {_cell(', '.join(record.target))}")
    if score is not None and score.extracted is not None:
        lines.append(f"Extracted: {_cell(score.extracted)}")
    return lines

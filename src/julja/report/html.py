"""A run as one HTML file: no network to read it, and nothing in it that a model wrote is executed.

Everything goes through the autoescape of jinja2; the page allows its own style and script alone,
by their hashes. The file is bounded: failures first, then the rest up to a limit, long texts cut.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from julja.report import charts, heatmap, reliability
from julja.report.energy import energy_lines
from julja.report.page import LONGEST, render, visible
from julja.report.samples import failed, messages, sample_context
from julja.report.table import (
    asked,
    bounds,
    headline,
    interval,
    judge_lines,
    number,
    states,
)
from julja.report.vision.section import Pictured, section_context
from julja.types import STATES, Json, Record

if TYPE_CHECKING:
    from markupsafe import Markup

SAMPLES = 1000
WHOLE = 8_000_000
BAR_WIDTH = 160
# Answers in these forms are run lengths and boxes, for machines: so much of them is shown.
MACHINE_FORMS = ("detect", "segment")
MACHINE_LONGEST = 600


def render_run(
    result: Mapping[str, Any],
    records: Iterable[Record],
    *,
    title: str,
    config: Mapping[str, Json],
    generated: str,
    limit: int = SAMPLES,
    calibration: Callable[[], Sequence[Mapping[str, Any]]] = tuple,
    pictured: Callable[[], Pictured] = Pictured,
) -> str:
    """The report of a run. At most `limit` of its records are shown, failures first.

    `calibration` and `pictured` are called when all records have been read, for what they say.
    """
    kept, total = _choose(records, limit)
    complete = bool(result["complete"])
    terse = tuple(t["task"] for t in result["results"] if t["form"] in MACHINE_FORMS)
    samples = _bounded(kept, terse)
    seen = pictured()
    settings = {key: _plain(value) for key, value in config.items() if key != "command"}
    return render(
        "run.html",
        styles=("run.css", "charts.css", *(("pictures.css",) if seen.galleries else ())),
        script="run.js",
        pictures=seen.has_pictures,
        vision=section_context(seen) if seen.galleries else None,
        title=title,
        result=result,
        generated=generated,
        duration=_duration(result.get("seconds") or 0),
        config=settings,
        command=config.get("command"),
        scores=[row for task in result["results"] for row in _rows(task, complete)],
        parts=[
            row
            for task in result["results"]
            for part in task["subsets"]
            for row in _rows(part, complete)[:1]
        ],
        grids=[
            (heatmap.caption(task["task"], task["grid"]), heatmap.svg(task["task"], task["grid"]))
            for task in result["results"]
            if task.get("grid")
        ],
        categories=[
            part
            for task in result["results"]
            for part in categories(task, drawn=task["task"] in seen.by_class)
        ],
        calibration=reliability.diagrams(calibration()),
        judges=[visible(line) for task in result["results"] for line in judge_lines(task)],
        tiles=_tiles(result),
        energy=[visible(line) for line in energy_lines(result)],
        first_prompt=messages(kept[0]) if kept else None,
        samples=samples,
        left_out=total - len(samples),
        total=total,
        tasks=sorted({record.task for record in kept}),
        states=[state for state in STATES if any(record.state == state for record in kept)],
        number=number,
        interval=interval,
    )


def _choose(records: Iterable[Record], limit: int) -> tuple[list[Record], int]:
    """Up to `limit` records, failures first; only so many are ever held."""
    bad: list[Record] = []
    good: list[Record] = []
    total = 0
    for record in records:
        total += 1
        pile = bad if failed(record) else good
        if len(pile) < limit:
            pile.append(record)
    return (bad + good)[:limit], total


def _bounded(records: Sequence[Record], terse: tuple[str, ...]) -> list[dict[str, Any]]:
    """What the page shows of each record, until the texts fill the file; `terse` tasks say less."""
    shown: list[dict[str, Any]] = []
    size = 0
    for record in records:
        prompt = len(record.prompt.text) if record.prompt else 0
        answer = len(record.response.text) if record.response else 0
        longest = MACHINE_LONGEST if record.task.startswith(terse) else LONGEST
        size += min(prompt, LONGEST) + min(answer, longest)
        if shown and size > WHOLE:
            break
        shown.append(sample_context(record, longest))
    return shown


def _plain(value: Json) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def _rows(part: Mapping[str, Any], complete: bool) -> list[dict[str, Any]]:
    """The rows of one task: one for each metric."""
    found: list[dict[str, Any]] = []
    version = "–" if part["version"] is None else part["version"]
    for index, (name, metric) in enumerate(part["metrics"].items()):
        found.append(
            {
                "first": index == 0,
                "task": part["task"],
                "about": f"version {version}, {asked(part)}",
                "metric": name,
                "value": headline(part, metric, complete=complete),
                "estimate": metric,
                "bar": _bar(metric),
                "bounds": bounds(metric),
                "counts": part["counts"],
                "states": states(part["counts"]),
            }
        )
    return found


def categories(task: Mapping[str, Any], *, drawn: bool = False) -> list[dict[str, Any]]:
    """A chart of a task's first metric for each field that it is broken down by, and its subsets.

    In the order of the result; the whole task's value is the dashed line. Where the classes are
    `drawn` elsewhere, the chart by label is left out.
    """
    if not task["metrics"]:
        return []
    first = next(iter(task["metrics"]))
    groups: dict[str, list[Mapping[str, Any]]] = {}
    for part in task["subsets"]:
        if drawn and part.get("field") == "label":
            continue
        if part["metrics"].get(first, {}).get("value") is not None:
            groups.setdefault(part.get("field") or "subset", []).append(part)
    return [
        _categories(task, first, field, parts) for field, parts in groups.items() if len(parts) > 1
    ]


def _categories(
    task: Mapping[str, Any], metric: str, field: str, parts: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    found = [part["metrics"][metric] for part in parts]
    ends = [end for item in found for end in item["ci"] or () if end is not None]
    values = [item["value"] for item in found] + ends
    whole = task["metrics"][metric]["value"]
    unit = all(0 <= value <= 1 for value in values)
    axis = charts.linear([0.0, 1.0] if unit else [*values, *([] if whole is None else [whole])])
    rows = []
    for part, item in zip(parts, found, strict=True):
        text = f"{number(item['value'])} {interval(item)} n {item['n']}"
        name = part["value"] if "field" in part else part["task"].partition("/")[2]
        track = charts.track(axis, value=item["value"], ci=item["ci"], label=text, zero=whole)
        rows.append({"name": visible(name), "track": track, "text": text})
    title = f"{visible(task['task'])}: {metric} by {visible(field)}"
    return {"title": title, "rows": rows, "ruler": charts.ruler(axis)}


def _bar(metric: Mapping[str, Any]) -> "Markup":
    """A value with its interval and bounds on a line from 0 to 1, as SVG.

    A number of another scale (a perplexity) has no place on that line, and no bar.
    """
    from markupsafe import Markup

    value, ci, both = metric["value"], metric.get("ci"), metric.get("bounds")
    if value is not None and not 0 <= value <= 1:
        return Markup("")
    lines = [f'<line class="axis" x1="0" x2="{BAR_WIDTH}" y1="7" y2="7"/>']
    if both and both[0] != both[1]:
        lines.append(_line("outer", both))
    if ci:
        lines.append(_line("range", ci))
    if value is not None:
        lines.append(f'<circle class="dot" cx="{_x(value):.1f}" cy="7" r="4"/>')
    label = f"{number(value)} {interval(metric)}"
    return Markup(
        '<svg role="img" aria-label="{}" width="{}" height="14" viewBox="-5 0 {} 14">{}</svg>'
    ).format(label, BAR_WIDTH + 10, BAR_WIDTH + 10, Markup("".join(lines)))


def _x(value: float) -> float:
    return min(max(float(value), 0.0), 1.0) * BAR_WIDTH


def _line(name: str, ends: Sequence[float | None]) -> str:
    low = 0.0 if ends[0] is None else ends[0]
    high = 1.0 if ends[1] is None else ends[1]
    return f'<line class="{name}" x1="{_x(low):.1f}" x2="{_x(high):.1f}" y1="7" y2="7"/>'


def _tiles(result: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Requests, tokens and money of the whole run."""
    usages = [task["usage"] for task in result["results"] if "usage" in task]

    def total(key: str) -> int:
        return sum(usage.get(key) or 0 for usage in usages)

    costs = [usage["cost_usd"] for usage in usages if usage.get("cost_usd") is not None]
    return [
        ("requests", f"{total('requests'):,}"),
        ("from the cache", f"{total('cached_requests'):,}"),
        ("tokens in", f"{total('input_tokens'):,}"),
        ("tokens out", f"{total('output_tokens'):,}"),
        ("cost", f"${sum(costs):.4f}" if costs else "no price known"),
    ]


def _duration(seconds: float) -> str:
    if seconds <= 0:
        return ""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{seconds:.1f} s"

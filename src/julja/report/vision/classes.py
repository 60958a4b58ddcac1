"""Bars of a number for each class, worst first; of many classes the two ends."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from julja.report import charts
from julja.report.page import visible
from julja.report.table import interval, number

# So many classes are drawn at either end.
END = 12


@dataclass(frozen=True, slots=True)
class ClassBars:
    """One metric by class: `rows` are (class, estimate as JSON), `whole` is the task's value.

    `sizes` count what there is of a class, in `unit`s.
    """

    task: str
    metric: str
    rows: Sequence[tuple[str, Mapping[str, Any]]]
    whole: float | None = None
    unit: str = ""
    sizes: Mapping[str, int] = field(default_factory=dict)


def bars_context(item: ClassBars) -> dict[str, Any] | None:
    """What the template shows of the bars; None where no class has a value."""
    known = by_value(item)
    if not known:
        return None
    parts = [known] if len(known) <= 2 * END else [known[:END], known[-END:]]
    ends = [end for _, part in known for end in (part["value"], *(part["ci"] or ()))]
    unit = all(end is None or 0 <= end <= 1 for end in ends)
    axis = charts.linear([0.0, 1.0] if unit else [end for end in ends if end is not None])
    between = len(known) - sum(map(len, parts))
    without = len(item.rows) - len(known)
    return {
        "title": visible(f"{item.task}: {item.metric} by class"),
        "count": len(known),
        "parts": [[_row(axis, name, part, item) for name, part in rows] for rows in parts],
        "between": f"{between:,} classes between them" if between else "",
        "without": _without(without),
        "ruler": charts.ruler(axis),
    }


def _without(classes: int) -> str:
    if not classes:
        return ""
    return "1 class does not occur" if classes == 1 else f"{classes:,} classes do not occur"


def by_value(item: ClassBars) -> list[tuple[str, Mapping[str, Any]]]:
    """The classes that have a value, the worst first; ties in the order of the classes."""
    known = [(name, part) for name, part in item.rows if part["value"] is not None]
    return sorted(known, key=lambda row: row[1]["value"])


def _row(axis: charts.Axis, name: str, part: Mapping[str, Any], item: ClassBars) -> dict[str, Any]:
    text = f"{number(part['value'])} {interval(part)}"
    if name in item.sizes:
        size = item.sizes[name]
        text += f", {size:,} {item.unit.removesuffix('s') if size == 1 else item.unit}"
    label = visible(f"{name}: {text}")
    track = charts.track(axis, value=part["value"], ci=part["ci"], label=label, zero=item.whole)
    return {"name": visible(name), "track": track, "text": text}

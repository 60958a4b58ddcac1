"""Precision-recall curves: the whole set's, and small ones of single classes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from julja.report.page import visible

if TYPE_CHECKING:
    import numpy as np
    from markupsafe import Markup
    from numpy.typing import NDArray

    Floats: TypeAlias = NDArray[np.float64]

CLASSES = 12
# What a curve is of, its style of line, and its row among the three.
LINES = (("IoU .50", "half"), ("IoU .75", "tight"), ("mean of IoU .50 to .95", "all"))
_HEIGHT, _SMALL = 300, 150
_TICKS = (0.0, 0.25, 0.5, 0.75, 1.0)
_LEFT, _RIGHT, _TOP, _BOTTOM = 12.0, 98.0, 8, 40


@dataclass(frozen=True, slots=True)
class Curve:
    """Precision (3, 101) at recalls 0, .01 … 1 of `LINES`; `objects` are there to be found."""

    name: str
    objects: int
    precision: "Floats"


@dataclass(frozen=True, slots=True)
class Curves:
    """The mean curve of a task's classes, and those of its classes, most objects first.

    `point` says from which score detections are drawn as pictures, and F1, precision and recall of
    them.
    """

    task: str
    whole: Curve
    classes: Sequence[Curve]
    point: str = ""


def curves_context(item: Curves) -> dict[str, Any]:
    """What the template shows of the curves."""
    shown = item.classes[:CLASSES]
    left = len(item.classes) - len(shown)
    return {
        "title": visible(f"{item.task}: precision by recall, mean of {len(item.classes)} classes"),
        "picture": svg(item.whole, _HEIGHT),
        "key": [
            {"name": name, "style": style, "ap": f"{float(row.mean()):.3f}"}
            for (name, style), row in zip(LINES, item.whole.precision, strict=True)
        ],
        "point": visible(item.point),
        "table": [
            (f"{place / 100:.1f}", [f"{row[place]:.3f}" for row in item.whole.precision])
            for place in range(0, 101, 10)
        ],
        "classes": [
            {
                "name": visible(curve.name),
                "text": f"AP {float(curve.precision[2].mean()):.3f}, {curve.objects:,} objects",
                "picture": svg(curve, _SMALL),
            }
            for curve in shown
        ],
        "left": f"{left:,} classes with fewer objects are left out" if left > 0 else "",
    }


def svg(curve: Curve, height: int) -> "Markup":
    """A curve's three lines over recall; a step down is where false detections come before right
    ones."""
    from markupsafe import Markup

    small = height == _SMALL
    bottom = 22 if small else _BOTTOM
    low, high = height - bottom, _TOP
    ticks = (0.0, 0.5, 1.0) if small else _TICKS
    parts = []
    for tick in ticks:
        x = f"{_LEFT + tick * (_RIGHT - _LEFT):.2f}%"
        y = f"{low - tick * (low - high):.1f}"
        parts.append(f'<line class="tick" x1="{x}" x2="{x}" y1="{high}" y2="{low}"/>')
        parts.append(f'<line class="tick" x1="{_LEFT}%" x2="{_RIGHT}%" y1="{y}" y2="{y}"/>')
        parts.append(f'<text x="{x}" y="{low + 15}" text-anchor="middle">{tick:g}</text>')
        parts.append(f'<text x="0" y="{float(y) + 4:.1f}">{tick:g}</text>')
    if not small:
        middle = (_LEFT + _RIGHT) / 2
        parts.append(f'<text x="{middle}%" y="{height - 4}" text-anchor="middle">recall</text>')
    # Lines have places of their own within the percentages: a box of 100 by 100 that is stretched.
    drawn = "".join(
        f'<polyline class="{style}" points="{_points(row)}"/>'
        for (_, style), row in zip(LINES, curve.precision, strict=True)
    )
    inner = (
        f'<svg x="{_LEFT}%" y="{high}" width="{_RIGHT - _LEFT}%" height="{low - high}"'
        f' viewBox="0 0 100 100" preserveAspectRatio="none">{drawn}</svg>'
    )
    said = ", ".join(
        f"AP at {name} {float(row.mean()):.3f}"
        for (name, _), row in zip(LINES, curve.precision, strict=True)
    )
    label = visible(f"precision by recall of {curve.name}: {said}")
    return Markup('<svg class="curves" role="img" aria-label="{}" height="{}">{}{}</svg>').format(
        label, height, Markup("".join(parts)), Markup(inner)
    )


def _points(row: "Floats") -> str:
    """The corners of a line; what lies on a straight level between two is left out."""
    values = [round(float(value), 4) for value in row]
    last = len(values) - 1
    kept = [
        place
        for place, value in enumerate(values)
        if place in (0, last) or value != values[place - 1] or value != values[place + 1]
    ]
    return " ".join(f"{place},{100 - 100 * values[place]:.2f}" for place in kept)

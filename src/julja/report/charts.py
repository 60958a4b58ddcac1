"""Charts as inline SVG whose places are percentages: they fit a phone without shrinking text.

Rows of a chart are rows of HTML (a name, a picture, a number), so names wrap and are never cut.
Nothing needs a script or a style attribute, which the pages' policy forbids.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from markupsafe import Markup

ROW = 22
_PLOT = 340
# Room for the last tick's text and a point's radius, in percent of the width.
_LEFT, _RIGHT = 5.0, 95.0
# Pieces of a line that is bent by a logarithmic axis.
_CURVE = 24
_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)


@dataclass(frozen=True, slots=True)
class Axis:
    """A linear scale from `low` to `high`, or a logarithmic one, with its ticks."""

    low: float
    high: float
    ticks: tuple[float, ...]
    log: bool = False

    def place(self, value: float) -> float:
        """Where a value lies, in percent of the width; what lies beyond ends at the border."""
        low, high, here = self.low, self.high, value
        if self.log:
            low, high, here = math.log10(low), math.log10(high), math.log10(max(value, 1e-12))
        share = 0.5 if high <= low else (here - low) / (high - low)
        return _LEFT + min(max(share, 0.0), 1.0) * (_RIGHT - _LEFT)


def linear(values: Sequence[float], *, whole: bool = False, ticks: int = 5) -> Axis:
    """An axis with round ticks that holds all values.

    >>> linear([0.52, 0.71]).ticks
    (0.5, 0.55, 0.6, 0.65, 0.7, 0.75)
    """
    known = [value for value in values if math.isfinite(value)] or [0.0, 1.0]
    low, high = min(known), max(known)
    if high - low < 1e-9 * max(1.0, abs(high)):
        half = 0.5 * (abs(high) if abs(high) > 1e-6 else 1.0)
        low, high = low - half, high + half
    rough = (high - low) / ticks
    power = 10 ** math.floor(math.log10(rough))
    step = next(power * s for s in _STEPS if power * s >= rough * (1 - 1e-9))
    if whole:
        step = max(1.0, float(math.ceil(step)))
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    if whole:
        first, last = int(low), math.ceil(high)
        marks = sorted({first, *range(first - 1 + int(step), last, int(step)), last} - {0})
        return Axis(float(first), float(last), tuple(float(mark) for mark in marks))
    found = tuple(round(step * number, 12) for number in range(first, last + 1))
    return Axis(found[0], found[-1], found)


def logarithmic(values: Sequence[float]) -> Axis:
    """An axis of powers of ten (with 2 and 5 between them where there are few) that holds values.

    >>> logarithmic([0.05, 2.4]).ticks
    (0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
    """
    known = [value for value in values if value > 0 and math.isfinite(value)] or [1.0]
    first, last = math.floor(math.log10(min(known))), math.ceil(math.log10(max(known)))
    marks = [m * 10.0**p for p in range(first, last + 1) for m in (1, 2, 5)]
    if last - first > 2:
        marks = [10.0**p for p in range(first, last + 1)]
    low = max((m for m in marks if m <= min(known) * (1 + 1e-9)), default=marks[0])
    high = min((m for m in marks if m >= max(known) * (1 - 1e-9)), default=marks[-1])
    if high <= low:
        low, high = low / 10, high * 10
        marks = [low, known[0], high]
    kept = tuple(round(m, 12) for m in marks if low <= m * (1 + 1e-9) and m <= high * (1 + 1e-9))
    return Axis(low, high, kept, log=True)


def tick_text(value: float) -> str:
    """A tick as text: 0.05, 2, 1,000."""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:g}"


def ruler(axis: Axis) -> "Markup":
    """The axis of a chart of rows, as its last row."""
    from markupsafe import Markup

    parts = [
        f'<text x="{axis.place(tick):.2f}%" y="14" text-anchor="middle">{tick_text(tick)}</text>'
        for tick in axis.ticks
    ]
    return Markup(f'<svg class="ruler" aria-hidden="true" height="18">{"".join(parts)}</svg>')


def track(
    axis: Axis,
    *,
    value: float | None = None,
    ci: Sequence[float | None] | None = None,
    outer: Sequence[float | None] | None = None,
    label: str,
    zero: float | None = None,
    tone: str = "",
) -> "Markup":
    """A row of a chart: grid lines, a thin `outer` line, a thick interval, and a dot.

    An end that is None has no limit and reaches the border. `label` says it all in words.
    """
    from markupsafe import Markup

    middle = ROW / 2
    parts = [
        f'<line class="tick" x1="{axis.place(tick):.2f}%" x2="{axis.place(tick):.2f}%" y1="0"'
        f' y2="{ROW}"/>'
        for tick in axis.ticks
    ]
    if zero is not None:
        at = f"{axis.place(zero):.2f}%"
        parts.append(f'<line class="zero" x1="{at}" x2="{at}" y1="0" y2="{ROW}"/>')
    for name, ends in (("outer", outer), ("range", ci)):
        if ends:
            low = axis.low if ends[0] is None else ends[0]
            high = axis.high if ends[1] is None else ends[1]
            parts.append(
                f'<line class="{name}" x1="{axis.place(low):.2f}%" x2="{axis.place(high):.2f}%"'
                f' y1="{middle}" y2="{middle}"/>'
            )
    if value is not None:
        parts.append(f'<circle class="dot" cx="{axis.place(value):.2f}%" cy="{middle}" r="4.5"/>')
    return Markup('<svg class="track {}" role="img" aria-label="{}" height="{}">{}</svg>').format(
        tone, label, ROW, Markup("".join(parts))
    )


@dataclass(frozen=True, slots=True)
class Point:
    """A point of a plot: its number in the legend, whether it is on the frontier, what it says."""

    number: int
    x: float
    y: float
    on: bool
    label: str


def plot(
    points: Sequence[Point], x: Axis, y: Axis, *, label: str, line: Sequence[Point], stairs: bool
) -> "Markup":
    """Points in a plane with numbers that a legend explains, and the frontier through some."""
    from markupsafe import Markup

    def up(value: float) -> float:
        span = y.high - y.low
        return (_PLOT - 30) - (value - y.low) / (span or 1.0) * (_PLOT - 50)

    parts: list[str] = []
    for tick in y.ticks:
        at = f"{up(tick):.1f}"
        parts.append(f'<line class="tick" x1="{_LEFT}%" x2="100%" y1="{at}" y2="{at}"/>')
        parts.append(f'<text x="0" y="{up(tick) + 4:.1f}">{tick_text(tick)}</text>')
    for tick in x.ticks:
        at = f"{_inside(x, tick):.2f}%"
        parts.append(f'<line class="tick" x1="{at}" x2="{at}" y1="10" y2="{_PLOT - 24}"/>')
        text = f"${tick_text(tick)}"
        parts.append(f'<text x="{at}" y="{_PLOT - 8}" text-anchor="middle">{text}</text>')
    for one, other in pairwise(line):
        for (x1, y1), (x2, y2) in pairwise(_edge(one, other, stairs=stairs, log=x.log)):
            parts.append(
                f'<line class="edge" x1="{_inside(x, x1):.2f}%" x2="{_inside(x, x2):.2f}%"'
                f' y1="{up(y1):.1f}" y2="{up(y2):.1f}"/>'
            )
    marks = [
        Markup(
            '<g class="point {}"><title>{}</title><circle cx="{}%" cy="{}" r="9"/>'
            '<text x="{}%" y="{}" text-anchor="middle">{}</text></g>'
        ).format(
            "on" if point.on else "",
            point.label,
            f"{_inside(x, point.x):.2f}",
            f"{up(point.y):.1f}",
            f"{_inside(x, point.x):.2f}",
            f"{up(point.y) + 4:.1f}",
            point.number,
        )
        for point in sorted(points, key=lambda point: point.on)
    ]
    drawn = Markup("".join(parts)) + Markup("").join(marks)
    return Markup('<svg class="plot" role="img" aria-label="{}" height="{}">{}</svg>').format(
        label, _PLOT, drawn
    )


def _edge(one: Point, other: Point, *, stairs: bool, log: bool) -> list[tuple[float, float]]:
    """The corners between two points; a straight line in dollars is a curve on a log axis."""
    if stairs:
        return [(one.x, one.y), (other.x, one.y), (other.x, other.y)]
    steps = _CURVE if log else 1
    shares = [number / steps for number in range(steps + 1)]
    if log:
        # Even steps on the axis, not in dollars.
        shares = [
            (one.x * (other.x / one.x) ** share - one.x) / ((other.x - one.x) or 1.0)
            for share in shares
        ]
    return [(one.x + s * (other.x - one.x), one.y + s * (other.y - one.y)) for s in shares]


def _inside(axis: Axis, value: float) -> float:
    """Right of the texts of the vertical axis, which need a phone's tenth."""
    return 12 + (axis.place(value) - _LEFT) * (94 - 12) / (_RIGHT - _LEFT)

"""A confusion matrix as a picture, and its most frequent confusions as a table."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeAlias

from julja.report.page import visible

if TYPE_CHECKING:
    import numpy as np
    from markupsafe import Markup
    from numpy.typing import NDArray

    Floats: TypeAlias = NDArray[np.float64]
    Ints: TypeAlias = NDArray[np.int64]

# Beyond so many classes only the most confused ones are drawn.
MOST = 24
ROWS = 10
# Up to so many classes a cell is wide enough for its number.
_NUMBERED = 14
_LONGEST_NAME = 18
_LETTER = 6.8
NO_CLASS = "no class"


@dataclass(frozen=True, slots=True)
class Confusion:
    """How often each class of `names` (n,) was taken for which: `counts` (n, n + 1).

    Rows are true classes, columns predicted ones; the last column is for answers of no class.
    `unit` is what is counted, "pictures" or "pixels".
    """

    task: str
    unit: str
    names: tuple[str, ...]
    counts: "Floats"


def confusion_context(item: Confusion) -> dict[str, Any] | None:
    """What the template shows of a matrix; None for one without counts."""
    import numpy as np

    present = np.flatnonzero(item.counts.sum(axis=1) + item.counts[:, :-1].sum(axis=0))
    if not present.size:
        return None
    chosen = present if len(present) <= MOST else _most_confused(item, present)
    part = f", the {len(chosen)} most confused of {len(present):,}"
    part = "" if len(chosen) == len(present) else part
    return {
        "title": visible(f"{item.task}: true classes down, predicted ones across{part}"),
        "picture": svg(item, chosen),
        "unit": item.unit,
        "pairs": frequent(item),
        "table": _table(item, chosen),
    }


def _most_confused(item: Confusion, present: "Ints") -> "Ints":
    """The classes of the most frequent confusions, in the order of the classes."""
    import numpy as np

    chosen: list[int] = []
    for row, column in _pairs(item):
        new = [n for n in (row, column) if n < len(item.names) and n not in chosen]
        if len(chosen) + len(new) > MOST:
            break
        chosen += new
    return np.sort(np.array(chosen, dtype=np.int64)) if chosen else present[:MOST]


def _pairs(item: Confusion) -> Iterator[tuple[int, int]]:
    """(true, predicted) of all confusions, the most frequent first, ties in the classes' order."""
    import numpy as np

    counts = item.counts.copy()
    np.fill_diagonal(counts, 0)
    flat = counts.ravel()
    for place in np.argsort(-flat, kind="stable").tolist():
        if not flat[place]:
            return
        yield divmod(place, counts.shape[1])


def frequent(item: Confusion, most: int = ROWS) -> list[dict[str, str]]:
    """The most frequent confusions, ties in the order of the classes."""
    totals = item.counts.sum(axis=1)
    return [
        {
            "truth": visible(item.names[row]),
            "given": visible(_column(item, column)),
            "count": f"{item.counts[row, column]:,.0f}",
            "share": f"{item.counts[row, column] / totals[row]:.1%}",
        }
        for row, column in islice(_pairs(item), most)
    ]


def _column(item: Confusion, column: int) -> str:
    return item.names[column] if column < len(item.names) else NO_CLASS


def _columns(item: Confusion, chosen: "Ints") -> list[int]:
    """The chosen classes, and the column of no class where it is not empty."""
    nothing = len(item.names)
    return [*chosen.tolist(), *([nothing] if item.counts[chosen, nothing].any() else [])]


def _table(item: Confusion, chosen: "Ints") -> dict[str, Any]:
    """The matrix's counts as a table."""
    columns = _columns(item, chosen)
    rows = [
        (visible(item.names[row]), [f"{item.counts[row, column]:,.0f}" for column in columns])
        for row in chosen.tolist()
    ]
    return {"head": [visible(_column(item, column)) for column in columns], "rows": rows}


def svg(item: Confusion, chosen: "Ints") -> "Markup":
    """The matrix: a cell's strength and number are its share of the true class (its row)."""
    from markupsafe import Markup

    columns = _columns(item, chosen)
    side = 34 if len(chosen) <= _NUMBERED else 22
    names = [_short(_column(item, column)) for column in columns]
    left = 12 + _LETTER * max(len(_short(item.names[row])) for row in chosen.tolist())
    top = 12 + _LETTER * max(map(len, names))
    parts: list[Markup] = []
    for place, name in enumerate(names):
        x = left + side * (place + 0.5) + 4
        text = Markup('<text transform="translate({} {}) rotate(-90)">{}</text>')
        parts.append(text.format(f"{x:.1f}", f"{top - 6:.1f}", name))
    for down, row in enumerate(chosen.tolist()):
        y = top + side * down
        text = Markup('<text class="end" x="{}" y="{}">{}</text>')
        parts.append(text.format(f"{left - 6:.1f}", f"{y + side / 2 + 4:.1f}", _name(item, row)))
        total = item.counts[row].sum()
        for across, column in enumerate(columns):
            count = item.counts[row, column]
            if count > 0:
                parts.append(
                    _cell(item, (row, column), (left + side * across, y), side, count / total)
                )
    width, height = left + side * len(columns) + 2, top + side * len(chosen) + 2
    frame = Markup('<rect class="frame-line" x="{}" y="{}" width="{}" height="{}"/>').format(
        f"{left:.1f}", f"{top:.1f}", side * len(columns), side * len(chosen)
    )
    label = visible(f"confusion matrix of {item.task}: {len(chosen)} classes, by {item.unit}")
    return Markup(
        '<svg class="confusion" role="img" aria-label="{}" width="{}" height="{}">{}{}</svg>'
    ).format(label, f"{width:.0f}", f"{height:.0f}", Markup("").join(parts), frame)


def _name(item: Confusion, row: int) -> str:
    return _short(item.names[row])


def _short(name: str) -> str:
    text = visible(name)
    return text if len(text) <= _LONGEST_NAME else text[: _LONGEST_NAME - 1] + "…"


def _cell(
    item: Confusion, place: tuple[int, int], corner: tuple[float, float], side: int, share: float
) -> "Markup":
    from markupsafe import Markup

    row, column = place
    tone = "right" if row == column else "wrong"
    x, y = corner
    said = (
        f"{item.names[row]} taken for {_column(item, column)}: "
        f"{item.counts[row, column]:,.0f} {item.unit}, {share:.1%}"
    )
    # The root lets few be seen beside many.
    drawn = Markup(
        '<g class="{}"><title>{}</title><rect x="{}" y="{}" width="{}" height="{}"'
        ' fill-opacity="{}"/>'
    ).format(tone, visible(said), f"{x:.1f}", f"{y:.1f}", side, side, f"{share**0.5:.2f}")
    if side >= 30 and share >= 0.005:
        text = Markup('<text class="{}" x="{}" y="{}">{}</text>')
        strong = "strong" if share > 0.5 else ""
        drawn += text.format(
            strong, f"{x + side / 2:.1f}", f"{y + side / 2 + 4:.1f}", f"{share * 100:.0f}"
        )
    return drawn + Markup("</g>")

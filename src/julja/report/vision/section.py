"""The part of a report that is about pictures: charts by class and galleries, for both formats."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from julja.report.vision.classes import END, ClassBars, bars_context, by_value
from julja.report.vision.confusion import Confusion, confusion_context, frequent
from julja.report.vision.curves import LINES, Curves, curves_context
from julja.report.vision.gallery import Gallery, gallery_context


@dataclass(frozen=True, slots=True)
class ClassCharts:
    """What is drawn of one task by class; each part only where it has anything."""

    task: str
    bars: ClassBars | None = None
    confusion: Confusion | None = None
    curves: Curves | None = None


@dataclass(frozen=True, slots=True)
class Pictured:
    """What a report shows of pictures."""

    galleries: Sequence[Gallery] = ()
    charts: Sequence[ClassCharts] = ()

    @property
    def by_class(self) -> frozenset[str]:
        """The tasks whose classes are drawn."""
        return frozenset(item.task for item in self.charts if item.bars is not None)

    @property
    def has_pictures(self) -> bool:
        """True when the page needs to show pictures."""
        return any(view.size for g in self.galleries for card in g.cards for view in card.views)


def section_context(item: Pictured) -> dict[str, Any]:
    """What the template shows of it."""
    bars = (bars_context(chart.bars) for chart in item.charts if chart.bars)
    matrices = (confusion_context(chart.confusion) for chart in item.charts if chart.confusion)
    return {
        "bars": [found for found in bars if found is not None],
        "confusions": [found for found in matrices if found is not None],
        "curves": [curves_context(chart.curves) for chart in item.charts if chart.curves],
        "galleries": gallery_context(item.galleries),
    }


def section_rows(item: Pictured) -> Iterator[tuple[str, Sequence[str], Sequence[Sequence[str]]]]:
    """(title, head, rows) of each table of the text formats."""
    for chart in item.charts:
        if chart.bars is not None and (known := by_value(chart.bars)):
            shown = known if len(known) <= 2 * END else [*known[:END], *known[-END:]]
            left = len(known) - len(shown)
            title = f"{chart.task}: {chart.bars.metric} by class"
            sizes = chart.bars.sizes
            rows = [[name, f"{part['value']:.4f}", _size(sizes, name)] for name, part in shown]
            more = f", {left:,} classes between the ends left out" if left else ""
            yield f"{title}{more}", ("class", chart.bars.metric, chart.bars.unit or "n"), rows
        if chart.confusion is not None and (pairs := frequent(chart.confusion)):
            rows = [[p["truth"], p["given"], p["count"], p["share"]] for p in pairs]
            head = ("true", "predicted", chart.confusion.unit, "of the true class")
            yield f"{chart.task}: the most frequent confusions", head, rows
        if chart.curves is not None:
            whole = chart.curves.whole.precision
            rows = [
                [f"{place / 100:.1f}", *(f"{row[place]:.3f}" for row in whole)]
                for place in range(0, 101, 10)
            ]
            levels = ["recall", *(name for name, _ in LINES)]
            yield f"{chart.task}: precision by recall, mean over classes", levels, rows


def _size(sizes: Mapping[str, int], name: str) -> str:
    return f"{sizes[name]:,}" if name in sizes else ""

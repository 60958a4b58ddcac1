"""Charts of a benchmark of pictures by class: bars, confusion matrix, precision-recall curves."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from julja.report.vision.classes import ClassBars
from julja.report.vision.confusion import Confusion
from julja.report.vision.curves import Curve, Curves
from julja.report.vision.section import ClassCharts
from julja.run.gallery.seen import Seen
from julja.scoring.vision.classes import confusion
from julja.scoring.vision.coco import image_order
from julja.scoring.vision.matching import Matches
from julja.scoring.vision.operating import Point
from julja.scoring.vision.precision import Curves as Precisions
from julja.stats.intervals import wilson
from julja.types import Pool

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_HALF, _TIGHT = 0, 5
_VARIED = ("corruption", "severity")
_TOGETHER = (
    "Detections of all corruptions are ranked together in a curve: its AP is not the mean over"
    " them."
)


def class_charts(
    seen: Seen,
    part: Mapping[str, Any],
    names: Sequence[str],
    point: Point | None,
    pool: Pool | None,
) -> ClassCharts:
    """The charts of a task; `part` is its result, `names` its classes in order."""
    if seen.kind == "classes":
        return _of_classes(seen, names)
    if seen.kind == "objects":
        curves = _curves(seen, point)
        if curves and any(item.get("field") in _VARIED for item in part["subsets"]):
            curves = replace(curves, point=f"{curves.point} {_TOGETHER}".strip())
        sizes = {curve.name: curve.objects for curve in curves.classes} if curves else {}
        return ClassCharts(seen.task, _bars(seen.task, part, "objects", sizes), curves=curves)
    bars = _bars(seen.task, part)
    matrix = None
    if pool is not None and seen.tables:
        made = pool(seen.tables)
        if hasattr(made, "confusion"):
            matrix = Confusion(seen.task, "pixels", tuple(names), made.confusion())
    return ClassCharts(seen.task, bars, matrix)


def _bars(
    task: str, part: Mapping[str, Any], unit: str = "", sizes: Mapping[str, int] | None = None
) -> ClassBars | None:
    """The first of the numbers that have one value for each class."""
    for metric, values in (part.get("classes") or {}).items():
        whole = {"IoU": "mIoU"}.get(metric, metric)
        found = part["metrics"].get(whole, {}).get("value")
        return ClassBars(task, metric, tuple(values.items()), found, unit, sizes or {})
    return None


def _of_classes(seen: Seen, names: Sequence[str]) -> ClassCharts:
    import numpy as np

    if not seen.pairs or not names:
        return ClassCharts(seen.task)
    right, predicted = np.array(seen.pairs, dtype=np.float64).T
    counts = confusion(right, predicted, len(names))
    totals = counts.sum(axis=1)
    rows = [
        (name, _share(int(hits), int(total)))
        for name, hits, total in zip(names, np.diagonal(counts), totals, strict=True)
    ]
    sizes = {name: int(total) for name, total in zip(names, totals, strict=True)}
    whole = float(np.diagonal(counts).sum() / totals.sum())
    return ClassCharts(
        seen.task,
        ClassBars(seen.task, "accuracy", rows, whole, "pictures", sizes),
        Confusion(seen.task, "pictures", tuple(names), counts.astype(np.float64)),
    )


def _share(hits: int, total: int) -> dict[str, Any]:
    if not total:
        return {"value": None, "ci": None, "n": 0}
    return {"value": hits / total, "ci": list(wilson(hits, total)), "n": total}


def _curves(seen: Seen, point: Point | None) -> Curves | None:
    import numpy as np

    if not any(len(item.objects) for item in seen.matches):
        return None
    places = sorted(range(len(seen.noted)), key=lambda n: image_order(seen.noted[n].sample))
    made = Precisions([seen.matches[place] for place in places], ranges=1)
    precision = made.at_recalls(np.ones(len(seen.matches)))
    counts = _objects(seen.matches)
    classes = [
        Curve(seen.names.get(kind, str(kind)), counts.get(kind, 0), _three(precision[place]))
        for place, kind in enumerate(made.kinds.tolist())
        if not np.isnan(precision[place]).any()
    ]
    if not classes:
        return None
    classes.sort(key=lambda curve: -curve.objects)
    mean = np.mean([curve.precision for curve in classes], axis=0)
    whole = Curve("all classes", sum(counts.values()), mean)
    said = ""
    if point is not None:
        said = (
            f"At a score of {point.score:.3f} F1 at IoU .50 is highest: {point.f1:.3f}, with"
            f" precision {point.precision:.3f} and recall {point.recall:.3f} over all classes"
            " together."
        )
    return Curves(seen.task, whole, classes, said)


def _three(precision: "Floats") -> "Floats":
    """(10, 101) at the thresholds -> (3, 101): at .50, .75, and the mean of all."""
    import numpy as np

    return np.stack([precision[_HALF], precision[_TIGHT], precision.mean(axis=0)])


def _objects(matches: Sequence[Matches]) -> dict[int, int]:
    """Objects that count, by category."""
    import numpy as np

    rows = np.concatenate([item.objects[:, :2] for item in matches])
    kinds, codes = np.unique(rows[:, 0], return_inverse=True)
    sums = np.bincount(codes, weights=rows[:, 1], minlength=len(kinds))
    return dict(zip(kinds.tolist(), sums.astype(int).tolist(), strict=True))

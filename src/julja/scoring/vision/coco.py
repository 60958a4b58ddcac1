"""COCO's detection and instance segmentation metrics: AP, AR, by size and by class.

    coco_boxes()    boxes; the primary metric is AP
    coco_masks()    the same twelve numbers of masks (run lengths or polygons)

`Sample.fields` holds a picture's objects as columns (see `Truth`), `Sample.choices` the names of
all categories and `fields["category_ids"]` their ids. A response that can't be read has found
nothing. A single picture is worth its own AP, where it has an object.
"""

import importlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from julja.errors import ConfigError, ScoringError
from julja.scoring.base import FunctionScorer
from julja.scoring.vision.boxes import BEYOND, Detections, read_detections, to_arrays
from julja.scoring.vision.matching import Matches, Truth, best_order, box_iou, match, pack, unpack
from julja.scoring.vision.precision import NAMES, Curves
from julja.types import Json, Metric, Response, Sample, Score, Scorer, by_pool

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_OWN = "image_ap"
_MOST_CUT = "beyond the hundredth of their picture and category"


def coco_boxes() -> Scorer:
    """Boxes against boxes."""
    return _scorer("coco_boxes", masks=False)


def coco_masks() -> Scorer:
    """Masks against masks; needs the library faster-coco-eval for their overlaps."""
    return _scorer("coco_masks", masks=True)


def _scorer(name: str, *, masks: bool) -> Scorer:
    metrics = tuple(
        Metric(metric, source=_OWN, aggregate=by_pool, pool=DetectionPool) for metric in NAMES
    )

    def score(sample: Sample, response: Response) -> Score:
        return score_picture(sample, response.text, masks=masks)

    return FunctionScorer(name, {}, metrics, False, score, mask_library if masks else None)


def score_picture(sample: Sample, text: str, *, masks: bool) -> Score:
    """Match one picture's detections; the table for the whole set is in the details."""
    fields = sample.fields
    names = dict(zip(sample.choices, fields["category_ids"], strict=True))
    size = (int(fields["height"]), int(fields["width"]))
    try:
        found, problem = read_detections(text, names, size, masks=masks), None
    except ValueError as error:
        found, problem = to_arrays((), names, size), f"no detections can be read: {error}"
    matches = match_masks(found, sample) if masks else match_boxes(found, sample)
    by_id = {number: name for name, number in names.items()}
    table = pack(matches, sample.id)
    table["names"] = {kind: by_id.get(kind, str(kind)) for kind in matches.objects[:, 0].tolist()}
    table["told"] = {**found.told, **({_MOST_CUT: matches.cut} if matches.cut else {})}
    table["found"] = len(found.scores)
    values = {_OWN: 0.0} if problem else image_ap(matches)
    return Score(
        values,
        state="unparsed" if problem else "scored",
        extracted=None if problem else f"{len(found.scores)} objects",
        explanation=problem or _sentence(found.told),
        details={"table": table},
    )


def _sentence(told: Mapping[str, int]) -> str | None:
    return "; ".join(f"{count} {reason}" for reason, count in told.items()) or None


def image_ap(matches: Matches) -> dict[str, float]:
    """A picture's own AP; nothing where it has no object, or only crowds."""
    import numpy as np

    if not matches.objects[:, 1].any():
        return {}
    precision, _ = Curves([matches], ranges=1)(np.ones(1))
    return {_OWN: float(np.nanmean(precision[0]))}


@dataclass(frozen=True, slots=True)
class Overlaps:
    """Detections that count, best first, beside a picture's objects.

    `order` (n,) are their places among all detections, `iou` (n, g) is with each object of their
    own category at least.
    """

    order: "NDArray[np.int64]"
    areas: "Floats"
    iou: "Floats"


def match_boxes(found: Detections, sample: Sample) -> Matches:
    """Match boxes with a sample's objects."""
    return _matched(found, sample, overlaps(found, sample, masks=False))


def match_masks(found: Detections, sample: Sample) -> Matches:
    """Match masks with a sample's objects."""
    return _matched(found, sample, overlaps(found, sample, masks=True))


def _matched(found: Detections, sample: Sample, made: Overlaps) -> Matches:
    return match(
        found.categories[made.order],
        found.scores[made.order],
        made.areas,
        made.iou,
        truth_of(sample),
        given=len(found.scores),
    )


def overlaps(found: Detections, sample: Sample, *, masks: bool) -> Overlaps:
    """How detections lie on a sample's objects, as boxes or as masks."""
    order = best_order(found.categories, found.scores)
    truth = truth_of(sample)
    if masks:
        return _mask_overlaps(found, sample, truth, order)
    boxes = found.boxes[order]
    return Overlaps(order, boxes[:, 2] * boxes[:, 3], box_iou(boxes, truth.boxes, truth.crowds))


def truth_of(sample: Sample) -> Truth:
    """The objects of a sample as arrays."""
    import numpy as np

    fields = sample.fields
    return Truth(
        np.asarray(fields["bbox"], dtype=np.float64).reshape(-1, 4),
        np.asarray(fields["area"], dtype=np.float64),
        np.asarray(fields["category_id"], dtype=np.int64),
        np.asarray(fields["iscrowd"], dtype=bool),
    )


def mask_library() -> Any:
    """faster-coco-eval's functions on run lengths."""
    try:
        return importlib.import_module("faster_coco_eval.core.mask")
    except ImportError as error:
        raise ConfigError(
            f"masks are compared with faster-coco-eval ({error}).",
            hint="pip install 'julja[vision]'",
        ) from error


def _mask_overlaps(
    found: Detections, sample: Sample, truth: Truth, order: "NDArray[np.int64]"
) -> Overlaps:
    """Only masks of the same category are compared."""
    import numpy as np

    library = mask_library()
    size = (int(sample.fields["height"]), int(sample.fields["width"]))
    categories = found.categories[order]
    given = [to_runs(found.masks[place], size, sample.id) for place in order.tolist()]
    wanted = [to_runs(shape, size, sample.id) for shape in sample.fields["segmentation"]]
    iou = np.zeros((len(given), len(wanted)))
    for kind in np.intersect1d(categories, truth.categories):
        rows, columns = np.flatnonzero(categories == kind), np.flatnonzero(truth.categories == kind)
        iou[np.ix_(rows, columns)] = library.iou(
            [given[row] for row in rows],
            [wanted[column] for column in columns],
            truth.crowds[columns].astype(int).tolist(),
        )
    areas = library.area(given).astype(np.float64) if given else np.zeros(0)
    return Overlaps(order, areas, iou)


def to_runs(shape: Json, size: tuple[int, int], place: str) -> Any:
    """A segmentation, run lengths or polygons, as the library's compressed run lengths."""
    library = mask_library()
    height, width = size
    try:
        if isinstance(shape, dict):
            counts = shape["counts"]
            if isinstance(counts, str):
                runs = {"size": [height, width], "counts": counts.encode("ascii")}
            else:
                runs = library.frPyObjects({"size": [height, width], "counts": counts}, *size)
        else:
            runs = library.merge(library.frPyObjects(shape, height, width))
    except Exception as error:  # the library raises whatever it stumbles over
        raise ScoringError(f"picture {place}: a mask can't be read ({error}).") from error
    return runs


class DetectionPool:
    """What became of all pictures' detections, as the twelve numbers and those of each class."""

    def __init__(self, tables: Sequence[Json]) -> None:
        places = sorted(range(len(tables)), key=lambda place: image_order(tables[place]["image"]))
        self._order = places
        self._curves = Curves([unpack(tables[place]) for place in places])
        self._names = {int(kind): name for table in tables for kind, name in table["names"].items()}
        self.remarks = _remarks(tables)

    def __call__(self, weights: "Floats") -> dict[str, float]:
        """The numbers where table i counts `weights[i]` times."""
        return self._curves.numbers(weights[self._order], self._names)


def image_order(name: str) -> tuple[int, int, str]:
    """The key of a picture's place: pycocotools takes pictures by their ids, which are numbers.

    It settles equal scores, and so the last digits of AP.
    """
    return (0, int(name), "") if name.isdigit() else (1, 0, name)


def _remarks(tables: Sequence[Json]) -> tuple[str, ...]:
    """What a reader must know of the detections: what was set aside, what is missing."""
    told: Counter[str] = Counter()
    pictures: Counter[str] = Counter()
    for table in tables:
        told.update(table["told"])
        pictures.update(table["told"].keys())
    said = [
        f"{told[reason]} detections {reason}, of {pictures[reason]} pictures,"
        f" {'count as they are' if reason == BEYOND else 'are left out'}"
        for reason in sorted(told)
    ]
    empty = sum(not table["found"] for table in tables)
    if empty:
        said.append(f"{empty} of {len(tables)} pictures have no detection")
    return tuple(said)

"""What detectors of YOLO's kind say, read: boxes and class scores, non-maximum suppression, masks.

    version 8 and later   (4 + classes [+ mask coefficients], anchors): centre, size, scores
    version 5             (anchors, 5 + classes): centre, size, objectness, scores
    end to end            (objects, 6): corners, score, class, suppressed by the model itself

All arrays are of one picture, boxes are in pixels of the model's input.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from julja.models.vision.preprocess import Place
from julja.pictures import pillow
from julja.predictions import mask_runs
from julja.types import Json

Form: TypeAlias = Literal["yolo8", "yolo5", "end2end"]
Floats: TypeAlias = NDArray[np.float32]
# Candidates of one picture that are looked at, the surest first, as Ultralytics does.
_MOST_BOXES = 30_000


@dataclass(frozen=True, slots=True)
class Rules:
    """Which boxes are kept: those of the COCO protocol by default.

    `confidence` is the lowest score, `overlap` the IoU beyond which the weaker of two boxes of one
    class goes, `most` how many a picture has. With `several` an anchor may be an object of more
    than one class, as Ultralytics' validation has it.
    """

    confidence: float = 0.001
    overlap: float = 0.7
    most: int = 300
    several: bool = True


@dataclass(frozen=True, slots=True)
class Found:
    """Boxes as corners (N, 4), scores (N,), classes (N,), mask coefficients (N, M)."""

    boxes: Floats
    scores: Floats
    classes: NDArray[np.intp]
    coefficients: Floats


def form_of(shape: Sequence[int], classes: int | None, masks: int = 0) -> Form:
    """Which of the forms an output (without its batch) has; `classes` where they are known."""
    rows, columns = shape
    if columns == 6 + masks and rows <= 1000 and classes != 1:
        return "end2end"
    if classes is not None:
        if rows == 4 + classes + masks:
            return "yolo8"
        if columns == 5 + classes + masks:
            return "yolo5"
        raise ValueError(f"{rows} x {columns} outputs fit no YOLO of {classes} classes")
    return "yolo8" if rows < columns else "yolo5"


def read_output(output: Floats, form: Form, rules: Rules, masks: int = 0) -> Found:
    """The kept boxes of one picture."""
    if form == "end2end":
        sure = output[output[:, 4] >= rules.confidence][: rules.most]
        return Found(sure[:, :4], sure[:, 4], sure[:, 5].astype(np.intp), sure[:, 6:])
    rows = output.T if form == "yolo8" else output
    start = 4 if form == "yolo8" else 5
    end = rows.shape[1] - masks
    scores: Floats = rows[:, start:end]
    if form == "yolo5":
        scores = np.asarray(scores * rows[:, 4:5], np.float32)
    anchors, classes = _candidates(scores, rules)
    values = scores[anchors, classes]
    order = np.argsort(-values, kind="stable")[:_MOST_BOXES]
    anchors, classes = anchors[order], classes[order]
    boxes, values = _corners(rows[anchors, :4]), values[order]
    kept = suppress(boxes, values, classes, rules.overlap, rules.most)
    return Found(boxes[kept], values[kept], classes[kept], rows[anchors[kept], end:])


def _candidates(scores: Floats, rules: Rules) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """(anchor, class) of every score that is high enough; NaN is never."""
    if rules.several:
        anchors, classes = np.nonzero(scores > rules.confidence)
        return anchors, classes
    best = scores.argmax(1)
    anchors = np.flatnonzero(scores[np.arange(len(scores)), best] > rules.confidence)
    return anchors, best[anchors]


def _corners(boxes: Floats) -> Floats:
    """Centre and size as corners."""
    half = boxes[:, 2:] / 2
    return np.concatenate([boxes[:, :2] - half, boxes[:, :2] + half], axis=1)


def suppress(
    boxes: Floats, scores: Floats, classes: NDArray[np.intp], overlap: float, most: int
) -> NDArray[np.intp]:
    """Greedy non-maximum suppression within each class: the kept places, the surest first.

    A box goes where its IoU with a surer one that stays is more than `overlap`.
    """
    kept: list[NDArray[np.intp]] = []
    for name in np.unique(classes):
        members = np.flatnonzero(classes == name)
        members = members[np.argsort(-scores[members], kind="stable")]
        kept.append(members[_greedy(boxes[members], overlap, most)])
    if not kept:
        return np.empty(0, np.intp)
    places = np.concatenate(kept)
    # By place among equals, so that the result hangs on the order of the input alone.
    return places[np.lexsort((places, -scores[places]))][:most]


def _greedy(boxes: Floats, overlap: float, most: int) -> NDArray[np.intp]:
    """The places that stay, of boxes the surest of which stands first."""
    areas = np.prod(np.maximum(boxes[:, 2:] - boxes[:, :2], 0), axis=1)
    left = np.arange(len(boxes))
    kept: list[int] = []
    while len(left) and len(kept) < most:
        first, left = left[0], left[1:]
        kept.append(int(first))
        high = np.minimum(boxes[first, 2:], boxes[left, 2:])
        low = np.maximum(boxes[first, :2], boxes[left, :2])
        shared = np.prod(np.maximum(high - low, 0), axis=1)
        together = areas[first] + areas[left] - shared
        left = left[shared <= overlap * together]
    return np.array(kept, np.intp)


def put_back(boxes: Floats, place: Place) -> Floats:
    """Boxes of the model's input as boxes of the picture, cut at its edges."""
    height, width = place.size
    moved = boxes - np.array([place.left, place.top] * 2)
    grown = moved / np.array([place.x_scale, place.y_scale] * 2)
    cut: Floats = np.clip(grown, 0, np.array([width, height] * 2)).astype(np.float32)
    return cut


def masks_of(
    found: Found, prototypes: Floats, place: Place, side: tuple[int, int]
) -> list[Mapping[str, Json]]:
    """Each object's mask in the picture, as run lengths.

    A mask is the sum of the prototypes (M, h, w) by the object's coefficients, above 0, in its box
    (YOLACT, Bolya et al. 2019, equation 1); it is resized before it is cut at 0, bilinearly.
    `side` is the (height, width) of the model's input.
    """
    count, high, wide = prototypes.shape
    sums = (found.coefficients @ prototypes.reshape(count, -1)).reshape(-1, high, wide)
    height, width = place.size
    boxes = put_back(found.boxes, place)
    # A pixel of the picture in pixels of the prototypes.
    across, down = wide / side[1], high / side[0]
    module = pillow()
    masks: list[Mapping[str, Json]] = []
    for values, (left, top, right, bottom) in zip(sums, boxes, strict=True):
        mask = np.zeros((height, width), bool)
        rows = slice(int(np.floor(top)), int(np.ceil(bottom)))
        columns = slice(int(np.floor(left)), int(np.ceil(right)))
        size = (columns.stop - columns.start, rows.stop - rows.start)
        if min(size) > 0:
            # The object's own part alone is resized: Pillow then looks at the same neighbours.
            box = (
                max(0.0, (place.left + columns.start * place.x_scale) * across),
                max(0.0, (place.top + rows.start * place.y_scale) * down),
                min(wide, (place.left + columns.stop * place.x_scale) * across),
                min(high, (place.top + rows.stop * place.y_scale) * down),
            )
            image = module.fromarray(np.ascontiguousarray(values, np.float32))
            part = image.resize(size, module.Resampling.BILINEAR, box=box)
            mask[rows, columns] = np.asarray(part) > 0
        masks.append(mask_runs(mask))
    return masks

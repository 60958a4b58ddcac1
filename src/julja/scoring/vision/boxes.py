"""Detections as arrays: read from a response (`julja.predictions` has its form), checked, counted.

COCO's results file, `[{"image_id", "category_id", "bbox" or "segmentation", "score"}, …]`, comes in
and goes out here too. What can't be used is set aside under a reason that the reader is told:
nothing is dropped in silence, and a box that only reaches beyond its picture is kept as it is.
"""

import json
import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from julja.errors import DataError
from julja.predictions import read_json
from julja.types import Json, Row, Sample

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats: TypeAlias = NDArray[np.float64]
    Ints: TypeAlias = NDArray[np.int64]

# Why a detection is set aside; the last one is kept and only told.
UNKNOWN = "of an unknown category"
NO_SCORE = "whose score is no number"
NO_BOX = "without a box of four numbers"
NO_MASK = "without a mask of the picture's size"
BEYOND = "reaching beyond their picture"
# In pixels: detectors round, and pictures are resized.
_GRACE = 1


@dataclass(frozen=True, slots=True)
class Detections:
    """Detections of one picture: boxes (n, 4) as x, y, width, height; scores (n,); category ids.

    `masks` are COCO run lengths, one for each, where masks are asked for. `told` counts what was
    set aside, and what is odd, by reason.
    """

    boxes: "Floats"
    scores: "Floats"
    categories: "Ints"
    masks: tuple[Mapping[str, Json], ...]
    told: Mapping[str, int]


def read_detections(
    text: str,
    names: Mapping[str, int],
    size: tuple[int, int],
    *,
    masks: bool = False,
) -> Detections:
    """The detections of a response to a picture of `size` (height, width).

    `names` are the ids of the known categories by name. Raises ValueError, which says why, where
    the text has not the form at all.
    """
    content = read_json(text)
    rows = content.get("boxes") if isinstance(content, dict) else content
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise ValueError('no {"boxes": [{"box", "score", "label" or "category_id"}, …]}')
    return to_arrays(rows, names, size, masks=masks)


def to_arrays(
    rows: Sequence[Row],
    names: Mapping[str, int],
    size: tuple[int, int],
    *,
    masks: bool = False,
) -> Detections:
    """Rows of either form (`box` or `bbox`, `mask` or `segmentation`) as arrays."""
    quick = None if masks else _clean(rows, names, size)
    return quick or _checked(rows, names, size, masks=masks)


def _clean(
    rows: Sequence[Row], names: Mapping[str, int], size: tuple[int, int]
) -> Detections | None:
    """Boxes of which nothing has to be set aside, all at once; None where one may have to be."""
    import numpy as np

    if not rows:
        return None
    given = [_category(row, names) for row in rows]
    try:
        boxes = np.array([row.get("box") or row.get("bbox") for row in rows])
        scores = np.array([row.get("score") for row in rows])
    except ValueError:  # boxes of different lengths
        return None
    if boxes.ndim != 2 or boxes.shape[1] != 4 or {boxes.dtype.kind, scores.dtype.kind} - {*"if"}:
        return None
    if not (np.isfinite(boxes).all() and np.isfinite(scores).all() and (boxes[:, 2:] >= 0).all()):
        return None
    if not set(given) <= set(names.values()):
        return None
    height, width = size
    far = (boxes[:, :2] + boxes[:, 2:]) > (width + _GRACE, height + _GRACE)
    beyond = int(((boxes[:, :2] < -_GRACE) | far).any(axis=1).sum())
    return Detections(
        boxes.astype(np.float64),
        scores.astype(np.float64),
        np.array(given, dtype=np.int64),
        (),
        {BEYOND: beyond} if beyond else {},
    )


def _checked(
    rows: Sequence[Row], names: Mapping[str, int], size: tuple[int, int], *, masks: bool
) -> Detections:
    """The same one by one, with what is set aside counted."""
    import numpy as np

    known = set(names.values())
    told: Counter[str] = Counter()
    boxes: list[Sequence[float]] = []
    scores: list[float] = []
    categories: list[int] = []
    kept: list[Mapping[str, Json]] = []
    for row in rows:
        category = _category(row, names)
        score: Json = row.get("score")
        box: Json = row.get("box") or row.get("bbox")
        mask: Json = row.get("mask") or row.get("segmentation")
        if category not in known:
            told[UNKNOWN] += 1
        elif not _is_number(score):
            told[NO_SCORE] += 1
        elif masks and not _is_mask(mask, size):
            told[NO_MASK] += 1
        elif not masks and not _is_box(box):
            told[NO_BOX] += 1
        else:
            place: Sequence[float] = (0.0, 0.0, 0.0, 0.0) if masks else box
            if _is_beyond(place, size):
                told[BEYOND] += 1
            boxes.append(place)
            scores.append(score)
            categories.append(category)
            if masks:
                kept.append(mask)
    return Detections(
        np.asarray(boxes, dtype=np.float64).reshape(-1, 4),
        np.asarray(scores, dtype=np.float64),
        np.asarray(categories, dtype=np.int64),
        tuple(kept),
        told,
    )


def _category(row: Row, names: Mapping[str, int]) -> int:
    """The id that a row gives, or that of the name it gives; -1 for neither."""
    given = row.get("category_id")
    if given is None:
        label = row.get("label")
        return names.get(label, -1) if isinstance(label, str) else -1
    return given if type(given) is int else -1


def _is_number(value: Json) -> bool:
    return isinstance(value, int | float) and math.isfinite(value)


def _is_box(box: Json) -> bool:
    """Four numbers, and no side below zero."""
    return (
        isinstance(box, list)
        and len(box) == 4
        and all(map(_is_number, box))
        and box[2] >= 0
        and box[3] >= 0
    )


def _is_beyond(box: Sequence[float], size: tuple[int, int]) -> bool:
    x, y, wide, high = box
    height, width = size
    return x < -_GRACE or y < -_GRACE or x + wide > width + _GRACE or y + high > height + _GRACE


def _is_mask(mask: Json, size: tuple[int, int]) -> bool:
    """Run lengths of the picture's size, or polygons."""
    if isinstance(mask, dict):
        counts = mask.get("counts")
        return mask.get("size") == list(size) and isinstance(counts, str | list)
    return isinstance(mask, list) and bool(mask) and all(isinstance(part, list) for part in mask)


def from_coco(content: Json, samples: Sequence[Sample], *, key: str) -> list[Row]:
    """A COCO results file as rows {"id", "response"}: one for each picture, empty ones too.

    `key` is what each result must have, "bbox" or "segmentation". A picture that no sample has
    keeps its row: the caller tells of answers that fit no sample.
    """
    if not isinstance(content, list) or not all(isinstance(row, dict) for row in content):
        raise DataError(
            "the file is no COCO results file: it is not a list of objects.",
            hint=f'It holds [{{"image_id": 1, "category_id": 1, "{key}": …, "score": 1}}, …].',
        )
    lacking = next((n for n, row in enumerate(content) if "image_id" not in row), None)
    if lacking is not None:
        raise DataError(
            f"result {lacking} of {len(content)} has no image_id (its fields:"
            f" {', '.join(content[lacking])}).",
            hint="Each result says which picture it is of.",
        )
    if content and not any(key in row for row in content):
        raise DataError(
            f"none of the {len(content)} results has a {key}.",
            hint="Boxes are scored by coco_detection, masks by coco_segmentation.",
        )
    by_image: dict[str, list[Row]] = defaultdict(list)
    for row in content:
        by_image[_image_id(row["image_id"])].append(_slim(row, key))
    known = dict.fromkeys(sample.id for sample in samples)
    return [
        {"id": name, "response": _dump({"boxes": by_image.get(name, [])})}
        for name in known | dict.fromkeys(by_image)
    ]


def _image_id(value: Json) -> str:
    """Ids are numbers, and some tools write them as 139.0 or "139"."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _slim(row: Row, key: str) -> Row:
    found = {"category_id": row.get("category_id"), "score": row.get("score")}
    return {**found, _OWN[key]: row.get(key)}


_OWN = {"bbox": "box", "segmentation": "mask"}


def to_coco(sample: Sample, text: str, *, key: str) -> list[dict[str, Json]]:
    """A response as entries of a COCO results file; what can't be scored is left out."""
    names = dict(zip(sample.choices, sample.fields["category_ids"], strict=True))
    size = (sample.fields["height"], sample.fields["width"])
    found = read_detections(text, names, size, masks=key == "segmentation")
    image = int(sample.id) if sample.id.isdigit() else sample.id
    made: list[dict[str, Json]] = []
    for place, (category, score) in enumerate(
        zip(found.categories.tolist(), found.scores.tolist(), strict=True)
    ):
        shape = found.masks[place] if found.masks else found.boxes[place].tolist()
        made.append({"image_id": image, "category_id": category, key: shape, "score": score})
    return made


def _dump(value: Json) -> str:
    """JSON; a score or box that is no number becomes null, which is no number either."""
    import orjson

    try:
        return orjson.dumps(value).decode()
    except TypeError:  # whole numbers of more than 64 bits
        return json.dumps(value, separators=(",", ":"))

"""COCO's matching of one picture's detections with its objects, kept as a small table.

The rules are those of pycocotools (cocodataset/cocoapi: PythonAPI/pycocotools/cocoeval.py,
`evaluateImg`). Within a category, detections in order of their scores, the hundred best at most,
take each the free object with the largest IoU that reaches the threshold; of equal ones the last.
An object is ignored where it is a crowd or its area lies outside the range, and is taken only where
no other is left; a crowd can be taken many times. A detection is ignored that took such an object,
or that took none and has an area outside the range itself.

All ten thresholds are bits of a whole number, so that an object costs a few operations for each
range of areas, and only detections with an IoU of a half or more are looked at one by one.
"""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, TypeAlias

from julja.types import Json

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats: TypeAlias = NDArray[np.float64]
    Ints: TypeAlias = NDArray[np.int64]
    Bits: TypeAlias = NDArray[np.uint32]
    Flags: TypeAlias = NDArray[np.bool_]

# Squares of the sides at which COCO parts small, medium and large objects.
AREAS: dict[str, tuple[float, float]] = {
    "all": (0.0, 1e5**2),
    "small": (0.0, 32.0**2),
    "medium": (32.0**2, 96.0**2),
    "large": (96.0**2, 1e5**2),
}
LEVELS = 10
ALL = (1 << LEVELS) - 1
MOST = 100


@cache
def thresholds() -> "Floats":
    """The IoU thresholds .50, .55 … .95."""
    import numpy as np

    return np.linspace(0.5, 0.95, LEVELS)


@dataclass(frozen=True, slots=True)
class Truth:
    """A picture's objects: boxes (g, 4), areas, category ids, and which are crowds."""

    boxes: "Floats"
    areas: "Floats"
    categories: "Ints"
    crowds: "Flags"


@dataclass(frozen=True, slots=True)
class Matches:
    """What became of a picture's detections, in the order in which they are counted.

    `bits` (n, 4) has for each range of areas the thresholds at which a detection is right in its
    lowest ten bits, and those at which it is ignored in the next ten. `objects` (k, 5) are
    category, and objects that count in each range. `cut` detections were beyond the hundredth.
    """

    categories: "Ints"
    scores: "Floats"
    bits: "Bits"
    objects: "Ints"
    cut: int


def box_iou(boxes: "Floats", truth: "Floats", crowds: "Flags") -> "Floats":
    """IoU (n, g) of boxes x, y, width, height; of a crowd, the share of the box that lies in it."""
    import numpy as np

    left, top = boxes[:, :2].T[:, :, None]
    right, bottom = (boxes[:, :2] + boxes[:, 2:]).T[:, :, None]
    far = truth[:, :2] + truth[:, 2:]
    wide = np.minimum(right, far[:, 0]) - np.maximum(left, truth[:, 0])
    high = np.minimum(bottom, far[:, 1]) - np.maximum(top, truth[:, 1])
    inner = np.where((wide > 0) & (high > 0), wide * high, 0.0)
    own = (boxes[:, 2] * boxes[:, 3])[:, None]
    union = np.where(crowds, own, own + truth[:, 2] * truth[:, 3] - inner)
    return np.divide(inner, union, out=np.zeros_like(inner), where=inner > 0)


def best_order(categories: "Ints", scores: "Floats") -> "Ints":
    """The places of the detections that count, best first: a hundred at most of each category."""
    import numpy as np

    order = np.argsort(-scores, kind="stable")
    if len(order) <= MOST:
        return order
    grouped = np.argsort(categories[order], kind="stable")
    sorted_categories = categories[order][grouped]
    starts = np.flatnonzero(np.r_[True, sorted_categories[1:] != sorted_categories[:-1]])
    lengths = np.diff(np.r_[starts, len(order)])
    rank = np.empty(len(order), dtype=np.int64)
    rank[grouped] = np.arange(len(order)) - np.repeat(starts, lengths)
    return order[rank < MOST]


def match(
    categories: "Ints",
    scores: "Floats",
    areas: "Floats",
    iou: "Floats",
    truth: Truth,
    *,
    given: int,
) -> Matches:
    """Match detections (n,), best first, by their `iou` (n, g); `given` were there at first."""
    import numpy as np

    limits = np.array(list(AREAS.values()))
    # (4, g) and (4, n): what lies outside a range of areas.
    outside = (truth.areas < limits[:, :1]) | (truth.areas > limits[:, 1:])
    ignored = outside | truth.crowds
    beyond = ((areas < limits[:, :1]) | (areas > limits[:, 1:])).T
    bits = np.where(beyond, np.uint32(ALL << LEVELS), np.uint32(0))
    if iou.size:
        same = categories[:, None] == truth.categories
        close = same & (iou >= thresholds()[0])
        taken = _match_close(iou, close, ignored, truth.crowds)
        for place, row in taken.items():
            for area, (right, unsure, nothing) in enumerate(row):
                skipped = unsure | (nothing if beyond[place, area] else 0)
                bits[place, area] = right | skipped << LEVELS
    return Matches(categories, scores, bits, _objects(truth, ignored), given - len(categories))


def _match_close(
    iou: "Floats", close: "Flags", ignored: "Flags", crowds: "Flags"
) -> dict[int, list[tuple[int, int, int]]]:
    """For each detection near an object, by range of areas: levels at which it took an object that
    counts, one that is ignored, and none."""
    import numpy as np

    first, second = np.nonzero(close)
    near = iou[first, second]
    # pycocotools asks for min(threshold, 1 - 1e-10), which no threshold here reaches.
    reached = np.searchsorted(thresholds(), near, side="right")
    # Of equal ones, the last in the file's order is taken.
    order = np.lexsort((-second, -near, first))
    able = ((1 << reached) - 1)[order].tolist()
    rows, columns = first[order].tolist(), second[order].tolist()
    skip, crowd = ignored.tolist(), crowds.tolist()
    free = [[ALL] * len(crowd) for _ in AREAS]
    found: dict[int, list[tuple[int, int, int]]] = {}
    start, end = 0, len(rows)
    while start < end:
        row, stop = rows[start], start
        while stop < end and rows[stop] == row:
            stop += 1
        pairs = list(zip(columns[start:stop], able[start:stop], strict=True))
        found[row] = [_take(pairs, skip[a], free[a], crowd) for a in range(len(AREAS))]
        start = stop
    return found


def _take(
    pairs: Sequence[tuple[int, int]], skip: Sequence[bool], free: list[int], crowd: Sequence[bool]
) -> tuple[int, int, int]:
    """One detection in one range of areas; `free` has the levels at which an object is not taken.

    `pairs` are objects with the levels that their IoU reaches, the nearest first.
    """
    left, right, unsure = ALL, 0, 0
    for place, able in pairs:
        if not skip[place]:
            hit = left & able & free[place]
            right |= hit
            left &= ~hit
            free[place] &= ~hit
    if left:
        for place, able in pairs:
            if skip[place]:
                hit = left & able & (ALL if crowd[place] else free[place])
                unsure |= hit
                left &= ~hit
                free[place] &= ~hit
    return right, unsure, left


def objects_taken(categories: "Ints", iou: "Floats", truth: Truth, level: int = 0) -> "Ints":
    """(n,): the object that each detection, best first, takes at one threshold; -1 for none.

    `level` is a place in `thresholds()`. Objects of all sizes: crowds alone are ignored. The same
    rule as `match`, for those who want to see who took what.
    """
    import numpy as np

    reached = (iou >= thresholds()[level]) & (categories[:, None] == truth.categories)
    free = np.ones(len(truth.categories), dtype=bool)
    found = np.full(len(categories), -1, dtype=np.int64)
    for place in np.flatnonzero(reached.any(axis=1)).tolist():
        for able in (reached[place] & free & ~truth.crowds, reached[place] & truth.crowds):
            if able.any():
                near = np.where(able, iou[place], -1.0)
                # Of equal ones, the last in the file's order.
                taken = len(near) - 1 - int(near[::-1].argmax())
                found[place] = taken
                free[taken] = False
                break
    return found


def _objects(truth: Truth, ignored: "Flags") -> "Ints":
    """(k, 5): each category that occurs, and how many of its objects count in each range."""
    import numpy as np

    kinds, codes = np.unique(truth.categories, return_inverse=True)
    counts = [np.bincount(codes[~row], minlength=len(kinds)) for row in ignored]
    return np.stack([kinds, *counts], axis=1).astype(np.int64)


def pack(found: Matches, image: str) -> dict[str, Json]:
    """Matches as JSON: the arrays as base64 of their little-endian bytes."""
    return {
        "image": image,
        "categories": _packed(found.categories.astype("<i4")),
        "scores": _packed(found.scores.astype("<f8")),
        "bits": _packed(found.bits.astype("<u4")),
        "objects": found.objects.tolist(),
        "cut": found.cut,
    }


def unpack(table: Json) -> Matches:
    """The inverse of `pack`."""
    import numpy as np

    return Matches(
        np.frombuffer(base64.b64decode(table["categories"]), "<i4").astype(np.int64),
        np.frombuffer(base64.b64decode(table["scores"]), "<f8"),
        np.frombuffer(base64.b64decode(table["bits"]), "<u4").reshape(-1, len(AREAS)),
        np.asarray(table["objects"], dtype=np.int64).reshape(-1, 1 + len(AREAS)),
        int(table["cut"]),
    )


def _packed(array: "NDArray[np.generic]") -> str:
    return base64.b64encode(array.tobytes()).decode("ascii")

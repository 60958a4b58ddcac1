"""COCO's average precision and recall of many pictures, from what became of their detections.

    AP    mean of the precision at 101 recalls, made monotone from the right, over the categories
          that occur and the IoU thresholds .50, .55 … .95; AP50 and AP75 at one of them; APs, APm
          and APl of small, medium and large objects
    AR1 AR10 AR100   the recall reached with so many detections a picture and category, over the
          same thresholds and categories; ARs, ARm, ARl with a hundred, by size

Source: pycocotools, `accumulate` and `summarize`. The order of all detections by score does not
depend on how often a picture is drawn, so a bootstrap only sums weights in that order anew: no
matching, no sorting. Where nothing can be found there is no number (pycocotools prints -1).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, TypeAlias

from julja.scoring.vision.matching import ALL, AREAS, LEVELS, MOST, Matches

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats: TypeAlias = NDArray[np.float64]
    Ints: TypeAlias = NDArray[np.int64]

NAMES = ("AP", "AP50", "AP75", "APs", "APm", "APl", "AR1", "AR10", "AR100", "ARs", "ARm", "ARl")
BY_CLASS = ("AP", "AP50", "AR100")
_DEPTHS = (1, 10, MOST)
_RECALLS = 101


@cache
def _recalls() -> "Floats":
    import numpy as np

    return np.linspace(0.0, 1.0, _RECALLS)


@dataclass(frozen=True, slots=True)
class _Range:
    """One range of areas: right detections of all thresholds in one list, by segment.

    A segment is a category at a threshold: number k * 10 + t; `ends` are their ends in the list.
    Of each right detection: its segment, its picture, its depth among its picture's detections of
    the category, how many detections stand before it and itself in `pictures` (those of all counted
    ones, in order) and where its category begins there; the same of the few that are ignored at its
    threshold, in `unsure`.
    """

    segment: "Ints"
    picture: "Ints"
    depth: "Ints"
    first: "Ints"
    before: "Ints"
    begin: "Ints"
    pictures: "Ints"
    unsure: "Ints"
    unsure_before: "Ints"
    unsure_begin: "Ints"


class Curves:
    """Precision and recall of a set of pictures under any weights; see the module.

    `matches` are in the order of the pictures' ids, which settles equal scores. `ranges` are how
    many of the ranges of areas are wanted: the first is of all sizes.
    """

    def __init__(self, matches: Sequence[Matches], ranges: int = len(AREAS)) -> None:
        import numpy as np

        sizes = [len(item.scores) for item in matches]
        objects = [item.objects for item in matches]
        every = np.concatenate([*objects, np.zeros((0, 1 + len(AREAS)), dtype=np.int64)])
        self.kinds = np.unique(every[:, 0])
        self._kind = np.searchsorted(self.kinds, every[:, 0])
        self._counts = every[:, 1:]
        self._owner = np.repeat(np.arange(len(matches)), [len(item) for item in objects])
        category = np.concatenate([*(item.categories for item in matches), np.zeros(0, np.int64)])
        score = np.concatenate([*(item.scores for item in matches), np.zeros(0)])
        bits = np.concatenate([*(item.bits for item in matches), np.zeros((0, len(AREAS)), "u4")])
        picture = np.repeat(np.arange(len(matches)), sizes)
        # Categories without an object have no precision.
        kept = np.isin(category, self.kinds)
        code = np.searchsorted(self.kinds, category[kept])
        depth = _depths(picture[kept], code)
        order = np.lexsort((-score[kept], code))
        rows = (code[order], picture[kept][order], depth[order])
        self._ranges = [_range(*rows, bits[kept][order, place]) for place in range(ranges)]

    def __call__(self, weights: "Floats") -> "tuple[Floats, Floats]":
        """(precision (4, k, 10), recall (4, 3, k, 10)); NaN for categories without an object."""
        import numpy as np

        kinds = len(self.kinds)
        precision = np.full((len(AREAS), kinds, LEVELS), np.nan)
        recall = np.full((len(AREAS), len(_DEPTHS), kinds, LEVELS), np.nan)
        for place, part in enumerate(self._ranges):
            held = weights[self._owner] * self._counts[:, place]
            objects: Floats = np.bincount(self._kind, weights=held, minlength=kinds).astype(float)
            present = objects > 0
            made, reached = _curve(part, weights, objects)
            precision[place, present] = made[present]
            recall[place][:, present] = reached[:, present]
        return precision, recall

    def at_recalls(self, weights: "Floats") -> "Floats":
        """(k, 10, 101): the precision at each recall, of objects of all sizes; its mean is AP.

        NaN for categories without an object.
        """
        import numpy as np

        kinds = len(self.kinds)
        held = weights[self._owner] * self._counts[:, 0]
        objects: Floats = np.bincount(self._kind, weights=held, minlength=kinds).astype(float)
        part = self._ranges[0]
        falling, before, reached, _ = _steps(part, weights, objects)
        lengths = reached - before
        # Each right detection holds the recalls from the one before it on to its own.
        inside = np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        made = np.zeros((kinds, LEVELS, _RECALLS))
        rows = np.repeat(part.segment, lengths)
        places = rows // LEVELS, rows % LEVELS, np.repeat(before, lengths) + inside
        made[places] = np.repeat(falling, lengths)
        made[objects == 0] = np.nan
        return made

    def numbers(self, weights: "Floats", names: Mapping[int, str]) -> dict[str, float]:
        """The twelve numbers, and "AP/cat" and the like of each category."""
        precision, recall = self(weights)
        small, medium, large = 1, 2, 3
        made = {
            "AP": _mean(precision[0]),
            "AP50": _mean(precision[0, :, 0]),
            "AP75": _mean(precision[0, :, 5]),
            "APs": _mean(precision[small]),
            "APm": _mean(precision[medium]),
            "APl": _mean(precision[large]),
            "AR1": _mean(recall[0, 0]),
            "AR10": _mean(recall[0, 1]),
            "AR100": _mean(recall[0, 2]),
            "ARs": _mean(recall[small, 2]),
            "ARm": _mean(recall[medium, 2]),
            "ARl": _mean(recall[large, 2]),
        }
        whole = (precision[0].mean(1), precision[0, :, 0], recall[0, 2].mean(1))
        for name, values in zip(BY_CLASS, whole, strict=True):
            for kind, value in zip(self.kinds.tolist(), values.tolist(), strict=True):
                made[f"{name}/{names.get(kind, kind)}"] = value
        return made


def _mean(values: "Floats") -> float:
    import numpy as np

    known = values[~np.isnan(values)]
    return float(known.mean()) if known.size else float("nan")


def _depths(picture: "Ints", code: "Ints") -> "Ints":
    """How many better detections of its picture and category each has; rows are best first."""
    import numpy as np

    order = np.lexsort((code, picture))
    starts = _starts(picture[order], code[order])
    lengths = np.diff(np.r_[starts, len(order)])
    depth = np.empty(len(order), dtype=np.int64)
    depth[order] = np.arange(len(order)) - np.repeat(starts, lengths)
    return depth


def _starts(*keys: "Ints") -> "Ints":
    """Where a run of equal keys begins."""
    import numpy as np

    if not len(keys[0]):
        return np.zeros(0, dtype=np.int64)
    changes = np.zeros(len(keys[0]), dtype=bool)
    changes[0] = True
    for key in keys:
        changes[1:] |= key[1:] != key[:-1]
    return np.flatnonzero(changes)


def _range(code: "Ints", picture: "Ints", depth: "Ints", bits: "NDArray[np.uint32]") -> _Range:
    import numpy as np

    counted = bits >> LEVELS != ALL
    code, picture, depth, bits = code[counted], picture[counted], depth[counted], bits[counted]
    begins = np.searchsorted(code, np.arange(code.max(initial=-1) + 1))
    doubtful = np.flatnonzero(bits >> LEVELS)
    rows, levels, unsure, unsure_before, unsure_begin = [], [], [], [], []
    held = 0
    for level in range(LEVELS):
        right = np.flatnonzero(bits >> level & 1)
        skipped = doubtful[(bits[doubtful] >> (LEVELS + level) & 1).astype(bool)]
        rows.append(right)
        levels.append(np.full(len(right), level))
        unsure.append(picture[skipped])
        unsure_before.append(held + np.searchsorted(skipped, right))
        unsure_begin.append(held + np.searchsorted(skipped, begins[code[right]]))
        held += len(skipped)
    row, level_of = np.concatenate(rows), np.concatenate(levels)
    order = np.lexsort((row, level_of, code[row]))
    row = row[order]
    segment = code[row] * LEVELS + level_of[order]
    starts = _starts(segment)
    return _Range(
        segment=segment,
        picture=picture[row],
        depth=depth[row],
        first=np.repeat(starts, np.diff(np.r_[starts, len(row)])),
        before=row + 1,
        begin=begins[code[row]],
        pictures=picture,
        unsure=np.concatenate(unsure),
        unsure_before=np.concatenate(unsure_before)[order],
        unsure_begin=np.concatenate(unsure_begin)[order],
    )


def _sums(weights: "Floats") -> "Floats":
    """Running sums with a zero before them."""
    import numpy as np

    return np.concatenate([[0.0], np.cumsum(weights)])


def _steps(
    part: _Range, weights: "Floats", objects: "Floats"
) -> "tuple[Floats, Ints, Ints, Floats]":
    """Of each right detection: the precision from it on, the recalls before and after it (places
    among the 101), and its weight."""
    import numpy as np

    own: Floats = weights[part.picture]
    right = _sums(own)
    right = right[1:] - right[part.first]
    all_ = _sums(weights[part.pictures])
    unsure = _sums(weights[part.unsure])
    seen = all_[part.before] - all_[part.begin]
    seen -= unsure[part.unsure_before] - unsure[part.unsure_begin]
    precision = np.divide(right, seen, out=np.zeros_like(right), where=seen > 0)
    count = objects[part.segment // LEVELS]
    recall = np.divide(right, count, out=np.zeros_like(right), where=count > 0)
    # The 101 recalls fall on the detections at which they are reached.
    reached = np.searchsorted(_recalls(), recall, side="right")
    before = np.concatenate([[0], reached[:-1]])
    before[part.first] = 0
    return _falling(precision, part.segment), before, reached, own


def _curve(part: _Range, weights: "Floats", objects: "Floats") -> "tuple[Floats, Floats]":
    """Average precision (k, 10) and recall (3, k, 10) in one range of areas."""
    import numpy as np

    segments = len(objects) * LEVELS
    falling, before, reached, own = _steps(part, weights, objects)
    area = np.bincount(part.segment, weights=falling * (reached - before), minlength=segments)
    total = np.maximum(objects, 1)
    depths = [
        np.bincount(part.segment, weights=own * (part.depth < depth), minlength=segments)
        for depth in _DEPTHS
    ]
    shape = (len(objects), LEVELS)
    found = np.stack([depth.reshape(shape) / total[:, None] for depth in depths])
    return area.reshape(shape) / _RECALLS, found


def _falling(values: "Floats", segment: "Ints") -> "Floats":
    """The largest value at or behind each place within its segment (values lie in 0..1)."""
    import numpy as np

    # Going backwards, each segment is lifted above all that lie behind it.
    lift = 2.0 * (segment.max(initial=0) - segment)
    lifted: Floats = np.maximum.accumulate((values + lift)[::-1])[::-1]
    falling: Floats = lifted - lift
    return falling

"""Semantic segmentation: mIoU, mAcc and aAcc from one confusion matrix of the whole data set.

    label_maps(names, ignore=255)                 VOC, Cityscapes, COCO-Stuff
    label_maps(names, zero_is_other=True)         ADE20K: 0 is "other", 1 the first class

    IoU_c = right / (predicted + labelled - right)    Acc_c = right / labelled
    aAcc = right pixels / labelled pixels

summed over all pictures first, then averaged over the classes that occur, as mmsegmentation does
(mmseg/evaluation/metrics/iou_metric.py). A mean of single pictures' mIoU is another number (51.72
against 34.45 for one model). The original scorer of MIT's scene parsing challenge counts classes
that never occur as 0 and averages over all of them: `mIoU_mit`, and `mit_score`, the mean of it and
aAcc (CSAILVision/sceneparsing: evaluationCode).

A prediction has the places of the classes in `Sample.choices`; any other number is no class, and
wrong. One of another size is brought to the truth's by nearest neighbour, never the reverse.
`Sample.fields["map"]` is the truth, a PNG in base64 with the data set's own numbers.
"""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from julja.errors import ScoringError
from julja.predictions import read_label_picture, read_map
from julja.scoring.base import FunctionScorer
from julja.types import Json, Metric, Response, Sample, Score, Scorer, by_pool

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats: TypeAlias = NDArray[np.float64]
    Ints: TypeAlias = NDArray[np.int64]
    Labels: TypeAlias = NDArray[np.integer[Any]]

_OWN = "image_iou"
_BYTE = 256
# With shorter runs than this many pixels, counting pixels is quicker.
_RAGGED = 4


def label_maps(
    names: Sequence[str], *, ignore: int = 255, zero_is_other: bool = False, mit: bool = False
) -> Scorer:
    """mIoU (first), mAcc and aAcc over the classes `names`, and with `mit` MIT's two numbers.

    Pixels whose label is `ignore` (and 0, where `zero_is_other` and the first class is 1) count
    nowhere.
    """
    pool = MapPool(tuple(names), mit)
    wanted = ("mIoU", "mAcc", "aAcc", *(("mIoU_mit", "mit_score") if mit else ()))
    metrics = tuple(Metric(name, source=_OWN, aggregate=by_pool, pool=pool) for name in wanted)
    first = 1 if zero_is_other else 0

    def score(sample: Sample, response: Response) -> Score:
        truth = _truth(sample)
        try:
            given, problem = read_map(response.text), None
        except ValueError as error:
            given, problem = None, f"no label map can be read: {error}"
        resized = given is not None and given.shape != truth.shape
        counts = _counted(truth, given, sample.id)
        pairs = to_classes(counts, len(names), first=first, ignore=ignore, place=sample.id)
        values = {_OWN: 0.0} if problem else image_iou(pairs, len(names))
        return Score(
            values,
            state="unparsed" if problem else "scored",
            extracted=None if given is None else f"{given.shape[0]} x {given.shape[1]} labels",
            explanation=problem,
            details={"table": {"pairs": pairs.tolist(), "resized": resized}},
        )

    args = {"classes": list(names), "ignore": ignore, "zero_is_other": zero_is_other, "mit": mit}
    return FunctionScorer("label_maps", args, metrics, True, score)


def _truth(sample: Sample) -> "Labels":
    try:
        return read_label_picture(base64.b64decode(sample.fields["map"]))
    except (KeyError, TypeError, ValueError) as error:
        raise ScoringError(f"sample {sample.id!r} has no readable label map: {error}.") from error


def _counted(truth: "Labels", given: "Labels | None", place: str) -> "Ints":
    import numpy as np

    if given is None:
        given = np.full(truth.shape, -1, dtype=np.int32)
    if truth.ndim != 2 or not truth.size:
        raise ScoringError(f"sample {place!r}: a label map has rows and columns of pixels.")
    return label_pairs(truth, nearest(given, (truth.shape[0], truth.shape[1])))


def nearest(labels: "Labels", size: tuple[int, int]) -> "Labels":
    """A label map in another size (height, width), by the nearest pixel's centre."""
    import numpy as np

    if labels.shape == size:
        return labels
    rows, columns = (
        ((np.arange(new) + 0.5) * (old / new)).astype(np.int64).clip(0, old - 1)
        for new, old in zip(size, labels.shape, strict=True)
    )
    made: Labels = labels[rows[:, None], columns]
    return made


def label_pairs(truth: "Labels", given: "Labels") -> "Ints":
    """(k, 3): each label with each prediction that stands on it, and on how many pixels.

    Two numbers below 256 are one of 16 bits. Regions make long runs of the same pair: runs are
    counted rather than pixels, which would be looked up one by one.
    """
    import numpy as np

    if _fits(truth) and _fits(given):
        both = truth.astype(np.uint16)
        both <<= 8
        both |= given.astype(np.uint8)
        flat = both.ravel()
        ends = np.flatnonzero(flat[1:] != flat[:-1])
        if len(ends) < flat.size // _RAGGED:
            ends = np.append(ends, flat.size - 1)
            lengths = np.diff(ends, prepend=-1)
            # Sums of whole numbers are exact as floats, and pixels are far fewer than 2^53.
            summed = np.bincount(flat[ends], weights=lengths)
            counts = summed.astype(np.int64)
        else:
            counts = np.bincount(flat)
        found = np.flatnonzero(counts)
        return np.stack([found // _BYTE, found % _BYTE, counts[found]], axis=1)
    base = int(given.min()), int(given.max())
    wide = base[1] - base[0] + 1
    codes = truth.astype(np.int64).ravel() * wide + (given.ravel() - base[0])
    found, times = np.unique(codes, return_counts=True)
    return np.stack([found // wide, found % wide + base[0], times], axis=1)


def _fits(labels: "Labels") -> bool:
    """True when all labels are bytes, or could be."""
    bytes_ = labels.dtype.itemsize == 1 and labels.dtype.kind == "u"
    return bytes_ or (int(labels.min()) >= 0 and int(labels.max()) < _BYTE)


def to_classes(counts: "Ints", classes: int, *, first: int, ignore: int, place: str) -> "Ints":
    """Pairs of labels and predictions as pairs of classes; `classes` stands for no class.

    A label that is neither a class nor ignored is an error in the data.
    """
    label = counts[:, 0] - first
    counted = (counts[:, 0] != ignore) & (label >= 0)
    unknown = counted & (label >= classes)
    if unknown.any():
        raise ScoringError(
            f"sample {place!r} has the label {int(counts[unknown][0, 0])}, and there are"
            f" {classes} classes.",
            hint="ignore= names the label of pixels that do not count.",
        )
    made: Ints = counts[counted]
    made[:, 0] -= first
    made[(made[:, 1] < 0) | (made[:, 1] > classes), 1] = classes
    return made


def image_iou(pairs: "Ints", classes: int) -> dict[str, float]:
    """One picture's mean IoU over the classes that it shows or is said to; for looking, not for
    averages."""
    import numpy as np

    if not len(pairs):
        return {}
    counts = _Counts.of([pairs], classes)
    return {_OWN: counts.means(np.ones(1))["mIoU"]}


@dataclass(frozen=True, slots=True)
class MapPool:
    """Makes the data set's numbers out of pictures' pairs; see the module."""

    names: tuple[str, ...]
    mit: bool

    def __call__(self, tables: Sequence[Json]) -> "PooledMaps":
        """The data set, ready for weights."""
        return PooledMaps(tables, self.names, mit=self.mit)


@dataclass(frozen=True, slots=True)
class _Counts:
    """Pixels by class: right, labelled, predicted; each as (picture, class, pixels) of what is."""

    classes: int
    picture: "Ints"
    label: "Ints"
    given: "Ints"
    pixels: "Floats"

    @classmethod
    def of(cls, tables: "Sequence[Ints]", classes: int) -> "_Counts":
        import numpy as np

        rows = np.concatenate([*tables, np.zeros((0, 3), dtype=np.int64)])
        owner = np.repeat(np.arange(len(tables)), [len(table) for table in tables])
        return cls(classes, owner, rows[:, 0], rows[:, 1], rows[:, 2].astype(float))

    def sums(self, weights: "Floats") -> "tuple[Floats, Floats, Floats]":
        """(right, labelled, predicted), each (classes,)."""
        import numpy as np

        held = weights[self.picture] * self.pixels
        hit = self.label == self.given
        size = self.classes + 1
        right, labelled, predicted = (
            np.bincount(codes, weights=pixels, minlength=size)[: self.classes].astype(float)
            for codes, pixels in (
                (self.label[hit], held[hit]),
                (self.label, held),
                (self.given, held),
            )
        )
        return right, labelled, predicted

    def means(self, weights: "Floats") -> dict[str, float]:
        """mIoU, mAcc, aAcc and mIoU_mit; NaN where no pixel counts."""
        right, labelled, predicted = self.sums(weights)
        iou, acc = shares(right, labelled, predicted)
        total = float(labelled.sum())
        return {
            "mIoU": _mean(iou),
            "mAcc": _mean(acc),
            "aAcc": float(right.sum()) / total if total else float("nan"),
            "mIoU_mit": _sum(iou) / self.classes if total else float("nan"),
        }


def shares(right: "Floats", labelled: "Floats", predicted: "Floats") -> "tuple[Floats, Floats]":
    """(IoU, accuracy) of each class (classes,); NaN for one that does not occur."""
    import numpy as np

    union = labelled + predicted - right
    nothing = np.full_like(right, np.nan)
    iou = np.divide(right, union, out=nothing.copy(), where=union > 0)
    return iou, np.divide(right, labelled, out=nothing, where=labelled > 0)


def _mean(values: "Floats") -> float:
    known = values[values == values]
    return float(known.mean()) if known.size else float("nan")


def _sum(values: "Floats") -> float:
    return float(values[values == values].sum())


class PooledMaps:
    """The numbers of a data set under any weights."""

    def __init__(self, tables: Sequence[Json], names: Sequence[str], *, mit: bool) -> None:
        import numpy as np

        pairs = [np.asarray(table["pairs"], dtype=np.int64).reshape(-1, 3) for table in tables]
        self._counts = _Counts.of(pairs, len(names))
        self._names = names
        self._mit = mit
        resized = sum(bool(table["resized"]) for table in tables)
        self.remarks = (
            (
                f"{resized} of {len(tables)} predictions have another size than the truth, and were"
                " brought to it",
            )
            if resized
            else ()
        )

    def __call__(self, weights: "Floats") -> dict[str, float]:
        """All numbers, and "IoU/wall" and "Acc/wall" of each class."""
        made = self._counts.means(weights)
        iou, acc = shares(*self._counts.sums(weights))
        lone = made.pop("mIoU_mit")
        if self._mit:
            made |= {"mIoU_mit": lone, "mit_score": (lone + made["aAcc"]) / 2}
        for name, values in (("IoU", iou), ("Acc", acc)):
            for label, value in zip(self._names, values.tolist(), strict=True):
                made[f"{name}/{label}"] = value
        return made

    def confusion(self) -> "Floats":
        """(classes, classes + 1): pixels by label and prediction, the last column for no class."""
        import numpy as np

        counts = self._counts
        size = counts.classes + 1
        codes = counts.label * size + counts.given
        flat = np.bincount(codes, weights=counts.pixels, minlength=counts.classes * size)
        return flat.reshape(counts.classes, size).astype(float)

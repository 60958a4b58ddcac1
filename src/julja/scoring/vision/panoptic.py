"""Panoptic quality: every pixel has a class, and every thing its own segment.

    PQ = sum of IoU of matches / (matches + false ones / 2 + missed ones / 2) = SQ * RQ

by class, over the whole data set, then averaged over the classes that occur: PQ SQ RQ, and PQ_th,
PQ_st … over things and stuff alone. A predicted segment matches one of its class with IoU above a
half; pixels without a label leave its union, and a segment that lies for more than half on them, or
on a crowd of its class, is no false one. Source: Kirillov et al., 2019 (arXiv 1801.00868);
cocodataset/panopticapi: panopticapi/evaluation.py.

A response is a label map whose numbers are segments (0: none), with "segments": [{"id", "label" or
"category_id"}]. `Sample.fields`: "map", the truth's PNG in base64 with ids as R + 256 G + 65536 B,
"segments" its [{"id", "category_id", "iscrowd"}], "category_ids" and "things" of `Sample.choices`.
"""

import base64
import io
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from julja.errors import ScoringError
from julja.predictions import read_json, read_map
from julja.scoring.base import FunctionScorer
from julja.scoring.vision.maps import nearest
from julja.types import Json, Metric, Response, Sample, Score, Scorer, by_pool

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats: TypeAlias = NDArray[np.float64]
    Ints: TypeAlias = NDArray[np.int64]

NAMES = ("PQ", "SQ", "RQ", "PQ_th", "SQ_th", "RQ_th", "PQ_st", "SQ_st", "RQ_st")
_OWN = "image_pq"
UNKNOWN = "segments of an unknown category, or without pixels, are left out"
NAMELESS = "segments of pixels have no entry in the list, and are left out"


@dataclass(frozen=True, slots=True)
class Segments:
    """Segments of one picture: an id at each pixel (height, width), and the category of each id."""

    ids: "Ints"
    categories: Mapping[int, int]
    crowds: frozenset[int] = frozenset()


@dataclass(slots=True)
class Tally:
    """One class in one picture."""

    iou: float = 0.0
    matched: int = 0
    false: int = 0
    missed: int = 0


def panoptic() -> Scorer:
    """PQ, SQ and RQ, of all classes, things and stuff."""
    metrics = tuple(
        Metric(name, source=_OWN, aggregate=by_pool, pool=PanopticPool) for name in NAMES
    )

    def score(sample: Sample, response: Response) -> Score:
        truth = truth_of(sample)
        names = dict(zip(sample.choices, sample.fields["category_ids"], strict=True))
        told: Counter[str] = Counter()
        try:
            given, problem = read_segments(response.text, names, truth.ids.shape, told), None
        except ValueError as error:
            given, problem = None, f"no segments can be read: {error}"
        tallies = compare(truth, given)
        rows = [[kind, t.iou, t.matched, t.false, t.missed] for kind, t in tallies.items()]
        by_id = {number: name for name, number in names.items()}
        things = dict(zip(sample.fields["category_ids"], sample.fields["things"], strict=True))
        table = {
            "rows": rows,
            "names": {str(kind): [by_id[kind], bool(things[kind])] for kind in tallies},
            "told": dict(told),
        }
        values = {_OWN: 0.0} if problem else _image_pq(tallies)
        return Score(
            values,
            state="unparsed" if problem else "scored",
            extracted=None if given is None else f"{len(given.categories)} segments",
            explanation=problem or "; ".join(f"{n} {why}" for why, n in told.items()) or None,
            details={"table": table},
        )

    return FunctionScorer("panoptic", {}, metrics, True, score)


def truth_of(sample: Sample) -> Segments:
    """The segments of a sample."""
    fields = sample.fields
    try:
        ids = read_ids(base64.b64decode(fields["map"]))
    except (KeyError, TypeError, ValueError) as error:
        raise ScoringError(f"sample {sample.id!r} has no readable segments: {error}.") from error
    categories = {int(item["id"]): int(item["category_id"]) for item in fields["segments"]}
    crowds = frozenset(int(item["id"]) for item in fields["segments"] if item.get("iscrowd"))
    return Segments(ids, categories, crowds)


def read_ids(data: bytes) -> "Ints":
    """The ids (height, width) of a panoptic PNG: R + 256 G + 65536 B, or grey values."""
    import numpy as np

    from julja.pictures import pillow

    try:
        with pillow().open(io.BytesIO(data)) as image:
            image.load()
            colours = np.asarray(image.convert("RGB") if image.mode in ("RGBA", "P") else image)
    except Exception as error:  # Pillow raises whatever a format's reader stumbles over
        raise ValueError(f"no picture, or a damaged one ({error})") from error
    ids: Ints = colours.astype(np.int64)
    if ids.ndim == 3:
        ids = ids[:, :, 0] + 256 * ids[:, :, 1] + 65536 * ids[:, :, 2]
    return ids


def read_segments(
    text: str, names: Mapping[str, int], size: tuple[int, ...], told: Counter[str]
) -> Segments:
    """The segments of a response, in the truth's size. Raises ValueError."""
    import numpy as np

    content = read_json(text)
    listed = content.get("segments") if isinstance(content, dict) else None
    if not isinstance(listed, list) or not all(isinstance(item, dict) for item in listed):
        raise ValueError('no "segments" beside the runs')
    ids = nearest(read_map(text), (size[0], size[1])).astype(np.int64)
    shown = set(np.unique(ids).tolist()) - {0}
    known = set(names.values())
    categories: dict[int, int] = {}
    for item in listed:
        kind = item.get("category_id", names.get(str(item.get("label"))))
        if kind not in known or item.get("id") not in shown:
            told[UNKNOWN] += 1
        else:
            categories[item["id"]] = kind
    nameless = shown - {item.get("id") for item in listed}
    if nameless:
        told[NAMELESS] += len(nameless)
    return Segments(ids, categories)


def compare(truth: Segments, given: Segments | None) -> dict[int, Tally]:
    """What each class of a picture comes to."""
    import numpy as np

    tallies: dict[int, Tally] = defaultdict(Tally)
    ids = truth.ids
    said = np.zeros_like(ids) if given is None else given.ids
    categories = {} if given is None else given.categories
    wide = int(said.max(initial=0)) + 1
    codes, counts = np.unique(ids * wide + said, return_counts=True)
    shared = dict(
        zip(
            zip((codes // wide).tolist(), (codes % wide).tolist(), strict=True),
            counts.tolist(),
            strict=True,
        )
    )
    size_true, size_said = Counter[int](), Counter[int]()
    for (one, other), pixels in shared.items():
        size_true[one] += pixels
        size_said[other] += pixels
    void = 0
    hit_true: set[int] = set()
    hit_said: set[int] = set()
    for (one, other), pixels in shared.items():
        kind = truth.categories.get(one)
        if kind is None or one in truth.crowds or categories.get(other) != kind:
            continue
        union = size_said[other] + size_true[one] - pixels - shared.get((void, other), 0)
        if pixels / union > 0.5:
            tallies[kind].iou += pixels / union
            tallies[kind].matched += 1
            hit_true.add(one)
            hit_said.add(other)
    for one, kind in truth.categories.items():
        if one not in hit_true and one not in truth.crowds:
            tallies[kind].missed += 1
    crowd_of = {kind: one for one, kind in truth.categories.items() if one in truth.crowds}
    for other, kind in categories.items():
        if other in hit_said:
            continue
        excused = shared.get((void, other), 0)
        if kind in crowd_of:
            excused += shared.get((crowd_of[kind], other), 0)
        if excused / size_said[other] <= 0.5:
            tallies[kind].false += 1
    return dict(tallies)


def _image_pq(tallies: Mapping[int, Tally]) -> dict[str, float]:
    """A picture's own PQ, for looking; nothing where it has no segments."""
    values = [t.iou / (t.matched + t.false / 2 + t.missed / 2) for t in tallies.values()]
    return {_OWN: sum(values) / len(values)} if values else {}


class PanopticPool:
    """The data set's numbers under any weights."""

    def __init__(self, tables: Sequence[Json]) -> None:
        import numpy as np

        rows = [[place, *row] for place, table in enumerate(tables) for row in table["rows"]]
        array = np.asarray(rows, dtype=np.float64).reshape(-1, 6)
        self._owner = array[:, 0].astype(np.int64)
        kinds, self._kind = np.unique(array[:, 1].astype(np.int64), return_inverse=True)
        self._values = array[:, 2:]
        named: dict[int, Any] = {
            int(kind): item for table in tables for kind, item in table["names"].items()
        }
        self._names = [named[kind][0] for kind in kinds.tolist()]
        self._things = np.asarray([named[kind][1] for kind in kinds.tolist()], dtype=bool)
        told: Counter[str] = Counter()
        for table in tables:
            told.update(table["told"])
        self.remarks = tuple(f"{count} {why}" for why, count in sorted(told.items()))

    def __call__(self, weights: "Floats") -> dict[str, float]:
        """All numbers, and "PQ/cat" and the like of each class."""
        import numpy as np

        held = weights[self._owner, None] * self._values
        iou, matched, false, missed = (
            np.bincount(self._kind, weights=column, minlength=len(self._names)) for column in held.T
        )
        present = matched + false + missed > 0
        total = np.where(present, matched + false / 2 + missed / 2, 1.0)
        quality = {
            "PQ": iou / total,
            "SQ": np.divide(iou, matched, out=np.zeros_like(iou), where=matched > 0),
            "RQ": matched / total,
        }
        made: dict[str, float] = {}
        for suffix, part in (("", present), ("_th", self._things), ("_st", ~self._things)):
            chosen = present & part
            for name, values in quality.items():
                mean = float(values[chosen].mean()) if chosen.any() else float("nan")
                made[f"{name}{suffix}"] = mean
        for name, values in quality.items():
            for label, value, there in zip(
                self._names, values.tolist(), present.tolist(), strict=True
            ):
                made[f"{name}/{label}"] = value if there else float("nan")
        return made

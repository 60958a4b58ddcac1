"""Cards of detectors: objects and findings of one picture, as boxes or masks, told apart at IoU .5.

Only detections from a score on are drawn (`julja.scoring.vision.operating`): a detector gives
hundreds of others, which AP counts with little weight.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeAlias

from julja.report.vision.gallery import Card, View
from julja.report.vision.thumbnails import Colour, blank, edges, layer, shrunk, stripes
from julja.report.vision.tiles import Shape, Tile, Tone
from julja.run.gallery.thumbs import opened
from julja.scoring.vision.boxes import Detections, read_detections, to_arrays
from julja.scoring.vision.coco import Overlaps, mask_library, overlaps, to_runs, truth_of
from julja.scoring.vision.matching import Truth, objects_taken
from julja.scoring.vision.operating import Counts, Point
from julja.types import Record, Sample

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Ints: TypeAlias = NDArray[np.int64]

# More are not drawn on one tile: the file stays small, and the picture can be seen.
MOST_SHAPES = 40
# With more shapes than this only mistakes have labels.
_CROWDED = 14
_FILL = 95
# The colours that the page's style gives the outlines of boxes.
_COLOURS: dict[Tone, tuple[int, int, int]] = {
    "right": (61, 214, 140),
    "false": (255, 64, 129),
    "missed": (255, 176, 32),
    "ignored": (190, 190, 190),
}


@dataclass(frozen=True, slots=True)
class _Found:
    """One picture's detections that are drawn, best first, and what each took; `kept` are their
    places in `Overlaps`."""

    truth: Truth
    given: Detections
    made: Overlaps
    kept: "Ints"
    taken: "Ints"


def object_card(sample: Sample, record: Record, point: Point | None, counts: Counts) -> Card:
    """A picture with its objects on one tile and what was found on the other."""
    text = record.response.text if record.response else ""
    masks = "segmentation" in sample.fields
    names = dict(zip(sample.choices, sample.fields["category_ids"], strict=True))
    by_id = {number: name for name, number in names.items()}
    width, height = int(sample.fields["width"]), int(sample.fields["height"])
    problem = ""
    try:
        given = read_detections(text, names, (height, width), masks=masks)
    except ValueError as error:
        given, problem = to_arrays((), names, (height, width)), f"no detections: {error}"
    found = _found(sample, given, point, masks=masks)
    true, said = _true_shapes(found, by_id), _said_shapes(found, by_id)
    if masks:
        true, truth_layer = _masks(sample, true, sample.fields["segmentation"])
        chosen = [given.masks[found.made.order[place]] for place in found.kept.tolist()]
        said, said_layer = _masks(sample, said, chosen)
    layers = ((truth_layer,), (said_layer,)) if masks else ((), ())
    thumbnail, note = opened(sample)
    if thumbnail is None:
        thumbnail = blank((width, height))
    # The annotation's own size counts, whatever that of the file.
    thumbnail = replace(thumbnail, scale=thumbnail.width / width)
    tiles = (_tile("truth", true, layers[0]), _tile("prediction", said, layers[1]))
    return Card(
        record.task,
        record.sample,
        "graded",
        "" if counts.f1 is None else f"F1 {counts.f1:.2f}",
        (View(thumbnail, tiles, note),),
        record.epoch,
        _lines(true, said, counts, problem),
    )


def _found(sample: Sample, given: Detections, point: Point | None, *, masks: bool) -> _Found:
    import numpy as np

    made, truth = overlaps(given, sample, masks=masks), truth_of(sample)
    scores = given.scores[made.order]
    kept = np.flatnonzero(scores >= point.score) if point else np.arange(len(scores))
    # Best first: what is taken does not depend on the detections behind.
    taken = objects_taken(given.categories[made.order][kept], made.iou[kept], truth)
    return _Found(truth, given, made, kept, taken)


_Named: TypeAlias = tuple[str, Shape]


def _true_shapes(found: _Found, names: dict[int, str]) -> list[_Named]:
    """(class, shape) of each object, in the file's order."""
    truth, taken = found.truth, set(found.taken.tolist())
    made: list[_Named] = []
    for place, box in enumerate(truth.boxes.tolist()):
        name = names.get(int(truth.categories[place]), "?")
        tone: Tone = "right" if place in taken else "missed"
        if truth.crowds[place]:
            tone = "ignored"
        told = f"{name}: {'matched' if tone == 'right' else tone}"
        made.append((name, Shape(tuple(box), tone, name, told)))
    return made


def _said_shapes(found: _Found, names: dict[int, str]) -> list[_Named]:
    """(class, shape) of each detection that is drawn, best first."""
    made: list[_Named] = []
    for row, place in enumerate(found.kept.tolist()):
        source = found.made.order[place]
        object_ = int(found.taken[row])
        tone: Tone = "false" if object_ < 0 else "right"
        if object_ >= 0 and found.truth.crowds[object_]:
            tone = "ignored"
        name = names.get(int(found.given.categories[source]), "?")
        score = float(found.given.scores[source])
        overlap = found.made.iou[place]
        same = found.truth.categories == found.given.categories[source]
        near = float(overlap[same].max()) if same.any() else 0.0
        told = f"{name} {score:.2f}: {'matched' if tone == 'right' else tone}, best IoU {near:.2f}"
        box = tuple(found.given.boxes[source].tolist())
        made.append((name, Shape(box, tone, f"{name} {score:.2f}", told)))
    return made


def _tile(caption: str, named: Sequence[_Named], layers: Sequence[str]) -> Tile:
    """The tile of some shapes: mistakes before what is right, and no more than can be seen."""
    order: dict[Tone, int] = {"false": 0, "missed": 0, "right": 1, "ignored": 2}
    shapes = sorted((shape for _, shape in named), key=lambda shape: order[shape.tone])
    left = len(shapes) - MOST_SHAPES
    shapes = shapes[:MOST_SHAPES]
    if len(shapes) > _CROWDED:
        shapes = [s if order[s.tone] == 0 else replace(s, label="") for s in shapes]
    note = f"{left} more are not drawn" if left > 0 else ""
    return Tile(f"{caption} ({len(named)})", tuple(shapes), tuple(layers), note)


def _lines(
    true: Sequence[_Named], said: Sequence[_Named], counts: Counts, problem: str
) -> tuple[tuple[str, str], ...]:
    """What is right, false and missed, by class."""
    lines = [
        ("matched", f"{counts.right} of {counts.right + counts.missed} objects"),
        ("false", _by_class(said, "false")),
        ("missed", _by_class(true, "missed")),
        ("problem", problem),
    ]
    return tuple((name, text) for name, text in lines if text)


def _by_class(named: Sequence[_Named], tone: Tone) -> str:
    found = Counter(name for name, shape in named if shape.tone == tone)
    return ", ".join(name if n == 1 else f"{name} ×{n}" for name, n in found.most_common())


def _masks(
    sample: Sample, named: Sequence[_Named], segmentations: Sequence[Any]
) -> tuple[list[_Named], str]:
    """The shapes with their masks' boxes, and the layer of these masks."""
    import numpy as np

    library = mask_library()
    size = (int(sample.fields["height"]), int(sample.fields["width"]))
    tones: list[Tone] = ["right", "false", "missed", "ignored"]
    palette: list[Colour] = [(0, 0, 0, 0)]
    palette += [(*_COLOURS[tone], opacity) for tone in tones for opacity in (_FILL, 255)]
    codes = shrunk(np.zeros(size)).astype(np.uint8)
    hatched = stripes(codes.shape)
    shapes: list[_Named] = []
    for (name, shape), segmentation in zip(named, segmentations, strict=True):
        runs = to_runs(segmentation, size, sample.id)
        x, y, wide, high = (float(value) for value in library.toBbox([runs])[0])
        shapes.append((name, replace(shape, box=(x, y, wide, high), outline=False)))
        if len(shapes) > MOST_SHAPES:
            continue
        inside = shrunk(library.decode(runs)).astype(bool)
        code = 1 + 2 * tones.index(shape.tone)
        codes[inside & hatched if shape.tone == "ignored" else inside] = code
        codes[edges(np.pad(inside, 1))[1:-1, 1:-1] & inside] = code + 1
    return shapes, layer(codes, palette)

"""Cards of label maps and panoptic segments: truth, prediction, and the pixels that are wrong."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from julja.predictions import read_label_picture, read_map
from julja.report.vision.gallery import Card, View
from julja.report.vision.thumbnails import (
    Colour,
    blank,
    class_colour,
    edges,
    layer,
    shrunk,
    stripes,
)
from julja.report.vision.tiles import Tile
from julja.run.gallery.thumbs import opened
from julja.scoring.vision.maps import nearest
from julja.scoring.vision.panoptic import Segments, compare, read_segments, truth_of
from julja.types import Record, Sample

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Ints: TypeAlias = NDArray[np.int64]
    Flags: TypeAlias = NDArray[np.bool_]

# So many classes are named in the legend of a card, the largest first.
_NAMED = 10
_OPACITY = 150
_WRONG: Colour = (226, 28, 72, 190)
_VOID: tuple[Colour, Colour] = ((120, 120, 120, 200), (200, 200, 200, 200))
_NO_CLASS: tuple[Colour, Colour] = ((0, 0, 0, 210), (70, 0, 0, 210))
# Colours of it would hide the picture: it is what is left.
_BACKGROUND = "background"


@dataclass(frozen=True, slots=True)
class MapRule:
    """How a data set's labels become classes: the first class's number, and what counts nowhere."""

    first: int = 0
    ignore: int = 255


@dataclass(frozen=True, slots=True)
class _Maps:
    """Classes (height, width) as places among `names`; `void` counts nowhere, a prediction of
    `len(names)` is no class. `lines` are drawn between segments."""

    names: Sequence[str]
    truth: "Ints"
    given: "Ints"
    void: "Flags"
    lines: tuple["Flags | None", "Flags | None"] = (None, None)


@dataclass(slots=True)
class _Palette:
    """Colours of the codes of one layer, made as they are needed; code 0 is clear."""

    colours: list[Colour] = field(default_factory=lambda: [(0, 0, 0, 0)])

    def add(self, colour: Colour) -> int:
        """The code of a colour; the last one for all beyond what a byte can name."""
        if colour not in self.colours and len(self.colours) < 256:
            self.colours.append(colour)
        return self.colours.index(colour) if colour in self.colours else 255


def label_card(sample: Sample, record: Record, rule: MapRule) -> Card:
    """A picture with the true and the predicted class of every pixel."""
    import base64

    import numpy as np

    labels = read_label_picture(base64.b64decode(sample.fields["map"]))
    size = (labels.shape[0], labels.shape[1])
    truth = shrunk(labels).astype(np.int64)
    void = (truth == rule.ignore) | (truth < rule.first)
    given, problem = _given(record, size, len(sample.choices))
    maps = _Maps(sample.choices, truth - rule.first, given, void)
    return _card(sample, record, maps, size, "IoU", [("problem", problem)])


def _given(record: Record, size: tuple[int, int], classes: int) -> tuple["Ints", str]:
    """The predicted places, small, and what is wrong with the answer."""
    import numpy as np

    text = record.response.text if record.response else ""
    problem = ""
    try:
        found = shrunk(nearest(read_map(text), size)).astype(np.int64)
    except ValueError as error:
        found, problem = shrunk(np.full(size, classes)).astype(np.int64), f"no label map: {error}"
    found[(found < 0) | (found > classes)] = classes
    return found, problem


def panoptic_card(sample: Sample, record: Record) -> Card:
    """A picture with its true and predicted segments, coloured by class, lines between them."""
    import numpy as np

    truth = truth_of(sample)
    names = dict(zip(sample.choices, sample.fields["category_ids"], strict=True))
    size = (truth.ids.shape[0], truth.ids.shape[1])
    text = record.response.text if record.response else ""
    problem, given = "", Segments(np.zeros(size, dtype=np.int64), {})
    try:
        given = read_segments(text, names, size, Counter())
    except ValueError as error:
        problem = f"no segments: {error}"
    places = {number: place for place, number in enumerate(sample.fields["category_ids"])}
    true_ids, said_ids = shrunk(truth.ids).astype(np.int64), shrunk(given.ids).astype(np.int64)
    true = _places(true_ids, truth.categories, places, -1)
    said = _places(said_ids, given.categories, places, len(names))
    void = (true < 0) | np.isin(true_ids, list(truth.crowds))
    maps = _Maps(sample.choices, true, said, void, (edges(true_ids), edges(said_ids)))
    tallies = compare(truth, given)
    by_id = {number: name for name, number in names.items()}
    lines = [
        ("matched", str(sum(tally.matched for tally in tallies.values()))),
        ("false", _counted({by_id[kind]: t.false for kind, t in tallies.items()})),
        ("missed", _counted({by_id[kind]: t.missed for kind, t in tallies.items()})),
        ("problem", problem),
    ]
    return _card(sample, record, maps, size, "PQ", lines)


def _places(ids: "Ints", categories: Any, places: dict[int, int], nothing: int) -> "Ints":
    """The place of the class of each pixel's segment."""
    import numpy as np

    found, codes = np.unique(ids, return_inverse=True)
    of = [places[categories[one]] if one in categories else nothing for one in found.tolist()]
    made: Ints = np.array(of, dtype=np.int64)[codes].reshape(ids.shape)
    return made


def _counted(counts: dict[str, int]) -> str:
    most = sorted((item for item in counts.items() if item[1]), key=lambda item: -item[1])
    return ", ".join(name if n == 1 else f"{name} ×{n}" for name, n in most)


def _card(
    sample: Sample,
    record: Record,
    maps: _Maps,
    size: tuple[int, int],
    metric: str,
    lines: Sequence[tuple[str, str]],
) -> Card:
    thumbnail, note = opened(sample)
    tiles = (
        Tile("truth", layers=(_classes_layer(maps, maps.truth, maps.lines[0]),)),
        Tile("prediction", layers=(_classes_layer(maps, maps.given, maps.lines[1]),)),
        Tile("wrong pixels", layers=(_wrong_layer(maps),)),
    )
    figure = next(iter(record.score.values.values()), None) if record.score else None
    return Card(
        record.task,
        record.sample,
        "graded",
        "" if figure is None else f"{metric} {figure:.2f}",
        (View(thumbnail or blank((size[1], size[0])), tiles, note),),
        record.epoch,
        tuple((name, text) for name, text in lines if text),
        swatches=_swatches(maps),
    )


def _classes_layer(maps: _Maps, classes: "Ints", lines: "Flags | None") -> str:
    """Each class in its colour; what counts nowhere and what is no class hatched."""
    import numpy as np

    palette = _Palette()
    codes = np.zeros(classes.shape, dtype=np.uint8)
    striped = stripes(classes.shape)
    for place in np.unique(classes[~maps.void]).tolist():
        inside = classes == place
        if place >= len(maps.names):
            codes[inside & striped] = palette.add(_NO_CLASS[0])
            codes[inside & ~striped] = palette.add(_NO_CLASS[1])
        elif maps.names[place] != _BACKGROUND:
            codes[inside] = palette.add(class_colour(place, _OPACITY))
    if lines is not None:
        codes[lines] = palette.add((255, 255, 255, 230))
    _hatch(codes, maps.void, striped, palette)
    return layer(codes, palette.colours)


def _hatch(codes: Any, void: "Flags", striped: "Flags", palette: _Palette) -> None:
    if void.any():
        codes[void & striped] = palette.add(_VOID[0])
        codes[void & ~striped] = palette.add(_VOID[1])


def _wrong_layer(maps: _Maps) -> str:
    import numpy as np

    palette = _Palette()
    codes = np.zeros(maps.truth.shape, dtype=np.uint8)
    codes[(maps.truth != maps.given) & ~maps.void] = palette.add(_WRONG)
    _hatch(codes, maps.void, stripes(codes.shape), palette)
    return layer(codes, palette.colours)


def _swatches(maps: _Maps) -> tuple[tuple[Colour, str, str], ...]:
    """The largest classes of the picture, with their IoU in it (of the small map's pixels)."""
    import numpy as np

    counted = ~maps.void
    truth, given = maps.truth[counted], maps.given[counted]
    sizes = Counter(truth.tolist()) + Counter(given.tolist())
    found = []
    for place, _ in sizes.most_common(_NAMED):
        if place >= len(maps.names):
            found.append((_NO_CLASS[0], "no class", ""))
            continue
        one, other = truth == place, given == place
        iou = float(np.sum(one & other) / np.sum(one | other))
        colour = class_colour(place)
        if maps.names[place] == _BACKGROUND:
            colour = (255, 255, 255, 0)
        found.append((colour, maps.names[place], f"{iou:.2f}"))
    return tuple(found)

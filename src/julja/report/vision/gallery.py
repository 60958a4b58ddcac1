"""The section of pictures: cards of samples, worst first, under limits that the page names.

A card holds one sample: its pictures with what was drawn on them, what was predicted, what is true.
What a model or a data set wrote is text here, and escaped by the template.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from julja.report.page import visible
from julja.report.vision.thumbnails import Colour, Thumbnail, hexadecimal
from julja.report.vision.tiles import TONES, Tile, tile_svg

# In a whole report. A megabyte holds about fifty photographs.
PICTURES = 64
BYTES = 6_000_000
# Cards beyond these wait behind a line that opens them.
OPEN = {"small": 24, "wide": 8, "even": 8}
LONGEST_TEXT = 700

# Small cards in rows; else one a row, with most of it or half of it for the pictures.
Width: TypeAlias = Literal["small", "wide", "even"]
# "none" has no score; what is neither right nor wrong (an IoU) is "graded".
Mark: TypeAlias = Literal["good", "bad", "none", "graded"]


@dataclass(frozen=True, slots=True)
class View:
    """One picture of a sample: its thumbnail (None where there is none, which `note` explains) and
    the tiles that are made of it."""

    thumbnail: Thumbnail | None
    tiles: tuple[Tile, ...] = (Tile(""),)
    note: str = ""

    @property
    def size(self) -> int:
        """Bytes that it takes in the page, about."""
        uris = [self.thumbnail.uri] if self.thumbnail else []
        return sum(map(len, uris)) + sum(len(uri) for tile in self.tiles for uri in tile.layers)


@dataclass(frozen=True, slots=True)
class Guess:
    """A class that was predicted, its share of all scores (None: no scores), and whether right."""

    name: str
    share: float | None
    right: bool


@dataclass(frozen=True, slots=True)
class Card:
    """One sample. `lines` are (name, text) pairs; `swatches` (colour, class, text) a legend."""

    task: str
    sample: str
    mark: Mark
    figure: str
    views: tuple[View, ...]
    epoch: int = 0
    lines: tuple[tuple[str, str], ...] = ()
    guesses: tuple[Guess, ...] = ()
    swatches: tuple[tuple[Colour, str, str], ...] = ()

    @property
    def size(self) -> int:
        """Bytes that it takes in the page, about."""
        return sum(view.size for view in self.views)


@dataclass(frozen=True, slots=True)
class Gallery:
    """The cards of one task; `about` says which they are, in what order, `notes` what is amiss."""

    task: str
    width: Width
    about: str
    cards: Sequence[Card] = ()
    notes: tuple[str, ...] = ()
    tones: bool = False


_SIGNS: dict[Mark, str] = {"good": "✓", "bad": "✗", "none": "!", "graded": ""}


@dataclass(slots=True)
class _Names:
    """Names of pictures, unlike all others in the page."""

    made: int = field(default=0)

    def next(self) -> str:
        self.made += 1
        return f"picture-{self.made}"


def gallery_context(galleries: Sequence[Gallery]) -> list[dict[str, Any]]:
    """What the template shows of each gallery."""
    names = _Names()
    return [
        {
            "task": visible(item.task),
            "about": visible(item.about),
            "width": item.width,
            "notes": [visible(note) for note in item.notes],
            "legend": list(TONES.items()) if item.tones and item.cards else [],
            "shown": [_card(card, names) for card in item.cards[: OPEN[item.width]]],
            "more": [_card(card, names) for card in item.cards[OPEN[item.width] :]],
        }
        for item in galleries
    ]


def _card(card: Card, names: _Names) -> dict[str, Any]:
    return {
        "place": f"{visible(card.task)}/{visible(card.sample)}",
        "epoch": card.epoch,
        "mark": card.mark,
        "sign": _SIGNS[card.mark],
        "figure": visible(card.figure),
        "tiles": [tile for view in card.views for tile in _tiles(view, names)],
        "lines": [(name, _cut(text)) for name, text in card.lines],
        "guesses": [
            {
                "name": visible(guess.name),
                "share": None if guess.share is None else f"{guess.share:.2f}",
                "bar": None if guess.share is None else f"{guess.share * 100:.1f}%",
                "right": guess.right,
            }
            for guess in card.guesses
        ],
        "swatches": [
            (hexadecimal(colour), visible(name), text) for colour, name, text in card.swatches
        ],
    }


def _tiles(view: View, names: _Names) -> Iterator[dict[str, Any]]:
    if view.thumbnail is None:
        yield {"picture": None, "caption": "", "note": visible(view.note)}
        return
    name = names.next()
    for place, tile in enumerate(view.tiles):
        note = view.note if place == 0 else ""
        yield {
            "picture": tile_svg(tile, view.thumbnail, name, first=place == 0),
            "caption": visible(tile.caption),
            "note": visible("; ".join(text for text in (note, tile.note) if text)),
        }


def _cut(text: str) -> str:
    left = len(text) - LONGEST_TEXT
    return visible(text if left <= 0 else f"{text[:LONGEST_TEXT]} … {left:,} more characters")

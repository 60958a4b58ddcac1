"""A thumbnail with shapes and layers over it, as one inline SVG.

Texts stay texts and are escaped; the picture is written once in a card and used again by its name.
Shapes of each tone have a colour and a style of line of their own, so that they can be told apart
without colours.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from julja.report.page import visible
from julja.report.vision.thumbnails import Thumbnail

if TYPE_CHECKING:
    from markupsafe import Markup

Tone: TypeAlias = Literal["right", "false", "missed", "ignored"]
# What a legend says of each tone.
TONES: dict[Tone, str] = {
    "right": "matched at IoU .50",
    "false": "false: no free object of its class there",
    "missed": "missed",
    "ignored": "ignored (a crowd)",
}
LONGEST_LABEL = 26
# The width of a letter of a label in tile units, on the safe side, and a line's height.
_LETTER, _LINE = 7.2, 12.0
# Lines up and down at which a label looks for a free place.
_TRIES = 4


@dataclass(frozen=True, slots=True)
class Shape:
    """A box (x, y, width, height) in pixels of the picture, and what is said of it.

    `label` stands at the box, `said` is the whole story. A shape without `outline` has its label
    alone: a mask's outline is part of the tile's layer.
    """

    box: tuple[float, float, float, float]
    tone: Tone
    label: str
    said: str
    outline: bool = True


@dataclass(frozen=True, slots=True)
class Tile:
    """One view of a picture: `layers` are `data:` URIs that cover all of it, shapes lie above."""

    caption: str
    shapes: tuple[Shape, ...] = ()
    layers: tuple[str, ...] = ()
    note: str = ""


def tile_svg(tile: Tile, thumbnail: Thumbnail, name: str, *, first: bool) -> "Markup":
    """A tile; the `first` of a card holds the picture under `name`, the others use it."""
    from markupsafe import Markup

    width, height = f"{thumbnail.width:.1f}", f"{thumbnail.height:.1f}"
    size = Markup('width="{}" height="{}"').format(width, height)
    parts: list[Markup] = []
    if not thumbnail.uri:
        parts.append(Markup('<rect class="ground" {}/>').format(size))
    elif first:
        whole = Markup('<image id="{}" class="{}" {} preserveAspectRatio="none" href="{}"/>')
        sharp = "sharp" if thumbnail.sharp else ""
        parts.append(whole.format(name, sharp, size, thumbnail.uri))
    else:
        parts.append(Markup('<use href="#{}"/>').format(name))
    for uri in tile.layers:
        over = Markup('<image class="sharp" {} preserveAspectRatio="none" href="{}"/>')
        parts.append(over.format(size, uri))
    # Boxes lie below all labels.
    parts += [_outline(shape, thumbnail) for shape in tile.shapes if shape.outline]
    parts += _labels(tile.shapes, thumbnail)
    return Markup(
        '<svg class="tile-picture" role="img" aria-label="{}" viewBox="0 0 {} {}"'
        ' preserveAspectRatio="xMinYMin meet">{}</svg>'
    ).format(_alternative(tile), width, height, Markup("").join(parts))


def _alternative(tile: Tile) -> str:
    """What the tile shows, for those who don't see it."""
    said = "; ".join(shape.said for shape in tile.shapes)
    return visible(f"{tile.caption}: {said}" if said else tile.caption)


def _outline(shape: Shape, thumbnail: Thumbnail) -> "Markup":
    from markupsafe import Markup

    x, y, width, height = (value * thumbnail.scale for value in shape.box)
    place = Markup('x="{}" y="{}" width="{}" height="{}"').format(
        *(f"{value:.1f}" for value in (x, y, max(width, 1.0), max(height, 1.0)))
    )
    # A dark line below the coloured one, for bright grounds.
    return Markup(
        '<g class="shape {}"><title>{}</title><rect class="casing" {}/><rect {}/></g>'
    ).format(shape.tone, visible(shape.said), place, place)


def _labels(shapes: Sequence[Shape], thumbnail: Thumbnail) -> list["Markup"]:
    """Labels at the upper edges of their boxes; one that finds no free place is left out."""
    from markupsafe import Markup

    taken: list[tuple[float, float, float]] = []
    found = []
    for shape in shapes:
        text = visible(shape.label)
        text = text if len(text) <= LONGEST_LABEL else text[: LONGEST_LABEL - 1] + "…"
        wide = len(text) * _LETTER
        x = min(max(shape.box[0] * thumbnail.scale, 0.0), max(0.0, thumbnail.width - wide)) + 1.5
        place = (x, shape.box[1] * thumbnail.scale - 3.5, wide)
        y = _free(place, taken, thumbnail.height) if text else None
        if y is None:
            continue
        taken.append((x, y, wide))
        found.append(
            Markup('<text class="{}" x="{}" y="{}">{}</text>').format(
                shape.tone, f"{x:.1f}", f"{y:.1f}", text
            )
        )
    return found


def _free(
    place: tuple[float, float, float], taken: Sequence[tuple[float, float, float]], height: float
) -> float | None:
    """The height of a label's line nearest to the one wanted that no other label needs."""
    x, wide = place[0], place[2]
    wanted = min(max(place[1], _LINE - 2), height - 3)
    for step in range(2 * _TRIES):
        # Down, up, further down …
        y = wanted + _LINE * ((step + 1) // 2) * (1 if step % 2 else -1)
        inside = _LINE - 2 <= y <= height - 3
        if inside and not any(
            abs(y - v) < _LINE and u < x + wide and x < u + w for u, v, w in taken
        ):
            return y
    return None

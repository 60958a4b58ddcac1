"""Pictures small enough for a page, as `data:` URIs, and layers of colour to lie over them.

A tile's own unit is a thumbnail's pixel: its longest side has `SIDE` of them whatever the picture's
size, so lines and letters are equally large on all. Pictures below `SMALL` pixels keep theirs and
are enlarged by the browser, pixel by pixel.
"""

import base64
import colorsys
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from julja.pictures import open_rgb, pillow
from julja.types import Media

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Codes: TypeAlias = NDArray[np.uint8]
    Flags: TypeAlias = NDArray[np.bool_]

# Red, green, blue and opacity, 0 to 255.
Colour: TypeAlias = tuple[int, int, int, int]

SIDE = 320
SMALL = 96
_QUALITY = 80
_STRIPE = 3


@dataclass(frozen=True, slots=True)
class Thumbnail:
    """A picture for the page: `uri` is empty where there is none, and the ground is left blank.

    `width` and `height` are in the tile's units, `scale` is units for each pixel of the picture;
    one that is `sharp` is enlarged without smoothing.
    """

    uri: str
    width: float
    height: float
    scale: float
    sharp: bool = False


def thumbnail(media: Media) -> Thumbnail:
    """A picture as engines see it, made small. Raises `DataError` where it can't be read."""
    image = open_rgb(media)
    size = image.size
    sharp = max(size) <= SMALL
    out = io.BytesIO()
    if sharp:
        image.save(out, format="PNG", optimize=True)
    else:
        image.thumbnail((SIDE, SIDE), reducing_gap=2.0)
        image.save(out, format="JPEG", quality=_QUALITY, optimize=True)
    mime = "image/png" if sharp else "image/jpeg"
    return _fitted(size, _uri(mime, out.getvalue()), sharp=sharp)


def blank(size: tuple[int, int]) -> Thumbnail:
    """An empty ground for shapes of a picture of `size` (width, height) that is not at hand."""
    return _fitted(size, "", sharp=False)


def _fitted(size: tuple[int, int], uri: str, *, sharp: bool) -> Thumbnail:
    scale = SIDE / max(size)
    return Thumbnail(uri, size[0] * scale, size[1] * scale, scale, sharp)


def _uri(mime: str, data: bytes) -> str:
    return f"data:{mime};base64,{base64.b64encode(data).decode('ascii')}"


def shrunk(labels: "NDArray[np.generic]") -> "NDArray[np.generic]":
    """A label map (height, width) with a longest side of `SIDE` at most, by nearest neighbour."""
    import numpy as np

    step = max(1.0, max(labels.shape) / SIDE)
    rows, columns = (
        ((np.arange(max(1, round(n / step))) + 0.5) * step).astype(int).clip(0, n - 1)
        for n in labels.shape
    )
    return labels[np.ix_(rows, columns)]


def layer(codes: "Codes", colours: Sequence[Colour]) -> str:
    """A picture whose pixels have `colours[code]`, as PNG with a palette; codes (height, width)."""
    image = pillow().fromarray(codes)
    image.putpalette([part for colour in colours for part in colour[:3]])
    out = io.BytesIO()
    opacity = bytes(colour[3] for colour in colours)
    image.save(out, format="PNG", transparency=opacity, optimize=True)
    return _uri("image/png", out.getvalue())


def stripes(shape: tuple[int, ...]) -> "Flags":
    """Slanting stripes over a picture (height, width): what counts nowhere is hatched."""
    import numpy as np

    rows, columns = np.indices(shape)
    striped: Flags = (rows + columns) // _STRIPE % 2 == 0
    return striped


def edges(labels: "NDArray[np.generic]") -> "Flags":
    """Pixels whose right or lower neighbour has another label."""
    import numpy as np

    found: Flags = np.zeros(labels.shape, dtype=bool)
    found[:, :-1] |= labels[:, :-1] != labels[:, 1:]
    found[:-1] |= labels[:-1] != labels[1:]
    return found


def class_colour(place: int, opacity: int = 255) -> Colour:
    """A colour for the class at a place: neighbours in a list lie far apart on the circle of hues.

    Steps by the golden ratio never come back to a hue; three lightnesses tell close hues apart.
    """
    hue = (0.07 + place * 0.6180339887498949) % 1.0
    lightness = (0.5, 0.64, 0.38)[place % 3]
    red, green, blue = colorsys.hls_to_rgb(hue, lightness, 0.85)
    return round(red * 255), round(green * 255), round(blue * 255), opacity


def hexadecimal(colour: Colour) -> str:
    """A colour as SVG writes it, without its opacity."""
    return "#{:02x}{:02x}{:02x}".format(*colour[:3])

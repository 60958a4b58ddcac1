"""Runs a corruption on a picture: pixels as numbers, a seeded generator, pixels again.

A corruption is a function of (picture, draws, parameters): the picture is an array (height, width,
3) of float32 from 0 to 1, and so is what it returns, which may lie outside.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image as image_module

from julja.corruptions import SMALL

if TYPE_CHECKING:
    from PIL.Image import Image

Floats: TypeAlias = NDArray[np.floating[Any]]
Draws: TypeAlias = np.random.RandomState
Parameters: TypeAlias = Any


@dataclass(frozen=True, slots=True)
class Corruption:
    """A function and its parameters at severities 1 to 5, of large and of small pictures."""

    function: Callable[[Floats, Draws, Parameters], Floats]
    large: tuple[Parameters, ...]
    small: tuple[Parameters, ...]


def _family() -> Mapping[str, Corruption]:
    from julja.corruptions import blur, digital, noise, weather

    return {**noise.ALL, **blur.ALL, **weather.ALL, **digital.ALL}


def corrupted(image: "Image", name: str, severity: int, sha256: str) -> "Image":
    """An RGB picture after a corruption, in the same size."""
    kind = _family()[name]
    table = kind.small if max(image.size) <= SMALL else kind.large
    picture = np.asarray(image, dtype=np.float32) / np.float32(255)
    made = kind.function(picture, seeded(sha256), table[severity - 1])
    levels = np.rint(np.clip(made, 0, 1) * np.float32(255)).astype(np.uint8)
    return image_module.fromarray(levels)


def seeded(sha256: str) -> Draws:
    """A generator seeded by a whole hash.

    The old `RandomState`: numpy promises that its streams never change, and no such thing of
    `Generator` (NEP 19).
    """
    return np.random.RandomState(np.frombuffer(bytes.fromhex(sha256), dtype=">u4").astype(np.int64))


def to_image(picture: Floats) -> "Image":
    """A picture as Pillow has it, for what Pillow does best."""
    return image_module.fromarray(np.rint(np.clip(picture, 0, 1) * 255).astype(np.uint8))


def from_image(image: "Image") -> Floats:
    """The inverse of `to_image`."""
    return np.asarray(image, dtype=np.float32) / np.float32(255)


def highest(picture: Floats) -> Floats:
    """The highest channel of each pixel, (height, width, 1); `max` over three is slow."""
    red, green, blue = (picture[:, :, place, None] for place in range(3))
    made: Floats = np.maximum(np.maximum(red, green), blue)
    return made


def normal(draws: Draws, shape: tuple[int, ...]) -> Floats:
    """Standard normal numbers; drawn row by row, so that a large picture needs little memory."""
    made = np.empty(shape, dtype=np.float32)
    for row in made:
        row[...] = draws.standard_normal(row.shape)
    return made

"""Weather: snow, frost, fog, brightness; spatter on the lens.

Parameters: hendrycks/robustness, ImageNet-C/create_c/make_imagenet_c.py and make_cifar_c.py. Frost
is laid over from photographs there, and is drawn here; spatter is shaded in a way of our own.
"""

from collections.abc import Mapping

import numpy as np
from PIL import Image as image_module
from scipy import ndimage

from julja.corruptions.blur import enlarged, trailed
from julja.corruptions.ice import ice
from julja.corruptions.pixels import Corruption, Draws, Floats, highest, normal

_LUMA = tuple(np.float32(weight) for weight in (0.299, 0.587, 0.114))  # ITU-R BT.601
_WATER = np.array([175, 238, 238], dtype=np.float32) / 255
_MUD = np.array([63, 42, 20], dtype=np.float32) / 255
_DEEPEST = 20.0  # pixels from a drop's rim beyond which it is no thicker


def snow(
    picture: Floats, draws: Draws, parameters: tuple[float, float, float, float, int, float, float]
) -> Floats:
    """Flakes: normal noise (mean, spread), enlarged, cut below a threshold, with a trail.

    They fall over the whitened picture, of which `kept` shows through, and once more upside down.
    """
    mean, spread, zoom, least, reach, sigma, kept = parameters
    height, width, _ = picture.shape
    noise = mean + spread * normal(draws, (height, width))
    flakes = np.asarray(enlarged(image_module.fromarray(noise), zoom), dtype=np.float32)
    flakes = np.where(flakes < least, 0, np.clip(flakes, 0, 1)).astype(np.float32)
    flakes = trailed(flakes, reach, sigma, draws.uniform(-135, -45))[:, :, None]
    # No matrix product: how it adds up differs from machine to machine.
    grey = sum(weight * picture[:, :, place, None] for place, weight in enumerate(_LUMA))
    white = np.maximum(picture, grey * 1.5 + 0.5)
    made: Floats = kept * picture + (1 - kept) * white + flakes + flakes[::-1, ::-1]
    return made


def fog(picture: Floats, draws: Draws, parameters: tuple[float, float]) -> Floats:
    """A cloud of (density, decay) laid over, and all of it darkened to the picture's highest."""
    density, decay = parameters
    height, width, _ = picture.shape
    top = float(picture.max())
    cloud = heights(draws, max(height, width), decay)[:height, :width, None]
    made: Floats = (picture + np.float32(density) * cloud) * np.float32(top / (top + density))
    return made


def heights(draws: Draws, side: int, decay: float) -> Floats:
    """Random heights from 0 to 1, (n, n), n the least power of two that isn't below `side`.

    Midpoint displacement (Fournier, Fussell and Carpenter, 1982) on a torus: between the known
    heights, means of their neighbours are displaced evenly, by `decay` squared less at each step.
    """
    made = np.zeros((1, 1), dtype=np.float32)
    size, most = 1, 1.0
    while size < side:
        size *= 2
        finer = np.empty((size, size), dtype=np.float32)
        finer[::2, ::2] = made
        below, right = np.roll(made, -1, axis=0), np.roll(made, -1, axis=1)
        finer[1::2, 1::2] = (made + below + right + np.roll(below, -1, axis=1)) / 4
        finer[1::2, 1::2] += _displaced(draws, made.shape, most)
        middle = finer[1::2, 1::2]
        finer[::2, 1::2] = (made + right + middle + np.roll(middle, 1, axis=0)) / 4
        finer[::2, 1::2] += _displaced(draws, made.shape, most)
        finer[1::2, ::2] = (made + below + middle + np.roll(middle, 1, axis=1)) / 4
        finer[1::2, ::2] += _displaced(draws, made.shape, most)
        made, most = finer, most / decay**2
    made -= made.min()
    top = made.max()
    return made / top if top > 0 else made


def _displaced(draws: Draws, shape: tuple[int, ...], most: float) -> Floats:
    return draws.uniform(-most, most, size=shape).astype(np.float32)


def frost(picture: Floats, draws: Draws, parameters: tuple[float, float]) -> Floats:
    """So much of the picture, and so much of ice over it."""
    seen, cover = parameters
    height, width, _ = picture.shape
    made: Floats = np.float32(seen) * picture + np.float32(cover) * ice(draws, height, width)
    return made


def brightness(picture: Floats, _: Draws, more: float) -> Floats:
    """The value of HSV raised: the channels keep their ratio; black becomes grey."""
    value = highest(picture)
    raised = np.minimum(value + np.float32(more), 1)
    ratio = np.divide(raised, value, out=np.zeros_like(value), where=value > 0)
    made: Floats = np.where(value > 0, picture * ratio, raised)
    return made


def spatter(
    picture: Floats, draws: Draws, parameters: tuple[float, float, float, float, float, bool]
) -> Floats:
    """Drops: normal noise (mean, spread), softened and cut; water with lights, or mud."""
    mean, spread, soft, least, strength, muddy = parameters
    noise = mean + spread * normal(draws, picture.shape[:2])
    layer = ndimage.gaussian_filter(noise, soft, mode="nearest")
    if muddy:
        cover = ndimage.gaussian_filter((layer > least).astype(np.float32), strength)
        cover = np.where(cover < 0.8, 0, cover)[:, :, None]
        made: Floats = picture * (1 - cover) + cover * _MUD
        return made
    lit: Floats = picture + _lights(layer, least, strength)[:, :, None] * _WATER
    return lit


def _lights(layer: Floats, least: float, strength: float) -> Floats:
    """How much water's colour shines where the layer is above a threshold, at most `strength`.

    Drops rise from their rims, and are lit from the lower right, as the light that passes them.
    """
    wet = layer > least
    depth = np.minimum(ndimage.distance_transform_edt(wet), _DEEPEST).astype(np.float32)
    slope = ndimage.sobel(depth, axis=0) + ndimage.sobel(depth, axis=1)
    # Squared, so that lights are few and bright.
    lit = np.maximum(1 - slope / 8, 0.1) ** 2
    shine = np.where(wet, layer * lit, 0).astype(np.float32)
    made: Floats = ndimage.uniform_filter(shine, 3)
    top = float(made.max())
    return made * np.float32(strength / top) if top > 0 else made


ALL: Mapping[str, Corruption] = {
    "snow": Corruption(
        snow,
        (
            (0.1, 0.3, 3, 0.5, 10, 4, 0.8),
            (0.2, 0.3, 2, 0.5, 12, 4, 0.7),
            (0.55, 0.3, 4, 0.9, 12, 8, 0.7),
            (0.55, 0.3, 4.5, 0.85, 12, 8, 0.65),
            (0.55, 0.3, 2.5, 0.85, 12, 12, 0.55),
        ),
        (
            (0.1, 0.2, 1, 0.6, 8, 3, 0.95),
            (0.1, 0.2, 1, 0.5, 10, 4, 0.9),
            (0.15, 0.3, 1.75, 0.55, 10, 4, 0.9),
            (0.25, 0.3, 2.25, 0.6, 12, 6, 0.85),
            (0.3, 0.3, 1.25, 0.65, 14, 12, 0.8),
        ),
    ),
    "frost": Corruption(
        frost,
        ((1, 0.4), (0.8, 0.6), (0.7, 0.7), (0.65, 0.7), (0.6, 0.75)),
        ((1, 0.2), (1, 0.3), (0.9, 0.4), (0.85, 0.4), (0.75, 0.45)),
    ),
    "fog": Corruption(
        fog,
        ((1.5, 2), (2, 2), (2.5, 1.7), (2.5, 1.5), (3, 1.4)),
        ((0.2, 3), (0.5, 3), (0.75, 2.5), (1, 2), (1.5, 1.75)),
    ),
    "brightness": Corruption(brightness, (0.1, 0.2, 0.3, 0.4, 0.5), (0.05, 0.1, 0.15, 0.2, 0.3)),
    "spatter": Corruption(
        spatter,
        (
            (0.65, 0.3, 4, 0.69, 0.6, False),
            (0.65, 0.3, 3, 0.68, 0.6, False),
            (0.65, 0.3, 2, 0.68, 0.5, False),
            (0.65, 0.3, 1, 0.65, 1.5, True),
            (0.67, 0.4, 1, 0.65, 1.5, True),
        ),
        (
            (0.62, 0.1, 0.7, 0.7, 0.5, False),
            (0.65, 0.1, 0.8, 0.7, 0.5, False),
            (0.65, 0.3, 1, 0.69, 0.5, False),
            (0.65, 0.1, 0.7, 0.69, 0.6, True),
            (0.65, 0.1, 0.5, 0.68, 0.6, True),
        ),
    ),
}

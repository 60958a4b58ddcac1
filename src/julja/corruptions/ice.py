"""Ice as it grows on a cold pane: bluish white feathers, thick in places and thin in others."""

import numpy as np
from PIL import Image as image_module
from scipy import ndimage

from julja.corruptions.pixels import Draws, Floats, normal

# The ice of a large picture is drawn so large at most, and enlarged.
_MOST = 640
_FEATHERS = 9
_TILE = 256  # a side of the noise that needles are cut from, in its own steps
_LONG, _THIN = 24.0, 1.6  # pixels of a needle to one step of noise
_BLUISH = np.array([0.89, 1.02, 1.09], dtype=np.float32)


def ice(draws: Draws, height: int, width: int) -> Floats:
    """A picture of ice (height, width, 3), mostly within 0 to 1.

    The pane is divided among feathers; each is noise drawn out along its own direction, which makes
    needles, and sharpened into ridges. Mean and spread are near those of the photographs of frost
    that hendrycks/robustness lays over.
    """
    scale = min(1.0, _MOST / max(height, width))
    rows, columns = max(1, round(height * scale)), max(1, round(width * scale))
    needles = _needles(draws, rows, columns)
    thick = _smooth(draws, rows, columns)
    pale = (0.64 + 0.09 * thick + 0.10 * needles).astype(np.float32)
    if (rows, columns) != (height, width):
        image = image_module.fromarray(pale)
        image = image.resize((width, height), image_module.Resampling.BICUBIC)
        pale = np.asarray(image, dtype=np.float32)
    whole: Floats = pale[:, :, None] * _BLUISH
    return whole


def _needles(draws: Draws, rows: int, columns: int) -> Floats:
    """Ridges along the directions of the feathers; mean 0, spread 1."""
    noise = draws.random_sample((_TILE, _TILE)).astype(np.float32)
    points = (draws.random_sample((_FEATHERS, 2)) * (rows, columns)).astype(np.float32)
    angles = draws.uniform(0, np.pi, _FEATHERS).astype(np.float32)
    down, right = np.indices((rows, columns), dtype=np.float32)
    frayed = 6 * ndimage.gaussian_filter(normal(draws, (rows, columns)), 1.5)
    nearest = np.zeros((rows, columns), dtype=np.intp)
    least = np.full((rows, columns), np.inf, dtype=np.float32)
    for feather, (y, x) in enumerate(points):
        far = (down + (frayed - y)) ** 2 + (right + (frayed - x)) ** 2
        nearest[far < least] = feather
        np.minimum(least, far, out=least)
    sine, cosine = np.sin(angles)[nearest], np.cos(angles)[nearest]
    along = (down * sine + right * cosine) / np.float32(_LONG)
    across = (down * cosine - right * sine) / np.float32(_THIN)
    total = np.zeros((rows, columns), dtype=np.float32)
    for finer in (1, 2):
        places = (along * finer, across * finer)
        drawn = ndimage.map_coordinates(noise, places, order=1, mode="grid-wrap")
        total += (1 - np.abs(2 * drawn - 1)) / finer
    return _standard(total)


def _smooth(draws: Draws, rows: int, columns: int) -> Floats:
    """A field that changes slowly, a few times from side to side; mean 0, spread 1."""
    coarse = draws.standard_normal((6, 6)).astype(np.float32)
    image = image_module.fromarray(coarse).resize((columns, rows), image_module.Resampling.BICUBIC)
    return _standard(np.asarray(image, dtype=np.float32))


def _standard(values: Floats) -> Floats:
    mean, spread = values.mean(dtype=np.float64), values.std(dtype=np.float64)
    made: Floats = ((values - mean) / (spread if spread > 0 else 1)).astype(np.float32)
    return made

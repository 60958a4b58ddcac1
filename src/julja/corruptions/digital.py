"""Digital: contrast, elastic distortion, pixelation, JPEG, saturation.

Parameters: hendrycks/robustness, ImageNet-C/create_c/make_imagenet_c.py and make_cifar_c.py; the
distortion of large pictures is that of bethgelab/imagecorruptions 1.1.2, which holds at any size.
"""

import io
from collections.abc import Mapping
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image as image_module
from scipy import ndimage

from julja.corruptions.pixels import Corruption, Draws, Floats, from_image, highest, to_image

Places: TypeAlias = NDArray[np.floating[Any]]


def contrast(picture: Floats, _: Draws, factor: float) -> Floats:
    """Each channel drawn to its mean."""
    mean = picture.mean(axis=0, dtype=np.float64).mean(axis=0).astype(np.float32)
    made: Floats = (picture - mean) * np.float32(factor) + mean
    return made


def elastic_transform(
    picture: Floats, draws: Draws, parameters: float | tuple[float, float, float]
) -> Floats:
    """Pixels moved by smooth random fields, those of small pictures by an affine map besides."""
    if isinstance(parameters, tuple):
        return _tilted(picture, draws, parameters)
    return _moved(picture, draws, parameters)


def _moved(picture: Floats, draws: Draws, alpha: float) -> Floats:
    """Fields with a sigma of 1 % of the sides; `alpha` is their strength."""
    size = picture.shape[:2]
    most = size[0] * 0.005
    fields = [alpha * _field(draws, size, most, (size[0] * 0.01, size[1] * 0.01)) for _ in "yx"]
    rows, columns = _grid(size)
    return _sampled(picture, rows + fields[0], columns + fields[1])


def _tilted(picture: Floats, draws: Draws, parameters: tuple[float, float, float]) -> Floats:
    """Fields of (alpha, sigma), in sides of the picture, after an affine map.

    It moves three points about the middle by at most `tilt`, the third parameter.
    """
    size = picture.shape[:2]
    side = min(size)
    alpha, sigma, tilt = (side * value for value in parameters)
    middle = np.array(size, dtype=np.float64) // 2
    third = side // 3
    points = middle + third * np.array([[1.0, 1.0], [1.0, -1.0], [-1.0, -1.0]])
    moved = points + draws.uniform(-tilt, tilt, size=points.shape)
    rows, columns = _grid(size)
    if alpha:
        rows += alpha * _field(draws, size, 1.0, (sigma, sigma))
        columns += alpha * _field(draws, size, 1.0, (sigma, sigma))
    if third:
        inverse, shift = _affine(moved, points)
        rows, columns = (
            inverse[0, 0] * rows + inverse[0, 1] * columns + shift[0],
            inverse[1, 0] * rows + inverse[1, 1] * columns + shift[1],
        )
    return _sampled(picture, rows, columns)


def _grid(size: tuple[int, int]) -> tuple[Places, Places]:
    rows, columns = np.indices(size, dtype=np.float64)
    return rows, columns


def _affine(given: Places, wanted: Places) -> tuple[Places, Places]:
    """(matrix (2, 2), shift (2,)) of the affine map from three points to three others."""
    solved = np.asarray(np.linalg.solve(np.column_stack([given, np.ones(3)]), wanted))
    return solved[:2].T, solved[2]


def _field(draws: Draws, size: tuple[int, int], most: float, sigma: tuple[float, float]) -> Places:
    drawn = draws.uniform(-most, most, size=size)
    made: Places = ndimage.gaussian_filter(drawn, sigma, mode="reflect", truncate=3)
    return made


def _sampled(picture: Floats, rows: Places, columns: Places) -> Floats:
    """The picture's values at places between pixels, by linear interpolation; edges mirrored."""
    made = np.empty_like(picture)
    for channel in range(picture.shape[2]):
        ndimage.map_coordinates(
            picture[:, :, channel],
            (rows, columns),
            output=made[:, :, channel],
            order=1,
            mode="reflect",
        )
    return made


def pixelate(picture: Floats, _: Draws, share: float) -> Floats:
    """Shrunk to a share of its sides by means over boxes, and enlarged without smoothing."""
    image = to_image(picture)
    width, height = image.size
    small = (max(1, int(width * share)), max(1, int(height * share)))
    shrunk = image.resize(small, image_module.Resampling.BOX)
    return from_image(shrunk.resize(image.size, image_module.Resampling.BOX))


def jpeg_compression(picture: Floats, _: Draws, quality: int) -> Floats:
    """Written as JPEG and read again."""
    kept = io.BytesIO()
    to_image(picture).save(kept, format="JPEG", quality=quality)
    with image_module.open(kept) as image:
        return from_image(image.convert("RGB"))


def saturate(picture: Floats, _: Draws, parameters: tuple[float, float]) -> Floats:
    """The saturation of HSV times a factor, plus a part; a grey without a hue becomes red."""
    factor, part = parameters
    value = highest(picture)
    spread = value + highest(-picture)
    before = np.divide(spread, value, out=np.zeros_like(value), where=value > 0)
    after = np.clip(before * np.float32(factor) + np.float32(part), 0, 1)
    # How far each channel lies below the highest, from 0 to 1: that is the hue.
    red = np.broadcast_to(np.array([0, 1, 1], dtype=np.float32), picture.shape)
    below = np.divide(value - picture, spread, out=red.copy(), where=spread > 0)
    made: Floats = value * (1 - after * below)
    return made


ALL: Mapping[str, Corruption] = {
    "contrast": Corruption(contrast, (0.4, 0.3, 0.2, 0.1, 0.05), (0.75, 0.5, 0.4, 0.3, 0.15)),
    "elastic_transform": Corruption(
        elastic_transform,
        (12.5, 16.25, 21.25, 25.0, 30.0),
        (
            (0.0, 0.0, 0.08),
            (0.05, 0.2, 0.07),
            (0.08, 0.06, 0.06),
            (0.1, 0.04, 0.05),
            (0.1, 0.03, 0.03),
        ),
    ),
    "pixelate": Corruption(pixelate, (0.6, 0.5, 0.4, 0.3, 0.25), (0.95, 0.9, 0.85, 0.75, 0.65)),
    "jpeg_compression": Corruption(jpeg_compression, (25, 18, 15, 10, 7), (80, 65, 58, 50, 40)),
    "saturate": Corruption(
        saturate,
        ((0.3, 0), (0.1, 0), (2, 0), (5, 0.1), (20, 0.2)),
        ((0.3, 0), (0.1, 0), (1.5, 0), (2, 0.1), (2.5, 0.2)),
    ),
}

"""Scores of every pixel -> the label map of the picture.

Scores are brought to the picture's size, then the best class is taken: the other order would draw
the classes' borders in steps of the model's pixels.
"""

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from julja.errors import ProviderError
from julja.models.vision.preprocess import Place
from julja.pictures import pillow


def label_map(output: NDArray[Any], place: Place, side: tuple[int, int]) -> NDArray[np.int32]:
    """The label map (height, width) of the picture that lies at `place` in the model's input.

    `output` covers the input of (height, width) `side`. It holds scores (classes, h, w), of which
    the best counts, or labels already ((h, w) or (1, h, w) of whole numbers), enlarged pixel by
    pixel. Raises `ProviderError`.
    """
    if output.ndim == 3 and output.shape[0] == 1 and output.dtype.kind in "iu":
        output = output[0]
    if output.ndim == 2:
        return _of_picture(output.astype(np.float32), place, side, "NEAREST").astype(np.int32)
    if output.ndim != 3:
        raise ProviderError(f"an output of shape {output.shape} is no map of classes.")
    if not np.isfinite(output).all():
        raise ProviderError("Class scores are NaN or infinite.")
    if len(output) == 1:
        raise ProviderError("One class alone makes no map of classes.")
    best = np.full(place.size, -np.inf, np.float32)
    labels = np.zeros(place.size, np.int32)
    for label, scores in enumerate(output):
        values = _of_picture(scores, place, side, "BILINEAR")
        better = values > best
        labels[better] = label
        best[better] = values[better]
    return labels


def _of_picture(
    values: NDArray[Any],
    place: Place,
    side: tuple[int, int],
    how: Literal["NEAREST", "BILINEAR"],
) -> NDArray[np.float32]:
    """The part of a map that the picture covers, in the picture's size."""
    high, wide = values.shape
    height, width = place.size
    down, across = high / side[0], wide / side[1]
    box = (
        max(0.0, place.left * across),
        max(0.0, place.top * down),
        min(wide, (place.left + width * place.x_scale) * across),
        min(high, (place.top + height * place.y_scale) * down),
    )
    module = pillow()
    image = module.fromarray(np.ascontiguousarray(values, np.float32))
    made = image.resize((width, height), getattr(module.Resampling, how), box=box)
    resized: NDArray[np.float32] = np.asarray(made)
    return resized

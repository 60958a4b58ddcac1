"""What the picture models' outputs become: log-probabilities, objects; and failed allocations."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from julja.models.labels import BACKGROUND
from julja.models.vision.labels import Labels
from julja.predictions import Detection, packed
from julja.types import Json


def log_scores(scores: NDArray[Any]) -> tuple[NDArray[Any], tuple[float, ...]]:
    """Class scores as log-probabilities: numbers (classes,), and constants to subtract from them.

    Probabilities are those that add up to 1. Log-probabilities stay as they are, for their softmax
    adds up to 1 already.
    """
    given = np.asarray(scores).ravel()
    values = given.astype(np.float64)
    if values.min() >= 0 and values.max() <= 1 and abs(values.sum() - 1) < 1e-3:
        with np.errstate(divide="ignore"):
            return np.log(values), ()
    top = values.max()
    return given, (float(top), float(np.log(np.exp(values - top).sum())))


def named(place: int, labels: Labels) -> str | None:
    """The name by which an object is told: an output's first name, None for the background."""
    names = labels[place] if 0 <= place < len(labels) else ()
    label = names[0] if names else str(place)
    return None if label in BACKGROUND else label


def boxes_of(
    boxes: NDArray[Any],
    scores: NDArray[Any],
    places: NDArray[Any],
    labels: Labels,
    masks: Sequence[Mapping[str, Json]] | None = None,
) -> list[Detection]:
    """Objects of corners (N, 4), the surest first; rounded to a thousandth of a pixel."""
    found = []
    for i in np.argsort(-scores, kind="stable"):
        label = named(int(places[i]), labels)
        if label is None:
            continue
        left, top, right, bottom = (float(side) for side in boxes[i])
        sides = (round(left, 3), round(top, 3), round(right - left, 3), round(bottom - top, 3))
        mask = None if masks is None else packed(masks[i])
        found.append(Detection(sides, round(float(scores[i]), 6), label, None, mask))
    return found


def ran_out(error: BaseException) -> bool:
    """True for an allocation that failed, in torch, onnxruntime or numpy."""
    text = str(error).lower()
    told = ("out of memory", "can't allocate memory", "failed to allocate memory", "bad allocation")
    return (
        isinstance(error, MemoryError)
        or type(error).__name__ == "OutOfMemoryError"
        or any(words in text for words in told)
    )


def free_memory() -> None:
    """Give back what is no longer used, so that a smaller batch has room."""
    import gc
    import sys

    gc.collect()
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available():
        torch.cuda.empty_cache()


def first_line(error: BaseException) -> str:
    """An error in one line."""
    return next(iter(str(error).strip().splitlines()), type(error).__name__)

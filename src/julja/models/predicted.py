"""Plain values (scores by label, boxes, arrays) -> what a response holds of them.

Used by functions of the user's (`python/FILE.py:function`) and by the picture engines.
"""

import math
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from julja import pictures
from julja.errors import DataError, ProviderError
from julja.likelihoods import Likelihoods
from julja.models.labels import names_of, plain
from julja.predictions import Detection, mask_runs, write_detections, write_map, write_png
from julja.types import Json, Media, Request

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_RAGGED = 4096  # run lengths of a label map beyond which PNG is tried


def log_probabilities(scores: Sequence[float]) -> tuple[Sequence[float], tuple[float, ...]]:
    """Scores as log-probabilities: numbers, and constants to subtract from them.

    Probabilities are those that add up to 1, all else is logits. Log-probabilities stay as they
    are, for their softmax adds up to 1 already.
    """
    if any(math.isnan(score) for score in scores):
        raise ProviderError("A class score is NaN.")
    if math.inf in scores:
        raise ProviderError("A class score is infinite.")
    if all(0 <= score <= 1 for score in scores) and abs(math.fsum(scores) - 1) < 1e-3:
        return [math.log(score) if score > 0 else -math.inf for score in scores], ()
    top = max(scores)
    if math.isinf(top):
        raise ProviderError("All class scores are minus infinity.")
    return scores, (top + math.log(math.fsum(math.exp(score - top) for score in scores)),)


def choices_of(request: Request, scores: Json) -> Likelihoods:
    """The request's choices with their log-probabilities.

    `scores` are by label, or a list in the order of the choices. Labels that the benchmark
    doesn't have are left out, choices without a score have none (-inf); names of which both is
    true belong to another set of classes, and are an error.
    """
    if not isinstance(scores, Mapping):
        values = [float(score) for score in scores]
        if len(values) != len(request.choices):
            raise ProviderError(
                f"{len(values)} class scores for {len(request.choices)} choices.",
                hint="Return one score for each of request.choices, or {label: score}.",
            )
        return Likelihoods(request.choices, *log_probabilities(values))
    found, less = _by_name(request, scores)
    numbers = [found.get(place, -math.inf) for place in range(len(request.choices))]
    return Likelihoods(request.choices, numbers, less)


def _by_name(
    request: Request, scores: Mapping[str, float]
) -> tuple[dict[int, float], tuple[float, ...]]:
    if not scores:
        raise ProviderError("There is no class score at all.", hint="Return {label: score}.")
    known = _places(request.choices)
    values, less = log_probabilities([float(score) for score in scores.values()])
    found: dict[int, float] = {}
    strange: list[str] = []
    for label, value in zip(scores, values, strict=True):
        place = known.get(str(label))
        if place is None:
            place = known.get(plain(str(label)))
        if place is None:
            strange.append(str(label))
        else:
            found[place] = value
    if strange and len(found) < len(request.choices):
        lacking = next(c for i, c in enumerate(request.choices) if i not in found)
        raise ProviderError(
            f"{len(strange)} labels are none of the {len(request.choices)} choices"
            f" ({strange[0]!r}), and {len(request.choices) - len(found)} choices have no score"
            f" ({lacking!r}).",
            hint="Spell the labels as request.choices does.",
        )
    return found, less


@lru_cache(maxsize=16)
def _places(choices: tuple[str, ...]) -> Mapping[str, int]:
    """The place of each choice by its name as it is compared, or as it is where two are alike."""
    known = {plain(choice): place for place, choice in enumerate(choices)}
    exact = {choice: place for place, choice in enumerate(choices)}
    return known if len(known) == len(choices) else exact


def size_of(media: Media) -> tuple[int, int]:
    """(height, width) of a picture as it is shown, upright."""
    try:
        return pictures.size_of(media)
    except DataError as error:
        raise ProviderError(error.message) from error


def detections_text(request: Request, found: Json, size: tuple[int, int]) -> str:
    """Objects as a response's text. `found` has Detections or {"box", "score", "label" …}."""
    return write_detections(size, respelled([_detection(item) for item in found], request))


def _detection(item: Json) -> Detection:
    if isinstance(item, Detection):
        return item
    if not isinstance(item, Mapping) or "box" not in item:
        raise ProviderError(
            f"{str(item)[:60]!r} is no object that was found.",
            hint='Return {"label": …, "box": [x, y, width, height], "score": …} for each.',
        )
    try:
        left, top, width, height = (float(value) for value in item["box"])
        score = float(item["score"])
        category = item.get("category_id")
        label = item.get("label")
        return Detection(
            (left, top, width, height),
            score,
            None if label is None else str(label),
            None if category is None else int(category),
            _mask(item.get("mask")),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ProviderError(
            f"An object that was found can't be read ({type(error).__name__}: {error}):"
            f" {str(item)[:80]}"
        ) from error


def _mask(mask: Any) -> Mapping[str, Json] | None:
    return mask if mask is None or isinstance(mask, Mapping) else mask_runs(mask)


def respelled(found: Sequence[Detection], request: Request) -> list[Detection]:
    """The objects with labels as the request's choices are spelled; others keep their own."""
    if not request.choices:
        return list(found)
    known = names_of([(choice,) for choice in request.choices])
    made = []
    for item in found:
        place = known.get(plain(item.label)) if item.label is not None else None
        label = item.label if place is None else request.choices[place]
        made.append(Detection(item.box, item.score, label, item.category_id, item.mask))
    return made


def map_text(labels: "NDArray[np.integer[Any]]") -> str:
    """A label map (height, width) as a response's text, in the shorter of its two forms."""
    import numpy as np

    array = np.asarray(labels)
    if array.ndim != 2 or array.dtype.kind not in "iub":
        raise ProviderError(
            f"a label map is an array (height, width) of whole numbers, not {array.dtype} of shape"
            f" {array.shape}."
        )
    if array.size and int(array.min()) < 0:
        raise ProviderError("A label map has negative labels.")
    runs = 1 + int(np.count_nonzero(np.diff(array.ravel())))
    text = write_map(array.astype(np.int32))
    if runs <= _RAGGED or int(array.max(initial=0)) > 65535:
        return text
    packed = write_png(array.astype(np.int32))
    return min(text, packed, key=len)

"""The class of a picture: top-1, top-5 and the mean over classes, from scores or a named class.

    image_classes()          top1 (first), top5, mean_class
    image_classes(tops=(1,)) for sets of few classes, where the fifth place says nothing

A response holds a score for each of `Sample.choices` (`Response.choices`, of any scale), or the
name of one class as its text. A named class tells nothing of the second place: top5 is then no
score, never 0. `Sample.answer` may hold several right classes (ReaL): one of them is enough, in the
first place for top1 and among the first five for top5. A class that scores like the best right one
counts as before it, so a model that gives all classes the same score is wrong. Source of the rule
for several classes: Beyer et al., 2020, "Are we done with ImageNet?", section 3.
"""

import contextlib
import re
from collections.abc import Mapping, Sequence
from math import isnan
from typing import TYPE_CHECKING, TypeAlias

from julja.errors import ConfigError
from julja.likelihoods import log_likelihoods
from julja.scoring.base import FunctionScorer, unparsed
from julja.types import Metric, Response, Sample, Score, Scorer

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats: TypeAlias = NDArray[np.float64]
    Counts: TypeAlias = NDArray[np.int64]

# The class of a response that names none.
NONE = -1.0


def image_classes(tops: Sequence[int] = (1, 5)) -> Scorer:
    """See the module. The first of `tops` is primary."""
    if not tops or any(top < 1 for top in tops):
        raise ConfigError(f"tops={tuple(tops)}: places are counted from 1.")
    metrics = (
        *(Metric(f"top{top}") for top in tops),
        Metric("mean_class", aggregate=_mean_class, columns=("class", "predicted")),
    )

    def score(sample: Sample, response: Response) -> Score:
        if response.choices:
            return _of_scores(sample, log_likelihoods(response.choices), tops)
        return _of_name(sample, response.text, tops)

    return FunctionScorer("image_classes", {"tops": list(tops)}, metrics, False, score)


def _of_scores(sample: Sample, scores: Sequence[float], tops: Sequence[int]) -> Score:
    if len(scores) != len(sample.choices) or any(map(isnan, scores)):
        why = f"{len(scores)} scores for {len(sample.choices)} classes, or a score is no number"
        return _lost(sample, tops, why)
    right = set(sample.answer)
    best = max((scores[place] for place in right), default=float("inf"))
    # All places as good as the best right one; few, where the model is any good.
    near = [place for place, value in enumerate(scores) if value >= best]
    wrong = [place for place in near if place not in right]
    before = len(wrong)
    first = scores.index(max(scores))
    if first in right and wrong:
        first = wrong[0]
    values = {f"top{top}": float(before < top) for top in tops}
    return Score({**values, **_codes(sample, first)}, extracted=sample.choices[first])


def _of_name(sample: Sample, text: str, tops: Sequence[int]) -> Score:
    place = named_class(text, sample.choices)
    if place is None:
        return _lost(sample, tops, "the answer names no class, or several")
    values = {"top1": float(place in sample.answer)} if 1 in tops else {}
    return Score({**values, **_codes(sample, place)}, extracted=sample.choices[place])


def named_class(text: str, names: Sequence[str]) -> int | None:
    """The place of the class that a text names: all of it, or the one name in its words.

    >>> named_class("It is a cat.", ["cat", "dog"])
    0
    >>> named_class("a cat or a dog", ["cat", "dog"]) is None
    True
    """
    whole = text.strip()
    with contextlib.suppress(ValueError):
        return names.index(whole)
    words = f" {_words(text)} "
    found = [place for place, name in enumerate(names) if f" {_words(name)} " in words]
    # "hot dog" is no dog: a name inside a longer one that was found doesn't count.
    alone = [
        place
        for place in found
        if not any(
            other != place and f" {_words(names[place])} " in f" {_words(names[other])} "
            for other in found
        )
    ]
    return alone[0] if len(alone) == 1 else None


def _words(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.casefold()))


def _codes(sample: Sample, predicted: float) -> dict[str, float]:
    """The columns of the confusion matrix; of several right classes the chosen one is the class."""
    chosen = predicted in sample.answer
    return {
        "class": float(predicted if chosen else next(iter(sample.answer), NONE)),
        "predicted": float(predicted),
    }


def _lost(sample: Sample, tops: Sequence[int], why: str) -> Score:
    values = unparsed([Metric(f"top{top}") for top in tops]).values
    return Score({**values, **_codes(sample, NONE)}, "unparsed", explanation=why)


def confusion(right: "Floats", predicted: "Floats", classes: int) -> "Counts":
    """The confusion matrix (classes, classes + 1): rows are right, columns predicted.

    `right` and `predicted` are places of classes (n,); the last column counts answers of no class.
    """
    import numpy as np

    columns = np.where(predicted < 0, classes, predicted).astype(np.int64)
    flat = right.astype(np.int64) * (classes + 1) + columns
    counts: Counts = np.bincount(flat, minlength=classes * (classes + 1))
    return counts.reshape(classes, classes + 1)


def _mean_class(columns: Mapping[str, "Floats"]) -> float:
    """The mean over the classes that occur of their accuracy (balanced accuracy)."""
    import numpy as np

    right, predicted = columns["class"], columns["predicted"]
    # The diagonal and the row sums of the confusion matrix, without its million cells.
    totals = np.bincount(right.astype(np.int64))
    hits = np.bincount(right[right == predicted].astype(np.int64), minlength=len(totals))
    occurs = totals > 0
    return float((hits[occurs] / totals[occurs]).mean())

"""Video classification: one verdict a video out of many views of it.

A model sees several clips of a video and several crops of a clip. Its softmax scores are averaged
over all of these views, and the largest average is the answer: a vote of the views' own answers, or
the mean of their accuracies, are other numbers. Source: open-mmlab/mmaction2:
mmaction/models/heads/base.py (`average_clip`, prob) and mmaction/evaluation/functional/accuracy.py.

    video_classes()   top1 (first), top5, mean_class: the mean over classes of their top1

The scores of a response are log-probabilities (`Response.choices`), one for each of
`Sample.choices`. A class that scores like the right one counts as before it: a model that gives
all classes the same score knows nothing.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, TypeAlias

from julja.errors import DataError
from julja.likelihoods import log_likelihoods
from julja.scoring.base import FunctionScorer, unparsed
from julja.types import Json, Metric, Response, Sample, Score, Scorer

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats: TypeAlias = NDArray[np.float64]

# How far the sum of a view's probabilities may lie from 1: files round them.
_ROUNDING = 0.02


def average_views(views: Json, *, classes: int, place: str) -> "Floats":
    """The log of the mean softmax score of each class (classes,) over all views.

    `views` are lists of scores, nested as deep as they come (clips x crops x classes), of a video
    named `place`. Views that are all shares with the sum 1 are probabilities already; else all are
    logits.
    """
    import numpy as np

    try:
        table = np.asarray(views, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise DataError(f"video {place}: its views differ in length, or are no numbers.") from error
    if table.ndim == 0 or table.shape[-1] != classes or not table.size:
        raise DataError(
            f"video {place}: {table.shape[-1] if table.ndim else 'no'} scores a view, and there are"
            f" {classes} classes.",
            hint="The scores of another set of classes, or with one for the background.",
        )
    if not np.isfinite(table).all():
        raise DataError(f"video {place}: a score is no number.")
    rows = table.reshape(-1, classes)
    if not _are_shares(rows):
        rows = np.exp(rows - rows.max(axis=1, keepdims=True))
        rows /= rows.sum(axis=1, keepdims=True)
    with np.errstate(divide="ignore"):
        averaged: Floats = np.log(rows.mean(axis=0))
    return averaged


def _are_shares(rows: "Floats") -> bool:
    sums = abs(rows.sum(axis=1) - 1) <= _ROUNDING
    return bool((rows >= 0).all() and (rows <= 1).all() and sums.all())


def video_classes() -> Scorer:
    """See the module."""
    metrics = (
        Metric("top1"),
        Metric("top5"),
        Metric("mean_class", source="top1", aggregate=_mean_class, columns=("top1", "class")),
    )

    def score(sample: Sample, response: Response) -> Score:
        right = sample.answer[0]
        scores = log_likelihoods(response.choices)
        if len(scores) != len(sample.choices) or any(value != value for value in scores):
            explanation = f"{len(scores)} scores for {len(sample.choices)} classes, or NaN"
            lost = unparsed(metrics, explanation)
            return Score(
                {**lost.values, "class": float(right)}, "unparsed", None, None, explanation
            )
        before = sum(value >= scores[right] for value in scores) - 1
        values = {"top1": float(before < 1), "top5": float(before < 5), "class": float(right)}
        best = max(range(len(scores)), key=scores.__getitem__)
        return Score(values, extracted=sample.choices[best])

    return FunctionScorer("video_classes", {}, metrics, False, score)


def _mean_class(columns: Mapping[str, "Floats"]) -> float:
    """The mean over the classes that occur of their videos' top1."""
    import numpy as np

    kinds = columns["class"].astype(int)
    counts = np.bincount(kinds)
    hits = np.bincount(kinds, weights=columns["top1"])
    return float((hits[counts > 0] / counts[counts > 0]).mean())


def view_rows(content: Json, samples: Sequence[Sample]) -> list[dict[str, Json]]:
    """A file of views as rows {"id", "choices"}: {video: views}, or rows {"id", "scores": views}.

    Rows of the same video are further views of it.
    """
    rows = (
        [{"id": name, "scores": views} for name, views in content.items()]
        if isinstance(content, dict)
        else content
    )
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise DataError(
            "the file holds no scores of videos.",
            hint='Write {"video": [[score of each class], …]}, or rows {"id", "scores"}.',
        )
    classes = {sample.id: len(sample.choices) for sample in samples}
    views: dict[str, list[Json]] = {}
    for place, row in enumerate(rows):
        name = next((row[key] for key in ("id", "video", "video_id") if key in row), None)
        if name is None or "scores" not in row:
            raise DataError(f"row {place} has no id or no scores (its fields: {', '.join(row)}).")
        views.setdefault(str(name), []).extend(_flat(row["scores"]))
    most = max(classes.values(), default=0)
    return [
        {
            "id": name,
            "choices": average_views(found, classes=classes.get(name, most), place=name).tolist(),
        }
        for name, found in views.items()
    ]


def _flat(views: Json) -> list[Json]:
    """Views (lists of numbers) out of any nesting."""
    if not isinstance(views, list):
        raise DataError(f"scores are lists of numbers, not {type(views).__name__}.")
    if not views or not isinstance(views[0], list):
        return [views]
    return [view for part in views for view in _flat(part)]

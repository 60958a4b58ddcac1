"""Metrics of a whole set of classified samples: F1 of several kinds, Matthews' coefficient.

Any scorer of one answer among choices can be given them, in any form:

    class_metrics(ranked("acc"), ("acc", "f1_macro"))           rank, classify
    class_metrics(letters(), ("mcc", "acc"))                    letter
    class_metrics(choice_letter(), ("acc", "f1"), positive=1)   generate

The first name is the primary metric. Those that the inner scorer has ("acc") stay the mean over
samples; the others are made of all samples together, from the class that each answer chose:

    f1, precision, recall       of the class `positive`
    f1_macro, f1_weighted,      over the classes `over` (all of them by default): the plain mean,
    f1_micro                    the mean by support, and from the classes' summed counts
    f1_macro_right              the plain mean over the classes that are right at least once
    precision_macro, recall_macro   plain means; recall_macro is the balanced accuracy
    mcc                         Matthews' coefficient, for many classes Gorodkin's R_K

They are scikit-learn's (`zero_division=0`). An answer that can't be read is of no class: it lowers
the recall of the right one and nobody's precision.

A class is a choice's place in `Sample.choices`, or its place in `labels` where these are given and
name the choices (in any order). For other code, `chosen` tells which choice a score is about.
Numbers instead of classes: julja.scoring.values.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

from julja.errors import ConfigError, ScoringError
from julja.scoring.base import FunctionScorer
from julja.scoring.extract import LETTERS
from julja.types import Metric, Response, Sample, Score, Scorer

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats: TypeAlias = NDArray[np.float64]

PREDICTED, GOLD = "predicted", "gold"
NONE = -1.0
Label: TypeAlias = str | int


def class_metrics(
    inner: Scorer,
    names: Sequence[str] | Mapping[str, str] = ("acc",),
    *,
    labels: Sequence[str] = (),
    positive: Label = 1,
    over: Sequence[Label] = (),
) -> Scorer:
    """The inner scorer with the metrics `names` instead of its own; see the module.

    A mapping gives metrics other names: {"acc": "acc", "f1": "f1_macro"} calls the macro F1 f1.
    `labels` are the names of the classes. Without them, averages are over the classes that occur
    among the answers or the right ones (scikit-learn's default); with them, over all, and a class
    that never occurs counts 0. `positive` and `over` name classes by label or by place.
    """
    options = _Options(
        len(labels), _place(positive, labels), tuple(_place(i, labels) for i in over)
    )
    own = {metric.name: metric for metric in inner.metrics}
    kinds = names if isinstance(names, Mapping) else {name: name for name in names}
    found = (
        (name, own.get(kind) or class_metric(kind, inner, options)) for name, kind in kinds.items()
    )
    metrics = tuple(
        replace(item, name=name, source=item.key) if item.name != name else item
        for name, item in found
    )

    def score(sample: Sample, response: Response) -> Score:
        found = inner(sample, response)
        given = chosen(sample, response, found)
        right = given if given in sample.answer else next(iter(sample.answer), None)
        codes = {
            PREDICTED: _code(sample, given, labels),
            GOLD: _code(sample, right, labels),
        }
        return replace(found, values={**found.values, **codes})

    args = {
        **inner.args,
        "names": dict(kinds),
        "labels": list(labels),
        "positive": positive,
        "over": list(over),
    }
    return FunctionScorer(f"{inner.name}+classes", args, metrics, inner.blocking, score)


def chosen(sample: Sample, response: Response, score: Score) -> int | None:
    """The place in `Sample.choices` of the choice that a score says was made; None for none.

    A score tells it by the choice's text or by its letter; letters follow `fields["order"]`, the
    order in which the choices were shown, where the sample has one.
    """
    text = score.extracted
    if text is None or score.state != "scored":
        return None
    if response.choices:
        same = [
            (choice.loglikelihood, -place)
            for place, choice in enumerate(response.choices)
            if text in (sample.choices[place], choice.text, choice.text.removeprefix(" "))
            or text == choice.text.strip()
        ]
        return -max(same)[1] if same else None
    if text in sample.choices:
        return sample.choices.index(text)
    place = LETTERS.find(text) if len(text) == 1 else -1
    if not 0 <= place < len(sample.choices):
        return None
    order = sample.fields.get("order")
    return int(order[place]) if order else place


def _code(sample: Sample, place: int | None, labels: Sequence[str]) -> float:
    if place is None:
        return NONE
    if not labels:
        return float(place)
    name = sample.choices[place]
    if name in labels:
        return float(labels.index(name))
    # Labels and the words that stand for them in the prompt may differ, in the same order.
    if len(labels) == len(sample.choices):
        return float(place)
    raise ScoringError(
        f"the choice {name!r} of sample {sample.id!r} is none of the classes {', '.join(labels)}."
    )


def _place(label: Label, labels: Sequence[str]) -> int:
    if isinstance(label, int):
        return label
    if label not in labels:
        raise ConfigError(
            f"{label!r} is none of the classes {', '.join(labels) or '(none named)'}."
        )
    return list(labels).index(label)


@dataclass(frozen=True, slots=True)
class _Options:
    """`size` is the number of classes, 0 where only those that occur count."""

    size: int
    positive: int
    over: tuple[int, ...]


def class_metric(name: str, inner: Scorer, options: "_Options | None" = None) -> Metric:
    """One corpus metric over the columns `predicted` and `gold`; of a single sample it is `acc`."""
    if name not in _FORMULAS:
        known = ", ".join([*(metric.name for metric in inner.metrics), *_FORMULAS])
        raise ConfigError(f"there is no metric {name!r} of classes.", hint=f"There are {known}.")
    return Metric(
        name,
        source=inner.metrics[0].key,
        low=-1.0 if name == "mcc" else 0.0,
        aggregate=_Corpus(name, options or _Options(0, 1, ())),
        columns=(PREDICTED, GOLD),
    )


@dataclass(frozen=True, slots=True)
class _Corpus:
    """A formula over the confusion counts of all samples."""

    name: str
    options: _Options

    def __call__(self, columns: Mapping[str, "Floats"]) -> float:
        counts = confusion(columns[PREDICTED], columns[GOLD], self.options.size)
        return _FORMULAS[self.name](counts, self.options)


def confusion(predicted: "Floats", gold: "Floats", size: int = 0) -> "Floats":
    """Counts by (right class, chosen class); the last row and column are those of no class."""
    import numpy as np

    codes = np.stack([gold, predicted]).astype(np.int64)
    wide = max(size, int(codes.max(initial=-1)) + 1) + 1
    right, given = np.where(codes < 0, wide - 1, codes)
    flat = np.bincount(right * wide + given, minlength=wide * wide)
    counts: Floats = flat.reshape(wide, wide).astype(float)
    return counts


def _ratio(top: "Floats", bottom: "Floats") -> "Floats":
    """top / bottom, 0 where there is nothing to divide by."""
    import numpy as np

    result: Floats = np.divide(top, bottom, out=np.zeros_like(top), where=bottom > 0)
    return result


def _sums(counts: "Floats") -> tuple["Floats", "Floats", "Floats"]:
    """By class: right answers, times it was chosen, times it was right (its support)."""
    return counts.diagonal()[:-1].copy(), counts.sum(0)[:-1], counts.sum(1)[:-1]


def _shares(counts: "Floats", part: str) -> "Floats":
    hits, given, support = _sums(counts)
    if part == "precision":
        return _ratio(hits, given)
    return _ratio(hits, support) if part == "recall" else _ratio(2 * hits, given + support)


def _among(counts: "Floats", options: _Options) -> "NDArray[np.int64]":
    """The classes that an average is over."""
    import numpy as np

    if options.over:
        return np.asarray(options.over, dtype=np.int64)
    if options.size:
        return np.arange(options.size)
    _, given, support = _sums(counts)
    return np.flatnonzero(given + support)


Formula: TypeAlias = Callable[["Floats", _Options], float]


def _of_positive(part: str) -> Formula:
    def value(counts: "Floats", options: _Options) -> float:
        shares = _shares(counts, part)
        return float(shares[options.positive]) if options.positive < len(shares) else 0.0

    return value


def _macro(part: str) -> Formula:
    def value(counts: "Floats", options: _Options) -> float:
        places = _among(counts, options)
        shares = _shares(counts, part)
        # A class beyond those that occur has neither answers nor right ones: it adds 0.
        known = shares[places[places < len(shares)]]
        return float(known.sum() / len(places)) if len(places) else 0.0

    return value


def _macro_right(counts: "Floats", options: _Options) -> float:
    support = _sums(counts)[2]
    return float(_shares(counts, "f1")[support > 0].mean()) if support.any() else 0.0


def _weighted(counts: "Floats", options: _Options) -> float:
    places = _among(counts, options)
    support = _sums(counts)[2]
    places = places[places < len(support)]
    total = support[places].sum()
    return float(_shares(counts, "f1")[places] @ support[places] / total) if total else 0.0


def _micro(counts: "Floats", options: _Options) -> float:
    places = _among(counts, options)
    hits, given, support = _sums(counts)
    places = places[places < len(hits)]
    bottom = float((given + support)[places].sum())
    return float(2 * hits[places].sum() / bottom) if bottom else 0.0


def _matthews(counts: "Floats", options: _Options) -> float:
    """R_K of Gorodkin, Computational Biology and Chemistry 28 (2004), equation 8.

    No class is a class of its own here. 0 where all answers, or all right ones, are of one class.
    """
    total = counts.sum()
    right, given = counts.sum(1), counts.sum(0)
    joint = counts.trace() * total - right @ given
    spread = (total**2 - given @ given) * (total**2 - right @ right)
    return float(joint / spread**0.5) if spread > 0 else 0.0


_FORMULAS: Mapping[str, Formula] = {
    "f1": _of_positive("f1"),
    "precision": _of_positive("precision"),
    "recall": _of_positive("recall"),
    "f1_macro": _macro("f1"),
    "f1_macro_right": _macro_right,
    "precision_macro": _macro("precision"),
    "recall_macro": _macro("recall"),
    "f1_weighted": _weighted,
    "f1_micro": _micro,
    "mcc": _matthews,
}

"""A metric as another tool recorded it, and how julja computes it from the samples' values."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from julja.types import Metric, Sample

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Kind: TypeAlias = Literal[
    "mean", "perplexity", "weighted_perplexity", "bits_per_byte", "f1", "mcc", "pooled", "recorded"
]
# The field of a sample that holds what it weighs in some metrics, by metric.
WEIGHTS = "lm_eval_weights"
NATS: frozenset[Kind] = frozenset({"perplexity", "weighted_perplexity", "bits_per_byte"})


@dataclass(frozen=True, slots=True)
class LogMetric:
    """One metric of one task in a log.

    `key` is its name in a result ("acc", or "exact_match,strict-match" where there are several
    filters); `value`, `stderr`, `ci` and `n` are what the results file says, `low` and `high` the
    range that its samples' values lie in. `source` is the key of the samples' values where it
    isn't `key`; `decimals` how many the file's value was rounded to.
    """

    key: str
    kind: Kind
    value: float | None = None
    stderr: float | None = None
    higher_is_better: bool = True
    low: float = 0.0
    high: float = 1.0
    source: str | None = None
    n: int | None = None
    ci: tuple[float, float] | None = None
    decimals: int | None = None
    method: str = "imported"

    @property
    def metric(self) -> Metric:
        """As julja computes it from the samples' scores."""
        if self.kind in NATS:
            return Metric(
                self.key,
                source=f"{self.key}:nats",
                weight=None if self.kind == "perplexity" else _Weight(self.key),
                low=self.low,
                high=math.inf,
                higher_is_better=False,
                transform=_bits if self.kind == "bits_per_byte" else math.exp,
            )
        if self.kind in ("f1", "mcc"):
            return Metric(
                self.key,
                source=f"{self.key}:predicted",
                aggregate=_Pairs(self.key, self.kind),
                columns=pair_columns(self.key),
                low=0.0 if self.kind == "f1" else -1.0,
                higher_is_better=self.higher_is_better,
            )
        return Metric(
            self.key,
            source=self.source,
            weight=_Weight(self.key) if self.kind == "pooled" else None,
            low=self.low,
            high=self.high,
            higher_is_better=self.higher_is_better,
        )


@dataclass(frozen=True, slots=True)
class _Weight:
    """The words, bytes or verdicts that one sample brings to a metric."""

    key: str

    def __call__(self, sample: Sample) -> float:
        weights = sample.fields.get(WEIGHTS) or {}
        return float(weights.get(self.key, 1.0))


@dataclass(frozen=True, slots=True)
class _Pairs:
    """A metric of all (gold, predicted) pairs."""

    key: str
    kind: Kind

    def __call__(self, columns: Mapping[str, "NDArray[np.float64]"]) -> float:
        gold, predicted = (columns[name] for name in pair_columns(self.key))
        return f1(gold, predicted) if self.kind == "f1" else mcc(gold, predicted)


def pair_columns(key: str) -> tuple[str, str]:
    """The names of the values that a sample has for a metric of (gold, predicted) pairs."""
    return f"{key}:gold", f"{key}:predicted"


def _bits(nats: float) -> float:
    return nats / math.log(2)


def f1(gold: "NDArray[np.float64]", predicted: "NDArray[np.float64]") -> float:
    """F1 of class 1: the harmonic mean of precision and recall, 0 where both are 0."""
    hits = float(((gold == 1) & (predicted == 1)).sum())
    either = float((gold == 1).sum() + (predicted == 1).sum())
    return 2 * hits / either if either else 0.0


def mcc(gold: "NDArray[np.float64]", predicted: "NDArray[np.float64]") -> float:
    """Matthews' correlation for any number of classes (Gorodkin's R_K, 2004); 0 without spread."""
    import numpy as np

    classes = np.unique(np.concatenate([gold, predicted]))
    true = (gold[:, None] == classes).sum(axis=0).astype(float)
    guessed = (predicted[:, None] == classes).sum(axis=0).astype(float)
    n = float(len(gold))
    covariance = n * float((gold == predicted).sum()) - float(true @ guessed)
    spread = (n * n - float(guessed @ guessed)) * (n * n - float(true @ true))
    return covariance / math.sqrt(spread) if spread > 0 else 0.0

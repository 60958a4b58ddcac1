"""lm-eval's metrics as julja's: what each aggregation makes out of the samples' values.

The names and formulas are those of lm-evaluation-harness 0.4.13 (lm_eval/api/metrics.py). What a
row of a samples file says of a metric is a number, or what its aggregation needs: a pair
(log-likelihood, words), a pair (gold, prediction), a list of verdicts.
"""

import math
from collections.abc import Mapping, Sequence

from julja.interop.recorded import NATS, Kind, pair_columns
from julja.types import Json

_BY_AGGREGATION: Mapping[str, Kind] = {
    "mean": "mean",
    "nanmean": "mean",
    "perplexity": "perplexity",
    "weighted_perplexity": "weighted_perplexity",
    "bits_per_byte": "bits_per_byte",
    "f1": "f1",
    "matthews_corrcoef": "mcc",
    "brier_score": "mean",
}
# The aggregation that each metric has unless its task names another.
_BY_NAME: Mapping[str, Kind] = {
    "perplexity": "perplexity",
    "word_perplexity": "weighted_perplexity",
    "byte_perplexity": "weighted_perplexity",
    "bits_per_byte": "bits_per_byte",
    "mcc": "mcc",
}
_LOWER = frozenset(
    {"perplexity", "word_perplexity", "byte_perplexity", "bits_per_byte", "brier_score", "ter"}
)


def kind_of(name: str, aggregation: str | None, value: Json) -> Kind:
    """How a metric is put together, from its name, its task's file and one sample's value."""
    known = _BY_AGGREGATION.get(aggregation) if aggregation else _BY_NAME.get(name, "mean")
    if isinstance(value, list):
        if name == "brier_score":
            return "mean"
        if known in NATS or known in ("f1", "mcc"):
            return known
        if name == "f1" and _numbers(value) and len(value) == 2 and aggregation is None:
            return "f1"
        # A verdict for each instruction, pooled over all samples (IFEval).
        return "pooled" if value and _numbers(value) and known in (None, "mean") else "recorded"
    if known in ("f1", "mcc") or not _is_number(value):
        return "recorded"
    return known or "mean"


def is_lower_better(name: str) -> bool:
    """True for the metrics that lm-eval's own table calls better when lower."""
    return name in _LOWER


def read_value(key: str, kind: Kind, value: Json) -> tuple[dict[str, float], float | None]:
    """(scores, weight) out of what a row says of one metric; nothing where it says no number."""
    if kind in NATS:
        total, weight = value if isinstance(value, list) else (value, None)
        if not _is_number(total) or weight == 0:
            return {}, None
        nats = -float(total)
        return {f"{key}:nats": nats / weight if weight else nats}, weight
    if isinstance(value, list):
        return _read_list(key, kind, value)
    return ({key: float(value)}, None) if _is_number(value) else ({}, None)


def _read_list(
    key: str, kind: Kind, value: Sequence[Json]
) -> tuple[dict[str, float], float | None]:
    if kind in ("f1", "mcc"):
        return dict(zip(pair_columns(key), map(float, value), strict=True)), None
    if key.partition(",")[0] == "brier_score":
        gold, shares = value[0], _shares(value[1])
        return {key: sum((p - (i == gold)) ** 2 for i, p in enumerate(shares))}, None
    if kind == "pooled" and value and _numbers(value):
        return {key: sum(map(float, value)) / len(value)}, float(len(value))
    return {}, None


def _shares(value: Json) -> list[float]:
    """Probabilities as a list, or as numpy prints an array: "[0.45 0.55]"."""
    numbers = value.strip("[] \n").split() if isinstance(value, str) else value
    return [float(number) for number in numbers]


def _is_number(value: Json) -> bool:
    return isinstance(value, bool | int | float) and not math.isnan(value)


def _numbers(values: Sequence[Json]) -> bool:
    return all(_is_number(value) for value in values)

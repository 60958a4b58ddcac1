"""One metric of a task file: how a sample's value is kept, and how all of them become a number.

lm-eval keeps any object for each document and hands the list of them to the aggregation. julja
keeps numbers: what an aggregation needs is spread over columns (gold and predicted, a
log-likelihood and its words, the n-gram counts of BLEU). Formulas: lm_eval/api/metrics.py, 0.4.13.
"""

import logging
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from julja.errors import ConfigError, ScoringError, did_you_mean
from julja.interop.lm_eval.metrics import is_lower_better
from julja.interop.recorded import f1, mcc
from julja.types import Json, Metric

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Columns = Mapping[str, NDArray[np.float64]]

_log = logging.getLogger("julja.lm_eval")
_AGGREGATION = {
    "perplexity": "perplexity",
    "word_perplexity": "weighted_perplexity",
    "byte_perplexity": "weighted_perplexity",
    "bits_per_byte": "bits_per_byte",
    "mcc": "matthews_corrcoef",
    "f1": "f1",
    "bleu": "bleu",
    "chrf": "chrf",
    "chrf++": "chrf++",
    "ter": "ter",
    "brier_score": "brier_score",
}
AGGREGATIONS = frozenset({*_AGGREGATION.values(), "mean", "nanmean", "median"})
_TRANSLATION = ("bleu", "chrf", "chrf++", "ter")
_PAIRS = ("f1", "matthews_corrcoef", "weighted_perplexity", "bits_per_byte")
_RANKED = ("acc", "acc_norm", "acc_bytes", "acc_mutual_info", "exact_match", "brier_score")
MEASURED: Mapping[str, tuple[str, ...]] = {
    "multiple_choice": (*_RANKED, "f1", "mcc"),
    "loglikelihood": ("perplexity", "acc"),
    "loglikelihood_rolling": ("word_perplexity", "byte_perplexity", "bits_per_byte"),
    "generate_until": ("exact_match", *_TRANSLATION),
}
# What lm-eval measures where a task has no metric_list.
_DEFAULTS: Mapping[str, tuple[str, ...]] = {
    "multiple_choice": ("acc", "acc_norm"),
    "loglikelihood": ("perplexity", "acc"),
    "loglikelihood_rolling": MEASURED["loglikelihood_rolling"],
    "generate_until": ("exact_match",),
}
_KWARGS = ("regexes_to_ignore", "ignore_case", "ignore_punctuation", "ignore_numbers")


@dataclass(frozen=True, slots=True)
class Measure:
    """One entry of `metric_list`."""

    name: str
    aggregation: str | Callable[..., Any]
    higher_is_better: bool
    options: Mapping[str, Json]
    function: Callable[..., Any] | None = None

    @property
    def is_translation(self) -> bool:
        """True for a metric that is counted over (reference, answer) pairs of texts."""
        return self.aggregation in _TRANSLATION

    @property
    def is_pair(self) -> bool:
        """True where a sample brings two numbers."""
        return self.aggregation in _PAIRS or (
            callable(self.aggregation) and self.name in ("f1", "mcc")
        )

    def columns(self, key: str) -> tuple[str, ...]:
        """The keys of `Score.values` that hold a sample's part of this metric."""
        if self.is_translation:
            return tuple(f"{key}:{i}" for i in range(_statistics(str(self.aggregation))))
        if self.is_pair:
            return (f"{key}:first", f"{key}:second")
        return (f"{key}:nats",) if self.aggregation == "perplexity" else (key,)

    def spread(self, key: str, item: Any) -> dict[str, float]:
        """A sample's part of this metric as numbers; none of them where it has no value."""
        names = self.columns(key)
        if self.is_translation:
            numbers: Sequence[Any] = item
        elif self.is_pair:
            numbers = item if isinstance(item, list | tuple) else ()
        elif self.aggregation == "perplexity":
            numbers = (-item,)
        else:
            numbers = (item,)
        if item is None:
            return {}
        try:
            found = dict(zip(names, map(float, numbers), strict=True))
        except (TypeError, ValueError) as error:
            raise ScoringError(
                f"{key}: the value of one sample is {item!r}, not {len(names)} number(s).",
                hint="julja sums up numbers, and pairs for f1, mcc and perplexities.",
            ) from error
        return {} if any(math.isnan(number) for number in found.values()) else found

    def metric(self, key: str) -> Metric:
        """As julja's runs sum it up."""
        names = self.columns(key)
        common: dict[str, Any] = {"higher_is_better": self.higher_is_better}
        if self.aggregation in ("mean", "nanmean", "brier_score"):
            return Metric(key, high=2.0 if self.name == "brier_score" else 1.0, **common)
        if self.aggregation == "perplexity":
            return Metric(key, names[0], transform=math.exp, high=math.inf, **common)
        high = 100.0 if self.is_translation and self.aggregation != "ter" else 1.0
        if self.aggregation in ("ter", "weighted_perplexity", "bits_per_byte"):
            high = math.inf
        return Metric(
            key,
            names[0],
            aggregate=_Aggregate(self.aggregation, names),
            columns=names,
            low=-1.0 if self.aggregation == "matthews_corrcoef" else 0.0,
            high=high,
            **common,
        )


@dataclass(frozen=True, slots=True)
class _Aggregate:
    how: str | Callable[..., Any]
    names: tuple[str, ...]

    def __call__(self, columns: "Columns") -> float:
        parts = [columns[name] for name in self.names]
        if callable(self.how):
            rows = list(zip(*(part.tolist() for part in parts), strict=True))
            return float(self.how([row[0] if len(row) == 1 else row for row in rows]))
        if self.how == "median":
            return float(sorted(parts[0])[len(parts[0]) // 2])
        if self.how in ("f1", "matthews_corrcoef"):
            return f1(*parts) if self.how == "f1" else mcc(*parts)
        if self.how == "weighted_perplexity":
            return math.exp(-float(parts[0].sum() / parts[1].sum()))
        if self.how == "bits_per_byte":
            return -float(parts[0].sum() / parts[1].sum()) / math.log(2)
        return _corpus(self.how, [float(part.sum()) for part in parts])


def measures(settings: Mapping[str, Json], task: str) -> tuple[Measure, ...]:
    """The metrics of a task; lm-eval's own choice where it lists none."""
    kind, listed = str(settings["output_type"]), settings.get("metric_list")
    if listed is None:
        listed = [{"metric": name} for name in _DEFAULTS[kind]]
    own = settings.get("process_results") is not None
    found = tuple(
        _measure(item, kind, task, own=own) for item in listed if item.get("metric") != "bypass"
    )
    if not found:
        raise ConfigError(f"{task} measures nothing: its metric_list is empty.")
    if any(measure.is_translation for measure in found):
        _sacrebleu()
    return found


def _measure(item: Mapping[str, Json], kind: str, task: str, *, own: bool) -> Measure:
    if "metric" not in item:
        raise ConfigError(f"{task}: an entry of metric_list names no metric: {dict(item)!r}.")
    named, function, generated = item["metric"], None, kind == "generate_until"
    options = {
        key: value
        for key, value in item.items()
        if key not in ("metric", "aggregation", "higher_is_better", "hf_evaluate")
    }
    if callable(named):
        function, named = named, str(getattr(named, "__name__", "metric"))
    elif not own and (named not in MEASURED[kind] or (generated and item.get("hf_evaluate"))):
        known = MEASURED[kind]
        raise ConfigError(
            f"{task}: the metric {named!r} is not one that julja computes for {kind}.",
            hint=did_you_mean(str(named), known) or f"It computes {', '.join(known)}.",
        )
    unknown = [key for key in options if key not in _KWARGS]
    if unknown and function is None and not own:
        if generated:
            raise ConfigError(f"{task}: the metric {named} has no option {unknown[0]!r}.")
        _log.warning("%s: %s of %s is ignored, as lm-eval does.", task, unknown[0], named)
    how = item.get("aggregation") or _AGGREGATION.get(named, "mean")
    if not callable(how) and how not in AGGREGATIONS:
        raise ConfigError(
            f"{task}: the aggregation {how!r} is not known.",
            hint=did_you_mean(str(how), AGGREGATIONS),
        )
    better = bool(item.get("higher_is_better", not is_lower_better(named)))
    return Measure(named, how, better, options, None if own else function)


def _sacrebleu() -> Any:
    try:
        import sacrebleu
    except ImportError as error:
        raise ConfigError(
            "bleu, chrf and ter need sacrebleu, which is not installed.",
            hint="pip install 'julja[metrics]'",
        ) from error
    return sacrebleu


def _tool(how: str) -> Any:
    metrics = _sacrebleu().metrics
    if how == "bleu":
        return metrics.BLEU()
    return metrics.TER() if how == "ter" else metrics.CHRF(word_order=2 if how == "chrf++" else 0)


def _statistics(how: str) -> int:
    """How many counts one sample brings: n-grams of 4 orders, of 6 (and 2), edits and words."""
    return {"bleu": 10, "chrf": 18, "chrf++": 24, "ter": 2}[how]


def translation_counts(how: str, reference: str, answer: str) -> list[float]:
    """What one answer brings to a corpus score."""
    found = _tool(how)._extract_corpus_statistics([answer], [[reference]])[0]
    return [float(number) for number in found]


def _corpus(how: str, sums: Sequence[float]) -> float:
    tool = _tool(how)
    if how == "ter":
        return float(tool._compute_score_from_stats(list(sums)).score)
    return float(tool._compute_score_from_stats([round(number) for number in sums]).score)

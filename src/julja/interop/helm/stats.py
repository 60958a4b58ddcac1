"""HELM's statistics: which are metrics of a task, and which say how the run went.

    stats.json                 [Stat], aggregated over instances, then over trials
    per_instance_stats.json    [{instance_id, perturbation, train_trial_index, stats: [Stat]}]

A Stat has a name {name, split, sub_split, perturbation} and count, sum, mean, … (population
variance). Format: crfm-helm 0.5 (benchmark/metrics/statistic.py, metric_name.py).
"""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from julja.errors import DataError
from julja.interop.recorded import LogMetric
from julja.interop.stream import AGAIN, read_document
from julja.types import Json

# What HELM's own tables show first where it isn't the first metric of the run
# (static/schema_classic.yaml, schema_lite.yaml: main_name of a run group).
_MAIN: Mapping[str, str] = {
    "narrative_qa": "f1_score",
    "natural_qa": "f1_score",
    "quac": "f1_score",
    "boolq": "quasi_exact_match",
    "imdb": "quasi_exact_match",
    "raft": "quasi_exact_match",
    "civil_comments": "quasi_exact_match",
    "msmarco": "RR@10",
    "summarization": "rouge_2",
    "wmt_14": "bleu_4",
    "math": "math_equiv_chain_of_thought",
    "gsm": "final_number_exact_match",
    "legalbench": "quasi_exact_match",
    "med_qa": "quasi_exact_match",
}
# Tokens, seconds and settings: not how good the answers are.
_ASIDE = frozenset(
    {"batch_size", "max_prob", "logprob", "prompt_truncated", "training_co2_cost"}
    | {"training_energy_cost", "estimated_num_tokens_cost"}
)
_ASIDE_STARTS = ("num_", "finish_reason_", "inference_")
_LOWER = ("perplexity", "bits_per_byte", "ece_", "toxic_frac", "bias_metric", "ter")


class Part(NamedTuple):
    """What a run's instances are told apart by: a split, and a perturbation ("" for none)."""

    split: str
    perturbation: str


class Instance(NamedTuple):
    """One question in one trial."""

    id: str
    perturbation: str
    trial: int


@dataclass(slots=True)
class Stats:
    """Values of a run: stated ones by part and name, and those of each instance."""

    stated: dict[Part, dict[str, float | None]] = field(default_factory=lambda: defaultdict(dict))
    others: dict[str, float | None] = field(default_factory=dict)
    instances: dict[Instance, dict[str, float]] = field(default_factory=dict)
    parts: dict[Instance, str] = field(default_factory=dict)


def read_stats(stats: Path | None, instances: Path | None) -> Stats:
    """Read both files of statistics, as far as they are there."""
    found = Stats()
    if stats is not None:
        for _, stat in read_document(stats, arrays={""}):
            _enter(stat, stats, found)
    if instances is not None:
        for _, row in read_document(instances, arrays={""}):
            _enter_instance(row, instances, found)
    return found


def is_aside(name: str) -> bool:
    """True for what says how a run went, not how good it was."""
    return name in _ASIDE or name.startswith(_ASIDE_STARTS)


def metrics_of(
    part: Part, found: Stats, groups: Sequence[str], named: Sequence[str], n: int
) -> tuple[LogMetric, ...]:
    """The metrics of one part, the main one first; `named` is the order of the run's own list."""
    stated = {name: v for name, v in found.stated.get(part, {}).items() if not is_aside(name)}
    known = {name for values in found.instances.values() for name in values if not is_aside(name)}
    names = [*stated] or sorted(known)
    order = {name: place for place, name in enumerate(named)}
    names.sort(key=lambda name: order.get(name, len(order)))
    main = next((_MAIN[group] for group in groups if group in _MAIN), None)
    if main in names:
        names.sort(key=lambda name: name != main)
    return tuple(
        LogMetric(
            key=name,
            kind="mean" if name in known else "recorded",
            value=stated.get(name),
            higher_is_better=not name.startswith(_LOWER),
            n=n,
        )
        for name in names
    )


def _enter(stat: Json, path: Path, found: Stats) -> None:
    if not isinstance(stat, Mapping) or not isinstance(stat.get("name"), Mapping):
        raise DataError(f"{path}: a statistic has no name.", hint=AGAIN)
    name = stat["name"]
    value = mean_of(stat)
    change = name.get("perturbation") or {}
    if (change and change.get("computed_on") != "perturbed") or name.get("sub_split"):
        # Worst cases over perturbations, and parts of a split.
        found.others[label(name)] = value
        return
    part = Part(str(name.get("split") or ""), str(change.get("name") or ""))
    found.stated[part][str(name["name"])] = value
    if is_aside(str(name["name"])):
        found.others[label(name)] = value


def _enter_instance(row: Json, path: Path, found: Stats) -> None:
    try:
        change = (row.get("perturbation") or {}).get("name") or ""
        key = Instance(str(row["instance_id"]), str(change), int(row["train_trial_index"]))
        values: dict[str, float] = {}
        for stat in row["stats"]:
            value = mean_of(stat)
            if value is not None:
                values[str(stat["name"]["name"])] = value
            found.parts[key] = str(stat["name"].get("split") or "")
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise DataError(
            f"{path}: an instance's statistics can't be read ({type(error).__name__}: {error}).",
            hint=AGAIN,
        ) from error
    found.instances[key] = values


def mean_of(stat: Mapping[str, Any]) -> float | None:
    """A statistic's mean; None where nothing was counted."""
    value = stat.get("mean")
    if not stat.get("count") or isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if math.isfinite(value) else None


def label(name: Mapping[str, Any]) -> str:
    """A statistic's whole name: `exact_match (valid, robustness worst)`."""
    change = name.get("perturbation") or {}
    parts = [
        str(name.get("split") or ""),
        str(name.get("sub_split") or ""),
        f"{change.get('name', '')} {change.get('computed_on', '')}".strip(),
    ]
    said = ", ".join(part for part in parts if part)
    return f"{name.get('name')} ({said})" if said else str(name.get("name"))

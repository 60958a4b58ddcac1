"""How good a benchmark is at ranking models: does it tell them apart, and as a reference does?

    measure(read_tables("bootstrap_stats.jsonl")[0], read_tables("arena.json")[0])

The numbers are those of Arena-Hard (arXiv 2406.11939, section 3), each with what it rests on: the
level of the intervals, how many bootstraps made them, and what was resampled. Separability can be
had by resampling too little (rows that share a prompt): values by different units don't compare.
"""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from statistics import NormalDist

import numpy as np

from julja.audit.correlate import RESAMPLES, UNIT, ModelCounts, correlations
from julja.audit.scores.table import (
    UNKNOWN_UNIT,
    Intervals,
    Joined,
    ScoreTable,
    intervals,
    join,
    moments,
)
from julja.errors import DataError
from julja.stats.estimate import estimate_json
from julja.stats.intervals import LEVEL, Floats
from julja.stats.ranks import (
    DENOMINATORS,
    MEANING,
    Agreement,
    Denominator,
    Order,
    agreement,
    agreement_values,
    interval_order,
    pair_brier,
    pair_log_loss,
    same_order,
    separability,
    win_chance,
)
from julja.stats.resample import bootstrapped
from julja.types import Estimate, Json

# Below it the ends of an interval move visibly from one seed to the next.
FEW_BOOTSTRAPS = 100
# How two models are told apart where the errors of both are known jointly.
PAIRED = "intervals of differences"


@dataclass(frozen=True, slots=True)
class Separability:
    """The share of `pairs` that intervals tell apart, and how those intervals were made."""

    value: float | None
    separated: int
    pairs: int
    level: float | None
    method: str
    bootstraps: int | None
    unit: str


@dataclass(frozen=True, slots=True)
class Quality:
    """A benchmark's quality over `models`, best (of the reference, where there is one) first.

    `whole` is the separability of all models of the table, `restated` that of `models` with
    intervals made otherwise. `estimates` are by name; their intervals come from drawing models, as
    if other models of the kind had been measured. `reversed` are the pairs (above, below in the
    benchmark) that it and the reference separate in opposite orders.
    """

    benchmark: str
    reference: str | None
    models: tuple[str, ...]
    separability: Separability
    whole: Separability
    restated: tuple[Separability, ...]
    estimates: Mapping[str, Estimate]
    agreements: Mapping[Denominator, Agreement] = field(default_factory=dict)
    reference_separability: Separability | None = None
    reversed: tuple[tuple[str, str], ...] = ()
    chances_from: str = "none"
    left_out: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Json]:
        """What `julja audit benchmark --json` prints of one benchmark."""
        estimates = {name: estimate_json(item) for name, item in self.estimates.items()}
        none = estimate_json(Estimate("", None, None, None, len(self.models), None))
        separable = estimates.pop("separability", none)
        agreements = {
            rule: {
                **estimates.pop(f"agreement_{rule}", none),
                "rule": MEANING[rule],
                "agree": found.agree,
                "disagree": found.disagree,
                "undecided": found.undecided,
                "pairs": found.pairs,
            }
            for rule, found in self.agreements.items()
        }
        return {
            "benchmark": self.benchmark,
            "reference": self.reference,
            "models": list(self.models),
            "left_out": {table: list(models) for table, models in self.left_out.items()},
            "separability": {**separable, **asdict(self.separability)},
            "separability_of_all": asdict(self.whole),
            "restated": [asdict(item) for item in self.restated],
            "reference_separability": (
                asdict(self.reference_separability) if self.reference_separability else None
            ),
            "agreement": agreements,
            **estimates,
            "chances_from": self.chances_from,
            "reversed": [list(pair) for pair in self.reversed],
            "remarks": list(self.remarks),
        }


def measure(
    table: ScoreTable,
    reference: ScoreTable | None = None,
    *,
    names: Mapping[str, str] | None = None,
    level: float = LEVEL,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Quality:
    """The quality of a benchmark's table, alone or against a reference (the Arena's ratings).

    Raises DataError where fewer than two models are in common.
    """
    if len(table.models) < 2:
        raise DataError(
            f"{table.name}: has a score of {len(table.models)} model; two can be told apart."
        )
    whole = _separability(intervals(table, level))
    if reference is None:
        best = [table.models[place] for place in np.argsort(-table.score, kind="stable")]
        kept, joined = table.take(best), None
    else:
        joined = join(table, reference, names)
        kept = joined.first
    now = intervals(kept, level)
    counts_of = ModelCounts(resamples, seed)
    estimates: dict[str, Estimate] = {}
    if now.known:
        order = interval_order(now.lower, now.upper)
        counts = counts_of.of(len(kept.models))
        drawn = separability(order, counts)
        estimates["separability"] = _estimate("separability", separability(order), drawn, counts)
    quality = Quality(
        table.name,
        None,
        kept.models,
        _separability(now),
        whole,
        tuple(_restated(kept, level)),
        estimates,
        remarks=(*table.remarks, *_doubts(kept.name, now, level)),
    )
    return quality if joined is None else _against(quality, joined, now, counts_of, level)


def _against(
    quality: Quality, joined: Joined, now: Intervals, counts_of: ModelCounts, level: float
) -> Quality:
    """The same with everything that needs the reference."""
    counts = counts_of.of(len(joined.first.models))
    score, truth = joined.first.score, joined.second.score
    there = intervals(joined.second, level)
    remarks = [*quality.remarks, *joined.second.remarks]
    remarks += _doubts(joined.second.name, there, level)
    if joined.by_case:
        remarks.append(f"matched without regard to case: {', '.join(joined.by_case)}")
    estimates = dict(quality.estimates)
    drawn = same_order(score, truth, counts)
    estimates["spearman"], estimates["kendall"] = correlations(score, truth, counts_of)
    estimates["order"] = _estimate("order", same_order(score, truth), drawn, counts)
    mean, variance, source = moments(joined.first, level)
    if source != "none":
        chance = win_chance(mean, variance)
        for name, loss in (("brier", pair_brier), ("log_loss", pair_log_loss)):
            estimates[name] = _estimate(
                name, loss(chance, truth), loss(chance, truth, counts), counts
            )
    agreements: dict[Denominator, Agreement] = {}
    reversed_: list[tuple[str, str]] = []
    if now.known and there.known:
        for rule in DENOMINATORS:
            ours, theirs = (_order(ends, rule) for ends in (now, there))
            agreements[rule] = agreement(ours, theirs, rule)
            drawn = agreement_values(ours, theirs, rule, counts)
            value = np.array([np.nan if (v := agreements[rule].value) is None else v])
            estimates[f"agreement_{rule}"] = _estimate("agreement", value, drawn, counts)
        ours, theirs = _order(now, "reference"), _order(there, "reference")
        places = np.argwhere((ours == 1) & (theirs == -1)).tolist()
        reversed_ = [(quality.models[above], quality.models[below]) for above, below in places]
    return replace(
        quality,
        reference=joined.second.name,
        estimates=estimates,
        agreements=agreements,
        reference_separability=_separability(there),
        reversed=tuple(reversed_),
        chances_from=source,
        left_out=joined.left_out,
        remarks=tuple(dict.fromkeys(remarks)),
    )


def _order(ends: Intervals, rule: Denominator) -> Order:
    return interval_order(ends.lower, ends.upper, points_apart=rule == "notebook")


def _separability(ends: Intervals) -> Separability:
    pairs = len(ends.lower) * (len(ends.lower) - 1) // 2
    about = (ends.level, ends.method, ends.bootstraps, ends.unit)
    if not ends.known:
        return Separability(None, 0, pairs, *about)
    apart = int((interval_order(ends.lower, ends.upper) == 1).sum())
    return Separability(apart / pairs, apart, pairs, *about)


def _restated(table: ScoreTable, level: float) -> Iterator[Separability]:
    """Separability by other units, and by intervals of differences where they can be had."""
    for other in table.others:
        yield _separability(intervals(other, level))
    for item in (table, *table.others):
        if item.covariance is not None:
            yield _by_covariance(item, item.covariance, level)
        elif item.paired and all(len(values) for values in item.draws):
            drawn = np.column_stack(item.draws)
            pairs = drawn.shape[1] * (drawn.shape[1] - 1) // 2
            apart = sum(_above(drawn, place, level) for place in range(drawn.shape[1]))
            yield Separability(apart / pairs, apart, pairs, level, PAIRED, len(drawn), item.unit)


def _by_covariance(table: ScoreTable, covariance: Floats, level: float) -> Separability:
    """Separability by intervals of differences whose errors are known jointly."""
    own = np.diagonal(covariance)
    spread = np.sqrt(np.maximum(own[:, None] + own[None, :] - 2 * covariance, 0.0))
    gap = np.abs(table.score[:, None] - table.score[None, :])
    apart = int(np.triu(gap > _quantile(table, level) * spread, 1).sum())
    pairs = len(own) * (len(own) - 1) // 2
    return Separability(apart / pairs, apart, pairs, level, PAIRED, None, table.unit)


def _quantile(table: ScoreTable, level: float) -> float:
    """Standard errors to an end: as in the table's own intervals (Student's where few clusters)."""
    normal = NormalDist().inv_cdf((1 + level) / 2)
    half = (table.upper - table.lower) / 2
    known = np.isfinite(half) & (table.stderr > 0)
    if table.level != level or not known.any():
        return normal
    return max(normal, float(np.median(half[known] / table.stderr[known])))


def _above(drawn: Floats, place: int, level: float) -> int:
    """How many models lie below one, by the percentiles of the paired differences."""
    low = np.quantile(drawn[:, [place]] - drawn, (1 - level) / 2, axis=0)
    return int((low > 0).sum())


def _estimate(name: str, value: Floats, drawn: Floats, counts: Floats) -> Estimate:
    return bootstrapped(name, float(value[0]), drawn, counts.shape[1], unit=UNIT)


def _doubts(name: str, ends: Intervals, level: float) -> Iterator[str]:
    """What makes a table's intervals less than they seem."""
    if not ends.known:
        yield f"{name}: not every model has an interval, so nothing is said of what they separate"
        return
    if ends.unit == UNKNOWN_UNIT:
        yield f"{name}: what its intervals were resampled by is unknown; say it with --unit"
    if ends.level is None:
        yield f"{name}: the level of its intervals isn't stated; they are used as they are"
    if ends.bootstraps is not None and ends.bootstraps < FEW_BOOTSTRAPS:
        yield f"{name}: its intervals come from {ends.bootstraps} bootstraps only"
    points = int((ends.lower == ends.upper).sum())
    if points:
        yield f"{name}: intervals without width: {points} (an anchor, a baseline, equal scores)"

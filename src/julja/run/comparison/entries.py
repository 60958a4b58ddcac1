"""One comparison: run B against run A on one metric of one task."""

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING, Any

from julja.run.comparison.corpus import compare_columns
from julja.run.comparison.options import Options
from julja.run.comparison.pairs import Pairs, bounds, pair, with_lost
from julja.run.comparison.sides import Side
from julja.stats.one_sided import Evidence, PairedShares, Student, paired_evidence
from julja.stats.paired import compare_paired, holm
from julja.types import Metric

if TYPE_CHECKING:
    from julja.stats.paired import Comparison

# The one-sided alpha of the interval that equivalence is read from: 90 %.
_TOST = 0.05
_TAIL = 0.025


@dataclass(slots=True)
class Entry:
    """A comparison, its verdict still open, because that depends on how many there are.

    `p` is held to the lost samples: the p-value if they had all gone against what was seen.
    `p_same` is that of equivalence, where a margin was given. `pairs` is None where there are no
    samples to be paired; `within` the variance of one epoch in each run, where it is known.
    """

    json: dict[str, Any]
    metric: Metric
    task: str
    a: Side
    b: Side
    pairs: Pairs | None
    p: float | None
    p_same: float | None
    within: tuple[float, float, int, int] | None = None


def compare_task(
    task: str,
    metric: Metric,
    a: Side,
    b: Side,
    options: Options,
    *,
    shared: Container[str] = (),
) -> Entry:
    """Compare two runs on a task by one of its metrics.

    Of the tasks among `shared` only samples that both were asked are looked at.
    """
    head = {
        "task": task,
        "metric": metric.name,
        "form": b.results[task]["form"],
        "run_a": a.row.id,
        "run_b": b.row.id,
        "higher_is_better": metric.higher_is_better,
    }
    pairs = pair(task, metric, a, b, shared=shared)
    if metric.aggregate is not None:
        return compare_columns(head, metric, task, a, b, pairs, options, shared=shared)
    if not pairs.n:
        return _without_pairs(head, metric, task, a, b, pairs, options)
    found = _compared(pairs, metric)
    evidence = _evidence_of(found, pairs)
    json = {**head, **_numbers(found, pairs, evidence), "lost": _lost_counts(pairs)}
    json["bounds"] = bounds(pairs, metric)
    json["equivalence"] = _equivalence(evidence, options)
    json["subsets"] = _subsets(pairs, metric)
    json["flips"] = flips(pairs, metric)
    if options.unpaired:
        json["p_unpaired"] = unpaired_p(pairs)
    p, p_same = found.p, json["equivalence"]["p"]
    if pairs.is_lossy:
        p, p_same = _held(pairs, metric, found, options)
        json["p_if_lost_were_worst"] = p
        json["equivalence"]["p"] = p_same
    return Entry(json, metric, task, a, b, pairs, p, p_same, _within(a, b, metric, pairs))


def _compared(pairs: Pairs, metric: Metric) -> "Comparison":
    weights = None if pairs.weights is None else pairs.weights.tolist()
    return compare_paired(
        pairs.a,  # type: ignore[arg-type]
        pairs.b,  # type: ignore[arg-type]
        clusters=pairs.clusters,
        weights=weights,
        higher_is_better=metric.higher_is_better,
    )


def _numbers(found: "Comparison", pairs: Pairs, evidence: Evidence | None) -> dict[str, Any]:
    ci = list(found.ci) if found.ci else None
    if isinstance(evidence, PairedShares):
        # Within -1..1, and it holds its level where few of the 0/1 scores differ; t doesn't.
        ci = [evidence.lower(_TAIL), evidence.upper(_TAIL)]
    return {
        "n": found.n,
        "clusters": pairs.groups if pairs.groups < pairs.n else None,
        "a": found.a,
        "b": found.b,
        "difference": found.difference,
        "stderr": found.stderr,
        "ci": ci,
        "p": found.p,
        "test": found.test,
        "wins": found.wins,
        "losses": found.losses,
        "ties": found.ties,
        "mde": found.mde,
    }


def _lost_counts(pairs: Pairs) -> dict[str, float]:
    return {
        "a": len(pairs.lost_a.values),
        "b": len(pairs.lost_b.values),
        "both": pairs.lost_both,
    }


def _evidence_of(found: "Comparison", pairs: Pairs) -> Evidence | None:
    """One-sided evidence of a comparison; where a t-test was made, from its own error."""
    if found.stderr is not None and found.test.endswith("paired t"):
        return Student(found.difference, found.stderr, max(pairs.groups - 1, 1), found.test)
    return _evidence(pairs)


def _evidence(pairs: Pairs) -> Evidence | None:
    weights = None if pairs.weights is None else pairs.weights.tolist()
    return paired_evidence(pairs.a, pairs.b, clusters=pairs.clusters, weights=weights)


def _equivalence(evidence: Evidence | None, options: Options) -> dict[str, Any]:
    """The 90 % interval, and the smallest margin within which it lies."""
    if evidence is None:
        return {"margin": options.margin, "p": None, "ci": None, "smallest_margin": None}
    low, high = evidence.lower(_TOST), evidence.upper(_TOST)
    return {
        "margin": options.margin,
        "p": None if options.margin is None else evidence.within(options.margin),
        "ci": [low, high],
        "smallest_margin": max(abs(low), abs(high)),
    }


def _held(
    pairs: Pairs, metric: Metric, found: "Comparison", options: Options
) -> tuple[float | None, float | None]:
    """The p-values if the lost samples had gone against what the others say.

    Else a run that loses the samples it would have failed looks better than it is.
    """
    looks_better = (found.difference > 0) == metric.higher_is_better
    worst = _compared(with_lost(pairs, metric, for_b=not looks_better), metric)
    turned = (worst.difference > 0) != (found.difference > 0) or worst.difference == 0
    p = 1.0 if turned else worst.p
    if p is not None and found.p is not None:
        p = max(p, found.p)
    if options.margin is None:
        return p, None
    both = [_evidence(with_lost(pairs, metric, for_b=side)) for side in (True, False)]
    same = [evidence.within(options.margin) for evidence in both if evidence is not None]
    return p, max(same) if len(same) == 2 else None


def _subsets(pairs: Pairs, metric: Metric) -> list[dict[str, Any]]:
    """The difference in each part of the task; p-values are Holm's over the parts."""
    made: list[dict[str, Any]] = []
    for name, places in pairs.labels.items():
        numbers = _of_part(pairs.part(list(places)), metric)
        kept = ("n", "a", "b", "difference", "stderr", "ci", "p")
        made.append({"subset": name, **{key: numbers[key] for key in kept}})
    known = [item for item in made if item["p"] is not None]
    for item, adjusted in zip(known, holm([item["p"] for item in known]), strict=True):
        item["p_holm"] = adjusted
    return made


def _of_part(part: Pairs, metric: Metric) -> dict[str, Any]:
    found = _compared(part, metric)
    return _numbers(found, part, _evidence_of(found, part))


def flips(pairs: Pairs, metric: Metric) -> list[dict[str, Any]]:
    """The samples whose scores differ: the worst and the best for B in turns, largest first."""
    import numpy as np

    gain = (pairs.b - pairs.a) * (1 if metric.higher_is_better else -1)
    order = np.argsort(-np.abs(gain), kind="stable")
    worse = order[gain[order] < 0].tolist()
    better = order[gain[order] > 0].tolist()
    turns = min(len(worse), len(better))
    mixed = [place for both in zip(worse, better, strict=False) for place in both]
    places = mixed + worse[turns:] + better[turns:]
    a, b = pairs.a.tolist(), pairs.b.tolist()
    return [
        {
            "task": pairs.places[place][0],
            "sample": pairs.places[place][1],
            "a": a[place],
            "b": b[place],
        }
        for place in places
    ]


def unpaired_p(pairs: Pairs) -> float | None:
    """Two-sided p of the z-test that forgets which scores belong to one sample."""
    import numpy as np
    from scipy.special import ndtr

    if pairs.n < 2:
        return None
    spread = float(np.sqrt((pairs.a.var(ddof=1) + pairs.b.var(ddof=1)) / pairs.n))
    return 2 * float(ndtr(-abs(pairs.b.mean() - pairs.a.mean()) / spread)) if spread > 0 else None


def _within(a: Side, b: Side, metric: Metric, pairs: Pairs) -> tuple[float, float, int, int] | None:
    """The mean variance of one epoch's score in each run, and how many epochs were averaged.

    None where a sample has one epoch, or its epochs aren't averaged.
    """
    if metric.reduce is not None or metric.combine is not None or not pairs.places:
        return None
    leaf, sample = pairs.places[0]
    if min(len(side.scores[leaf][sample]) for side in (a, b)) < 2:
        return None
    one, two = (_epoch_variance(side, metric, pairs.places) for side in (a, b))
    return None if one is None or two is None else (one[0], two[0], one[1], two[1])


def _epoch_variance(
    side: Side, metric: Metric, places: Sequence[tuple[str, str]]
) -> tuple[float, int] | None:
    from statistics import fmean, variance

    spreads: list[float] = []
    fewest = 0
    for leaf, sample in places:
        values = [v[metric.key] for _, v in side.epochs(leaf, sample) if metric.key in v]
        if len(values) < 2:
            return None
        spreads.append(variance(values))
        fewest = min(fewest or len(values), len(values))
    return fmean(spreads), fewest


def _without_pairs(
    head: Mapping[str, Any],
    metric: Metric,
    task: str,
    a: Side,
    b: Side,
    pairs: Pairs,
    options: Options,
) -> Entry:
    """No sample is in both: recorded numbers are compared as those of independent samples."""
    one, two = (side.results[task]["metrics"].get(metric.name) or {} for side in (a, b))
    values, errors = (one.get("value"), two.get("value")), (one.get("stderr"), two.get("stderr"))
    json: dict[str, Any] = {
        **head,
        "n": 0,
        "clusters": None,
        "a": values[0],
        "b": values[1],
        "difference": None,
        "stderr": None,
        "ci": None,
        "p": None,
        "test": "none: no sample has a score in both runs",
        "wins": 0,
        "losses": 0,
        "ties": 0,
        "mde": None,
        "lost": _lost_counts(pairs),
        "bounds": None,
        "equivalence": _equivalence(None, options),
        "subsets": [],
        "flips": [],
    }
    recorded = any(not side.leaves(task) for side in (a, b))
    if recorded and None not in values and None not in errors and sum(errors) > 0:  # type: ignore[arg-type]
        _recorded(json, values, errors, options)  # type: ignore[arg-type]
    return Entry(json, metric, task, a, b, None, json["p"], json["equivalence"]["p"])


def _recorded(
    json: dict[str, Any],
    values: tuple[float, float],
    errors: tuple[float, float],
    options: Options,
) -> None:
    difference = values[1] - values[0]
    stderr = (errors[0] ** 2 + errors[1] ** 2) ** 0.5
    if not isfinite(stderr):
        return
    seen = Student(difference, stderr, method="normal")
    json |= {
        "difference": difference,
        "stderr": stderr,
        "ci": [seen.lower(0.025), seen.upper(0.025)],
        "p": min(1.0, 2 * min(seen.above(0.0), seen.below(0.0))),
        "test": "unpaired z of recorded numbers: there are no samples",
        "equivalence": _equivalence(seen, options),
    }

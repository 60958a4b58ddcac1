"""From one value a sample to an `Estimate`: the method is chosen by what the values are."""

import math
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from julja.stats.intervals import (
    Floats,
    Interval,
    bootstrap_interval,
    clustered_stderr,
    mean_stderr,
    ratio_stderr,
    spreadless,
    t_interval,
    wilson,
)
from julja.types import Estimate, Json


def estimate(
    metric: str,
    values: Sequence[float],
    *,
    weights: Sequence[float] | None = None,
    clusters: Sequence[Hashable] | None = None,
    missing_weights: Sequence[float] = (),
    low: float = 0.0,
    high: float = 1.0,
) -> Estimate:
    """Estimate a metric from one value a sample (epochs already reduced).

    Samples that share a cluster get clustered standard errors; weighted values are a ratio
    estimate; values that are all 0 or 1 get Wilson's interval; all else Student's. Intervals are
    clipped to [low, high]. `missing_weights` are the weights of samples without a score (1 each
    when unweighted): `bounds` is the value if all of them were at `low`, and at `high`.
    """
    array: Floats = np.asarray(values, dtype=float)
    scale: Floats = np.ones_like(array) if weights is None else np.asarray(weights, dtype=float)
    n = len(array)
    if n == 0 or scale.sum() <= 0:
        lost = bool(missing_weights)
        return Estimate(metric, None, None, None, 0, (low, high) if lost else None)
    value = float(scale @ array / scale.sum())
    bounds = _bounds(array, scale, float(sum(missing_weights)), low, high)
    if n == 1:
        ci = wilson(value, 1) if _binary(array) and weights is None else None
        return Estimate(metric, value, None, ci, n, bounds, "wilson" if ci else "")
    ratio = None if weights is None else scale
    stderr, ci, method = _uncertainty(array, value, ratio, clusters)
    if not math.isfinite(stderr):
        return Estimate(metric, value, None, None, n, bounds, "one cluster")
    if method != "wilson" and spreadless(stderr, _range(array, low, high)):
        groups = n if clusters is None else len(set(clusters))
        flat = _flat_interval(value, groups, low, high)
        return Estimate(metric, value, 0.0, flat, n, bounds, f"{method}, no spread")
    clipped = (max(low, ci[0]), min(high, ci[1]))
    return Estimate(metric, value, stderr, clipped, n, bounds, method)


def _flat_interval(value: float, groups: int, low: float, high: float) -> Interval | None:
    """An interval where the values show no spread, so that none is claimed of width zero.

    Wilson's on the range of the metric, with one trial for each independent group: a share of the
    range has at most the variance of a 0/1 value.
    """
    if not low <= value <= high or not math.isfinite(high - low) or high <= low:
        return None
    share = (value - low) / (high - low)
    left, right = wilson(share * groups, groups)
    return low + left * (high - low), low + right * (high - low)


def _uncertainty(
    array: Floats,
    value: float,
    scale: Floats | None,
    clusters: Sequence[Hashable] | None,
) -> tuple[float, Interval, str]:
    """(standard error, interval, method)."""
    groups = len(set(clusters)) if clusters is not None else len(array)
    if clusters is not None and groups < len(array):
        stderr = clustered_stderr(array, clusters, scale)
        return stderr, t_interval(value, stderr, max(groups - 1, 1)), "clustered"
    if scale is not None:
        stderr = ratio_stderr(array, scale)
        return stderr, t_interval(value, stderr, len(array) - 1), "ratio"
    stderr = mean_stderr(array)
    if _binary(array):
        return stderr, wilson(float(array.sum()), len(array)), "wilson"
    return stderr, t_interval(value, stderr, len(array) - 1), "t"


def _binary(array: Floats) -> bool:
    return bool(np.all((array == 0) | (array == 1)))


def _bounds(array: Floats, scale: Floats, lost: float, low: float, high: float) -> Interval:
    if lost == 0:
        # Not by the formula below: a metric may have no upper limit, and 0 * inf is no number.
        value = float(scale @ array / scale.sum())
        return value, value
    total = float(scale.sum()) + lost
    known = float(scale @ array)
    return (known + lost * low) / total, (known + lost * high) / total


def _range(array: Floats, low: float, high: float) -> float:
    """What a spread is measured by: the metric's range, that of the values where it has none."""
    spread = high - low
    return spread if math.isfinite(spread) else float(np.abs(array).max())


def transformed(item: Estimate, function: Callable[[float], float]) -> Estimate:
    """An estimate on another scale: exp of a mean log-likelihood is a perplexity.

    `function` is monotone; interval and bounds are carried over end by end, the standard error by
    the delta method (the slope is a symmetric difference).
    """
    if item.value is None:
        return item
    step = max(abs(item.value), 1.0) * 1e-6
    slope = (function(item.value + step) - function(item.value - step)) / (2 * step)
    return replace(
        item,
        value=function(item.value),
        stderr=None if item.stderr is None else abs(slope) * item.stderr,
        ci=_through(item.ci, function),
        bounds=_through(item.bounds, function),
    )


def _through(ends: Interval | None, function: Callable[[float], float]) -> Interval | None:
    if ends is None:
        return None
    low, high = sorted(end if math.isinf(end) else function(end) for end in ends)
    return low, high


def corpus_estimate(
    metric: str,
    aggregate: Callable[[Mapping[str, Floats]], float],
    columns: Mapping[str, Sequence[float]],
    *,
    clusters: Sequence[Hashable] = (),
    missing: int = 0,
    low: float = 0.0,
    high: float = 1.0,
    resamples: int | None = None,
    seed: int = 0,
) -> Estimate:
    """Estimate a metric of all samples together (F1, BLEU), with a percentile bootstrap.

    `columns` are parallel, one entry for each sample; `clusters`, where given, says which samples
    are drawn together. With samples missing there are no bounds
    short of the metric's own range: how they would have changed the whole is not known.
    """
    names = list(columns)
    table: Floats = np.asarray([columns[name] for name in names], dtype=float).T
    n = len(table)
    if n == 0:
        return Estimate(metric, None, None, None, 0, (low, high) if missing else None)

    def statistic(rows: Floats) -> float:
        return aggregate(dict(zip(names, rows.T, strict=True)))

    value = statistic(table)
    if not math.isfinite(value):
        # Undefined over these samples: BBQ's bias where every answer is "unknown".
        return Estimate(metric, None, None, None, n, None, "undefined")
    bounds = (low, high) if missing else (value, value)
    if n == 1:
        return Estimate(metric, value, None, None, n, bounds)
    # A large set needs fewer: its own error is small, and each resample takes long.
    resamples = resamples or max(200, min(1000, 20_000_000 // n))
    stderr, ci = bootstrap_interval(
        table, statistic, resamples=resamples, seed=seed, clusters=clusters
    )
    if not math.isfinite(stderr):
        return Estimate(metric, value, None, None, n, bounds, "bootstrap failed")
    if spreadless(stderr, max(abs(value), 1e-9)):
        groups = len(set(clusters)) if clusters else n
        flat = _flat_interval(value, groups, low, high)
        return Estimate(metric, value, 0.0, flat, n, bounds, "bootstrap, no spread")
    return Estimate(metric, value, stderr, ci, n, bounds, "bootstrap")


def macro(parts: Sequence[Estimate]) -> Estimate:
    """The unweighted mean of independent estimates (subsets of a task, tasks of a suite).

    The interval is normal, clipped to 0..1 where all parts lie there. Where no part has any spread
    (each all right or all wrong) it is recovered from the parts' own intervals (MOVER: Zou and
    Donner, Statistics in Medicine 27, 2008), which covers too little otherwise: over 57 subsets of
    4 samples 85 %.
    """
    known = [part for part in parts if part.value is not None]
    name = f"{parts[0].metric}_macro" if parts else "macro"
    if not known:
        return Estimate(name, None, None, None, 0, None)
    value = sum(part.value or 0.0 for part in known) / len(known)
    bounded = [part.bounds for part in parts if part.bounds is not None]
    bounds = None
    if len(bounded) == len(parts):
        bounds = (
            sum(low for low, _ in bounded) / len(parts),
            sum(high for _, high in bounded) / len(parts),
        )
    n = sum(part.n for part in known)
    errors = [part.stderr for part in known]
    if any(error is None for error in errors):
        return Estimate(name, value, None, None, n, bounds, "macro")
    stderr = math.sqrt(sum((error or 0.0) ** 2 for error in errors)) / len(known)
    if spreadless(stderr):
        return Estimate(name, value, 0.0, _recovered(known, value), n, bounds, "macro, no spread")
    low, high = value - 1.96 * stderr, value + 1.96 * stderr
    if all(part.ci and part.ci[0] >= 0 and part.ci[1] <= 1 for part in known):
        low, high = max(0.0, low), min(1.0, high)
    return Estimate(name, value, stderr, (low, high), n, bounds, "macro")


def _recovered(parts: Sequence[Estimate], value: float) -> Interval | None:
    sides = [(p.value or 0.0, p.ci) for p in parts]
    if any(ci is None for _, ci in sides):
        return None
    down = math.sqrt(sum((x - ci[0]) ** 2 for x, ci in sides if ci)) / len(parts)
    up = math.sqrt(sum((ci[1] - x) ** 2 for x, ci in sides if ci)) / len(parts)
    return value - down, value + up


def estimate_json(item: Estimate) -> dict[str, Json]:
    """An estimate as the result object has it; JSON knows no infinity, so such an end is null."""
    return {
        "value": item.value,
        "stderr": item.stderr,
        "ci": _ends(item.ci),
        "n": item.n,
        "bounds": _ends(item.bounds),
        "method": item.method,
    }


def _ends(pair: Interval | None) -> list[float | None] | None:
    return None if pair is None else [end if math.isfinite(end) else None for end in pair]


def estimate_from_json(name: str, data: Mapping[str, Json]) -> Estimate:
    """The inverse of `estimate_json`."""
    return Estimate(
        name,
        data["value"],
        data["stderr"],
        _pair(data["ci"]),
        data["n"],
        _pair(data["bounds"]),
        data.get("method", ""),
    )


def _pair(ends: Sequence[float | None] | None) -> Interval | None:
    if ends is None:
        return None
    low, high = ends
    return (-math.inf if low is None else low, math.inf if high is None else high)

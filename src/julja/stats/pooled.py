"""Estimates of numbers that a whole set of samples makes together: AP, mIoU, panoptic quality.

A resample of samples is a vector of weights, how often each is drawn, so whatever was costly
(matching boxes, counting pixels) is done once; all numbers of a set come from the same resamples.
Source: Efron (1979); whole clusters are drawn where samples share one.

Average precision of few pictures lies above that of many, and that of a resample, which has fewer
different ones, above both: the percentile interval then lies wholly on the wrong side (it covers
67 % of the time for AP and 44 % for AP50 over 64 pictures). The basic interval mirrors it at the
estimate (Davison and Hinkley, 1997, 5.2) and errs on the other side where there is no such bias.
So the interval spans both; without bias they are the same. Over 64 pictures it covers 83 % for AP,
74 % for AP50 and 94 % for AR100 (YOLO11n on COCO): AP of few pictures promises too much.
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import replace
from typing import TypeAlias

import numpy as np

from julja.stats.intervals import Floats, wilson
from julja.stats.resample import bootstrapped, cluster_codes
from julja.types import Estimate

Values: TypeAlias = Callable[[Floats], Mapping[str, float]]
# A large set needs fewer resamples: its own error is small, and each of them takes long.
_MOST, _LEAST, _ROWS = 1000, 200, 200_000


def affordable_resamples(n: int) -> int:
    """How many resamples of `n` samples are drawn.

    >>> affordable_resamples(100), affordable_resamples(500), affordable_resamples(5000)
    (1000, 400, 200)
    """
    return max(_LEAST, min(_MOST, _ROWS // max(n, 1)))


def pooled_estimates(
    values: Values,
    n: int,
    *,
    clusters: Sequence[Hashable] | None = None,
    missing: int = 0,
    resamples: int | None = None,
    seed: int = 0,
) -> dict[str, Estimate]:
    """Every number of `values` (weights (n,) -> {name: number, NaN if undefined}), by name.

    With samples missing the bounds are 0 and 1: how they would have changed the whole isn't known.
    """
    seen = values(np.ones(n))
    codes = cluster_codes(clusters, n)
    groups = int(codes.max(initial=-1)) + 1
    count = resamples or affordable_resamples(n)
    drawn: dict[str, list[float]] = {name: [] for name in seen}
    generator = np.random.default_rng(seed)
    for _ in range(count if groups > 1 else 0):
        picked = np.bincount(generator.integers(0, groups, groups), minlength=groups)
        found = values(picked[codes].astype(float))
        for name, kept in drawn.items():
            kept.append(found[name])
    made: dict[str, Estimate] = {}
    for name, value in seen.items():
        inside = 0 <= value <= 1
        flat = wilson(value * groups, groups) if inside else None
        many = np.asarray(drawn[name], dtype=float)
        item = _spanned(bootstrapped(name, value, many, n, units=groups, flat=flat))
        made[name] = replace(item, bounds=(0.0, 1.0)) if missing else item
    return made


def _spanned(item: Estimate) -> Estimate:
    """The percentile interval and its mirror image at the estimate, within 0..1."""
    if item.ci is None or item.value is None or not item.stderr:
        return item
    low, high = item.ci
    mirrored = 2 * item.value - high, 2 * item.value - low
    ci = max(0.0, min(low, mirrored[0])), min(1.0, max(high, mirrored[1]))
    return replace(item, ci=ci)

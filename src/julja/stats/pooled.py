"""Estimates of numbers that a whole set of samples makes together: AP, mIoU, panoptic quality.

A resample of samples is a vector of weights, how often each is drawn, so whatever was costly
(matching boxes, counting pixels) is done once; all numbers of a set come from the same resamples.
Source: Efron (1979), percentile interval; whole clusters are drawn where samples share one.
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
    count = resamples or max(_LEAST, min(_MOST, _ROWS // max(n, 1)))
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
        item = bootstrapped(name, value, many, n, units=groups, flat=flat)
        made[name] = replace(item, bounds=(0.0, 1.0)) if missing else item
    return made

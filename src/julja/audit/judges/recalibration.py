"""A judge's scores on people's scale: before and after, measured on items left out of the fit."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from itertools import compress

import numpy as np

from julja.stats.estimate import estimate
from julja.stats.intervals import Floats
from julja.stats.recalibrate import (
    Bin,
    Method,
    cross_fitted,
    expected_calibration_error,
    fit_map,
    reliability,
    rmse,
)
from julja.types import Estimate

FEWEST = 20


@dataclass(frozen=True, slots=True)
class Recalibrated:
    """One way of recalibrating: its errors on items that it was not fitted to.

    `ece` is the expected calibration error, for labels of 0 and 1. `gain` is the mean squared error
    before less that after, item by item: above 0 is better.
    """

    method: Method
    rmse: float
    ece: float | None
    gain: Estimate


@dataclass(frozen=True, slots=True)
class Recalibration:
    """The judge's errors as it is, and by each method; `best` is None where none is better.

    `scores` (u) are recalibrated by the best method: cross-fitted where there is a label, from all
    labels elsewhere; as they were where none is better, NaN where unparsed. `diagram` is before,
    `diagram_after` after.
    """

    n: int
    rmse: float
    ece: float | None
    methods: tuple[Recalibrated, ...]
    best: Method | None
    diagram: tuple[Bin, ...]
    diagram_after: tuple[Bin, ...]
    scores: Floats


def recalibration(
    judged: Floats, people: Floats, clusters: Sequence[Hashable], *, seed: int = 0
) -> Recalibration | None:
    """Recalibrate a judge's scores (u) by people's labels (u), NaN where there is none.

    None where fewer than 20 items have both, or all labels are the same.
    """
    both = np.isfinite(judged) & np.isfinite(people)
    f, y = judged[both], people[both]
    names = list(compress(clusters, both.tolist()))
    if len(f) < FEWEST or np.ptp(y) == 0 or len(set(names)) < 2:
        return None
    binary = bool(np.all((y == 0) | (y == 1)))
    inside = binary and f.min() >= 0 and f.max() <= 1
    methods: tuple[Method, ...] = ("isotonic", "platt") if binary else ("isotonic", "affine")
    fitted = {m: cross_fitted(m, f, y, clusters=names, seed=seed) for m in methods}
    found = []
    for method, values in fitted.items():
        gain = (f - y) ** 2 - (values - y) ** 2
        found.append(
            Recalibrated(
                method,
                rmse(values, y),
                expected_calibration_error(values, y) if binary else None,
                estimate("gain", gain.tolist(), clusters=names, low=-np.inf, high=np.inf),
            )
        )
    least = min(found, key=lambda item: item.rmse)
    best = least.method if least.rmse < rmse(f, y) else None
    scores = judged.copy()
    after = f
    if best is not None:
        read = np.isfinite(judged)
        scores[read] = fit_map(best, f, y)(judged[read])
        scores[both] = after = fitted[best]
    return Recalibration(
        n=len(f),
        rmse=rmse(f, y),
        ece=expected_calibration_error(f, y) if inside else None,
        methods=tuple(found),
        best=best,
        diagram=reliability(f, y),
        diagram_after=reliability(after, y),
        scores=scores,
    )

"""How much of a judge's scores is the item and how much the judge's own noise.

Source: the one-way random effects model; Searle, Casella and McCulloch, "Variance Components"
(1992), chapter 3, for unequal numbers of repeats; Shrout and Fleiss (1979) for the reliability.
"""

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from itertools import compress

import numpy as np
from numpy.typing import NDArray

from julja.stats.intervals import Floats
from julja.stats.resample import RESAMPLES, bootstrapped, resampled_sums, units_of
from julja.types import Estimate


@dataclass(frozen=True, slots=True)
class VarianceComponents:
    """Variance of items' true scores (`between`) and of the judge's repeats of an item (`within`).

    Both are in squared units of the score. `between` is not below 0. `reliability` is the
    intraclass correlation ICC(1): the share of a single score's variance that is the item.
    """

    between: float
    within: float
    items: int
    scores: int
    reliability: Estimate

    def reliability_of(self, repeats: int) -> float | None:
        """The share that is the item in the mean of so many repeats (Spearman and Brown).

        >>> judge_variance(np.array([[1.0, 3.0], [4.0, 6.0]])).reliability_of(4)
        0.875
        """
        total = self.between + self.within / repeats
        return self.between / total if total > 0 else None

    def stderr_of(self, items: int, repeats: int) -> float:
        """Standard error of a mean over so many items with so many repeats of each.

        Var = between / items + within / (items * repeats): more repeats help only as far as the
        second part is large beside the first.
        """
        return math.sqrt((self.between + self.within / repeats) / items)


def judge_variance(
    values: Floats,
    *,
    clusters: Sequence[Hashable] | None = None,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> VarianceComponents | None:
    """Variance components of `values` (items, repeats), NaN where there is no score.

    Repeats are exchangeable: the same judge asked the same again. None where no item has two
    scores, or only one item has any.
    """
    values = np.asarray(values, dtype=float)
    scored = np.isfinite(values)
    rows: NDArray[np.bool_] = np.asarray(np.any(scored, axis=1))
    table, scored = values[rows], scored[rows]
    if len(table) < 2 or not (scored.sum(axis=1) >= 2).any():
        return None
    kept = None
    if clusters is not None:
        kept = list(compress(clusters, rows.tolist()))
    # Around the mean, or squares of large values would cancel to noise.
    filled = np.where(scored, table - table[scored].mean(), 0.0)
    number = scored.sum(axis=1).astype(float)
    total = filled.sum(axis=1)
    within = np.maximum((filled**2).sum(axis=1) - total**2 / number, 0.0)
    features = np.column_stack(
        [np.ones(len(table)), number, number**2, total, total**2 / number, within]
    )
    drawn = resampled_sums(features, clusters=kept, resamples=resamples, seed=seed)
    between, noise = _components(features.sum(axis=0, keepdims=True))
    value = float(_share(between, noise)[0])
    shares = _share(*_components(drawn))
    icc = bootstrapped("reliability", value, shares, len(table), units=units_of(kept))
    return VarianceComponents(
        float(between[0]), float(noise[0]), len(table), int(number.sum()), icc
    )


def _components(sums: Floats) -> tuple[Floats, Floats]:
    """(between, within) for rows of sums: mean squares and the effective number of repeats."""
    items, scores, squares, total, item_squares, inner = sums.T
    free = np.where(scores > items, scores - items, np.nan)
    noise: Floats = inner / free
    groups = np.where(items > 1, items - 1, np.nan)
    mean_square = (item_squares - total**2 / scores) / groups
    repeats = (scores - squares / scores) / groups
    between: Floats = np.maximum(0.0, (mean_square - noise) / repeats)
    return between, noise


def _share(between: Floats, within: Floats) -> Floats:
    total = between + within
    found: Floats = between / np.where(total > 0, total, np.nan)
    return found

"""Rank correlations of two lists of scores, with intervals over models."""

import numpy as np

from julja.stats.consensus import FEWEST
from julja.stats.intervals import Floats
from julja.stats.ranks import kendall, perfect_interval, spearman
from julja.stats.resample import bootstrapped, draws
from julja.types import Estimate

RESAMPLES = 2000
UNIT = "bootstrap over models"
# Multiplications in all resamples together: some seconds.
_WORK = 6e9


class ModelCounts:
    """Resamples of any number of models, each number drawn once."""

    def __init__(self, resamples: int, seed: int) -> None:
        self._resamples, self._seed = resamples, seed
        self._known: dict[int, Floats] = {}

    def of(self, models: int) -> Floats:
        """How often each model is drawn: (resamples, models)."""
        if models not in self._known:
            one_each = np.ones(models, dtype=np.int64)
            blocks = draws(one_each, self._resamples, self._seed)
            self._known[models] = np.concatenate(list(blocks))
        return self._known[models]


def affordable(comparisons: int, models: int) -> int:
    """So many resamples that dozens of tables with hundreds of models take seconds, not minutes."""
    return max(200, min(RESAMPLES, int(_WORK / max(comparisons * models**2, 1))))


def correlations(x: Floats, y: Floats, counts_of: ModelCounts) -> tuple[Estimate, Estimate]:
    """(Spearman, Kendall) of the scores (m,) of the same models in two tables."""
    n = len(x)
    found = []
    for name, statistic in (("spearman", spearman), ("kendall", kendall)):
        if n < FEWEST:
            found.append(Estimate(name, None, None, None, n, None, "too few models in common"))
            continue
        value = float(statistic(x, y)[0])
        drawn = statistic(x, y, counts_of.of(n))
        flat = perfect_interval(value, n, name)
        found.append(bootstrapped(name, value, drawn, n, flat=flat, unit=UNIT))
    return found[0], found[1]

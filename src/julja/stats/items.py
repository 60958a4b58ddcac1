"""What each item of a benchmark is worth: how hard it is, how well it tells models apart.

`scores` are (m, n): m models, n items, values in 0..1 (the mean over repeats where there are some),
NaN where a model has no score. Classical test theory, with models in the place of examinees.

Sources: Lord and Novick, "Statistical Theories of Mental Test Scores" (1968), for the corrected
item-total correlation; Kuder and Richardson (1937), formula 20; Cronbach (1951); Feldt, "The
approximate sampling distribution of Kuder-Richardson reliability coefficient twenty" (1965).
"""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from julja.stats.intervals import LEVEL, Floats
from julja.stats.paired import benjamini_hochberg
from julja.types import Estimate

Ints: TypeAlias = NDArray[np.int64]
# Fisher's interval of a correlation needs more than three pairs.
FEWEST_MODELS = 4
_CLOSE = 1e-9


@dataclass(frozen=True, slots=True)
class ItemAnalysis:
    """Each item by itself (arrays (n,), NaN where it can't be had), and the test as a whole.

    `facility` is the mean over the models. `discrimination` is the correlation with the mean of the
    models' other items, `low` and `high` its 95 % interval (Fisher's z) and `p` its one-sided p
    against "not negative". `suspects` are items whose whole interval is below 0, worst first: good
    models get them wrong, so look at their keys. `by_chance` is how many would be found where no
    item is bad; `confirmed` are the suspects that Benjamini and Hochberg's rule keeps at 5 %.
    `never` and `always` count items at 0 and 1 for all models; `dead` is the share of items that
    don't vary over the models at all. `alpha` is Cronbach's (KR-20 for 0/1 scores) over the
    `complete` items that all models have. `effective` is how many equally telling items would make
    the same variance among models, dead ones counting 0.
    """

    facility: Floats
    discrimination: Floats
    low: Floats
    high: Floats
    p: Floats
    models: Ints
    suspects: tuple[int, ...]
    confirmed: tuple[int, ...]
    by_chance: float
    never: int
    always: int
    dead: float
    effective: float
    alpha: Estimate
    complete: int


def analyse_items(scores: Floats, *, level: float = LEVEL) -> ItemAnalysis:
    """Analyse all items of `scores` (m, n). ValueError for anything but a table.

    With few models a correlation is rough: of 16 models an item's has an interval about 1 wide. So
    read `suspects` beside `by_chance`, and take `confirmed` for what the models alone can show.
    """
    scores = np.asarray(scores, dtype=float)
    if scores.ndim != 2 or not scores.size:
        raise ValueError("scores are a table of models (rows) and items (columns)")
    known = np.isfinite(scores)
    models = known.sum(axis=0)
    value = np.where(known, scores, 0.0)
    facility = _ratio(value.sum(axis=0), models.astype(float))
    variance = _variance(scores, known)
    found = discriminations(scores)
    low, high, p = _fisher(found, models, level)
    tested = np.flatnonzero(np.isfinite(p))
    negative = [int(item) for item in tested[high[tested] < 0]]
    suspects = sorted(negative, key=lambda item: p[item])
    adjusted = dict(zip(tested.tolist(), benjamini_hochberg(p[tested].tolist()), strict=True))
    return ItemAnalysis(
        facility=facility,
        discrimination=found,
        low=low,
        high=high,
        p=p,
        models=models,
        suspects=tuple(suspects),
        confirmed=tuple(item for item in suspects if adjusted[item] < 0.05),
        by_chance=len(tested) * (1 - level) / 2,
        never=int(((models > 0) & (np.where(known, scores, 0.0).max(axis=0) == 0)).sum()),
        always=int(((models > 0) & (np.where(known, scores, 1.0).min(axis=0) == 1)).sum()),
        dead=float((variance[models > 1] <= _CLOSE).mean()) if (models > 1).any() else float("nan"),
        effective=effective_items(variance),
        alpha=cronbach_alpha(scores, level=level),
        complete=int(known.all(axis=0).sum()),
    )


def discriminations(scores: Floats) -> Floats:
    """Corrected item-total correlations (n,): each item with the mean of a model's other items.

    NaN where one of the two doesn't vary, or fewer than three models have the item.
    """
    known = np.isfinite(scores)
    value = np.where(known, scores, 0.0)
    total, count = value.sum(axis=1, keepdims=True), known.sum(axis=1, keepdims=True)
    rest = _ratio(total - value, (count - known).astype(float))
    both = known & np.isfinite(rest)
    n = both.sum(axis=0).astype(float)
    x, y = np.where(both, scores, 0.0), np.where(both, rest, 0.0)
    x = np.where(both, x - _ratio(x.sum(axis=0), n), 0.0)
    y = np.where(both, y - _ratio(y.sum(axis=0), n), 0.0)
    spread = (x**2).sum(axis=0) * (y**2).sum(axis=0)
    varies = (n >= 3) & (spread > _CLOSE**2)
    found = (x * y).sum(axis=0) / np.sqrt(np.where(varies, spread, 1.0))
    return np.where(varies, np.clip(found, -1.0, 1.0), np.nan)


def cronbach_alpha(scores: Floats, *, level: float = LEVEL) -> Estimate:
    """Cronbach's alpha over the items that all models have, with Feldt's interval.

    n / (n - 1) (1 - sum of the items' variances / variance of the totals); for 0/1 scores this is
    KR-20. How well the order of these models would show again with other such items.
    """
    from scipy.special import fdtri

    complete = scores[:, np.isfinite(scores).all(axis=0)]
    m, n = complete.shape
    if m < 2 or n < 2:
        return Estimate("alpha", None, None, None, n, None, "too few models or items")
    total = float(np.var(complete.sum(axis=1), ddof=1))
    if total <= _CLOSE:
        return Estimate("alpha", None, None, None, n, None, "undefined: no variation")
    value = n / (n - 1) * (1 - float(np.var(complete, axis=0, ddof=1).sum()) / total)
    tail = (1 - level) / 2
    shares = fdtri(m - 1, (m - 1) * (n - 1), [1 - tail, tail])
    low, high = (1 - (1 - value) * float(share) for share in shares)
    return Estimate("alpha", value, None, (low, high), n, (value, value), "Feldt")


def effective_items(variance: Floats) -> float:
    """(sum v)^2 / sum v^2 of the items' variances over models: the participation ratio.

    >>> effective_items(np.array([0.25, 0.25, 0.0, 0.0]))
    2.0
    """
    kept = variance[np.isfinite(variance)]
    squares = float((kept**2).sum())
    return float(kept.sum()) ** 2 / squares if squares > 0 else 0.0


def _variance(scores: Floats, known: NDArray[np.bool_]) -> Floats:
    n = known.sum(axis=0).astype(float)
    mean = _ratio(np.where(known, scores, 0.0).sum(axis=0), n)
    squares = np.where(known, (scores - mean) ** 2, 0.0).sum(axis=0)
    return _ratio(squares, n - 1)


def _fisher(correlation: Floats, models: Ints, level: float) -> tuple[Floats, Floats, Floats]:
    """(low, high, p of "not negative"): atanh(r) is near normal, with the variance 1 / (m - 3)."""
    from scipy.special import ndtr, ndtri

    enough = models >= FEWEST_MODELS
    z = np.arctanh(np.clip(correlation, -1 + 1e-12, 1 - 1e-12))
    stderr = np.where(enough, 1 / np.sqrt(np.maximum(models - 3, 1)), np.nan)
    half = float(ndtri((1 + level) / 2)) * stderr
    return np.tanh(z - half), np.tanh(z + half), ndtr(z / stderr)


def _ratio(top: Floats, bottom: Floats) -> Floats:
    found: Floats = np.where(bottom > 0, top / np.where(bottom > 0, bottom, 1.0), np.nan)
    return found

"""Do scores tell models apart, and do two lists of scores rank them alike?

Arrays are (m,), one entry for each model, higher is better. `counts` (b, m) are resamples of the
models, how often each is drawn: where they are given a statistic is (b,), one value a resample.
A model is never compared with its own copy.

Separability, agreement with confidence and the pair-rank Brier score are those of Arena-Hard (Li et
al., "From Crowdsourced Data to High-Quality Benchmarks", 2024, arXiv 2406.11939, section 3).
"""

from dataclasses import dataclass
from typing import Literal, TypeAlias, TypeVar, get_args

import numpy as np
from numpy.typing import NDArray

from julja.stats.intervals import Floats, Interval

Order: TypeAlias = NDArray[np.int8]
Denominator: TypeAlias = Literal["reference", "notebook", "both", "all"]
DENOMINATORS: tuple[Denominator, ...] = get_args(Denominator)

# What each denominator of an agreement means, for a reader.
MEANING: dict[Denominator, str] = {
    "reference": "pairs that the reference separates; +1 same order, -1 reversed, 0 not separated",
    "notebook": "pairs that the reference separates; 1 same order, 0 reversed, .5 not separated",
    "both": "pairs that both separate; +1 same order, -1 reversed",
    "all": "all pairs; +1 both separate alike, -1 reversed, 0 otherwise",
}
# As scikit-learn clips the chances of a log-loss.
_EPSILON = float(np.finfo(float).eps)
_EXACT = 1e-12
_Float = TypeVar("_Float", np.float32, np.float64)


@dataclass(frozen=True, slots=True)
class Agreement:
    """How a benchmark's separated pairs agree with a reference's; counts are of pairs.

    `pairs` is the denominator, of which so many are in the same order with confidence, reversed
    with confidence, or not separated. `value` is None where the denominator is empty.
    """

    denominator: Denominator
    value: float | None
    agree: int
    disagree: int
    undecided: int
    pairs: int


def spearman(x: Floats, y: Floats, counts: Floats | None = None) -> Floats:
    """Spearman's rank correlation, with average ranks for ties; NaN where one side is constant.

    >>> round(float(spearman(np.array([1.0, 2, 3, 4]), np.array([1.0, 3, 2, 4]))[0]), 4)
    0.8
    """
    drawn = _drawn(counts, len(x))
    a, b = _ranks(x, drawn), _ranks(y, drawn)
    total = drawn.sum(axis=1)
    mean_a, mean_b = ((drawn * side).sum(axis=1) / total for side in (a, b))
    a, b = a - mean_a[:, None], b - mean_b[:, None]
    spread = (drawn * a**2).sum(axis=1) * (drawn * b**2).sum(axis=1)
    return _ratio((drawn * a * b).sum(axis=1), np.sqrt(spread))


def kendall(x: Floats, y: Floats, counts: Floats | None = None) -> Floats:
    """Kendall's tau-b, which allows for ties; NaN where one side is constant.

    >>> round(float(kendall(np.array([1.0, 2, 3, 4]), np.array([1.0, 3, 2, 4]))[0]), 4)
    0.6667
    """
    drawn = _drawn(counts, len(x))
    # Small whole numbers: exact in single precision, at twice the speed.
    alike = (_signs(x) * _signs(y)).astype(np.float32)
    both = _pair_sum(alike, drawn.astype(np.float32)).astype(float)
    return _ratio(both, np.sqrt(_untied(x, drawn) * _untied(y, drawn)))


def perfect_interval(value: float, models: int, kind: str = "spearman") -> Interval | None:
    """The 95 % interval of a correlation of 1 or -1, whose resamples are all the same.

    By Fisher's z for rank correlations (Fieller, Hartley and Pearson, "Tests for rank correlation
    coefficients", 1957), as if two neighbours had changed places. None for any other value, for
    other statistics, and for fewer than five models.

    >>> [round(end, 3) for end in perfect_interval(1.0, 20)]
    [0.996, 1.0]
    """
    if abs(value) < 1 - _EXACT or models < 5 or kind not in ("spearman", "kendall"):
        return None
    if kind == "spearman":
        near, stderr = 1 - 12 / (models**3 - models), np.sqrt(1.06 / (models - 3))
    else:
        near, stderr = 1 - 4 / (models**2 - models), np.sqrt(0.437 / (models - 4))
    low = float(np.tanh(np.arctanh(near) - 1.96 * stderr))
    return (low, 1.0) if value > 0 else (-1.0, -low)


def interval_order(lower: Floats, upper: Floats, *, points_apart: bool = False) -> Order:
    """(m, m): 1 where the row's interval lies above the column's, -1 where below, 0 where neither.

    Intervals that only touch are apart, equal ones never are; NaN ends are not apart from anything.
    A point within an interval (an anchor, whose rating is fixed) is not apart from it. With
    `points_apart` it is, and is ordered by the lower ends: Arena-Hard's notebook does so where it
    computes agreement, but not where it computes separability.
    """
    low, high = _signs(lower), _signs(upper)
    if points_apart:
        overlap = np.minimum.outer(upper, upper) - np.maximum.outer(lower, lower)
        apart = (overlap <= 0) & ~np.isnan(overlap)
    else:
        apart = (lower[:, None] >= upper[None, :]) | (lower[None, :] >= upper[:, None])
    found: Order = np.where(apart, np.where(low != 0, low, high), 0).astype(np.int8)
    return found


def separability(order: Order, counts: Floats | None = None) -> Floats:
    """The share of all pairs that the intervals tell apart."""
    return _pair_mean(np.abs(order), _others(len(order)), counts)


def agreement(order: Order, reference: Order, denominator: Denominator = "reference") -> Agreement:
    """Agreement with confidence of a benchmark's order of pairs with a reference's.

    The paper's text says "all pairs", its notebook takes the pairs that the Arena separates and
    gives .5 to those that the benchmark doesn't; `MEANING` has all four rules. For the notebook's
    own numbers, both orders are made with `points_apart`.
    """
    mask = _mask(order, reference, denominator)
    same = order * reference
    above = np.triu(mask, 1)
    agree, disagree = int((above & (same > 0)).sum()), int((above & (same < 0)).sum())
    pairs = int(above.sum())
    value = float(agreement_values(order, reference, denominator)[0]) if pairs else None
    return Agreement(denominator, value, agree, disagree, pairs - agree - disagree, pairs)


def agreement_values(
    order: Order, reference: Order, denominator: Denominator, counts: Floats | None = None
) -> Floats:
    """`agreement`'s value in each resample of the models."""
    same = (order * reference).astype(float)
    worth = (same + 1) / 2 if denominator == "notebook" else same
    return _pair_mean(worth, _mask(order, reference, denominator), counts)


def same_order(score: Floats, reference: Floats, counts: Floats | None = None) -> Floats:
    """The share of pairs that point scores put in the reference's order; a tie is no order."""
    alike = _signs(score) * _signs(reference) > 0
    return _pair_mean(alike, _others(len(score)), counts)


def win_chance(mean: Floats, variance: Floats) -> Floats:
    """(m, m): the chance that the row's true score is above the column's, both being normal.

    Phi((mean_i - mean_j) / sqrt(variance_i + variance_j)); 0, .5 or 1 where there is no variance.
    """
    from scipy.special import ndtr

    gap = mean[:, None] - mean[None, :]
    spread = np.sqrt(variance[:, None] + variance[None, :])
    certain = spread == 0
    z = gap / np.where(certain, 1.0, spread)
    found: Floats = np.where(certain, (np.sign(gap) + 1) / 2, ndtr(z))
    return found


def pair_brier(chance: Floats, reference: Floats, counts: Floats | None = None) -> Floats:
    """Mean squared error of `win_chance` against who is above in the reference (.5 where tied)."""
    truth = (_signs(reference) + 1) / 2
    return _pair_mean((chance - truth) ** 2, _others(len(reference)), counts)


def pair_log_loss(chance: Floats, reference: Floats, counts: Floats | None = None) -> Floats:
    """Mean log-loss (nats) of `win_chance`, clipped at the floating-point epsilon.

    The clip matters: one certain and wrong pair costs 36 nats.
    """
    truth = (_signs(reference) + 1) / 2
    safe = np.clip(chance, _EPSILON, 1 - _EPSILON)
    loss = -(truth * np.log(safe) + (1 - truth) * np.log(1 - safe))
    return _pair_mean(loss, _others(len(reference)), counts)


def _mask(order: Order, reference: Order, denominator: Denominator) -> NDArray[np.bool_]:
    if denominator == "all":
        return _others(len(order))
    apart: NDArray[np.bool_] = reference != 0
    return apart & (order != 0) if denominator == "both" else apart


def _others(m: int) -> NDArray[np.bool_]:
    return ~np.eye(m, dtype=bool)


def _signs(values: Floats) -> Floats:
    # Not by subtraction: an end without limit minus another is no number.
    above: Floats = (values[:, None] > values[None, :]).astype(float)
    return above - above.T


def _tied(values: Floats, drawn: Floats) -> tuple[Floats, NDArray[np.int64]]:
    """How often each distinct value is drawn, lowest first (b, g), and each model's place (m,)."""
    distinct, code = np.unique(values, return_inverse=True)
    if len(distinct) == len(values):
        return drawn[:, np.argsort(values)], code
    sums = np.zeros((len(distinct), len(drawn)))
    np.add.at(sums, code, drawn.T)
    return sums.T, code


def _ranks(values: Floats, drawn: Floats) -> Floats:
    """Average ranks (b, m) of each model among those drawn, from half a rank on."""
    groups, code = _tied(values, drawn)
    found: Floats = (np.cumsum(groups, axis=1) - groups / 2)[:, code]
    return found


def _untied(values: Floats, drawn: Floats) -> Floats:
    """Twice the number of pairs (b,) that differ."""
    groups, _ = _tied(values, drawn)
    found: Floats = drawn.sum(axis=1) ** 2 - (groups**2).sum(axis=1)
    return found


def _drawn(counts: Floats | None, m: int) -> Floats:
    return np.ones((1, m)) if counts is None else counts


def _pair_sum(table: NDArray[_Float], drawn: NDArray[_Float]) -> NDArray[_Float]:
    found: NDArray[_Float] = ((drawn @ table) * drawn).sum(axis=1)
    return found


def _pair_mean(
    table: NDArray[np.generic], mask: NDArray[np.bool_], counts: Floats | None
) -> Floats:
    drawn = _drawn(counts, len(table))
    kept = mask.astype(float)
    return _ratio(_pair_sum(table.astype(float) * kept, drawn), _pair_sum(kept, drawn))


def _ratio(top: Floats, bottom: Floats) -> Floats:
    # Sums of ranks and counts: what is not zero is far from it, what is may be off by rounding.
    known = bottom > 1e-9
    found: Floats = np.where(known, top / np.where(known, bottom, 1.0), np.nan)
    return found

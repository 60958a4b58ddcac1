"""Win rates against a baseline, raw and length-controlled (AlpacaEval 2).

One row is one prompt: `preference`, in 0..1, is how much the judge prefers the model's answer to
the baseline's; `length_difference` is the length of the baseline's answer minus that of the model's
(AlpacaEval counts characters).

The length-controlled win rate (Dubois et al., "Length-Controlled AlpacaEval", 2024, arXiv
2404.04475) fits, for each model alone,

    logit preference = w_length tanh(length_difference / sd) + w_difficulty difficulty + w_model

and asks what the win rate would be with the length term at 0. `difficulty` is a number for each
prompt that is fitted once, from many models (`julja.stats.difficulty`), and then kept. The weights
are held near those that the baseline has against longer and shorter versions of itself (`Anchor`),
so that a model can't win by being longer.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np

from julja.stats.intervals import Floats, Interval, bootstrap_interval, mean_stderr
from julja.stats.l1_logistic import fit_l1_logistic, sigmoid

# 1/C of the L1 fit. AlpacaEval draws C from ten values by cross-validation; this is the one that
# it draws for most models, and `cross_validated_penalty` for all that were tried.
PENALTY = 10 ** (-4 / 9)
PENALTIES = tuple(10 ** (4 - 8 * step / 9) for step in range(10))
# AlpacaEval's lambda of .2, over two gamed versions of the baseline.
ANCHOR_WEIGHT = 0.1


@dataclass(frozen=True, slots=True)
class WinRate:
    """How often a model is preferred, in fractions; a preference of exactly .5 is a draw.

    `value` is the mean preference, `discrete` that of the rounded ones: (wins + draws / 2) / n.
    """

    value: float
    stderr: float | None
    discrete: float
    wins: int
    losses: int
    draws: int
    n: int


@dataclass(frozen=True, slots=True)
class LengthWeights:
    """The coefficients of one model's fit; `difficulty` is None where there was no such term."""

    length: float
    difficulty: float | None
    model: float


@dataclass(frozen=True, slots=True)
class LengthControlled:
    """A length-controlled win rate, in fractions.

    `predicted` (n,) are the preferences without the length term, of which `value` is the mean;
    `scale` is the standard deviation that lengths were divided by.
    """

    value: float
    weights: LengthWeights
    predicted: Floats
    scale: float

    @property
    def naive_stderr(self) -> float:
        """What AlpacaEval prints as `lc_standard_error`: the error of the mean of `predicted`.

        Those vary less than the verdicts do, and the weights are taken as known: it is several
        times too small. `length_controlled_interval` refits.
        """
        return mean_stderr(self.predicted)


@dataclass(frozen=True, slots=True)
class Anchor:
    """Verdicts on longer and shorter versions of the baseline, to which weights are held.

    `length` (r,) is tanh of the standardised difference, `difficulty` (r,) that of the prompts.
    The preferences y enter only as `moments`: (sum y length, sum y difficulty).
    """

    length: Floats
    difficulty: Floats
    moments: tuple[float, float]
    weight: float = ANCHOR_WEIGHT

    @classmethod
    def of(
        cls,
        preference: Floats,
        standardised: Floats,
        difficulty: Floats,
        weight: float = ANCHOR_WEIGHT,
    ) -> "Anchor":
        """The anchor of rows whose preferences are known: AlpacaEval's `df_gamed.csv`."""
        length: Floats = np.tanh(standardised)
        moments = (float(preference @ length), float(preference @ difficulty))
        return cls(length, np.asarray(difficulty, dtype=float), moments, weight)


def win_rate(preference: Floats) -> WinRate:
    """The raw win rate of preferences (n,) in 0..1.

    >>> found = win_rate(np.array([1.0, 0.8, 0.5, 0.1]))
    >>> round(found.value, 3), found.discrete, (found.wins, found.losses, found.draws)
    (0.6, 0.625, (2, 1, 1))
    """
    n = len(preference)
    if not n:
        raise ValueError("a win rate needs at least one preference")
    wins, losses = int(np.sum(preference > 0.5)), int(np.sum(preference < 0.5))
    draws = n - wins - losses
    stderr = mean_stderr(preference) if n > 1 else None
    discrete = (wins + draws / 2) / n
    return WinRate(float(np.mean(preference)), stderr, discrete, wins, losses, draws, n)


def length_controlled(
    preference: Floats,
    length_difference: Floats,
    difficulty: Floats | None = None,
    *,
    anchor: Anchor | None = None,
    penalty: float = PENALTY,
    start: LengthWeights | None = None,
) -> LengthControlled:
    """The length-controlled win rate of one model; all arrays (n,).

    Without `difficulty` the term is left out, and the win rate is that of a prompt of no
    particular difficulty: say so beside the number. Takes a millisecond or two for 805 rows.
    """
    x, scale = _features(preference, length_difference, difficulty)
    rows, moments, weights = _with_anchor(x, preference, anchor)
    first = None if start is None else np.array(_as_list(start), dtype=float)
    beta = fit_l1_logistic(rows, moments, weights, penalty, first)
    found = LengthWeights(
        float(beta[0]), float(beta[1]) if difficulty is not None else None, float(beta[-1])
    )
    predicted = predict(found, difficulty, len(preference))
    return LengthControlled(float(predicted.mean()), found, predicted, scale)


def length_controlled_rate(
    preference: Floats,
    length_difference: Floats,
    difficulty: Floats | None = None,
    *,
    anchor: Anchor | None = None,
    penalty: float = PENALTY,
) -> float:
    """The value of `length_controlled` alone, for `Metric.aggregate`; NaN for a single row."""
    if len(preference) < 2:
        return float("nan")
    return length_controlled(
        preference, length_difference, difficulty, anchor=anchor, penalty=penalty
    ).value


def predict(weights: LengthWeights, difficulty: Floats | None, n: int) -> Floats:
    """The preferences (n,) that some weights predict between answers of equal length."""
    eta = np.full(n, weights.model)
    if difficulty is not None and weights.difficulty is not None:
        eta = eta + weights.difficulty * difficulty
    return sigmoid(eta)


def length_controlled_interval(
    preference: Floats,
    length_difference: Floats,
    difficulty: Floats | None = None,
    *,
    anchor: Anchor | None = None,
    penalty: float = PENALTY,
    resamples: int = 1000,
    seed: int = 0,
    level: float = 0.95,
    clusters: Sequence[Hashable] = (),
) -> tuple[float, Interval]:
    """(standard error, percentile interval) of the length-controlled win rate, by bootstrap.

    Prompts (or their clusters) are drawn again and the weights fitted again each time; the
    difficulties, the anchor and the penalty stay.
    """
    whole = length_controlled(
        preference, length_difference, difficulty, anchor=anchor, penalty=penalty
    )
    columns = [preference, length_difference, *([] if difficulty is None else [difficulty])]

    def statistic(table: Floats) -> float:
        drawn = table[:, 2] if difficulty is not None else None
        return length_controlled(
            table[:, 0], table[:, 1], drawn, anchor=anchor, penalty=penalty, start=whole.weights
        ).value

    return bootstrap_interval(
        np.column_stack(columns),
        statistic,
        seed=seed,
        resamples=resamples,
        level=level,
        clusters=clusters,
    )


def cross_validated_penalty(
    preference: Floats,
    length_difference: Floats,
    difficulty: Floats | None = None,
    *,
    anchor: Anchor | None = None,
    folds: int = 5,
    penalties: Sequence[float] = PENALTIES,
) -> float:
    """The penalty whose fits predict left-out rows best, as AlpacaEval draws its C.

    Row i is in fold i mod `folds`; the anchor, of whose rows only sums are known, is left out in
    equal shares.
    """
    x, _ = _features(preference, length_difference, difficulty)
    fold = np.arange(len(x)) % folds
    rows, moments, weights = _with_anchor(x, preference, anchor)
    fixed, fixed_weights = rows[len(x) :], weights[len(x) :]
    fixed_moments = moments - x.T @ preference
    lost = []
    for penalty in penalties:
        loss = 0.0
        for part in range(folds):
            kept, out = fold != part, fold == part
            beta = fit_l1_logistic(
                np.concatenate([x[kept], fixed]),
                x[kept].T @ preference[kept] + fixed_moments * (1 - 1 / folds),
                np.concatenate([np.ones(int(kept.sum())), fixed_weights * (1 - 1 / folds)]),
                penalty,
            )
            loss += float(np.logaddexp(0, x[out] @ beta).sum() - preference[out] @ x[out] @ beta)
            tail = fixed_weights @ np.logaddexp(0, fixed @ beta) - fixed_moments @ beta
            loss += float(tail) / folds
        lost.append(loss)
    return float(penalties[int(np.argmin(lost))])


def _features(
    preference: Floats, length_difference: Floats, difficulty: Floats | None
) -> tuple[Floats, float]:
    """The design (n, p) with its columns length, difficulty where there is one, model; and sd."""
    n = len(preference)
    given = [preference, length_difference, *([] if difficulty is None else [difficulty])]
    if n < 2 or any(len(column) != n for column in given):
        raise ValueError("length control needs columns of one length, of two rows at least")
    if not all(np.isfinite(column).all() for column in given):
        raise ValueError("length control takes numbers only: leave rows without a verdict out")
    if preference.min() < 0 or preference.max() > 1:
        raise ValueError("preferences are from 0 to 1 (AlpacaEval's files have 1 to 2)")
    scale = float(np.std(length_difference, ddof=1))
    standard = length_difference / scale if scale > 0 else np.zeros(n)
    columns = [np.tanh(standard), *given[2:], np.ones(n)]
    return np.column_stack(columns), scale


def _with_anchor(
    x: Floats, preference: Floats, anchor: Anchor | None
) -> tuple[Floats, Floats, Floats]:
    """(rows, moments, weights) of a fit: the model's own rows, then the anchor's."""
    moments = x.T @ preference
    if anchor is None:
        return x, moments, np.ones(len(x))
    # The gamed versions are the baseline: they have no term of their own.
    columns = [anchor.length, anchor.difficulty][: x.shape[1] - 1]
    pulled = np.zeros((len(anchor.length), x.shape[1]))
    pulled[:, : len(columns)] = np.column_stack(columns)
    sums = np.zeros(x.shape[1])
    sums[: len(columns)] = anchor.moments[: len(columns)]
    weights = np.concatenate([np.ones(len(x)), np.full(len(pulled), anchor.weight)])
    return np.concatenate([x, pulled]), moments + anchor.weight * sums, weights


def _as_list(weights: LengthWeights) -> list[float]:
    middle = [] if weights.difficulty is None else [weights.difficulty]
    return [weights.length, *middle, weights.model]

"""The probabilities of win, tie and loss, and their derivatives, one function for each model.

Each takes `x` = rating_i - rating_j, the weights of wins, ties and losses of i against j, and the
model's own parameter `extra`, all of one shape (or broadcast to one). All three log-likelihoods
are concave in ratings and parameter.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from julja.stats.intervals import Floats


@dataclass(frozen=True, slots=True)
class Terms:
    """Derivatives of a log-likelihood, element by element; those of `extra` where it has one.

    `dx`, `de` are slopes; `hxx`, `hxe`, `hee` are the negative second derivatives.
    """

    dx: Floats
    hxx: Floats
    de: Floats | None = None
    hxe: Floats | None = None
    hee: Floats | None = None


@dataclass(frozen=True, slots=True)
class Model:
    """A model of one battle: its log-likelihood, its derivatives, what i is expected to score."""

    value: Callable[[Floats, Floats, Floats, Floats, Floats | None], Floats]
    terms: Callable[[Floats, Floats, Floats, Floats, Floats | None], Terms]
    score: Callable[[Floats, Floats | None], Floats]
    has_extra: bool


def sigmoid(x: Floats) -> Floats:
    """1 / (1 + exp(-x)), without overflow."""
    from scipy.special import expit

    found: Floats = expit(x)
    return found


def softplus(x: Floats) -> Floats:
    """log(1 + exp(x)), without overflow."""
    found: Floats = np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))
    return found


def _bt_value(
    x: Floats, wins: Floats, ties: Floats, losses: Floats, extra: Floats | None = None
) -> Floats:
    # score log p + (games - score) log (1 - p), with log p = x + log(1 - p).
    return (wins + ties / 2) * x - (wins + ties + losses) * softplus(x)


def _bt_terms(
    x: Floats, wins: Floats, ties: Floats, losses: Floats, extra: Floats | None = None
) -> Terms:
    games = wins + ties + losses
    p = sigmoid(x)
    expected = games * p
    return Terms(wins + ties / 2 - expected, expected * (1 - p))


def _rk_value(
    x: Floats, wins: Floats, ties: Floats, losses: Floats, extra: Floats | None
) -> Floats:
    assert extra is not None
    decided = -(wins + ties) * softplus(extra - x) - (losses + ties) * softplus(extra + x)
    return decided + ties * np.log(np.expm1(2 * extra))


def _rk_terms(x: Floats, wins: Floats, ties: Floats, losses: Floats, extra: Floats | None) -> Terms:
    assert extra is not None
    up, down = sigmoid(x - extra), sigmoid(-x - extra)
    a1, b1 = (wins + ties) * (1 - up), (losses + ties) * (1 - down)
    a2, b2 = a1 * up, b1 * down
    rest = -np.expm1(-2 * extra)
    return Terms(
        a1 - b1,
        a2 + b2,
        -a1 - b1 + 2 * ties / rest,
        b2 - a2,
        a2 + b2 + 4 * ties * np.exp(-2 * extra) / rest**2,
    )


def _rk_score(x: Floats, extra: Floats | None) -> Floats:
    assert extra is not None
    return (1 + sigmoid(x - extra) - sigmoid(-x - extra)) / 2


def _davidson_parts(x: Floats, extra: Floats | None) -> tuple[Floats, Floats, Floats, Floats]:
    """log of the sum, and the probabilities of win, loss and tie."""
    assert extra is not None
    total = np.abs(x / 2) + softplus(-np.abs(x))
    total = total + softplus(extra - total)
    return total, np.exp(x / 2 - total), np.exp(-x / 2 - total), np.exp(extra - total)


def _davidson_value(
    x: Floats, wins: Floats, ties: Floats, losses: Floats, extra: Floats | None
) -> Floats:
    assert extra is not None
    total = _davidson_parts(x, extra)[0]
    return (wins - losses) * x / 2 + ties * extra - (wins + ties + losses) * total


def _davidson_terms(
    x: Floats, wins: Floats, ties: Floats, losses: Floats, extra: Floats | None
) -> Terms:
    games = wins + ties + losses
    _, up, down, tie = _davidson_parts(x, extra)
    return Terms(
        (wins - losses - games * (up - down)) / 2,
        games * (up + down - (up - down) ** 2) / 4,
        ties - games * tie,
        -games * tie * (up - down) / 2,
        games * tie * (1 - tie),
    )


def _davidson_score(x: Floats, extra: Floats | None) -> Floats:
    _, up, down, _ = _davidson_parts(x, extra)
    return (1 + up - down) / 2


# P(i beats j) = sigmoid(x); a tie is half a win. Bradley and Terry, Biometrika 39, 1952.
BRADLEY_TERRY = Model(_bt_value, _bt_terms, lambda x, extra: sigmoid(x), has_extra=False)
# A tie where the difference is below a threshold eta > 0 (`extra`): P(win) = sigmoid(x - eta),
# P(loss) = sigmoid(-x - eta), P(tie) = (exp(2 eta) - 1) P(win) P(loss). Rao and Kupper, Journal of
# the American Statistical Association 62, 1967 (theta = exp(eta)).
RAO_KUPPER = Model(_rk_value, _rk_terms, _rk_score, has_extra=True)
# Ties in proportion to the geometric mean of the strengths: P(win) : P(tie) : P(loss) =
# exp(x/2) : nu : exp(-x/2), `extra` = log(nu). Davidson, the same journal, 65, 1970.
DAVIDSON = Model(_davidson_value, _davidson_terms, _davidson_score, has_extra=True)

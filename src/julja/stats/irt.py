"""Two-parameter item response theory: how hard and how telling items are, how able a model is.

P(right) = sigmoid(a (theta - b)), theta ~ N(0, 1) over models. For `julja.stats.adaptive` and for
looking at items. Nothing here is a score to publish: it takes the models to be alike those that the
items were fitted on.

Sources: Birnbaum in Lord and Novick (1968), chapter 17; Bock and Aitkin, "Marginal maximum
likelihood estimation of item parameters: an EM algorithm" (Psychometrika 46, 1981); the priors on
items are Mislevy's (Psychometrika 51, 1986), so that an item that all or no models solve has finite
parameters.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from julja.stats.intervals import Floats

LIMIT = 4.0
# A model's posterior over some hundred items is narrow: steps of 0.05.
NODES: Floats = np.linspace(-LIMIT, LIMIT, 161)
_CLOSE = 1e-3
_MOST_ROUNDS = 500
_NEWTON_STEPS = 2


@dataclass(frozen=True, slots=True)
class ItemPriors:
    """log a ~ N(., slope_sd^2) and b ~ N(., difficulty_sd^2), around the means of all items.

    The spreads are the usual ones (BILOG's), on a scale of the models' own deviation.
    """

    slope_sd: float = 0.5
    difficulty_sd: float = 2.0


@dataclass(frozen=True, slots=True)
class ItemBank:
    """Items with their parameters (n,), and the models (m,) that they were fitted on.

    `slope` is a (discrimination), `difficulty` b. `ability` are the models' posterior means.
    `converged` is False where the fit was still moving after its last round.
    """

    slope: Floats
    difficulty: Floats
    ability: Floats
    rounds: int
    converged: bool

    def chance(self, theta: Floats) -> Floats:
        """P(right) of each item (n,) at abilities (...,): shape (..., n)."""
        return _sigmoid(self.slope * (np.asarray(theta, dtype=float)[..., None] - self.difficulty))

    def information(self, theta: float) -> Floats:
        """Fisher information a^2 P (1 - P) of each item (n,) about an ability."""
        p = self.chance(np.asarray(theta))
        return self.slope**2 * p * (1 - p)


@dataclass(frozen=True, slots=True)
class Ability:
    """A model's ability: the mode of its posterior, with the standard error at the mode.

    On the scale of the models that the items were fitted on (mean 0, deviation 1), within -4..4.
    `at_limit` says that the mode is at an end of that range.
    """

    theta: float
    stderr: float
    n: int
    at_limit: bool


def fit_2pl(scores: Floats, *, priors: ItemPriors | None = None) -> ItemBank:
    """Fit items to `scores` (m, n) in 0..1, NaN where missing; by EM over the models' abilities.

    A score between 0 and 1 (a mean of repeats) counts as that share of a right answer. Needs two
    models; with fewer than about ten, items are mostly their priors. ValueError for other values.
    """
    scores = np.asarray(scores, dtype=float)
    if scores.ndim != 2 or scores.shape[0] < 2 or not scores.size:
        raise ValueError("items are fitted on a table of two models (rows) at least")
    known = np.isfinite(scores)
    if np.any(known & ((scores < 0) | (scores > 1))):
        raise ValueError("item response theory takes scores in 0..1")
    right = np.where(known, scores, 0.0)
    wrong = np.where(known, 1.0 - scores, 0.0)
    priors = priors or ItemPriors()
    items = np.stack(_start(right, known.sum(axis=0)))
    rounds, moved = 0, np.inf
    while rounds < _MOST_ROUNDS and moved > _CLOSE:
        posterior = _posterior(right, wrong, items)
        after = _maximise(right.T @ posterior, wrong.T @ posterior, items, priors)
        after = _standardised(after, posterior)
        moved = float(np.abs(after - items).max())
        items, rounds = after, rounds + 1
    ability = _posterior(right, wrong, items) @ NODES
    return ItemBank(np.exp(items[0]), items[1], ability, rounds, moved <= _CLOSE)


def estimate_ability(bank: ItemBank, answers: Floats) -> Ability:
    """The ability behind `answers` (n,), in 0..1 and NaN where an item was not asked.

    The mode under N(0, 1), within -4..4; its standard error is 1 / sqrt(information + 1).
    """
    answers = np.asarray(answers, dtype=float)
    asked = np.isfinite(answers)
    right = np.where(asked, answers, 0.0)
    log_right, log_wrong = log_chances(bank.slope, bank.difficulty)
    log_posterior = right @ log_right + np.where(asked, 1.0 - right, 0.0) @ log_wrong
    return mode(bank, log_posterior - NODES**2 / 2, asked)


def mode(bank: ItemBank, log_posterior: Floats, asked: NDArray[np.bool_]) -> Ability:
    """The mode of a posterior on the nodes, refined by a parabola through its three highest."""
    top = int(np.argmax(log_posterior))
    theta = float(NODES[top])
    at_limit = top in (0, len(NODES) - 1)
    if not at_limit:
        left, middle, right = log_posterior[top - 1 : top + 2]
        bend = left - 2 * middle + right
        theta += float((left - right) / (2 * bend) * (NODES[1] - NODES[0])) if bend < 0 else 0.0
    information = float(bank.information(theta)[asked].sum())
    return Ability(theta, 1 / np.sqrt(information + 1.0), int(np.sum(asked)), at_limit)


def _start(right: Floats, models: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """(log a, b): slopes of 1, difficulties from the share of models that are right."""
    share = (right.sum(axis=0) + 0.5) / (models + 1.0)
    return np.zeros(len(share)), -np.log(share / (1 - share))


def _posterior(right: Floats, wrong: Floats, items: Floats) -> Floats:
    """(m, nodes): each model's posterior over the abilities."""
    log_right, log_wrong = log_chances(np.exp(items[0]), items[1])
    found = right @ log_right + wrong @ log_wrong - NODES**2 / 2
    found = np.exp(found - found.max(axis=1, keepdims=True))
    normal: Floats = found / found.sum(axis=1, keepdims=True)
    return normal


def _standardised(items: Floats, posterior: Floats) -> Floats:
    """The items on a scale on which the models' abilities have the mean 0 and the deviation 1.

    Left alone, the priors of many items would outweigh that of a few models and move the scale.
    """
    share = posterior.mean(axis=0)
    mean = float(share @ NODES)
    deviation = float(np.sqrt(share @ (NODES - mean) ** 2))
    return np.stack([items[0] + np.log(deviation), (items[1] - mean) / deviation])


def log_chances(slope: Floats, difficulty: Floats) -> tuple[Floats, Floats]:
    """log P(right) and log P(wrong) at all nodes, (n, nodes) each."""
    x = slope[:, None] * (NODES - difficulty[:, None])
    return -np.logaddexp(0.0, -x), -np.logaddexp(0.0, x)


def _maximise(right: Floats, wrong: Floats, items: Floats, priors: ItemPriors) -> Floats:
    """Fisher scoring for all items at once; `right` and `wrong` (n, nodes) are expected counts."""
    log_slope, difficulty = items
    middle = items.mean(axis=1)
    total = right + wrong
    for _ in range(_NEWTON_STEPS):
        slope = np.exp(log_slope)[:, None]
        gap = NODES - difficulty[:, None]
        p = _sigmoid(slope * gap)
        residual, weight = right - total * p, total * p * (1 - p)
        in_slope, in_difficulty = slope * gap, -slope
        pull = (log_slope - middle[0]) / priors.slope_sd**2
        first = (residual * in_slope).sum(axis=1) - pull
        pull = (difficulty - middle[1]) / priors.difficulty_sd**2
        second = (residual * in_difficulty).sum(axis=1) - pull
        a = (weight * in_slope**2).sum(axis=1) + 1 / priors.slope_sd**2
        d = (weight * in_difficulty**2).sum(axis=1) + 1 / priors.difficulty_sd**2
        c = (weight * in_slope * in_difficulty).sum(axis=1)
        det = a * d - c**2
        # Half a unit at most, or a far start overshoots.
        log_slope = log_slope + np.clip((d * first - c * second) / det, -0.5, 0.5)
        difficulty = difficulty + np.clip((a * second - c * first) / det, -0.5, 0.5)
    return np.stack([log_slope, difficulty])


def _sigmoid(x: Floats) -> Floats:
    found: Floats = 0.5 * (1.0 + np.tanh(0.5 * x))
    return found

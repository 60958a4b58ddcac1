"""Adaptive screening: a rough score from a few well-chosen items. Never a score to publish.

Each next item is the one that tells most about the ability as it is known so far; the score on all
items is then what the items asked gave, and what the model of item responses expects of the others.
It rests on models being alike those that the items were fitted on: the best model, beyond their
range, is overestimated by 3 points however many items are asked. So it is for early stopping, cheap
regression tests and choosing what to run in full.

Sources: Lord, "Applications of Item Response Theory" (1980), for the choice of items; Polo et al.,
tinyBenchmarks (2024, arXiv 2402.14992), for p-IRT; Fluid Benchmarking (2025, arXiv 2509.11106).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from julja.stats.intervals import LEVEL, Floats, Interval
from julja.stats.irt import NODES, Ability, ItemBank, estimate_ability, fit_2pl, log_chances, mode

NOTE = "a screening number from a model of item responses: never a published score"
Stop: TypeAlias = Literal["precise", "items", "exhausted"]


@dataclass(frozen=True, slots=True)
class Screening:
    """What a few items say of the score on all n: a screening number, never a published score.

    `estimate` is in the units of the mean score, `stderr` is of what is not known of it (the
    ability, and chance on the items that were not asked) if the model of item responses holds; it
    does not hold the error of the items' own parameters. `beyond` says that the ability is outside
    those of the models that the items were fitted on, where the estimate is drawn to the middle or
    overshoots. `stop` is why no more items were asked.
    """

    estimate: float
    stderr: float
    ci: Interval
    ability: Ability
    asked: tuple[int, ...]
    total: int
    beyond: bool
    stop: Stop
    publishable: Literal[False] = False
    note: str = NOTE


def next_item(bank: ItemBank, theta: float, asked: NDArray[np.bool_]) -> int | None:
    """The item not yet asked that tells most about the ability `theta`; None where all are."""
    if asked.all():
        return None
    return int(np.argmax(np.where(asked, -1.0, bank.information(theta))))


def screen(
    bank: ItemBank,
    answer: Callable[[int], float],
    *,
    most: int = 100,
    stderr: float | None = None,
    fewest: int = 5,
) -> Screening:
    """Ask items one after the other until the ability is known to `stderr`, or `most` were asked.

    `answer` runs an item, given its place in the bank, and returns its score in 0..1.
    """
    total = len(bank.slope)
    answers: Floats = np.full(total, np.nan)
    log_right, log_wrong = log_chances(bank.slope, bank.difficulty)
    log_posterior = -(NODES**2) / 2
    order: list[int] = []
    stop: Stop = "items"
    asked: NDArray[np.bool_] = np.zeros(total, dtype=bool)
    found = mode(bank, log_posterior, asked)
    while len(order) < most:
        item = next_item(bank, found.theta, asked)
        if item is None:
            stop = "exhausted"
            break
        value = float(answer(item))
        if not 0 <= value <= 1:
            raise ValueError(f"item {item} gave {value}, which is not a score in 0..1")
        answers[item], asked[item] = value, True
        order.append(item)
        log_posterior = log_posterior + value * log_right[item] + (1 - value) * log_wrong[item]
        found = mode(bank, log_posterior, asked)
        if stderr is not None and len(order) >= fewest and found.stderr <= stderr:
            stop = "precise"
            break
    return _screening(bank, answers, found, tuple(order), stop)


def p_irt(bank: ItemBank, answers: Floats) -> Screening:
    """The same estimate from answers (n,) to items chosen in any way, NaN where not asked."""
    answers = np.asarray(answers, dtype=float)
    asked = np.flatnonzero(np.isfinite(answers))
    found = estimate_ability(bank, answers)
    stop: Stop = "exhausted" if len(asked) == len(answers) else "items"
    return _screening(bank, answers, found, tuple(asked.tolist()), stop)


def _screening(
    bank: ItemBank, answers: Floats, found: Ability, order: tuple[int, ...], stop: Stop
) -> Screening:
    total = len(answers)
    open_items = ~np.isfinite(answers)
    p = bank.chance(np.asarray(found.theta))[open_items]
    estimate = float((np.nansum(answers) + p.sum()) / total)
    chance = p * (1 - p)
    slope = float((bank.slope[open_items] * chance).sum())
    stderr = float(np.sqrt((slope * found.stderr) ** 2 + chance.sum())) / total
    half = NormalDist().inv_cdf((1 + LEVEL) / 2) * stderr
    beyond = not bank.ability.min() <= found.theta <= bank.ability.max()
    ci = (max(0.0, estimate - half), min(1.0, estimate + half))
    return Screening(estimate, stderr, ci, found, order, total, beyond, stop)


@dataclass(frozen=True, slots=True)
class HeldOut:
    """What screening would have missed each model by, had the items been fitted without it.

    Errors of the mean score on all items, arrays (draws, m): by the mean of `asked` random items,
    by p-IRT on the same, and by adaptive items. `covered` is the share of the adaptive estimates'
    intervals that hold the score: how far to believe them.
    """

    asked: int
    random: Floats
    p_irt: Floats
    adaptive: Floats
    covered: float


def held_out(
    scores: Floats, asked: Sequence[int] = (20, 40, 80), *, draws: int = 5, seed: int = 0
) -> list[HeldOut]:
    """Leave one model out, fit the items on the others, and screen it; for each number of items.

    `scores` (m, n) in 0..1 without gaps, three models at least. Of a score between 0 and 1 each
    draw takes one answer, right with that chance.
    """
    scores = np.asarray(scores, dtype=float)
    if len(scores) < 3 or not np.isfinite(scores).all():
        raise ValueError("leaving one out needs a full table of three models at least")
    banks = [fit_2pl(np.delete(scores, one, axis=0)) for one in range(len(scores))]
    generator = np.random.default_rng(seed)
    answers = generator.random((draws, *scores.shape)) < scores
    found = []
    for most in asked:
        errors: Floats = np.empty((3, draws, len(scores)))
        covered = 0
        for draw, one in np.ndindex(draws, len(scores)):
            given, truth = answers[draw, one].astype(float), float(scores[one].mean())
            chosen = generator.permutation(len(given))[:most]
            some = np.full(len(given), np.nan)
            some[chosen] = given[chosen]
            near = screen(banks[one], given.__getitem__, most=most)
            made = given[chosen].mean(), p_irt(banks[one], some).estimate, near.estimate
            errors[:, draw, one] = np.subtract(made, truth)
            covered += near.ci[0] <= truth <= near.ci[1]
        share = covered / errors[0].size
        found.append(HeldOut(most, errors[0], errors[1], errors[2], share))
    return found

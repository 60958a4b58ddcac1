"""How hard each prompt is to win, fitted from the verdicts on many models.

For length control (`julja.stats.length_control`) on prompts whose difficulties nobody published.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from julja.stats.intervals import Floats
from julja.stats.l1_logistic import sigmoid

_TOLERANCE = 1e-8
_MAX_STEPS = 100
# Keeps the terms of a model that wins or loses everything finite; without weight else.
_FLOOR = 1e-2


@dataclass(frozen=True, slots=True)
class Difficulty:
    """`value` (n,): the log-odds that a prompt adds to every model's win; `n` rows were used."""

    value: Floats
    models: int
    n: int


def fit_difficulty(
    preference: Floats, length_difference: Floats, *, ridge: float = 1.0
) -> Difficulty:
    """Difficulties (n,) from preferences and length differences (models, n), NaN where missing.

    The joint fit of AlpacaEval (arXiv 2404.04475, section 3),

        logit preference = model + w_model tanh(length_difference / sd_model) + prompt

    with a ridge on the prompts' terms, which are what is returned. Two models at least.
    """
    known: NDArray[np.bool_] = np.isfinite(preference) & np.isfinite(length_difference)
    models, n = preference.shape
    if models < 2 or not known.any():
        raise ValueError("difficulties need the verdicts on two models at least")
    y = np.where(known, preference, 0.0)
    length = np.where(known, length_difference, np.nan)
    scale = np.array(
        [np.nanstd(row, ddof=1) if np.isfinite(row).sum() > 1 else 0 for row in length]
    )
    safe = np.where(scale > 0, scale, 1.0)[:, None]
    tanh = np.where(known, np.tanh(np.nan_to_num(length) / safe), 0.0)
    effect, slope, prompt = np.zeros(models), np.zeros(models), np.zeros(n)
    for _ in range(_MAX_STEPS):
        chance = sigmoid(effect[:, None] + slope[:, None] * tanh + prompt)
        residual = np.where(known, y - chance, 0.0)
        weight = np.where(known, chance * (1 - chance), 0.0)
        steps = _newton_step(residual, weight, tanh, (effect, slope, prompt), ridge)
        # Damped: far from the optimum a full step overshoots where chances are near 0 or 1.
        size = min(1.0, 2.0 / max(float(np.abs(step).max()) for step in steps))
        effect, slope, prompt = (
            term + size * step for term, step in zip((effect, slope, prompt), steps, strict=True)
        )
        if max(float(np.abs(step).max()) for step in steps) < _TOLERANCE:
            return Difficulty(prompt - prompt.mean(), models, int(known.sum()))
    raise ValueError(f"the joint fit of difficulties didn't converge in {_MAX_STEPS} steps")


def _newton_step(
    residual: Floats,
    weight: Floats,
    tanh: Floats,
    terms: tuple[Floats, Floats, Floats],
    ridge: float,
) -> tuple[Floats, Floats, Floats]:
    """One Newton step; the prompts' block is diagonal and is eliminated first (Schur)."""
    effect, slope, prompt = terms
    models = len(effect)
    first = np.concatenate(
        [
            residual.sum(axis=1) - _FLOOR * effect,
            (residual * tanh).sum(axis=1) - _FLOOR * slope,
        ]
    )
    second = residual.sum(axis=0) - ridge * prompt
    diagonal = weight.sum(axis=0) + ridge
    cross = np.concatenate([weight, weight * tanh])
    block = np.zeros((2 * models, 2 * models))
    place = np.arange(models)
    block[place, place] = weight.sum(axis=1) + _FLOOR
    block[place, place + models] = block[place + models, place] = (weight * tanh).sum(axis=1)
    block[place + models, place + models] = (weight * tanh**2).sum(axis=1) + _FLOOR
    reduced = block - (cross / diagonal) @ cross.T
    step = np.linalg.solve(reduced, first - (cross / diagonal) @ second)
    rest = (second - cross.T @ step) / diagonal
    return step[:models], step[models:], rest

"""AlpacaEval's annotations, whose order of answers is not written down but can be found again.

The judge sees two answers under the names m and M, m first, and gives the log-probabilities of
both. The preference for output_2, between 1 and 2, is 2 - P(m) where output_1 was m and 1 + P(m)
where the two were swapped; which of the two it is tells the order.
"""

import math
from collections.abc import Mapping
from typing import Any

from julja.audit.judges.values import Side
from julja.types import Json

_NEAR = 1e-6


def probability_of_m(logprob_m: float, logprob_big_m: float) -> float:
    """P(m) among the two, however much probability other tokens have.

    >>> probability_of_m(math.log(0.6), math.log(0.2)).__round__(9)
    0.75
    """
    return 1 / (1 + math.exp(logprob_big_m - logprob_m))


def shown_first(preference: float, logprob_m: float, logprob_big_m: float) -> Side | None:
    """Which output was shown first; None where it can't be told (P(m) = .5) or fits neither way."""
    chance = probability_of_m(logprob_m, logprob_big_m)
    plain = abs(preference - (2 - chance)) <= _NEAR
    swapped = abs(preference - (1 + chance)) <= _NEAR
    return None if plain == swapped else "a" if plain else "b"


def with_order(row: Mapping[str, Json]) -> Mapping[str, Json]:
    """An annotation with the order it was shown in as `first`; other rows as they are."""
    if "preference" not in row or "first" in row:
        return row
    found = _logprobs(row)
    preference = _number(row["preference"])
    if preference == 0 and "generator_1" in row:
        # AlpacaEval 1 writes a draw as 0.
        return {**row, "preference": 1.5}
    if found is None or preference is None:
        return row
    return {**row, "first": shown_first(preference, *found)}


def _logprobs(row: Mapping[str, Any]) -> tuple[float, float] | None:
    """(log P(m), log P(M)): from columns of their own, or from the judge's raw answer."""
    flat = _number(row.get("logprob_m")), _number(row.get("logprob_M"))
    if flat[0] is not None and flat[1] is not None:
        return flat[0], flat[1]
    raw = row.get("raw_completion")
    try:
        top = raw["logprobs"]["content"][0]["top_logprobs"]  # type: ignore[index]
        by_token = {entry["token"]: float(entry["logprob"]) for entry in top}
        return by_token["m"], by_token["M"]
    except (KeyError, IndexError, TypeError, ValueError):
        return None


def _number(value: Json) -> float | None:
    try:
        found = float(value)
    except (TypeError, ValueError):
        return None
    return found if math.isfinite(found) else None

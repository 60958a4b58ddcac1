"""LLMBar: pairs of outputs with people's label, and the verdicts of evaluators in both orders.

The outputs have no models' names: they are called output_1 and output_2. The label is a battle of
the judge "human"; an evaluator's two verdicts are battles of its own.
"""

from collections.abc import Mapping, Sequence
from pathlib import PurePath

from julja.arena.adapters.common import (
    Reading,
    Refusal,
    Row,
    RowError,
    Settings,
    Source,
    numbered,
)
from julja.arena.battles import Battle, Verdict
from julja.arena.style import style_fields
from julja.types import Json

NAME = "llmbar"
LABEL = "LLMBar: input, output_1, output_2, label, and results of an evaluator"

_VERDICTS: dict[str, Verdict | None] = {"1": "A>B", "2": "B>A", "tie": "A=B", "None": None}


def fits(row: Row, settings: Settings) -> bool:
    """True for LLMBar's pairs."""
    return {"output_1", "output_2", "label"} <= set(row) and "generator_1" not in row


def read(sources: Sequence[Source], settings: Settings) -> Reading:
    """The label as a battle, and two battles for each evaluator's result."""
    reading = Reading()
    for place, number, row in numbered(sources):
        try:
            if not isinstance(row, Mapping):
                raise RowError("a row is an object with named fields")
            reading.battles += _battles(row, f"{_set(place)}/{number - 1}", _evaluator(place))
        except RowError as error:
            reading.refused.append(Refusal(place, number, str(error)))
    return reading


def _battles(row: Row, prompt: str, evaluator: str) -> list[Battle]:
    label = _VERDICTS.get(str(row["label"]))
    if label is None:
        raise RowError(f"label {row['label']!r} is neither 1 nor 2")
    outputs = (row["output_1"], row["output_2"])
    if not (isinstance(outputs[0], str) and isinstance(outputs[1], str)):
        raise RowError("output_1 and output_2 must be texts")
    fields = style_fields(*outputs)

    def battle(verdict: Verdict | None, judge: str, first: Json) -> Battle:
        side = first if first in ("a", "b") else None
        return Battle(
            prompt, "output_1", "output_2", verdict, first=side, judge=judge, fields=fields
        )

    found = [battle(label, "human", None)]
    results = row.get("results") or []
    for result in results if isinstance(results, list) else [results]:
        for swap, side in (("swap = False", "a"), ("swap = True", "b")):
            if swap in result:
                winner = str(result[swap].get("winner"))
                if winner not in _VERDICTS:
                    raise RowError(f"winner {winner!r} is none of 1, 2, tie")
                found.append(battle(_VERDICTS[winner], evaluator, side))
    return found


def _set(place: str) -> str:
    """The name of the set of pairs: the folder below which evaluators lie, or that of the file."""
    parts = PurePath(place).parts[:-1]
    if "evaluators" in parts:
        parts = parts[: parts.index("evaluators")]
    return parts[-1] if parts else "pairs"


def _evaluator(place: str) -> str:
    parts = PurePath(place).parts[:-1]
    if "evaluators" in parts:
        return "/".join(parts[parts.index("evaluators") + 1 :])
    return "evaluator"

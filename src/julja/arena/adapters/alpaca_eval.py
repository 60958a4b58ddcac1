"""AlpacaEval's annotations: output_1 and output_2 of two generators, and a preference.

The preference lies between 1 (the first output is better) and 2 (the second); 0 is a draw. It is
graded, so that the win rate of a model is the mean of what the judge gave, as the leaderboard has
it; without the grades (`--verdicts`) it is the discrete one.
"""

from collections.abc import Sequence

from julja.arena.adapters.common import (
    Reading,
    Row,
    RowError,
    Settings,
    Source,
    number,
    read_each,
    short_name,
    text,
)
from julja.arena.battles import Battle, Verdict
from julja.arena.style import style_fields
from julja.types import Json

NAME = "alpaca-eval"
LABEL = "AlpacaEval annotations: generator_1, generator_2, preference"

_FIELDS = ("dataset", "datasplit", "index")


def fits(row: Row, settings: Settings) -> bool:
    """True for annotations."""
    return {"generator_1", "generator_2", "preference"} <= set(row)


def read(sources: Sequence[Source], settings: Settings) -> Reading:
    """One battle for each annotation."""
    return read_each(sources, lambda row: [_battle(row)], Reading())


def _battle(row: Row) -> Battle:
    preference = number(row, "preference")
    if preference is not None and preference != 0 and not 1 <= preference <= 2:
        raise RowError(f"preference {preference:g} is neither between 1 and 2 nor 0 (a draw)")
    # Of A, the first output: 1 is all for it.
    score = None if preference is None else 0.5 if preference == 0 else 2 - preference
    fields: dict[str, Json] = {name: row[name] for name in _FIELDS if name in row}
    first, second = row.get("output_1"), row.get("output_2")
    if isinstance(first, str) and isinstance(second, str):
        fields |= style_fields(first, second)
    verdict: Verdict | None = None
    if score is not None:
        verdict = "A=B" if score == 0.5 else "A>B" if score > 0.5 else "B>A"
    return Battle(
        prompt=_prompt(row),
        model_a=text(row, "generator_1"),
        model_b=text(row, "generator_2"),
        verdict=verdict,
        judge=str(row.get("annotator") or ""),
        fields=fields,
        score=score if score not in (0.0, 0.5, 1.0) else None,
    )


def _prompt(row: Row) -> str:
    """A name for the instruction: AlpacaEval gives it none, and other files have it too."""
    instruction = row.get("instruction")
    if isinstance(instruction, str) and instruction:
        return short_name(instruction)
    return text(row, "index") if "index" in row else ""

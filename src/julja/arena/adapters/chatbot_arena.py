"""Chatbot Arena's dumps: votes with the conversations, or with what was counted in them.

Only votes that were given blind are taken, as the Arena does; the others are counted as left out.
"""

from collections.abc import Mapping, Sequence

from julja.arena.adapters.common import (
    Reading,
    Row,
    RowError,
    Settings,
    Source,
    number,
    read_each,
    short_fields,
    text,
    verdict_of,
)
from julja.arena.battles import Battle
from julja.arena.style import style_fields
from julja.types import Json

NAME = "chatbot-arena"
LABEL = "Chatbot Arena: model_a, model_b, winner with anony, conversation_a or conv_metadata"

_USED = ("question_id", "model_a", "model_b", "winner", "judge", "tstamp")
_TEXTS = ("conversation_a", "conversation_b", "conv_metadata", "full_conversation")
# What conv_metadata calls a feature; the counts by kind of header, list and mark are summed.
_COUNTED = {
    "length": "sum_assistant_{}_tokens",
    "headers": "header_count_{}",
    "lists": "list_count_{}",
    "bold": "bold_count_{}",
}


def fits(row: Row, settings: Settings) -> bool:
    """True for rows of the Arena."""
    signs = {"anony", "conversation_a", "conv_metadata", "evaluation_session_id"}
    return {"model_a", "model_b", "winner"} <= set(row) and bool(signs & set(row))


def read(sources: Sequence[Source], settings: Settings) -> Reading:
    """One battle for each blind vote; the left side was shown first."""
    reading = Reading()

    def convert(row: Row) -> list[Battle]:
        if row.get("anony") is False and not settings.named:
            reading.leave_out("not_blind")
            return []
        return [_battle(row)]

    return read_each(sources, convert, reading)


def _battle(row: Row) -> Battle:
    model_a, model_b = text(row, "model_a"), text(row, "model_b")
    if "winner" not in row:
        raise RowError("no winner")
    judge = row.get("judge", row.get("judge_hash", ""))
    identity = row.get("question_id", row.get("id", ""))
    return Battle(
        prompt="" if identity is None else str(identity),
        model_a=model_a,
        model_b=model_b,
        verdict=verdict_of(row["winner"], model_a, model_b),
        first="a",
        judge="" if judge is None else str(judge),
        time=_time(row),
        fields={**short_fields(row, [*_USED, *_TEXTS]), **_style(row)},
    )


def _time(row: Row) -> float | None:
    try:
        return number(row, "tstamp")
    except RowError:
        return None


def _style(row: Row) -> dict[str, Json]:
    """Style from the Arena's own counts, else from the conversations."""
    counted = row.get("conv_metadata")
    if isinstance(counted, Mapping):
        names = {(f, s): pattern.format(s) for f, pattern in _COUNTED.items() for s in "ab"}
        return {
            f"{feature}_{side}": _sum(counted[name])
            for (feature, side), name in names.items()
            if name in counted
        }
    texts = [_spoken(row.get(f"conversation_{side}")) for side in "ab"]
    return {} if None in texts else style_fields(texts[0] or "", texts[1] or "")


def _sum(value: Json) -> Json:
    return sum(value.values()) if isinstance(value, Mapping) else value


def _spoken(conversation: Json) -> str | None:
    """All that the model said, its turns one below the other."""
    if not isinstance(conversation, list):
        return None
    turns = [turn for turn in conversation if isinstance(turn, Mapping)]
    return "\n".join(
        _said(turn.get("content")) for turn in turns if turn.get("role") == "assistant"
    )


def _said(content: Json) -> str:
    if isinstance(content, list):
        parts = [part.get("text") for part in content if isinstance(part, Mapping)]
        return "\n".join(part for part in parts if isinstance(part, str))
    return content if isinstance(content, str) else ""

"""Battles as ratings of pairs: Arena-Hard's games, MT-Bench's pairs, LLMBar's results."""

import math
from collections.abc import Iterator

from julja.arena.adapters import FORMATS, Settings, read_battles
from julja.arena.battles import Battle, Battles
from julja.audit.judges.sheet import Entry
from julja.audit.judges.values import Side
from julja.types import Json

# The protocols' own files, which are not tables of one judgement a row.
PROTOCOLS = ("arena-hard", "mt-bench-pairs", "llmbar")
_WORTH = {"A>>B": 1.0, "A>B": 1.0, "A=B": 0.5, "bothbad": 0.5, "B>A": 0.0, "B>>A": 0.0}
_GAMES = {"model_1": 1.0, "model_2": 0.0, "tie": 0.5}


def protocol_of(rows: list[dict[str, Json]]) -> str | None:
    """The protocol whose file these rows are, or None for a table."""
    looked = rows[:20]
    for name in PROTOCOLS:
        fits = sum(FORMATS[name].fits(row, Settings()) for row in looked)
        if 2 * fits > len(looked):
            return name
    return None


def entries_of_file(place: str) -> Iterator[tuple[Entry, float | None, Json]]:
    """The ratings in a protocol's file: (entry, worth to A, the verdict as written)."""
    yield from entries_of(read_battles([place]).table)


def entries_of(battles: Battles) -> Iterator[tuple[Entry, float | None, Json]]:
    """The ratings of a table of battles; whether a judge is a person is for the caller to say."""
    for battle in battles.rows():
        if "g1_winner" in battle.fields:
            # MT-Bench keeps both games: model_1 was shown first in game 1, second in game 2.
            for name, first in (("g1_winner", "a"), ("g2_winner", "b")):
                winner = battle.fields[name]
                yield _entry(battle, "a" if first == "a" else "b"), _GAMES.get(winner), winner
            continue
        worth = None if battle.verdict is None else _WORTH[battle.verdict]
        if battle.score is not None:
            worth = battle.score
        yield _entry(battle, battle.first), worth, battle.verdict


def _entry(battle: Battle, first: Side | None) -> Entry:
    fields = battle.fields
    part = fields.get("turn")
    return Entry(
        key=(
            battle.prompt,
            "" if part is None else str(part),
            *sorted((battle.model_a, battle.model_b)),
        ),
        item=battle.prompt,
        cluster=battle.prompt,
        rater=battle.judge or "judge",
        person=False,
        value=math.nan,
        model_a=battle.model_a,
        model_b=battle.model_b,
        first=first,
        length_a=_number(fields.get("length_a")),
        length_b=_number(fields.get("length_b")),
    )


def _number(value: Json) -> float:
    return float(value) if isinstance(value, int | float) else math.nan

"""Any csv or jsonl with one battle a row and named columns.

julja's own files of votes and verdicts, evalica's and LLM FAO's (left, right, winner), the Arena's
55k (winner_model_a, winner_model_b, winner_tie), and files whose columns `--columns` names.
"""

from collections.abc import Mapping, Sequence

from julja.arena.adapters.common import (
    LONGEST_FIELD,
    Reading,
    Row,
    RowError,
    Settings,
    Source,
    number,
    read_each,
    short_fields,
    short_name,
    text,
    verdict_of,
)
from julja.arena.battles import Battle, Side, Verdict
from julja.types import Json

NAME = "table"
LABEL = (
    "one battle a row: model_a, model_b, winner (or left, right, winner); --columns names others"
)

# Role -> the columns that are taken for it, the first that is there.
ROLES: dict[str, tuple[str, ...]] = {
    "model_a": ("model_a", "left", "model_1"),
    "model_b": ("model_b", "right", "model_2"),
    "winner": ("winner", "verdict"),
    "score": ("score",),
    "prompt": ("prompt", "question_id", "prompt_id", "uid"),
    "judge": ("judge", "worker", "voter", "annotator", "user"),
    "time": ("time", "tstamp", "timestamp"),
    "weight": ("weight",),
    "first": ("first",),
}
_ONE_HOT = ("winner_model_a", "winner_model_b", "winner_tie")


def fits(row: Row, settings: Settings) -> bool:
    """True for rows that name two models and who won."""
    if settings.columns:
        return True
    names = set(row)
    pair = any({a, b} <= names for a, b in zip(ROLES["model_a"], ROLES["model_b"], strict=True))
    return pair and bool(names & {*ROLES["winner"], *ROLES["score"], *_ONE_HOT})


def read(sources: Sequence[Source], settings: Settings) -> Reading:
    """One battle for each row."""
    # Rows of a file have the same columns: their roles, and what is left, are found once.
    known: dict[tuple[str, ...], tuple[dict[str, str], frozenset[str]]] = {}

    def convert(row: Row) -> list[Battle]:
        names = tuple(row)
        if names not in known:
            places = columns_of(row, settings)
            known[names] = places, frozenset(names) - set(places.values())
        return [_battle(row, *known[names])]

    return read_each(sources, convert, Reading())


def columns_of(row: Row, settings: Settings) -> dict[str, str]:
    """The column of each role in a row like this one."""
    found: dict[str, str] = {}
    for role, names in ROLES.items():
        if role in settings.columns:
            found[role] = settings.columns[role]
            continue
        column = next((name for name in names if name in row and name not in found.values()), None)
        if column is not None:
            found[role] = column
    return found


def _battle(row: Row, places: Mapping[str, str], rest: frozenset[str]) -> Battle:
    for role in ("model_a", "model_b"):
        if role not in places:
            raise RowError(f"no column for {role}")
    model_a, model_b = text(row, places["model_a"]), text(row, places["model_b"])
    score = number(row, places["score"]) if "score" in places else None
    if score is not None and not 0 <= score <= 1:
        raise RowError(f"score {score:g} is not what a battle is worth to A: 0 to 1")
    verdict = _verdict(row, places, model_a, model_b, score)
    weight = number(row, places["weight"]) if "weight" in places else None
    if weight is not None and not 0 <= weight < float("inf"):
        raise RowError(f"weight {weight:g} is negative or infinite")
    return Battle(
        prompt=_prompt(row, places.get("prompt")),
        model_a=model_a,
        model_b=model_b,
        verdict=verdict,
        first=_first(row.get(places["first"])) if "first" in places else None,
        judge=_name(row, places.get("judge")),
        weight=1.0 if weight is None else weight,
        time=number(row, places["time"]) if "time" in places else None,
        fields=short_fields(row, places.values()) if rest else {},
        score=score if score not in (0.0, 0.5, 1.0) else None,
    )


def _verdict(
    row: Row, places: Mapping[str, str], model_a: str, model_b: str, score: float | None
) -> Verdict | None:
    if "winner" in places:
        if places["winner"] not in row:
            raise RowError(f"no {places['winner']}")
        return verdict_of(row[places["winner"]], model_a, model_b)
    if score is not None:
        return "A=B" if score == 0.5 else "A>B" if score > 0.5 else "B>A"
    if "score" in places:
        return None
    marks = [number(row, name) or 0.0 for name in _ONE_HOT]
    if sum(mark == 1 for mark in marks) != 1:
        raise RowError(f"of {', '.join(_ONE_HOT)} one must be 1: {marks}")
    verdicts: tuple[Verdict, ...] = ("A>B", "B>A", "A=B")
    return verdicts[marks.index(1)]


def _name(row: Row, column: str | None) -> str:
    """A name, or "" where there is none; of a list (a jury, a conversation) all parts."""
    value = row.get(column) if column is not None else None
    if value is None or value.__class__ is str:
        return value or ""
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)


def _prompt(row: Row, column: str | None) -> str:
    name = _name(row, column)
    return name if len(name) <= LONGEST_FIELD else short_name(name)


def _first(value: Json) -> Side | None:
    if value in ("a", "b"):
        return "a" if value == "a" else "b"
    if value in (None, ""):
        return None
    raise RowError(f"first is {value!r}, not a or b")

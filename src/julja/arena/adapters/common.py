"""What the readers of battle files share: rows with their places, verdicts in every spelling."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from julja.arena.battles import Battle, Verdict
from julja.types import Json

Row: TypeAlias = Mapping[str, Json]

# Field values longer than this are texts (prompts, answers), which no breakdown is made by.
LONGEST_FIELD = 120
_SIDES: dict[str, Verdict | None] = {
    **dict.fromkeys(("model_a", "a", "left", "model_1", "output_1", "1", "a>b", "b<a"), "A>B"),
    **dict.fromkeys(("model_b", "b", "right", "model_2", "output_2", "2", "b>a", "a<b"), "B>A"),
    **dict.fromkeys(("a>>b", "b<<a"), "A>>B"),
    **dict.fromkeys(("b>>a", "a<<b"), "B>>A"),
    **dict.fromkeys(("tie", "draw", "c", "equal", "same", "a=b", "b=a"), "A=B"),
    **dict.fromkeys(
        ("tie (bothbad)", "tie(bothbad)", "bothbad", "both_bad", "both bad"), "bothbad"
    ),
    **dict.fromkeys(("", "error", "ignore", "none", "null", "nan", "n/a", "invalid"), None),
}
SPELLINGS = "model_a, model_b, tie, bothbad, left, right, A>B, A>>B, A=B … or a model's name"


class RowError(Exception):
    """A row that is no battle; the reason."""


@dataclass(frozen=True, slots=True)
class Source:
    """The rows of one file."""

    place: str
    rows: Sequence[Json]


@dataclass(frozen=True, slots=True)
class Refusal:
    """A row that was refused: its file, its number from 1, and why."""

    place: str
    row: int
    reason: str

    def __str__(self) -> str:
        return f"{self.place}, row {self.row}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Settings:
    """What a file doesn't say itself.

    `columns` names the columns of a table (role -> column), `baseline` is the model that others
    were compared with, `tie_margin` how far apart two single scores may be to be a tie, `named`
    takes votes that were given with the models' names shown.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    baseline: str | None = None
    tie_margin: float = 0.1
    named: bool = False


@dataclass
class Reading:
    """What was read: battles, refused rows, what was left out by name, lines for the reader."""

    battles: list[Battle] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)
    left_out: dict[str, int] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)

    def leave_out(self, why: str, count: int = 1) -> None:
        """Count rows that are none of the battles asked for."""
        self.left_out[why] = self.left_out.get(why, 0) + count


def numbered(sources: Iterable[Source]) -> Iterator[tuple[str, int, Json]]:
    """Every row of all files with its place and number."""
    for source in sources:
        for number, row in enumerate(source.rows, start=1):
            yield source.place, number, row


def read_each(
    sources: Iterable[Source], convert: Callable[[Row], Iterable[Battle]], reading: Reading
) -> Reading:
    """Convert row by row; what `convert` refuses (RowError) is noted with its place."""
    for place, number, row in numbered(sources):
        try:
            if not isinstance(row, dict):
                raise RowError(f"a row is an object with named fields, not {_shown(row)}")
            reading.battles.extend(convert(row))
        except RowError as error:
            reading.refused.append(Refusal(place, number, str(error)))
    return reading


def text(row: Row, name: str) -> str:
    """A field that must be there, as text."""
    value = row.get(name)
    # A million rows: the usual kinds first, without the checks of the unusual ones.
    if value.__class__ is str and value:
        return value
    if value is None or value == "":
        raise RowError(f"no {name}")
    if isinstance(value, dict | list):
        raise RowError(f"{name} is {_shown(value)}, not a name")
    return str(value)


def short_name(long: str) -> str:
    """A name for a text without one: the same for the same text in other files."""
    return hashlib.sha256(long.encode()).hexdigest()[:16]


def number(row: Row, name: str) -> float | None:
    """A field as a number; None where it is empty or missing."""
    value = row.get(name)
    if value is None or value == "":
        return None
    if value.__class__ is int:
        return float(value)
    try:
        found = float(value)
    except (TypeError, ValueError):
        raise RowError(f"{name} is {_shown(value)}, not a number") from None
    return None if found != found else found


def verdict_of(value: Json, model_a: str, model_b: str) -> Verdict | None:
    """A verdict in any usual spelling, or the name of the model that won; None for none given."""
    if value is None or value != value:
        return None
    if isinstance(value, str) and value in (model_a, model_b) and model_a != model_b:
        return "A>B" if value == model_a else "B>A"
    if value.__class__ is str and value in _SIDES:
        return _SIDES[value]
    key = str(value).strip().strip("[]").strip().lower()
    if key not in _SIDES:
        raise RowError(f"winner {_shown(value)} is none of {SPELLINGS}")
    return _SIDES[key]


def swapped(verdict: Verdict | None) -> Verdict | None:
    """The verdict seen from the other side."""
    if verdict is None or verdict in ("A=B", "bothbad"):
        return verdict
    turned: dict[str, Verdict] = {"A>>B": "B>>A", "A>B": "B>A", "B>A": "A>B", "B>>A": "A>>B"}
    return turned[verdict]


def short_fields(row: Row, used: Iterable[str]) -> dict[str, Json]:
    """What else a row says, in short values; what is nested gets dotted names."""
    found: dict[str, Json] = {}
    skip = set(used)
    for name, value in row.items():
        if name not in skip:
            _flatten(name, value, found)
    return found


def _flatten(name: str, value: Json, into: dict[str, Json]) -> None:
    if isinstance(value, dict):
        for key, inner in value.items():
            _flatten(f"{name}.{key}", inner, into)
    elif isinstance(value, str):
        if len(value) <= LONGEST_FIELD:
            into[name] = value
    elif not isinstance(value, list):
        into[name] = value


def _shown(value: Json) -> str:
    shown = repr(value)
    return shown if len(shown) <= 60 else shown[:57] + "…"

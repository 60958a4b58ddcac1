"""Reads tables of judgements (csv, jsonl, parquet …), the judges' and the people's, into one sheet.

    read_sheet(["judged.csv"], human=["labels.csv"])

Rows are joined by item, and by part (a turn), model or pair of models where the files say them.
What can't be joined or read is counted.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

from julja.audit.judges.alpaca import with_order
from julja.audit.judges.battles import entries_of_file, protocol_of
from julja.audit.judges.columns import Columns, cell, check_used, find_columns, names_of
from julja.audit.judges.kinds import Raw, to_sheet
from julja.audit.judges.sheet import Entry, Sheet
from julja.audit.judges.values import Side, read_side, read_swapped, read_value
from julja.data.files import read_rows
from julja.errors import ConfigError, DataError
from julja.types import Json

Given = Mapping[str, tuple[str, ...]]
PEOPLE = ("human*", "expert*", "author*", "annotator*", "crowd*", "worker*", "person*", "people*")


@dataclass(frozen=True, slots=True)
class Reading:
    """How tables are to be read.

    `columns` gives roles their columns; `people` are patterns of the raters who are people, where
    a table has one rating a row; `a_first` says that A was always shown first; `threshold` turns
    scores into passed or not; `positive` is the label that counts as 1.
    """

    columns: Given = field(default_factory=dict)
    people: tuple[str, ...] = PEOPLE
    a_first: bool = False
    threshold: float | None = None
    positive: str | None = None


def read_sheet(
    files: Sequence[str | Path],
    human: Sequence[str | Path] = (),
    reading: Reading | None = None,
    *,
    more: Iterable[Raw] = (),
) -> Sheet:
    """Read judges' files and files of human labels into one sheet; `more` are ratings of runs."""
    reading = reading or Reading()
    tables = [(str(path), _rows(path), False) for path in files]
    tables += [(str(path), _rows(path), True) for path in human]
    seen = {name for _, rows, _ in tables for name in names_of(rows)}
    check_used(reading.columns, seen)
    notes: list[str] = []
    raws = list(more)
    for place, rows, people in tables:
        if protocol_of(rows) is not None:
            raws += _battles(place, people, reading)
            continue
        columns = find_columns(rows, reading.columns, place, people_only=people)
        if "item" not in columns.roles:
            notes.append(f"{place}: no column names the item, so each row is one of its own")
        raws += _entries(_Table(place, rows, columns, people), reading)
    lost: Counter[str] = Counter()
    raws = _joined(raws, bool(human), lost)
    return to_sheet(raws, reading.threshold, reading.positive, notes, lost)


@dataclass(frozen=True, slots=True)
class _Table:
    place: str
    rows: list[dict[str, Json]]
    columns: Columns
    people_only: bool


def _rows(path: str | Path) -> list[dict[str, Json]]:
    rows = read_rows(path)
    if isinstance(rows, Mapping):
        rows = [rows]
    if not isinstance(rows, list) or not rows:
        raise DataError(f"{path}: the file has no rows.")
    for number, row in enumerate(rows, start=1):
        if not isinstance(row, Mapping):
            raise DataError(
                f"{path}, row {number}: not a table's row: {str(row)[:60]!r}.",
                hint="Give csv with a header, or one JSON object a line.",
            )
    return [dict(with_order(row)) for row in rows]


def _battles(place: str, people: bool, reading: Reading) -> Iterator[Raw]:
    """The ratings of a protocol's own file."""
    for number, (entry, worth, written) in enumerate(entries_of_file(place), start=1):
        person = people or _matches(entry.rater, reading.people)
        # A verdict is understood already; one that could not be read is shown as it is written.
        shown = written if worth is None else worth
        yield Raw(_by(entry, entry.rater, person=person), shown, f"{place}, battle {number}")


@cache
def _matches(rater: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(rater, pattern) for pattern in patterns)


def _entries(table: _Table, reading: Reading) -> Iterator[Raw]:
    """All ratings of a table, values not yet understood."""
    columns = table.columns
    said: dict[tuple[str, ...], set[str]] = defaultdict(set)
    for number, row in enumerate(table.rows, start=1):
        entry = _unit(table, row, number, reading)
        place = f"{table.place}, row {number}"
        for name in columns.judges:
            # Where each row is one person's, the judge's column only repeats itself.
            key = (*entry.key, name, str(entry.first))
            if columns.person_rows and _again(said, key, cell(row, name)):
                continue
            yield Raw(_by(entry, name, person=False), cell(row, name), place)
        for name in columns.people:
            rater = _rater(columns.get(row, "rater")) if columns.person_rows else ""
            if not rater and _again(said, (*entry.key, name), cell(row, name)):
                continue
            yield Raw(_by(entry, rater or name, person=True), cell(row, name), place)
        if columns.score is not None:
            rater = _rater(columns.get(row, "rater"))
            person = table.people_only or _matches(rater, reading.people)
            named = rater or ("person" if person else "judge")
            score = cell(row, columns.score)
            # FastChat writes -1 beside a judgment in which it found no rating.
            lost = score in (-1, -1.0, "-1") and "judgment" in row
            yield Raw(_by(entry, named, person=person), None if lost else score, place)


def _again(said: dict[tuple[str, ...], set[str]], key: tuple[str, ...], raw: Json) -> bool:
    """True where the same column said the same of the same unit before."""
    text = str(raw)
    if text in said[key]:
        return True
    said[key].add(text)
    return False


def _unit(table: _Table, row: Mapping[str, Json], number: int, reading: Reading) -> Entry:
    """What a row says of the unit that it rates."""
    columns = table.columns
    item = _text(columns.get(row, "item"))
    if "item" not in columns.roles:
        item = str(number)
    elif not item:
        raise DataError(
            f"{table.place}, row {number}: no value in the column {columns.roles['item']!r}.",
            hint="Every row needs its item; another column is named by --column item=COLUMN.",
        )
    names = [_text(columns.get(row, role)) for role in ("model", "model_a", "model_b")]
    paired = bool(names[1] or names[2])
    part = _text(columns.get(row, "part"))
    model_a, model_b = (names[1], names[2]) if paired else (names[0], "")
    key = (item, part, *(sorted((model_a, model_b)) if paired else (model_a,)))
    lengths = [_length(columns, row, end) for end in ("_a", "_b", "")]
    return Entry(
        key=key,
        item=item,
        cluster=_text(columns.get(row, "cluster")) or item,
        rater="",
        person=False,
        value=math.nan,
        model_a=model_a,
        model_b=model_b,
        first=_first(columns, row, model_a, model_b, reading),
        length_a=lengths[2] if math.isnan(lengths[0]) else lengths[0],
        length_b=lengths[1],
        family_a=_text(columns.get(row, "family_a")) or _text(columns.get(row, "family")),
        family_b=_text(columns.get(row, "family_b")),
        judge_family=_text(columns.get(row, "judge_family")),
    )


def _first(
    columns: Columns, row: Mapping[str, Json], model_a: str, model_b: str, reading: Reading
) -> Side | None:
    if "first" in columns.roles:
        return read_side(columns.get(row, "first"), model_a, model_b)
    if "swapped" in columns.roles:
        return read_swapped(columns.get(row, "swapped"))
    return "a" if reading.a_first else None


def _length(columns: Columns, row: Mapping[str, Json], end: str) -> float:
    """The length that a column gives, else the characters of the answer's text."""
    value = read_value(columns.get(row, f"length{end}"))
    if value.kind == "number":
        return value.number
    text = columns.get(row, f"answer{end}")
    return float(len(text)) if isinstance(text, str) and text else math.nan


def _by(entry: Entry, rater: str, *, person: bool) -> Entry:
    """The same unit, rated by someone (a copy: `replace` is several times slower)."""
    found = copy(entry)
    found.rater, found.person = rater, person
    return found


def _rater(value: Json) -> str:
    """Who rated; MT-Bench writes [judge, prompt], and the prompt differs by question."""
    return _text(value[0] if isinstance(value, list) and value else value)


def _text(value: Json) -> str:
    if value is None:
        return ""
    if isinstance(value, list):
        return ", ".join(str(part) for part in value)
    return str(value).strip()


def _joined(raws: list[Raw], separate: bool, lost: Counter[str]) -> list[Raw]:
    """Put labels that don't name the answer's model on the one answer that their item has.

    Labels of items that no judge was asked about are left out and counted.
    """
    judged = {raw.entry.key for raw in raws if not raw.entry.person}
    if not judged:
        raise DataError(
            "no rating here is a judge's: all raters are people.",
            hint="Say who is a person: --people 'expert*', or give labels by --human FILE.",
        )
    if not separate:
        return raws
    by_item: dict[str, list[tuple[str, ...]]] = defaultdict(list)
    for key in sorted(judged):
        by_item[key[0]].append(key)
    kept: list[Raw] = []
    meant: dict[tuple[str, ...], tuple[str, ...]] = {}
    for raw in raws:
        entry = raw.entry
        if entry.person and entry.key not in judged:
            fits = [key for key in by_item[entry.item] if _compatible(key, entry.key)]
            if not fits:
                lost["labels of items that no judge rated"] += 1
                continue
            other = meant.setdefault(fits[0], entry.key)
            if len(fits) > 1 or other != entry.key:
                raise DataError(
                    f"{raw.place}: which of the answers to {entry.item!r} is labelled?",
                    hint="Both files need the columns that tell answers apart (model, part).",
                )
            entry.key = fits[0]
        kept.append(raw)
    if not any(raw.entry.person for raw in kept):
        items = sorted({raw.entry.item for raw in raws if raw.entry.person})[:3]
        raise ConfigError(
            f"no label has an item that was judged: labels are of {', '.join(map(repr, items))};"
            f" judged are {', '.join(repr(key[0]) for key in sorted(judged)[:3])}.",
            hint="Name the column to join by: --column item=COLUMN.",
        )
    return kept


def _compatible(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """True where two units may be the same: nothing that both files say differs."""
    if len(one) != len(other) and any(other[2:]) and any(one[2:]):
        return False
    return all(a == b or not a or not b for a, b in zip(one, other, strict=False))

"""Scores item by item: what models got on each item, and what is known of the items.

read_items("judgments.jsonl")              a row for each model and item
read_items("performances.json#pass@1")     one of its columns of numbers
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np

from julja.audit.scores.columns import name_column, number
from julja.audit.scores.prompts import ITEM_COLUMNS, VALUE_COLUMNS, is_long
from julja.audit.scores.read import read_content, split_part
from julja.errors import ConfigError, DataError, did_you_mean
from julja.stats.intervals import Floats
from julja.types import Json, Row

_VALUES = (*VALUE_COLUMNS, "pass@1", "exact_match", "accuracy")
_DATES = ("date", "contest_date", "release_date", "livebench_release_date", "published")
# Numbers of seconds and of milliseconds since 1970 don't overlap in this century.
_MILLISECONDS = 1e11


@dataclass(frozen=True, slots=True)
class ItemTable:
    """`scores` (m, n) in 0..1 of m models on n items, NaN where there is none.

    `fields` are what is known of each item, by id; `clusters` (n,) what items share, where they do.
    """

    name: str
    models: tuple[str, ...]
    items: tuple[str, ...]
    scores: Floats
    fields: Mapping[str, Row] = field(default_factory=dict)
    clusters: tuple[str, ...] | None = None
    remarks: tuple[str, ...] = ()

    def keep(self, wanted: Callable[[str], bool], name: str | None = None) -> "ItemTable":
        """The items that are wanted."""
        places = [place for place, item in enumerate(self.items) if wanted(item)]
        return replace(
            self,
            name=name or self.name,
            items=tuple(self.items[place] for place in places),
            scores=self.scores[:, places],
            clusters=self.clusters and tuple(self.clusters[place] for place in places),
        )

    def take(self, models: Sequence[str]) -> "ItemTable":
        """The rows of some models, in that order."""
        rows = [self.models.index(model) for model in models]
        return replace(self, models=tuple(models), scores=self.scores[rows])

    def known_fields(self) -> tuple[str, ...]:
        """The names of all fields."""
        return tuple(dict.fromkeys(key for row in self.fields.values() for key in row))

    def column(self, name: str) -> list[Json]:
        """A field of every item, None where an item lacks it; ConfigError where all do."""
        known = self.known_fields()
        if name not in known:
            hint = did_you_mean(name, known) or f"Items have {', '.join(known) or 'no fields'}."
            raise ConfigError(f"{self.name}: items have no field {name!r}.", hint=hint)
        return [self.fields.get(item, {}).get(name) for item in self.items]

    def first_field(self, names: Sequence[str]) -> str | None:
        """The first of some fields that items have."""
        known = self.known_fields()
        return next((name for name in names if name in known), None)

    def dates(self, name: str | None) -> list[date | None]:
        """Each item's date: of a field, or of the usual ones; None where it can't be read."""
        chosen = name or self.first_field(_DATES)
        if chosen is None:
            known = ", ".join(self.known_fields()) or "no fields"
            raise ConfigError(
                f"{self.name}: which field holds the date is not clear.",
                hint=f"Name it with --date FIELD: items have {known}.",
            )
        return [read_date(value) for value in self.column(chosen)]


def read_date(value: Json) -> date | None:
    """A date of ISO text, or of seconds or milliseconds since 1970.

    >>> read_date(1692576000000), read_date("2023-08-21T10:00:00Z"), read_date("soon")
    (datetime.date(2023, 8, 21), datetime.date(2023, 8, 21), None)
    """
    try:
        if isinstance(value, int | float) and not isinstance(value, bool):
            seconds = value / 1000 if abs(value) > _MILLISECONDS else value
            return datetime.fromtimestamp(seconds, UTC).date()
        return date.fromisoformat(str(value).strip()[:10])
    except (ValueError, OverflowError, OSError):
        return None


def read_items(
    place: str, *, item: str | None = None, scale: float | None = None
) -> ItemTable | None:
    """The table of a file with a row for each model and item; None where it is none.

    `item` is the column of the items, `scale` the highest score (1, or 100 where scores are above
    1). Raises DataError for rows that can't be read.
    """
    path, part = split_part(place)
    rows, key = _long_rows(read_content(path)[0])
    if rows is None or key is None:
        return None
    known = list(dict.fromkeys(column for row in rows[:100] for column in row))
    by_case = {column.lower(): column for column in reversed(known)}
    value = part or next((by_case[name] for name in _VALUES if name in by_case), None)
    about = item or next((by_case[name] for name in ITEM_COLUMNS if name in by_case), None)
    for wanted, what, hint in ((value, "score", "FILE#COLUMN"), (about, "item", "--item COLUMN")):
        if wanted is None or wanted not in known:
            said = "is not clear" if wanted is None else f"can't be {wanted!r}"
            raise DataError(
                f"{path}: which column is the {what} {said}.",
                hint=f"Name it with {hint}; it has {', '.join(known)}.",
            )
    assert value is not None and about is not None
    name = Path(path.partition(".zip!")[2] or path).name.removesuffix(".gz").rpartition(".")[0]
    return _table(rows, name or path, (key, about, value), scale)


def _long_rows(content: Json) -> tuple[list[Row] | None, str | None]:
    """The rows in which models repeat, in a list or as one of an object's values; and their key."""
    lists = [content] if isinstance(content, list) else []
    if isinstance(content, Mapping):
        lists = [value for value in content.values() if isinstance(value, list)]
    for rows in sorted(lists, key=len, reverse=True):
        if rows and all(isinstance(row, Mapping) for row in rows):
            key = name_column(rows)
            if key is not None and is_long(rows, key):
                return rows, key
    return None, None


def _table(
    rows: Sequence[Row], name: str, columns: tuple[str, str, str], scale: float | None
) -> ItemTable:
    key, about, value = columns
    models: dict[str, int] = {}
    items: dict[str, int] = {}
    fields: dict[str, dict[str, Json]] = {}
    cells: list[tuple[int, int, float]] = []
    lost = 0
    for row in rows:
        score = number(row.get(value))
        if row.get(key) is None or row.get(about) is None or math.isnan(score):
            lost += 1
            continue
        item = str(row[about])
        model = models.setdefault(str(row[key]), len(models))
        cells.append((model, items.setdefault(item, len(items)), score))
        if item not in fields:
            fields[item] = {name: row[name] for name in row if name not in (key, value)}
    if not cells:
        raise DataError(f"{name}: the column {value!r} holds no numbers.")
    table = np.array(cells)
    where = table[:, 0].astype(int), table[:, 1].astype(int)
    sums, counts = np.zeros((2, len(models), len(items)))
    np.add.at(sums, where, table[:, 2])
    np.add.at(counts, where, 1.0)
    means = np.divide(sums, counts, out=np.full_like(sums, np.nan), where=counts > 0)
    remarks = [f"{name}: {lost} rows have no model, item or score and are left out"] if lost else []
    return ItemTable(
        name,
        tuple(models),
        tuple(items),
        as_shares(means, name, scale),
        fields,
        None,
        tuple(remarks),
    )


def as_shares(scores: Floats, name: str, scale: float | None = None) -> Floats:
    """Scores as shares of `scale`: 1, or 100 where one is above 1; DataError outside of 0..1."""
    known = scores[np.isfinite(scores)]
    top = scale or (1.0 if not len(known) or known.max() <= 1 else 100.0)
    shares: Floats = scores / top
    if len(known) and (known.min() < 0 or known.max() > top * (1 + 1e-9)):
        raise DataError(
            f"{name}: scores go from {known.min():g} to {known.max():g}, not from 0 to {top:g}.",
            hint="Say with --scale what the highest possible score is; a score has to begin at 0.",
        )
    return shares

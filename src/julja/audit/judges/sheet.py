"""What judges and people said of the same items, as arrays.

A unit is what is rated: one answer to an item ("score", "label"), or two of them against each other
("pair"). A rating is one rater's value for one unit; a judge may have several (repeats, both
orders), and so may the people.
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from julja.audit.judges.values import Side
from julja.stats.intervals import Floats

SheetKind: TypeAlias = Literal["score", "pair", "label"]
Ints: TypeAlias = NDArray[np.int64]
UNKNOWN = -1


@dataclass(frozen=True)
class Sheet:
    """u units in columns, r ratings in columns.

    For units: `units` are their names, `cluster` (u) codes of what is not independent (the item),
    `a` and `b` (u) point into `models` (-1: not known; a "score" has only `a`), `length_a`,
    `length_b` (u) are characters or whatever the file counts, NaN where not known, `family_a`,
    `family_b` (u) the models' makers, "" where not known. `task` (u) is what was asked: the item
    and its part, the same for all models.

    For ratings: `unit` and `rater` (r) are codes, `value` (r) is a score, what a verdict is worth
    to A (1, .5, 0), or the code of a label in `labels`, NaN where nothing could be read; `first`
    (r) is 0 where A was shown first, 1 for B, -1 where not known.

    `people` (k) says which raters are people, `family` (k) is a judge's own maker. `notes` are
    remarks on reading, `lost` counts what was left out and why, `unreadable` has examples.
    """

    kind: SheetKind
    units: tuple[str, ...]
    cluster: Ints
    models: tuple[str, ...]
    a: Ints
    b: Ints
    length_a: Floats
    length_b: Floats
    family_a: tuple[str, ...]
    family_b: tuple[str, ...]
    raters: tuple[str, ...]
    people: NDArray[np.bool_]
    family: tuple[str, ...]
    unit: Ints
    rater: Ints
    value: Floats
    first: Ints
    labels: tuple[str, ...] = ()
    task: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    lost: Mapping[str, int] = field(default_factory=dict)
    unreadable: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.units)

    @property
    def judges(self) -> tuple[int, ...]:
        """The codes of the judges."""
        return tuple(int(code) for code in np.flatnonzero(~self.people))

    def of(self, judge: int) -> Ints:
        """The places of a judge's ratings."""
        return np.flatnonzero(self.rater == judge)

    def by_people(self) -> Ints:
        """The places of people's ratings that have a value."""
        return np.flatnonzero(self.people[self.rater] & np.isfinite(self.value))

    def mean(self, places: Ints) -> Floats:
        """Each unit's mean of some ratings (u), NaN where it has none with a value."""
        places = places[np.isfinite(self.value[places])]
        total = np.bincount(self.unit[places], self.value[places], len(self))
        count = np.bincount(self.unit[places], minlength=len(self))
        found: Floats = np.divide(total, count, out=np.full(len(self), np.nan), where=count > 0)
        return found

    def consensus(self, places: Ints) -> Floats:
        """Each unit's one value (u): the mean of scores, the majority of verdicts and labels.

        Verdicts in both orders that contradict each other are a tie; labels without a majority
        have none.
        """
        if self.kind == "score":
            return self.mean(places)
        if self.kind == "pair":
            mean = self.mean(places)
            return np.where(np.isnan(mean), np.nan, (np.sign(mean - 0.5) + 1) / 2)
        return self.majority(places, np.arange(len(self.labels), dtype=float))

    def majority(self, places: Ints, categories: Floats) -> Floats:
        """Each unit's commonest category among some ratings (u), NaN where two are."""
        counts = self.counts(places, categories)
        most = counts.max(axis=1, keepdims=True, initial=0)
        clear = (most[:, 0] > 0) & ((counts == most).sum(axis=1) == 1)
        found: Floats = np.where(clear, categories[counts.argmax(axis=1)], np.nan)
        return found

    def counts(self, places: Ints, categories: Floats) -> Floats:
        """How often each unit got each category from some ratings: (u, categories)."""
        places = places[np.isfinite(self.value[places])]
        column = np.searchsorted(categories, self.value[places])
        column = np.minimum(column, len(categories) - 1)
        known = categories[column] == self.value[places]
        cell = self.unit[places][known] * len(categories) + column[known]
        table = np.bincount(cell, minlength=len(self) * len(categories)).astype(float)
        return table.reshape(len(self), len(categories))

    def matrix(self, places: Ints) -> Floats:
        """Some ratings as (most ratings of a unit, u) with NaN: whose they are is forgotten."""
        places = places[np.isfinite(self.value[places])]
        order = places[np.argsort(self.unit[places], kind="stable")]
        units = self.unit[order]
        starts = np.searchsorted(units, units, side="left")
        row = np.arange(len(order)) - starts
        table = np.full((int(row.max(initial=-1)) + 1, len(self)), np.nan)
        table[row, units] = self.value[order]
        return table


@dataclass(slots=True)
class Entry:
    """One rating while a file is read. `place` says where it stands, for messages."""

    key: tuple[str, ...]
    item: str
    cluster: str
    rater: str
    person: bool
    value: float
    model_a: str = ""
    model_b: str = ""
    first: Side | None = None
    length_a: float = math.nan
    length_b: float = math.nan
    family_a: str = ""
    family_b: str = ""
    judge_family: str = ""


def sheet_of(
    entries: Sequence[Entry],
    kind: SheetKind,
    *,
    labels: tuple[str, ...] = (),
    notes: tuple[str, ...] = (),
    lost: Counter[str] | None = None,
    unreadable: Mapping[str, Sequence[str]] | None = None,
) -> Sheet:
    """The sheet of some ratings; what is known of a unit is taken from its first that has it.

    A pair may be written either way round: its A is then the A of its first rating.
    """
    units: dict[tuple[str, ...], int] = {}
    heads: list[Entry] = []
    codes: dict[str, dict[str, int]] = {"cluster": {}, "model": {}, "rater": {}}
    people: list[bool] = []
    families: list[str] = []
    rows: list[tuple[int, int, float, int]] = []
    for entry in entries:
        unit = units.setdefault(entry.key, len(units))
        if unit == len(heads):
            heads.append(entry)
        head = heads[unit]
        turned = kind == "pair" and (entry.model_a, entry.model_b) == (head.model_b, head.model_a)
        turned = turned and entry.model_a != entry.model_b
        _complete(head, entry, turned)
        name = f"{entry.rater} (people)" if entry.person else entry.rater
        rater = codes["rater"].setdefault(name, len(people))
        if rater == len(people):
            people.append(entry.person)
            families.append(entry.judge_family)
        side = UNKNOWN if entry.first is None else int((entry.first == "b") != turned)
        rows.append((unit, rater, 1 - entry.value if turned else entry.value, side))
    clusters, models = codes["cluster"], codes["model"]

    def model(name: str) -> int:
        return models.setdefault(name, len(models)) if name else UNKNOWN

    a = [model(head.model_a) for head in heads]
    b = [model(head.model_b) for head in heads]
    unit_, rater_, value, first = zip(*rows, strict=True) if rows else ((), (), (), ())
    return Sheet(
        kind=kind,
        units=tuple(" / ".join(part for part in key if part) for key in units),
        cluster=np.array([clusters.setdefault(h.cluster, len(clusters)) for h in heads], np.int64),
        models=tuple(models),
        a=np.array(a, np.int64),
        b=np.array(b, np.int64),
        length_a=np.array([head.length_a for head in heads]),
        length_b=np.array([head.length_b for head in heads]),
        family_a=tuple(head.family_a for head in heads),
        family_b=tuple(head.family_b for head in heads),
        raters=tuple(codes["rater"]),
        people=np.array(people, dtype=bool),
        family=tuple(families),
        unit=np.array(unit_, np.int64),
        rater=np.array(rater_, np.int64),
        value=np.array(value, float),
        first=np.array(first, np.int64),
        labels=labels,
        task=tuple(" / ".join(part for part in head.key[:2] if part) for head in heads),
        notes=notes,
        lost=dict(lost or {}),
        unreadable=dict(unreadable or {}),
    )


def _complete(head: Entry, entry: Entry, turned: bool) -> None:
    """Take over what the unit's first rating didn't say."""
    pairs = (("length_a", "length_b"), ("family_a", "family_b"))
    for one, two in pairs:
        for name, other in ((one, two), (two, one)):
            known = getattr(head, name)
            if known == "" or known != known:
                setattr(head, name, getattr(entry, other if turned else name))

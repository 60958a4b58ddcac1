"""The one table of battles: two answers to one prompt, and who was found better.

Whatever the source (votes of people, verdicts of a judge, a published file), it becomes rows of
`Battle`, and for computing a `Battles`: the same in columns, coded as small integers, because a
million rows is a normal size.

>>> table = Battles.of([Battle("p1", "x", "y", "A>B"), Battle("p1", "y", "x", "A=B")])
>>> table.models, table.outcome.tolist()
(('x', 'y'), [1.0, 0.5])
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias, get_args

import numpy as np
from numpy.typing import NDArray

from julja.types import Json

Verdict: TypeAlias = Literal["A>>B", "A>B", "A=B", "B>A", "B>>A", "bothbad"]
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)
Side: TypeAlias = Literal["a", "b"]

# What a verdict is worth to model A; a tie is half a win, "both are bad" is a tie.
_OUTCOME = np.array([1.0, 1.0, 0.5, 0.0, 0.0, 0.5])
UNKNOWN = -1


@dataclass(frozen=True, slots=True)
class Battle:
    """One verdict. `verdict` is None where the judge gave none that could be read.

    `first` says whose answer was shown first (None: not recorded), `judge` is the model or the
    voter that decided, `time` is in seconds since 1970. `fields` keeps what breakdowns, clusters
    and style control need: a category, a language, the lengths of the answers. `score` is what a
    graded verdict is worth to A (0 to 1), where the judge gave more than the verdict says.
    """

    prompt: str
    model_a: str
    model_b: str
    verdict: Verdict | None
    first: Side | None = None
    judge: str = ""
    weight: float = 1.0
    time: float | None = None
    fields: Mapping[str, Json] = field(default_factory=dict)
    score: float | None = None


@dataclass(frozen=True)
class Battles:
    """Battles in columns, one entry for each battle; n battles, m models.

    `a` and `b` (n, integers) point into `models`; `verdict` (n) into `VERDICTS`, -1 where there is
    none; `first` (n) is 0 where A's answer was shown first, 1 for B's, -1 where it is not known;
    `prompt` and `judge` (n) point into `prompts` and `judges`; `weight` and `time` (n, seconds
    since 1970, NaN where not recorded) are floats. `columns` (n each) holds further fields.
    `score` (n) is what graded verdicts are worth to A, NaN for the others; None where no battle
    was graded.
    """

    models: tuple[str, ...]
    a: NDArray[np.int32]
    b: NDArray[np.int32]
    verdict: NDArray[np.int8]
    prompts: tuple[str, ...]
    prompt: NDArray[np.int32]
    judges: tuple[str, ...]
    judge: NDArray[np.int32]
    first: NDArray[np.int8]
    weight: NDArray[np.float64]
    time: NDArray[np.float64]
    columns: Mapping[str, NDArray[np.object_]] = field(default_factory=dict)
    score: NDArray[np.float64] | None = None

    def __len__(self) -> int:
        return len(self.a)

    @property
    def outcome(self) -> NDArray[np.float64]:
        """What each verdict is worth to A: 1, .5 or 0; NaN where there is none. Shape (n,)."""
        found: NDArray[np.float64] = np.where(
            self.verdict == UNKNOWN, np.nan, _OUTCOME[self.verdict]
        )
        return found

    @property
    def graded(self) -> NDArray[np.float64]:
        """The score of each battle where it was graded, else what its verdict is worth."""
        if self.score is None:
            return self.outcome
        found: NDArray[np.float64] = np.where(np.isnan(self.score), self.outcome, self.score)
        return found

    @classmethod
    def of(cls, rows: Iterable[Battle]) -> "Battles":
        """The table of some rows, in their order."""
        rows = list(rows)
        models, prompts, judges = Codes(), Codes(), Codes()
        names = dict.fromkeys(name for row in rows for name in row.fields)
        columns: dict[str, NDArray[np.object_]] = {}
        for name in names:
            column = np.empty(len(rows), dtype=object)
            column[:] = [row.fields.get(name) for row in rows]
            columns[name] = column
        places = {verdict: index for index, verdict in enumerate(VERDICTS)}
        sides = {"a": 0, "b": 1, None: UNKNOWN}
        return cls(
            a=models.code([row.model_a for row in rows]),
            b=models.code([row.model_b for row in rows]),
            models=models.names,
            verdict=np.array(
                [UNKNOWN if row.verdict is None else places[row.verdict] for row in rows], np.int8
            ),
            prompt=prompts.code([row.prompt for row in rows]),
            prompts=prompts.names,
            judge=judges.code([row.judge for row in rows]),
            judges=judges.names,
            first=np.array([sides[row.first] for row in rows], np.int8),
            weight=np.array([row.weight for row in rows], float),
            time=np.array([np.nan if row.time is None else row.time for row in rows], float),
            columns=columns,
            score=_scores(row.score for row in rows),
        )

    @classmethod
    def of_columns(
        cls,
        model_a: list[str],
        model_b: list[str],
        verdict: list[Verdict | None],
        *,
        prompt: list[str] | None = None,
        judge: list[str] | None = None,
    ) -> "Battles":
        """The table of a million rows in a second: one list for each column, of n entries each.

        Prompts and judges that are not given are not recorded; everything else is as in `Battle`.
        """
        size = len(verdict)
        lists = [column for column in (model_a, model_b, prompt, judge) if column is not None]
        if any(len(column) != size for column in lists):
            raise ValueError("every column must have one entry for each battle")
        models, prompts, judges = Codes(), Codes(), Codes()
        places: dict[Verdict | None, int] = {name: index for index, name in enumerate(VERDICTS)}
        places[None] = UNKNOWN
        return cls(
            a=models.code(model_a),
            b=models.code(model_b),
            models=models.names,
            verdict=np.fromiter(map(places.__getitem__, verdict), np.int8, size),
            prompt=np.zeros(size, np.int32) if prompt is None else prompts.code(prompt),
            prompts=("",) if prompt is None else prompts.names,
            judge=np.zeros(size, np.int32) if judge is None else judges.code(judge),
            judges=("",) if judge is None else judges.names,
            first=np.full(size, UNKNOWN, np.int8),
            weight=np.ones(size),
            time=np.full(size, np.nan),
        )

    def take(self, rows: NDArray[np.bool_] | NDArray[np.int64]) -> "Battles":
        """The battles where a mask is true, or at some places; codes stay as they are."""
        return replace(
            self,
            a=self.a[rows],
            b=self.b[rows],
            verdict=self.verdict[rows],
            prompt=self.prompt[rows],
            judge=self.judge[rows],
            first=self.first[rows],
            weight=self.weight[rows],
            time=self.time[rows],
            columns={name: column[rows] for name, column in self.columns.items()},
            score=None if self.score is None else self.score[rows],
        )

    def rows(self) -> Iterator[Battle]:
        """The battles one by one."""
        sides: tuple[Side | None, ...] = ("a", "b", None)
        for index in range(len(self)):
            verdict, time = int(self.verdict[index]), float(self.time[index])
            yield Battle(
                self.prompts[self.prompt[index]],
                self.models[self.a[index]],
                self.models[self.b[index]],
                None if verdict == UNKNOWN else VERDICTS[verdict],
                sides[self.first[index]],
                self.judges[self.judge[index]],
                float(self.weight[index]),
                None if np.isnan(time) else time,
                {name: column[index] for name, column in self.columns.items()},
                None if self.score is None else _known(float(self.score[index])),
            )


def _scores(scores: Iterable[float | None]) -> NDArray[np.float64] | None:
    found = np.array([np.nan if score is None else score for score in scores], float)
    return None if np.isnan(found).all() else found


def _known(value: float) -> float | None:
    return None if np.isnan(value) else value


class Codes:
    """Names as small integers, numbered in the order in which they are first seen."""

    def __init__(self, names: Sequence[str] = ()) -> None:
        self._codes = {name: index for index, name in enumerate(names)}

    @property
    def names(self) -> tuple[str, ...]:
        """All names so far, by their code."""
        return tuple(self._codes)

    def code(self, names: Iterable[str]) -> NDArray[np.int32]:
        """The code of each name; a new name gets the next one."""
        codes = self._codes
        rows = names if isinstance(names, list) else list(names)
        # First which names there are, then their codes: two loops in C instead of one in Python.
        for name in dict.fromkeys(rows):
            codes.setdefault(name, len(codes))
        return np.fromiter(map(codes.__getitem__, rows), np.int32, len(rows))

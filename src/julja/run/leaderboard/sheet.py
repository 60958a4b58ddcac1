"""What a leaderboard is made of, wherever it comes from: a sheet of models by columns."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from julja.stats.intervals import Floats

# (part of the task, sample): what two models' scores are paired by.
Item: TypeAlias = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Protocol:
    """How a score was taken. Two scores compare where all of it is equal; None is not known."""

    version: str | None = None
    form: str | None = None
    shots: int | None = None
    samples: int | None = None
    limit: str | None = None
    judge: str | None = None
    data: str | None = None

    def words(self, fields: Sequence[str] | None = None) -> str:
        """What is known of it, for a reader; only some fields where they are named."""
        said = {
            "version": None if self.version is None else f"v{self.version}",
            "form": self.form,
            "shots": None if self.shots is None else f"{self.shots} shots",
            "samples": None if self.samples is None else f"{self.samples:,} samples",
            "limit": None if self.limit is None else f"limit {self.limit}",
            "judge": None if self.judge is None else f"judged by {self.judge}",
            "data": None if self.data is None else f"data {self.data}",
        }
        return ", ".join(v for k, v in said.items() if v and (fields is None or k in fields))

    def differs(self, other: "Protocol") -> list[str]:
        """The names of the fields in which two protocols differ."""
        return [name for name in FIELDS if getattr(self, name) != getattr(other, name)]


FIELDS = ("version", "form", "shots", "samples", "limit", "judge", "data")


@dataclass(frozen=True, slots=True)
class Spent:
    """What scores cost; None where it is not known.

    `scaled` says that some answers came from the cache and cost nothing, and that dollars are
    scaled up from the requests that were paid. `energy` is how Wh and CO2 are known.
    """

    cost_usd: float | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    seconds: float | None = None
    wh: float | None = None
    co2_g: float | None = None
    scaled: bool = False
    energy: str | None = None

    def plus(self, other: "Spent") -> "Spent":
        """The sum; a part that is not known makes the sum unknown."""

        def add(name: str) -> float | None:
            one, two = getattr(self, name), getattr(other, name)
            return None if one is None or two is None else one + two

        ways = [way for way in (self.energy, other.energy) if way]
        return Spent(
            **{name: add(name) for name in AMOUNTS},  # type: ignore[arg-type]
            scaled=self.scaled or other.scaled,
            energy=", ".join(dict.fromkeys(ways)) or None,
        )


AMOUNTS = ("cost_usd", "input_tokens", "output_tokens", "seconds", "wh", "co2_g")
NOTHING_SPENT = Spent(0.0, 0, 0, 0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Cell:
    """One model's score in one column, and where it comes from.

    `value` is None where there is no score although it was tried: `state` says why. `marks` are
    remarks on this cell alone.
    """

    value: float | None
    stderr: float | None = None
    ci: tuple[float | None, float | None] | None = None
    n: int | None = None
    state: str = "scored"
    run: str | None = None
    created: float | None = None
    protocol: Protocol = Protocol()
    spent: Spent = Spent()
    marks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Items:
    """Scores (m, n) of m models on n items, NaN where a model has none.

    `strata` (n,) numbers the fixed parts (subsets) whose weights (of the parts) make the column's
    value; `slopes` are 1 over the range that a part is rescaled by. `clusters` (n,) say what was
    drawn together, `weights` (n,) what an item counts within its part.
    """

    models: tuple[str, ...]
    scores: Floats
    clusters: tuple[Hashable, ...] | None = None
    weights: tuple[float, ...] | None = None
    strata: tuple[int, ...] | None = None
    parts: tuple[float, ...] = (1.0,)
    floors: tuple[float, ...] = (0.0,)
    slopes: tuple[float, ...] = (1.0,)


@dataclass(frozen=True, slots=True)
class Column:
    """One benchmark: the score of each model that has one.

    Columns of one `group` are averaged first. `floor` is the score of guessing and `high` the best
    one, where they are known. `why_not` says why the column has no part in a mean, `items` holds
    item scores where they are comparable, `no_items` says why there are none.
    """

    name: str
    task: str
    metric: str
    cells: Mapping[str, Cell]
    protocol: Protocol = Protocol()
    higher_is_better: bool = True
    group: str = ""
    weight: float = 1.0
    floor: float | None = None
    high: float | None = 1.0
    normalised: bool = False
    why_not: str = ""
    items: Items | None = None
    no_items: str = ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """Models by columns. `spent` is what a file says of whole models; runs have it by cell.

    `left_out` counts what was not taken, by the reason; `remarks` are for the reader.
    """

    columns: tuple[Column, ...]
    source: str
    suite: str = ""
    by_size: bool = False
    spent: Mapping[str, Spent] = field(default_factory=dict)
    left_out: Mapping[str, Sequence[str]] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()

    @property
    def models(self) -> tuple[str, ...]:
        """Every model that some column has, in order of appearance."""
        names = dict.fromkeys(self.spent)
        for column in self.columns:
            names.update(dict.fromkeys(column.cells))
        return tuple(names)

"""A table of ratings: what `rate` gives and the reports print."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias, get_args

from julja.stats.intervals import Floats
from julja.types import Json

Method: TypeAlias = Literal["bt", "elo", "rao-kupper", "davidson"]
METHODS: tuple[Method, ...] = get_args(Method)
# An end of an interval is None where the battles set it no limit.
Ends: TypeAlias = tuple[float | None, float | None]


@dataclass(frozen=True, slots=True)
class Rating:
    """One model's row. `rating` is None where the battles give none: `note` says why.

    `rank` is 1 + the number of models whose intervals lie wholly above; `win_rate` is the share
    expected against the baseline, or against a rated model drawn at random. `battles` counts the
    battles that were rated, `wins`, `ties`, `losses` their outcomes.
    """

    model: str
    rating: float | None
    stderr: float | None
    ci: Ends | None
    rank: int | None
    rank_ci: tuple[int, int] | None
    battles: int
    wins: int
    ties: int
    losses: int
    win_rate: float | None
    win_rate_stderr: float | None
    win_rate_ci: Ends | None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Uncertainty:
    """How the intervals were made: without it two tables can't be compared.

    `unit` is what was taken to be independent (a battle, a prompt, a voter), `units` how many
    there are; `bootstraps` how often they were drawn anew (0: never), `ranks` how the intervals of
    ranks were made, `relative_to` what a rating's error is measured from.
    """

    method: str
    level: float
    unit: str
    units: int
    bootstraps: int
    seed: int
    ranks: str
    relative_to: str


@dataclass(frozen=True, slots=True)
class RatingTable:
    """Ratings, best first, and all that is needed to read them.

    `counts` says how many battles were given and why some were left out; `remarks` are lines for
    the reader. `names` (m) and `covariance` (m, m), on the scale of the ratings, are those of the
    models with a rating, for planning further battles; without a sandwich there is none.
    `position` says what the place of an answer is worth (see `julja.arena.position`).
    """

    ratings: tuple[Rating, ...]
    method: Method
    interval: Uncertainty
    scale: float
    base: float
    counts: Mapping[str, int]
    remarks: tuple[str, ...] = ()
    anchor: tuple[str, float] | None = None
    baseline: str | None = None
    parameters: Mapping[str, Json] = field(default_factory=dict)
    position: Mapping[str, Json] | None = None
    names: tuple[str, ...] = ()
    covariance: Floats | None = None

    def of(self, model: str) -> Rating:
        """The row of a model; raises KeyError for one that is not there."""
        for row in self.ratings:
            if row.model == model:
                return row
        raise KeyError(model)

    def to_json(self) -> dict[str, Json]:
        """The object that `julja arena rate --json` prints."""
        return {
            "ratings": [_row_json(row) for row in self.ratings],
            "method": self.method,
            "interval": {name: getattr(self.interval, name) for name in Uncertainty.__slots__},
            "scale": self.scale,
            "base": self.base,
            "anchor": dict([self.anchor]) if self.anchor else None,
            "baseline": self.baseline,
            "parameters": dict(self.parameters),
            "position": None if self.position is None else dict(self.position),
            "counts": dict(self.counts),
            "remarks": list(self.remarks),
        }


def _row_json(row: Rating) -> dict[str, Json]:
    return {name: _plain(getattr(row, name)) for name in Rating.__slots__}


def _plain(value: Json) -> Json:
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value

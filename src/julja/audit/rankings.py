"""What a comparison of several tables of scores says: of each table, of each pair, of all."""

from dataclasses import asdict, dataclass
from typing import Literal, TypeAlias

from julja.stats.consensus import Concordance
from julja.stats.estimate import estimate_json
from julja.types import Estimate, Json

Verdict: TypeAlias = Literal["AGREE", "DISAGREES", "INCONCLUSIVE"]


@dataclass(frozen=True, slots=True)
class Displaced:
    """A model's place, 1 (best) to `of`, in a table and in the consensus of the others."""

    model: str
    place: float
    others: float
    of: int


@dataclass(frozen=True, slots=True)
class Standing:
    """How one table agrees with the consensus of the others.

    `spearman` and `kendall` are over the models that others have too. `p_holm` says whether it
    agrees less than the others do among themselves; None where that can't be tested. `ceiling` is
    the correlation that the noise of its own scores allows at best, None where that is unknown.
    `displaced` are the models on which it disagrees most.
    """

    table: str
    models: int
    spearman: Estimate
    kendall: Estimate
    p_holm: float | None
    ceiling: float | None
    displaced: tuple[Displaced, ...]
    verdict: Verdict
    reason: str


@dataclass(frozen=True, slots=True)
class Pair:
    """Two tables over the models that both have.

    `ceiling` is the correlation to be expected of tables with such noise that rank alike in truth;
    of the pairs of models that both tell apart (`separated`), so many are in opposite orders. None
    where scores come without uncertainty.
    """

    first: str
    second: str
    models: int
    spearman: Estimate
    kendall: Estimate
    ceiling: float | None
    separated: int | None
    reversed: int | None


@dataclass(frozen=True, slots=True)
class CrossCheck:
    """The comparison; `models` are those that two tables have at least, `cells` how many are there.

    `single` names the models that only one table has: they say nothing here.
    """

    verdict: Verdict
    reason: str
    tables: tuple[Standing, ...]
    pairs: tuple[Pair, ...]
    concordance: Concordance | None
    models: tuple[str, ...]
    cells: int
    missing: int
    single: tuple[str, ...]
    threshold: float
    remarks: tuple[str, ...]

    def to_json(self) -> dict[str, Json]:
        """What `julja audit cross-check --json` prints."""
        return {
            "verdict": self.verdict,
            "reason": self.reason,
            "outliers": [item.table for item in self.tables if item.verdict == "DISAGREES"],
            "tables": [_plain(item) for item in self.tables],
            "pairs": [_plain(item) for item in self.pairs],
            "concordance": asdict(self.concordance) if self.concordance else None,
            "models": list(self.models),
            "cells": self.cells,
            "missing_cells": self.missing,
            "in_one_table_only": list(self.single),
            "threshold": self.threshold,
            "remarks": list(self.remarks),
        }


def _plain(item: Standing | Pair) -> dict[str, Json]:
    found: dict[str, Json] = {}
    for name in type(item).__slots__:
        value = getattr(item, name)
        if isinstance(value, Estimate):
            value = estimate_json(value)
        elif isinstance(value, tuple):
            value = [asdict(part) for part in value]
        found[name] = value
    return found

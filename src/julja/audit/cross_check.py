"""Do benchmarks, own evals and an arena rank the same models alike, and which one disagrees?

    check([*read_tables("leaderboard.csv"), *read_tables("arena.json")])

Each table is held against the consensus of the others. It is called an outlier only on evidence:
its agreement falls short of what was asked for, it agrees less than the others do among themselves
(by permutation, adjusted for the number of tables), and noise in its own scores can't be the cause.
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from julja.audit.correlate import ModelCounts, affordable, correlations
from julja.audit.scores.align import Aligned, Names, align, aligned
from julja.audit.scores.table import ScoreTable, intervals, moments
from julja.errors import DataError
from julja.stats.consensus import (
    FEWEST,
    PERMUTATIONS,
    Concordance,
    common_scale,
    concordance,
    consensus,
    outliers,
    reliability,
    rest,
)
from julja.stats.estimate import estimate_json
from julja.stats.intervals import LEVEL, Floats
from julja.stats.paired import holm
from julja.stats.ranks import Order, interval_order
from julja.types import Estimate, Json

Verdict: TypeAlias = Literal["AGREE", "DISAGREES", "INCONCLUSIVE"]
# A Spearman correlation of .7 is about a Kendall of .5: three of four pairs in the same order.
THRESHOLD = 0.7
ALPHA = 0.05
# Fewer models in common are no evidence either way.
FEWEST_MODELS = 5
MOST_DISPLACED = 5
_TURNED = -0.5


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


def check(
    tables: Sequence[ScoreTable],
    *,
    names: Names | None = None,
    threshold: float = THRESHOLD,
    seed: int = 0,
) -> CrossCheck:
    """Compare tables of scores; `names` maps the names of models in any table to one spelling.

    Raises DataError for fewer than two tables, and where no two have three models in common.
    """
    if len(tables) < 2:
        raise DataError(
            f"{len(tables)} table of scores can't be compared: two can.",
            hint="Give more files, or a csv with a column for each benchmark.",
        )
    joint = align(tables, names or {})
    scores = joint.scores
    pairs = tuple(_pairs(joint, seed))
    if not pairs:
        raise DataError(
            f"no two of the {len(tables)} tables have {FEWEST} models in common.",
            hint='Map the names with --names FILE.json: {"NAME IN A TABLE": "NAME", …}',
        )
    standings = _standings(joint, threshold, seed)
    remarks = [text for table in tables for text in table.remarks]
    if joint.unused:
        remarks.append(f"names were given for tables that aren't there: {', '.join(joint.unused)}")
    if joint.by_case:
        remarks.append(f"matched without regard to case: {', '.join(joint.by_case)}")
    remarks += [
        f"{item.table} ranks models the other way round: is lower better there?"
        for item in standings
        if item.spearman.value is not None and item.spearman.value < _TURNED
    ]
    verdict, reason = _overall(standings, pairs, threshold)
    return CrossCheck(
        verdict,
        reason,
        standings,
        pairs,
        concordance(scores, seed=seed),
        joint.models,
        int((~np.isnan(scores)).sum()),
        int(np.isnan(scores).sum()),
        joint.single,
        threshold,
        tuple(dict.fromkeys(remarks)),
    )


def _pairs(joint: Aligned, seed: int) -> Iterator[Pair]:
    """All pairs of tables with enough models in common."""
    tables, scores = joint.tables, joint.scores
    count = len(tables) * (len(tables) - 1) // 2
    counts_of = ModelCounts(affordable(count, len(joint.models)), seed)
    noise = [_reliability(table) for table in tables]
    orders = [_order(table, joint.models) for table in tables]
    for one, two in combinations(range(len(tables)), 2):
        shared = ~np.isnan(scores[one]) & ~np.isnan(scores[two])
        if int(shared.sum()) < FEWEST:
            continue
        both, ceiling = noise[one], noise[two]
        separated = reversed_ = None
        first, second = orders[one], orders[two]
        if first is not None and second is not None:
            same = np.triu(first * second, 1)
            separated, reversed_ = int((same != 0).sum()), int((same < 0).sum())
        yield Pair(
            tables[one].name,
            tables[two].name,
            int(shared.sum()),
            *correlations(scores[one][shared], scores[two][shared], counts_of),
            None if both is None or ceiling is None else float(np.sqrt(both * ceiling)),
            separated,
            reversed_,
        )


def _standings(joint: Aligned, threshold: float, seed: int) -> tuple[Standing, ...]:
    scores = joint.scores
    k, m = scores.shape
    values = common_scale(scores, consensus(scores))
    p_holm: list[float | None] = [None] * k
    if k > 2:
        permutations = max(1000, min(PERMUTATIONS, int(1e8 / (k * k * m))))
        p = outliers(values, permutations=permutations, seed=seed).p
        tested = [place for place in range(k) if not np.isnan(p[place])]
        for place, adjusted in zip(tested, holm([float(p[i]) for i in tested]), strict=True):
            p_holm[place] = adjusted
    counts_of = ModelCounts(affordable(k, m), seed)
    found = []
    for place, table in enumerate(joint.tables):
        others = rest(values, (place,))
        shared = ~np.isnan(values[place]) & ~np.isnan(others)
        n = int(shared.sum())
        both = correlations(values[place][shared], others[shared], counts_of)
        noise = _reliability(table)
        ceiling = None if noise is None else float(np.sqrt(noise))
        verdict, reason = _verdict(both[0], n, k, p_holm[place], ceiling, threshold)
        moved = _displaced(values[place], others, shared, joint.models)
        found.append(Standing(table.name, n, *both, p_holm[place], ceiling, moved, verdict, reason))
    return tuple(found)


def _verdict(
    agreement: Estimate, n: int, k: int, p: float | None, ceiling: float | None, threshold: float
) -> tuple[Verdict, str]:
    """What can be said of one table, and why."""
    if n < FEWEST_MODELS or agreement.value is None:
        return "INCONCLUSIVE", f"only {n} of its models are in other tables"
    if agreement.ci is not None and agreement.ci[0] >= threshold:
        less = "" if p is None or p >= ALPHA else "; the others agree even more among themselves"
        return "AGREE", f"its correlation with the others is surely above {threshold:g}{less}"
    if k == 2:
        return "INCONCLUSIVE", "of two tables neither can be said to be the outlier"
    if p is None or p >= ALPHA:
        return "INCONCLUSIVE", "it may agree with the others as well as they do among themselves"
    if ceiling is not None and (agreement.ci is None or agreement.ci[1] >= ceiling):
        return "INCONCLUSIVE", "it agrees less than the others do, but its noise could explain that"
    return "DISAGREES", "it agrees with the others less than they do among themselves"


def _overall(
    standings: Sequence[Standing], pairs: Sequence[Pair], threshold: float
) -> tuple[Verdict, str]:
    outlying = [item.table for item in standings if item.verdict == "DISAGREES"]
    if outlying:
        return "DISAGREES", f"{', '.join(outlying)} ranks models unlike the others"
    if all(item.verdict == "AGREE" for item in standings):
        return "AGREE", "every table ranks the models as the others do"
    far = [pair.spearman.ci is not None and pair.spearman.ci[1] < threshold for pair in pairs]
    if all(far):
        return "DISAGREES", "no two tables rank the models alike; none stands apart from the rest"
    return "INCONCLUSIVE", "the evidence names no table that disagrees, nor do all surely agree"


def _displaced(
    own: Floats, others: Floats, shared: NDArray[np.bool_], models: Sequence[str]
) -> tuple[Displaced, ...]:
    from scipy.stats import rankdata

    known = np.flatnonzero(shared)
    mine, theirs = rankdata(-own[known]), rankdata(-others[known])
    far = np.argsort(-np.abs(mine - theirs), kind="stable")[:MOST_DISPLACED]
    return tuple(
        Displaced(models[known[i]], float(mine[i]), float(theirs[i]), len(known))
        for i in far
        if mine[i] != theirs[i]
    )


def _reliability(table: ScoreTable) -> float | None:
    return reliability(table.score, moments(table, LEVEL)[1])


def _order(table: ScoreTable, models: Sequence[str]) -> Order | None:
    ends = intervals(table, LEVEL)
    if not ends.known:
        return None
    return interval_order(aligned(table, models, ends.lower), aligned(table, models, ends.upper))


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

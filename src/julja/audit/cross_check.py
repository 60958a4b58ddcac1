"""Do benchmarks, own evals and an arena rank the same models alike, and which one disagrees?

    check([*read_tables("leaderboard.csv"), *read_tables("arena.json")])

Each table is held against the consensus of the others. It is called an outlier only on evidence:
its agreement falls short of what was asked for, it agrees less than the others do among themselves
(by permutation, adjusted for the number of tables), and noise in its own scores can't be the cause.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from julja.audit.correlate import ModelCounts, affordable, correlations
from julja.audit.rankings import CrossCheck, Displaced, Pair, Standing, Verdict
from julja.audit.scores.align import Aligned, Names, align, aligned
from julja.audit.scores.table import ScoreTable, intervals, moments
from julja.errors import DataError
from julja.stats.consensus import (
    FEWEST,
    PERMUTATIONS,
    common_scale,
    concordance,
    consensus,
    outliers,
    reliability,
    rest,
)
from julja.stats.intervals import LEVEL, Floats
from julja.stats.paired import holm
from julja.stats.ranks import Order, interval_order
from julja.types import Estimate

# A Spearman correlation of .7 is about a Kendall of .5: three of four pairs in the same order.
THRESHOLD = 0.7
ALPHA = 0.05
# Fewer models in common are no evidence either way.
FEWEST_MODELS = 5
MOST_DISPLACED = 5
_TURNED = -0.5


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
    """All tables against the others; those that aren't outliers, then, without the outliers."""
    p = _tested(joint, seed)
    first = _held(joint, p, threshold, seed)
    left = [place for place, item in enumerate(first) if item.verdict != "DISAGREES"]
    if len(left) == len(first) or len(left) < 2:
        return first
    odd = ", ".join(item.table for item in first if item.verdict == "DISAGREES")
    part = replace(joint, tables=tuple(joint.tables[i] for i in left), scores=joint.scores[left])
    again = iter(_held(part, [p[i] for i in left], threshold, seed))
    return tuple(
        item
        if item.verdict == "DISAGREES"
        else replace(second := next(again), reason=f"{second.reason} (without {odd})")
        for item in first
    )


def _tested(joint: Aligned, seed: int) -> list[float | None]:
    """Adjusted p-values of being the outlier; None where a table can't be tested."""
    k, m = joint.scores.shape
    p_holm: list[float | None] = [None] * k
    if k < 3:
        return p_holm
    values = common_scale(joint.scores, consensus(joint.scores))
    permutations = max(1000, min(PERMUTATIONS, int(1e8 / (k * k * m))))
    p = outliers(values, permutations=permutations, seed=seed).p
    tested = [place for place in range(k) if not np.isnan(p[place])]
    for place, adjusted in zip(tested, holm([float(p[i]) for i in tested]), strict=True):
        p_holm[place] = adjusted
    return p_holm


def _held(
    joint: Aligned, p: Sequence[float | None], threshold: float, seed: int
) -> tuple[Standing, ...]:
    """Each table against the consensus of the others."""
    values = common_scale(joint.scores, consensus(joint.scores))
    counts_of = ModelCounts(affordable(*joint.scores.shape), seed)
    found = []
    for place, table in enumerate(joint.tables):
        others = rest(values, (place,))
        shared = ~np.isnan(values[place]) & ~np.isnan(others)
        n = int(shared.sum())
        both = correlations(values[place][shared], others[shared], counts_of)
        noise = _reliability(table)
        ceiling = None if noise is None else float(np.sqrt(noise))
        verdict, reason = _verdict(both[0], n, p[place], ceiling, threshold)
        pair = p[place] is None and len(joint.tables) == 2
        if pair and verdict == "INCONCLUSIVE" and n >= FEWEST_MODELS:
            reason = "of two tables neither can be said to be the outlier"
        moved = _displaced(values[place], others, shared, joint.models)
        found.append(Standing(table.name, n, *both, p[place], ceiling, moved, verdict, reason))
    return tuple(found)


def _verdict(
    agreement: Estimate, n: int, p: float | None, ceiling: float | None, threshold: float
) -> tuple[Verdict, str]:
    """What can be said of one table, and why."""
    if n < FEWEST_MODELS or agreement.value is None:
        return "INCONCLUSIVE", f"only {n} of its models are in other tables"
    if agreement.ci is not None and agreement.ci[0] >= threshold:
        less = "" if p is None or p >= ALPHA else "; the others agree even more among themselves"
        return "AGREE", f"its correlation with the others is surely above {threshold:g}{less}"
    if p is None:
        return "INCONCLUSIVE", "whether it agrees less than the others do can't be tested"
    if p >= ALPHA:
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

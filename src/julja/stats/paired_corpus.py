"""Two runs by a number of all samples together (F1, BLEU): paired bootstrap of the difference.

Each resample draws samples (or whole clusters) once for both runs. Sources: Koehn, "Statistical
significance tests for machine translation evaluation" (EMNLP 2004) for the paired bootstrap; the
p-value counts resamples whose difference, moved to have no mean, is as large as the one seen
(Riezler and Maxwell, "On some pitfalls in automatic evaluation and significance testing for MT",
2005), and is never 0 (Phipson and Smyth 2010).
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from julja.stats.intervals import LEVEL, Floats, Interval
from julja.stats.resample import FEWEST, cluster_codes

Columns: TypeAlias = Mapping[str, Floats]
_MOST_ROWS = 20_000_000


@dataclass(frozen=True, slots=True)
class CorpusComparison:
    """B against A over the same samples; `groups` independent units were drawn `resamples` times.

    `p` is two-sided. Without a spread (both runs say the same of every sample), and with fewer than
    five units, there is neither p nor interval.
    """

    a: float
    b: float
    difference: float
    stderr: float | None
    ci: Interval | None
    p: float | None
    groups: int
    resamples: int


def compare_corpus(
    aggregate: Callable[[Columns], float],
    a: Columns,
    b: Columns,
    *,
    clusters: Sequence[Hashable] | None = None,
    resamples: int | None = None,
    seed: int = 0,
) -> CorpusComparison:
    """Compare `aggregate` of two sets of columns (n,), whose rows belong to the same samples.

    A row that is NaN in all of one side's columns is missing there (a run with fewer epochs).
    Samples with several rows share a cluster.
    """
    n = len(next(iter(a.values())))
    codes = cluster_codes(clusters, n)
    groups = int(codes.max(initial=-1)) + 1
    one, two = (np.array([side[name] for name in side], dtype=float) for side in (a, b))

    def value(side: Columns, rows: Floats) -> float:
        kept = rows[:, ~np.isnan(rows).all(axis=0)]
        return float(aggregate(dict(zip(side, kept, strict=True)))) if kept.size else float("nan")

    seen_a, seen_b = value(a, one), value(b, two)
    seen = seen_b - seen_a
    nothing = CorpusComparison(seen_a, seen_b, seen, None, None, None, groups, 0)
    if groups < FEWEST or not np.isfinite(seen):
        return nothing
    count = resamples or max(200, min(2000, _MOST_ROWS // n))
    places = np.split(np.argsort(codes, kind="stable"), np.cumsum(np.bincount(codes))[:-1])
    generator = np.random.default_rng(seed)
    drawn = np.empty(count)
    for draw in range(count):
        picked = generator.integers(0, groups, groups)
        rows = picked if groups == n else np.concatenate([places[place] for place in picked])
        drawn[draw] = value(b, two[:, rows]) - value(a, one[:, rows])
    known = drawn[np.isfinite(drawn)]
    if len(known) < count / 2 or np.ptp(known) <= 1e-12 * max(1.0, abs(seen)):
        return nothing
    moved = np.abs(known - known.mean())
    p = (1 + int((moved >= abs(seen)).sum())) / (1 + len(known))
    tail = (1 - LEVEL) / 2
    low, high = np.quantile(known, [tail, 1 - tail])
    spread = float(np.std(known, ddof=1))
    ci = (float(low), float(high))
    return CorpusComparison(seen_a, seen_b, seen, spread, ci, p, groups, len(known))

"""How often intervals hold what they should and tests err, by simulation: the checked-in table.

`python -m tests.stats.coverage` measures all cases with many runs and writes their table into
docs/design/statistics.md; tests/stats/test_coverage.py measures each with fewer.
"""

from tests.stats.coverage import comparisons, intervals, models, pooled
from tests.stats.coverage.case import Case

CASES: tuple[Case, ...] = (
    *intervals.CASES,
    *pooled.CASES,
    *comparisons.CASES,
    *models.CASES,
)

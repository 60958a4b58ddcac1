"""Intervals hold the truth as often as they say, tests err as seldom: each method in its range.

Where a method does not hold, the case has bounds of its own that say how far it is off.
"""

import pytest
from tests.stats.coverage import CASES


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.method}: {case.setting}")
def test_coverage(case):
    found, _ = case.measure()
    assert case.low <= found <= case.high


def test_every_case_has_a_name_of_its_own():
    assert len({(case.method, case.setting) for case in CASES}) == len(CASES)

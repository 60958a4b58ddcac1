"""Every number of docs/fidelity.md is what julja computes today, end to end."""

import pytest
from tests.fidelity.__main__ import results
from tests.fidelity.claims import claims_of, families

pytestmark = [pytest.mark.mirror, pytest.mark.parity, pytest.mark.sandbox]
HOLDS = ()


@pytest.mark.parametrize("family", families())
def test_published_numbers_are_reproduced(family, mirror):
    claims = claims_of(family)
    off = [
        f"{claim.task} {claim.metric}: {metric['value']:.5f}, published {claim.published}"
        for claim, metric in results(mirror, claims)
        if not claim.holds(metric["value"])
    ]
    assert off == []
    assert claims

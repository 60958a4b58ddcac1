"""One-sided evidence: held to scipy and to the score test's own definition, and its error rates."""

import math

import numpy as np
import pytest
from scipy import optimize, stats

from julja.stats.one_sided import (
    PairedShares,
    Share,
    Student,
    Tied,
    mean_evidence,
    paired_evidence,
    recorded_evidence,
)


def score_p(wins: int, losses: int, n: int, threshold: float) -> float:
    """Tango's test with the restricted likelihood maximised by search, not by its formula."""

    def unlikely(share: float) -> float:
        chances = ((wins, share + threshold), (losses, share), (n - wins - losses, 0.0))
        rest = 1 - 2 * share - threshold
        values = [(wins, chances[0][1]), (losses, share), (n - wins - losses, rest)]
        return -sum(count * math.log(chance) for count, chance in values if count)

    low, high = max(0.0, -threshold) + 1e-12, (1 - threshold) / 2 - 1e-12
    share = optimize.minimize_scalar(
        unlikely, bounds=(low, high), method="bounded", options={"xatol": 1e-13}
    ).x
    spread = math.sqrt(n * (2 * share + threshold * (1 - threshold)))
    return float(stats.norm.sf((wins - losses - n * threshold) / spread))


@pytest.mark.parametrize(
    ("wins", "losses", "n", "threshold"),
    [(5, 3, 50, -0.05), (1, 8, 100, -0.1), (10, 2, 80, 0.03), (0, 4, 60, -0.1), (3, 0, 60, -0.02)],
)
def test_the_score_test_is_tango_s(wins, losses, n, threshold):
    seen = PairedShares(n, wins, losses)
    assert seen.above(threshold) == pytest.approx(score_p(wins, losses, n, threshold), abs=1e-6)
    mirrored = PairedShares(n, losses, wins)
    assert mirrored.below(-threshold) == pytest.approx(seen.above(threshold), abs=1e-12)


def test_at_zero_it_is_mcnemar_s_exact_test():
    exact = stats.binomtest(9, 10, 0.5, alternative="greater").pvalue
    assert PairedShares(100, 9, 1).above(0.0) == pytest.approx(exact)
    assert PairedShares(100, 0, 3).above(0.0) == 1.0


@pytest.mark.parametrize(
    "seen",
    [
        PairedShares(80, 9, 4),
        PairedShares(200, 0, 1),
        Share(17, 40),
        Student(0.1, 0.05, 12),
        Student(0.1, 0.05),
        Tied(50),
    ],
)
@pytest.mark.parametrize("alpha", [0.01, 0.05, 0.2])
def test_bounds_are_where_the_test_says_alpha(seen, alpha):
    assert seen.above(seen.lower(alpha)) == pytest.approx(alpha, abs=1e-6)
    assert seen.below(seen.upper(alpha)) == pytest.approx(alpha, abs=1e-6)
    assert seen.lower(alpha) <= seen.value <= seen.upper(alpha)
    assert seen.above(seen.lower(alpha) - 0.02) < alpha < seen.above(seen.lower(alpha) + 0.02)


def test_a_share_is_clopper_and_pearson_s():
    found = stats.binomtest(8, 10).proportion_ci(0.95, method="exact")
    assert Share(8, 10).lower(0.025) == pytest.approx(found.low)
    assert Share(8, 10).upper(0.025) == pytest.approx(found.high)
    assert Share(8, 10).above(0.5) == pytest.approx(
        stats.binomtest(8, 10, 0.5, alternative="greater").pvalue
    )
    assert Share(8, 10).below(0.9) == pytest.approx(
        stats.binomtest(8, 10, 0.9, alternative="less").pvalue
    )
    assert (Share(0, 10).lower(0.05), Share(10, 10).upper(0.05)) == (0.0, 1.0)
    assert Share(5, 10, low=0.0, high=4.0).value == 2.0


def test_student_is_scipy_s():
    values = np.array([0.2, 0.5, 0.1, 0.9, 0.4])
    seen = mean_evidence(values)
    assert seen is not None
    greater = stats.ttest_1samp(values, 0.3, alternative="greater")
    assert seen.above(0.3) == pytest.approx(greater.pvalue)
    assert seen.lower(0.05) == pytest.approx(greater.confidence_interval(0.95).low)


def test_no_difference_at_all_is_exact():
    seen = paired_evidence([1, 0, 1, 1] * 25, [1, 0, 1, 1] * 25)
    assert isinstance(seen, Tied)
    # None of 100 samples differs, which has a chance of .98^100 where two in a hundred do.
    assert seen.above(-0.02) == pytest.approx(0.98**100)
    assert seen.above(0.0) == 1.0 and seen.within(0.05) == pytest.approx(0.95**100)


def test_clusters_and_weights_are_minded():
    a, b = [0.0] * 8, [1.0, 1, 0, 0, 1, 1, 0, 0]
    clusters = [1, 1, 2, 2, 3, 3, 4, 4]
    seen = paired_evidence(a, b, clusters=clusters)
    assert isinstance(seen, Student) and seen.degrees == 3
    assert seen.stderr == pytest.approx(math.sqrt(4 / 3 * 4 * 0.125**2 * 1))
    heavy = paired_evidence([0.0, 0, 0], [1.0, 0, 0], weights=[2.0, 1, 1])
    assert heavy is not None and heavy.value == 0.5


def test_what_has_no_measure_of_error_is_none():
    assert paired_evidence([0.0], [0.5]) is None
    assert paired_evidence([0.0, 0.0], [0.5, 0.5]) is None
    assert paired_evidence([7.0, 9.0], [7.0, 9.0]) is None
    assert mean_evidence([]) is None
    assert recorded_evidence(0.5, None) is None and recorded_evidence(0.5, 0.0) is None
    same = mean_evidence([2.0, 2.0, 2.0], low=0.0, high=4.0)
    assert isinstance(same, Share) and same.value == 2.0
    with pytest.raises(ValueError, match="one length"):
        paired_evidence([1.0], [1.0, 0.0])


@pytest.mark.parametrize("n", [50, 200, 1000])
@pytest.mark.parametrize("margin", [0.02, 0.1])
@pytest.mark.parametrize("discordance", [0.02, 0.1, 0.3])
def test_non_inferiority_is_wrongly_shown_in_at_most_alpha(n, margin, discordance):
    """B is worse by exactly the margin: by how many draws does the test let it pass?"""
    if discordance < margin:
        pytest.skip("a difference can't exceed the share of samples that differ")
    generator = np.random.default_rng(int(n + 1000 * margin))
    wins, losses = (discordance - margin) / 2, (discordance + margin) / 2
    drawn = generator.multinomial(n, [wins, losses, 1 - discordance], size=20_000)
    tables, counts = np.unique(drawn[:, :2], axis=0, return_counts=True)
    passed = sum(
        count
        for (won, lost), count in zip(tables.tolist(), counts.tolist(), strict=True)
        if PairedShares(n, won, lost).above(-margin) <= 0.05
    )
    # A score test is not exact: Tango's own tables have up to .06 at small n.
    assert passed / 20_000 <= 0.062

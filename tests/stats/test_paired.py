"""Comparison is paired; p-values are scipy's; the verdict waits for evidence."""

import numpy as np
import pytest
from scipy import stats

from julja.stats.paired import (
    benjamini_hochberg,
    compare_paired,
    holm,
    mcnemar,
    minimum_detectable_effect,
)


def test_mcnemar_is_the_binomial_test_on_the_discordant_pairs():
    assert mcnemar(9, 1) == pytest.approx(stats.binomtest(1, 10).pvalue)
    assert mcnemar(0, 0) == 1.0


def test_binary_runs_are_compared_by_mcnemar():
    a = [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1]
    b = [0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]
    found = compare_paired(a, b)
    assert (found.wins, found.losses, found.ties, found.n) == (9, 1, 2, 12)
    assert found.test == "exact McNemar"
    assert found.p == pytest.approx(0.021484375)
    assert found.verdict == "BETTER"
    assert compare_paired(b, a).verdict == "WORSE"
    assert compare_paired(a, b, higher_is_better=False).verdict == "WORSE"


def test_fractions_are_compared_by_the_paired_t_test():
    generator = np.random.default_rng(0)
    a = generator.random(50)
    b = np.clip(a + generator.normal(0.02, 0.1, 50), 0, 1)
    found = compare_paired(list(a), list(b))
    theirs = stats.ttest_rel(b, a)
    assert found.p == pytest.approx(theirs.pvalue)
    interval = theirs.confidence_interval(0.95)
    assert found.ci == pytest.approx((interval.low, interval.high))


def test_clusters_make_a_difference_less_certain():
    a, b = [0.0] * 12, [1.0, 1.0, 1.0, 1.0] + [0.0] * 8
    alone = compare_paired(a, b, clusters=range(12))
    shared = compare_paired(a, b, clusters=[n // 4 for n in range(12)])
    assert shared.stderr > alone.stderr
    assert shared.test == "clustered paired t"


def test_too_few_samples_are_inconclusive():
    assert compare_paired([0, 0, 0], [1, 1, 0]).verdict == "INCONCLUSIVE"
    assert compare_paired([0.5], [0.7]).verdict == "INCONCLUSIVE"


def test_equivalent_needs_a_margin_that_holds_the_interval():
    a, b = [0.5, 0.6] * 100, [0.501, 0.6] * 100
    assert compare_paired(a, b, margin=0.01).verdict == "EQUIVALENT"
    assert compare_paired(a, b, margin=0.0001).verdict != "EQUIVALENT"


def test_a_constant_difference_is_no_proof_by_itself():
    two = compare_paired([0] * 4, [1] * 4, clusters=["p", "p", "q", "q"])
    assert (two.p, two.verdict, two.ci, two.mde) == (0.5, "INCONCLUSIVE", None, None)
    assert compare_paired([0.25, 0.5], [0.5, 0.75]).p == 0.5
    assert compare_paired([0.25] * 9, [0.5] * 9).verdict == "BETTER"


def test_ties_alone_prove_equivalence_only_where_there_are_many():
    few = compare_paired([1, 0, 1], [1, 0, 1], margin=0.01)
    assert few.verdict == "INCONCLUSIVE"
    assert few.ci == pytest.approx((-0.7076, 0.7076), abs=1e-4)
    assert compare_paired([1, 0] * 500, [1, 0] * 500, margin=0.01).verdict == "EQUIVALENT"


def test_a_run_against_itself_is_inconclusive():
    found = compare_paired([1, 0, 1], [1, 0, 1])
    assert (found.difference, found.p, found.verdict) == (0.0, 1.0, "INCONCLUSIVE")


def test_false_improvements_stay_below_five_percent():
    generator = np.random.default_rng(5)
    claims = 0
    for _ in range(600):
        a, b = generator.random((2, 100)) < 0.6
        claims += compare_paired(a, b).verdict != "INCONCLUSIVE"
    assert claims / 600 <= 0.06


def test_the_minimum_detectable_effect_is_2_8_standard_errors():
    assert minimum_detectable_effect(1.0) == pytest.approx(2.8016, abs=1e-4)


def test_adjusted_p_values():
    p = [0.01, 0.04, 0.03, 0.5]
    assert holm(p) == pytest.approx([0.04, 0.09, 0.09, 0.5])
    assert benjamini_hochberg(p) == pytest.approx(stats.false_discovery_control(p))


@pytest.mark.parametrize(("wins", "losses"), [(9, 1), (1, 9), (5, 5), (3, 0), (0, 0), (400, 350)])
def test_mid_p_counts_half_of_what_was_seen(wins, losses):
    exact = stats.binomtest(wins, max(wins + losses, 1)).pvalue if wins + losses else 1.0
    assert mcnemar(wins, losses) == pytest.approx(exact)
    seen = stats.binom.pmf(wins, wins + losses, 0.5)
    expected = min(1.0, 2 * stats.binom.cdf(min(wins, losses), wins + losses, 0.5) - seen)
    assert mcnemar(wins, losses, mid=True) == pytest.approx(expected)


def test_adjusted_p_are_those_of_statsmodels():
    p = [0.001, 0.008, 0.039, 0.041, 0.042, 0.06, 0.074, 0.205, 0.212, 0.216]
    # statsmodels 0.15: multipletests, methods holm and fdr_bh.
    assert holm(p) == pytest.approx([0.01, 0.072] + [0.312] * 5 + [0.615] * 3)
    assert benjamini_hochberg(p) == pytest.approx(stats.false_discovery_control(p))

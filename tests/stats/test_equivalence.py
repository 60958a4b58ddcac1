"""Two one-sided tests are statsmodels'; Newcombe's interval is the published one."""

import numpy as np
import pytest
from scipy import stats

from julja.stats.equivalence import equivalence, newcombe
from julja.stats.paired import compare_paired

A = [0.805, 0.808, 0.515, 0.286, 0.054, 0.383, 0.408, 0.045, 0.049, 0.999, 0.652, 0.235]
B = [0.767, 0.898, 0.535, 0.209, 0.06, 0.335, 0.387, 0.031, 0.023, 1.037, 0.659, 0.216]
CLUSTERS = [0, 0, 0, 1, 1, 2, 2, 2, 2, 3, 3, 4]


def test_both_tests_are_those_of_statsmodels():
    # statsmodels 0.15: ttost_paired(B, A, -.05, .05)
    found = equivalence(A, B, 0.05)
    assert found.p_lower == pytest.approx(0.0027762607175967073)
    assert found.p_upper == pytest.approx(0.00043219697220525687)
    assert found.p == found.p_lower
    assert (found.equivalent, found.not_inferior) == (True, True)


def test_the_interval_is_within_the_margin_where_p_is_below_alpha():
    found = equivalence(A, B, 0.05)
    theirs = stats.ttest_rel(B, A).confidence_interval(0.9)
    assert found.ci == pytest.approx((theirs.low, theirs.high))
    for margin in (0.01, 0.03, -theirs.low - 1e-9, -theirs.low + 1e-9, 0.2):
        found = equivalence(A, B, margin)
        assert found.equivalent == (-margin <= found.ci[0] and found.ci[1] <= margin)


def test_clusters_are_those_of_statsmodels():
    # statsmodels 0.15: OLS on a constant, cov_type="cluster", use_t.
    found = equivalence(A, B, 0.05, clusters=CLUSTERS, alpha=0.025)
    assert found.ci == pytest.approx((-0.04529115, 0.03162448), abs=1e-7)
    assert found.method == "two one-sided clustered paired t"
    compared = compare_paired(A, B, clusters=CLUSTERS)
    assert compared.stderr == pytest.approx(0.01385146, abs=1e-7)
    assert compared.p == pytest.approx(0.64763769, abs=1e-7)


def test_not_inferior_is_not_yet_equivalent():
    better = [value + 0.1 for value in A]
    better[0] += 0.01
    found = equivalence(A, better, 0.05)
    assert (found.equivalent, found.not_inferior) == (False, True)


@pytest.mark.parametrize(
    ("counts", "published"),
    [
        # Newcombe (1998), table III, method 10.
        ((36, 12, 2, 0), (0.0569, 0.3404)),
        # Fagerland, Lydersen and Laake (Statistics in Medicine 33, 2014): airway reactivity.
        ((1, 1, 7, 12), (-0.507, -0.026)),
    ],
)
def test_newcombes_interval_is_the_published_one(counts, published):
    assert newcombe(*counts) == pytest.approx(published, abs=5e-4)


def test_newcombes_interval_turns_with_the_order():
    low, high = newcombe(20, 9, 4, 7)
    assert newcombe(20, 4, 9, 7) == pytest.approx((-high, -low))


@pytest.mark.parametrize("counts", [(5, 0, 0, 5), (10, 0, 0, 0), (0, 10, 0, 0), (0, 0, 0, 3)])
def test_newcombes_interval_stands_at_the_edges(counts):
    low, high = newcombe(*counts)
    gap = (counts[1] - counts[2]) / sum(counts)
    assert -1 <= low <= gap <= high <= 1
    assert high - low > 0.01


def expand(both, b_only, a_only, neither):
    a = [1] * both + [0] * b_only + [1] * a_only + [0] * neither
    b = [1] * both + [1] * b_only + [0] * a_only + [0] * neither
    return a, b


@pytest.mark.parametrize("counts", [(80, 5, 4, 11), (50, 1, 9, 40), (90, 0, 0, 10), (3, 2, 0, 1)])
@pytest.mark.parametrize("margin", [0.02, 0.05, 0.1, 0.4])
def test_binary_pairs_are_tested_by_the_score_test(counts, margin):
    found = equivalence(*expand(*counts), margin)
    low, high = found.ci
    assert found.equivalent == (-margin <= low and high <= margin)
    assert found.not_inferior == (-margin <= low)
    assert (found.p <= 0.05) == found.equivalent


def test_at_the_margin_few_pass_even_where_hardly_any_sample_differs():
    generator = np.random.default_rng(0)
    n, margin, runs = 100, 0.02, 2000
    # B is worse by exactly the margin, and is never better: 2 % of samples differ.
    losses = generator.binomial(n, margin, runs)
    passed = [
        equivalence(*expand(n - lost, 0, lost, 0), margin).not_inferior for lost in losses.tolist()
    ]
    assert np.mean(passed) <= 0.075


def test_identical_scores_prove_equivalence_only_where_there_are_many():
    few = equivalence([0.5, 0.25, 1.0], [0.5, 0.25, 1.0], 0.01)
    assert not few.equivalent
    many = equivalence([0.5, 0.25] * 200, [0.5, 0.25] * 200, 0.01)
    assert many.equivalent
    assert many.p == pytest.approx(0.99**400)
    assert many.ci[1] == pytest.approx(1 - 0.05 ** (1 / 400))
    paired = equivalence([0.5] * 400, [0.5] * 400, 0.01, clusters=[n // 40 for n in range(400)])
    assert not paired.equivalent


def test_a_constant_difference_has_no_spread_to_test_with():
    found = equivalence([0.1, 0.2, 0.3], [0.2, 0.3, 0.4], 0.5)
    assert (found.p, found.ci, found.equivalent) == (None, None, False)
    one = equivalence([0.1, 0.2], [0.2, 0.4], 0.5, clusters=["x", "x"])
    assert (one.p, one.equivalent) == (None, False)


def test_weights_count_as_repeated_samples_do_in_the_mean():
    found = equivalence([0.0, 0.0, 0.5], [1.0, 0.0, 0.5], 0.9, weights=[3, 1, 1])
    assert found.difference == pytest.approx(0.6)


@pytest.mark.parametrize(
    ("a", "b", "margin"), [([1, 2], [1], 0.1), ([], [], 0.1), ([1], [1], 0.0), ([1], [1], -0.1)]
)
def test_what_cannot_be_compared_is_said(a, b, margin):
    with pytest.raises(ValueError, match=r"compared|above 0"):
        equivalence(a, b, margin)


def test_at_the_margin_itself_one_in_twenty_is_called_equivalent():
    generator = np.random.default_rng(0)
    runs = 4000
    found = 0
    for _ in range(runs):
        delta = generator.normal(0.1, 0.3, size=60)
        found += equivalence(np.zeros(60), delta, 0.1).equivalent
    assert found / runs == pytest.approx(0.05, abs=0.01)

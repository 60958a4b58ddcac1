"""Rank statistics equal scipy's, also in resamples; separation and agreement by their rules."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from julja.stats.ranks import (
    DENOMINATORS,
    agreement,
    agreement_values,
    interval_order,
    kendall,
    pair_brier,
    pair_log_loss,
    perfect_interval,
    same_order,
    separability,
    spearman,
    win_chance,
)

few_values = st.lists(st.integers(0, 6), min_size=4, max_size=25)


@settings(deadline=None, max_examples=60)
@given(few_values, st.integers(0, 1000))
def test_correlations_are_scipys_with_ties_and_in_every_resample(values, seed):
    generator = np.random.default_rng(seed)
    x = np.array(values, float)
    y = np.round(x + generator.normal(0, 2, len(x)))
    counts = generator.multinomial(len(x), np.full(len(x), 1 / len(x)), size=3).astype(float)
    for row, one, two in zip(counts, spearman(x, y, counts), kendall(x, y, counts), strict=True):
        drawn = np.repeat(np.arange(len(x)), row.astype(int))
        a, b = x[drawn], y[drawn]
        if len(set(a)) == 1 or len(set(b)) == 1:
            assert np.isnan([one, two]).all()
        else:
            assert one == pytest.approx(stats.spearmanr(a, b).statistic, abs=1e-12)
            assert two == pytest.approx(stats.kendalltau(a, b).statistic, abs=1e-12)


def test_intervals_are_apart_where_they_don_t_overlap():
    lower, upper = np.array([0.0, 2.0, 1.5, 5.0]), np.array([1.5, 4.0, 2.5, 6.0])
    order = interval_order(lower, upper)
    # The first and the third touch; the second and the third overlap.
    assert order.tolist() == [
        [0, -1, -1, -1],
        [1, 0, 0, -1],
        [1, 0, 0, -1],
        [1, 1, 1, 0],
    ]
    assert separability(order)[0] == pytest.approx(5 / 6)


def test_a_point_within_an_interval_is_not_apart_from_it_unless_asked():
    lower, upper = np.array([0.0, 1.0, 1.0]), np.array([2.0, 1.0, 1.0])
    assert not interval_order(lower, upper)[0].any()
    as_notebook = interval_order(lower, upper, points_apart=True)
    assert as_notebook[0].tolist() == [0, -1, -1]
    # Two points that coincide are never apart.
    assert interval_order(lower, upper)[1, 2] == 0
    assert as_notebook[1, 2] == 0


def test_without_an_interval_nothing_is_apart():
    order = interval_order(np.array([0.0, np.nan]), np.array([1.0, np.nan]))
    assert not order.any()


@settings(deadline=None, max_examples=50)
@given(few_values, st.booleans())
def test_orders_are_antisymmetric(values, points_apart):
    lower = np.array(values, float)
    upper = lower + np.arange(len(lower)) % 3
    order = interval_order(lower, upper, points_apart=points_apart)
    assert (order == -order.T).all()


def test_each_denominator_counts_what_it_says():
    # Four models; the benchmark separates a>b, a>c, d>b; the reference a>b, c>a, a>d, b>c.
    order, reference = np.zeros((4, 4), np.int8), np.zeros((4, 4), np.int8)
    for table, pairs in (
        (order, [(0, 1), (0, 2), (3, 1)]),
        (reference, [(0, 1), (2, 0), (0, 3), (1, 2)]),
    ):
        for above, below in pairs:
            table[above, below], table[below, above] = 1, -1
    found = {rule: agreement(order, reference, rule) for rule in DENOMINATORS}
    assert {rule: item.pairs for rule, item in found.items()} == {
        "reference": 4,
        "notebook": 4,
        "both": 2,
        "all": 6,
    }
    one = found["reference"]
    assert (one.agree, one.disagree, one.undecided, one.value) == (1, 1, 2, 0.0)
    assert found["notebook"].value == 0.5
    assert found["both"].value == 0.0
    assert found["all"].value == 0.0
    assert found["all"].undecided == 4


def test_an_empty_denominator_has_no_value():
    nothing = np.zeros((3, 3), np.int8)
    assert agreement(nothing, nothing, "reference").value is None
    assert np.isnan(agreement_values(nothing, nothing, "both")).all()


def test_chances_are_normal_and_certain_without_variance():
    mean, variance = np.array([1.0, 0.0, 0.0]), np.array([0.5, 0.5, 0.0])
    chance = win_chance(mean, variance)
    assert chance[0, 1] == pytest.approx(stats.norm.cdf(1.0))
    assert chance + chance.T == pytest.approx(np.ones((3, 3)))
    certain = win_chance(mean, np.zeros(3))
    assert certain.tolist() == [[0.5, 1, 1], [0, 0.5, 0.5], [0, 0.5, 0.5]]


def test_brier_and_log_loss_are_of_all_pairs():
    chance = np.array([[0.5, 0.9, 0.6], [0.1, 0.5, 0.3], [0.4, 0.7, 0.5]])
    truth = np.array([3.0, 2.0, 1.0])
    # P(a>b) .9, P(a>c) .6, P(b>c) .3, and all three are true.
    assert pair_brier(chance, truth)[0] == pytest.approx((0.01 + 0.16 + 0.49) / 3)
    expected = -np.mean(np.log([0.9, 0.6, 0.3]))
    assert pair_log_loss(chance, truth)[0] == pytest.approx(expected)
    # A tie in the reference is best met by one half.
    assert pair_brier(np.full((2, 2), 0.5), np.zeros(2))[0] == 0.0


def test_a_certain_and_wrong_pair_costs_36_nats():
    chance = np.array([[0.5, 0.0], [1.0, 0.5]])
    assert pair_log_loss(chance, np.array([1.0, 0.0]))[0] == pytest.approx(36.04, abs=0.01)


def test_resamples_compare_no_model_with_its_copy():
    counts = np.array([[2.0, 1.0, 0.0], [3.0, 0.0, 0.0]])
    order = interval_order(np.array([0.0, 2.0, 0.5]), np.array([1.0, 3.0, 2.5]))
    # Only the first two are drawn, and they are apart; one model alone gives no pair.
    assert separability(order, counts)[0] == 1.0
    assert np.isnan(separability(order, counts)[1])
    assert same_order(np.array([1.0, 2.0, 9.0]), np.array([1.0, 2.0, 0.0]), counts)[0] == 1.0


def test_a_perfect_order_is_not_taken_for_certain():
    low, high = perfect_interval(1.0, 8)
    assert (round(low, 3), high) == (0.864, 1.0)
    assert perfect_interval(-1.0, 8) == (-1.0, -low)
    assert perfect_interval(1.0, 8, "kendall")[0] == pytest.approx(0.7616, abs=1e-4)
    assert perfect_interval(1.0, 20)[0] > low
    assert perfect_interval(1.0, 4) is None
    assert perfect_interval(0.9, 20) is None
    assert perfect_interval(1.0, 20, "brier") is None

"""Design effects, strata, and what no success at all still allows."""

import numpy as np
import pytest
from scipy import stats

from julja.stats.intervals import (
    clopper_pearson,
    clustered_stderr,
    design_effect,
    mean_stderr,
    rule_of_three,
    stratified_mean,
)


def test_copies_multiply_the_variance():
    values = np.random.default_rng(0).random(40)
    effect = design_effect(np.repeat(values, 5), np.repeat(range(40), 5).tolist())
    expected = (mean_stderr(values) / mean_stderr(np.repeat(values, 5))) ** 2
    assert effect == pytest.approx(expected)


def test_samples_of_their_own_have_the_effect_of_one():
    values = np.random.default_rng(1).random(40)
    assert design_effect(values, range(40)) == pytest.approx(1.0)
    weights = np.random.default_rng(2).random(40)
    assert design_effect(values, range(40), weights) == pytest.approx(1.0)


def test_a_cross_section_in_each_cluster_is_worth_more():
    values = np.tile([0.0, 1.0], 20)
    noisy = values + np.random.default_rng(3).normal(0, 0.1, 40)
    assert design_effect(noisy, np.repeat(range(20), 2).tolist()) < 0.1


@pytest.mark.parametrize(
    ("values", "clusters"), [([0.5, 0.5], [1, 2]), ([0.1, 0.9], [1, 1]), ([0.1], [1])]
)
def test_without_spread_or_clusters_there_is_no_effect(values, clusters):
    assert design_effect(np.array(values), clusters) is None


def test_a_stratified_mean_leaves_out_what_differs_between_strata():
    values = np.array([0.1, 0.2, 0.3, 0.8, 0.9, 1.0, 1.0])
    strata = ["a"] * 3 + ["b"] * 4
    found = stratified_mean(values, strata)
    variance = (3 / 7) ** 2 * 0.01 / 3 + (4 / 7) ** 2 * np.var(values[3:], ddof=1) / 4
    assert found.value == pytest.approx(values.mean())
    assert found.stderr == pytest.approx(np.sqrt(variance))
    assert found.stderr < mean_stderr(values)
    assert (found.strata, found.single) == (2, 0)


def test_two_strata_are_welchs_interval():
    generator = np.random.default_rng(4)
    first, second = generator.normal(0, 1, 8), generator.normal(0, 3, 12)
    found = stratified_mean(
        np.concatenate([first, -second]),
        ["a"] * 8 + ["b"] * 12,
        shares={"a": 1.0, "b": 1.0},
    )
    theirs = stats.ttest_ind(first, second, equal_var=False)
    assert found.degrees == pytest.approx(theirs.df)
    interval = theirs.confidence_interval(0.95)
    assert found.ci == pytest.approx((interval.low / 2, interval.high / 2))


def test_equal_shares_are_the_macro_mean():
    values, strata = np.array([0.0, 0.0, 0.0, 1.0]), ["a", "a", "a", "b"]
    assert stratified_mean(values, strata).value == 0.25
    found = stratified_mean(values, strata, shares={"a": 1, "b": 1})
    assert (found.value, found.single) == (0.5, 1)
    assert found.stderr == pytest.approx(0.5 * np.std(values, ddof=1))


def test_one_stratum_is_the_plain_mean():
    values = np.random.default_rng(5).random(20)
    found = stratified_mean(values, ["a"] * 20)
    assert found.stderr == pytest.approx(mean_stderr(values))
    assert found.degrees == pytest.approx(19)
    assert found.stderr == pytest.approx(clustered_stderr(values, range(20)))


def test_strata_without_spread_have_no_interval():
    found = stratified_mean(np.array([0.0, 0.0, 1.0, 1.0]), ["a", "a", "b", "b"])
    assert (found.value, found.stderr, found.ci) == (0.5, 0.0, None)
    assert stratified_mean(np.array([0.3]), ["a"]).stderr is None


@pytest.mark.parametrize(("values", "strata"), [([], []), ([1.0], ["a", "b"])])
def test_a_stratum_belongs_to_each_value(values, strata):
    with pytest.raises(ValueError, match="stratum for each value"):
        stratified_mean(np.array(values), strata)


def test_the_rule_of_three_is_clopper_pearsons_one_sided_end():
    for n in (1, 10, 300):
        assert rule_of_three(n) == pytest.approx(clopper_pearson(0, n, 0.9)[1])
    assert rule_of_three(1000) == pytest.approx(3 / 1000, rel=0.01)
    with pytest.raises(ValueError, match="one trial"):
        rule_of_three(0)

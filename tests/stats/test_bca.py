"""BCa intervals are scipy's, from the same resamples; clusters are drawn and left out whole."""

import numpy as np
import pytest
from scipy import stats

from julja.stats.bca import bca_interval, corrected


def mean(sums):
    return sums[:, 1] / sums[:, 0]


def features(values):
    return np.column_stack([np.ones(len(values)), values])


def theirs(data, drawn, statistic=np.mean):
    """scipy's BCa of a distribution that is given instead of drawn anew."""
    known = stats.bootstrap((data,), statistic, n_resamples=2, vectorized=False, method="basic")
    known.bootstrap_distribution = drawn
    found = stats.bootstrap(
        (data,), statistic, n_resamples=0, bootstrap_result=known, method="BCa", vectorized=False
    )
    return found.confidence_interval


@pytest.mark.parametrize("shape", ["skewed", "binary"])
def test_it_is_scipys_interval(shape):
    generator = np.random.default_rng(0)
    data = generator.exponential(size=40) if shape == "skewed" else generator.random(40) < 0.9
    data = data.astype(float)
    drawn = generator.choice(data, (3000, 40)).mean(axis=1)
    left_out = (data.sum() - data) / 39
    ours = corrected(float(data.mean()), drawn, left_out)
    expected = theirs(data, drawn)
    assert ours.ci == pytest.approx((expected.low, expected.high), rel=1e-9)


def test_it_comes_near_scipys_own_draws():
    data = np.random.default_rng(1).exponential(size=50)
    ours = bca_interval(features(data), mean, resamples=20_000)
    expected = stats.bootstrap((data,), np.mean, n_resamples=20_000, method="BCa", rng=2)
    low, high = expected.confidence_interval
    assert ours.ci == pytest.approx((low, high), abs=0.015)
    assert ours.stderr == pytest.approx(expected.standard_error, rel=0.03)
    assert ours.value == pytest.approx(data.mean())


def test_a_mean_of_symmetric_values_needs_no_correction():
    data = np.concatenate([np.arange(50.0), -np.arange(50.0)])
    found = bca_interval(features(data), mean, resamples=4000)
    assert found.acceleration == pytest.approx(0, abs=1e-12)
    assert found.bias == pytest.approx(0, abs=0.05)


def test_a_ratio_of_counts():
    generator = np.random.default_rng(3)
    tp, fp, fn = (generator.random((3, 200)) < [[0.4], [0.1], [0.2]]).astype(float)
    found = bca_interval(
        np.column_stack([tp, fp, fn]), lambda s: 2 * s[:, 0] / (s @ np.array([2.0, 1.0, 1.0]))
    )
    f1 = 2 * tp.sum() / (2 * tp.sum() + fp.sum() + fn.sum())
    assert found.value == pytest.approx(f1)
    assert found.ci[0] < f1 < found.ci[1]


def test_copies_in_a_cluster_are_one_observation():
    data = np.random.default_rng(4).exponential(size=30)
    alone = bca_interval(features(data), mean)
    copied = bca_interval(features(np.repeat(data, 5)), mean, clusters=np.repeat(range(30), 5))
    assert copied.ci == pytest.approx(alone.ci)
    assert copied.acceleration == pytest.approx(alone.acceleration)
    assert copied.groups == 30


def test_the_same_seed_gives_the_same_interval():
    data = features(np.random.default_rng(5).random(25))
    assert bca_interval(data, mean, seed=1) == bca_interval(data, mean, seed=1)
    assert bca_interval(data, mean, seed=1) != bca_interval(data, mean, seed=2)


def test_without_spread_there_is_no_interval():
    flat = bca_interval(features(np.ones(20)), mean)
    assert (flat.value, flat.ci, flat.stderr) == (1.0, None, 0.0)
    one = bca_interval(features(np.array([0.3])), mean)
    assert (one.ci, one.stderr) == (None, None)
    cluster = bca_interval(features(np.array([0.3, 0.4])), mean, clusters=["x", "x"])
    assert cluster.ci is None


def test_undefined_resamples_are_counted():
    # Precision has no value where nothing was found.
    found_any = np.array([1.0, 1.0, 0, 0, 0, 0])
    right = np.array([1.0, 0.0, 0, 0, 0, 0])

    def precision(sums):
        return np.where(sums[:, 0] > 0, sums[:, 1] / np.maximum(sums[:, 0], 1), np.nan)

    found = bca_interval(np.column_stack([found_any, right]), precision)
    assert 0.05 < found.undefined / found.resamples < 0.15
    assert found.ci is not None


def test_all_resamples_on_one_side_have_no_correction():
    assert corrected(0.0, np.array([1.0, 2.0, 3.0]), np.array([0.1, 0.2])).ci is None


def test_an_undefined_jackknife_leaves_the_bias_correction():
    found = corrected(0.5, np.linspace(0, 1, 101), np.array([np.nan, 0.5, 0.6]))
    assert found.acceleration == 0.0
    assert found.ci == pytest.approx((0.025, 0.975), abs=0.02)

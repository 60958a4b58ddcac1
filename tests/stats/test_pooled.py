"""Numbers of a whole set: one jackknife for all of them, honest where AP is biased."""

import numpy as np
import pytest
from scipy.stats import t as student

from julja.stats.intervals import mean_stderr, wilson
from julja.stats.pooled import affordable_resamples, pooled_estimates

VALUES = np.array([0.1, 0.4, 0.2, 0.9, 0.6, 0.3, 0.8, 0.5])


def mean(weights):
    return {"mean": float(weights @ VALUES / weights.sum()), "nothing": float("nan")}


def test_a_mean_has_its_own_error_and_interval():
    found = pooled_estimates(mean, len(VALUES))["mean"]
    assert (found.value, found.n) == (pytest.approx(0.475), 8)
    # The jackknife of a mean is its own error, and a half with its complement has no bias.
    assert found.stderr == pytest.approx(mean_stderr(VALUES))
    reach = student.ppf(0.975, 7) * mean_stderr(VALUES)
    assert found.ci == pytest.approx((0.475 - reach, 0.475 + reach))
    assert found.method == "jackknife, bias by halves"
    assert found.bounds == (found.value, found.value)


def test_what_is_undefined_has_no_number():
    found = pooled_estimates(mean, len(VALUES))["nothing"]
    assert (found.value, found.ci, found.n) == (None, None, 8)


def test_missing_samples_open_the_bounds():
    found = pooled_estimates(mean, len(VALUES), missing=1)["mean"]
    assert found.bounds == (0.0, 1.0)


def test_the_interval_of_a_biased_number_lies_where_the_truth_is():
    # The squared mean of n lies above that of the population by variance / n.
    rng = np.random.default_rng(0)
    values = rng.normal(0.2, 0.6, 41)

    def square(weights):
        return {"square": float((weights @ values / weights.sum()) ** 2)}

    found = pooled_estimates(square, 41, halvings=2000)["square"]
    corrected = found.value - values.var(ddof=1) / 41
    low, high = found.ci
    assert low < corrected < found.value < high
    assert (low + high) / 2 == pytest.approx(corrected, abs=0.002) or low == 0


def test_numbers_that_are_no_shares_have_ends_of_their_own():
    class Large:
        highs = {"cider": 10.0}

        def __call__(self, weights):
            return {"cider": 3 * mean(weights)["mean"]}

    found = pooled_estimates(Large(), 8)["cider"]
    assert found.ci[1] > found.value > 1
    assert pooled_estimates(Large(), 8, missing=1)["cider"].bounds == (0.0, 10.0)


def test_more_samples_than_groups_are_left_out_by_groups():
    values = np.random.default_rng(3).random(1000)
    found = pooled_estimates(lambda w: {"mean": float(w @ values / w.sum())}, 1000)["mean"]
    assert found.stderr == pytest.approx(mean_stderr(values), rel=0.25)


def test_halves_without_the_number_are_left_out_and_counted():
    def rare(weights):
        seen = weights[:6] @ np.ones(6)
        return {"rare": float(weights[:6] @ VALUES[:6] / seen) if seen > 1 else float("nan")}

    found = pooled_estimates(rare, 40)["rare"]
    assert "halves undefined" in found.method
    assert found.ci[0] < VALUES[:6].mean() < found.ci[1]


def test_clusters_are_drawn_whole():
    twice = np.repeat(VALUES, 2)

    def doubled(weights):
        assert (weights[::2] == weights[1::2]).all()
        return {"mean": float(weights @ twice / weights.sum())}

    names = [f"p{n // 2}" for n in range(16)]
    found = pooled_estimates(doubled, 16, clusters=names)["mean"]
    alone = pooled_estimates(mean, 8)["mean"]
    assert found.stderr == pytest.approx(alone.stderr)


def test_no_spread_is_no_certainty():
    found = pooled_estimates(lambda weights: {"acc": 1.0}, 10)["acc"]
    assert found.ci == pytest.approx(wilson(10, 10))


@pytest.mark.parametrize("n", [0, 1, 4])
def test_few_samples_have_no_interval(n):
    def first(weights):
        return {"x": float(weights[0]) if n else float("nan")}

    assert pooled_estimates(first, n)["x"].ci is None


def test_the_same_seed_gives_the_same_bytes():
    assert pooled_estimates(mean, 8, seed=4) == pooled_estimates(mean, 8, seed=4)
    assert affordable_resamples(10**6) == 200

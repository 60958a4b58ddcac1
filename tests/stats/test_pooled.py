"""Numbers of a whole set: one bootstrap for all of them, honest where AP is biased."""

import numpy as np
import pytest

from julja.stats.intervals import mean_stderr, wilson
from julja.stats.pooled import affordable_resamples, pooled_estimates

VALUES = np.array([0.1, 0.4, 0.2, 0.9, 0.6, 0.3, 0.8, 0.5])


def mean(weights):
    return {"mean": float(weights @ VALUES / weights.sum()), "nothing": float("nan")}


def test_a_mean_has_its_own_error_and_interval():
    found = pooled_estimates(mean, len(VALUES), resamples=4000)["mean"]
    assert (found.value, found.n) == (pytest.approx(0.475), 8)
    # A resample has the spread of the population, without Bessel's correction.
    assert found.stderr == pytest.approx(mean_stderr(VALUES) * (7 / 8) ** 0.5, rel=0.05)
    assert found.ci == pytest.approx((0.475 - 0.18, 0.475 + 0.18), abs=0.02)
    assert found.bounds == (found.value, found.value)


def test_what_is_undefined_has_no_number():
    found = pooled_estimates(mean, len(VALUES))["nothing"]
    assert (found.value, found.ci, found.n) == (None, None, 8)


def test_missing_samples_open_the_bounds():
    found = pooled_estimates(mean, len(VALUES), missing=1)["mean"]
    assert found.bounds == (0.0, 1.0)


def test_a_biased_number_has_an_interval_on_both_sides():
    def largest(weights):
        return {"max": float(VALUES[weights > 0].max())}

    found = pooled_estimates(largest, len(VALUES), resamples=500)["max"]
    low, high = found.ci
    assert low < 0.9 < high == 1.0
    assert 0.9 - low == pytest.approx(0.3, abs=0.2)


def test_clusters_are_drawn_whole():
    twice = np.repeat(VALUES, 2)

    def doubled(weights):
        assert (weights[::2] == weights[1::2]).all()
        return {"mean": float(weights @ twice / weights.sum())}

    names = [f"p{n // 2}" for n in range(16)]
    found = pooled_estimates(doubled, 16, clusters=names, resamples=4000)["mean"]
    alone = pooled_estimates(mean, 8, resamples=4000)["mean"]
    assert found.stderr == pytest.approx(alone.stderr, rel=0.05)


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

"""Variance components: the textbook's example, unequal repeats, and what more repeats buy."""

import numpy as np
import pytest

from julja.stats.variance import judge_variance

# Shrout and Fleiss (1979), Psychological Bulletin 86, table 2: 6 targets, 4 judges; ICC(1,1) .17.
TABLE = np.array(
    [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]], float
)


def test_the_example_of_shrout_and_fleiss():
    found = judge_variance(TABLE)
    # Their mean squares: between targets 11.24, within 6.26.
    assert found.within == pytest.approx(6.26, abs=5e-3)
    assert found.between == pytest.approx((11.24 - 6.26) / 4, abs=5e-3)
    assert found.reliability.value == pytest.approx(0.17, abs=5e-3)
    assert found.reliability_of(4) == pytest.approx(0.44, abs=5e-3)
    assert (found.items, found.scores) == (6, 24)


@pytest.mark.parametrize("holes", [0.0, 0.4])
def test_both_parts_are_recovered_with_and_without_gaps(holes):
    generator = np.random.default_rng(1)
    between, within = [], []
    for _ in range(200):
        table = 50 + 2 * generator.normal(size=(150, 1)) + 1.5 * generator.normal(size=(150, 4))
        table[generator.random((150, 4)) < holes] = np.nan
        found = judge_variance(table, resamples=2)
        between.append(found.between)
        within.append(found.within)
    assert np.mean(between) == pytest.approx(4, rel=0.05)
    assert np.mean(within) == pytest.approx(2.25, rel=0.03)


def test_the_interval_of_the_reliability_covers():
    generator = np.random.default_rng(2)
    hits = 0
    for turn in range(300):
        table = generator.normal(size=(100, 1)) + generator.normal(size=(100, 3))
        low, high = judge_variance(table, resamples=300, seed=turn).reliability.ci
        hits += low <= 0.5 <= high
    assert 0.91 <= hits / 300 <= 0.98


def test_repeats_help_as_far_as_the_judge_is_noisy():
    generator = np.random.default_rng(3)
    noisy = judge_variance(0.1 * generator.normal(size=(500, 1)) + generator.normal(size=(500, 5)))
    steady = judge_variance(generator.normal(size=(500, 1)) + 0.1 * generator.normal(size=(500, 5)))
    assert noisy.stderr_of(100, 5) < 0.5 * noisy.stderr_of(100, 1)
    assert steady.stderr_of(100, 5) > 0.98 * steady.stderr_of(100, 1)


def test_the_standard_error_is_the_one_that_repeated_benchmarks_show():
    generator = np.random.default_rng(4)
    parts = judge_variance(generator.normal(size=(4000, 1)) + 2 * generator.normal(size=(4000, 3)))
    means = generator.normal(size=(2000, 50)) + 2 / np.sqrt(3) * generator.normal(size=(2000, 50))
    assert parts.stderr_of(50, 3) == pytest.approx(means.mean(axis=1).std(), rel=0.06)


def test_a_judge_without_noise():
    found = judge_variance(np.repeat(np.arange(9.0)[:, None], 3, axis=1))
    assert (found.within, found.reliability.value) == (0, 1)


def test_nothing_can_be_said_without_repeats():
    assert judge_variance(np.array([[1.0], [2.0]])) is None
    assert judge_variance(np.array([[1.0, np.nan], [np.nan, 2.0]])) is None
    assert judge_variance(np.array([[1.0, 2.0], [np.nan, np.nan]])) is None

"""Paired bootstrap of a corpus metric: against the paired t of a mean, and its error rate."""

import numpy as np
import pytest

from julja.stats.paired import compare_paired
from julja.stats.paired_corpus import compare_corpus

TRIALS = 150


def mean(columns):
    return float(columns["x"].mean())


def f1(columns):
    gold, said = columns["gold"], columns["said"]
    hits = float(((gold == 1) & (said == 1)).sum())
    either = float(gold.sum() + said.sum())
    return 2 * hits / either if either else 0.0


def test_a_mean_has_the_paired_t_s_error():
    generator = np.random.default_rng(1)
    a = generator.normal(size=400)
    b = a + generator.normal(0.1, 0.5, 400)
    found = compare_corpus(mean, {"x": a}, {"x": b})
    plain = compare_paired(a, b)
    assert found.difference == pytest.approx(plain.difference)
    assert found.stderr == pytest.approx(plain.stderr, rel=0.05)
    assert found.ci == pytest.approx(plain.ci, abs=0.01)
    assert found.p == pytest.approx(plain.p, abs=0.01)
    again = compare_corpus(mean, {"x": a}, {"x": b})
    assert again == found, "the same seed draws the same"


def test_clusters_are_drawn_whole():
    values = np.repeat(np.arange(10) % 2, 20).astype(float)
    clusters = np.repeat(np.arange(10), 20).tolist()
    zeros = {"x": np.zeros(200)}
    whole = compare_corpus(mean, zeros, {"x": values}, clusters=clusters)
    single = compare_corpus(mean, zeros, {"x": values})
    assert whole.groups == 10
    assert whole.stderr == pytest.approx(single.stderr * 20**0.5, rel=0.15)


def test_epochs_that_one_run_lacks_are_rows_without_numbers():
    a = {"x": np.array([1.0, np.nan, 0.0, np.nan] * 5)}
    b = {"x": np.array([1.0, 0.0, 1.0, 1.0] * 5)}
    found = compare_corpus(mean, a, b, clusters=np.repeat(np.arange(10), 2).tolist())
    assert (found.a, found.b) == (0.5, 0.75)


def test_without_a_spread_or_with_few_samples_there_is_no_p():
    same = {"x": np.ones(50)}
    assert compare_corpus(mean, same, same).p is None
    few = {"x": np.array([0.0, 1, 1])}
    assert compare_corpus(mean, few, {"x": 1 - few["x"]}).p is None


def test_f1_of_two_equal_runs_differs_in_at_most_alpha():
    generator = np.random.default_rng(3)
    false = 0
    for trial in range(TRIALS):
        gold = generator.integers(0, 2, 120)
        said = [np.where(generator.random(120) < 0.8, gold, 1 - gold) for _ in range(2)]
        one, two = ({"gold": gold.astype(float), "said": x.astype(float)} for x in said)
        p = compare_corpus(f1, one, two, resamples=200, seed=trial).p
        false += p is not None and p <= 0.05
    assert false / TRIALS <= 0.05 + 3 * (0.05 * 0.95 / TRIALS) ** 0.5

"""Many models by their errors alone: the family's error, and what is not known."""

import numpy as np

from julja.stats.unpaired import compare_unpaired


def test_equal_models_are_told_apart_in_five_percent_of_tables_at_most():
    generator = np.random.default_rng(0)
    false = 0
    for seed in range(400):
        scores = generator.normal(0, 0.02, 6)
        found = compare_unpaired(scores, np.full(6, 0.02), resamples=2, seed=seed)
        false += found.order.any()
    assert false / 400 <= 0.06


def test_an_unknown_error_separates_nothing():
    found = compare_unpaired(np.array([0.9, 0.1, 0.0]), np.array([0.01, np.nan, 0.01]))
    assert found.order[0].tolist() == [0, 0, 1]
    assert (found.rank_low.tolist(), found.rank_high.tolist()) == ([1, 1, 2], [2, 3, 3])


def test_scores_without_any_error_differ_where_they_differ():
    found = compare_unpaired(np.array([0.9, 0.9, 0.1]), np.zeros(3))
    assert found.order.tolist() == [[0, 0, 1], [0, 0, 1], [-1, -1, 0]]


def test_likely_ranks_hold_the_simultaneous_ones_within():
    generator = np.random.default_rng(4)
    scores = np.sort(generator.random(10))[::-1]
    found = compare_unpaired(scores, np.full(10, 0.05))
    assert (found.rank_low <= found.likely_low).all()
    assert (found.rank_high >= found.likely_high).all()

"""A consensus of incomplete tables, and the table that stands apart from it."""

import numpy as np
import pytest
from scipy import stats

from julja.stats.consensus import (
    common_scale,
    concordance,
    consensus,
    outliers,
    reliability,
    rest,
)


def tables(k=5, m=20, *, noise=0.4, odd=None, seed=0):
    """k noisy tables of one ranking; table 0 correlates `odd` with it, where given."""
    generator = np.random.default_rng(seed)
    truth = generator.normal(size=m)
    scores = truth + noise * generator.normal(size=(k, m))
    if odd is not None:
        other = generator.normal(size=m)
        scores[0] = odd * truth + (1 - odd**2) ** 0.5 * other + noise * generator.normal(size=m)
    return scores, truth


def test_with_complete_tables_the_consensus_is_the_mean_rank():
    scores, _ = tables()
    ranks = stats.rankdata(scores, axis=1).mean(axis=0)
    assert stats.spearmanr(consensus(scores), ranks).statistic == pytest.approx(1.0)
    assert stats.pearsonr(consensus(scores), ranks).statistic == pytest.approx(1.0)


def test_a_table_of_the_best_alone_does_not_sink_them():
    scores, truth = tables(m=40, noise=0.1)
    best = truth >= np.median(truth)
    scores[1:4, ~best] = np.nan
    # Half of the best are below the mean among them: mean places would sink them.
    places = [stats.rankdata(row, nan_policy="omit") / np.isfinite(row).sum() for row in scores]
    naive = stats.spearmanr(np.nanmean(places, axis=0), truth).statistic
    assert stats.spearmanr(consensus(scores), truth).statistic > naive + 0.03


def test_models_that_nothing_compares_with_the_others_have_no_place():
    scores = np.array([[1.0, 2.0, 3.0, np.nan, np.nan], [np.nan, np.nan, np.nan, 1.0, 2.0]])
    assert np.isnan(consensus(scores)).tolist() == [False, False, False, True, True]
    assert np.isnan(consensus(np.full((2, 3), np.nan))).all()


def test_on_the_common_scale_every_table_keeps_its_order():
    scores, _ = tables()
    scores[0, :5] = np.nan
    values = common_scale(scores, consensus(scores))
    for row, value in zip(scores, values, strict=True):
        known = ~np.isnan(row)
        assert stats.spearmanr(row[known], value[known]).statistic == pytest.approx(1.0)
        assert (np.isnan(value) == ~known).all()


def test_ties_share_their_places():
    values = common_scale(np.array([[1.0, 1.0, 5.0]]), np.array([0.0, 10.0, 20.0]))
    assert values[0] == pytest.approx([5.0, 5.0, 20.0], abs=1e-5)


def test_the_rest_leaves_tables_out():
    values = np.array([[1.0, 2.0], [3.0, np.nan], [5.0, np.nan]])
    assert rest(values, (0,))[0] == 4.0
    assert np.isnan(rest(values, (0,))[1])


def test_the_table_that_ranks_otherwise_is_found():
    scores, _ = tables(odd=0.0, seed=3)
    found = outliers(common_scale(scores, consensus(scores)), seed=1)
    assert np.argmin(found.p) == 0
    assert found.p[0] < 0.01
    assert found.p[1:].min() > 0.1
    assert found.own[0] < found.others[0]


def test_tables_that_are_alike_are_rarely_accused():
    accused = 0
    for seed in range(60):
        scores, _ = tables(4, 12, seed=seed)
        scores[np.random.default_rng(seed).random(scores.shape) < 0.2] = np.nan
        p = outliers(common_scale(scores, consensus(scores)), permutations=200, seed=seed).p
        accused += np.nanmin(p) * 4 < 0.05
    assert accused <= 8


def test_an_outlier_of_two_cannot_be_named():
    with pytest.raises(ValueError, match="three tables"):
        outliers(np.ones((2, 5)))


def test_a_table_without_shared_models_has_no_p():
    scores, _ = tables(4, 10)
    scores[3, 2:] = np.nan
    assert np.isnan(outliers(common_scale(scores, consensus(scores)), permutations=50).p[3])


def test_w_is_kendalls_also_with_ties():
    scores = np.array([[1.0, 2, 3, 4], [1, 2, 3, 4], [2, 1, 4, 3]])
    found = concordance(scores)
    # Friedman's statistic is k (m - 1) W.
    friedman = stats.friedmanchisquare(*scores.T).statistic
    assert found.w == pytest.approx(friedman / (3 * 3))
    tied = np.array([[1.0, 1, 3, 4], [1, 2, 2, 4], [2, 1, 4, 4]])
    assert concordance(tied).w == pytest.approx(stats.friedmanchisquare(*tied.T).statistic / 9)


def test_w_counts_the_models_that_all_tables_have():
    scores, _ = tables(3, 10)
    scores[0, :4] = np.nan
    assert concordance(scores).models == 6
    assert concordance(scores).p < 0.05
    scores[1, 4:9] = np.nan
    assert concordance(scores) is None
    assert concordance(np.ones((2, 5))) is None


def test_noise_bounds_what_a_table_can_show():
    scores = np.array([0.0, 1.0, 2.0, 3.0])
    assert reliability(scores, np.full(4, 5 / 6)) == pytest.approx(0.5)
    assert reliability(scores, np.full(4, 99.0)) == 0.0
    assert reliability(np.ones(4), np.ones(4)) is None
    assert reliability(scores, np.full(4, np.nan)) is None

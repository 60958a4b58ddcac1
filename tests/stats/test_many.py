"""All pairs at once are the same as each pair alone; the family's error is controlled."""

import numpy as np
import pytest
from scipy import stats

from julja.stats.many import compare_models
from julja.stats.paired import compare_paired


def table(m=5, n=60, seed=0, spread=0.3):
    generator = np.random.default_rng(seed)
    skill = np.linspace(0, spread, m)[:, None]
    return np.clip(generator.random(n) * 0.7 + skill + generator.normal(0, 0.2, (m, n)), 0, 1)


def test_each_pair_is_the_paired_t_test():
    scores = table()
    found = compare_models(scores, resamples=200)
    for one in range(5):
        for two in range(5):
            if one == two:
                continue
            theirs = stats.ttest_rel(scores[one], scores[two])
            assert found.p[one, two] == pytest.approx(theirs.pvalue)
            assert found.difference[one, two] == pytest.approx((scores[one] - scores[two]).mean())
    assert found.mean == pytest.approx(scores.mean(axis=1))
    assert found.strength == pytest.approx((scores.mean(axis=1) - scores.mean()) * 5 / 5)


@pytest.mark.parametrize("weighted", [False, True])
def test_clusters_weights_and_gaps_are_those_of_the_single_comparison(weighted):
    generator = np.random.default_rng(1)
    scores = table(m=4, n=50)
    scores[generator.random(scores.shape) < 0.2] = np.nan
    clusters = [n // 4 for n in range(50)]
    weights = generator.uniform(0.5, 2, 50).tolist() if weighted else None
    found = compare_models(scores, clusters=clusters, weights=weights, resamples=200)
    for one in range(4):
        for two in range(one):
            both = np.flatnonzero(np.isfinite(scores[one] + scores[two]))
            alone = compare_paired(
                scores[two, both],
                scores[one, both],
                clusters=[clusters[n] for n in both],
                weights=None if weights is None else [weights[n] for n in both],
            )
            assert found.n[one, two] == len(both)
            assert found.difference[one, two] == pytest.approx(alone.difference)
            assert found.stderr[one, two] == pytest.approx(alone.stderr)
            assert found.p[one, two] == pytest.approx(alone.p)


def test_tables_turn_with_the_order_of_the_models():
    found = compare_models(table(), resamples=500)
    assert found.difference == pytest.approx(-found.difference.T)
    assert found.low == pytest.approx(-found.high.T, nan_ok=True)
    for p in (found.p, found.p_holm, found.p_bh, found.p_max_t):
        assert p == pytest.approx(p.T, nan_ok=True)
        assert np.isnan(np.diag(p)).all()
    turned = compare_models(table()[::-1], resamples=500)
    assert turned.p_holm == pytest.approx(found.p_holm[::-1, ::-1], nan_ok=True)
    assert turned.rank_low.tolist() == found.rank_low[::-1].tolist()


def test_the_adjusted_p_are_in_their_order():
    found = compare_models(table(spread=0.15), resamples=4000)
    upper = np.triu_indices(5, 1)
    assert (found.p[upper] <= found.p_bh[upper] + 1e-12).all()
    assert (found.p_bh[upper] <= found.p_holm[upper] + 1e-12).all()
    order = np.argsort(found.p[upper])
    assert (np.diff(found.p_max_t[upper][order]) >= 0).all()


def test_simultaneous_intervals_and_max_t_decide_alike():
    found = compare_models(table(spread=0.15), resamples=4000)
    upper = np.triu_indices(5, 1)
    outside = (found.low[upper] > 0) | (found.high[upper] < 0)
    assert (outside == (found.p_max_t[upper] < 0.05)).all()
    reach = (found.high - found.difference)[upper] / found.stderr[upper]
    assert reach == pytest.approx(found.critical)
    assert stats.t.ppf(0.975, 59) < found.critical < stats.t.ppf(1 - 0.025 / 10, 59) * 1.03


def test_order_and_ranks_follow_whether_higher_is_better():
    scores = table(spread=0.8)
    up = compare_models(scores, resamples=500)
    down = compare_models(scores, resamples=500, higher_is_better=False)
    assert (up.order() == -down.order()).all()
    assert (up.rank_low[4], up.rank_high[4]) == (1, 1)
    assert (down.rank_low[0], down.rank_high[0]) == (1, 1)
    assert down.strength == pytest.approx(-up.strength)
    assert down.likely_low.tolist()[::-1] == up.likely_low.tolist()
    assert up.order("none")[4, 0] == 1


def test_models_are_ordered_by_what_they_share_not_by_what_they_were_given():
    scores = table(m=3, n=100, spread=0.3)
    # The worst model was asked only the easy half.
    easy = np.argsort(-scores.mean(axis=0))[:50]
    hidden = np.ones(100, dtype=bool)
    hidden[easy] = False
    scores[0, hidden] = np.nan
    found = compare_models(scores, resamples=500)
    assert found.mean[0] > found.mean[1]
    assert found.strength[0] < found.strength[1] < found.strength[2]


def test_pairs_without_shared_items_are_not_separated():
    scores = np.array([[1.0, 1, 1, 0, np.nan, np.nan], [np.nan] * 4 + [1, 0], [1, 0, 0, 0, 1, 1]])
    found = compare_models(scores, resamples=300)
    assert found.n[0, 1] == 0
    assert np.isnan([found.p[0, 1], found.p_holm[0, 1], found.p_max_t[0, 1]]).all()
    assert found.order()[0, 1] == 0
    assert np.isfinite(found.strength).all()


def test_a_model_without_any_score_has_every_rank():
    scores = table(m=3)
    scores[1] = np.nan
    found = compare_models(scores, resamples=300)
    assert np.isnan(found.mean[1])
    assert np.isnan(found.strength[1])
    assert (found.rank_low[1], found.rank_high[1]) == (1, 3)


def test_equal_models_and_constant_differences():
    base = np.random.default_rng(2).random(30)
    found = compare_models(np.stack([base, base, base + 0.25]), resamples=300)
    assert found.p[0, 1] == found.p_max_t[0, 1] == 1.0
    assert found.p[0, 2] == pytest.approx(2.0**-29)
    few = compare_models(np.stack([base[:3], base[:3] + 0.25]), resamples=300)
    assert few.p[0, 1] == few.p_max_t[0, 1] == 0.25
    assert (few.order() == 0).all()


def test_one_model_has_the_rank_of_one():
    found = compare_models(table(m=1), resamples=200)
    assert (found.rank_low.tolist(), found.rank_high.tolist()) == ([1], [1])
    assert np.isnan(found.critical)


def test_one_cluster_decides_nothing():
    found = compare_models(table(m=3), clusters=[0] * 60, resamples=200)
    assert found.groups == 1
    assert (found.order() == 0).all()


@pytest.mark.parametrize("scores", [np.zeros(3), np.zeros((0, 3)), np.zeros((3, 0))])
def test_anything_but_a_table_is_refused(scores):
    with pytest.raises(ValueError, match="table of models"):
        compare_models(scores)


def test_the_same_seed_gives_the_same_bytes():
    one, two = (compare_models(table(), resamples=300, seed=7) for _ in range(2))
    assert one.p_max_t.tobytes() == two.p_max_t.tobytes()
    assert one.likely_low.tobytes() == two.likely_low.tobytes()


def test_gaps_that_lie_the_same_for_all_change_nothing():
    scores = table()
    with_gap = np.insert(scores, 10, np.nan, axis=1)
    one = compare_models(scores, resamples=300)
    two = compare_models(with_gap, resamples=300)
    assert two.p == pytest.approx(one.p, nan_ok=True)
    assert two.groups == one.groups == 60


def test_very_many_items_are_drawn_as_correlated_normals(monkeypatch):
    generator = np.random.default_rng(3)
    scores = (generator.normal(size=(5, 4200)) + generator.normal(size=4200) < 0).astype(float)
    scores[generator.random(scores.shape) < 0.1] = np.nan
    quick = compare_models(scores, resamples=4000)
    monkeypatch.setattr("julja.stats.many._NORMAL", 10**9)
    slow = compare_models(scores, resamples=1000)
    assert quick.p_holm == pytest.approx(slow.p_holm, nan_ok=True)
    assert quick.p_max_t == pytest.approx(slow.p_max_t, abs=0.06, nan_ok=True)
    assert quick.critical == pytest.approx(slow.critical, abs=0.15)

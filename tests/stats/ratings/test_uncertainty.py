"""Intervals cover what they claim, and resamples that leave no rating say so."""

import numpy as np
import pytest

from julja.stats.ratings import components, count_cells, fit, interval_ranks, sum_pairs
from julja.stats.ratings.bootstrap import bootstrap
from julja.stats.ratings.limits import lower_limit
from julja.stats.ratings.ranks import rank_intervals

TRUE = np.array([0.6, 0.2, -0.1, -0.7])
PROMPTS, EACH = 150, 4


def clustered(rng):
    """Battles on prompts, each with a taste of its own, so that its battles go together."""
    taste = rng.normal(0, 1.2, (PROMPTS, 4))
    prompt = np.repeat(np.arange(PROMPTS), EACH)
    a = rng.integers(0, 4, len(prompt))
    b = (a + rng.integers(1, 4, len(prompt))) % 4
    ratings = 1.7 * TRUE + taste
    x = ratings[prompt, a] - ratings[prompt, b]
    outcome = (rng.random(len(prompt)) < 1 / (1 + np.exp(-x))).astype(float)
    return a, b, outcome, prompt


def target():
    """The ratings that Bradley-Terry has for battles without end: the prompts' tastes averaged."""
    rng = np.random.default_rng(999)
    taste = rng.normal(0, 1.2, (400_000, 2))
    a, b, outcome, weight = [], [], [], []
    for i in range(4):
        for j in range(i + 1, 4):
            x = 1.7 * (TRUE[i] - TRUE[j]) + taste[:, 0] - taste[:, 1]
            chance = float((1 / (1 + np.exp(-x))).mean())
            a += [i, i]
            b += [j, j]
            outcome += [1.0, 0.0]
            weight += [chance, 1 - chance]
    arrays = np.array(a), np.array(b), np.array(outcome), np.array(weight)
    return fit(count_cells(*arrays, models=4)).ratings


@pytest.fixture(scope="module")
def coverage():
    """How often each interval of the first rating holds the truth, in 400 worlds."""
    rng, truth, rounds = np.random.default_rng(11), target(), 400
    held = {"cluster": 0, "battle": 0, "bootstrap": 0}
    for _ in range(rounds):
        a, b, outcome, prompt = clustered(rng)
        cells = count_cells(a, b, outcome, models=4)
        by_prompt, by_battle = fit(cells, clusters=prompt), fit(cells)
        gap = np.abs(by_prompt.ratings - truth)
        held["cluster"] += (gap <= 1.976 * by_prompt.stderr).mean()
        held["battle"] += (gap <= 1.96 * by_battle.stderr).mean()
        drawn = bootstrap(cells, by_prompt, 200, rng, clusters=prompt).ratings
        low, high = np.quantile(drawn, [0.025, 0.975], axis=0)
        held["bootstrap"] += ((low <= truth) & (truth <= high)).mean()
    return {name: count / rounds for name, count in held.items()}


def test_intervals_by_cluster_cover(coverage):
    # 400 worlds x 4 ratings: an error of about 0.8 points.
    assert 0.925 <= coverage["cluster"] <= 0.975


def test_bootstraps_of_clusters_cover(coverage):
    assert 0.92 <= coverage["bootstrap"] <= 0.975


def test_battles_taken_for_independent_cover_too_little(coverage):
    assert coverage["battle"] < coverage["cluster"] - 0.02


def test_independent_battles_need_no_clusters():
    rng, rounds, held = np.random.default_rng(3), 400, 0.0
    for _ in range(rounds):
        a = rng.integers(0, 4, 500)
        b = (a + rng.integers(1, 4, 500)) % 4
        win = rng.random(500) < 1 / (1 + np.exp(TRUE[b] - TRUE[a]))
        found = fit(count_cells(a, b, win.astype(float), models=4))
        held += (np.abs(found.ratings - TRUE) <= 1.96 * found.stderr).mean()
    assert 0.93 <= held / rounds <= 0.97


def test_bootstrap_and_sandwich_agree():
    rng = np.random.default_rng(0)
    a, b, outcome, prompt = clustered(rng)
    cells = count_cells(a, b, outcome, models=4)
    for clusters in (None, prompt):
        found = fit(cells, clusters=clusters)
        drawn = bootstrap(cells, found, 1500, rng, clusters=clusters)
        assert drawn.ratings.std(axis=0) == pytest.approx(found.stderr, rel=0.12)


@pytest.mark.parametrize("kind", ["bt", "rao-kupper", "davidson"])
def test_each_resample_is_a_full_fit(kind):
    rng = np.random.default_rng(4)
    a, b = np.array([0, 1, 2, 3] * 30), np.array([1, 2, 3, 0] * 30)
    outcome = rng.integers(0, 3, 120) / 2
    cells = count_cells(a, b, outcome, models=4)
    found = fit(cells, kind)
    drawn = bootstrap(cells, found, 25, np.random.default_rng(7))
    from julja.stats.ratings.bootstrap import draw_counts

    counts = np.concatenate(list(draw_counts(cells, None, 25, np.random.default_rng(7))))
    assert counts.sum(axis=1).tolist() == [120.0] * 25
    for row, times in enumerate(counts):
        i, j = cells.i[cells.pair], cells.j[cells.pair]
        kept = times > 0
        again = fit(count_cells(i[kept], j[kept], cells.share[kept], times[kept], models=4), kind)
        assert drawn.ratings[row] == pytest.approx(again.ratings, abs=1e-7)
        if again.extra is not None:
            assert drawn.extra[row] == pytest.approx(again.extra, abs=1e-7)


def test_the_same_seed_gives_the_same_draws():
    a, b, outcome, _ = clustered(np.random.default_rng(5))
    cells = count_cells(a, b, outcome, models=4)
    found = fit(cells)
    one, two = (bootstrap(cells, found, 20, np.random.default_rng(1)).ratings for _ in range(2))
    assert np.array_equal(one, two)


def test_resamples_without_a_limit_are_infinite_and_not_huge():
    # Model 0 lost once in 8 battles: about a third of the tables drawn anew leave that out.
    a = np.array([0] * 8 + [1] * 20)
    b = np.array([1] * 8 + [2] * 20)
    outcome = np.array([1.0] * 7 + [0.0] + [1.0, 0.0] * 10)
    cells = count_cells(a, b, outcome, models=3)
    drawn = bootstrap(cells, fit(cells), 400, np.random.default_rng(0))
    above = np.isposinf(drawn.ratings[:, 0])
    assert 0.25 < above.mean() < 0.45
    assert drawn.unbounded[0] >= above.sum()
    finite = drawn.ratings[np.isfinite(drawn.ratings)]
    assert np.abs(finite).max() < 6
    # The others keep their place: model 1 and 2 stay near each other in those tables, too.
    rest = drawn.ratings[above & np.isfinite(drawn.ratings[:, 1:]).all(axis=1), 1:]
    assert abs(rest[:, 0] - rest[:, 1]).mean() < 1.0


def test_a_model_left_out_of_a_resample_has_no_rating_there():
    a, b = np.array([0, 0] + [1] * 10), np.array([1, 1] + [2] * 10)
    outcome = np.array([1.0, 0.0] + [1.0, 0.0] * 5)
    cells = count_cells(a, b, outcome, models=3)
    drawn = bootstrap(cells, fit(cells), 300, np.random.default_rng(0))
    # (1 - 2/12)^12 = 11 % of the tables have neither of its two battles.
    assert 0.05 < np.isnan(drawn.ratings[:, 0]).mean() < 0.18


def test_interval_ranks_count_who_is_surely_above():
    low, high = np.array([5.0, 3.0, 1.0, 0.0]), np.array([6.0, 5.5, 2.0, 3.5])
    assert interval_ranks(low, high).tolist() == [1, 1, 3, 2]
    # Ends that touch overlap; an open end is above nothing.
    assert interval_ranks(np.array([2.0, 1.0]), np.array([3.0, 2.0])).tolist() == [1, 1]
    assert interval_ranks(np.array([-np.inf, 1.0]), np.array([np.inf, 2.0])).tolist() == [1, 1]


def test_rank_intervals_are_quantiles_of_ranks():
    draws = np.array([[3.0, 2.0, 1.0]] * 95 + [[1.0, 2.0, 3.0]] * 5)
    low, high = rank_intervals(draws, 0.95)
    assert (low.tolist(), high.tolist()) == ([1, 2, 1], [3, 2, 3])
    low, high = rank_intervals(draws, 0.8)
    assert (low.tolist(), high.tolist()) == ([1, 2, 3], [1, 2, 3])


def test_components_name_who_can_be_compared():
    # 0 and 1 beat each other; 2 beat 0; 3 lost to 1; 4 and 5 met only each other.
    a, b = np.array([0, 1, 2, 3, 4, 5]), np.array([1, 0, 0, 1, 5, 4])
    outcome = np.array([1.0, 1.0, 1.0, 0.0, 1.0, 0.0])
    found = components(sum_pairs(a, b, outcome, models=6))
    assert not found.is_connected
    assert found.core.tolist() == [True, True, False, False, False, False]
    assert found.side.tolist() == [0, 0, 1, -1, 0, 0]
    assert len(set(found.island[:4])) == 1 and found.island[4] != found.island[0]


def test_a_tie_connects_both_ways():
    found = components(sum_pairs(np.array([0]), np.array([1]), np.array([0.5]), models=2))
    assert found.is_connected


def test_the_lower_limit_of_a_model_that_won_all_is_where_its_wins_get_unlikely():
    limit = lower_limit(np.array([0.0, 0.5]), np.ones(2))
    p = 1 / (1 + np.exp(-(limit - np.array([0.0, 0.5]))))
    assert -2 * np.log(p).sum() == pytest.approx(3.841459, abs=1e-5)
    assert lower_limit(np.zeros(50), np.ones(50)) > lower_limit(np.zeros(5), np.ones(5))

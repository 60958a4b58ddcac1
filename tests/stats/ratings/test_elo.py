"""Online Elo, and its bootstrap."""

import numpy as np
import pytest

from julja.stats.ratings.elo import Elo, elo_bootstrap, online_elo


def by_hand(rows, k=4.0, scale=400.0, base=10.0):
    ratings = {}
    for a, b, score in rows:
        one, other = ratings.get(a, 1000.0), ratings.get(b, 1000.0)
        expected = 1 / (1 + base ** ((other - one) / scale))
        ratings[a] = one + k * (score - expected)
        ratings[b] = other - k * (score - expected)
    return ratings


def test_each_battle_moves_both_by_the_same():
    rows = [(0, 1, 1.0), (1, 2, 0.5), (2, 0, 0.0), (0, 1, 0.0)]
    a, b, score = (np.array(column) for column in zip(*rows, strict=True))
    found = online_elo(a, b, score, models=3)
    assert found == pytest.approx([by_hand(rows)[model] for model in range(3)], abs=1e-10)
    assert found.sum() == pytest.approx(3000)


def test_the_order_matters():
    a, b = np.array([0, 0]), np.array([1, 1])
    up = online_elo(a, b, np.array([1.0, 0.0]), models=2)
    down = online_elo(a, b, np.array([0.0, 1.0]), models=2)
    assert up[0] < 1000 < down[0]


def test_k_scale_and_weight():
    found = online_elo(
        np.array([0]),
        np.array([1]),
        np.array([1.0]),
        np.array([3.0]),
        models=2,
        settings=Elo(k=32, initial=0),
    )
    assert found.tolist() == [48.0, -48.0]


def test_a_step_that_runs_away_is_refused():
    many = np.array([0, 1] * 5)
    with pytest.raises(ValueError, match="too large"):
        online_elo(many, 1 - many, np.ones(10), models=2, settings=Elo(k=1e9))


def test_resamples_play_whole_clusters_in_order():
    a, b = np.array([0, 0, 0, 0]), np.array([1, 1, 1, 1])
    score, cluster = np.array([1.0, 1.0, 0.0, 0.0]), np.array([0, 0, 1, 1])
    drawn = elo_bootstrap(
        a, b, score, None, 200, np.random.default_rng(0), models=2, clusters=cluster
    )
    kinds = {
        (0, 2): by_hand([(0, 1, 0.0)] * 4)[0],
        (1, 1): by_hand([(0, 1, s) for s in (1.0, 1.0, 0.0, 0.0)])[0],
        (2, 0): by_hand([(0, 1, 1.0)] * 4)[0],
    }
    found = set(np.round(drawn[:, 0], 9))
    assert found == {round(value, 9) for value in kinds.values()}


def test_resamples_spread_around_the_ratings():
    rng = np.random.default_rng(1)
    a = rng.integers(0, 3, 300)
    b = (a + rng.integers(1, 3, 300)) % 3
    score = (rng.random(300) < 0.5).astype(float)
    whole = online_elo(a, b, score, models=3)
    drawn = elo_bootstrap(a, b, score, None, 300, rng, models=3)
    assert drawn.mean(axis=0) == pytest.approx(whole, abs=4)
    assert (drawn.std(axis=0) > 5).all()

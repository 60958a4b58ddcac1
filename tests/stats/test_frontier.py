"""The frontier of score against cost by brute force, its chance, and HELM's mean win rate."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from julja.stats import many
from julja.stats.frontier import frontier, frontier_chance, mean_win_rate, win_rates

POINTS = st.lists(st.tuples(st.integers(1, 6), st.integers(0, 6)), min_size=1, max_size=12)


def beaten(point, others):
    """True where one of the others is no worse in both, and better in one."""
    cost, score = point
    return any(c <= cost and s >= score and (c, s) != point for c, s in others)


@given(POINTS)
def test_the_staircase_is_what_nobody_beats(points):
    cost, score = (np.array(side, float) for side in zip(*points, strict=True))
    expected = [not beaten(point, points) for point in points]
    assert frontier(cost, score).tolist() == expected


@given(POINTS)
def test_the_hull_is_what_no_mixture_of_two_beats(points):
    cost, score = (np.array(side, float) for side in zip(*points, strict=True))
    stairs, hull = frontier(cost, score), frontier(cost, score, "hull")
    for index, (c, s) in enumerate(points):
        mixed = False
        for one, other in ((a, b) for a in points for b in points if a[0] < c < b[0]):
            share = (c - one[0]) / (other[0] - one[0])
            mixed = mixed or one[1] + share * (other[1] - one[1]) > s + 1e-9
        assert hull[index] == (stairs[index] and not mixed)


def test_an_unknown_cost_is_never_on_the_frontier():
    on = frontier(np.array([np.nan, 1.0]), np.array([0.9, 0.1]))
    assert on.tolist() == [False, True]
    chance = frontier_chance(np.array([np.nan, 1.0]), np.array([[0.9, 0.1], [0.9, 0.2]]))
    assert np.isnan(chance[0]) and chance[1] == 1


@pytest.mark.parametrize("shape", ["staircase", "hull"])
def test_the_chance_is_the_share_of_resamples(shape):
    generator = np.random.default_rng(3)
    cost = generator.integers(1, 5, 6).astype(float)
    draws = generator.random((200, 6))
    chance = frontier_chance(cost, draws, shape)
    one_by_one = np.mean([frontier(cost, row, shape) for row in draws], axis=0)
    assert np.allclose(chance, one_by_one)
    # The same costs as draws are the same thing.
    again = frontier_chance(cost, draws, shape, np.broadcast_to(cost, draws.shape))
    assert np.allclose(chance, again)


def test_a_win_rate_counts_a_tie_as_half():
    # HELM's formula after its issue 2991: of 42 models 15 are below and one is level.
    values = np.array([0.0] * 15 + [0.5, 0.5] + [1.0] * 25)[:, None]
    assert win_rates(values)[15, 0] == pytest.approx(0.378048780487805)


def test_a_model_without_a_score_has_no_part_in_a_column():
    scores = np.array([[0.9, 0.1], [0.5, np.nan], [0.1, 0.9]])
    rate, columns = mean_win_rate(scores)
    assert rate.tolist() == [0.5, 0.5, 0.5]
    assert columns.tolist() == [2, 1, 2]
    lower, _ = mean_win_rate(scores[:, :1], np.array([False]))
    assert lower.tolist() == [0.0, 0.5, 1.0]


@pytest.mark.parametrize("lost", [0.0, 0.05])
def test_very_many_items_give_what_drawing_them_would(monkeypatch, lost):
    generator = np.random.default_rng(5)
    easy = generator.random(4500)
    skill = np.linspace(0.2, 0.4, 6)[:, None]
    scores = (generator.random((6, 4500)) < skill + easy / 2).astype(float)
    scores[generator.random(scores.shape) < lost] = np.nan
    fast = many.compare_models(scores)
    monkeypatch.setattr(many, "_NORMAL", 10**9)
    slow = many.compare_models(scores)
    assert fast.critical == pytest.approx(slow.critical, rel=0.03)
    assert np.allclose(fast.draws.std(axis=0), slow.draws.std(axis=0), rtol=0.08)
    assert np.allclose(fast.draws.mean(axis=0), fast.strength, atol=0.001)
    assert (fast.order() == slow.order()).all()

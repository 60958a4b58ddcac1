"""Planned votes: closed form beside simulation, and the assumptions that go in."""

import math

import numpy as np
import pytest

from julja.arena.plan import POINTS, Wish, assumed, closed_form, plan
from julja.arena.simulate import chances, information, simulate
from julja.errors import ConfigError


def test_two_equal_models_by_hand():
    # Var(S) = 1/4 without ties, p(1-p) = 1/4: V = 4 log-odds, n = 4 (1.96 * 173.72 / 20)^2.
    wish = Wish(half_width=20, ties=0)
    assert closed_form(wish, assumed(wish)) == math.ceil(4 * (1.959964 * POINTS / 20) ** 2)


def test_ties_carry_no_surprise_and_so_narrow_the_interval():
    wish = Wish(half_width=20, ties=0.2)
    none = Wish(half_width=20, ties=0.0)
    one, two = (closed_form(item, assumed(item)) for item in (wish, none))
    assert one == pytest.approx(0.8 * two, abs=1)


def test_m_equal_models_by_hand():
    # 4 (m - 1) (1 - ties) votes for one unit of variance of a difference.
    even = np.full((6, 6), 1 / 15)
    np.fill_diagonal(even, 0)
    one = information(np.zeros(6), 0.1, even)
    assert one[0, 0] + one[1, 1] - 2 * one[0, 1] == pytest.approx(4 * 5 * 0.9)


def test_chances_keep_the_expected_score():
    p, tie = chances(np.array([0.0, 0.3, 3.0]), 0.5)
    assert (p + p.T) == pytest.approx(np.ones((3, 3)))
    assert tie == pytest.approx(tie.T)
    assert ((p - tie / 2) >= -1e-12).all()
    assert tie[0, 1] == pytest.approx(0.5 * 4 * p[0, 1] * p[1, 0])
    # There can't be more ties than both scores leave room for.
    many = chances(np.array([0.0, 0.3]), 0.95)[1]
    assert many[0, 1] == pytest.approx(2 * p[0, 1])


def test_the_win_rate_is_that_of_the_two_in_the_middle():
    truth = assumed(Wish(models=7, win_rate=0.6))
    assert 1 / (1 + math.exp(truth[2] - truth[3])) == pytest.approx(0.6)
    assert assumed(Wish(models=9, half_width=20, spread=80)).std() * POINTS == pytest.approx(80)


def test_simulation_and_closed_form_agree():
    (found,) = plan(Wish(half_width=30, rounds=100)).policies
    assert found.votes == pytest.approx(found.closed_form, rel=0.05)
    assert found.half_width == pytest.approx(30, rel=0.03)
    assert found.range[0] <= found.votes <= found.range[1]
    assert 0.93 <= found.coverage <= 1


def test_the_power_is_what_was_asked_for():
    (found,) = plan(Wish(win_rate=0.6, power=0.9, rounds=400)).policies
    assert found.votes == pytest.approx(found.closed_form, rel=0.12)
    assert found.power == pytest.approx(0.9, abs=0.05)


def test_intervals_cover_under_adaptive_pairing_too():
    found = plan(Wish(models=8, votes=1500, rounds=100, spread=150))
    widest, uniform = (
        next(item for item in found.policies if item.policy == name)
        for name in ("widest", "uniform")
    )
    assert widest.half_width < uniform.half_width
    assert 0.925 <= widest.coverage <= 0.975
    assert 0.925 <= uniform.coverage <= 0.975
    assert (widest.votes, uniform.votes) == (None, None)


def test_shared_prompts_cost_votes():
    plain, shared = (
        plan(Wish(half_width=40, rounds=50, design_effect=effect)).policies[0]
        for effect in (1.0, 2.8)
    )
    assert shared.votes == pytest.approx(2.8 * plain.votes, rel=0.01)
    assert shared.half_width == pytest.approx(plain.half_width)


def test_the_same_seed_gives_the_same_plan():
    wish = Wish(models=4, half_width=60, rounds=20, seed=5)
    assert plan(wish) == plan(wish)
    assert plan(wish).saved == pytest.approx(
        1 - plan(wish).policies[1].votes / plan(wish).policies[0].votes
    )


def test_a_simulated_arena_has_the_votes_that_it_says():
    (last,) = simulate(np.zeros(3), 0.2, "widest", 5, 101, np.random.default_rng(0), first=101)
    assert last.votes == 101
    assert last.ratings.shape == (5, 3)


@pytest.mark.parametrize(
    ("wish", "says"),
    [
        ({}, "say what is wanted"),
        ({"half_width": 20, "votes": 100}, "say what is wanted"),
        ({"half_width": -3}, "--half-width -3"),
        ({"half_width": float("nan")}, "--half-width nan"),
        ({"win_rate": 0.5}, "between 0.501 and 0.999"),
        ({"votes": 100, "models": 1}, "--models 1"),
        ({"votes": 100, "ties": 1}, "--ties 1"),
        ({"votes": 10**9}, "between 10 and 2,000,000"),
        ({"votes": 100, "design_effect": 0.5}, "--design-effect 0.5"),
    ],
)
def test_what_cannot_be_planned_is_refused(wish, says):
    with pytest.raises(ConfigError, match=says):
        Wish(**wish)

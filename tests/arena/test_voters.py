"""Voters unlike the others: found when they are, and seldom when they are not."""

import numpy as np
import pytest

from julja.arena.battles import Battle
from julja.arena.voters import LEAST, against_e_value, judge_voters, side_e_value

STRENGTH = {"a": 1.5, "b": 0.5, "c": -0.5, "d": -1.5}


def votes(voter, n, rng, decide):
    rows = []
    for number in range(n):
        one, two = rng.choice(list(STRENGTH), 2, replace=False)
        p = 1 / (1 + np.exp(STRENGTH[two] - STRENGTH[one]))
        verdict = decide(rng, p)
        rows.append(Battle(f"p{number}", str(one), str(two), verdict, "a", voter))
    return rows


def honest(rng, p):
    return "A>B" if rng.random() < p else "B>A"


def crowd(rng, n=8, each=40):
    return [row for v in range(n) for row in votes(f"h{v}", each, rng, honest)]


def test_the_side_e_value_is_the_jeffreys_mixture():
    # Two votes for the same side: B(5/2, 1/2) / B(1/2, 1/2) = 3/8, times four.
    assert side_e_value(2, 2) == pytest.approx(1.5)
    assert side_e_value(0, 2) == side_e_value(2, 2)
    assert side_e_value(1, 2) == pytest.approx(0.5)


def test_an_e_value_is_one_on_average_for_an_honest_voter():
    # Exactly, over all outcomes of ten fair coins.
    from math import comb

    assert sum(comb(10, k) / 2**10 * side_e_value(k, 10) for k in range(11)) == pytest.approx(1)
    p = np.array([0.7, 0.9])
    found = sum(
        np.where(first, p[0], 1 - p[0])
        * np.where(second, p[1], 1 - p[1])
        * against_e_value(np.array([p[0] if first else 1 - p[0], p[1] if second else 1 - p[1]]))
        for first in (0, 1)
        for second in (0, 1)
    )
    assert found == pytest.approx(1)


def test_honest_voters_are_seldom_flagged():
    rng = np.random.default_rng(0)
    flagged = sum(bool(v.flags) for _ in range(20) for v in judge_voters(crowd(rng)))
    assert flagged <= 4  # of 160


def test_a_voter_of_one_side_is_flagged_and_stays_in():
    rng = np.random.default_rng(1)
    rows = crowd(rng) + votes("left", 20, rng, lambda rng, p: "A>B")
    found = {voter.voter: voter for voter in judge_voters(rows)}
    assert "one side" in found["left"].flags
    assert (found["left"].first, found["left"].decided) == (20, 20)
    assert [v for v in found.values() if v.flags] == [found["left"]]
    assert sum(voter.votes for voter in found.values()) == len(rows)


def test_a_voter_against_all_others_is_flagged():
    rng = np.random.default_rng(2)
    rows = crowd(rng) + votes("spite", 40, rng, lambda rng, p: honest(rng, 1 - p))
    found = {voter.voter: voter for voter in judge_voters(rows)}
    assert found["spite"].flags == ("against the field",)
    assert judge_voters(rows)[0].voter == "spite"


def test_a_voter_who_tosses_coins_is_found_in_time():
    rng = np.random.default_rng(3)
    rows = crowd(rng) + votes("coin", 150, rng, lambda rng, p: honest(rng, 0.5))
    found = {voter.voter: voter for voter in judge_voters(rows)}
    assert "against the field" in found["coin"].flags


def test_few_votes_say_nothing():
    rng = np.random.default_rng(4)
    rows = votes("new", LEAST - 1, rng, lambda rng, p: "A>B")
    rows += votes("ties", 30, rng, lambda rng, p: "A=B")
    found = {voter.voter: voter for voter in judge_voters(rows)}
    assert (found["new"].side, found["new"].against) == (None, None)
    assert (found["ties"].side, found["ties"].ties, found["ties"].flags) == (None, 30, ())


def test_no_votes_have_no_voters():
    assert judge_voters([]) == []

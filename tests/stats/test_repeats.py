"""pass@k, pass^k, G-Pass@k and maj@k against all ways to draw; what repeats do to the error."""

from collections import Counter
from itertools import combinations
from math import comb

import numpy as np
import pytest

from julja.scoring.code import pass_at_k as scored_pass_at_k
from julja.stats.repeats import (
    g_pass_at_k,
    majority_at_k,
    mg_pass_at_k,
    over_tasks,
    pass_at_k,
    pass_hat_k,
    repeat_error,
)
from julja.stats.variance import judge_variance


def drawn(n, c, k):
    """How many are right in each way to draw k of n answers, c of them right."""
    return [sum(one < c for one in way) for way in combinations(range(n), k)]


@pytest.mark.parametrize(("n", "c", "k"), [(5, 2, 1), (6, 3, 4), (8, 8, 3), (8, 0, 3), (7, 1, 7)])
def test_each_measure_is_the_mean_over_all_ways_to_draw(n, c, k):
    ways = np.array(drawn(n, c, k))
    table = np.array([n]), np.array([c])
    assert pass_at_k(*table, k) == pytest.approx(np.mean(ways >= 1))
    assert pass_hat_k(*table, k) == pytest.approx(np.mean(ways == k))
    for tau in (0.25, 0.5, 0.75, 1.0):
        assert g_pass_at_k(*table, k, tau) == pytest.approx(np.mean(ways >= tau * k - 1e-9))


def test_pass_at_k_is_the_one_of_the_scorer():
    n, c = np.array([10, 10, 200, 3]), np.array([0, 7, 13, 1])
    ours = pass_at_k(n, c, 5)
    theirs = [scored_pass_at_k(*pair, 5) for pair in zip(n.tolist(), c.tolist(), strict=True)]
    assert ours[:3] == pytest.approx(theirs[:3])
    assert (np.isnan(ours[3]), theirs[3]) == (True, None)


def test_pass_hat_k_is_tau_benchs_ratio_of_ways():
    assert pass_hat_k(np.array([8]), np.array([6]), 4) == pytest.approx(comb(6, 4) / comb(8, 4))


def test_a_share_that_is_whole_but_for_rounding():
    # .7 * 10 is a little more than 7 in binary.
    found = g_pass_at_k(np.array([10]), np.array([7]), 10, 0.7)
    assert found == pytest.approx(1.0)


@pytest.mark.parametrize("k", [1, 2, 5, 8, 16])
def test_mg_pass_is_the_sum_of_its_equation(k):
    n, c = np.array([48, 48, 48]), np.array([48, 30, 5])
    expected = sum(g_pass_at_k(n, c, k, i / k) for i in range(int(np.ceil(k / 2)) + 1, k + 1))
    assert mg_pass_at_k(n, c, k) == pytest.approx(np.zeros(3) + 2 / k * expected)


def test_fewer_answers_than_k_have_no_value():
    n, c = np.array([3, 4]), np.array([3, 4])
    for found in (pass_at_k(n, c, 4), pass_hat_k(n, c, 4), mg_pass_at_k(n, c, 4)):
        assert np.isnan(found).tolist() == [True, False]


@pytest.mark.parametrize(
    "call",
    [
        lambda: pass_at_k(np.array([3]), np.array([4]), 1),
        lambda: pass_at_k(np.array([3]), np.array([1]), 0),
        lambda: g_pass_at_k(np.array([3]), np.array([1]), 2, 0.0),
        lambda: g_pass_at_k(np.array([3]), np.array([1]), 2, 1.5),
        lambda: majority_at_k(1, [1], 0),
        lambda: majority_at_k(1001, [], 1),
    ],
)
def test_impossible_counts_are_refused(call):
    with pytest.raises(ValueError, match=r"at least|between|tau"):
        call()


def by_hand(right, wrong, silent, k):
    answers = ["right"] * right + ["none"] * silent
    answers += [f"w{kind}" for kind, count in enumerate(wrong) for _ in range(count)]
    won = []
    for way in combinations(answers, k):
        votes = Counter(answer for answer in way if answer != "none")
        top = [answer for answer in votes if votes[answer] == max(votes.values())]
        won.append(("right" in top) / max(len(top), 1))
    return np.mean(won)


@pytest.mark.parametrize(
    ("right", "wrong", "silent"),
    [(3, [2, 1], 0), (2, [2, 2], 1), (0, [3], 2), (4, [], 3), (1, [1, 1, 1, 1], 2), (3, [4, 1], 2)],
)
@pytest.mark.parametrize("k", [1, 2, 3, 4, 5])
def test_the_majority_is_the_mean_over_all_ways_to_draw(right, wrong, silent, k):
    expected = by_hand(right, wrong, silent, k)
    assert majority_at_k(right, wrong, k, silent=silent) == pytest.approx(expected)


def test_the_majority_of_one_is_the_share_of_right_answers():
    assert majority_at_k(30, [20, 14], 1) == pytest.approx(30 / 64)
    assert majority_at_k(30, [20, 14], 64) == 1.0
    assert majority_at_k(20, [30, 14], 64) == 0.0


def test_the_majority_of_many_answers_is_quick_and_close_to_draws():
    generator = np.random.default_rng(0)
    wrong = [40, 30, 10] + [1] * 60
    answers = np.repeat(np.arange(1 + len(wrong)), [60, *wrong])
    won = []
    for _ in range(3000):
        votes = np.bincount(generator.permutation(answers)[:32], minlength=1 + len(wrong))
        top = np.flatnonzero(votes == votes.max())
        won.append((top[0] == 0) / len(top))
    assert majority_at_k(60, wrong, 32) == pytest.approx(np.mean(won), abs=0.025)


def test_over_tasks_counts_those_without_a_value():
    n, c = np.array([4, 4, 2, 4]), np.array([4, 0, 2, 2])
    found = over_tasks("pass^3", pass_hat_k(n, c, 3))
    assert (found.value, found.n) == (pytest.approx(1 / 3), 3)
    assert found.bounds == pytest.approx((0.25, 0.5))
    none = over_tasks("pass^9", pass_hat_k(n, c, 9))
    assert (none.value, none.n, none.bounds) == (None, 0, (0.0, 1.0))


def test_over_tasks_with_clusters():
    values = np.array([1, 1, 0.5, np.nan, 0, 0.2])
    found = over_tasks("pass@2", values, clusters=["a", "a", "b", "b", "c", "c"])
    assert (found.method, found.n) == ("clustered", 5)


def test_the_two_errors_answer_two_questions():
    generator = np.random.default_rng(1)
    items, repeats = 60, 5
    skill = generator.beta(1, 1, items)
    means = (generator.random((4000, items, repeats)) < skill[:, None]).mean(axis=(1, 2))
    found = [
        repeat_error((generator.random((items, repeats)) < skill[:, None]).astype(float)).rerun
        for _ in range(200)
    ]
    assert np.sqrt(np.mean(np.square(found))) == pytest.approx(means.std(), rel=0.04)


def test_new_items_are_the_error_of_the_items_means():
    values = np.random.default_rng(2).random((20, 3))
    found = repeat_error(values)
    means = values.mean(axis=1)
    assert found.value == pytest.approx(means.mean())
    assert found.new_items == pytest.approx(means.std(ddof=1) / np.sqrt(20))
    assert found.within == pytest.approx(judge_variance(values, resamples=2).within)
    assert found.rerun == pytest.approx(np.sqrt(found.within / 3 / 20))


def test_repeats_with_gaps():
    values = np.array([[1.0, 0.0], [1.0, np.nan], [np.nan, np.nan]])
    found = repeat_error(values)
    assert (found.items, found.scores, found.within) == (2, 3, 0.5)
    assert found.rerun == pytest.approx(np.sqrt(0.25 + 0.5) / 2)
    assert repeat_error(np.full((2, 2), np.nan)) is None
    single = repeat_error(np.array([[1.0], [0.0]]))
    assert (single.rerun, single.within) == (None, None)
    assert repeat_error(np.array([[1.0, 0.0]])).new_items is None

"""WB-Score and WB-Reward by their definitions."""

import numpy as np
import pytest

from julja.stats.wildbench import TASK_WEIGHTS, task_macro, wb_reward, wb_score


def test_a_rating_of_five_is_nothing():
    assert wb_score(np.array([5.0, 5.0])) == 0
    assert (wb_score(np.array([1.0])), wb_score(np.array([10.0]))) == (-8, 10)


def test_verdicts_are_worth_hundred_fifty_or_nothing():
    assert wb_reward(np.array([2, 1, 0, -1, -2])).tolist() == [100, 50, 0, -50, -100]
    with pytest.raises(ValueError, match="-2, -1, 0, 1 or 2"):
        wb_reward(np.array([3.0]))


def test_a_slight_win_by_a_much_longer_answer_is_a_tie_for_either():
    verdict = np.array([1.0, 1.0, 2.0, -1.0, -1.0, -2.0])
    shorter = np.array([-501.0, -500.0, -900.0, 501.0, -501.0, 900.0])
    assert wb_reward(verdict, shorter, 500).tolist() == [0, 50, 100, 0, -50, -100]
    with pytest.raises(ValueError, match="needs the lengths"):
        wb_reward(verdict, margin=500)


def test_tasks_weigh_as_the_leaderboard_weighs_them():
    member = np.zeros((5, 4), bool)
    member[0, :2] = member[4, 1:3] = True
    value = np.array([10.0, 20.0, 30.0, 99.0])
    weight = np.array(list(TASK_WEIGHTS.values()))
    assert task_macro(value, member, weight) == pytest.approx((15 * 1.25 + 25 * 0.5) / 1.75)
    with pytest.raises(ValueError, match="no sample"):
        task_macro(value, np.zeros((5, 4), bool), weight)

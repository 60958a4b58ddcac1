"""WildBench's two numbers: WB-Score from ratings of 1 to 10, WB-Reward from five-point verdicts.

Lin et al., "WildBench", 2024 (arXiv 2406.04770), sections 4.1 and 4.2; the weights of the tasks
are those of its leaderboard (allenai/WildBench, leaderboard/data_dir/_create_tables.py, 1c8615b).
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from julja.stats.intervals import Floats

TASK_WEIGHTS: Mapping[str, float] = {
    "Coding & Debugging": 1.25,
    "Planning & Reasoning": 1.25,
    "Math & Data Analysis": 1.0,
    "Information/Advice seeking": 0.75,
    "Creative Tasks": 0.5,
}
# Characters: the margin that the leaderboard shows first.
LENGTH_MARGIN = 500
_MUCH, _SLIGHTLY = 2, 1


def wb_score(rating: Floats) -> float:
    """(mean rating - 5) x 2: a 5 counts as no help at all, so that -8 to 10 is the range.

    >>> wb_score(np.array([7.0, 8.0]))
    5.0
    """
    return (float(np.mean(rating)) - 5) * 2


def wb_reward(
    verdict: Floats, length_difference: Floats | None = None, margin: float | None = None
) -> Floats:
    """Rewards (n,) of -100, -50, 0, 50 or 100; WB-Reward is their mean, over references too.

    `verdict` (n,) is 2 or -2 where the model is much better or worse than the reference, 1 or -1
    where slightly so, 0 for a tie. With a `margin`, a slight win (of either) counts as a tie where
    the winner's answer is more than so many characters longer; `length_difference` (n,) is the
    length of the reference's answer minus the model's.

    >>> wb_reward(np.array([2.0, 1.0, 1.0]), np.array([-900.0, -100.0, -900.0]), 500).tolist()
    [100.0, 50.0, 0.0]
    """
    if not np.isin(verdict, (-_MUCH, -_SLIGHTLY, 0, _SLIGHTLY, _MUCH)).all():
        raise ValueError("a verdict of WildBench is -2, -1, 0, 1 or 2")
    reward = verdict * 50.0
    if margin is None:
        return reward
    if length_difference is None:
        raise ValueError("a length margin needs the lengths")
    longer: NDArray[np.bool_] = -np.sign(verdict) * length_difference > margin
    found: Floats = np.where((np.abs(verdict) == _SLIGHTLY) & longer, 0.0, reward)
    return found


def task_macro(value: Floats, member: NDArray[np.bool_], weight: Floats) -> float:
    """The weighted mean of the tasks' own means.

    `value` is (n,), `member` (tasks, n) says what belongs to which, `weight` is (tasks,). A sample
    may belong to several tasks; a task without any is left out, and its weight too.
    """
    count = member.sum(axis=1)
    kept = count > 0
    if not kept.any():
        raise ValueError("no sample belongs to any task")
    means = member[kept] @ value / count[kept]
    return float(weight[kept] @ means / weight[kept].sum())

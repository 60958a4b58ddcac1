"""Models share a letter if and only if they aren't separated; rank intervals follow from that."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from julja.stats.rank_sets import bootstrap_ranks, letters, simultaneous_ranks, tie_groups


@st.composite
def orders(draw):
    """Any table of decisions, also ones that follow no line."""
    m = draw(st.integers(1, 7))
    cells = draw(st.lists(st.sampled_from([-1, 0, 0, 1]), min_size=m * m, max_size=m * m))
    above = np.triu(np.array(cells, np.int8).reshape(m, m), 1)
    return above - above.T


@given(orders())
def test_two_models_share_a_letter_if_and_only_if_they_are_not_separated(order):
    groups = tie_groups(order)
    names = letters(groups, len(order))
    for one in range(len(order)):
        for two in range(len(order)):
            shared = bool(set(names[one]) & set(names[two]))
            assert shared == (order[one, two] == 0)


@given(orders())
def test_no_group_lies_within_another(order):
    groups = [set(group) for group in tie_groups(order)]
    assert not any(a < b for a in groups for b in groups)
    assert len({frozenset(group) for group in groups}) == len(groups)


@given(orders())
def test_a_rank_interval_leaves_room_for_all_that_are_not_separated(order):
    low, high = simultaneous_ranks(order)
    assert ((low >= 1) & (low <= high) & (high <= len(order))).all()
    assert (high - low == (order == 0).sum(axis=1) - 1).all()


def test_the_best_group_has_the_letter_a():
    values = np.array([0.2, 0.9, 0.85, 0.5])
    gap = values[:, None] - values[None, :]
    order = np.where(np.abs(gap) > 0.32, np.sign(gap), 0).astype(np.int8)
    groups = tie_groups(order, values)
    assert groups == ((1, 2), (3, 0))
    assert letters(groups, 4) == ["b", "a", "a", "b"]


def test_overlapping_groups():
    # Piepho (2004): a middle treatment that is separated from neither end has both letters.
    order = np.array([[0, 0, 1], [0, 0, 0], [-1, 0, 0]], np.int8)
    assert letters(tie_groups(order), 3) == ["a", "ab", "b"]


def test_letters_do_not_run_out():
    order = np.where(np.eye(60, dtype=bool), 0, 1)
    order = (np.triu(order) - np.tril(order)).astype(np.int8)
    names = letters(tie_groups(order), 60)
    assert len(set(names)) == 60
    assert (names[25], names[26], names[52]) == ("z", "A", "a1")


def test_no_models_have_no_groups():
    assert tie_groups(np.zeros((0, 0), np.int8)) == ()


def test_bootstrap_ranks_are_percentiles_of_the_drawn_ranks():
    draws = np.array([[3.0, 2, 1]] * 98 + [[1.0, 2, 3]] * 2)
    low, high = bootstrap_ranks(draws, 0.95)
    assert (low.tolist(), high.tolist()) == ([1, 2, 3], [1, 2, 3])
    low, high = bootstrap_ranks(draws, 0.98)
    assert (low.tolist(), high.tolist()) == ([1, 2, 1], [3, 2, 3])


@pytest.mark.parametrize("m", [2, 5])
def test_without_separation_all_ranks_are_open(m):
    low, high = simultaneous_ranks(np.zeros((m, m), np.int8))
    assert (low.tolist(), high.tolist()) == ([1] * m, [m] * m)

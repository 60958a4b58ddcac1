"""Letters are read out of a list of likely first tokens."""

import math

import pytest

from julja.models.letters import letter_choices


def test_a_letter_with_and_without_a_space_is_one_answer() -> None:
    top = [(" A", math.log(0.5)), ("A", math.log(0.25)), ("▁B", math.log(0.125))]
    a, b, c = letter_choices(top, ["A", "B", "C"])
    assert (a.text, b.text, c.text) == ("A", "B", "C")
    assert math.exp(a.loglikelihood) == pytest.approx(0.75)
    assert math.exp(b.loglikelihood) == pytest.approx(0.125)
    assert c.loglikelihood == -math.inf
    assert (a.greedy, b.greedy, c.greedy) == (True, False, False)
    assert a.tokens == 1


def test_case_counts_and_longer_tokens_are_other_answers() -> None:
    choices = letter_choices([("a", -0.1), ("Apple", -0.2), ("(A", -0.3)], ["A", "B"])
    assert [c.loglikelihood for c in choices] == [-math.inf, -math.inf]


def test_a_token_listed_twice_counts_once() -> None:
    (a,) = letter_choices([("A", -0.5), ("A", -0.5)], ["A"])
    assert a.loglikelihood == -0.5


def test_an_empty_list_gives_no_letter_any_probability() -> None:
    (a,) = letter_choices([], ["A"])
    assert (a.loglikelihood, a.greedy) == (-math.inf, False)

"""SQuAD's exact match and F1, in both versions of the official script."""

import pytest

from julja.scoring import text


def test_normalisation_drops_case_punctuation_articles_and_spaces() -> None:
    assert text.normalise_answer("  The  U.S. President's, house ") == "us presidents house"
    # Punctuation goes first: what was "a-b" is one word, and no article is left in it.
    assert text.normalise_answer("a-b, an apple") == "ab apple"
    assert text.normalise_answer("Theatre") == "theatre"


def test_only_ascii_punctuation_goes() -> None:
    assert text.normalise_answer("‘x’ – y") == "‘x’ – y"


def test_exact_match() -> None:
    assert text.exact_match("the Broncos!", "Broncos") == 1.0
    assert text.exact_match("Broncos", "Denver Broncos") == 0.0


@pytest.mark.parametrize(
    ("response", "reference", "value"),
    [
        ("Denver Broncos", "Broncos", 2 / 3),
        ("one one two", "one two two", 2 / 3),
        ("red", "blue", 0.0),
        ("in the north sea", "the North Sea coast", 0.6666666666666666),
    ],
)
def test_f1_counts_words_as_often_as_they_occur(
    response: str, reference: str, value: float
) -> None:
    assert text.token_f1(response, reference) == value


def test_two_empty_answers_differ_between_the_versions() -> None:
    assert text.token_f1("the", "") == 0.0
    assert text.token_f1("the", "", both_empty=1.0) == 1.0
    assert text.token_f1("x", "", both_empty=1.0) == 0.0
    assert text.token_f1("", "x", both_empty=1.0) == 0.0


def test_the_nearest_reference_counts() -> None:
    assert text.best_exact_match("b", ["a b c", "b"]) == 1.0
    assert text.best_token_f1("Denver", ["Denver Broncos", "Broncos"]) == 2 / 3


def test_references_without_words_mean_no_answer() -> None:
    assert text.answerable_references(["the", "Rollo"]) == ("Rollo",)
    assert text.answerable_references(["the", "..."]) == ("",)
    assert text.answerable_references([]) == ("",)

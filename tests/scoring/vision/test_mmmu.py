"""MMMU's reading of letters, words and numbers; nothing is drawn unless it is asked for."""

import pytest

from julja.errors import ConfigError
from julja.scoring.vision.mmmu import mmmu_answer, normalise, read_open, read_option, read_pro
from julja.types import Response, Sample

OPTIONS = ("a nucleus", "a wall", "a mitochondrion", "a vacuole")


@pytest.mark.parametrize(
    ("text", "letter"),
    [
        ("B", "B"),
        ("(B).", "B"),
        ("Not (A) but (C)", "C"),
        ("A or B", "B"),
        ("A, since (D) is wrong", "D"),
        ("I think that it is a wall", "B"),
        ("a wall", None),
        ("It is a wall and then perhaps a vacuole", "D"),
        ("I do not know what this could be", None),
        ("E", None),
        ("", None),
    ],
)
def test_the_last_of_the_plainest_form_counts(text, letter):
    assert read_option(text, OPTIONS) == letter


@pytest.mark.parametrize(
    ("text", "letter"),
    [
        ("Some words.\nAnswer: B", "B"),
        ("Answer: A or B", "B"),
        ("The choice is D.", "D"),
        ("C. a mitochondrion", "C"),
        ("Answer: none", None),
        ("Answer: (C)\nAnswer: D", "D"),
    ],
)
def test_mmmu_pro_reads_the_line_of_the_answer_first(text, letter):
    assert read_pro(text, OPTIONS) == letter


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("So the answer is 1,234.567 m", ["1,234.567 m", 1.0, 234.57, 0.57]),
        ("x = 2", [2.0]),
        ("Transformation", ["transformation"]),
        ("A", [" a", "a "]),
    ],
)
def test_an_open_answer_says_its_phrases_and_numbers(text, said):
    found = read_open(text)
    assert found[: len(said[:1])] == said[:1]
    assert set(found) <= set(said) | {1234.57, 1234.0, 567.0}


def test_numbers_have_two_decimals():
    assert normalise(" 1,234.567 ") == [1234.57]


@pytest.mark.parametrize(
    ("target", "text", "right"),
    [
        (("2.83",), "the current is 2.829 A", 1.0),
        (("2.83",), "2.9", 0.0),
        (("24/7", "3.429"), "so x = 3.43", 1.0),
        (("Tampa", "Florida"), "It is tampa bay", 1.0),
        (("C",), "it is c", 1.0),
        (("C",), "abc", 0.0),
    ],
)
def test_an_open_answer_fits_one_of_the_targets(target, text, right):
    sample = Sample("x", "?", target=target, fields={"question_type": "open"})
    assert mmmu_answer()(sample, Response(text)).values["acc"] == right


def test_no_option_is_wrong_unless_one_may_be_drawn():
    samples = [Sample(f"s{n}", "?", target=("A",), choices=OPTIONS) for n in range(400)]
    silent = Response("no idea")
    strict, drawing = mmmu_answer(), mmmu_answer(fallback="random")
    assert {strict(s, silent).state for s in samples} == {"unparsed"}
    drawn = [drawing(s, silent).values["acc"] for s in samples]
    assert 0.19 < sum(drawn) / 400 < 0.31
    assert drawn == [drawing(s, silent).values["acc"] for s in samples]
    assert drawing.args == {"pro": False, "fallback": "random"}


def test_an_unknown_fallback_is_refused():
    with pytest.raises(ConfigError, match="fallback=first"):
        mmmu_answer(fallback="first")


def test_a_key_without_options_still_reads_letters():
    sample = Sample("x", "?", target=("E",), fields={"question_type": "multiple-choice"})
    assert mmmu_answer()(sample, Response("E")).values["acc"] == 1.0
    assert mmmu_answer()(sample, Response("It is all of the many words here")).state == "unparsed"


def test_mmmu_pro_takes_the_word_i_for_the_ninth_option_as_officially():
    ten = tuple(f"thing {n}" for n in range(10))
    assert read_pro("Sorry, I can't.", ten) == "I"
    assert read_pro("Sorry, I can't.", ten[:4]) is None

"""VQA accuracy: leave-one-out over places, and the official normalisation."""

import pytest

from julja.errors import ScoringError
from julja.scoring.vision.vqa import accuracy, normalise, vqa_accuracy
from julja.types import Response, Sample

SCORER = vqa_accuracy()


@pytest.mark.parametrize(
    ("matches", "expected"), [(0, 0.0), (1, 0.3), (2, 0.6), (3, 0.9), (4, 1.0), (10, 1.0)]
)
def test_one_annotator_is_left_out_at_a_time(matches, expected):
    answers = ["cat"] * matches + [f"thing {n}" for n in range(10 - matches)]
    assert accuracy("cat", answers) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The Two dogs.", "2 dogs"),
        ("none", "0"),
        ("1,000 people", "1000 people"),
        ("red/white", "red white"),
        ("red / white", "red white"),
        ("3.5 m.", "3.5 m"),
        ("dont", "don't"),
        ("couldntve", "couldntve"),
        ("couldnt've", "couldn't've"),
        ("somebody'd", "somebodyd"),
        ("a\tb\nc", "b c"),
        ("새 한 마리!", "새 한 마리"),
    ],
)
def test_words_are_normalised_as_officially(text, expected):
    assert normalise(text) == expected


def test_at_most_32_periods_are_taken_away():
    assert normalise("a." * 40) == "a" * 32 + "a." * 8


def test_nothing_is_normalised_where_all_annotators_agree():
    assert accuracy("Yes", ["yes"] * 10) == 0.0
    assert accuracy("Yes", ["yes"] * 9 + ["no"]) == 1.0


def test_an_empty_answer_is_unparsed_and_no_answers_are_an_error():
    assert SCORER(Sample("1", "?", target=("yes",)), Response(" \n")).state == "unparsed"
    with pytest.raises(ScoringError, match="no answers of annotators"):
        SCORER(Sample("1", "?"), Response("yes"))

"""ANLS: similarity of one half and above, to the nearest answer."""

import random
from functools import cache

import pytest

from julja.errors import ScoringError
from julja.scoring.vision.anls import anls, anls_score, distance
from julja.types import Response, Sample


def naive(one, other):
    @cache
    def of(i, j):
        if min(i, j) == 0:
            return max(i, j)
        changed = of(i - 1, j - 1) + (one[i - 1] != other[j - 1])
        return min(changed, of(i - 1, j) + 1, of(i, j - 1) + 1)

    return of(len(one), len(other))


def test_the_distance_is_levenshteins():
    rng = random.Random(7)
    for _ in range(300):
        one, other = ("".join(rng.choices("abc", k=rng.randrange(8))) for _ in range(2))
        assert distance(one, other) == naive(one, other)


@pytest.mark.parametrize(
    ("given", "answers", "expected"),
    [
        ("0.28", ["0.28"], 1.0),
        ("hello", ["HELLO"], 1.0),
        ("helo", ["hello", "xx"], 0.8),
        ("ab", ["ax"], 0.0),
        ("abc", ["abx"], 2 / 3),
        ("한국어", ["한국"], 2 / 3),
        ("a  b", ["a b"], 1.0),
    ],
)
def test_the_nearest_answer_counts_above_one_half(given, answers, expected):
    assert anls(given, answers) == pytest.approx(expected)


def test_an_empty_answer_is_unparsed_and_no_answers_are_an_error():
    assert anls_score()(Sample("1", "?", target=("x",)), Response(" ")).state == "unparsed"
    with pytest.raises(ScoringError, match="no answer to compare with"):
        anls_score()(Sample("1", "?"), Response("x"))

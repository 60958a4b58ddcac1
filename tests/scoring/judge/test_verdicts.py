"""Verdicts are read from the judge's own words, by a chain; what can't be read is None."""

import pytest

from julja.scoring.judge.verdicts import (
    ARENA_HARD_V01,
    ARENA_HARD_V2,
    MT_BENCH,
    WILDBENCH_PAIR,
    WILDBENCH_SCORE,
    comparison,
    rating,
    yes_no,
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Fine. Rating: [[7]]", 7.0),
        ("First I thought [[3]], but no: [[8]]", 8.0),
        ("[[7.5]]", 7.5),
        ("[[ 7 / 10 ]]", 7.0),
        ('{"reason": "good", "score": 6}', 6.0),
        ("**Score:** 9", 9.0),
        ("점수: 4", 4.0),
        ("评分：5", 5.0),
        ("I would give it 6/10.", 6.0),
        ("8 out of 10", 8.0),
        ("  3 ", 3.0),
        ("[[11]]", None),
        ("[[0]]", None),
        ("It has 3 errors in 2 lines", None),
        ("no idea", None),
        ("", None),
    ],
)
def test_ratings(text, value):
    assert rating(text, 1, 10) == value


def test_mt_bench_takes_the_first_double_bracket_else_the_first_single_one():
    assert rating("[1] says so. Rating: [[7]] not [[9]]", 1, 10, MT_BENCH) == 7
    assert rating("I rate it [4] or [5]", 1, 10, MT_BENCH) == 4
    assert rating("Rating: 7", 1, 10, MT_BENCH) is None


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("My final verdict is: [[A>>B]]", "A>>B"),
        ("[[B > A]]", "B>A"),
        ("[[A<B]]", "B>A"),
        ("[[B<<A]]", "A>>B"),
        ("[[C]]", "A=B"),
        ("[[a]]", "A>B"),
        ("[A=B]", "A=B"),
        ("Verdict: Assistant B", "B>A"),
        ('{"choice": "A++"}', "A>>B"),
        ("tie", "A=B"),
        ("A", "A>B"),
        ("Answer A is good and answer B is good", None),
        ("[[D]]", None),
    ],
)
def test_comparisons(text, label):
    assert comparison(text) == label


def test_arena_hard_takes_one_label_in_its_first_release_and_the_last_in_its_second():
    twice = "[[A>B]] ... so: [[A>B]]"
    torn = "[[A>B]] or rather [[B>A]]"
    assert comparison(twice, ARENA_HARD_V01) == comparison(twice, ARENA_HARD_V2) == "A>B"
    assert comparison(torn, ARENA_HARD_V01) is None
    assert comparison(torn, ARENA_HARD_V2) == "B>A"
    assert comparison("final: [B>>A]", ARENA_HARD_V01) is None
    assert comparison("final: [b>>a]", ARENA_HARD_V2) == "B>>A"
    assert comparison("[[A>B>>]]", ARENA_HARD_V2) is None


def test_wildbench_reads_json_that_judges_write_badly():
    assert rating('```json\n{"strengths": "x",\n "score": "8",}\n```', 1, 10, WILDBENCH_SCORE) == 8
    assert rating('{"weaknesses": "it says "no" twice", "score": "2"}', 1, 10, WILDBENCH_SCORE) == 2
    assert comparison('{"analysis of A": "a", "choice": "B+"}', WILDBENCH_PAIR) == "B>A"
    assert comparison("I choose B+", WILDBENCH_PAIR) is None


@pytest.mark.parametrize(
    ("text", "met"),
    [("so [[yes]]", True), ("[[NO]]", False), ("Yes, it does.", True), ("예", True), ("hm", None)],
)
def test_yes_and_no(text, met):
    assert yes_no(text) is met

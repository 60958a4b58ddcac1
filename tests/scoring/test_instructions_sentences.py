"""Sentence and word counting as the official checker does it."""

import time

import pytest

from julja.scoring.instructions.sentences import count_sentences, split_sentences, split_words


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("", []),
        (" \n ", []),
        ("no end", ["no end"]),
        ("One. Two! Three?", ["One.", "Two!", "Three?"]),
        ("A heading\n\nA line. And more", ["A heading\n\nA line.", "And more"]),
        ("He said: “Go.” Then left.", ["He said: “Go.” Then left."]),
        ('He said "Go!" Then left.', ['He said "Go!"', "Then left."]),
        ("(In brackets.) Outside.", ["(In brackets.)", "Outside."]),
        ("Stop!!! Really?! Yes.", ["Stop!!!", "Really?!", "Yes."]),
        ("*Bold end.* More.", ["*Bold end.", "* More."]),
        ("Mr. Smith met Dr. Jones at 3.5 p.m. today.", None),
        ("It cost $3.50. Cheap.", ["It cost $3.50.", "Cheap."]),
        ("1. First\n2. Second", ["1.", "First\n2.", "Second"]),
        ("1. first\n2. second", None),
        ("Wait... what", None),
        ("Wait... But why", ["Wait...", "But why"]),
        ("Acme Inc. The shop", ["Acme Inc.", "The shop"]),
        ("Acme Inc. Zurich", None),
        ("J. K. Rowling wrote it.", None),
        ("A. Introduction\nB. Overview", ["A.", "Introduction\nB. Overview"]),
        ("See example.com or v1.2.3 now", None),
        ("終わり。次。", None),
    ],
)
def test_split_sentences(text: str, sentences: list[str] | None) -> None:
    assert split_sentences(text) == ([text] if sentences is None else sentences)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("NASA's plan", ["NASA", "'s", "plan"]),
        ("DON'T STOP", ["DO", "N'T", "STOP"]),
        ("I'm, I'll (I've)", ["I", "'m", "I", "'ll", "I", "'ve"]),
        ("It’s", ["It", "s"]),
        ("CANNOT GONNA", ["CAN", "NOT", "GON", "NA"]),
        ("well-known A/B 'QUOTED'", ["well-known", "A/B", "QUOTED", "'"]),
        ("3,000 AND: 10:30, OK", ["3,000", "AND", "10:30", "OK"]),
        ("**BIG**--SMALL...END", ["BIG", "SMALL", "END"]),
    ],
)
def test_split_words(text: str, words: list[str]) -> None:
    assert split_words(text) == words


@pytest.mark.parametrize(
    "unit", [".", "!", "a.", "'", '"', "--", "* ", "[", "x. ", ",", "n't ", "\n", " ", "(a.) "]
)
def test_time_grows_with_the_length_not_with_its_square(unit: str) -> None:
    started = time.perf_counter()
    count_sentences(unit * 20_000)
    split_words(unit * 20_000)
    assert time.perf_counter() - started < 3

"""Answers that are mathematically the same are equal; nothing hangs and nothing else is."""

import time

import pytest

from julja.errors import ScoringError
from julja.scoring import maths as module
from julja.scoring.maths import final_answer, maths, normalise, same
from julja.types import Response, Sample


@pytest.mark.parametrize(
    ("answer", "target"),
    [
        (r"\dfrac{1}{2}", "0.5"),
        (r"\frac12", r"\frac{1}{2}"),
        ("1/2", r"\frac{1}{2}"),
        ("x = 5", "5"),
        (r"10{,}000", "10000"),
        (r"\left( 3, \frac{\pi}{2} \right)", r"(3,\pi/2)"),
        (r"90^\circ", "90"),
        (r"5 \text{ cm}", "5"),
        (r"\text{Evelyn}", "Evelyn"),
        (r"\$32.50", "32.50"),
        ("2x + 1", "1 + 2x"),
        (r"\{1, 2\}", r"\{2, 1\}"),
        (r"\sqrt{2}+1", r"1+\sqrt2"),
        (".5", "0.5"),
        ("18.00", "18"),
    ],
)
def test_the_same(answer, target):
    assert same(answer, target)[0]


@pytest.mark.parametrize(
    ("answer", "target"),
    [
        (r"\frac{1}{3}", r"\frac{1}{2}"),
        ("(3, 0)", "(0, 3)"),
        ("2x", "x^2"),
        ("-5", "5"),
        ("1.5", "15"),
        ("", "0"),
        (r"\frac{", "1"),
        ("[0, 1)", "[0, 1]"),
    ],
)
def test_not_the_same(answer, target):
    assert not same(answer, target)[0]


def test_the_final_answer_and_its_place():
    text = r"First \boxed{1}, no: \boxed{\frac{1}{\sqrt{2}}}. Done."
    found = final_answer(text)
    assert found.text == r"\frac{1}{\sqrt{2}}"
    assert text[slice(*found.span)] == found.text
    said = "So the final answer is: $42$."
    found = final_answer(said)
    assert found.text == "42"
    assert said[slice(*found.span)] == "42"
    assert final_answer("   ") is None


def test_what_takes_too_long_is_not_equal_and_the_next_question_is_answered():
    began = time.monotonic()
    equal, why = same("9^{9^{9^{9}}}", "8^{8^{8^{8^{8}}}}", timeout_s=0.5)
    assert not equal
    assert time.monotonic() - began < 30
    assert why is None or "0.5 s" in why or "Error" in why
    assert same(r"\frac{2}{4}", r"\frac{1}{2}")[0]


def test_a_process_that_dies_is_started_anew():
    assert same("2y", "y+y")[0]
    module._worker._process.kill()
    assert same("3y", "y+y+y")[0]


def test_a_process_that_always_dies_is_a_scoring_error(monkeypatch):
    def die(*_):
        raise EOFError

    module._worker.stop()
    monkeypatch.setattr(module._worker, "_exchange", die)
    with pytest.raises(ScoringError, match="ends its process"):
        same("2y", "y+y")


def test_no_answer_is_unparsed():
    score = maths()(Sample("x", "?", ("1",)), Response("  "))
    assert (score.state, score.values) == ("unparsed", {"acc": 0.0})


def test_no_target_is_an_error():
    with pytest.raises(ScoringError, match="no target"):
        maths()(Sample("x", "?"), Response("1"))


def test_normalising_twice_changes_nothing():
    for text in (r"\dfrac12", "x = 5", r"10,\!000 \text{ m}", r"\sqrt2", ".5"):
        assert normalise(normalise(text)) == normalise(text)

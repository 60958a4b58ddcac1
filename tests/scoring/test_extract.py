"""Reading the answer out of a response: letters, numbers, JSON, lines, boxes."""

import ast
import json
import zipfile
from collections import Counter
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from julja.scoring import extract, numbers

HOLDS = ("mmlu_pro",)

CITIES = ("Paris", "London", "Rome", "Paris, Texas")


@pytest.mark.parametrize(
    ("response", "letter"),
    [
        ("Answer: (B)", "B"),
        ("The answer is B.", "B"),
        ("**B**", "B"),
        (r"\boxed{B}", "B"),
        (r"The answer is $\boxed{\text{C}}$.", "C"),
        ("B", "B"),
        ("b", "B"),
        ("(d)", "D"),
        ("B) London", "B"),
        ("B. London", "B"),
        ("B) London\n\nIt is the capital.", "B"),
        ("B\n\nA) would be Paris, which is in France.", "B"),
        ("**Answer: D**", "D"),
        ("**Answer:** D", "D"),
        ("**B. London** is right", "B"),
        ("I would choose option C because it is old.", "C"),
        ("Option B is correct, the others are not.", "B"),
        ("The answer is: A\n\nExplanation: France.", "A"),
        ("First Rome comes to mind.\nSo it must be London.\n\nB", "B"),
        ("<answer>B</answer>", "B"),
        ("정답은 C입니다", "C"),
        ("答案：B", "B"),
        ("One could say the answer is A.\nAnswer: B", "B"),
        ("The answer is A at first sight. Final answer: B", "B"),
        ("(A) is correct of France, (B) is correct of England. The answer is (B).", "B"),
        ("Rome", "C"),
        ("The answer is Rome, of course.", "C"),
        ("Paris, Texas", "D"),
    ],
)
def test_a_letter_is_read_however_it_is_said(response: str, letter: str) -> None:
    found = extract.choice_letter(response, CITIES)
    assert found is not None and found.text == letter


@pytest.mark.parametrize(
    "response",
    [
        "",
        "I am not sure.",
        "The answer is E",
        "Answer: A or B",
        "The answer is A. The answer is B.",
        "Answer: A\nAnswer: B",
        "A) Paris\nB) London\nC) Rome\nD) Paris, Texas",
        "Which city is it?\nA) Paris\nB) London\nC) Ro",
        "**A** is tempting, **B** is better",
        "C is incorrect",
        "The answer is not B.",
        "The answer is a city.",
        "A city in France",
        "It is London, not Rome",
        "London or Rome",
        "They met in Rome " + "and went on from there to see much more of the world " * 3,
    ],
)
def test_no_letter_is_guessed(response: str) -> None:
    assert extract.choice_letter(response, CITIES) is None


def test_the_span_shows_the_letter_in_the_response() -> None:
    response = "Let me see. The answer is (B), I think."
    found = extract.choice_letter(response, 4)
    assert found == ("B", (27, 28))
    assert response[27:28] == "B"


def test_letters_are_limited_to_the_options() -> None:
    assert extract.choice_letter("The answer is C.", 2) is None
    assert extract.choice_letter("The answer is C.", 3) is not None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("$1,234.50", "1234.5"),
        ("1.0e3", "1000"),
        ("3/4", "0.75"),
        ("1/3", "1/3"),
        ("1 1/2", "1.5"),
        ("12%", "12"),
        ("5 km", "5"),
        ("about 5 apples", "5"),
        ("-$5", "-5"),
        ("$-5", "-5"),
        ("−7", "-7"),
        ("1,00,000", "100000"),
        ("1{,}234", "1234"),
        ("2.5 million", "2500000"),
        ("3 × 10^8", "300000000"),
        (r"\frac{3}{4}", "0.75"),
        (r"-\dfrac{1}{3}", "-1/3"),
        ("0.10", "0.1"),
        (".5", "0.5"),
        ("18.", "18"),
    ],
)
def test_one_value_has_one_spelling(text: str, value: str) -> None:
    assert numbers.normalise_number(text) == value


@pytest.mark.parametrize("text", ["", "five", "1/0", "3,5", "2 or 3", "1e99999", "9" * 5000, "x2"])
def test_what_is_not_one_number(text: str) -> None:
    assert numbers.normalise_number(text) is None


def test_a_minus_counts_only_where_it_is_a_sign() -> None:
    assert [n.value for n in numbers.numbers("5-3 = 2, x=-4")] == [5, 3, 2, -4]


def test_a_date_is_no_fraction() -> None:
    assert [n.value for n in numbers.numbers("3/4/2020")] == [3, 4, 2020]


@given(st.fractions(max_denominator=10**6))
def test_the_canonical_form_says_the_value(value: Fraction) -> None:
    assert Fraction(numbers.canonical_number(value)) == value


@given(
    st.decimals(
        allow_nan=False, allow_infinity=False, places=3, min_value=-(10**9), max_value=10**9
    )
)
def test_a_number_is_read_as_it_is_written(value: object) -> None:
    found = numbers.last_number(f"so it is {value:,}.")
    assert found is not None and Fraction(found.text) == Fraction(str(value))


@given(st.text(alphabet="0123456789.,$-/%e{}\\ =#answeris:boxed\n", max_size=60))
def test_spans_lie_within_the_text(text: str) -> None:
    for found in (numbers.final_number(text), numbers.last_number(text), extract.boxed(text)):
        assert found is None or 0 <= found.span[0] <= found.span[1] <= len(text)


@pytest.mark.parametrize(
    ("response", "value"),
    [
        ("5 + 3 = 8\n#### 8\nQuestion: 9", "8"),
        ("#### $1,200.50 in all", "1200.5"),
        ("#### -7", "-7"),
        ("#### 1. First step\nHe has 20.\n#### 2) Then\nHe has 12 coins", "12"),
        ("The answer is 8 apples for 2 days.", "8"),
        ("The answer is 5 + 3 = 8.", "8"),
        ("**Answer:** $1,200", "1200"),
        (r"Thus \boxed{42} coins, found in 3 steps", "42"),
        ("first 4, then 7", "7"),
        ("The answer is unknown, perhaps 7", "7"),
    ],
)
def test_the_number_that_a_solution_ends_in(response: str, value: str) -> None:
    found = numbers.final_number(response)
    assert found is not None and found.text == value


def test_number_after_a_pattern() -> None:
    assert numbers.number_after("total: 5 of 7; total: 6 of 8", "total:") == ("6", (22, 23))
    assert numbers.number_after("total: 5; total: 6", "total:", first=True) == ("5", (7, 8))
    assert numbers.number_after("sum: 5", "total:") is None


def test_first_and_last_regex_group() -> None:
    assert extract.regex_group("x=1, x=2", r"x=(\d)", which="first") == ("1", (2, 3))
    assert extract.regex_group("x=1, x=2", r"x=(\d)") == ("2", (7, 8))
    assert extract.regex_group("7", r"(a)|(\d)") == ("7", (0, 1))
    assert extract.regex_group("x", r"\d") is None


def test_boxed_keeps_inner_braces_and_ignores_an_open_box() -> None:
    assert extract.boxed(r"\boxed{1} so \boxed{\frac{1}{2}}") == (r"\frac{1}{2}", (20, 31))
    assert extract.boxed(r"\boxed{1} and \boxed{2") == ("1", (7, 8))
    assert extract.boxed(r"\boxed{}") is None


def test_lines() -> None:
    assert extract.final_line("one\n  two  \n\n") == ("two", (6, 9))
    assert extract.first_line("\n one \ntwo") == ("one", (2, 5))
    assert extract.final_line(" \n") is None
    assert extract.first_line("") is None


@pytest.mark.parametrize(
    ("response", "value"),
    [
        ('{"a": 1}', {"a": 1}),
        ('Sure:\n```json\n{"a": 1}\n```\nDone {"b": 2}', {"a": 1}),
        ('I think {"a": {"b": [1]}} fits.', {"a": {"b": [1]}}),
        ('first {"a": 1}, corrected {"a": 2}', {"a": 2}),
        ("42", 42),
    ],
)
def test_json_is_found_bare_and_fenced(response: str, value: object) -> None:
    found, place = next(extract.json_values(response))
    assert found == value
    assert response[slice(*place.span)] == place.text


@pytest.mark.parametrize("response", ["", "none", '{"a": NaN}', '{"a": 1', "[" * 5000])
def test_what_is_no_json(response: str) -> None:
    assert list(extract.json_values(response)) == []


@pytest.mark.parametrize(
    "text", ["*" * 20000, "answer " * 3000, "\n" * 20000, "1,22" * 5000, "(" * 9000 + "{" * 9000]
)
@pytest.mark.timeout(10)
def test_no_text_takes_long(text: str) -> None:
    assert extract.choice_letter(text, CITIES) is None
    numbers.final_number(text)
    assert list(extract.json_values(text)) == []


@pytest.mark.mirror
@pytest.mark.parity
def test_letters_agree_with_mmlu_pros_own_reading(mirror: Path) -> None:
    """12,032 recorded answers of Llama-2-7B with the letter that MMLU-Pro's script read.

    No letter differs. Where only one of the two reads a letter: "the answer is (A) and (B)" is a
    contradiction here and A there; the words of an option count here and not there.
    """
    path = mirror / "mmlu_pro" / "outputs" / "model_outputs_Llama-2-7b-hf_5shots.zip"
    with zipfile.ZipFile(path) as archive:
        rows = json.loads(archive.read(archive.namelist()[0]))
    counts: Counter[str] = Counter()
    for row in rows:
        # Most rows hold their options as a Python list in a string.
        options = row["options"]
        options = ast.literal_eval(options) if isinstance(options, str) else options
        found = extract.choice_letter(row["generated_text"], options)
        ours, theirs = found.text if found else None, row["pred"] or None
        counts["same" if ours == theirs else "one" if None in (ours, theirs) else "differ"] += 1
    assert counts.total() == 12032
    assert counts["differ"] == 0
    assert counts["one"] <= 56

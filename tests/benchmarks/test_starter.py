"""The starter suite: made from a seed, right by construction, scored fairly."""

import importlib
import re
from itertools import permutations

import pytest

from julja.benchmarks.starter import (
    arithmetic,
    code,
    instructions,
    logic,
    needle,
    transform,
)
from julja.benchmarks.starter.common import generate
from julja.errors import TaskError
from julja.scoring.choice import letters
from julja.tasks.render import make_request, render_prompt
from julja.tasks.task import Task
from julja.types import ChoiceLikelihood, Response, Sample

NAMES = ("arithmetic", "transform", "instructions", "needle", "logic", "code")
TASKS = [
    getattr(importlib.import_module(f"julja.benchmarks.starter.{name}"), f"starter_{name}")()
    for name in NAMES
]
each = pytest.mark.parametrize("task", TASKS, ids=NAMES)


def rows_of(task: Task, seed: int) -> list[dict]:
    assert callable(task.rows)
    return [dict(row) for row in task.rows(seed)]


@each
def test_a_seed_gives_the_same_rows_and_another_seed_gives_others(task: Task):
    assert rows_of(task, 7) == rows_of(task, 7)
    first, second = rows_of(task, 7), rows_of(task, 8)
    both = {str(r.get("text", r["input"])) for r in first} & {
        str(r.get("text", r["input"])) for r in second
    }
    # short functions over few letters and numbers come up again with another name
    assert len(both) <= (45 if task.name == "starter_code" else 20)
    assert not {row["id"] for row in first} & {row["id"] for row in second}


def test_rows_are_the_same_on_every_machine():
    assert arithmetic.rows(0)[0]["input"] == (
        "Clara has 7 nuts. June gives Clara 2 more. How many nuts does Clara have now?"
    )
    assert transform.rows(0)[0]["answer"] == "island, pillow, lamp, hammer, anchor"
    assert needle.rows(0)[0]["answer"] == 74815


@each
def test_a_hundred_different_questions_of_three_levels(task: Task):
    rows = rows_of(task, 3)
    assert len({str(row.get("text", row["input"])) for row in rows}) == 100
    assert [row["level"] for row in rows].count(1) == 34
    assert {row["level"] for row in rows} == {1, 2, 3}
    assert all(field in task.sample(rows[0]).fields for field in task.by)


@each
def test_every_form_makes_a_prompt(task: Task):
    sample = task.sample(rows_of(task, 0)[0])
    for kind, form in task.forms.items():
        request = make_request(kind, form, sample, (), form.decoding)
        assert sample.input in request.prompt.text
        assert "{" not in request.prompt.text


def test_too_few_different_questions_are_an_error():
    with pytest.raises(TaskError, match="can't make 100 different questions, only 1"):
        generate("dull", 0, lambda draw, level: {"input": "again"})


@each
def test_checks_get_the_scores_that_they_must(task: Task):
    good = [check for check in task.checks if check.value == 1.0]
    assert len(good) >= 3
    assert len(task.checks) - len(good) >= 3
    if task.name == "starter_code":
        return  # run in the sandbox below
    for check in task.checks:
        sample, scorer = task.sample(check.row), task.forms[check.form].scorer
        likelihoods = zip(sample.choices, check.choices, strict=False)
        response = Response(
            check.response, choices=tuple(ChoiceLikelihood(*pair) for pair in likelihoods)
        )
        score = scorer(sample, response)
        assert score.values[scorer.metrics[0].key] == check.value, check.response


# arithmetic


def test_an_answer_is_the_value_of_a_formula_over_the_numbers_of_the_story():
    for row in arithmetic.rows(5):
        told = re.findall(r"\d+", row["input"])
        used = [number for number in re.findall(r"\d+", row["formula"]) if number != "100"]
        # a story about one child starts from 1
        assert set(used) <= {*told, "1"}
        exact = eval(row["formula"].replace("//", "/"))
        assert exact == row["answer"]
        assert row["answer"] >= 0


def test_the_levels_of_a_problem_are_its_steps():
    steps = {1: set(), 2: set(), 3: set()}
    for row in arithmetic.rows(5):
        steps[row["level"]].add(len(re.findall(r"[-+*/]+", row["formula"])))
    assert steps == {1: {1}, 2: {2}, 3: {4, 5}}


# transform


def test_results_of_lists_are_recomputed_from_the_question():
    def words(row):
        return row["input"].rpartition(": ")[2].split(", ")

    expected = {
        "sort": lambda row: sorted(words(row)),
        "reverse": lambda row: list(reversed(words(row))),
        "second": lambda row: [w for i, w in enumerate(words(row)) if i % 2 == 0],
        "drop": lambda row: [w for w in words(row) if f"word {w} from" not in row["input"]],
        "add": lambda row: [*words(row), row["input"].split()[3]],
        "rotate": lambda row: (
            (n := int(re.search(r"\d", row["input"])[0])) and words(row)[n:] + words(row)[:n]
        ),
    }
    seen = set()
    for row in transform.rows(11):
        if row["job"] in expected:
            assert row["answer"] == ", ".join(expected[row["job"]](row))
            seen.add(row["job"])
    assert seen == set(expected)


def test_results_of_words_are_recomputed_from_the_question():
    expected = {
        "upper": lambda text: "".join(chr(ord(c) - 32) if c != "-" else c for c in text),
        "backwards": lambda text: "".join(text[-1 - i] for i in range(len(text))),
        "vowels": lambda text: "".join("*" if c in "aeiou" else c for c in text),
        "initials": lambda text: "".join(w[:1] for w in text.split(", ")),
    }
    seen = set()
    for row in transform.rows(11):
        if row["job"] in expected:
            assert row["answer"] == expected[row["job"]](row["input"].rpartition(": ")[2])
            seen.add(row["job"])
    assert seen == set(expected)


@pytest.mark.parametrize(
    ("said", "target", "right"),
    [
        ("DRUM-FORK", "DRUM-FORK", True),
        ("**DRUM-FORK**", "DRUM-FORK", True),
        ("Result: DRUM-FORK.", "DRUM-FORK", True),
        ("The answer is `DRUM-FORK`.", "DRUM-FORK", True),
        ("```\nDRUM-FORK\n```", "DRUM-FORK", True),
        ("drum-fork", "DRUM-FORK", False),
        ("dr*m f*rk", "dr*m f*rk", True),
        ("*nch*r", "*nch*r", True),
        ("drum fork", "dr*m f*rk", False),
        ("**Result:** lamp, rope", "lamp, rope", True),
        ("- lamp\n- rope", "lamp, rope", True),
        ("- rope\n- lamp", "lamp, rope", False),
        ("lamp, rope, rope", "lamp, rope", False),
    ],
)
def test_a_result_is_read_however_it_is_wrapped(said: str, target: str, right: bool):
    score = transform.same_result()(Sample("x", "", target=(target,)), Response(said))
    assert score.values == {"exact_match": float(right)}


# instructions


def _obey(told) -> str:
    """A text that keeps all instructions, written by a rule."""
    wanted = {kind: value for kind, value in told}
    avoid = wanted.get("avoid", "#")
    filler = [w for w in ("some", "men", "go", "on", "home", "again") if avoid not in w]
    words = [wanted["starts"]] if "starts" in wanted else []
    words += [wanted["include"]] if "include" in wanted else []
    size = max(6, wanted.get("at_least", 0))
    while len(words) < size:
        words.append(filler[len(words) % len(filler)])
    count = wanted.get("lines", 1)
    lines = [" ".join(words[: 1 - count or None]), *words[len(words) - count + 1 :]]
    text = "\n".join(lines) + wanted.get("ends", ".")
    return text.upper() if "upper" in wanted else text


def test_every_prompt_can_be_obeyed_and_every_instruction_broken():
    score = instructions.keeps()
    task = instructions.starter_instructions()
    for row in instructions.rows(2):
        sample = task.sample(row)
        # the word at the start may hold the letter that must not be used
        told = {kind: value for kind, value in row["instructions"]}
        assert told.get("avoid", "#") not in told.get("starts", "")
        assert score(sample, Response(_obey(row["instructions"]))).values["all_kept"] == 1.0
        assert len(row["instructions"]) == row["level"]


def test_kept_is_the_fraction_of_instructions():
    row = {
        "id": "x",
        "level": 2,
        "input": "",
        "instructions": [["lower", None], ["no_comma", None]],
    }
    sample = instructions.starter_instructions().sample(row)
    score = instructions.keeps()(sample, Response("so, it rains on us"))
    assert score.values == {"all_kept": 0.0, "kept": 0.5}
    assert score.explanation == "broken: no_comma"


@pytest.mark.parametrize(
    ("kind", "value", "keeps", "breaks"),
    [
        ("include", "lamp", "A lamp, it burns", "Lamps burn all night"),
        ("avoid", "z", "no such letter", "Zebras run"),
        ("starts", "once", '"Once upon a time"', "All at once"),
        ("ends", "!", "It rains!**", "It rains! Yes."),
        ("at_most", 3, "don't do it", "do not do it"),
        ("at_least", 3, "one two three", "one two"),
        ("lines", 2, "one\n\ntwo", "one two"),
        ("upper", None, "IT RAINS", "It RAINS"),
        ("lower", None, "it rains", "It rains"),
        ("no_comma", None, "it rains", "it rains, a lot"),
    ],
)
def test_an_instruction_is_kept_or_broken(kind, value, keeps, breaks):
    assert instructions.KINDS[kind](keeps, value) is True
    assert instructions.KINDS[kind](breaks, value) is False


# needle


def test_the_needle_stands_once_at_its_depth_and_its_code_is_no_other():
    for row in needle.rows(4):
        place = re.search(r"code of the (\w+)", row["input"])[1]
        found = re.findall(r"The code of the (\w+) is (\d{5})\.", row["text"])
        assert [c for p, c in found if p == place] == [str(row["answer"])]
        assert len({c for _, c in found}) == len(found) == {1: 1, 2: 3, 3: 6}[row["level"]]
        sentences = row["text"].split(". ")
        index = next(i for i, s in enumerate(sentences) if f"code of the {place} is" in s)
        assert abs(index / (len(sentences) - 1) - row["depth"]) < 0.2


# logic


def test_each_puzzle_has_one_answer_by_brute_force():
    for row in logic.rows(6):
        if row["level"] == 3:
            people = row["input"].split(" each own")[0].split(", ")
            answers = set()
            for pets in permutations(row["choices"]):
                owner = dict(zip(people, pets, strict=True))
                if all(_holds(fact, owner) for fact in row["facts"]):
                    answers.add(owner[row["asked"]])
        else:
            answers = {
                order[row["asked"]]
                for order in permutations(row["choices"])
                if all(order.index(a) < order.index(b) for _, a, b in row["facts"])
            }
        assert answers == {row["choices"][row["answer"]]}


def _holds(fact: list[str], owner: dict[str, str]) -> bool:
    if fact[0] == "not":
        return owner[fact[1]] != fact[2]
    return owner[fact[1]] == fact[2] or owner[fact[1]] == fact[3]


def test_the_words_of_an_order_say_its_facts():
    for row in logic.rows(6):
        for _, above, below in row["facts"] if row["level"] < 3 else ():
            more, less = (f"{above} is (taller|older|faster|richer) than {below}", "")
            less = f"{below} is (shorter|younger|slower|poorer) than {above}"
            assert re.search(f"{more}|{less}", row["input"])


def test_no_place_among_the_options_is_right_far_more_often():
    answers = [row["answer"] for row in logic.rows(0)]
    assert max(answers.count(place) for place in range(4)) <= 40


def test_a_response_without_likelihoods_is_unparsed():
    sample = logic.starter_logic().sample(logic.rows(0)[0])
    nothing = tuple(ChoiceLikelihood(c, float("-inf")) for c in sample.choices)
    assert letters()(sample, Response()).state == "unparsed"
    assert letters()(sample, Response(choices=nothing)).state == "unparsed"


# code


def test_solutions_pass_their_tests_and_a_changed_solution_fails():
    for row in code.rows(9):
        assert _passes(row["solution"], row["tests"])
        assert not _passes(f"def {row['signature']}:\n    return None", row["tests"])
        assert len(row["tests"]) == 4


def _passes(solution: str, tests: list[str]) -> bool:
    space: dict = {}
    exec(solution, space)
    try:
        exec("\n".join(tests), space)
    except AssertionError:
        return False
    return True


@pytest.mark.sandbox
def test_code_checks_in_the_sandbox():
    from julja.sandbox.api import sandbox_status

    ready, why = sandbox_status()
    if not ready:
        pytest.skip(why)
    task = code.starter_code()
    for check in task.checks:
        score = task.forms["generate"].scorer(task.sample(check.row), Response(check.response))
        assert score.values["passed"] == check.value, check.response


@pytest.mark.parametrize(
    ("task", "prompt"),
    [
        (
            TASKS[4],
            "Question: Fay is taller than Clara. Ben is shorter than Clara. Who is the tallest?\n"
            "A. Ben\nB. Fay\nC. Clara\nGive only the letter of the right answer.\nAnswer:",
        ),
        (
            TASKS[5],
            "Write a Python function `mix_trace(numbers)` that returns the sum of a list of "
            "numbers, plus 2.\nGive only the code of the function.\n",
        ),
    ],
)
def test_prompt_snapshots(task: Task, prompt: str):
    sample = task.sample(rows_of(task, 0)[0])
    assert render_prompt(task.forms["generate"], sample).text == prompt

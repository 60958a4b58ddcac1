"""MATH-500: what a row becomes, what the model is shown, and which file is refused."""

import pytest

from julja.benchmarks.mathematics.math500 import math500, to_sample
from julja.config import RunConfig
from julja.errors import DataError
from julja.run.planning import make_plan
from julja.tasks.build import build_samples
from julja.tasks.render import render_prompt

ROW = {
    "problem": "What is $2+2$?",
    "solution": "It is $\\boxed{4}$.",
    "answer": "4",
    "subject": "Prealgebra",
    "level": 1,
    "unique_id": "test/prealgebra/1.json",
}


def test_a_row_is_a_sample() -> None:
    sample = to_sample(ROW)
    assert (sample.id, sample.input, sample.target) == (
        "test/prealgebra/1.json",
        "What is $2+2$?",
        ("4",),
    )
    assert (sample.fields["level"], sample.fields["subject"]) == (1, "Prealgebra")


def test_the_prompt_asks_for_a_box_and_shows_no_solution() -> None:
    form = math500().forms["generate"]
    prompt = render_prompt(form, to_sample(ROW), [])
    assert prompt.text == (
        "Solve the following mathematics problem. Reason step by step, and put your final answer"
        " in \\boxed{}.\n\nWhat is $2+2$?"
    )
    assert (form.shots, form.decoding.max_tokens, form.decoding.stop) == (0, 2048, ())


def test_a_row_of_all_of_math_is_refused_with_the_file_and_the_way_out() -> None:
    whole = {"problem": "?", "level": "Level 3", "type": "Algebra", "solution": "", "idx": 0}
    with pytest.raises(DataError, match=r"math/test\.jsonl, row 0: .*unique_id.*split of 500"):
        build_samples(math500(), [whole], split="test", origin="math/test.jsonl")


def test_a_row_without_an_answer_is_refused() -> None:
    with pytest.raises(DataError, match=r"test/prealgebra/1\.json.*no answer"):
        to_sample(ROW | {"answer": " "})


@pytest.mark.mirror
def test_the_real_file(mirror) -> None:
    config = RunConfig(tasks=("math500",), model="m", data=str(mirror))
    (leaf,) = make_plan(config, frozenset({"generate"}), {"name": "m"}).leaves.values()
    samples = leaf.samples
    assert len(samples) == 500
    assert len({sample.fields["subject"] for sample in samples}) == 7
    levels = [sample.fields["level"] for sample in samples]
    assert [levels.count(level) for level in (1, 2, 3, 4, 5)] == [43, 90, 105, 128, 134]

"""MATH level 5: the filter, Minerva's prompt, subjects as subsets, and the real file."""

import pytest

from julja.benchmarks.mathematics.math_hard import hardest, math_hard, shots, to_sample
from julja.config import RunConfig
from julja.errors import DataError
from julja.run.planning import make_plan
from julja.tasks.build import build_samples
from julja.tasks.render import make_request
from julja.types import Decoding, Response

ROW = {
    "problem": "What is $1+1$?",
    "solution": "It is $\\boxed{2}$.",
    "type": "Counting & Probability",
    "level": "Level 5",
}


def test_only_level_5_is_kept_with_its_place_in_the_file():
    rows = [{**ROW, "level": "Level 4"}, ROW, {**ROW, "level": "Level ?"}, ROW]
    assert [row["id"] for row in hardest(rows)] == ["test-1", "test-3"]


def test_a_file_without_level_5_is_refused():
    with pytest.raises(DataError, match="no row is of 'Level 5'"):
        hardest([{**ROW, "level": 5}])


def test_minerva_s_prompt():
    form = math_hard().forms["generate"]
    request = make_request("generate", form, to_sample(ROW), shots(), form.decoding)
    text = request.prompt.text
    assert text.startswith("Problem:\nFind the domain of the expression  $\\frac{\\sqrt{x-2}}")
    assert text.count("Problem:\n") == 5
    assert text.count("I hope it is correct.\n\nProblem:") == 4
    assert text.endswith("\n\nProblem:\nWhat is $1+1$?\n\nSolution:")
    assert request.decoding == Decoding(max_tokens=1024, temperature=0.0, stop=("Problem:",))


def test_a_base_model_s_way_of_answering_is_read():
    scorer, sample = math_hard().forms["generate"].scorer, to_sample(ROW)
    said = " One and one make $\\boxed{2}$.\nFinal Answer: The final answer is $2$. I hope it is"
    assert scorer(sample, Response(said + " correct.\n\n")).values == {"acc": 1.0}
    assert scorer(sample, Response("The final answer is $3$. I hope so.")).values == {"acc": 0.0}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"solution": "It is 2."}, "has no .boxed"),
        ({"type": "Topology"}, "'Topology' is none of MATH's subjects"),
    ],
)
def test_a_damaged_row_is_named(change, message):
    with pytest.raises(DataError, match=message):
        build_samples(math_hard(), [{**ROW, **change}], split="test", origin="x.jsonl")


@pytest.mark.mirror
def test_all_real_rows_become_samples(mirror):
    config = RunConfig(tasks=("leaderboard_math_hard",), model="m", data=str(mirror))
    plan = make_plan(config, frozenset({"generate"}), {"name": "m"})
    assert {leaf.subset: len(leaf.samples) for leaf in plan.leaves.values()} == {
        "algebra": 307,
        "counting_and_probability": 123,
        "geometry": 132,
        "intermediate_algebra": 280,
        "number_theory": 154,
        "prealgebra": 193,
        "precalculus": 135,
    }
    leaf = plan.leaves["math_hard/geometry"]
    assert leaf.shots == 4
    assert leaf.request(leaf.samples[0], 0).prompt.text.count("Problem:\n") == 5

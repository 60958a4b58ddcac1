"""MMLU: both layouts of a row, the official prompt, and the real files."""

from collections import Counter

import pytest

from julja.benchmarks.knowledge.mmlu import CATEGORY_OF, SUBJECTS, mmlu, to_sample
from julja.config import RunConfig
from julja.errors import ConfigError, DataError
from julja.models.engine import Ability
from julja.run.planning import make_plan
from julja.tasks.build import build_samples
from julja.tasks.render import make_request
from julja.types import Decoding

UPSTREAM = {
    "subset": "high_school_physics",
    "question": "Two plus\r\ntwo?",
    "A": "1",
    "B": "2",
    "C": "3",
    "D": "4",
    "answer": "D",
}
HUB = {
    "question": "Two plus\ntwo?",
    "subject": "high_school_physics",
    "choices": ["1", "2", "3", "4"],
    "answer": 3,
}
LETTER: frozenset[Ability] = frozenset({"letter"})


def test_both_layouts_give_the_same_sample() -> None:
    sample = to_sample(UPSTREAM)
    assert sample == to_sample(HUB)
    assert sample.input == "Two plus\ntwo?"
    assert (sample.target, sample.answer, sample.choices[3]) == (("D",), (3,), "4")
    assert sample.fields == {"subject": "high_school_physics", "category": "STEM"}


def test_the_subjects_and_their_categories() -> None:
    assert Counter(CATEGORY_OF.values()) == {
        "STEM": 18,
        "humanities": 13,
        "social sciences": 12,
        "other": 14,
    }
    assert len(SUBJECTS) == 57
    assert CATEGORY_OF["anatomy"] == "other"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"answer": "E"}, r"x.csv, row 0: the answer 'E' is none of A, B, C, D or 0 to 3"),
        ({"answer": "AB"}, "the answer 'AB'"),
        ({"answer": ""}, "the answer ''"),
        ({"answer": 4}, "the answer 4"),
        ({"answer": -1}, "the answer -1"),
        ({"answer": True}, "the answer True"),
        ({"choices": ["1", "2", "3"]}, r"3 options where MMLU has 4: \['1', '2', '3'\]"),
        ({"subset": "astronomi"}, r"'astronomi' is none of MMLU's 57 subjects"),
    ],
)
def test_a_damaged_row_is_named(change, message) -> None:
    with pytest.raises(DataError, match=message):
        build_samples(mmlu(), [{**UPSTREAM, **change}], split="test", origin="x.csv")


def test_lm_eval_writes_one_space_and_strips_the_question() -> None:
    form = mmlu(prompt="lm_eval").forms["rank"]
    sample = to_sample({**HUB, "question": " Two?\n"})
    assert make_request("rank", form, sample, (), Decoding()).prompt.text == (
        "The following are multiple choice questions (with answers) about high school physics."
        "\n\nTwo?\nA. 1\nB. 2\nC. 3\nD. 4\nAnswer:"
    )
    with pytest.raises(ConfigError, match="no prompt 'helm'"):
        mmlu(prompt="helm")


def test_the_official_prompt() -> None:
    form = mmlu().forms["letter"]
    shot, sample = to_sample({**HUB, "question": "Shot?", "answer": 1}), to_sample(HUB)
    request = make_request("letter", form, sample, [shot], Decoding())
    assert request.prompt.text == (
        "The following are multiple choice questions (with answers) about  high school physics."
        "\n\nShot?\nA. 1\nB. 2\nC. 3\nD. 4\nAnswer: B"
        "\n\nTwo plus\ntwo?\nA. 1\nB. 2\nC. 3\nD. 4\nAnswer:"
    )
    assert request.choices == ("A", "B", "C", "D")
    ranks = make_request("rank", mmlu().forms["rank"], sample, [shot], Decoding())
    assert ranks.prompt == request.prompt
    assert ranks.choices == (" A", " B", " C", " D")


def test_the_reasoned_prompt() -> None:
    request = make_request("generate", mmlu().forms["generate"], to_sample(HUB), (), Decoding())
    assert request.prompt.text.endswith(
        "where LETTER is one of ABCD. Think step by step before answering.\n\nTwo plus\ntwo?\n\n"
        "A) 1\nB) 2\nC) 3\nD) 4"
    )


@pytest.mark.mirror
def test_all_real_rows_become_samples(mirror) -> None:
    plan = make_plan(RunConfig(tasks=("mmlu",), model="m", data=str(mirror)), LETTER, {"name": "m"})
    (task,) = plan.tasks
    assert (task.kind, task.missing, len(task.leaves)) == ("letter", (), 57)
    assert plan.total == 14042
    sizes = {leaf.subset: len(leaf.samples) for leaf in task.leaves}
    assert (sizes["abstract_algebra"], sizes["professional_law"]) == (100, 1534)
    assert all(len(leaf.pool) == 5 for leaf in task.leaves)
    by_category = Counter(str(s.fields["category"]) for x in task.leaves for s in x.samples)
    assert by_category == {
        "STEM": 3018,
        "humanities": 4705,
        "social sciences": 3077,
        "other": 3242,
    }


@pytest.mark.mirror
def test_five_shots_in_file_order(mirror) -> None:
    config = RunConfig(tasks=("mmlu/astronomy",), model="m", data=str(mirror))
    (leaf,) = make_plan(config, LETTER, {"name": "m"}).leaves.values()
    prompt = leaf.request(leaf.samples[0], 0).prompt.text
    assert prompt.startswith(
        "The following are multiple choice questions (with answers) about  astronomy.\n\n"
    )
    assert prompt.count("\nAnswer: ") == 5
    assert prompt.endswith("\nAnswer:")
    places = [prompt.index(shot.input) for shot in leaf.pool]
    assert places == sorted(places)

"""ARC: both layouts, labels 1 to 4, the prompts of its three forms, and the real files."""

import pytest

from julja.benchmarks.knowledge.arc import arc_challenge, arc_easy, to_sample
from julja.config import RunConfig
from julja.errors import DataError
from julja.run.planning import make_plan
from julja.tasks.build import build_samples
from julja.tasks.render import make_request
from julja.types import Decoding

HUB = {
    "id": "X_1",
    "question": "Which is a metal?",
    "choices": {"text": ["wood", "iron", "glass"], "label": ["1", "2", "3"]},
    "answerKey": "2",
}
UPSTREAM = {
    "id": "X_1",
    "question": {
        "stem": "Which is a metal?",
        "choices": [
            {"text": "wood", "label": "1"},
            {"text": "iron", "label": "2"},
            {"text": "glass", "label": "3"},
        ],
    },
    "answerKey": "2",
}


def test_both_layouts_give_the_same_sample() -> None:
    sample = to_sample(HUB)
    assert sample == to_sample(UPSTREAM)
    assert (sample.id, sample.target, sample.answer) == ("X_1", ("iron",), (1,))
    assert sample.choices == ("wood", "iron", "glass")


def test_the_prompts() -> None:
    forms, sample = arc_easy().forms, to_sample(HUB)
    rank = make_request("rank", forms["rank"], sample, [sample], Decoding())
    assert rank.prompt.text == (
        "Question: Which is a metal?\nAnswer: iron\n\nQuestion: Which is a metal?\nAnswer:"
    )
    assert rank.choices == (" wood", " iron", " glass")
    letter = make_request("letter", forms["letter"], sample, (), Decoding())
    assert letter.prompt.text == (
        "Question: Which is a metal?\n A. wood\n B. iron\n C. glass\nAnswer:"
    )
    assert letter.choices == ("A", "B", "C")
    asked = make_request("generate", forms["generate"], sample, (), Decoding()).prompt.text
    assert "LETTER is one of ABC. " in asked
    assert asked.endswith("\n\nA) wood\nB) iron\nC) glass")


def test_the_leaderboard_s_metric_comes_first() -> None:
    assert arc_challenge().forms["rank"].scorer.metrics[0].name == "acc_norm"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"answerKey": "B"}, "x.jsonl, row 0: the answer 'B' of question 'X_1' is not one of 1, 2"),
        ({"answerKey": ""}, "the answer ''"),
        ({"choices": {"text": ["a", "b"], "label": ["1", "2"]}}, "'X_1' has 2 options"),
        ({"choices": {"text": ["a", "b"], "label": ["1"]}}, "ValueError"),
    ],
)
def test_a_damaged_row_is_named(change, message) -> None:
    with pytest.raises(DataError, match=message):
        build_samples(arc_easy(), [{**HUB, **change}], split="test", origin="x.jsonl")


@pytest.mark.mirror
@pytest.mark.parametrize(
    ("name", "rows", "shots"), [("arc_easy", 2376, 570), ("arc_challenge", 1172, 299)]
)
def test_all_real_rows_become_samples(mirror, name, rows, shots) -> None:
    config = RunConfig(tasks=(name,), model="m", data=str(mirror), shots=25)
    plan = make_plan(config, frozenset({"rank"}), {"name": "m"})
    (leaf,) = plan.leaves.values()
    assert plan.total == rows
    assert len({sample.id for sample in leaf.samples}) == rows
    assert len(leaf.pool) == shots  # the mirror has no training file: validation's
    assert {len(sample.choices) for sample in leaf.samples} == {3, 4, 5}
    request = leaf.request(leaf.samples[0], 0)
    assert request.prompt.text.count("Question: ") == 26
    assert request.prompt.text.endswith(f"Question: {leaf.samples[0].input}\nAnswer:")

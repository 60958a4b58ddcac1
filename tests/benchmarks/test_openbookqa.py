"""OpenBookQA: both layouts, the prompts of its forms, and the real files."""

import pytest

from julja.benchmarks.commonsense.openbookqa import openbookqa, to_sample
from julja.config import RunConfig
from julja.errors import DataError
from julja.run.planning import make_plan
from julja.tasks.build import build_samples
from julja.tasks.render import make_request
from julja.types import ChoiceLikelihood, Decoding, Response

OPTIONS = ["a stone", "rain", "wool", "a song"]
HUB = {
    "id": "7-1",
    "question_stem": "Clouds may bring",
    "choices": {"text": OPTIONS, "label": ["A", "B", "C", "D"]},
    "answerKey": "B",
}
UPSTREAM = {
    "id": "7-1",
    "question": {
        "stem": "Clouds may bring",
        "choices": [{"text": t, "label": n} for t, n in zip(OPTIONS, "ABCD", strict=True)],
    },
    "answerKey": " B",
}


def test_both_layouts_give_the_same_sample() -> None:
    sample = to_sample(HUB)
    assert sample == to_sample(UPSTREAM)
    assert (sample.id, sample.answer, sample.choices) == ("7-1", (1,), tuple(OPTIONS))


def test_the_prompts() -> None:
    forms, sample = openbookqa().forms, to_sample(HUB)
    rank = make_request("rank", forms["rank"], sample, [sample], Decoding())
    assert rank.prompt.text == "Clouds may bring rain\n\nClouds may bring"
    assert rank.choices == (" a stone", " rain", " wool", " a song")
    letter = make_request("letter", forms["letter"], sample, (), Decoding())
    assert letter.prompt.text == (
        "Question: Clouds may bring\n A. a stone\n B. rain\n C. wool\n D. a song\nAnswer:"
    )


def test_olmes_asks_a_question_and_for_the_answer_without_it() -> None:
    form, sample = openbookqa(protocol="olmes").forms["rank"], to_sample(HUB)
    request = make_request("rank", form, sample, (), Decoding())
    assert request.prompt.text == "Question: Clouds may bring\nAnswer:"
    assert request.unconditional == "Answer:"
    pairs = ((-5.0, -5.1), (-9.0, -14.0), (-8.0, -9.0), (-7.0, -8.0))
    likely = tuple(
        ChoiceLikelihood(text, value, unconditional=alone)
        for text, (value, alone) in zip(request.choices, pairs, strict=True)
    )
    values = form.scorer(sample, Response(choices=likely)).values
    assert (values["acc"], values["acc_mutual_info"]) == (0.0, 1.0)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"answerKey": "E"}, "x.jsonl, row 0: the answer 'E' of question '7-1' is none of A, B"),
        ({"answerKey": None}, "the answer None"),
        ({"choices": {"text": OPTIONS[:3], "label": ["A", "B", "C"]}}, "'7-1' has 3 options"),
        ({"choices": {"text": OPTIONS, "label": ["A"]}}, "ValueError"),
    ],
)
def test_a_damaged_row_is_named(change, message) -> None:
    with pytest.raises(DataError, match=message):
        build_samples(openbookqa(), [{**HUB, **change}], split="test", origin="x.jsonl")


@pytest.mark.mirror
def test_all_real_rows_become_samples(mirror) -> None:
    config = RunConfig(tasks=("openbookqa",), model="m", data=str(mirror), shots=5)
    (leaf,) = make_plan(config, frozenset({"rank"}), {"name": "m"}).leaves.values()
    assert (len(leaf.samples), len(leaf.pool)) == (500, 500)
    assert sum(sample.answer == (0,) for sample in leaf.samples) == 138
    assert leaf.samples[1].id == "1129"

"""The ifeval task: rows to samples, response files to samples, self-checks."""

import pytest

from julja.benchmarks.instructions.ifeval import ifeval, match_responses, to_sample
from julja.errors import DataError
from julja.tasks.task import Check
from julja.types import Response, Sample

TASK = ifeval()
ROW = {
    "key": 17,
    "prompt": "Say hi. ",
    "instruction_id_list": ["punctuation:no_comma", "length_constraints:number_words"],
    "kwargs": [{}, {"relation": "at least", "num_words": 1}],
}
SAMPLES = [Sample("17", "Say hi. "), Sample("18", "Say ho.")]


def test_a_row_becomes_a_sample() -> None:
    assert to_sample(ROW) == Sample(
        "17",
        "Say hi. ",
        fields={
            "instruction_id_list": ["punctuation:no_comma", "length_constraints:number_words"],
            "kwargs": [{}, {"relation": "at least", "num_words": 1}],
            "instructions": 2,
        },
    )


def test_the_null_padded_row_of_the_hub_is_the_same_sample() -> None:
    nulls = {"keyword": None, "letter": None}
    padded = [{**nulls, **arguments} for arguments in ROW["kwargs"]]
    assert to_sample({**ROW, "kwargs": padded}) == to_sample(ROW)


@pytest.mark.parametrize(
    ("change", "message"),
    [({"kwargs": None}, "row 17 lacks"), ({"key": None}, "row None"), ({"kwargs": [{}]}, "1 kw")],
)
def test_a_broken_row_is_named(change: dict[str, object], message: str) -> None:
    with pytest.raises(DataError, match=message):
        to_sample({**ROW, **change})


def test_the_prompt_is_the_row_and_nothing_else() -> None:
    form = TASK.forms["generate"]
    assert (form.prompt, form.header, form.system, form.shots) == ("{{ input }}", "", "", 0)
    assert (form.decoding.max_tokens, form.decoding.temperature) == (1280, 0.0)
    assert form.decoding.stop == ()


@pytest.mark.parametrize("check", TASK.checks, ids=lambda check: check.response[:30])
def test_self_checks(check: Check) -> None:
    score = TASK.forms["generate"].scorer(TASK.sample(check.row), Response(check.response))
    assert score.values["prompt_level_strict_acc"] == check.value


def test_responses_are_matched_by_prompt() -> None:
    rows = [{"prompt": "Say ho.", "response": "ho"}, {"prompt": "Say hi.", "response": "hi"}]
    assert match_responses(rows, SAMPLES) == [
        {"id": "18", "response": "ho"},
        {"id": "17", "response": "hi"},
    ]


def test_rows_with_verdicts_ids_or_keys_are_responses_too() -> None:
    rows = [
        {"prompt": "Say hi. ", "response": "hi", "follow_all_instructions": True},
        {"key": 18, "prompt": "changed since", "response": "ho"},
    ]
    assert match_responses(rows, SAMPLES) == [
        {"id": "17", "response": "hi"},
        {"id": "18", "response": "ho"},
    ]
    assert match_responses({"id": "17", "response": "hi"}, SAMPLES) == [
        {"id": "17", "response": "hi"}
    ]


def test_an_unknown_prompt_is_kept_by_name() -> None:
    rows = [{"prompt": "Say something else entirely.", "response": "x"}]
    assert match_responses(rows, SAMPLES) == [
        {"id": "unknown prompt: Say something else entirely.", "response": "x"}
    ]


def test_the_last_of_two_responses_to_a_prompt_counts() -> None:
    rows = [{"prompt": "Say ho.", "response": "a"}, {"prompt": "Say ho.", "response": "b"}]
    assert match_responses(rows, SAMPLES) == [{"id": "18", "response": "b"}]


@pytest.mark.parametrize("row", ["hi", {"prompt": "Say hi."}, {"response": "hi"}])
def test_a_row_that_is_no_response_is_named(row: object) -> None:
    with pytest.raises(DataError, match="row 2 of the responses"):
        match_responses([{"id": "17", "response": "hi"}, row], SAMPLES)

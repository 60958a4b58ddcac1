"""COPA: the sentence that is completed, both layouts, and the real files."""

import pytest

from julja.benchmarks.commonsense.copa import copa, to_sample
from julja.config import RunConfig
from julja.errors import DataError
from julja.run.planning import make_plan
from julja.tasks.build import build_samples
from julja.tasks.render import make_request
from julja.types import Decoding

ROW = {
    "premise": "The tent fell. ",
    "choice1": "The wind blew.",
    "choice2": "Ice sings.",
    "question": "cause",
    "idx": 4,
    "label": 0,
}


def test_the_sentence_goes_on_without_its_full_stop() -> None:
    sample = to_sample(ROW)
    assert (sample.id, sample.input, sample.answer) == ("4", "The tent fell because", (0,))
    assert sample.choices == ("the wind blew.", "ice sings.")
    assert to_sample({**ROW, "question": "effect"}).input == "The tent fell therefore"


def test_lm_eval_continues_with_two_spaces_olmes_with_one() -> None:
    sample = to_sample(ROW)
    lm_eval = make_request("rank", copa().forms["rank"], sample, [sample], Decoding())
    assert lm_eval.prompt.text == "The tent fell because  the wind blew.\n\nThe tent fell because"
    assert lm_eval.choices == ("  the wind blew.", "  ice sings.")
    form = copa(protocol="olmes").forms["rank"]
    olmes = make_request("rank", form, sample, [sample], Decoding())
    assert olmes.prompt.text == "The tent fell because the wind blew.\n\nThe tent fell because"
    assert olmes.choices == (" the wind blew.", " ice sings.")


def test_the_letter_form() -> None:
    letter = make_request("letter", copa().forms["letter"], to_sample(ROW), (), Decoding())
    assert letter.prompt.text == (
        "Complete the sentence: The tent fell because\n A. the wind blew.\n B. ice sings.\nAnswer:"
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"label": 2}, "x.jsonl, row 0: the answer 2 of item 4 is none of 0, 1"),
        ({"label": -1}, "x.jsonl, row 0: the row has no label"),
        ({"question": "why"}, "item 4 asks for 'why'"),
        ({"choice2": ""}, "item 4 has an empty alternative"),
    ],
)
def test_a_damaged_row_is_named(change, message) -> None:
    with pytest.raises(DataError, match=message):
        build_samples(copa(), [{**ROW, **change}], split="validation", origin="x.jsonl")


@pytest.mark.mirror
def test_all_real_rows_become_samples(mirror) -> None:
    config = RunConfig(tasks=("copa",), model="m", data=str(mirror), shots=4)
    (leaf,) = make_plan(config, frozenset({"rank"}), {"name": "m"}).leaves.values()
    assert (len(leaf.samples), len(leaf.pool)) == (100, 32)
    assert sum(sample.answer == (0,) for sample in leaf.samples) == 55

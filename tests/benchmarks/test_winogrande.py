"""WinoGrande: partial scoring, both layouts, the prompts of its three forms, and the real file."""

import pytest

from julja.benchmarks.commonsense.winogrande import to_sample, winogrande
from julja.config import RunConfig
from julja.errors import DataError
from julja.run.planning import make_plan
from julja.tasks.build import build_samples
from julja.tasks.render import make_request
from julja.types import Decoding

HUB = {
    "sentence": "The mug broke and the plate did not, for the _ was thin.",
    "option1": "mug",
    "option2": "plate",
    "answer": "1",
}
BLANK = "The mug broke and the plate did not, for the ___ was thin."


def test_both_layouts_differ_in_the_id_alone() -> None:
    assert to_sample(HUB).id == ""
    sample = to_sample({**HUB, "qID": "3Q-1"})
    assert (sample.id, sample.answer, sample.target) == ("3Q-1", (0,), ("mug",))
    assert sample.choices == ("mug", "plate")


def test_partial_scoring_ranks_the_rest_after_each_option() -> None:
    form, sample = winogrande().forms["rank"], to_sample(HUB)
    request = make_request("rank", form, sample, (), Decoding())
    assert request.prompt.text == ""
    assert [request.context(0), request.context(1)] == [
        "The mug broke and the plate did not, for the mug",
        "The mug broke and the plate did not, for the plate",
    ]
    assert request.choices == (" was thin.", " was thin.")


def test_an_exemplar_is_the_whole_sentence() -> None:
    form, sample = winogrande().forms["rank"], to_sample(HUB)
    request = make_request("rank", form, sample, [sample], Decoding())
    assert request.context(1) == (
        "The mug broke and the plate did not, for the mug was thin.\n\n"
        "The mug broke and the plate did not, for the plate"
    )


def test_the_forms_with_options() -> None:
    forms, sample = winogrande().forms, to_sample(HUB)
    letter = make_request("letter", forms["letter"], sample, [sample], Decoding())
    once = f"Fill in the blank: {BLANK}\n A. mug\n B. plate\nAnswer:"
    assert letter.prompt.text == f"{once} A\n\n{once}"
    asked = make_request("generate", forms["generate"], sample, (), Decoding()).prompt.text
    assert asked.endswith(f"\n\nFill in the blank: {BLANK}\n\nA) mug\nB) plate")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"answer": ""}, "x.jsonl, row 0: the answer '' of the sentence 'The mug .* none of 1, 2"),
        ({"answer": "3"}, "the answer '3'"),
        ({"sentence": "The mug broke."}, "'The mug broke.' has no blank"),
    ],
)
def test_a_damaged_row_is_named(change, message) -> None:
    with pytest.raises(DataError, match=message):
        build_samples(winogrande(), [{**HUB, **change}], split="validation", origin="x.jsonl")


@pytest.mark.mirror
def test_all_real_rows_become_samples(mirror) -> None:
    config = RunConfig(tasks=("winogrande",), model="m", data=str(mirror))
    (leaf,) = make_plan(config, frozenset({"rank"}), {"name": "m"}).leaves.values()
    assert len(leaf.samples) == 1267
    assert sum(sample.answer == (1,) for sample in leaf.samples) == 639
    for sample in leaf.samples:
        request = leaf.request(sample, 0)
        whole = sample.input.replace("___", sample.choices[1])
        # Some sentences have two spaces behind the blank; the rest is stripped.
        asked = request.context(1) + request.choices[1]
        assert asked.split() == whole.split()

"""CommonsenseQA: both layouts, the two protocols of its rank form, and the real file."""

import pytest

from julja.benchmarks.commonsense.commonsenseqa import commonsenseqa, to_sample
from julja.config import RunConfig
from julja.errors import DataError
from julja.run.catalog import resolve
from julja.run.planning import make_plan
from julja.tasks.build import build_samples
from julja.tasks.render import make_request
from julja.types import Decoding

OPTIONS = ["a drawer", "the sea", "a cloud", "a shoe", "the moon"]
HUB = {
    "id": "ab1",
    "question": " Where are spoons kept?",
    "question_concept": "spoon",
    "choices": {"text": OPTIONS, "label": list("ABCDE")},
    "answerKey": "A",
}
UPSTREAM = {
    "id": "ab1",
    "question": {
        "question_concept": "spoon",
        "stem": " Where are spoons kept?",
        "choices": [{"text": t, "label": n} for t, n in zip(OPTIONS, "ABCDE", strict=True)],
    },
    "answerKey": "A",
}


def test_both_layouts_give_the_same_sample() -> None:
    sample = to_sample(HUB)
    assert sample == to_sample(UPSTREAM)
    assert (sample.id, sample.answer, sample.target) == ("ab1", (0,), ("a drawer",))


def test_the_rank_form_ranks_letters_as_lm_eval_does() -> None:
    form, sample = commonsenseqa().forms["rank"], to_sample(HUB)
    request = make_request("rank", form, sample, [sample], Decoding())
    once = (
        "Question: Where are spoons kept?\nA. a drawer\nB. the sea\nC. a cloud\nD. a shoe\n"
        "E. the moon\nAnswer:"
    )
    assert request.prompt.text == f"{once} A\n\n{once}"
    assert request.choices == (" A", " B", " C", " D", " E")


def test_olmes_ranks_the_options_texts() -> None:
    form, sample = commonsenseqa(protocol="olmes").forms["rank"], to_sample(HUB)
    request = make_request("rank", form, sample, (), Decoding())
    assert request.prompt.text == "Question:  Where are spoons kept?\nAnswer:"
    assert request.choices[:2] == (" a drawer", " the sea")
    assert request.unconditional == "Answer:"
    names = [metric.name for metric in form.scorer.metrics]
    assert names == ["acc_norm", "acc", "acc_bytes", "acc_mutual_info"]


def test_the_letter_form_s_options_begin_with_a_space() -> None:
    form, sample = commonsenseqa().forms["letter"], to_sample(HUB)
    text = make_request("letter", form, sample, (), Decoding()).prompt.text
    assert text.startswith("Question:  Where are spoons kept?\n A. a drawer\n B. the sea\n")


@pytest.mark.parametrize("name", ["commonsense_qa", "csqa"])
def test_other_harnesses_names(name) -> None:
    assert resolve(name)[0].task.name == "commonsenseqa"
    assert resolve("csqa:protocol=olmes")[0].task.params["protocol"] == "olmes"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"answerKey": ""}, "x.jsonl, row 0: the answer '' of question 'ab1' is none of A, B"),
        ({"choices": {"text": OPTIONS[:4], "label": list("ABCD")}}, "'ab1' has 4 options where 5"),
    ],
)
def test_a_damaged_row_is_named(change, message) -> None:
    with pytest.raises(DataError, match=message):
        build_samples(commonsenseqa(), [{**HUB, **change}], split="validation", origin="x.jsonl")


@pytest.mark.mirror
def test_all_real_rows_become_samples(mirror) -> None:
    config = RunConfig(tasks=("commonsenseqa",), model="m", data=str(mirror))
    (leaf,) = make_plan(config, frozenset({"rank"}), {"name": "m"}).leaves.values()
    assert len(leaf.samples) == 1221
    assert leaf.samples[0].id == "1afa02df02c908a558b4036e80242fac"
    assert sum(sample.answer == (1,) for sample in leaf.samples) == 255

"""BoolQ: the layouts of SuperGLUE, its hub copy and Google; the order of yes and no; real files."""

import pytest

from julja.benchmarks.reading.boolq import boolq, to_sample
from julja.config import RunConfig
from julja.errors import DataError
from julja.run.planning import make_plan
from julja.tasks.build import build_samples
from julja.tasks.render import make_request
from julja.types import ChoiceLikelihood, Decoding, Response

PASSAGE = "Rope -- A rope is a group of yarns that are twisted together."
ROW = {"question": "is a rope made of yarn", "passage": PASSAGE, "idx": 3, "label": True}
GOOGLE = {
    "question": "is a rope made of yarn",
    "title": "Rope",
    "answer": True,
    "passage": "A rope is a group of yarns that are twisted together.",
}
QUESTION = f"{PASSAGE}\nQuestion: is a rope made of yarn?"


def test_three_layouts_give_the_same_sample() -> None:
    sample = to_sample(ROW)
    assert sample == to_sample({**ROW, "label": 1})
    assert sample == to_sample({**GOOGLE, "idx": 3})
    assert (sample.id, sample.answer, sample.target) == ("3", (1,), ("yes",))
    assert to_sample({**ROW, "label": False}).target == ("no",)


def test_the_rank_form_has_lm_eval_s_order() -> None:
    form, sample = boolq().forms["rank"], to_sample(ROW)
    request = make_request("rank", form, sample, [sample], Decoding())
    assert request.prompt.text == f"{QUESTION}\nAnswer: yes\n\n{QUESTION}\nAnswer:"
    assert request.choices == (" no", " yes")


def test_the_letter_form_shows_yes_first() -> None:
    form, sample = boolq().forms["letter"], to_sample(ROW)
    request = make_request("letter", form, sample, [sample], Decoding())
    once = f"{QUESTION}\n A. yes\n B. no\nAnswer:"
    assert request.prompt.text == f"{once} A\n\n{once}"
    likely = tuple(
        ChoiceLikelihood(letter, {"A": -0.2, "B": -1.8}[letter]) for letter in request.choices
    )
    score = form.scorer(sample, Response(choices=likely))
    assert (score.values["acc"], score.extracted) == (1.0, "A")


def test_the_generate_form_reads_letters_as_shown() -> None:
    form, sample = boolq().forms["generate"], to_sample(ROW)
    text = make_request("generate", form, sample, (), Decoding()).prompt.text
    assert text.endswith(f"{QUESTION}\n\nA) yes\nB) no")
    assert form.scorer(sample, Response("Answer: A")).values == {"acc": 1.0}
    assert form.scorer(sample, Response("Answer: B")).values == {"acc": 0.0}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"label": 2}, "x.jsonl, row 0: the answer 2 of the question 'is a rope made of yarn'"),
        ({"label": -1}, "row 0: the row has no label"),
        ({"label": "yes"}, "the answer 'yes'"),
    ],
)
def test_a_damaged_row_is_named(change, message) -> None:
    with pytest.raises(DataError, match=message):
        build_samples(boolq(), [{**ROW, **change}], split="validation", origin="x.jsonl")


@pytest.mark.mirror
def test_all_real_rows_become_samples(mirror) -> None:
    config = RunConfig(tasks=("boolq",), model="m", data=str(mirror), shots=2)
    (leaf,) = make_plan(config, frozenset({"rank"}), {"name": "m"}).leaves.values()
    assert (len(leaf.samples), len(leaf.pool)) == (3270, 32)
    assert sum(sample.answer == (1,) for sample in leaf.samples) == 2033
    assert len({sample.cluster for sample in leaf.samples}) == 2939

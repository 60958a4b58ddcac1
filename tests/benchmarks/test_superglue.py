"""SuperGLUE's label tasks: both layouts, the prompts, CB's macro F1, and the real files."""

import numpy as np
import pytest

from julja.benchmarks.superglue import cb, rte, wic, wsc
from julja.config import RunConfig
from julja.errors import DataError
from julja.run.planning import make_plan
from julja.tasks.build import build_samples
from julja.tasks.render import make_request
from julja.types import ChoiceLikelihood, Decoding, Response

CB = {"premise": "P.", "hypothesis": "h", "idx": 3, "label": "neutral"}
WIC = {
    "sentence1": "An old bank.",
    "sentence2": "Bank notes.",
    "start1": 7,
    "end1": 11,
    "idx": 0,
    "label": False,
}
WSC = {
    "text": "I saw the dog , it barked .",
    "target": {"span1_text": "The dog", "span1_index": 2, "span2_text": "it", "span2_index": 5},
    "idx": 4,
    "label": True,
}


def rank(task, sample):
    return make_request("rank", task.forms["rank"], sample, (), Decoding())


def test_cb():
    sample = cb.to_sample(CB)
    assert sample == cb.to_sample({**CB, "label": 2})
    assert (sample.id, sample.answer) == ("3", (2,))
    request = rank(cb.cb(), sample)
    assert request.prompt.text == "P.\nQuestion: h. True, False, or Neither?\nAnswer:"
    assert request.choices == (" True", " False", " Neither")


def test_rte():
    row = {"premise": "P.", "hypothesis": "H.", "idx": 0, "label": "not_entailment"}
    sample = rte.to_sample(row)
    assert sample == rte.to_sample({**row, "label": 1})
    assert rank(rte.rte(), sample).prompt.text == "P.\nQuestion: H. True or False?\nAnswer:"
    assert sample.target == ("False",)


def test_wic_names_the_word_as_the_first_sentence_has_it():
    sample = wic.to_sample(WIC)
    assert sample == wic.to_sample({**WIC, "label": 0})
    assert rank(wic.wic(), sample).prompt.text == (
        "Sentence 1: An old bank.\nSentence 2: Bank notes.\nQuestion: Is the word 'bank' used in"
        " the same way in the two sentences above?\nAnswer:"
    )
    assert (sample.choices, sample.answer) == (("no", "yes"), (0,))


def test_wsc_marks_the_pronoun_and_writes_the_noun_as_the_passage_does():
    sample = wsc.to_sample(WSC)
    flat = {**WSC["target"], "span1_text": "the dog", "text": WSC["text"], "idx": 4, "label": 1}
    assert sample == wsc.to_sample(flat)
    assert rank(wsc.wsc(), sample).prompt.text == (
        "Passage: I saw the dog, *it* barked.\nQuestion: In the passage above, does the pronoun"
        ' "*it*" refer to "*the dog*"?\nAnswer:'
    )
    assert sample.target == ("yes",)


@pytest.mark.parametrize(
    ("task", "row", "message"),
    [
        (cb.cb(), {**CB, "label": -1}, "the row has no label"),
        (cb.cb(), {**CB, "label": 3}, "the label 3 is none of entailment"),
        (cb.cb(), {**CB, "label": "maybe"}, "the label 'maybe'"),
        (wic.wic(), {**WIC, "start1": 12, "end1": 12}, "are no word"),
        (wsc.wsc(), {**WSC, "target": {**WSC["target"], "span2_index": 40}}, "no word 40"),
    ],
)
def test_a_damaged_row_is_named(task, row, message):
    with pytest.raises(DataError, match=message):
        build_samples(task, [row], split="validation", origin="val.jsonl")


def test_macro_f1_is_the_mean_over_the_three_classes():
    f1 = cb.cb().forms["rank"].scorer.metrics[1]

    def value(predicted, gold):
        return f1.aggregate(
            {"predicted": np.array(predicted, float), "gold": np.array(gold, float)}
        )

    # class 0: P 1/2, R 1; class 1: P 1, R 1/2; class 2: P and R 1.
    assert value([0, 0, 1, 2], [0, 1, 1, 2]) == pytest.approx((2 / 3 + 2 / 3 + 1) / 3)
    assert value([0, 0], [0, 0]) == pytest.approx(1 / 3)  # as lm-eval counts
    assert value([-1, -1], [0, 1]) == 0.0


def test_every_form_of_cb_says_which_class_was_chosen():
    task, sample = cb.cb(), cb.to_sample(CB)
    likely = tuple(ChoiceLikelihood(c, v) for c, v in zip("ABC", (-1.0, -2.0, -3.0), strict=True))
    ranked = tuple(ChoiceLikelihood(f" {c}", -1.0 * i) for i, c in enumerate(sample.choices, 1))
    seen = {
        "rank": Response(choices=ranked),
        "letter": Response(choices=likely),
        "generate": Response("Answer: C"),
    }
    values = {name: task.forms[name].scorer(sample, given).values for name, given in seen.items()}
    assert values["rank"] | {"predicted": 0.0, "gold": 2.0, "acc": 0.0} == values["rank"]
    assert values["letter"] == {"acc": 0.0, "predicted": 0.0, "gold": 2.0}
    assert values["generate"] == {"acc": 1.0, "predicted": 2.0, "gold": 2.0}
    nothing = task.forms["generate"].scorer(sample, Response("Hard to say."))
    assert (nothing.state, nothing.values["predicted"]) == ("unparsed", -1.0)
    assert [metric.name for metric in task.forms["letter"].scorer.metrics] == ["acc", "f1"]


@pytest.mark.mirror
@pytest.mark.parametrize(
    ("name", "rows", "most"), [("cb", 56, 0.5), ("rte", 277, 0.5271), ("wic", 638, 0.5)]
)
def test_all_real_rows_become_samples(mirror, name, rows, most):
    leaf = leaf_of(mirror, name)
    assert len(leaf.samples) == rows
    answers = [sample.answer[0] for sample in leaf.samples]
    assert max(map(answers.count, set(answers))) / rows == pytest.approx(most, abs=1e-4)


@pytest.mark.mirror
def test_every_noun_of_the_real_wsc_stands_in_its_passage(mirror):
    leaf = leaf_of(mirror, "wsc")
    assert len(leaf.samples) == 104
    assert sum(sample.answer == (0,) for sample in leaf.samples) == 66  # 0.6346: the majority
    for sample in leaf.samples:
        passage, _, question = sample.input.partition("\nQuestion: ")
        noun = question.split('refer to "*')[1].removesuffix('*"?')
        assert noun.split()[0] in passage
        assert passage.count("*") == 2


def leaf_of(mirror, name):
    config = RunConfig(tasks=(name,), model="m", data=str(mirror), shots=2)
    plan = make_plan(config, frozenset({"rank"}), {"name": "m"})
    (leaf,) = plan.leaves.values()
    assert len(leaf.pool) == 32  # FewGLUE's part of the training set
    assert leaf.request(leaf.samples[0], 0).prompt.text.count("Answer:") == 3
    return leaf
